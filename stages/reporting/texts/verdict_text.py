"""The verdict on a comparison in words, made from the objects that the tables beside it show."""

import math
from dataclasses import dataclass

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted, number, percent
from stages.losses.objectives import usual
from stages.reporting.formats import NAMED, enumerated, interval, listed, plus_minus
from stages.reporting.texts import cluster_text, looks_text, loss_text, reference_text, threshold_text
from stages.verdicts.advice import Advice
from stages.verdicts.comparison import Comparison, class_sizes, is_misleading
from stages.verdicts.pairs import FEW_ROWS, FEWEST_SEEDS, Pair

_AFTER_FAILURES = "A smaller learning rate or another scaling may help."
_WHERE_NOTHING_LEARNED = "More epochs, another network or other columns may help."
ADVICE = (_AFTER_FAILURES, _WHERE_NOTHING_LEARNED)  # reasons that are the same for every comparison

ROWS_DECIDE = 0.5  # more seeds would not help where more than this share of the variance is due to the rows


@dataclass(frozen=True)
class Statement:
    """A verdict in words, which are Markdown.

    Attributes:
        lead: what to do, in a sentence.
        reasons: why.
        others: how the losses stand that are neither recommended nor to be avoided; empty where there is none.
    """

    lead: str
    reasons: tuple[str, ...]
    others: str = ""

    def __str__(self) -> str:
        return " ".join([self.answer, *self.reasons])

    @property
    def answer(self) -> Markdown:
        """What to do, which stands out, and how the others stand."""
        return Markdown(" ".join(filter(None, [f"**{self.lead}**", self.others])))


def verdict(comparison: Comparison) -> Statement:
    """Which loss to train with, what it costs if that is wrong, and how the others stand to it."""
    summaries, constant = comparison.outcome.summaries, comparison.outcome.constant
    if not any(summary.n for summary in summaries.values()):
        return Statement("No answer: every network failed.", (_AFTER_FAILURES,))
    advice, score = comparison.outcome.advice, text(comparison.score.name)
    best, surely = summaries[advice.best], "surely " * (len(comparison.seeds) >= FEWEST_SEEDS)
    learned = some_learned(comparison)
    notes = tuple(_cautions(comparison))
    if comparison.other_names and len(summaries) == 1 and learned:
        names = [advice.best, *comparison.other_names[advice.best]]
        mean = f"Its mean test {score} is {plus_minus(best)}."
        verb = "is another name" if len(names) == 2 else "are other names"
        others = f"{listed(names[1:])} {verb} of it."
        return Statement(f"Use `{advice.best}`.", (*_names_of_one(comparison), mean, *notes), others)
    if len(summaries) == 1:
        beside = "" if learned else f"; that of a constant prediction, {number(constant)}, it does not {surely}beat"
        mean = f"Its test {score} is {plus_minus(best)}{beside}."
        lead = f"Nothing to compare: `{advice.best}` alone was trained."
        return Statement(lead, (mean, *_names_of_one(comparison), *notes))
    if not learned:
        lead = f"Use none of these: no loss {surely}beats the same guess for every row."
        mean = f"The best mean is that of `{advice.best}`, {plus_minus(best)}; such a guess has {number(constant)}."
        return Statement(lead, (mean, _WHERE_NOTHING_LEARNED, *notes))
    idle = [loss for loss, summary in summaries.items() if summary.n and not surely_beats_constant(comparison, loss)]
    beats = "does" if len(idle) == 1 else "do"
    nothing = [f"{listed(idle)} {beats} not {surely}beat a constant prediction ({number(constant)})."] if idle else []
    standings = [*_standings(comparison, advice), *reference_text.reasons(comparison)]
    mean, other_names = _mean(comparison, advice), _names_of_one(comparison)
    return Statement(_lead(comparison, advice), (mean, *standings, *other_names, *nothing, *notes), _others(advice))


def some_learned(comparison: Comparison) -> bool:
    """Whether the recommended loss, or one of which no seed failed, surely beats a constant prediction."""
    summaries = comparison.outcome.summaries
    trusted = [comparison.outcome.advice.best, *(loss for loss, summary in summaries.items() if not summary.n_failed)]
    return any(surely_beats_constant(comparison, loss) for loss in trusted)


