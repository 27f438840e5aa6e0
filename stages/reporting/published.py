"""Our scores beside those of the published comparison that the default parameters reproduce."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from stages.basics import paths
from stages.basics.cli import UserError
from stages.losses.catalogue import LOSSES
from stages.records.runs import Run
from stages.reporting.markdown import Table
from stages.verdicts.comparison import Comparison


@dataclass(frozen=True)
class Reference:
    """The published comparison.

    Attributes:
        source: who published it, where and when.
        settings: by dataset, what a run must share with the published one to be set beside it.
        metrics: by dataset, the metric that was published.
        scores: by dataset, by loss, by part.
    """

    source: str
    settings: dict[str, dict[str, Any]]
    metrics: dict[str, str]
    scores: dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True)
class Row:
    """One published score and ours: the median and the range over seeds of the same metric."""

    dataset: str
    loss: str
    metric: str
    part: str
    published: float
    median: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the published score, given to three decimals, lies in our range over seeds."""
        return bool(round(self.low, 3) <= self.published <= round(self.high, 3))


@dataclass(frozen=True)
class Published:
    """Our scores beside the published ones.

    Attributes:
        source: who published them.
        metrics: under which metric, by dataset.
        otherwise: a sentence for each dataset that was trained otherwise.
        scores: published and ours; None where all were trained otherwise.
        inside: how many of them lie inside our range.
    """

    source: str
    metrics: str
    otherwise: list[str]
    scores: Table | None
    inside: str


def read() -> Reference:
    """The published settings and scores."""
    try:
        return Reference(**yaml.safe_load(paths.PUBLISHED.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        raise UserError(f"{paths.PUBLISHED} cannot be read; restore it with: git checkout {paths.PUBLISHED}") from error


def beside(reference: Reference, comparisons: list[Comparison]) -> Published | None:
    """What was published beside our runs; None where nothing was published of these."""
    otherwise, rows = [], []
    for comparison in comparisons:
        for run in comparison.runs:
            if not differences(reference, run):
                rows += compare(reference, run)
        if differing := differences(reference, comparison.runs[-1]):
            otherwise.append(
                f"{comparison.name} is not set beside them, as it was trained otherwise: {'; '.join(differing)}."
            )
    if not (rows or otherwise):
        return None
    names = [comparison.name for comparison in comparisons]
    return Published(
        source=reference.source,
        metrics="; ".join(f"{dataset} `{metric}`" for dataset, metric in reference.metrics.items() if dataset in names),
        otherwise=otherwise,
        scores=_table(rows) if rows else None,
        inside=f"{sum(row.inside for row in rows)} of {len(rows)}",
    )


def differences(reference: Reference, run: Run) -> list[str]:
    """In what a run's settings differ from the published ones of its dataset; empty where they do not."""
    return _differences(reference.settings.get(run.dataset, {}), run.settings.model_dump(mode="json"))


def compare(reference: Reference, run: Run) -> list[Row]:
    """The published scores of a run's dataset and loss beside ours; empty where none were published.

    A loss with other parameters or another output than the catalogue's is another loss.
    """
    if run.loss != LOSSES.get(run.loss.name):
        return []
    metric = reference.metrics.get(run.dataset, "")
    rows = []
    for part, score in reference.scores.get(run.dataset, {}).get(run.loss.name, {}).items():
        values = run.values(metric, part)
        values = values[np.isfinite(values)]
        if len(values):
            ours = float(np.median(values)), float(values.min()), float(values.max())
            rows.append(Row(run.dataset, run.loss.name, metric, part, score, *ours))
    return rows


def _table(rows: list[Row]) -> Table:
    cells = [
        (
            row.dataset,
            f"`{row.loss}`",
            row.part,
            f"{row.published:.3f}",
            f"{row.median:.3f}",
            f"{row.low:.3f} to {row.high:.3f}",
            "yes" if row.inside else "no",
        )
        for row in rows
    ]
    return Table(("dataset", "loss", "part", "published", "ours: median", "range", "inside"), cells)


def _differences(published: dict[str, Any], own: dict[str, Any], path: str = "") -> list[str]:
    differing = []
    for key, value in published.items():
        ours = own.get(key)
        if isinstance(value, dict):
            differing += _differences(value, ours or {}, f"{path}{key}.")
        elif ours != value:
            differing.append(f"{path}{key} is {ours}, there {value}")
    return differing
