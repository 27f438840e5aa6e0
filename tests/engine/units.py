"""Small units of work on made-up rows; every size is its own, so that a mix-up fails."""

import numpy as np

from stages.engine.unit import Data, Unit
from stages.losses.catalogue import LOSSES
from stages.records.settings import Settings

SEEDS = (4, 0, 9)
N_FEATURES = {"regression": 5, "binary": 2, "multiclass": 4}
N_ROWS = {
    "regression": {"train": 50, "test": 21},
    "binary": {"train": 40, "test": 33},
    "multiclass": {"train": 45, "test": 26},
}
N_CLASSES = {"regression": 0, "binary": 2, "multiclass": 3}


def make_settings(loss, **changes):
    """Settings of a small run of one loss."""
    return Settings.model_validate(
        {
            "loss": loss,
            "dataset": "made_up",
            "model": None,
            "hidden": [7],
            "hidden_activation": "relu",
            "dropout": 0.0,
            "batch_norm": False,
            "epochs": 3,
            "batch_size": 16,
            "optimizer": {"name": "SGD", "learning_rate": 0.05, "momentum": 0.9},
            "data": {
                "task": loss.task,
                "source": {},
                "scale": {"features": "none", "target": "none", "fit_on": "train"},
                "split": {"method": None, "train": 0.8, "folds": None, "column": None, "random_state": 0},
            },
            "seeds": SEEDS,
            **changes,
        }
    )


def make_unit(name, *, n_features=None, n_folds=1, **changes):
    """A small unit of work whose features say something of the target."""
    return Unit(make_settings(LOSSES[name], **changes), [make_data(name, fold, n_features) for fold in range(n_folds)])


def make_data(name, fold=0, n_features=None):
    """The rows of one fold; a fold has a row more than the one before."""
    task = LOSSES[name].task
    rng, n_classes, n_features = np.random.default_rng(fold), N_CLASSES[task], n_features or N_FEATURES[task]
    n_targets = 2 if LOSSES[name].target_range == "vectors" else 1
    features = {part: rng.normal(size=(n + fold, n_features)).astype(np.float32) for part, n in N_ROWS[task].items()}
    signal = {part: rows[:, 0] + 0.1 * rng.normal(size=len(rows)) for part, rows in features.items()}
    if n_classes:
        labels = {
            part: np.clip(np.floor(x + n_classes / 2), 0, n_classes - 1).astype(int) for part, x in signal.items()
        }
    else:
        labels = {part: np.column_stack([x, x**2][:n_targets]) for part, x in signal.items()}
        if LOSSES[name].target_range in ("not below 0", "away from 0"):
            labels = {part: 1 + np.abs(values) for part, values in labels.items()}
    return Data(features, labels, n_classes, center=np.full(n_targets, 3.0), spread=np.full(n_targets, 2.0))
