"""What thresholds have to do with a verdict: each loss's own, and what would have come of its own rule."""

from stages.basics.markup import text
from stages.basics.words import number
from stages.losses.loss import Loss
from stages.reporting.formats import enumerated
from stages.verdicts.comparison import Comparison
from stages.verdicts.held_out import shifts
from stages.verdicts.pairs import Pair
from stages.wording.losses import decision_rule


def rule(loss: Loss) -> str:
    """In words: how a loss decides by itself."""
    if loss.needs_order:
        return f"by the {decision_rule(loss)}"
    return f"at {loss.threshold:g}" if loss.task == "binary" else "by the largest output"


def caution(comparison: Comparison, pair: Pair) -> str:
    """That a pair is told apart by the losses' own rule alone; empty where it is not."""
    by_rule = comparison.outcome.by_rule
    if by_rule is None:
        return ""
    before = by_rule.pairs[pair.loss, pair.against].verdict
    rules = {run.loss.name: rule(run.loss) for run in comparison.runs}
    if before == "better" and pair.verdict != "better":
        return f"ahead {rules[pair.loss]} only; {_why(comparison, pair.loss, pair.against)}"
    if before == "worse" and pair.verdict != "worse":
        return f"behind {rules[pair.loss]} only"
    return ""


def ahead_by_rule_only(comparison: Comparison) -> list[str]:
    """Of each loss that by its own rule is better than the recommended one, or worse, and no longer at thresholds."""
    outcome, best = comparison.outcome, comparison.outcome.advice.best
    if (by_rule := outcome.by_rule) is None:
        return []
    ahead: list[str] = []
    behind: list[str] = []
    for loss in (loss for loss in comparison.losses if loss != best):
        before, now = (judged.pairs[loss, best].verdict for judged in (by_rule, outcome))
        if before == "better" and now != "better":
            ahead.append(loss)
        if before == "worse" and now != "worse":
            behind.append(loss)
    rules = {run.loss.name: rule(run.loss) for run in comparison.runs}
    sentences = [_sentence(comparison, [loss], [best], rules[loss]) for loss in ahead]
    alike: dict[str, list[str]] = {}
    for loss in behind:
        alike.setdefault(_why(comparison, best, loss), []).append(loss)
    return sentences + [_sentence(comparison, [best], losses, rules[best]) for losses in alike.values()]


_NOW = {
    "equivalent": "does not matter",
    "worse": "is the other way round",
}


def _why(comparison: Comparison, ahead: str, behind: str) -> str:
    """Why a loss is ahead by its own rule only, or what is left of that."""
    outcome = comparison.outcome
    if shifts.explains(outcome, ahead, behind):
        return "its outputs are shifted"
    where = "at thresholds of their own" if outcome.thresholds else "by what is expected to cost least"
    return f"{where} the difference {_NOW.get(outcome.pairs[ahead, behind].verdict, 'is not sure')}"


def _sentence(comparison: Comparison, ahead: list[str], behind: list[str], rule: str) -> str:
    means = {loss: number(summary.mean) for loss, summary in comparison.outcome.by_rule.summaries.items()}
    first, second = (enumerated([f"`{loss}` ({means[loss]})" for loss in losses]) for losses in (ahead, behind))
    return (
        f"{rule[0].upper()}{rule[1:]} {first} would be better than {second} in {text(comparison.score.name)}: "
        f"ahead {rule} only; {_why(comparison, ahead[0], behind[0])}."
    )
