"""Scores of every seed on its train rows and on its test rows."""

import json
from functools import cache
from hashlib import sha256

import numpy as np
import pandas as pd

from stages.records.plans import Part
from stages.scores import catalogue, choosing, measure
from stages.sourcecode import definitions
from stages.training.unit import Unit
from stages.usercode import imports

PARTS = {"train": (Part.TRAIN, Part.VALIDATION), "test": (Part.TEST,)}  # in the end validation rows are train rows

# by part and metric, the value of every seed (n_seeds,)
Scores = dict[tuple[str, str], np.ndarray]


def score_seeds(unit: Unit, outputs: np.ndarray, finished: np.ndarray) -> Scores:
    """Score every seed on its train rows, of many on some, and on its test rows.

    Args:
        unit: what was trained.
        outputs: (n_seeds, n_rows, n_outputs), of rows that are scored; those of a seed that failed may look well and
            mean nothing.
        finished: bool (n_seeds,), whether a seed's loss and weights stayed finite.

    Returns:
        By part and metric the value of every seed (n_seeds,), which is NaN where a seed failed.
    """
    plan, n_seeds = unit.plan, len(outputs)
    also = choosing.also_measured(unit.settings.also_scored, unit.table.labels)
    scores: Scores = {}
    for split in range(plan.n_splits):
        center, spread = plan.to_train.target_center[split], plan.to_train.target_spread[split]
        seeds = np.flatnonzero(plan.split_of == split)
        for part, parts in PARTS.items():
            rows = plan.scored_rows(split, *parts)
            tested, labels = outputs[np.ix_(seeds, rows)], unit.table.labels[rows]
            measured = measure.score(
                unit.loss,
                labels,
                np.where(finished[seeds].reshape(-1, *[1] * (tested.ndim - 1)), tested, tested.dtype.type(np.nan)),
                center=center,
                spread=spread,
                also=also,
                weights=None if unit.table.weights is None else unit.table.weights[rows],
            )
            for metric, values in measured.items():
                scores.setdefault((part, metric), np.full(n_seeds, np.nan))[seeds] = values
    return scores


def scores_table(unit: Unit, scores: Scores) -> pd.DataFrame:
    """Scores as a table: columns ``seed``, ``part``, ``metric`` and ``value``."""
    tables = [
        pd.DataFrame({"seed": unit.settings.seeds, "part": part, "metric": metric, "value": values})
        for (part, metric), values in scores.items()
    ]
    return pd.concat(tables, ignore_index=True)


def scored_by(unit: Unit) -> str:
    """Hash what decides the scores of a trained unit, so that a new score asks for no new training."""
    also = unit.settings.also_scored
    digests = imports.hashes() if any(map(catalogue.is_own, also)) else {}
    return " ".join([scores_hash(), *also, *(f"{name} {digest}" for name, digest in digests.items())])


@cache
def scores_hash() -> str:
    """A hash of the code that scores."""
    return sha256(json.dumps(definitions.hashes([(__name__, score_seeds.__name__)])).encode()).hexdigest()
