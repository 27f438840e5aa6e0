"""What the first screen of a comparison says: what to train with, what that gives, and how sure it is."""

import math

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted, number, percent
from stages.losses.estimand import Estimand
from stages.reporting import other_choices
from stages.reporting.formats import NAMED, at_place, enumerated, listed, place_of, place_of_ends, power_beside
from stages.reporting.markdown import Table
from stages.reporting.texts import reference_text
from stages.reporting.texts.verdict_text import surely_beats_constant, verdict
from stages.verdicts.comparison import Comparison
from stages.verdicts.held_out.coverage import of_loss
from stages.verdicts.pairs import FEWEST_SEEDS, Pair
from stages.verdicts.statistics import lacking

ALONE = 3  # losses of one verdict that have a row each; of more the first has, and the others share one
_WORDS = {
    "equivalent": "as good",
    "same objective": "the same loss",
    "inconclusive": "may be as good",
    "too few seeds": "too few seeds to say",
    "better": "worse: avoid",
}
_GUESSES = {"mean": "the mean", "median": "the median"}


def in_a_line(comparison: Comparison) -> Markdown:
    """The answer as terminals, lists and programs get it: what to use, and what is ahead of it that is no network."""
    return Markdown(" ".join(filter(None, [verdict(comparison).answer, ahead(comparison)])))


def ahead(comparison: Comparison) -> Markdown:
    """That models which are no networks do better or as well; empty where none does."""
    best = comparison.outcome.advice.best
    return reference_text.ahead(comparison, score_of(comparison, best)) if comparison.beside else Markdown()


def question(comparison: Comparison, training: str = "") -> Markdown:
    """What a comparison answers, with its name.

    Args:
        comparison: the comparison.
        training: how it is trained, where others on the same rows are trained otherwise: see `how_trained`.
    """
    described = f"{text(comparison.name)}{f', {training}' if training else ''}"
    if comparison.description.is_generated:
        return Markdown(f"{described}: which loss to train with?")
    return Markdown(f"{described}: which loss predicts {listed(comparison.description.targets)} best?")


def how_trained(comparison: Comparison, *, as_published: bool) -> str:
    """How the losses of a comparison are trained, in words, where its name alone does not tell it from another."""
    if comparison.is_tuned:
        return "each loss at its own best rate"
    return "as published" if as_published else "one rate for all losses"


def gives(comparison: Comparison) -> Markdown:
    """What training with the recommended loss gives, and what the same guess and other models give."""
    outcome, score = comparison.outcome, comparison.score
    summary = outcome.summaries[outcome.advice.best]
    if not summary.n:
        return Markdown()
    value, title = score_of(comparison, outcome.advice.best), text(score.title)
    if score.needs_quantiles:
        result = _of_intervals(comparison, value, title)
    elif score.unit == "target units":
        result = f"Predictions miss by about **{value}** ({title}, on rows not trained on)."
    elif score.name == "accuracy":
        result = f"Of rows not trained on, **{value}** are decided rightly ({title})."
    else:
        unit = f" ({text(score.unit)})" if score.unit else ""
        result = f"On rows not trained on, the {title}{unit} is about **{value}**."
    beside = reference_text.values(comparison)
    if outcome.constant is None:
        others = f"{beside[0].upper()}{beside[1:]}." if beside else ""
        return Markdown(" ".join(filter(None, [result, others])))
    guess = _guess(score.rewards) if comparison.task == "regression" else "the same for every row"
    guess = "the same intervals" if score.needs_quantiles else guess
    constant = at_place(outcome.constant, place_of(math.nan, outcome.constant))
    others = f"; {beside}" if beside else ""
    return Markdown(f"{result} Always guessing {guess} gives {constant}{others}.")


def _of_intervals(comparison: Comparison, value: str, title: Markdown) -> str:
    """What the intervals of the recommended loss hold, how wide they are, and what they are worth by the score."""
    [run] = [run for run in comparison.runs if run.loss.name == comparison.outcome.advice.best]
    coverage = of_loss(comparison, run)
    return (
        f"It gives {percent(coverage.asked)} intervals that held **{percent(coverage.held)}** of the rows not trained "
        f"on and are {number(coverage.width)} wide on average. The {title} is about **{value}**."
    )


