"""What came of a comparison: how each loss did, how every pair of them compares, which one to train with."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from stages.basics.arrays import known_in
from stages.losses.objectives import factor, usual
from stages.records.datasets import Description
from stages.records.plans import Part, Plan
from stages.records.runs import Run
from stages.scores import row_values
from stages.scores.score import Score
from stages.verdicts import pairs
from stages.verdicts.advice import Advice, advise
from stages.verdicts.design import Design, blocks, scores_of
from stages.verdicts.held_out import residuals as residuals_of
from stages.verdicts.held_out import thresholds as thresholds_chosen
from stages.verdicts.held_out.cache import NOTHING_KEPT, Cache
from stages.verdicts.held_out.calibrated import decide_by_costs
from stages.verdicts.intervals import Estimate
from stages.verdicts.pairs import Pair
from stages.verdicts.settling import Look, look_at
from stages.verdicts.statistics import (
    Summary,
    gain_over_constant,
    lacking,
    summarise,
    summarise_for_new_rows,
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """How the losses of a comparison did, on the score that decides.

    Attributes:
        design: which rows each seed tests, which of them count as one, and how far one can tell two losses apart.
        scores: by loss, the test scores (n_seeds,); NaN where a seed failed.
        train: by loss, the score on the rows that each seed trains on, over seeds.
        summaries: by loss, the test score for new seeds and new rows.
        constant: the test score of a prediction that is the same for every row, the mean over seeds; None where such a
            prediction says nothing.
        gains: by loss, how much better it does than that prediction; None where one of the two has no score.
        margin: differences within ± this do not matter in practice.
        worst: what a failed seed counts as when losses are compared.
        factors: by ordered pair (loss, other) of the losses that are one objective, how many times the other a loss is.
        pairs: by ordered pair (loss, against), how they compare.
        advice: which loss to train with; of equals, one that finished.
        baseline: the loss that the others are compared with: the user's, else the recommended one.
        look: where seeds come in looks, whether more are needed, by the default margin; None where their number is set.
        thresholds: by loss, what each seed decides at (n_seeds, 1 or n_classes), as `decisions.decide` takes it; none
            where losses decide by their own rule.
        to_use: at what the mean of several networks of the recommended loss decides new rows, (1 or n_classes,); None
            for its own rule.
        by_rule: what would have come of it by that rule; None where it is this.
        shares: by loss, of the rows that seeds test the share that is decided as each class (n_classes,), the mean over
            seeds; none of values, nor where every seed failed.
    """

    design: Design
    scores: dict[str, np.ndarray]
    train: dict[str, Summary]
    summaries: dict[str, Summary]
    constant: float | None
    gains: dict[str, Estimate | None]
    margin: float
    worst: float
    factors: dict[tuple[str, str], float]
    pairs: dict[tuple[str, str], Pair]
    advice: Advice
    baseline: str
    look: Look | None
    thresholds: dict[str, np.ndarray] = field(default_factory=dict)
    to_use: np.ndarray | None = None
    by_rule: "Outcome | None" = None
    shares: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Beside:
    """What is known beside a run's outputs, from rows that a seed is not scored on: arguments of `row_values`.

    Attributes:
        decided: the classes that are decided at thresholds of its own; None for its own rule.
        residuals: what it misses by, where it gives no quantiles and these are scored; None where nothing asks for it.
    """

    decided: np.ndarray | None = None
    residuals: np.ndarray | None = None


def judge(
    runs: list[Run],
    score: Score,
    plan: Plan,
    description: Description,
    labels: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    baseline: str | None = None,
    margin: float | None = None,
    thresholds: Mapping[str, np.ndarray] | None = None,
    cache: Cache = NOTHING_KEPT,
) -> Outcome:
    """Judge the runs of a comparison.

    Args:
        runs: of every loss. One that was settled sooner has the first seeds alone.
        score: the one that decides.
        plan: which rows each seed trains and tests on; of as many seeds as the run with the most, or more.
        description: what the dataset is.
        labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices.
        weights: (n_rows,) what each row counts; None where all count alike.
        baseline: the loss that the user compares the others with; None for the one that is recommended.
        margin: the user's margin; None for the default.
        thresholds: by loss, as in `Outcome`, where they were chosen for this score before.
        cache: of thresholds and calibrations that were fitted before.
    """
    plan = plan.first(max(len(run.seeds) for run in runs))
    always = _values_of_a_constant(score, plan, description, labels, weights)
    needed = _needed(runs, plan)
    if not needed.all() and not score.costs:  # whose costs are those of all rows
        runs, weights = [_of_rows(run, needed) for run in runs], None if weights is None else weights[needed]
        plan, labels = plan.of_rows(np.flatnonzero(needed)), labels[needed]
        always = None if always is None else always[:, needed]
    settings = {"weights": weights, "baseline": baseline, "margin": margin, "always": always}
    if score.costs:
        cheap = decide_by_costs(runs, plan, labels, score.row_costs, weights, cache=cache)
        by_rule = _judge(runs, score, plan, description, labels, decided={}, **settings)
        return replace(_judge(runs, score, plan, description, labels, decided=cheap, **settings), by_rule=by_rule)
    of_classes = {"n_classes": description.n_classes, "weights": weights, "cache": cache}
    decided = thresholds_chosen.of_runs(runs, score, plan, labels, **of_classes, chosen=thresholds or {})
    outcome = _judge(runs, score, plan, description, labels, decided={}, **settings)
    if not decided:
        return outcome
    by_threshold, every = ({loss: one[i] for loss, one in decided.items()} for i in range(2))
    of_thresholds = _judge(runs, score, plan, description, labels, decided=by_threshold, **settings)
    [best] = [run for run in runs if run.loss.name == of_thresholds.advice.best]
    to_use = thresholds_chosen.for_new_rows(best, score, plan, labels, **of_classes)
    return replace(of_thresholds, thresholds=every, to_use=to_use, by_rule=outcome)


def _needed(runs: list[Run], plan: Plan) -> np.ndarray:
    """Bool (n_rows,): of which rows something is known, so that it may be asked for."""
    held_out = any(run.held_out is not None for run in runs)
    return (plan.scored | (held_out and plan.parts == Part.VALIDATION)).any(axis=0)


def _of_rows(run: Run, which: np.ndarray) -> Run:
    """A run with what its networks give for some of the rows, bool (n_rows,)."""
    held_out = None if run.held_out is None else run.held_out[:, which]
    return replace(run, outputs=run.outputs[:, which], held_out=held_out)


def _judge(
    runs: list[Run],
    score: Score,
    plan: Plan,
    description: Description,
    labels: np.ndarray,
    *,
    decided: dict[str, np.ndarray],
    weights: np.ndarray | None,
    baseline: str | None,
    margin: float | None,
    always: np.ndarray | None,
) -> Outcome:
    """As `judge`, with what each seed decides of each row, by loss, none for its own rule; and values of a constant."""
    higher_is_better, looks = score.higher_is_better, runs[0].settings.looks
    missed = residuals_of.of_runs(runs, score, plan, labels, weights)
    beside = {run.loss.name: Beside(decided.get(run.loss.name), missed.get(run.loss.name)) for run in runs}
    values = {run.loss.name: values_of(run, score, plan, labels, weights, beside=beside[run.loss.name]) for run in runs}
    design, factors = _design(score, plan, description, labels, weights), _factors(runs)
    scores = {run.loss.name: _test_scores(run, score, design, values[run.loss.name], decided) for run in runs}
    constant = None if always is None else float(design.means(always).mean())
    usual_margin = pairs.default_margin(list(scores.values()), constant, higher_is_better=higher_is_better)
    worst = pairs.worst_score(scores, constant, higher_is_better=higher_is_better)
    same_objective = set(map(frozenset, factors))
    compared = pairs.compare(
        values,
        design,
        higher_is_better=higher_is_better,
        margin=usual_margin,
        same_objective=same_objective,
        worst=worst,
        n_looks=max(len(looks), 1),
    )
    summaries = {loss: summarise_for_new_rows(rows, design.first(len(rows))) for loss, rows in values.items()}
    gains = {loss: _gain(rows, always, design, higher_is_better=higher_is_better) for loss, rows in values.items()}
    finished_first = sorted(values, key=lambda loss: not summaries[loss].n)
    lacks = {loss: lacking(summary.mean, higher_is_better=higher_is_better) for loss, summary in summaries.items()}

    def advised() -> Advice:
        return advise(finished_first, compared, usual(run.loss for run in runs), lacks.__getitem__)

    advice = advised()
    look = look_at(list(values), compared, advice, looks) if looks and len(runs) > 1 else None
    if margin is None:
        margin = usual_margin
    else:
        compared = pairs.judged(compared, margin, same_objective)
        advice = advised()
    baseline = baseline or advice.best
    train = {
        run.loss.name: summarise(_train_scores(run, score, plan, labels, weights, beside=beside[run.loss.name]))
        for run in runs
    }
    outcome = Outcome(
        design, scores, train, summaries, constant, gains, margin, worst, factors, compared, advice, baseline, look
    )
    if not description.classes:
        return outcome
    return replace(outcome, shares=_shares(runs, plan, decided, description.n_classes, weights))


def _shares(
    runs: list[Run], plan: Plan, decided: dict[str, np.ndarray], n_classes: int, weights: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Of the rows that seeds test, by what each counts, the shares that are decided as each class, by loss."""
    shares = {}
    for run in (run for run in runs if run.finished.any()):
        decisions, name = decided.get(run.loss.name), run.loss.name
        tested = plan.tested[: len(run.seeds)][run.finished]
        of_rows = run.outputs if decisions is None else decisions
        by_seed = ((rows[mask], mask) for rows, mask in zip(of_rows[run.finished], tested, strict=True))
        if decisions is None:
            by_seed = ((run.loss.decide(np.nan_to_num(rows)), mask) for rows, mask in by_seed)
        of_seeds = [_sizes(rows, n_classes, None if weights is None else weights[mask]) for rows, mask in by_seed]
        shares[name] = np.mean([counts / counts.sum() for counts in of_seeds], axis=0)
    return shares


