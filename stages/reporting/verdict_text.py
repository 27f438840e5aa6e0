"""Verdicts in words, made from the objects that the tables beside them show."""

import math
from dataclasses import dataclass

from stages.reporting.formats import listed, number, p_value, plus_minus
from stages.scores.names import Score
from stages.verdicts.comparison import Comparison
from stages.verdicts.pairs import Pair
from stages.verdicts.statistics import Summary


@dataclass(frozen=True)
class Advice:
    """How the losses of a comparison stand to the one with the best mean.

    Attributes:
        best: the loss with the best mean test score, a failed seed counting as `verdicts.worst_score`.
        equal: its pairs with losses that are equivalent or the same objective.
        open: its pairs that are inconclusive, or for which there are too few seeds.
        beaten: its pairs with losses that are worse.
    """

    best: str
    equal: list[Pair]
    open: list[Pair]
    beaten: list[Pair]


def advise(losses: list[str], pairs: dict[tuple[str, str], Pair]) -> Advice:
    """Sort the losses of a comparison by how they stand to the best; of equals, the first listed is taken."""
    best = losses[0]
    for loss in losses[1:]:
        if pairs[loss, best].difference > 0:
            best = loss
    against = [pairs[best, other] for other in losses if other != best]
    kinds = {"equivalent": "equal", "same objective": "equal", "better": "beaten"}
    grouped: dict[str, list[Pair]] = {"equal": [], "open": [], "beaten": []}
    for pair in against:
        grouped[kinds.get(pair.verdict, "open")].append(pair)
    return Advice(best, **grouped)


def verdict_of(comparison: Comparison) -> str:
    """The verdict on a comparison, in words."""
    return verdict(
        comparison.losses, comparison.pairs, comparison.summaries("test"), comparison.score, comparison.constant
    )


def lead_of(comparison: Comparison) -> str:
    """The first words of the verdict, which are bold on the page: what to train with."""
    return verdict_of(comparison).split("**")[1]


def verdict(
    losses: list[str],
    pairs: dict[tuple[str, str], Pair],
    summaries: dict[str, Summary],
    score: Score,
    constant: float | None,
) -> str:
    """One paragraph for one dataset: which loss to train with, how sure that is, and what would settle the rest.

    Args:
        losses: names, in the comparison's order.
        pairs: every ordered pair of them.
        summaries: their test scores.
        score: the score.
        constant: what a prediction that is the same for every row has of it; None where that says nothing.
    """
    if not any(summary.n for summary in summaries.values()):
        return "**No verdict**: every seed failed. A smaller learning rate or another scaling may help."
    # of equals, one that finished
    advice = advise(sorted(losses, key=lambda loss: not summaries[loss].n), pairs)
    best = summaries[advice.best]
    trusted = [best, *(summary for summary in summaries.values() if not summary.n_failed)]
    learned = any(_surely_better(summary, constant, score) for summary in trusted)
    surely = "surely " * (best.n > 1)
    if len(losses) == 1:
        beside = "" if learned else f"; that of a constant prediction, {number(constant)}, it does not {surely}beat"
        parts = [
            f"**No verdict**: `{losses[0]}` alone was trained. Its test {score.name} is {plus_minus(best)}{beside}."
        ]
    elif not learned:
        parts = [
            f"**Train with none of these: no loss {surely}beats a constant prediction, whose test {score.name} is "
            f"{number(constant)}.** The best mean is that of `{advice.best}`, {plus_minus(best)}. "
            "More epochs, another learning rate or another scaling may help."
        ]
    else:
        parts = [_lead(advice, score.name), *_standings(advice, summaries, score.name)]
        idle = [loss for loss, each in summaries.items() if each.n and not _surely_better(each, constant, score)]
        if idle:
            beats = "does" if len(idle) == 1 else "do"
            parts.append(f"{listed(idle)} {beats} not {surely}beat a constant prediction ({number(constant)}).")
    return " ".join(parts + _failures(summaries))


def _standings(advice: Advice, summaries: dict[str, Summary], score: str) -> list[str]:
    """How each of the others stands to the best loss."""
    parts = []
    if alike := [pair for pair in advice.equal if pair.verdict == "equivalent"]:
        verb = "differs" if len(alike) == 1 else "differ"
        margin = f"± {number(alike[0].margin)} {score}"
        others = listed([pair.against for pair in alike])
        parts.append(f"{others} {verb} from `{advice.best}` by less than matters ({margin}).")
    if same := [pair.against for pair in advice.equal if pair.verdict == "same objective"]:
        verb = "is" if len(same) == 1 else "are"
        parts.append(f"{listed(same)} {verb} the same objective as `{advice.best}`.")
    parts += _unsettled(advice.open)
    if advice.beaten:
        worse = [
            f"`{pair.against}` (by {number(pair.difference)}, {p_value(pair.p_holm)})"
            if summaries[pair.against].n
            else f"`{pair.against}` (every seed failed)"
            for pair in advice.beaten
        ]
        parts.append(f"Worse than `{advice.best}`: {', '.join(worse)}.")
    return parts


def _failures(summaries: dict[str, Summary]) -> list[str]:
    count = " and count as worse than any other" * (len(summaries) > 1)
    return [
        f"{summary.n_failed} of {summary.n + summary.n_failed} seeds of `{loss}` failed{count}."
        for loss, summary in summaries.items()
        if summary.n_failed
    ]


def _surely_better(summary: Summary, constant: float | None, score: Score) -> bool:
    """Whether a mean beats a constant prediction, and its 95 % interval, where there is one, leaves that out."""
    if constant is None:
        return True
    gain = summary.mean - constant if score.higher_is_better else constant - summary.mean
    return gain > (summary.half_width if summary.n > 1 else 0)


def _lead(advice: Advice, score: str) -> str:
    equal = [pair.against for pair in advice.equal]
    if advice.open:
        rivals = listed([pair.against for pair in advice.open])
        return (
            f"**Not settled: `{advice.best}` has the best mean test {score}, but {rivals} may do as well or better.**"
        )
    if not equal:
        margin = min(pair.beats for pair in advice.beaten)
        share = "every seed" if margin == 1 else f"at least {math.floor(100 * margin)} % of the seeds"
        return f"**Train with `{advice.best}`.** It has the better test {score} on {share}."
    return f"**Train with any of these {len(equal) + 1}: {listed([advice.best, *equal])}.**"


def _unsettled(pairs: list[Pair]) -> list[str]:
    """What would settle the pairs of the best loss that are open."""
    few, unknown, known = [], [], []
    for pair in pairs:
        kind = few if pair.verdict == "too few seeds" else unknown if pair.seeds_to_settle is None else known
        kind.append(pair)
    parts = []
    if few:
        seeds = "1 seed" if few[0].n_seeds == 1 else f"{few[0].n_seeds} seeds"
        parts.append(f"{seeds} cannot settle {_against(few)}: the test needs at least {few[0].seeds_needed}.")
    if unknown:
        parts.append(f"These seeds do not tell how many would settle {_against(unknown)}.")
    if known:
        more = max(pair.seeds_to_settle for pair in known)
        parts.append(f"About {more:,} seeds would settle {_against(known)} (`dvc exp run -S train.seeds={more}`).")
    return parts


def _against(pairs: list[Pair]) -> str:
    return f"`{pairs[0].loss}` against {listed([pair.against for pair in pairs])}"