def _guess(rewards: Estimand | None) -> str:
    return _GUESSES.get(rewards.statistic if rewards else "", "the same for every row")


def table(comparison: Comparison) -> Table | None:
    """The losses, the recommended first: their scores, against the recommended one, and what to do; None for one."""
    outcome = comparison.outcome
    advice = outcome.advice
    if len(comparison.losses) < 2:
        return None
    best = advice.best
    rows = [(Markdown(f"**{code(best)}**"), score_of(comparison, best), "–", Markdown("**use this**"))]
    if not surely_beats_constant(comparison, advice.best):
        rows[0] = (*rows[0][:3], "the best here, and not surely better than a guess")
    for kind in _WORDS:
        against = [pair for pair in (*advice.equal, *advice.open, *advice.beaten) if pair.verdict == kind]
        against.sort(key=lambda pair: pair.difference)
        alone = against if len(against) <= ALONE else against[:1]
        rows += [_row(comparison, pair) for pair in alone]
        if rest := against[len(alone) :]:
            rows.append(_together(comparison, rest))
    return Table(("loss", comparison.score.name, Markdown(f"against {code(advice.best)}"), "verdict"), rows)


def _finest(comparison: Comparison) -> int:
    """The decimal place to which scores stand beside each other: that of the differences from the recommended one."""
    best = comparison.outcome.advice.best
    pairs = [comparison.outcome.pairs[best, loss] for loss in comparison.losses if loss != best]
    places = [place_of((pair.high - pair.low) / 2) for pair in pairs if pair.high > pair.low]
    summary = comparison.outcome.summaries[best]
    coarse = place_of(summary.half_width, summary.mean)
    # two digits more than the score itself has would be of no use
    return max(min([*places, coarse]), coarse - 2)


def score_of(comparison: Comparison, loss: str) -> str:
    """The mean score of a loss as it stands beside the others: fine enough to tell it from the recommended one."""
    summary, best, place = comparison.outcome.summaries[loss], comparison.outcome.advice.best, _finest(comparison)
    is_worse = loss != best and comparison.outcome.pairs[best, loss].verdict == "better"
    if is_worse and math.isfinite(summary.half_width):
        place = max(place, place_of(summary.half_width, summary.mean))
    recommended = comparison.outcome.summaries[best].mean
    if abs(summary.mean - recommended) > abs(recommended):  # so far away three digits do
        place = max(place, place_of(math.nan, summary.mean))
    return at_place(summary.mean, place)


def _row(comparison: Comparison, pair: Pair) -> tuple[str, ...]:
    if not comparison.outcome.summaries[pair.against].n:
        return (code(pair.against), "–", "", "avoid: every network failed")
    summary = comparison.outcome.summaries[pair.against]
    failed = f"; {summary.n_failed} of {summary.n + summary.n_failed} failed" if summary.n_failed else ""
    verdict_of_loss = f"{_WORDS[pair.verdict]}{failed}"
    difference = against_best(pair, comparison.outcome.summaries[pair.loss].mean)
    return (code(pair.against), score_of(comparison, pair.against), difference, verdict_of_loss)


def against_best(pair: Pair, mean: float = math.nan) -> str:
    """How far a loss is from the recommended one, and the interval.

    Args:
        pair: of which the recommended loss is the first.
        mean: its score, which stands above; where it is written by a power of ten, so are the differences.
    """
    few = pair.verdict == "too few seeds"
    place = place_of(math.nan if few else (pair.high - pair.low) / 2, pair.difference)
    power = power_beside(mean, place, pair.difference, pair.low, pair.high)
    difference = _sided(pair.difference, place, power) if pair.difference else "the same"
    if few or math.isnan(pair.low) or pair.low == pair.high:
        return difference
    if pair.low * pair.high <= 0:
        return may_be(better=-pair.low, worse=pair.high, place=place, power=power)
    fine, side = place_of_ends(pair.low, pair.high, place), "worse" if pair.low > 0 else "better"
    near, far = (at_place(end, fine, power) for end in sorted((abs(pair.low), abs(pair.high))))
    is_within = pair.low * pair.difference > 0
    return f"{difference} ({near} to {far})" if is_within else f"{near} to {far} {side}"


