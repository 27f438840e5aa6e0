"""Losses on a target that they frame themselves: what Keras does on that target, scored in the target's own units."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_diabetes

from stages.execution.tuning import first_rates, selection, tune
from stages.losses import target_transform
from stages.losses.catalogue import LOSSES
from stages.losses.target_transform import TARGET_TRANSFORMS
from stages.params.loss_entry import resolve
from stages.records.plans import Part
from stages.training.fitting import batch_orders
from stages.training.keras_parts import keras_loss, make_optimizer, row_metric
from stages.training.unit import Table, Unit
from tests.training.units import SEEDS, make_plan, make_settings, run_alone, train

LEARNED, TESTED = (Part.TRAIN, Part.VALIDATION), (Part.TEST,)
AS_MEANT = [
    {"loss": "mse", "target": "log", "as": "mse_log"},
    *({"loss": name, "target": "ratio"} for name in ("msle", "mape", "poisson")),
]
EVERY_TRANSFORM = [{"loss": "mae", "target": name} for name in TARGET_TRANSFORMS]


def counts():
    """Counts of rides, say, of which some are 0."""
    rng = np.random.default_rng(3)
    features = rng.normal(size=(90, 3))
    return features, rng.poisson(np.exp(1 + 0.5 * features[:, :1])).astype(float)


def diabetes():
    features, target = load_diabetes(return_X_y=True)
    return features[:90], target[:90, None]


def make_transformed(entry, rows, **changes):
    """A unit of the loss that an entry asks for; two splits, whose targets have other means."""
    features, labels = rows
    loss, table = resolve(entry, "regression"), Table(features, labels, 0)
    plan = make_plan(table, "regression", len(SEEDS), 2, n_train=70)
    usual = {} if "rates" in changes else {"optimizer": {"name": "SGD", "learning_rate": 0.01}}
    return Unit(make_settings(loss, **usual | changes), table, plan)


def transformed_by_hand(unit, place, *parts):
    """Features and targets of one seed's rows as a network alone would be given them, and the target's scale."""
    split, scaling, own = unit.plan.split_of[place], unit.plan.to_train, unit.loss.target_transform
    train_values = unit.table.labels[unit.plan.rows(place, *LEARNED)]
    center, spread = target_transform.fit(own, train_values)
    rows = unit.plan.rows(place, *parts)
    features = (unit.table.features[rows] - scaling.center[split]) / scaling.spread[split]
    targets = (target_transform.apply(own, unit.table.labels[rows]) - center) / spread
    return features.astype(np.float32), targets.astype(np.float32), (center, spread)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("entry", "rows"),
    [(entry, diabetes) for entry in AS_MEANT[:2]]
    + [pytest.param(entry, diabetes, marks=pytest.mark.endurance) for entry in [*AS_MEANT[2:], *EVERY_TRANSFORM]]
    + [pytest.param(entry, counts, marks=pytest.mark.endurance) for entry in [*AS_MEANT, *EVERY_TRANSFORM]],
    ids=lambda each: f"{each['loss']}-{each['target']}" if isinstance(each, dict) else each.__name__,
)
def test_the_history_is_that_of_keras_on_the_transformed_target_and_outputs_come_back(entry, rows):
    if (entry["target"], rows) == ("none", diabetes):
        entry = entry | {"loss": "huber"}  # mae on targets of 150 takes steps that only magnify rounding
    unit = make_transformed(entry, rows())
    run, _ = train(unit)
    for place, seed in enumerate(SEEDS):
        features, targets, _ = transformed_by_hand(unit, place, *LEARNED)
        model = unit.network().build(seed)
        rate = unit.settings.optimizer.learning_rate
        model.compile(make_optimizer(unit.settings.optimizer.at(rate)), keras_loss(unit.loss), run_eagerly=True)
        tested, expected, (center, spread) = transformed_by_hand(unit, place, *TESTED)
        for epoch in range(run.n_epochs):
            [order] = batch_orders([seed], epoch, [len(features)])
            history = model.fit(
                features[order],
                targets[order],
                batch_size=unit.settings.batch_size,
                validation_data=(tested, expected),
                shuffle=False,
                verbose=0,
            ).history
            for name in ("loss", "val_loss"):
                near = {"rtol": 1e-5, "atol": 1e-5}
                np.testing.assert_allclose(run.epochs(name)[place, epoch], history[name][0], **near, err_msg=name)
        split = unit.plan.split_of[place]
        ours = run.outputs[place, unit.plan.rows(place, *TESTED)] * unit.plan.to_train.target_spread[split]
        theirs = model.predict(tested, verbose=0) * spread + center
        theirs = target_transform.invert(unit.loss.target_transform, theirs.astype(np.float64))
        np.testing.assert_allclose(ours + unit.plan.to_train.target_center[split], theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.thorough
@pytest.mark.parametrize("entry", AS_MEANT, ids=lambda entry: entry["loss"])
def test_scores_are_in_the_targets_own_units_and_the_history_ends_in_them(entry):
    unit = make_transformed(entry, diabetes())
    run, _ = train(unit)
    for place in range(len(SEEDS)):
        split, rows = unit.plan.split_of[place], unit.plan.rows(place, *TESTED)
        center, spread = unit.plan.to_train.target_center[split], unit.plan.to_train.target_spread[split]
        labels, predicted = unit.table.labels[rows], run.outputs[place, rows] * spread + center
        expected = {
            "rmse": metrics.root_mean_squared_error(labels, predicted),
            "mae": metrics.mean_absolute_error(labels, predicted),
            "rmsle": metrics.root_mean_squared_log_error(labels, np.maximum(predicted, 0)),
            "mape": 100 * metrics.mean_absolute_percentage_error(labels, predicted),
            "median_absolute_error": metrics.median_absolute_error(labels, predicted),
        }
        for name, value in expected.items():
            assert run.values(name, "test")[place] == pytest.approx(value, rel=1e-6), name
    np.testing.assert_allclose(run.epochs("val_mse")[:, -1], run.values("mse", "test"), rtol=1e-4)


@pytest.mark.thorough
def test_losses_that_are_transformed_alike_or_not_at_all_start_alike():
    # on targets of one scale, standard is what the plan does by itself, so nothing may differ
    features, labels = diabetes()
    unit = make_transformed({"loss": "mse", "target": "standard"}, (features, labels))
    scaling = unit.to_train.scaling
    plain = replace(
        unit,
        settings=unit.settings.model_copy(update={"loss": LOSSES["mse"]}),
        plan=replace(unit.plan, to_train=scaling),
    )
    np.testing.assert_allclose(train(unit)[0].epochs("loss"), train(plain)[0].epochs("loss"), rtol=1e-6)


@pytest.mark.endurance
@pytest.mark.parametrize("score", ["mse", "rmse", "mae", "rmsle", "mape"])
@pytest.mark.parametrize("entry", [AS_MEANT[0], AS_MEANT[1], {"loss": "mae"}], ids=lambda entry: entry["loss"])
def test_a_transformed_loss_is_tuned_by_the_score_in_the_targets_own_units(entry, score):
    unit = make_transformed(entry, diabetes(), rates=(0.01, 0.03), epochs=2, selected_by=score)
    assert selection(score, unit.loss) == score
    tuning = run_alone(lambda trains: tune(unit, trains))
    # the validation score of a unit that learns as tuning does, and is tested on the validation rows
    parts = np.where(unit.plan.parts == Part.TEST, 9, unit.plan.parts)
    parts = np.where(parts == Part.VALIDATION, Part.TEST, parts)
    plan = replace(unit.plan, parts=parts.astype(np.uint8), to_train=unit.plan.to_tune)
    optimizer = unit.settings.optimizer.at(tuning.rate)
    settings = unit.settings.model_copy(update={"optimizer": optimizer, "epochs": tuning.epochs})
    run, _ = train(Unit(settings, unit.table, plan))
    place = list(tuning.rates).index(tuning.rate)
    values = run.values(score, "test")
    expected = np.sqrt((values**2).mean()) if score.startswith("rms") else values.mean()
    assert tuning.curves[place, tuning.epochs - 1] == pytest.approx(expected, rel=1e-4)


def test_a_loss_that_is_steeper_by_a_constant_factor_is_tuned_at_rates_that_are_less_by_it():
    tuned = {"rates": (0.01, 0.03), "selected_by": "mae"}
    assert first_rates(make_transformed({"loss": "mape", "target": "ratio"}, diabetes(), **tuned)) == [0.0001, 0.0003]
    assert first_rates(make_transformed({"loss": "mae"}, diabetes(), **tuned)) == [0.01, 0.03]
    adam = {"optimizer": {"name": "Adam", "learning_rate": (0.01, 0.03)}, "selected_by": "mae"}
    assert first_rates(make_transformed({"loss": "mape", "target": "ratio"}, diabetes(), **adam)) == [0.01, 0.03]


def test_the_metric_of_a_transformed_loss_is_measured_where_the_target_is_measured():
    metric = row_metric(resolve(AS_MEANT[0], "regression"), "mae")
    # log(1 + target) = 2 * scaled + 1
    targets, outputs = np.array([[0.0], [0.5]], np.float32), np.array([[0.5], [0.5]], np.float32)
    numbers = np.array([[1.0], [2.0], [7.0]], np.float32)
    np.testing.assert_allclose(metric(targets, outputs, numbers), [np.e**2 - np.e, 0], rtol=1e-5)