def _sizes(decided: np.ndarray, n_classes: int, weights: np.ndarray | None) -> np.ndarray:
    """How many rows are decided as each class (n_classes,), or positions of rows, by what rows count (n_rows,)."""
    counts = None if weights is None else np.repeat(weights, decided[:1].size)
    return np.bincount(decided.ravel(), counts, minlength=n_classes)


def _gain(rows: np.ndarray, always: np.ndarray | None, design: Design, *, higher_is_better: bool) -> Estimate | None:
    if always is None:
        return None
    n_seeds = len(rows)
    return gain_over_constant(rows, always[:n_seeds], design.first(n_seeds), higher_is_better=higher_is_better)


def _values_of_a_constant(
    score: Score, plan: Plan, description: Description, labels: np.ndarray, weights: np.ndarray | None
) -> np.ndarray | None:
    """Row values (n_seeds, n_rows) of a prediction that is the same for every row; None where it says nothing."""
    return row_values.constant_values(
        score,
        description.task,
        labels,
        plan.trained,
        plan.tested,
        n_classes=description.n_classes,
        **plan.target_scaling,
        weights=weights,
    )


def _test_scores(
    run: Run, score: Score, design: Design, values: np.ndarray, decided: dict[str, np.ndarray]
) -> np.ndarray:
    """The test scores of a run (n_seeds,): as they were measured, or of its row values where it decides otherwise."""
    if not score.is_of_outputs(run.loss) or run.loss.name in decided:
        return design.first(len(run.seeds)).means(values)
    return np.where(run.finished, run.values(score.name, "test"), np.nan)


