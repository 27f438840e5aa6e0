"""Each loss's own threshold, for scores of decisions.

Decisions at 0.5, or by the largest output, make such a score measure the threshold that a loss happens to imply: much
of what class weights, focal losses and balancing do is to shift outputs. So each loss decides at the threshold that is
best for the score on rows that it is not scored on: see `held_out`.

The best threshold of few rows is mostly chance, so it is chosen in many bootstrap resamples of them. Of two classes
what is averaged is how many rows it calls class 1, so that losses whose outputs rank the rows alike get decisions that
are alike, whatever unit these are in (sigmoid, tanh, linear). Of several classes it is the offsets.

Recall of one class has no best threshold: there as many rows are called that class as are of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from stages.losses.loss import Loss
from stages.records.plans import Plan
from stages.records.runs import Run
from stages.scores import decisions
from stages.scores.score import Score
from stages.scores.seed_rows import SeedRows
from stages.scores.statistic import OfMeans
from stages.verdicts.held_out import label_thresholds, mask_thresholds
from stages.verdicts.held_out.cache import NOTHING_KEPT, Cache
from stages.verdicts.held_out.rows import HeldOut, Unseen, of_run

N_RESAMPLES = 100
FEWEST_RESAMPLES = 20
CELLS = 400_000  # resamples times rows or clusters of them, at most, above so many
N_OFFSETS = 200  # resamples times classes squared, where there are several
AT_ONCE = 2_000_000  # numbers, of all resamples that offsets are found for together
SWEEPS = 2  # over the classes, of each of which the offset is chosen while the others stay


def of_runs(
    runs: list[Run],
    score: Score,
    plan: Plan,
    labels: np.ndarray,
    *,
    n_classes: int,
    weights: np.ndarray | None,
    chosen: Mapping[str, np.ndarray],
    cache: Cache = NOTHING_KEPT,
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """What the networks of each loss decide at thresholds of their own, and these: see `decide`.

    Of losses in `chosen` the thresholds (n_seeds, 1 or n_classes) are known; others may be in the cache.

    None where losses decide by their own rule: where the score is not one of decisions; where networks are trained at
    one given rate, as they were published; where no row is left that a network did not learn from.
    """
    has_own = score.is_of_decisions and runs[0].settings.optimizer.is_tuned
    if not n_classes or not has_own or (labels.ndim > 1 and n_classes > 2):  # of which masks take the largest output
        return {}
    decided = {}
    for run in runs:
        if (of_others := of_run(run, plan)) is None:
            return {}
        settings = {"n_classes": n_classes, "weights": weights, "clusters": plan.clusters}
        outputs = np.nan_to_num(run.outputs)
        if (known := chosen.get(run.loss.name)) is not None:
            decided[run.loss.name] = _decided(run.loss, outputs, known), known
            continue
        tested = plan.tested[: len(outputs)]
        decided[run.loss.name] = decide(
            score, run.loss, labels, outputs, of_others=of_others, tested=tested, **settings, cache=cache
        )
    return decided


def for_new_rows(
    run: Run,
    score: Score,
    plan: Plan,
    labels: np.ndarray,
    *,
    n_classes: int,
    weights: np.ndarray | None,
    cache: Cache = NOTHING_KEPT,
) -> np.ndarray | None:
    """The threshold for rows that no network has seen, where several answer by their mean: see `decide`.

    It is chosen on outputs averaged over the seeds that tested a row; None where none can be chosen.
    """
    if (of_others := of_run(run, plan)) is None or (labels.ndim > 1 and n_classes > 2):
        return None
    settings = {"n_classes": n_classes, "weights": weights, "clusters": plan.clusters}

    def fit() -> dict[str, np.ndarray]:
        threshold = choose(score, run.loss, labels, of_others.for_new_rows(), seed=0, **settings)
        return {} if threshold is None else {"threshold": threshold}

    decided_by = ("for new rows", score.name, run.loss, labels, of_others, settings)
    return cache.for_score(score).get_or_find(decided_by, fit).get("threshold")


def decide(
    score: Score,
    loss: Loss,
    labels: np.ndarray,
    outputs: np.ndarray,
    *,
    of_others: Unseen,
    tested: np.ndarray,
    n_classes: int,
    weights: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
    cache: Cache = NOTHING_KEPT,
) -> tuple[np.ndarray, np.ndarray]:
    """What each seed decides at the threshold that is chosen for it on rows that it is not scored on.

    Args:
        score: one of decisions.
        loss: what the networks were trained with.
        labels: (n_rows,) class indices, or (n_rows, …) where each position of a row has one.
        outputs: (n_seeds, n_rows, …, n_outputs).
        of_others: what thresholds are chosen on.
        tested: bool (n_seeds, n_rows), which rows each seed is scored on.
        n_classes: number of classes.
        weights: (n_rows,) what each row counts; None where all count alike.
        clusters: (n_rows,) rows with the same number are drawn together; None where each is drawn by itself.
        cache: of thresholds that were chosen before.

    Returns:
        Class indices (n_seeds, n_rows), and the thresholds (n_seeds, 1 or n_classes): the loss's own where none can be
        chosen.
    """
    settings = {"n_classes": n_classes, "weights": weights, "clusters": clusters}

    def fit() -> dict[str, np.ndarray]:
        usual, chosen = decisions.usual(loss, n_classes), []
        for seed in range(len(outputs)):
            held_out = of_others.for_seed(seed, tested[seed])
            threshold = choose(score, loss, labels, held_out, **settings, seed=seed)
            chosen.append(usual if threshold is None else threshold)
        return {"thresholds": np.stack(chosen)}

    decided_by = ("of seeds", score.name, loss, labels, of_others, tested, settings)
    thresholds = cache.for_score(score).get_or_find(decided_by, fit)["thresholds"]
    return _decided(loss, outputs, thresholds), thresholds


def _decided(loss: Loss, outputs: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """What each seed decides at its threshold: class indices (n_seeds, n_rows, …), of masks in a byte each."""
    kind = np.int64 if outputs.ndim == 3 else np.int8
    decided = np.empty(outputs.shape[:-1], kind)
    for seed, threshold in enumerate(thresholds):
        decided[seed] = decisions.decide(loss, outputs[seed], threshold)
    return decided


def choose(
    score: Score,
    loss: Loss,
    labels: np.ndarray,
    held_out: HeldOut,
    *,
    n_classes: int,
    weights: np.ndarray | None,
    clusters: np.ndarray | None,
    seed: int,
) -> np.ndarray | None:
    """The threshold that is best for a score.

    Args:
        score: one of decisions.
        loss: what the networks were trained with.
        labels: (n_rows,) class indices, or (n_rows, n_labels) of labels.
        held_out: what it is chosen on.
        n_classes: number of classes.
        weights: (n_rows,) what each row counts; None where all count alike.
        clusters: (n_rows,) rows with the same number are drawn together; None where each is drawn by itself.
        seed: decides the resamples.

    Returns:
        As `decisions.decide` takes it; None where a class has none of these rows.
    """
    of_rows = labels[held_out.rows]
    if labels.ndim == 2:
        one = partial(choose, loss=loss, n_classes=n_classes, seed=seed)
        cuts = label_thresholds.choose(score.name, labels, held_out, one, weights=weights, clusters=clusters)
        return np.where(np.isnan(cuts), loss.threshold, cuts)
    if len(np.unique(of_rows)) < n_classes:
        return None
    counted = None if weights is None else weights[held_out.rows]
    rows = SeedRows(of_rows, held_out.outputs, loss, np.zeros(1), np.ones(1), counted)
    if score.quota is not None:
        return mask_thresholds.reaching(rows) if labels.ndim > 1 else _as_many(rows, score.quota, n_classes)
    clusters_of_rows = None if clusters is None else np.unique(clusters[held_out.rows], return_inverse=True)[1]
    counts = _resamples(
        len(of_rows), clusters_of_rows, N_RESAMPLES if n_classes == 2 else N_OFFSETS // n_classes**2, seed
    )
    if labels.ndim > 1:
        return mask_thresholds.choose(score, rows, counts if counted is None else counts * counted)
    above, below = _by_decision(score, rows, n_classes)
    has_all = np.all([(counts * (of_rows == k)).any(axis=1) for k in range(n_classes)], axis=0)
    counts = counts[has_all] if has_all.any() else np.ones((1, len(of_rows)))
    if counted is not None:
        counts *= counted
    if n_classes == 2:
        return _of_two(score, rows, above, below, counts)
    strengths = decisions.strengths(loss, held_out.outputs)
    at_once = max(AT_ONCE // above.size, 1)
    blocks = (counts[first : first + at_once] for first in range(0, len(counts), at_once))
    offsets = [_offsets(score, strengths, above, below, block, of_rows=_counts(rows)) for block in blocks]
    return np.concatenate(offsets).mean(axis=0)


def _by_decision(score: Score, rows: SeedRows, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """What each row adds to the means of a score, a and b, by what is decided: (n_rows, n_classes, n_parts) each."""
    statistic, n_rows = score.statistic, len(rows.labels)
    decided = [replace(rows, decided=np.full(n_rows, k)) for k in range(n_classes)]
    if not isinstance(statistic, OfMeans):
        raise TypeError(f"{score.name} is no function of means over rows")
    above = np.stack([statistic.terms(classes) for classes in decided], axis=1).astype(np.float64)
    if statistic.over is None:
        return above, np.ones((*above.shape[:2], 1))
    return above, np.stack([statistic.over(classes) for classes in decided], axis=1).astype(np.float64)


def _resamples(n_rows: int, clusters: np.ndarray | None, most: int, seed: int) -> np.ndarray:
    """How often each row is drawn in each resample: (n_resamples, n_rows)."""
    n = n_rows if clusters is None else int(clusters.max()) + 1
    n_resamples = min(max(most, FEWEST_RESAMPLES), max(CELLS // n, FEWEST_RESAMPLES))
    drawn = np.random.default_rng(seed).integers(n, size=(n_resamples, n)) + n * np.arange(n_resamples)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=n_resamples * n).reshape(n_resamples, n).astype(np.float64)
    return counts if clusters is None else counts[:, clusters]


def _of_two(score: Score, rows: SeedRows, above: np.ndarray, below: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The threshold (1,) of two classes: at the mean share of rows that the best in each resample calls class 1."""
    order = np.argsort(-rows.outputs[:, 0], kind="stable")
    sums = (_going_over(parts[order, 0], parts[order, 1], counts[:, order]) for parts in (above, below))
    ends = np.append(np.flatnonzero(np.diff(rows.outputs[order, 0])) + 1, len(order))  # not between equal outputs
    allowed = np.concatenate([[0], ends])
    best = _best(score, score.statistic.of_sums(*(part[:, allowed] for part in sums)))
    of_rows = _counts(rows)[order]
    reached = np.concatenate([[0.0], np.cumsum(of_rows)])
    return _cut(rows.outputs[order, 0], of_rows, float(reached[allowed[best]].mean()))


