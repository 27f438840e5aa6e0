"""Where a comparison has more losses than a reader can take in: which are drawn, have a colour and stand in tables."""

from stages.basics.markup import Markdown
from stages.records.runs import Run
from stages.reporting.drawing import plots
from stages.verdicts.comparison import Comparison

SHOWN = 16  # losses in a figure or a table


def shown(comparison: Comparison) -> list[str]:
    """The losses that are shown: all in their order; of too many the baseline and the best, by their means."""
    return _best(comparison, SHOWN)


def runs(comparison: Comparison) -> list[Run]:
    """The runs of the losses that are shown."""
    by_loss = {run.loss.name: run for run in comparison.runs}
    return [by_loss[loss] for loss in shown(comparison)]


def others(comparison: Comparison) -> list[str]:
    """The losses that are not shown, in their order."""
    some = set(shown(comparison))
    return [loss for loss in comparison.losses if loss not in some]


def colors(comparison: Comparison) -> dict[str, str]:
    """The colour of every loss; those that `in_color` names differ from each other, as far as the colours go."""
    first = _best(comparison, plots.N_COLORS)
    rest = [loss for loss in dict.fromkeys([*shown(comparison), *comparison.losses]) if loss not in first]
    return plots.colors_of(first) | plots.colors_of(rest)


def in_color(comparison: Comparison) -> dict[str, str]:
    """The losses that have a colour where all are lines in one chart, and which."""
    of_all = colors(comparison)
    return {loss: of_all[loss] for loss in _best(comparison, plots.N_COLORS)}


def who(comparison: Comparison) -> Markdown:
    """Which losses are shown; empty where all are."""
    if not others(comparison):
        return Markdown()
    n, what = len(comparison.losses), "the baseline" if comparison.own_baseline else "the recommended loss"
    return Markdown(
        f"Of {n:,} losses the tables and figures of this section show {what} and the {SHOWN - 1} others that do "
        "best; `pairs.csv` and `results.csv` have all."
    )


def _best(comparison: Comparison, most: int) -> list[str]:
    """All losses in their order; of more than `most` the baseline and the best, by their means."""
    if len(comparison.losses) <= most:
        return comparison.losses
    ranked = _ranked(comparison)
    best = {comparison.outcome.baseline, *[loss for loss in ranked if loss != comparison.outcome.baseline][: most - 1]}
    return [loss for loss in ranked if loss in best]


def _ranked(comparison: Comparison) -> list[str]:
    """The losses by their means, the recommended first and those whose every seed failed last."""
    sign, best = (-1 if comparison.score.higher_is_better else 1), comparison.outcome.advice.best

    def place(loss: str) -> tuple[bool, bool, float]:
        summary = comparison.outcome.summaries[loss]
        return loss != best, not summary.n, sign * summary.mean if summary.n else 0.0

    return sorted(comparison.losses, key=place)
