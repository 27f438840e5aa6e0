"""What the trained networks give: their decisions over the plane, and their predictions."""

from dataclasses import replace
from typing import Any

import numpy as np

from stages.losses.outputs import in_turn
from stages.records.runs import Run
from stages.reporting import top_losses
from stages.reporting.drawing import plots
from stages.reporting.drawing.plots import side_by_side
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.verdicts.comparison import Comparison

TEMPLATE = """
{{ figures }}
"""
FAR = 2  # predictions so many ranges of the target beyond it are not drawn, which would flatten all others


def _content(_: Subject, __: Report) -> dict[str, Any]:
    return {}


def _regions_data(subject: Subject) -> dict[str, Any]:
    [comparison] = subject
    tested = comparison.plan.tested.any(axis=0)
    return {
        "features": comparison.features[tested],
        "labels": comparison.labels[tested],
        "decided": {
            run.loss.name: replace(run.regions, decisions=run.regions.decisions[run.finished])
            for run in top_losses.runs(comparison)
        },
    }


def _draw_regions(axes: np.ndarray, data: dict[str, Any]) -> None:
    for ax, (loss, decided) in zip(axes.flat, data["decided"].items(), strict=False):
        if len(decided.decisions):
            plots.regions(ax, decided, data["features"], data["labels"], loss)
        else:
            ax.set(title=loss, xlabel="every seed failed", xticks=[])
    for ax in axes[:, 0]:
        ax.set_ylabel(plots.plain(data["features"].columns[1]))


def _predicted_data(subject: Subject) -> dict[str, Any]:
    [comparison] = subject
    return {
        "points": {run.loss.name: _predictions(comparison, run) for run in top_losses.runs(comparison)},
        "colors": top_losses.colors(comparison),
        "range": (comparison.labels.min(), comparison.labels.max()),
    }


def _predictions(comparison: Comparison, run: Run) -> np.ndarray:
    """Actual and predicted values of the rows that each seed tests, of seeds that did not fail: (2, n_points)."""
    scaling = {name: np.asarray(numbers) for name, numbers in comparison.plan.target_scaling.items()}
    points = [np.empty((2, 0))]
    for seed in np.flatnonzero(run.finished):
        rows = comparison.plan.tested[seed]
        center, spread = run.loss.output.scale(scaling["center"][seed], scaling["spread"][seed])
        values = run.loss.decide(run.outputs[seed, rows] * spread + center)
        if comparison.description.period:
            values = in_turn(values, comparison.description.turn_begins, comparison.description.period)
        if np.isfinite(values).all():
            points.append(np.stack([comparison.labels[rows].ravel(), values.ravel()]))
    return np.concatenate(points, axis=1)


def _draw_predicted(axes: np.ndarray, data: dict[str, Any]) -> None:
    low, high = data["range"]
    lowest, highest = low - FAR * (high - low), high + FAR * (high - low)
    for ax, (loss, (actual, values)) in zip(axes.flat, data["points"].items(), strict=False):
        inside = (values >= lowest) & (values <= highest)
        plots.predicted(ax, actual[inside], values[inside], loss, data["colors"][loss])
        if not inside.all():
            ax.set_xlabel(f"actual (target units)\n{(~inside).sum():,} of {len(inside):,} points far beyond")
    for ax in axes[:, 0]:
        ax.set_ylabel("predicted (target units)")


SECTION = Section(
    part="details",
    order=40,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="regions",
            alt="Decision regions of each loss on {comparison}",
            heading="What the trained networks decide",
            legend="the colour is the class most seeds give, paler where they disagree; points are test rows",
            data=_regions_data,
            grid=lambda data: side_by_side(len(data["decided"]), sharey=True),
            draw=_draw_regions,
            applies=lambda subject: subject[0].features is not None,
        ),
        Figure(
            name="predicted",
            alt="Predicted against actual target of each loss on {comparison}",
            heading="Predicted against actual target",
            legend="every test row and seed; on the dashed line both are equal",
            data=_predicted_data,
            grid=lambda data: side_by_side(len(data["points"]), sharey=True),
            draw=_draw_predicted,
            applies=lambda subject: subject[0].task == "regression",
        ),
    ),
)
