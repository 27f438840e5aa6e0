"""Fifty comparisons of all kinds, drawn: what a reader who sees the scores of all seeds would call absurd is not said.

To read them: pytest -s -k read_them tests/reporting/test_drawn_comparisons.py
"""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.records.plans import Part
from stages.reporting import page
from stages.reporting.registry import Report
from stages.reporting.texts import answer_text, verdict_text
from stages.reporting.texts.published import NOTHING
from stages.scores import measure

N = 50
LOSSES = ("mse", "mae", "huber", "log_cosh", "msle")
SCORES = ("rmse", "mae", "mse")
WORSE = r"[\d.,e-]+( to [\d.,e-]+)? worse.*"  # of which that is sure


def _generator_and_sizes(number):
    """What a comparison is drawn with, and how many losses and seeds it has."""
    generator = np.random.default_rng((11, number))
    return generator, int(generator.integers(2, 6)), int(generator.choice([1, 2, 3, 5, 10, 20, 30]))


def of_seeds(wanted):
    """The drawn comparisons whose number of seeds is wanted."""
    numbers = [number for number in range(N) if wanted(_generator_and_sizes(number)[2])]
    return pytest.mark.parametrize("comparison", numbers, indirect=True)


@pytest.fixture(scope="module")
def draw():
    """A factory of drawn comparisons, by number: made once each."""
    made = {}

    def make(make_comparison, number):
        if number not in made:
            made[number] = _drawn(make_comparison, number)
        return made[number]

    return make


def _drawn(make_comparison, number):
    """Losses whose errors differ by some factors, over seeds and rows; some seeds go astray, some fail."""
    generator, n_losses, n_seeds = _generator_and_sizes(number)
    n_rows, is_fixed = int(generator.integers(20, 200)), bool(generator.random() < 0.4)
    made = make_comparison(*LOSSES[:n_losses], n_seeds=n_seeds, headline=SCORES[number % 3])
    labels = generator.normal(size=(n_rows, 1))
    parts = np.full((1 if is_fixed else n_seeds, n_rows), Part.TRAIN, np.uint8)
    for split, own in enumerate(parts):
        if split % 10 == 0:
            order = generator.permutation(n_rows)
        own[order[split % 10 :: 10] if not is_fixed else order[: n_rows // 3]] = Part.TEST
    scaling = made.plan.to_train.of_splits(np.zeros(len(parts), int))
    plan = replace(made.plan, parts=parts, split_of=np.arange(n_seeds) % len(parts), to_train=scaling, to_tune=scaling)
    unlike, of_rows = generator.choice([0.0, 0.03, 0.3, 2.0]), generator.normal(size=(n_rows, 1))
    runs = []
    for run in made.runs:
        size = 0.3 * np.exp(unlike * generator.normal())
        of_seeds = np.exp(generator.choice([0.02, 0.2, 0.6]) * generator.normal(size=(n_seeds, 1, 1)))
        shared = 0.8 * of_rows + 0.6 * generator.normal(size=(n_rows, 1))
        errors = size * of_seeds * (shared + 0.4 * generator.normal(size=(n_seeds, n_rows, 1)))
        kind = generator.random()
        if kind < 0.2 and n_seeds > 1:
            errors[int(generator.integers(n_seeds))] *= 10.0 ** generator.integers(1, 5)
        failed = [int(generator.integers(n_seeds))] if 0.2 < kind < 0.3 else []
        runs.append(_scored(run, (labels + errors).astype(np.float32), labels, plan, failed))
    return replace(made, runs=runs, labels=labels, plan=plan, own_baseline=None)


def _scored(run, outputs, labels, plan, failed):
    tables = []
    for seed in run.seeds:
        for part, rows in (("train", ~plan.tested[seed]), ("test", plan.tested[seed])):
            values = measure.score(run.loss, labels[rows], outputs[[seed]][:, rows])
            tables += [(seed, part, name, np.nan if seed in failed else value) for name, [value] in values.items()]
    scores = pd.DataFrame(tables, columns=["seed", "part", "metric", "value"])
    return replace(run, outputs=outputs, scores=scores, failed=failed)


@pytest.fixture(params=range(N))
def comparison(make_comparison, draw, request):
    """Each of the drawn comparisons."""
    return draw(make_comparison, request.param)


def test_to_read_them_with_the_scores_of_all_seeds(comparison):
    outcome, rows = comparison.outcome, answer_text.table(comparison).rows
    print(f"\n{comparison.score.name}, {len(comparison.seeds)} seeds, {outcome.design.n_rows} test rows")
    for loss, scores in outcome.scores.items():
        finished = scores[np.isfinite(scores)]
        ends = np.quantile(finished, [0.5, 0, 1]) if len(finished) else np.full(3, np.nan)
        print(loss, "median {:.3g}, {:.3g} to {:.3g}".format(*ends), f"{len(scores) - len(finished)} failed")
    print(
        page.first_screens(Report([comparison], NOTHING), figures=False),
        verdict_text.verdict(comparison),
        *rows,
        sep="\n",
    )
    assert len(rows) >= 2 or not outcome.summaries[outcome.advice.best].n


@of_seeds(lambda n_seeds: n_seeds >= 10)
def test_a_loss_that_is_far_worse_in_every_seed_is_never_among_those_that_may_do(comparison):
    outcome = comparison.outcome
    best = outcome.scores[outcome.advice.best]
    for loss, scores in outcome.scores.items():
        by_far = scores > 5 * np.nanmax(best)
        if loss != outcome.advice.best and (by_far | np.isnan(scores)).all():
            assert outcome.pairs[outcome.advice.best, loss].verdict == "better"


@of_seeds(lambda n_seeds: n_seeds < 3)
def test_of_too_few_seeds_nothing_is_sure(comparison):
    parts = answer_text.ahead, answer_text.gives, answer_text.sureness, verdict_text.verdict
    said = " ".join(str(part(comparison)) for part in parts)
    assert not [words for words in ("95 %", "avoid", "surely") if words in said]
    outcome = comparison.outcome
    if all((scores < outcome.constant).all() for scores in outcome.scores.values()):
        assert "Use none" not in said


def test_what_another_loss_may_be_ahead_by_is_less_than_the_whole_error(comparison):
    outcome = comparison.outcome
    if "costs at most" in answer_text.sureness(comparison):
        assert outcome.advice.cost < outcome.summaries[outcome.advice.best].mean


def test_where_a_better_mean_is_said_to_be_worse_the_failed_seeds_are_said_too(comparison):
    outcome, rows = comparison.outcome, answer_text.table(comparison).rows
    means = {f"`{loss}`": summary.mean for loss, summary in outcome.summaries.items()}
    for name, _, against, verdict in rows[1:]:
        is_better = means.get(str(name), np.inf) < outcome.summaries[outcome.advice.best].mean
        if is_better and re.fullmatch(WORSE, str(against)):
            assert str(verdict).endswith(" failed")


def test_a_difference_that_is_seen_in_the_scores_is_not_said_to_be_about_nothing(comparison):
    for name, _, against, _ in answer_text.table(comparison).rows[1:]:
        pair = comparison.outcome.pairs.get((comparison.outcome.advice.best, str(name).strip("`")))
        if pair and str(against).startswith(("about 0", "about the same")):
            assert abs(pair.difference) < (pair.high - pair.low) / 20
