"""On rows that are drawn, so that the truth is known, a network gives what its loss is said to estimate."""

import numpy as np
import pytest

from stages.losses.catalogue import LOSSES
from stages.params.loss_entry import resolve
from stages.training.unit import Table, Unit
from tests.training.units import make_plan, make_settings, train

N_ROWS, N_TRAIN = 1300, 1200


def outputs_of(loss, labels, groups, n_classes=0, columns=None, **changes):
    """Outputs (n_seeds, n_groups, n_outputs) for each group, of networks that see which group a row is of."""
    features = np.eye(groups.max() + 1)[groups]
    table = Table(features, labels, n_classes)
    usual = {
        "epochs": 20,
        "batch_size": 100,
        "hidden": [],
        "optimizer": {"name": "Adam", "learning_rate": 0.1, "schedule": "cosine"},
    }
    plan = make_plan(table, loss.task, 2, n_train=N_TRAIN)
    run, _ = train(Unit(make_settings(loss, seeds=[1, 2], **usual | changes), table, plan, columns))
    first = [int(np.flatnonzero(groups == group)[0]) for group in range(groups.max() + 1)]
    return run.outputs[:, first]


@pytest.mark.parametrize("name", ["brier", "binary_crossentropy"])
def test_squared_error_of_two_classes_and_cross_entropy_both_give_the_share_of_class_1(name):
    generator, shares = np.random.default_rng(0), np.array([0.08, 0.4, 0.85])
    groups = np.arange(N_ROWS) % 3
    labels = (generator.random(N_ROWS) < shares[groups]).astype(int)
    drawn = [labels[:N_TRAIN][groups[:N_TRAIN] == group].mean() for group in range(3)]
    outputs = outputs_of(LOSSES[name], labels, groups, 2)[..., 0]
    np.testing.assert_allclose(outputs, [drawn] * 2, atol=0.04)
    np.testing.assert_allclose(outputs, [shares] * 2, atol=0.09)


@pytest.mark.parametrize("name", ["categorical_brier", "categorical_crossentropy"])
def test_so_they_do_of_several_classes(name):
    generator, shares = np.random.default_rng(0), np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    groups = np.arange(N_ROWS) % 2
    labels = (generator.random(N_ROWS)[:, None] > shares.cumsum(axis=1)[groups]).sum(axis=1)
    outputs = outputs_of(LOSSES[name], labels, groups, 3)
    np.testing.assert_allclose(outputs, [shares] * 2, atol=0.09)


SQUARES = {"loss": "mse", "activation": "sigmoid", "target": "none", "as": "mse_sigmoid"}


@pytest.mark.parametrize(
    ("entry", "statistic"),
    [("share_crossentropy", np.mean), (SQUARES, np.mean), (SQUARES | {"loss": "mae"}, np.median)],
    ids=["cross-entropy", "squares", "absolute"],
)
def test_of_shares_cross_entropy_and_squares_give_the_mean_and_absolute_errors_the_median(entry, statistic):
    generator, groups = np.random.default_rng(0), np.arange(N_ROWS) % 3
    shares = generator.beta([0.5, 3, 6], [4, 2, 1.5], (N_ROWS, 3))[np.arange(N_ROWS), groups]
    expected = [statistic(shares[:N_TRAIN][groups[:N_TRAIN] == group]) for group in range(3)]
    outputs = outputs_of(resolve(entry, "regression"), shares[:, None], groups)[..., 0]
    # outputs are in the units of the plan, which are 3 and 2
    np.testing.assert_allclose(outputs * 2 + 3, [expected] * 2, atol=0.03)


def two_groups(draw, n_rows=N_ROWS):
    """Rows of two groups, and of each the labels (n_rows, 1) that a function draws of its number."""
    groups = np.arange(n_rows) % 2
    return draw(np.random.default_rng(0), groups)[:, None], groups


def numbers_of(loss, labels, groups):
    """What networks give for each group, (n_seeds, n_groups, n_numbers) in target units."""
    scaling = make_plan(Table(np.zeros((N_ROWS, 1)), labels, 0), loss.task, 2, n_train=N_TRAIN).to_train
    center, spread = loss.output.scale(scaling.target_center[0], scaling.target_spread[0])
    return outputs_of(loss, labels, groups, epochs=80) * spread + center


def test_quantiles_of_one_network_are_those_of_each_group():
    labels, groups = two_groups(lambda generator, group: generator.gamma(2, 1 + 2 * group))
    loss = resolve({"loss": "pinball", "quantiles": [0.1, 0.5, 0.9]}, "regression")
    found = numbers_of(loss, labels, groups)
    expected = [np.quantile(labels[:N_TRAIN][groups[:N_TRAIN] == group], [0.1, 0.5, 0.9]) for group in range(2)]
    np.testing.assert_allclose(found, [expected] * 2, rtol=0.12)
    assert (np.diff(found, axis=-1) > 0).all()


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_a_likelihood_finds_mean_and_spread_of_each_group(beta):
    labels, groups = two_groups(lambda generator, group: 2 * group + generator.normal(0, 0.5 + group))
    found = numbers_of(resolve({"loss": "gaussian", "beta": beta}, "regression"), labels, groups)
    np.testing.assert_allclose(found, [[[0, 0.5], [2, 1.5]]] * 2, atol=0.15)


@pytest.mark.parametrize("name", ["gamma", "tweedie"])
def test_gamma_and_tweedie_give_the_mean(name):
    labels, groups = two_groups(lambda generator, group: generator.gamma(1, 1 + 3 * group))
    found = numbers_of(resolve({"loss": name, "target": "none"}, "regression"), labels, groups)
    means = [labels[:N_TRAIN][groups[:N_TRAIN] == group].mean() for group in range(2)]
    np.testing.assert_allclose(found[..., 0], [means] * 2, rtol=0.05)


def test_a_hurdle_gives_the_share_above_0_and_their_mean():
    labels, groups = two_groups(
        lambda generator, group: (
            (generator.random(N_ROWS) < 0.2 + 0.5 * group) * generator.gamma(4, 0.5 + group, N_ROWS)
        )
    )
    found = numbers_of(resolve({"loss": "hurdle", "target": "none"}, "regression"), labels, groups)
    np.testing.assert_allclose(found, [[[0.2, 2], [0.7, 6]]] * 2, rtol=0.15)


def test_an_expectile_lies_where_the_sums_on_both_sides_are_as_said():
    labels, groups = two_groups(lambda generator, group: generator.gamma(2, 1 + 2 * group))
    entry = {"loss": "expectile", "expectile": 0.9}
    for group, value in enumerate(numbers_of(resolve(entry, "regression"), labels, groups).mean(axis=0)[:, 0]):
        apart = labels[:N_TRAIN][groups[:N_TRAIN] == group] - value
        assert 0.1 * np.maximum(-apart, 0).sum() == pytest.approx(0.9 * np.maximum(apart, 0).sum(), rel=0.15)


@pytest.mark.parametrize("name", ["circular_mse", "circular_distance", "von_mises"])
def test_of_hours_on_both_sides_of_midnight_the_mean_is_midnight_and_not_noon(name):
    labels, groups = two_groups(lambda generator, group: (6 * group + generator.normal(0, 2, N_ROWS)) % 24)
    loss = resolve({"loss": name, "period": 24}, "regression")
    hours = loss.decide(numbers_of(loss, labels, groups))[..., 0]
    np.testing.assert_allclose((hours + 12) % 24 - 12, [[0, 6]] * 2, atol=0.3)
