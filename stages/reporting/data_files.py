"""What the report holds for programs: ``results.csv``, ``curves.csv``, ``metrics.json`` and ``verdicts.json``."""

from typing import Any

import numpy as np
import pandas as pd

from stages.reporting.formats import difference
from stages.reporting.verdict_text import verdict_of
from stages.verdicts.comparison import Comparison

RESULTS = ["dataset", "loss", "seed", "part", "metric", "value"]
CURVES = ["panel", "part", "epoch", "mean", "low", "high"]


def results(comparisons: list[Comparison]) -> pd.DataFrame:
    """Every score, one row each: the columns `RESULTS`; the value is empty where a seed failed."""
    tables = [
        run.scores.assign(dataset=comparison.name, loss=run.loss.name)
        for comparison in comparisons
        for run in comparison.runs
    ]
    return pd.concat(tables)[RESULTS]


def curves(comparisons: list[Comparison]) -> pd.DataFrame:
    """For DVC's plots: a score by epoch, its mean and the band that holds the middle 80 % of the seeds."""
    tables = []
    for comparison in comparisons:
        for run in comparison.runs:
            for part, name in (("train", comparison.epoch_metric), ("test", f"val_{comparison.epoch_metric}")):
                values = run.epochs(name)[run.finished]
                if len(values):
                    low, high = np.percentile(values, [10, 90], axis=0)
                    band = {"epoch": range(1, len(low) + 1), "mean": values.mean(axis=0), "low": low, "high": high}
                    tables.append(pd.DataFrame({"panel": f"{comparison.name}: {run.loss.name}", "part": part, **band}))
    return pd.concat(tables) if tables else pd.DataFrame(columns=CURVES)


def metrics(comparisons: list[Comparison]) -> dict[str, Any]:
    """DVC's metrics: ``dataset → test_<headline score> → loss → mean over the seeds that did not fail``."""
    return {
        comparison.name: {
            f"test_{comparison.headline}": {
                loss: summary.mean for loss, summary in comparison.summaries("test").items() if summary.n
            }
        }
        for comparison in comparisons
    }


def verdicts(comparisons: list[Comparison]) -> dict[str, Any]:
    """For the notes in MLflow: by dataset the headline score, the verdict in words, and how each loss did."""
    return {
        comparison.name: {
            "headline": comparison.headline,
            "higher_is_better": comparison.score.higher_is_better,
            "verdict": verdict_of(comparison),
            "losses": {loss: _note(comparison, loss) for loss in comparison.losses},
        }
        for comparison in comparisons
    }


def _note(comparison: Comparison, loss: str) -> str:
    if loss == comparison.baseline:
        return "The baseline of this comparison."
    pair = comparison.pairs[loss, comparison.baseline]
    return f"Against the baseline `{pair.against}`: {pair.verdict}, difference {difference(pair)}."
