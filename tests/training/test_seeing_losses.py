"""The user's own losses that see columns of the table, or whole batches, are trained as Keras would train them."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from stages.losses.loss import Loss
from stages.records.plans import Part
from stages.training.backend import tf
from stages.training.fitting import batch_orders
from stages.training.keras_parts import keras_loss, make_optimizer
from stages.training.probes import constant_losses
from stages.training.unit import Unit
from tests.training.test_what_losses_estimate import outputs_of
from tests.training.units import make_plan, make_settings, make_table, seen, train

OWN = """
from keras import ops


def costly(y_true, y_pred, columns):
    per_row = ops.binary_crossentropy(y_true, y_pred)[:, 0]
    return (1 + columns["cost of a row"]) * per_row + 0 * columns["other"]


def pairwise(y_true, y_pred, weights):
    apart = y_pred - ops.transpose(y_pred)
    pairs = ops.cast(y_true > ops.transpose(y_true), "float32") * weights[:, None] * weights[None, :]
    return ops.sum(pairs * ops.softplus(-4 * apart)) / ops.maximum(ops.sum(pairs), 1e-6)


def soft_f1(y_true, y_pred):
    return 1 - 2 * ops.sum(y_true * y_pred) / ops.maximum(ops.sum(y_true + y_pred), 1e-6)
"""
COSTLY = Loss("costly", "mine:costly", "zero_one", "sigmoid", columns=("cost of a row", "other"))
PAIRWISE = Loss("pairwise", "mine:pairwise", "zero_one", "sigmoid", per_row=False)
SOFT_F1 = Loss("soft_f1", "mine:soft_f1", "zero_one", "sigmoid", per_row=False)


@pytest.fixture(autouse=True)
def own(write_own):
    write_own("mine", OWN)


def make_unit(loss, *, is_weighed=False, n_splits=1, **changes):
    table, generator = make_table("binary_crossentropy"), np.random.default_rng(5)
    n_rows = len(table.labels)
    weights = generator.uniform(0.2, 2, n_rows) if is_weighed else None
    table = replace(table, weights=None if weights is None else weights / weights.mean())
    columns = generator.exponential(size=(n_rows, 2)).astype(np.float32) if loss.columns else None
    settings = make_settings(loss, batch_size=16, **changes)
    return Unit(settings, table, make_plan(table, "binary", len(settings.seeds), n_splits), columns)


def by_keras(unit, place):
    """The history of one seed by Keras alone, which is given what the loss sees as further columns of the targets."""
    learned, measured = (Part.TRAIN, Part.VALIDATION), (Part.TEST,)
    measure = keras_loss(unit.loss)

    def loss(y_true, y_pred):
        more = {} if unit.columns is None else {"columns": y_true[:, 1:3]}
        weights = {} if unit.table.weights is None else {"sample_weight": y_true[:, -1]}
        return measure(y_true[:, :1], y_pred, **more, **weights)

    def given(*parts):
        features, targets = seen(unit, place, *parts, scaling=unit.plan.to_train)
        rows = unit.plan.rows(place, *parts)
        beside = [values for values in (unit.columns, unit.table.weights) if values is not None]
        return features, np.column_stack([targets, *(values[rows] for values in beside)]).astype(np.float32)

    seed, (features, targets) = unit.settings.seeds[place], given(*learned)
    model = unit.network().build(seed)
    model.compile(make_optimizer(unit.settings.optimizer), loss, run_eagerly=True)
    history = {"loss": [], "val_loss": []}
    for epoch in range(unit.settings.epochs):
        [order] = batch_orders([seed], epoch, [len(features)])
        last = model.fit(
            features[order],
            targets[order],
            batch_size=16,
            validation_data=given(*measured),
            validation_batch_size=16,
            shuffle=False,
            verbose=0,
        ).history
        for name in history:
            history[name] += last[name]
    return history


@pytest.mark.parametrize(
    ("loss", "is_weighed"),
    [(COSTLY, False), (PAIRWISE, True), (SOFT_F1, False)],
    ids=["columns", "batches and weights", "batches"],
)
def test_histories_equal_those_of_keras_fit(loss, is_weighed):
    unit = make_unit(loss, is_weighed=is_weighed)
    run, _ = train(unit)
    for place in range(len(unit.settings.seeds)):
        expected = by_keras(unit, place)
        for name, values in expected.items():
            np.testing.assert_allclose(run.epochs(name)[place], values, rtol=1e-5, atol=1e-6)


def test_each_seed_sees_the_columns_of_its_own_rows():
    unit = make_unit(COSTLY, n_splits=3)
    run, _ = train(unit)
    for place in range(3):
        np.testing.assert_allclose(run.epochs("loss")[place], by_keras(unit, place)["loss"], rtol=1e-5)


def test_a_loss_that_is_told_weights_gets_ones_where_all_rows_count_alike():
    targets, outputs = np.array([[1.0], [0.0], [0.0]], np.float32), np.array([[0.5], [0.2], [0.6]], np.float32)
    # softplus(-4 * 0.3) and softplus(4 * 0.1)
    expected = (np.log1p(np.exp(-1.2)) + np.log1p(np.exp(0.4))) / 2
    assert float(keras_loss(PAIRWISE)(tf.constant(targets), tf.constant(outputs))) == pytest.approx(expected, rel=1e-5)


def test_a_constant_predictions_loss_of_a_batch_is_measured_on_batches():
    unit = make_unit(SOFT_F1)
    labels = unit.table.labels[unit.plan.rows(0, Part.TRAIN, Part.VALIDATION)]
    batches = [labels[i::3] for i in range(3)]  # 40 rows, at most 16 in each

    def soft_f1(output):
        losses = [1 - 2 * (batch * output).sum() / (batch + output).sum() for batch in batches]
        return np.average(losses, weights=[len(batch) for batch in batches])

    share = labels.mean()
    assert share <= 0.5  # so that the largest class is 0, of which a prediction costs 1
    assert constant_losses(unit, unit.to_train)[0] == pytest.approx(min(soft_f1(share), 1.0), rel=1e-5)


def test_what_a_row_costs_moves_the_share_that_is_estimated():
    generator, groups = np.random.default_rng(0), np.arange(1300) % 2
    labels = (generator.random(1300) < 0.3).astype(int)
    cost = np.where(labels == 1, 3.0, 0.0)  # so that a row of class 1 counts four times
    columns = np.column_stack([cost, cost]).astype(np.float32)
    outputs = outputs_of(COSTLY, labels, groups, 2, columns=columns)[..., 0]
    np.testing.assert_allclose(outputs, 1.2 / 1.9, atol=0.05)


def test_pairs_in_a_batch_teach_the_order_of_the_odds():
    generator, groups = np.random.default_rng(0), np.arange(1300) % 5
    shares = np.array([0.5, 0.1, 0.9, 0.3, 0.7])
    labels = (generator.random(1300) < shares[groups]).astype(int)
    outputs = outputs_of(PAIRWISE, labels, groups, 2)[..., 0]
    for of_groups in outputs:
        assert of_groups.argsort().tolist() == shares.argsort().tolist()
        best = roc_auc_score(labels, shares[groups])
        assert roc_auc_score(labels, of_groups[groups]) == pytest.approx(best, abs=0.01)