def surely_beats_constant(comparison: Comparison, loss: str) -> bool:
    """Whether a loss is better than a constant prediction, and the 95 % interval of its gain excludes 0.

    Of too few seeds the interval says nothing, and the mean has to do.
    """
    if comparison.outcome.constant is None:
        return True
    gain = comparison.outcome.gains[loss]
    if gain is None:
        return False
    low, _ = gain.interval()
    return gain.mean > 0 if math.isnan(low) or gain.n_seeds < FEWEST_SEEDS else low > 0


def _lead(comparison: Comparison, advice: Advice) -> str:
    avoided = _against(advice.beaten)
    avoid = f"; avoid {listed(avoided)}" if avoided else ""
    return f"Use `{advice.best}`{_why(comparison, advice)}{avoid}."


def _others(advice: Advice) -> str:
    """How the losses stand that are neither recommended nor to be avoided; empty where there is none."""
    same = [pair for pair in advice.equal if pair.verdict == "same objective"]
    equal = [pair for pair in advice.equal if pair.verdict != "same objective"]
    groups = (same, ("is the same loss", "are the same loss")), (equal, ("is as good", "are as good"))
    clauses = [f"{listed(_against(pairs))} {verbs[len(pairs) > 1]}" for pairs, verbs in groups if pairs]
    if not advice.open:
        return f"{', '.join(clauses)}." if clauses else ""
    clauses.append(f"{listed(_against(advice.open))} may be as good")
    return f"No loss is clearly the best: {', '.join(clauses)}."


def _why(comparison: Comparison, advice: Advice) -> str:
    """Why this one of losses that are as good; empty where there is no such choice."""
    if all(pair.verdict == "same objective" for pair in advice.equal):
        return ""
    if advice.best != advice.leader and advice.best == usual(run.loss for run in comparison.runs):
        return ", the usual loss"
    return "" if advice.open else ", which has the best score"


def _mean(comparison: Comparison, advice: Advice) -> str:
    """The mean score of the recommended loss, and of the one with the best mean where that is another."""
    score = text(comparison.score.name)
    mean_of = {loss: plus_minus(summary) for loss, summary in comparison.outcome.summaries.items()}
    if advice.best == advice.leader:
        return f"The mean test {score} of `{advice.best}` is {mean_of[advice.best]}, the best."
    return (
        f"`{advice.best}`, the usual loss, has a mean test {score} of {mean_of[advice.best]}; `{advice.leader}` has "
        f"the best, {mean_of[advice.leader]}, no difference that matters."
    )


def _standings(comparison: Comparison, advice: Advice) -> list[str]:
    """What a table of the losses does not say of those that are not shown to differ from the recommended one."""
    sentences, best = [], f"`{advice.best}`"
    same = [pair.against for pair in advice.equal if pair.verdict == "same objective"]
    factors = {loss: comparison.outcome.factors[loss, advice.best] for loss in same}
    if alike := [loss for loss in same if factors[loss] == 1]:
        verb = "is" if len(alike) == 1 else "are"
        sentences.append(f"{listed(alike)} {verb} the same objective as {best}.")
    if times := [f"`{loss}` is {number(times)} times" for loss, times in factors.items() if times and times != 1]:
        why = _CONSTANT[comparison.is_tuned]
        sentences.append(f"{enumerated(times)} {best}, the same objective: {why}.")
    if undecided := [pair for pair in advice.open if pair.verdict == "inconclusive"]:
        sentences.append(_what_would_settle(comparison, undecided))
        sentences += _on_these_rows(undecided)
    return sentences


def _names_of_one(comparison: Comparison) -> list[str]:
    """Of losses that were trained once for several names of one objective, the other names."""
    return [
        f"{listed(others)} {'is another name' if len(others) == 1 else 'are other names'} of `{loss}`, one objective, "
        "which was trained once."
        for loss, others in comparison.other_names.items()
    ]


def _what_would_settle(comparison: Comparison, undecided: list[Pair]) -> str:
    others, best, look = listed(_against(undecided)), f"`{undecided[0].loss}`", comparison.outcome.look
    estimates = [pair.estimate for pair in undecided]
    due_to_rows = all(part.lasting > ROWS_DECIDE * part.variance or not part.variance for part in estimates)
    if due_to_rows or (look and look.ended == "rows"):
        return cluster_text.would_settle(comparison, others, best)
    return f"More seeds may tell {others} from {best} ({looks_text.how_to_train_more(comparison)})."


