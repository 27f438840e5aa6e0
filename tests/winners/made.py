"""Files of winners that are made by hand: one input, one network of the user's own, whose one weight is 1."""

from pathlib import Path

import numpy as np
import pandas as pd

from stages.features import encoding
from stages.losses.catalogue import LOSSES
from stages.records.datasets import Column, Description
from stages.records.plans import Scaling
from stages.records.settings import Settings
from stages.records.winners import Input, Recommended, Winner
from stages.usercode import imports
from stages.winners import packing


def write_winner(path: Path, model: str) -> None:
    """Write the file of a network of the user's own, of ``stages/custom`` in the working directory."""
    columns = [Column("x", "number", 0)]
    settings = Settings.model_validate(
        {
            "loss": LOSSES["mse"],
            "comparison": path.stem,
            "dataset": path.stem,
            "model": model,
            "hidden": (),
            "hidden_activation": "relu",
            "dropout": 0.0,
            "batch_norm": False,
            "epochs": 1,
            "batch_size": 32,
            "optimizer": {"name": "SGD", "learning_rate": 0.1},
            "selected_by": None,
            "data": {
                "task": "regression",
                "source": {"file": "data/external/x.csv", "target": "y"},
                "scale": {"features": "none", "target": "none", "fit_on": "train"},
                "split": {
                    "method": None, "train": 0.5, "folds": None, "column": None, "random_state": 0, "fixed": False
                },
            },
            "seeds": (0, 1),
        }
    )  # fmt: skip
    description = Description(
        task="regression",
        inferred=None,
        other_tasks=[],
        classes=[],
        targets=["y"],
        files=["x.csv"],
        csv=None,
        n_read=3,
        columns=columns,
    )
    winner = Winner(
        settings=settings,
        description=description,
        inputs=[Input("x", "x", "number", None, -9.0, 9.0, 0)],
        n_inputs=1,
        n_rows=3,
        recommended=Recommended("mse", "rmse", 1.0, beats_constant=True),
        target_center=[0.0],
        target_spread=[1.0],
        example={"x": [1.0]},
        requirements=packing.requirements(description),
        modules=imports.plain_names(),
    )
    encoder = encoding.fit(pd.DataFrame({"x": [1.0, 2.0, 3.0]}), columns, "none").pipeline
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    packing.pack(path, winner, encoder, [np.ones((2, 1, 1), np.float32)], Scaling(zero, zero, one, zero, one))
