"""Classes and rows that count more or less: what Keras does with ``class_weight`` and ``sample_weight``."""

from dataclasses import replace

import numpy as np
import pytest

from stages.execution.tuning import tune
from stages.losses.catalogue import LOSSES
from stages.records.plans import Part
from stages.training.fitting import batch_orders
from stages.training.keras_parts import keras_loss, make_optimizer
from tests.training.units import SEEDS, make_unit, run_alone, seen, train

LEARNED, TESTED = (Part.TRAIN, Part.VALIDATION), (Part.TEST,)


def weighed(name, *, classes=(), rows=False, **changes):
    """A unit whose classes, or whose rows, count more or less."""
    unit = make_unit(name, n_splits=2, **changes)
    weights = np.random.default_rng(5).gamma(2, 0.5, len(unit.table.labels)) if rows else None
    settings = unit.settings.model_copy(update={"class_weights": tuple(classes)})
    return replace(unit, settings=settings, table=replace(unit.table, weights=weights))


def keras_history(unit, place, **weights_of_fit):
    """What ``model.fit`` gives for one seed; `weights_of_fit` is its ``class_weight``."""
    features, targets = seen(unit, place, *LEARNED, scaling=unit.plan.to_train)
    tested = seen(unit, place, *TESTED, scaling=unit.plan.to_train)
    seed, weights = unit.settings.seeds[place], unit.table.weights
    if weights is not None:
        tested = (*tested, weights[unit.plan.rows(place, *TESTED)])
    model = unit.network().build(seed)
    rate = unit.settings.optimizer.learning_rate
    model.compile(make_optimizer(unit.settings.optimizer.at(rate)), keras_loss(unit.loss), run_eagerly=True)
    history = {"loss": [], "val_loss": []}
    for epoch in range(unit.settings.epochs):
        [order] = batch_orders([seed], epoch, [len(features)])
        of_rows = {} if weights is None else {"sample_weight": weights[unit.plan.rows(place, *LEARNED)][order]}
        last = model.fit(
            features[order],
            targets[order],
            batch_size=unit.settings.batch_size,
            validation_data=tested,
            validation_batch_size=unit.settings.batch_size,
            shuffle=False,
            verbose=0,
            **of_rows,
            **weights_of_fit,
        ).history
        for column, values in history.items():
            values.append(last[column][0])
    return history


def check(unit, **weights_of_fit):
    run, _ = train(unit)
    for place in range(len(SEEDS)):
        for column, values in keras_history(unit, place, **weights_of_fit).items():
            np.testing.assert_allclose(run.epochs(column)[place], values, rtol=0, atol=1e-5, err_msg=column)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("binary_crossentropy", [0.5, 3]),
        pytest.param("binary_focal_crossentropy", [0.5, 3], marks=pytest.mark.endurance),
        pytest.param("categorical_crossentropy", [0.5, 3, 1], marks=pytest.mark.endurance),
        pytest.param("sparse_categorical_crossentropy", [0.5, 3, 0], marks=pytest.mark.endurance),
    ],
)
def test_the_history_is_that_of_fit_with_class_weight(name, classes):
    check(weighed(name, classes=classes), class_weight=dict(enumerate(classes)))


@pytest.mark.thorough
@pytest.mark.parametrize(
    "name",
    ["mse", *(pytest.param(name, marks=pytest.mark.endurance) for name in ("huber", "hinge", "categorical_hinge"))],
)
def test_the_history_is_that_of_fit_with_sample_weight(name):
    check(weighed(name, rows=True))


@pytest.mark.endurance
def test_classes_of_plus_and_minus_one_are_weighed_too():
    unit, classes = weighed("squared_hinge", classes=[0.5, 3]), np.array([0.5, 3])
    by_row = replace(unit, table=replace(unit.table, weights=classes[unit.table.labels]))
    run, _ = train(unit)
    same, _ = train(replace(by_row, settings=unit.settings.model_copy(update={"class_weights": ()})))
    np.testing.assert_array_equal(run.epochs("loss"), same.epochs("loss"))
    assert (run.epochs("val_loss") != same.epochs("val_loss")).all()  # in fit, classes are weighed in training alone
    np.testing.assert_array_equal(run.outputs, same.outputs)


@pytest.mark.thorough
def test_classes_and_rows_are_weighed_together():
    unit = weighed("binary_crossentropy", classes=[0.5, 3], rows=True)
    both = unit.table.weights * np.array([0.5, 3])[unit.table.labels]
    run, _ = train(unit)
    settings = unit.settings.model_copy(update={"class_weights": ()})
    same, _ = train(replace(unit, settings=settings, table=replace(unit.table, weights=both)))
    np.testing.assert_allclose(run.epochs("loss"), same.epochs("loss"), rtol=1e-6)


@pytest.mark.endurance
@pytest.mark.parametrize(("name", "headline"), [("mae", "mse"), ("hinge", "accuracy")])
@pytest.mark.parametrize("n_splits", [1, 2])
def test_the_history_ends_in_the_weighted_scores(name, headline, n_splits):
    unit = weighed(name, rows=True)
    if n_splits == 1:
        plain = make_unit(name)
        unit = replace(unit, plan=plain.plan)
    run, _ = train(unit)
    np.testing.assert_allclose(run.epochs(f"val_{headline}")[:, -1], run.values(headline, "test"), rtol=1e-5)
    unweighted, _ = train(replace(unit, table=replace(unit.table, weights=None)))
    assert (run.values(headline, "test") != unweighted.values(headline, "test")).any()


@pytest.mark.thorough
def test_rows_that_count_nothing_might_as_well_not_be_there():
    unit = weighed("mse", rows=True)
    weights = unit.table.weights.copy()
    weights[::3] = 0
    odd = unit.table.labels.copy()
    odd[::3] = 1000
    one = train(replace(unit, table=replace(unit.table, weights=weights)))[0]
    other = train(replace(unit, table=replace(unit.table, weights=weights, labels=odd)))[0]
    np.testing.assert_array_equal(one.epochs("loss"), other.epochs("loss"))
    # the scaling is the plan's here, whatever the labels
    np.testing.assert_allclose(one.values("rmse", "test"), other.values("rmse", "test"), rtol=1e-6)


@pytest.mark.endurance
def test_a_loss_that_chooses_by_its_own_value_chooses_by_what_it_is_trained_with():
    tuned = {"rates": (0.02, 0.05), "selected_by": "loss"}
    plain, heavy = (
        run_alone(lambda trains, own=each: tune(weighed("binary_crossentropy", classes=own, **tuned), trains))
        for each in ((), (9, 9))
    )
    # a constant factor of 9: the loss that is learned from and the one that chooses are both 9 times as high at first
    assert heavy.curves[0, 0] > 5 * plain.curves[0, 0]


def test_what_is_not_weighed_has_the_settings_that_it_always_had():
    written = make_unit("mse").settings.model_dump(mode="json")
    assert not {"class_weights", "also_scored"} & set(written)
    assert not {"class_weight", "target_transform", "steepness"} & set(written["loss"])
    assert "class_weights" in weighed("hinge", classes=[1, 2]).settings.model_dump(mode="json")
    assert LOSSES["hinge"].class_weight is None