def may_be(*, better: float, worse: float, place: int, power: int | None) -> str:
    """What an interval that holds 0 says: by how much something may be better, and by how much worse."""
    ends = {side: at_place(end, place, power) for side, end in (("better", better), ("worse", worse))}
    sides = [f"up to {end} {side}" for side, end in ends.items() if not _is_none(end)]
    return " or ".join(sides) or "about the same"


def _is_none(shown: str) -> bool:
    """Whether what is left of a number in its digits is 0."""
    return not any(digit in shown for digit in "123456789")


def _sided(difference: float, place: int, power: int | None) -> str:
    """How far a loss is from the recommended one, and on which side; a difference above 0 is in favour of that one."""
    shown = at_place(abs(difference), place, power)
    return "about 0" if _is_none(shown) else f"{shown} {'worse' if difference > 0 else 'better'}"


def _together(comparison: Comparison, pairs: list[Pair]) -> tuple[str, ...]:
    """One row for losses of one verdict, the nearest first."""
    scores = [score_of(comparison, pair.against) for pair in pairs if comparison.outcome.summaries[pair.against].n]
    ends = " to ".join(dict.fromkeys([scores[0], scores[-1]])) if scores else "–"
    return (listed([pair.against for pair in pairs]), ends, "", _WORDS[pairs[0].verdict])


def sureness(comparison: Comparison) -> Markdown:
    """What a wrong choice costs at most, and what counts as no difference; empty where there is no other loss."""
    outcome = comparison.outcome
    advice = outcome.advice
    others = [pair for pair in (*advice.equal, *advice.open, *advice.beaten) if pair.verdict != "same objective"]
    if not others:
        return Markdown()
    if math.isnan(advice.cost):
        few = counted(len(comparison.seeds), "seed")
        return Markdown(f"How sure that is, {few} cannot say: at least {FEWEST_SEEDS} can.")
    error = "what is missing to a perfect 1" if comparison.score.higher_is_better else "the error"
    share = "" if comparison.own_margin is not None else f" (5 % of {error})"
    margin = f"Differences below {_beside_score(comparison, outcome.margin)}{share} count as none."
    if not advice.cost or advice.rival is None:
        return Markdown(f"A wrong choice costs **nothing**: no other loss is better, which is 95 % sure. {margin}")
    if not (most := _cost(comparison)):
        return Markdown(f"What a wrong choice costs, so few seeds or rows cannot say. {margin}")
    return Markdown(f"A wrong choice costs at most **{most}**: no other loss is better by more (95 % sure). {margin}")


def _cost(comparison: Comparison) -> str:
    """By how much another loss may be better; empty where the interval reaches beyond a perfect score."""
    outcome, advice = comparison.outcome, comparison.outcome.advice
    mean = outcome.summaries[advice.best].mean
    if advice.cost >= lacking(mean, higher_is_better=comparison.score.higher_is_better):
        return ""
    return _beside_score(comparison, advice.cost)


def _beside_score(comparison: Comparison, difference: float) -> str:
    """A difference of scores, in two digits."""
    outcome, place = comparison.outcome, place_of(difference)
    return at_place(difference, place, power_beside(outcome.summaries[outcome.advice.best].mean, place, difference))


def cost_of_being_wrong(comparison: Comparison) -> Markdown:
    """What `sureness` says in a sentence, for a cell of a table: how much better any other loss may be."""
    advice = comparison.outcome.advice
    if all(pair.verdict == "same objective" for pair in (*advice.equal, *advice.open, *advice.beaten)):
        return Markdown("nothing: there is no other")
    if math.isnan(advice.cost):
        return Markdown("not known: too few seeds")
    if not advice.cost or advice.rival is None:
        return Markdown("nothing")
    return Markdown(_cost(comparison) or "not known: too few seeds or rows")


def by_other_scores(comparison: Comparison) -> Markdown:
    """Which losses other scores would choose, where these are better by them than the recommended one."""
    chosen: dict[str, list[str]] = {}
    for score in other_choices.scores(comparison):
        if loss := other_choices.choice(comparison, score):
            chosen.setdefault(loss, []).append(str(text(score.title)))
    named = [f"{code(loss)} by {enumerated(titles)}" for loss, titles in list(chosen.items())[:NAMED]]
    return Markdown(f"Another score would choose another loss: {'; '.join(named)}.") if named else Markdown()
