"""Whether the order of the losses survives another optimizer and a wider network, in a line."""

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
    "`train: {second_run: true}` in `params.yaml` does."
)
_NO_TIME = Markdown(
    "**Does it survive?** Not tried with another optimizer or a wider network: a budget leaves no time."
)
_WITHOUT_UNIT = Markdown(
    "**Does it survive?** Cannot be said: losses were tuned by their own values, which have no unit in common."
)
# what is said in place of these where they stand in the report already
_NOT_SAID = {
    _NOT_TRIED: Markdown("**Does it survive?** Not tried."),
    _NO_TIME: Markdown("**Does it survive?** Not tried."),
    _WITHOUT_UNIT: Markdown("**Does it survive?** Cannot be said."),
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
    scores = {run.tuning.score for run in tuned}
    if len(scores) > 1 or scores == {"loss"}:
        return _WITHOUT_UNIT
    [score] = scores
    margin = comparison.outcome.margin if comparison.score.name == score else 0.0
    before = _ahead(tuned, 0, score, margin)
    turned = {what: before & _behind(tuned, place, score, margin) for place, what in enumerate(varied, start=1)}
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


def _ahead(runs: list[Run], place: int, score: str, margin: float) -> set[tuple[str, str]]:
    """The pairs of losses of which the first is ahead by more than the margin and chance."""
    row = catalogue.find(score, None)
    sign = 1 if row is not None and row.higher_is_better else -1
    pairs = set()
    for one, other in permutations(runs, 2):
        gains = sign * (one.tuning.values[place] - other.tuning.values[place])
        gains = gains[np.isfinite(gains)]
        if len(gains) > 1 and gains.mean() > max(margin, SURE * gains.std(ddof=1) / np.sqrt(len(gains))):
            pairs.add((one.loss.name, other.loss.name))
    return pairs


def _behind(runs: list[Run], place: int, score: str, margin: float) -> set[tuple[str, str]]:
    return {(behind, ahead) for ahead, behind in _ahead(runs, place, score, margin)}


SECTION = Section(part="sure", order=27, template=TEMPLATE, content=_content)
