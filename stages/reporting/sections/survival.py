"""Whether the order of the losses survives another optimizer and a wider network, in a line."""

from collections.abc import Mapping
from itertools import permutations
from typing import Any

import numpy as np

from stages.basics.markup import Markdown, code, text
from stages.records.runs import Run
from stages.reporting.formats import enumerated
from stages.reporting.registry import Report, Section, Subject
from stages.scores import catalogue
from stages.verdicts.comparison import Comparison

TEMPLATE = """
{% if is_tried %}
{{ line }}
{% else %}
{% set first = once(line) %}
{{ first if first else shortly }}
{% endif %}
"""
SURE = 2  # standard errors
_NOT_TRIED = Markdown(
    "**Does it survive?** Not tried with another optimizer or a wider network; "
    "`second_run: true` under the comparison in `params.yaml` does."
)
_NO_TIME = Markdown(
    "**Does it survive?** Not tried with another optimizer or a wider network: a budget leaves no time."
)
# what is said in place of these where they stand in the report already
_NOT_SAID = {
    _NOT_TRIED: Markdown("**Does it survive?** Not tried."),
    _NO_TIME: Markdown("**Does it survive?** Not tried."),
}


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    [comparison] = subject
    line = does_it_survive(comparison)
    if not line:
        return None
    return {"line": line, "is_tried": line not in _NOT_SAID, "shortly": _NOT_SAID.get(line)}


def does_it_survive(comparison: Comparison) -> Markdown:
    """What turns, or that nothing does; how to ask where it was not tried; empty where nothing was tuned to compare."""
    tuned = [run for run in comparison.runs if run.tuning and run.settings.optimizer.is_tuned]
    if len(tuned) < 2:
        return Markdown()
    varied = [str(variant) for variant in tuned[0].tuning.varied]
    if not varied or any([str(variant) for variant in run.tuning.varied] != varied for run in tuned):
        return _NO_TIME if tuned[0].settings.within else _NOT_TRIED
    score = tuned[0].tuning.varied_by
    margin = comparison.outcome.margin if comparison.score.name == score else 0.0
    before = _ahead({run.loss.name: run.values(score, "test") for run in tuned}, score, margin)
    turned = {
        what: before & {pair[::-1] for pair in _ahead(_values(tuned, place), score, margin)}
        for place, what in enumerate(varied)
    }
    holds = [_with(what) for what, pairs in turned.items() if not pairs]
    parts = [f"{enumerated(holds)} the order holds"] if holds else []
    for what, pairs in turned.items():
        if pairs:
            sentences = [f"{code(behind)} is ahead of {code(ahead)}" for ahead, behind in sorted(pairs)]
            parts.append(f"{_with(what)} {enumerated(sentences)}, the other way round")
    line = "; ".join(parts)
    n_seeds = tuned[0].tuning.n_seeds
    return Markdown(
        f"**Does it survive?** {line[0].upper()}{line[1:]} (validation {text(score)}, {n_seeds} seeds, three rates"
        f"{'' if before else '; no two losses are clearly apart in it before'})."
    )


def _with(what: str) -> str:
    return f"with {what}"


def _values(runs: list[Run], place: int) -> dict[str, np.ndarray]:
    return {run.loss.name: run.tuning.values[place] for run in runs}


def _ahead(values: Mapping[str, np.ndarray], score: str, margin: float) -> set[tuple[str, str]]:
    """The pairs of losses of which the first is ahead by more than the margin and chance, on the seeds both have."""
    row = catalogue.find(score, None)
    sign = 1 if row is not None and row.higher_is_better else -1
    pairs = set()
    for one, other in permutations(values, 2):
        n_both = min(len(values[one]), len(values[other]))
        gains = sign * (values[one][:n_both] - values[other][:n_both])
        gains = gains[np.isfinite(gains)]
        if len(gains) > 1 and gains.mean() > max(margin, SURE * gains.std(ddof=1) / np.sqrt(len(gains))):
            pairs.add((one, other))
    return pairs


SECTION = Section(part="sure", order=27, template=TEMPLATE, content=_content)
