"""A row that counts k is as k rows that are copies of one another, in every score and in all that is said of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stages.losses.catalogue import LOSSES
from stages.params.loss_entry import resolve
from stages.scores.catalogue import SCORES
from tests.verdicts.conftest import TUNED
from tests.verdicts.repeated import CENTER, N_ROWS, N_SEEDS, SPREAD, Rows, beside, check

LOSSES_OF = {
    "regression": ("mse", "mae"),
    "binary": ("binary_crossentropy", "binary_focal_crossentropy"),
    "multiclass": ("categorical_crossentropy", "categorical_focal_crossentropy"),
}
N_CLASSES = {"regression": 0, "binary": 2, "multiclass": 3}
OF_ROWS = [score for score in SCORES.values() if score.goes_with(has_positions=False)]
CASES = [(task, score.name) for task in LOSSES_OF for score in OF_ROWS if task in score.tasks]
CASES += [("regression", name) for name in ("pinball_0.9", "my_costs:squares", "expectile_0.8", "linex_0.3")]
CASES += [("binary", "recall_1"), ("binary", "my_costs:missed"), ("binary", "cost"), ("multiclass", "recall_2")]

OWN = """
def squares(truth, predicted):
    return ((truth - predicted) ** 2).sum(axis=-1) if truth.ndim > 1 else (truth - predicted) ** 2


def missed(truth, decided):
    return 1.0 * (truth != decided) + 3 * (truth > decided)
