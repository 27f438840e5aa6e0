"""What the schedule of the learning rate did, in a sentence: from validation rows, on which it was chosen."""

from dataclasses import dataclass

from stages.basics.markup import Markdown, code, text
from stages.basics.words import number
from stages.records.runs import Run
from stages.reporting.formats import enumerated, listed
from stages.verdicts.comparison import Comparison
from stages.verdicts.tuned import best_of_schedule, cost

MATTERS = 0.05  # of the smallest error, where the comparison's margin is not of the score that chose


@dataclass(frozen=True)
class _Both:
    """What a loss came to on validation rows, less is better: with the schedule that is the better, and constant."""

    loss: str
    falls: bool
    best: float
    constant: float
    shown: str
    shown_constant: str


def what_it_did(comparison: Comparison) -> Markdown:
    """What would have been with a constant rate; empty where both schedules were not tried, or nothing can be told.

    An order turns where two losses are apart by more than the margin one way with a constant rate, and are not behind
    any more with the schedule that each has.
    """
    tuned = [run for run in comparison.runs if run.tuning]
    pairs = [pair for run in tuned if (pair := _both(run))]
    if len(pairs) < len(tuned) or len({run.tuning.score for run in tuned}) > 1 or not pairs:
        return Markdown()
    score = tuned[0].tuning.score
    by = f"validation {text(score)}" if score != "loss" else "its own validation loss"
    falling = [pair for pair in pairs if pair.falls]
    if not falling:
        return Markdown("A falling learning rate did better for no loss.")
    if score == "loss":  # each has a unit of its own
        return Markdown(f"A falling learning rate did better for {listed([pair.loss for pair in falling])}, by {by}.")
    turned = [sentence for pair in falling if (sentence := _turned(pair, pairs, by, _margin(comparison, score, pairs)))]
    if turned:
        return Markdown(" ".join(turned))
    names = enumerated([f"{code(pair.loss)} ({pair.shown} in place of {pair.shown_constant})" for pair in falling])
    same = "With a constant one no loss would have changed places." if len(pairs) > 1 else ""
    return Markdown(f"A falling learning rate did better for {names}, by {by}. {same}".strip())


def _both(run: Run) -> _Both | None:
    """What both schedules came to for a loss; None where one was not tried, or failed."""
    falling, constant = (best_of_schedule(run.tuning, schedule) for schedule in ("cosine", "constant"))
    if falling is None or constant is None:
        return None
    chosen = falling if run.schedule == "cosine" else constant
    costs = (cost(run.tuning, candidate.value) for candidate in (chosen, constant))
    return _Both(run.loss.name, run.schedule == "cosine", *costs, number(chosen.value), number(constant.value))


def _margin(comparison: Comparison, score: str, pairs: list[_Both]) -> float:
    if comparison.score.name == score:
        return comparison.outcome.margin
    return MATTERS * min(abs(pair.best) for pair in pairs)


def _turned(pair: _Both, pairs: list[_Both], by: str, margin: float) -> str:
    """That a loss would have been behind others that it is not behind of; empty where there are none."""
    others = [other for other in pairs if other.loss != pair.loss]
    behind = [other for other in others if pair.constant > other.constant + margin]
    overtaken = [other.loss for other in behind if pair.best < other.best + margin]
    if not overtaken:
        return ""
    was_last = len(others) > 1 and len(behind) == len(others)
    place = "last" if was_last else f"behind {listed([other.loss for other in behind])}"
    is_ahead = all(pair.best < other.best - margin for other in behind if other.loss in overtaken)
    return (
        f"With a constant learning rate {code(pair.loss)} would have been {place}, with a {by} of "
        f"{pair.shown_constant}; a falling one brings it to {pair.shown}, "
        f"{'ahead of' if is_ahead else 'level with'} {listed(overtaken)}."
    )
