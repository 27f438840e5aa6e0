"""What probabilities are worth: log loss and Brier score before and after calibration, and reliability curves."""

from typing import Any

import numpy as np

from stages.basics.markup import code
from stages.basics.words import number
from stages.records.runs import Run
from stages.reporting import top_losses
from stages.reporting.drawing import charts, plots
from stages.reporting.drawing.plots import side_by_side
from stages.reporting.markdown import Table
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.verdicts.comparison import Comparison

TEMPLATE = """
{% if table %}
Probabilities before and after calibration{{ once(" (temperature scaling with an offset for each class, of outputs that"
" are none a logistic fit, on rows that a network is not scored on; means over seeds)") }}:

{{ table }}

{% endif %}
{{ figures }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    [comparison] = subject
    return {"table": _table(comparison) if comparison.calibrated else ""}


def _table(comparison: Comparison) -> Table:
    rows = []
    for run in top_losses.runs(comparison):
        if calibrated := comparison.calibrated.get(run.loss.name):
            cells = [_mean(scores[i]) for scores in calibrated.scores.values() for i in (0, 1)]
            rows.append((code(run.loss.name), *cells))
    return Table(("loss", "log_loss", "calibrated", "brier", "calibrated"), rows)


def _mean(values: np.ndarray) -> str:
    finite = values[np.isfinite(values)]
    return number(finite.mean()) if len(finite) else "–"


def _with_probabilities(subject: Subject) -> list[Run]:
    [comparison] = subject
    return [
        run
        for run in top_losses.runs(comparison)
        if run.loss.outputs_probability or run.loss.name in comparison.calibrated
    ]


def _data(subject: Subject) -> dict[str, Any]:
    [comparison] = subject
    points = {}
    for run in _with_probabilities(subject):
        calibrated = comparison.calibrated.get(run.loss.name)
        of_loss = {"as given": _forecasts(comparison, run, _uncalibrated(run))} if run.loss.outputs_probability else {}
        points[run.loss.name] = of_loss | (
            {"calibrated": _forecasts(comparison, run, calibrated.probabilities)} if calibrated else {}
        )
    return {"points": points, "colors": top_losses.colors(comparison), "is binary": comparison.task == "binary"}


def _uncalibrated(run: Run) -> np.ndarray:
    """The probabilities of each class as networks give them (n_seeds, n_rows, n_classes)."""
    outputs = run.outputs.astype(np.float64)
    if run.loss.task == "binary":
        return np.concatenate([1 - outputs, outputs], axis=2)
    return outputs / outputs.sum(axis=2, keepdims=True)


def _forecasts(comparison: Comparison, run: Run, probabilities: np.ndarray) -> np.ndarray:
    """Forecasts (3, n_points) of every seed and test row: the probability, whether it happened, and the row's weight.

    Of two classes that of class 1, of several that of the most probable.
    """
    points, every_weight = [np.empty((3, 0))], comparison.weights
    for seed in np.flatnonzero(run.finished):
        rows = np.flatnonzero(comparison.plan.tested[seed])
        of_rows, labels = probabilities[seed, rows], comparison.labels[rows]
        if not np.isfinite(of_rows).all():
            continue
        weights = np.ones(len(rows)) if every_weight is None else every_weight[rows]
        classes = np.ones(len(rows), int) if comparison.task == "binary" else of_rows.argmax(axis=1)
        points.append(np.stack([of_rows[np.arange(len(rows)), classes], labels == classes, weights]))
    return np.concatenate(points, axis=1)


def _draw(axes: np.ndarray, data: dict[str, Any]) -> None:
    for ax, (loss, points) in zip(axes.flat, data["points"].items(), strict=False):
        for what, curve in points.items():
            charts.reliability(
                ax, *curve, "#999999" if what == "as given" and len(points) > 1 else data["colors"][loss]
            )
        plots.head(ax, loss)
    which = "class 1" if data["is binary"] else "the most probable class"
    axes[0, 0].figure.supxlabel(f"predicted probability of {which}", fontsize="medium")
    for ax in axes[:, 0]:
        ax.set_ylabel("share of rows of that class")


SECTION = Section(
    part="details",
    order=45,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="reliability",
            alt="Reliability curves of each loss on {comparison}: the share of rows of a class against its predicted "
            "probability",
            heading="How far probabilities can be trusted",
            legend="of the rows with one predicted probability, the share that are of the class; all seeds and test "
            "rows; grey as networks give it, in colour after calibration; on the dashed line both are equal",
            data=_data,
            grid=lambda data: side_by_side(len(data["points"]), sharey=True),
            draw=_draw,
            applies=lambda subject: (
                subject[0].task != "regression"
                and not subject[0].description.target_shape
                and bool(_with_probabilities(subject))
            ),
        ),
    ),
)