"""


@pytest.fixture(autouse=True)
def _own_file(write_own):
    write_own("my_costs", OWN)


def drawn(task, generator):
    """Rows of which the outputs of two losses know something."""
    n_classes, rest = N_CLASSES[task], beside(generator)
    if not n_classes:
        labels = generator.gamma(2, 3, (N_ROWS, 2))
        return Rows(labels, scaled(guessed(labels, generator)), **rest)
    labels = np.append(np.repeat(np.arange(n_classes), 4), generator.integers(n_classes, size=N_ROWS - 4 * n_classes))
    sums = generator.normal(size=(2, N_SEEDS, N_ROWS, n_classes)) + np.eye(n_classes)[labels]
    outputs = np.exp(sums) / np.exp(sums).sum(axis=-1, keepdims=True)
    return Rows(labels, (outputs[..., 1:] if task == "binary" else outputs).astype(np.float32), **rest)


def guessed(labels, generator):
    """What the networks of two losses say of values, (2, n_seeds, n_rows, n_targets)."""
    shape = (2, N_SEEDS, *labels.shape)
    return labels + 1.6 * (generator.normal(size=shape) + generator.normal(size=(2, 1, *labels.shape)))


def scaled(values):
    return ((values - CENTER) / SPREAD).astype(np.float32)


def distributions(generator):
    """Mean and spread of one loss, three quantiles of the other."""
    labels = generator.gamma(2, 3, (N_ROWS, 1))
    means, spread = scaled(guessed(labels, generator)), generator.uniform(0.2, 0.8, (2, N_SEEDS, N_ROWS, 1))
    normal = np.concatenate([means[0], spread[0]], axis=-1)
    quantiles = np.concatenate([means[1] - spread[1], means[1], means[1] + 2 * spread[1]], axis=-1)
    return labels, [normal, quantiles]


def with_residuals(generator):
    """Mean and spread of one loss, and one value of another."""
    labels, [normal, _] = distributions(generator)
    return labels, [normal, normal[..., :1] + 0.1 * generator.normal(size=(N_SEEDS, N_ROWS, 1))]


def amounts(generator, least=0.0):
    """A value above 0 of one loss; of the other its probability and how large it then is."""
    labels = np.where(generator.random((N_ROWS, 1)) < 0.3, least, generator.gamma(2, 3, (N_ROWS, 1)) + 0.1)
    size = np.abs(guessed(labels, generator)) + 0.1
    chance = generator.uniform(0.3, 1, (N_SEEDS, N_ROWS, 1))
    return labels, [scaled(size[0]), np.concatenate([chance, scaled(size[1])], axis=-1)]


def hours(generator):
    """A value of one loss, a point of the other."""
    labels = generator.uniform(0, 24, (N_ROWS, 1))
    said = guessed(labels, generator)
    turn = said[1] * 2 * np.pi / 24
    return labels, [scaled(said[0]), np.concatenate([np.cos(turn), 0.7 * np.sin(turn)], axis=-1)]


def two_kinds(generator):
    """A number and a yes or no, of which one loss has a probability."""
    labels = np.column_stack([generator.gamma(2, 3, N_ROWS), np.arange(N_ROWS) % 3 == 0])
    outputs = scaled(guessed(labels, generator))
    return labels, [outputs[0], outputs[1]]


def ranks(generator):
    """Of classes in an order what decides between them, by either loss."""
    labels = np.arange(N_ROWS) % 3
    sums = np.eye(3)[labels] + 0.7 * generator.normal(size=(2, N_SEEDS, N_ROWS, 3))
    return labels, [sums[0], np.exp(sums[1]) / np.exp(sums[1]).sum(axis=-1, keepdims=True)]


def several(generator, *, shape):
    """Probabilities of yes at each position of a row, or for each label."""
    labels = (generator.random((N_ROWS, *shape)) < 0.4).astype(np.int8)
    odds = 1.5 * labels - 0.7 + generator.normal(size=(2, N_SEEDS, N_ROWS, *shape))
    return labels, list(1 / (1 + np.exp(-odds))[..., None])


@dataclass(frozen=True)
class Kind:
    """A kind of target: its losses, rows of it with what both losses give, and scores for it."""

    losses: tuple
    drawn: Callable
    scores: tuple[str, ...]
    target_shape: tuple[int, ...] = ()


HEADS = resolve({"losses": {"a": "mse", "b": "mae"}}, "regression")
ON_CIRCLE = replace(LOSSES["von_mises"], parameters={"period": 24})
OF_AMOUNTS = ("tweedie_deviance_1.5", "poisson_deviance")
OF_LABELS = tuple(score.name for score in SCORES.values() if score.goes_with(has_positions="labels"))
OF_MASKS = ("iou", "dice", "accuracy", "f1", "log_loss")
KINDS = {
    "distributions": Kind(("gaussian", "quantiles"), distributions, ("crps", "interval_score_80")),
    "residuals": Kind(("gaussian", "mse"), with_residuals, ("crps", "interval_score_80")),
    "amounts": Kind(("tweedie", "hurdle"), amounts, OF_AMOUNTS),
    "amounts above 0": Kind(("tweedie", "hurdle"), partial(amounts, least=0.1), ("gamma_deviance",)),
    "hours": Kind(("mse", ON_CIRCLE), hours, ("circular_error_24",)),
    "two kinds": Kind(("mse", HEADS), two_kinds, ("r2", "rmse")),
    "ranks": Kind(("rank_mse", "cumulative_link"), ranks, ("rank_error", "quadratic_kappa")),
    "labels": Kind(LOSSES_OF["binary"], partial(several, shape=(3,)), OF_LABELS, (3,)),
    "masks": Kind(LOSSES_OF["binary"], partial(several, shape=(3, 3)), OF_MASKS, (3, 3)),
}
EVERY = settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],  # a smaller seed is no simpler one
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize(("task", "name"), CASES)
@EVERY
@given(st.integers(0, 10**6))
def test_a_row_that_counts_k_is_as_k_copies_of_it(task, name, make_comparison, seed):
    comparison = make_comparison(*LOSSES_OF[task], n_seeds=N_SEEDS, center=CENTER, spread=SPREAD, **TUNED)
    if task == "regression":
        comparison = replace(comparison, plan=replace(comparison.plan, to_train=_of_two(comparison.plan.to_train)))
    check(comparison, name, drawn(task, np.random.default_rng(seed)))


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, own in KINDS.items() for name in own.scores])
@EVERY
@given(st.integers(0, 10**6))
def test_so_it_is_whatever_a_target_is(kind, name, make_comparison, seed):
    own, generator = KINDS[kind], np.random.default_rng(seed)
    names = [loss if isinstance(loss, str) else LOSSES.get(loss.name, LOSSES["mae"]).name for loss in own.losses]
    comparison = make_comparison(*names, n_seeds=N_SEEDS, center=CENTER, spread=SPREAD, **TUNED)
    labels, outputs = own.drawn(generator)
    runs = [
        run if isinstance(loss, str) else replace(run, settings=run.settings.model_copy(update={"loss": loss}))
        for run, loss in zip(comparison.runs, own.losses, strict=True)
    ]
    targets = [f"target {number}" for number in range(labels.shape[-1])] if labels.ndim == 2 else ["target"]
    description = replace(comparison.description, target_shape=list(own.target_shape), targets=targets)
    plan = comparison.plan
    if len(targets) == 2:
        plan = replace(plan, to_train=_of_two(plan.to_train))
    encoded = replace(comparison.encoded, description=description)
    comparison = replace(comparison, runs=runs, encoded=encoded, plan=plan)
    check(comparison, name, Rows(labels, [each.astype(np.float32) for each in outputs], **beside(generator)))


def _of_two(scaling):
    columns = {name: np.repeat(getattr(scaling, name), 2, axis=1) for name in ("target_center", "target_spread")}
    return replace(scaling, **columns)
