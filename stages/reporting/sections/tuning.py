"""How each loss was brought to its own best: what every rate, schedule and horizon came to, and how firm the choice is.

Facts of the table are of validation rows, on which nothing but this was chosen.
"""

from typing import Any

import numpy as np

from stages.basics.markup import Markdown, code
from stages.basics.words import number
from stages.records.runs import Run, Tuning
from stages.reporting import top_losses
from stages.reporting.drawing import rates
from stages.reporting.drawing.plots import Grid, side_by_side
from stages.reporting.formats import rate, rate_of, whole_percent
from stages.reporting.markdown import Table
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.reporting.texts import schedule_text, tuning_text
from stages.scores import catalogue
from stages.verdicts.tuned import Tried, best_of_each_rate, best_of_schedule

SQUASHED = 4  # times the least error: beyond that the axis is logarithmic
TEMPLATE = """
{{ schedule }}

{{ rows }}

{{ choices }}

{{ once("*Came out*: the share of 100 resamples of the seeds in which the same choice is the best. Where it is"
" small, another choice would do about as well.") }}

{{ figures }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    [comparison] = subject
    if not comparison.is_tuned:
        return None
    return {
        "schedule": schedule_text.what_it_did(comparison),
        "rows": tuning_text.by_rows(comparison),
        "choices": _table(_tuned(subject)),
    }


def _tuned(subject: Subject) -> list[Run]:
    return [run for run in top_losses.runs(subject[0]) if run.tuning]


def _table(runs: list[Run]) -> Table:
    by = {run.tuning.score for run in runs}
    score = f"validation {by.copy().pop()}" if len(by) == 1 else "validation score"
    head = ("loss", "chosen", "epochs", f"{score}, falling rate", "constant rate", "came out")
    return Table(head, [_row(run) for run in runs])


def _row(run: Run) -> tuple[str, ...]:
    tuning = run.tuning
    options = [f"{name} {value if isinstance(value, str) else rate(value)}" for name, value in tuning.options.items()]
    named = Markdown(", ".join([rate_of(run), *map(code, options)]))
    values = (_value(best_of_schedule(tuning, schedule)) for schedule in ("cosine", "constant"))
    return code(run.loss.name), named, f"{run.n_epochs:,}", *values, f"{whole_percent(tuning.firmness)} %"


def _value(tried: Tried | None) -> str:
    return "–" if tried is None else f"{number(tried.value)} at {rate(tried.rate)}"


def _lines(tuning: Tuning) -> rates.Lines:
    pairs = sorted(set(zip(tuning.schedules.tolist(), tuning.horizons.tolist(), strict=True)))
    lines = {pair: best_of_each_rate(tuning, *pair) for pair in pairs}
    return {pair: tried for pair, tried in lines.items() if tried}


def _data(subject: Subject) -> dict[str, Any]:
    tuned = {run.loss.name: run.tuning for run in _tuned(subject)}
    lines = {loss: _lines(tuning) for loss, tuning in tuned.items()}
    by = {tuning.score for tuning in tuned.values()}
    one = len(by) == 1 and by != {"loss"}
    values = {
        loss: np.array([tried.value for points in by_length.values() for tried in points])
        for loss, by_length in lines.items()
    }

    def log(loss: str) -> bool:
        score = catalogue.find(tuned[loss].score, None)
        seen = np.concatenate(list(values.values()) if one else [values[loss]])
        seen = seen[np.isfinite(seen)]
        # a rate that is far too high does not squash the others
        return not (score and score.higher_is_better) and len(seen) > 0 and seen.max() > SQUASHED * seen.min() > 0

    return {
        "lines": lines,
        "chosen": {
            loss: (tuning.schedule, int(tuning.horizons[tuning.chosen]), float(tuning.rates[tuning.chosen]))
            for loss, tuning in tuned.items()
        },
        "labels": {
            loss: f"validation {catalogue.label_of(tuning.score) if one else tuning.score}"
            for loss, tuning in tuned.items()
        },
        "log": {loss: log(loss) for loss in tuned},
        "colors": top_losses.colors(subject[0]),
        "one score": one,
    }


def _grid(data: dict[str, Any]) -> Grid:
    return side_by_side(len(data["lines"]), sharey=data["one score"])


def _draw(axes: np.ndarray, data: dict[str, Any]) -> None:
    lines, chosen, labels, log = (data[name] for name in ("lines", "chosen", "labels", "log"))
    for place, (ax, loss) in enumerate(zip(axes.flat, lines, strict=False)):
        rates.tuned(ax, lines[loss], chosen[loss], data["colors"][loss], labels[loss], log=log[loss])
        ax.set_title(loss)
        if data["one score"] and place % axes.shape[1]:
            ax.set_ylabel("")
    rates.legend(axes.flat[0], list(lines.values()))


SECTION = Section(
    part="details",
    order=12,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="tuning",
            alt="Validation score against the learning rate for each loss on {comparison}",
            heading="The validation score at each learning rate",
            legend="of a constant rate at its best epoch, of a falling one at its last; the ring marks the choice",
            data=_data,
            grid=_grid,
            draw=_draw,
            applies=lambda subject: bool(_tuned(subject)),
        ),
    ),
)
