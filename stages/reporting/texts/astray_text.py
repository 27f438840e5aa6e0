"""Seeds that ended far from all others, in sentences."""

import math

import numpy as np

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted, number
from stages.reporting import top_losses
from stages.reporting.formats import enumerated
from stages.verdicts.comparison import Comparison
from stages.verdicts.cuts import FEWEST
from stages.verdicts.statistics import astray, most_astray


def remarks(comparison: Comparison) -> list[Markdown]:
    """Of losses with seeds that went astray which these are; and what share of the recommended loss's seeds does."""
    scores = comparison.outcome.scores
    sentences = [
        _who(comparison, run.loss.name, scores[run.loss.name])
        for run in top_losses.runs(comparison)
        if astray(scores[run.loss.name]).any()
    ]
    best = comparison.outcome.advice.best
    return [*sentences, _how_many(best, scores[best])] if len(comparison.seeds) >= FEWEST else sentences


def _who(comparison: Comparison, loss: str, scores: np.ndarray) -> Markdown:
    far, [seeds] = astray(scores), [run.seeds for run in comparison.runs if run.loss.name == loss]
    others = scores[np.isfinite(scores) & ~far]
    low, high = number(scores[far].min()), number(scores[far].max())
    seeds = enumerated([str(seed) for seed, is_far in zip(seeds, far, strict=True) if is_far])
    return Markdown(
        f"{'Seeds' if far.sum() > 1 else 'Seed'} {seeds} of {code(loss)} went astray, with a test "
        f"{text(comparison.score.name)} of {low if low == high else f'{low} to {high}'}; the others lie between "
        f"{number(others.min())} and {number(others.max())}, {number(others.mean())} on average. The mean counts all "
        "alike; a verdict is never the milder for it."
    )


def _how_many(loss: str, scores: np.ndarray) -> Markdown:
    n_astray = int((astray(scores) | ~np.isfinite(scores)).sum())
    share = f"{math.ceil(100 * most_astray(n_astray, len(scores))):.0f} %"
    seeds = f"of {counted(len(scores), 'seed')} of {code(loss)}"
    if not n_astray:
        return Markdown(f"None {seeds} failed or went astray, which says that at most {share} do (95 %).")
    return Markdown(f"{n_astray} {seeds} failed or went astray, which says that up to {share} may (95 %).")