def _on_these_rows(undecided: list[Pair]) -> list[str]:
    """What is certain on the rows that all seeds test alike, though not for new rows."""
    certain = [pair for pair in undecided if pair.on_these_rows and pair.on_these_rows[0] > 0]
    if not certain:
        return []
    ahead = [
        f"`{pair.against}` (by {number(pair.difference)}, {interval(pair.on_these_rows)})"
        for pair in _nearest_first(certain)
    ]
    ahead_of = enumerated(ahead, last=", ")
    return [f"On these very rows `{certain[0].loss}` is ahead of {ahead_of}, which says nothing of others."]


def _nearest_first(pairs: list[Pair]) -> list[Pair]:
    """Pairs of the best loss as they are listed; of too many to name, those first that come nearest to it."""
    return pairs if len(pairs) <= NAMED + 1 else sorted(pairs, key=lambda pair: pair.difference)


def _against(pairs: list[Pair]) -> list[str]:
    """The other losses of pairs, in that order."""
    return [pair.against for pair in _nearest_first(pairs)]


def _asked(comparison: Comparison) -> dict[str, list[str]]:
    """What the losses ask for and which do, where they ask for different things; else empty."""
    asked: dict[str, list[str]] = {}
    for run in comparison.runs:
        if what := loss_text.estimand(run.loss.estimand):
            asked.setdefault(what, []).append(run.loss.name)
    return asked if len(asked) > 1 else {}


def _different_things(comparison: Comparison) -> list[str]:
    """That losses ask for different things, and which of these the score is best for."""
    if not (asked := _asked(comparison)):
        return []
    estimands = enumerated([f"{listed(losses)} {what}" for what, losses in asked.items()], "more", last=", ")
    best_for = loss_text.estimand(comparison.score.rewards)
    judged = f": {text(comparison.score.name)} is best for {best_for}" if best_for else ""
    return [f"They estimate different things, {estimands}, and are ranked by one score{judged}."]


def _cautions(comparison: Comparison) -> list[str]:
    """What makes the verdict less certain than it sounds."""
    sentences = [*threshold_text.ahead_by_rule_only(comparison), *_different_things(comparison)]
    sentences += cluster_text.too_few(comparison)
    if is_misleading(comparison):
        description = comparison.description
        sizes, classes = class_sizes(comparison.labels, description), description.classes
        share = percent(sizes.max() / len(comparison.labels))
        sentences.append(
            f"Accuracy says little here: always saying {code(classes[int(sizes.argmax())])} is right in {share}."
        )
    best = comparison.outcome.advice.best
    pairs = [comparison.outcome.pairs[best, loss] for loss in comparison.losses if loss != best]
    if few := [pair for pair in pairs if _few_rows_tell(pair)]:
        rows = counted(max(round(min(pair.n_telling for pair in few)), 1), cluster_text.unit(comparison))
        sentences.append(
            f"Some losses of {text(comparison.name)} are told apart by as few as {rows}; below {FEW_ROWS}, intervals "
            "are a little too narrow."
        )
    return sentences


def _few_rows_tell(pair: Pair) -> bool:
    """Whether a pair is told apart by so few rows that its interval is only roughly right."""
    return pair.few_rows_tell and pair.verdict not in ("same objective", "too few seeds")


_CONSTANT = {
    True: "a constant factor is a learning rate, and tuning makes them equal",
    False: "a constant factor is a learning rate, and at one rate for both their steps differ",
}


def caution(comparison: Comparison, pair: Pair) -> str:
    """What is said beside the verdict on one pair, in a word or two; empty where there is nothing to say."""
    words = []
    if is_misleading(comparison):
        words.append("accuracy says little")
    elif _few_rows_tell(pair):
        words.append("few rows tell")
    asked = {run.loss.name: loss_text.estimand(run.loss.estimand) for run in comparison.runs}
    first, second = asked[pair.loss], asked[pair.against]
    if pair.verdict in ("better", "worse") and (pair.loss, pair.against) in comparison.outcome.factors:
        words.append("same objective, other steps")
    elif first and second and first != second:
        words.append(f"estimates {first}")
    words += filter(None, [threshold_text.caution(comparison, pair)])
    return "; ".join(words)


def verdict_cell(comparison: Comparison, pair: Pair) -> Markdown:
    """The verdict on a pair, with what makes it doubtful."""
    doubt = caution(comparison, pair)
    return Markdown(f"**{pair.verdict}**" + (f" ({doubt})" if doubt else ""))
