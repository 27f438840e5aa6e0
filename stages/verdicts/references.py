"""Reference models beside the networks of the recommended loss: judged as losses are, on the seeds that both have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stages.records.references import Reference, as_loss
from stages.records.runs import Run
from stages.verdicts.pairs import Pair
from stages.verdicts.statistics import Summary


@dataclass(frozen=True, eq=False)
class Beside:
    """How a reference model did.

    Attributes:
        reference: the model.
        summary: its score that decides, for new rows.
        pair: it against the recommended loss.
        scores: the test score of each seed (n_seeds,).
    """

    reference: Reference
    summary: Summary
    pair: Pair
    scores: np.ndarray


def fitted(references: Sequence[Reference]) -> list[Reference]:
    """Those that learned something of the rows."""
    return [model for model in references if model.name != "constant" and model.problem is None]


def looked_at_once(run: Run) -> Run:
    """A run of which the first seeds are compared, whatever number of them its comparison came to."""
    return replace(run, settings=run.settings.model_copy(update={"looks": ()}))


def as_run(reference: Reference, like: Run) -> Run:
    """A reference as what networks gave, so that the same code decides by it, scores it and compares it.

    Args:
        reference: the model.
        like: of any loss of its comparison.
    """
    loss = as_loss(reference.name, like.loss.task)
    settings = {"loss": loss, "seeds": reference.seeds, "class_weights": (), "looks": ()}
    scores = [
        pd.DataFrame({"seed": reference.seeds, "part": part, "metric": metric, "value": np.array(values, float)})
        for part, by_metric in reference.scores.items()
        for metric, values in by_metric.items()
    ]
    return Run(
        settings=like.settings.model_copy(update=settings),
        failed=[],
        history=pd.DataFrame({"seed": []}),
        outputs=reference.outputs,
        scores=pd.concat(scores, ignore_index=True),
        punishment=pd.DataFrame(),
        objective=np.empty(0),
        regions=None,
        held_out=reference.held_out,
    )