def _going_over(before: np.ndarray, after: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Sums where the first 0, 1, ... n rows have gone over: (..., n + 1, n_parts).

    Args:
        before: (..., n, n_parts) what each row adds as long as it has not.
        after: (..., n, n_parts) what it adds when it has.
        counts: (..., n) what each counts.
    """
    parts = []
    for stays, goes in zip(np.moveaxis(before, -1, 0), np.moveaxis(after, -1, 0), strict=True):
        start = np.vecdot(counts, stays)[..., None]
        if (stays == goes).all():
            parts.append(np.broadcast_to(start, (*start.shape[:-1], stays.shape[-1] + 1)))
        else:
            parts.append(np.concatenate([start, start + np.cumsum(counts * (goes - stays), axis=-1)], axis=-1))
    return np.stack(parts, axis=-1)


def _best(score: Score, values: np.ndarray) -> np.ndarray:
    """The place of the best in each line (n_lines, n); of several the one in the middle."""
    values = np.nan_to_num(values if score.higher_is_better else -values, nan=-np.inf)
    is_best = values >= values.max(axis=1, keepdims=True) - 1e-12 * np.abs(values).max()
    middle = (is_best.sum(axis=1, keepdims=True) + 1) // 2
    return (np.cumsum(is_best, axis=1) >= middle).argmax(axis=1)


def _counts(rows: SeedRows) -> np.ndarray:
    """What each row counts (n_rows,)."""
    return np.ones(len(rows.labels)) if rows.weights is None else rows.weights


def _cut(descending: np.ndarray, counts: np.ndarray, number: float) -> np.ndarray:
    """The threshold (1,) that outputs which count so much are at or above; between two numbers in proportion.

    Equal outputs go over together, as one that counts as much as they do.

    Args:
        descending: (n,) outputs.
        counts: (n,) what each counts.
        number: how much is to be at or above.
    """
    starts = np.flatnonzero(np.append(True, np.diff(descending) != 0))
    values, reached = descending[starts], np.append(0.0, np.cumsum(np.add.reduceat(counts, starts)))
    edge = max(float(values[0] - values[-1]) / len(values), np.finfo(np.float32).eps)
    cuts = np.concatenate([[values[0] + edge], (values[:-1] + values[1:]) / 2, [values[-1] - edge]])
    return np.array([np.interp(number, reached, cuts)])


def _as_many(rows: SeedRows, quota: int, n_classes: int) -> np.ndarray:
    """The threshold at which as many rows are decided as a class as are of it; of two classes so of the other too."""
    counts = _counts(rows)
    if n_classes == 2:
        return _reaching(rows.outputs[:, 0], counts, float(counts[rows.labels == 1].sum()))
    offsets, lead = np.zeros(n_classes), _lead(decisions.strengths(rows.loss, rows.outputs), quota)[1]
    offsets[quota] = -_reaching(lead, counts, float(counts[rows.labels == quota].sum()))[0]
    return offsets


def _reaching(values: np.ndarray, counts: np.ndarray, number: float) -> np.ndarray:
    """The threshold (1,) that values (n_rows,) which count so much together are at or above."""
    order = np.argsort(-values, kind="stable")
    return _cut(values[order], counts[order], number)


def _lead(strengths: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The strongest other class of each row, and by how much class k is ahead of it: (..., n_rows) each."""
    others = strengths.copy()
    others[..., k] = -np.inf
    return others.argmax(axis=-1), strengths[..., k] - others.max(axis=-1)


def _offsets(
    score: Score,
    strengths: np.ndarray,
    above: np.ndarray,
    below: np.ndarray,
    counts: np.ndarray,
    *,
    of_rows: np.ndarray,
) -> np.ndarray:
    """The offsets (n_resamples, n_classes) that are best in each, found one after another; they add up to 0.

    Of equals the nearest is taken, by what rows count that go over: `of_rows` (n_rows,).
    """
    n_classes = strengths.shape[1]
    offsets = np.zeros((len(counts), n_classes))
    for k in [*range(n_classes)] * SWEEPS:
        rival, lead = _lead(strengths + offsets[:, None], k)
        order = np.argsort(-lead, axis=1, kind="stable")  # in which rows go over to class k as its offset grows
        rival, lead, drawn = (np.take_along_axis(numbers, order, axis=1) for numbers in (rival, lead, counts))
        sums = (_going_over(parts[order, rival], parts[order, k], drawn) for parts in (above, below))
        values = score.statistic.of_sums(*sums)
        values = np.nan_to_num(values if score.higher_is_better else -values, nan=-np.inf)
        tolerance = 1e-12 * np.abs(values).max(axis=1, keepdims=True)
        values[:, 1:-1][np.diff(lead, axis=1) == 0] = -np.inf  # rows that are alike go over together
        is_best = values >= values.max(axis=1, keepdims=True) - tolerance
        n_ahead, reached = (lead > 0).sum(axis=1), np.cumsum(of_rows[order], axis=1)
        reached = np.concatenate([np.zeros((len(reached), 1)), reached], axis=1)
        away = np.abs(reached - np.take_along_axis(reached, n_ahead[:, None], axis=1))
        place = np.where(is_best, away, np.inf).argmin(axis=1)
        for resample in np.flatnonzero(place != n_ahead):
            chosen = order[resample], reached[resample, place[resample]]
            offsets[resample, k] -= _cut(lead[resample], of_rows[chosen[0]], chosen[1])[0]
    return offsets - offsets.mean(axis=1, keepdims=True)
