"""Our scores beside those of the published comparison that the default parameters reproduce."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from stages.basics import paths
from stages.basics.cli import UserError
from stages.losses.catalogue import LOSSES
from stages.records.runs import Run


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


def read() -> dict[str, Any]:
    """The published settings and scores."""
    try:
        return yaml.safe_load(paths.PUBLISHED.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"{paths.PUBLISHED} cannot be read; restore it with: git checkout {paths.PUBLISHED}") from error


def differences(published: dict[str, Any], run: Run) -> list[str]:
    """In what a run's settings differ from the published ones of its dataset; empty when they are the same."""
    return _differences(published["settings"][run.dataset], run.settings.model_dump(mode="json"))


def compare(published: dict[str, Any], run: Run) -> list[Row]:
    """The published scores of a run's dataset and loss beside ours; empty where none were published.

    A loss with other parameters or another output than the catalogue's is another loss.
    """
    if run.loss != LOSSES.get(run.loss.name):
        return []
    scores = published["scores"].get(run.dataset, {}).get(run.loss.name, {})
    metric = published["metrics"].get(run.dataset, "")
    rows = []
    for part, score in scores.items():
        values = run.values(metric, part)
        values = values[np.isfinite(values)]
        if len(values):
            rows.append(
                Row(
                    run.dataset,
                    run.loss.name,
                    metric,
                    part,
                    score,
                    float(np.median(values)),
                    float(values.min()),
                    float(values.max()),
                )
            )
    return rows


def _differences(wanted: dict[str, Any], given: dict[str, Any], path: str = "") -> list[str]:
    found = []
    for key, value in wanted.items():
        own = given.get(key)
        if isinstance(value, dict):
            found += _differences(value, own or {}, f"{path}{key}.")
        elif own != value:
            found.append(f"{path}{key} is {own}, there {value}")
    return found