def _train_scores(
    run: Run,
    score: Score,
    plan: Plan,
    labels: np.ndarray,
    weights: np.ndarray | None,
    *,
    beside: Beside,
) -> np.ndarray:
    """The score of each seed on the rows that it trains on (n_seeds,); NaN where it failed."""
    if beside.decided is None and score.is_of_outputs(run.loss):
        return run.values(score.name, "train")
    plan = plan.first(len(run.seeds))
    scored, scaling = plan.trained & known_in(run.outputs), plan.target_scaling if score.needs_quantiles else {}
    values = row_values.row_values(
        score, run.loss, labels, run.outputs, scored, **scaling, weights=weights, **vars(beside)
    )
    return np.where(run.finished, scores_of(values, scored, weights), np.nan)


def values_of(
    run: Run,
    score: Score,
    plan: Plan,
    labels: np.ndarray,
    weights: np.ndarray | None,
    *,
    beside: Beside | None = None,
) -> np.ndarray:
    """Row values of a run's test score (n_seeds, n_rows), whose mean by `weights` is the score: see `row_values`.

    NaN where a seed does not test a row, or failed. Arguments as of `judge`, and of `row_values`.
    """
    plan = plan.first(len(run.seeds))
    values = row_values.row_values(
        score,
        run.loss,
        labels,
        run.outputs,
        plan.tested,
        **plan.target_scaling,
        weights=weights,
        **(vars(beside) if beside else {}),
    )
    values[~run.finished] = np.nan
    return values


def _design(
    score: Score, plan: Plan, description: Description, labels: np.ndarray, weights: np.ndarray | None
) -> Design:
    # in the order of time neighbours are alike; rows that are drawn are not, in whatever order
    in_time = plan.method == "first" and bool(description.files)
    clusters = blocks(plan.tested) if in_time else plan.clusters
    return Design(plan.tested, row_values.reach(score, labels, plan.tested, weights), clusters, in_time, weights)


def _factors(runs: list[Run]) -> dict[tuple[str, str], float]:
    factors = {}
    for a, b in itertools.combinations(runs, 2):
        if (times := factor(a.loss, a.objective, b.loss, b.objective)) is not None:
            factors[a.loss.name, b.loss.name] = times
            factors[b.loss.name, a.loss.name] = 1 / times
    return factors
