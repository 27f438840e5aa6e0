"""Several origins in time: each replica takes steps by its own rows."""

from dataclasses import replace

import numpy as np
import pytest

from stages.basics.arrays import unpacked
from stages.execution.cutting import cut
from stages.records.plans import Part
from stages.training.chunk import Candidate
from stages.training.seed_training import train as train_chunk
from tests.training.units import keras_history, load, make_unit, seen, train

LEARNED, TESTED = (Part.TRAIN, Part.VALIDATION), (Part.TEST,)
SEEDS = (4, 0, 9, 2, 7)
STARTS, LENGTH = (20, 33, 46), 13  # of stretches that test; 16 rows a batch


def at_origins(name, **changes):
    """A unit whose five seeds take turns on three origins, of 20, 33 and 46 train rows."""
    unit = make_unit(name, seeds=SEEDS, n_splits=len(STARTS), **changes)
    parts = np.full_like(unit.plan.parts, Part.UNUSED)
    for own, start in zip(parts, STARTS, strict=True):
        own[:start], own[start - start // 5 : start] = Part.TRAIN, Part.VALIDATION
        own[start : start + LENGTH] = Part.TEST
    return replace(unit, plan=replace(unit.plan, method="first", parts=parts))


@pytest.mark.endurance
@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("mae", {"dropout": 0.2}),
        ("sparse_categorical_crossentropy", {"batch_norm": True}),
        ("squared_hinge", {"optimizer": {"name": "Adam", "learning_rate": 0.01}}),
        pytest.param("mse", {"rates": (0.002, 0.02, 0.2)}, marks=pytest.mark.endurance),
    ],
)
def test_at_each_origin_a_seed_does_what_keras_does_on_the_rows_before_it(name, changes):
    unit = at_origins(name, **changes)
    run, _ = train(unit)
    for place in range(len(SEEDS)):
        model, expected = keras_history(
            unit,
            place,
            LEARNED,
            TESTED,
            scaling=unit.plan.to_train,
            epochs=run.n_epochs,
            rate=run.learning_rate,
            schedule=run.schedule,
        )
        for column, values in expected.items():
            np.testing.assert_allclose(run.epochs(column)[place], values, rtol=0, atol=1e-5, err_msg=column)
        for parts in (LEARNED, TESTED):
            features, _ = seen(unit, place, *parts, scaling=unit.plan.to_train)
            ours = run.outputs[place, unit.plan.rows(place, *parts)]
            np.testing.assert_allclose(ours, model.predict(features, verbose=0), rtol=0, atol=1e-5)


def by_row(result):
    """What a chunk gives, its outputs by seed and row, with NaN for rows that are not scored."""
    if "outputs" not in result:
        return result
    rest = {name: array for name, array in result.items() if not name.startswith("outputs")}
    return rest | {"outputs": unpacked("outputs", result)}


@pytest.mark.parametrize("tuning", [False, True])
def test_the_arrays_of_a_chunk_stand_in_the_order_of_its_seeds(tuning):
    unit = at_origins("hinge", **({"rates": (0.01, 0.1)} if tuning else {}))
    epochs: list[int] = []
    [chunk] = cut(unit, list(map(Candidate, [0.01, 0.1] if tuning else [0.05])), 2, is_tuning=tuning)
    whole = by_row(train_chunk(chunk, epochs.append))
    assert epochs == sorted(epochs)
    assert epochs[-1] == 2
    for place in range(len(SEEDS)):
        alone = replace(chunk, unit=unit.of_seeds([place]), is_first=place == 0)
        for name, array in by_row(train_chunk(alone)).items():
            if name in ("values", "scores"):
                np.testing.assert_allclose(whole[name].take([place], axis=1), array, rtol=1e-5, atol=1e-6)
            elif name in ("outputs", "loss", "val_loss", "metric", "val_metric", "finished", "regions_decisions",
                          "constant_loss"):  # fmt: skip
                np.testing.assert_allclose(whole[name][[place]], array, rtol=1e-5, atol=1e-6)
            elif name not in ("seconds", "told", "model"):
                np.testing.assert_array_equal(whole[name], array, err_msg=name)


def test_the_model_given_back_is_the_first_seeds():
    unit = at_origins("hinge")
    run, model = train(unit)
    features, _ = seen(unit, 0, *TESTED, scaling=unit.plan.to_train)
    ours = run.outputs[0, unit.plan.rows(0, *TESTED)]
    np.testing.assert_allclose(load(model).predict(features, verbose=0), ours, rtol=0, atol=1e-5)


def test_an_epoch_is_as_long_as_the_rows_before_its_origin():
    """With batches of 16 an epoch has 2, 3 and 3 steps; a first step moves the weights of SGD by rate × gradient."""
    unit = at_origins("mse", epochs=1, optimizer={"name": "SGD", "learning_rate": 1e-6, "momentum": 0.0})
    [chunk] = cut(unit, [Candidate(1e-6)], 1)
    moved = train_chunk(chunk)
    padded = train_chunk(replace(chunk, unit=replace(unit, plan=_all_used(unit.plan))))
    # the last origin has the most rows, and is as before; the others would have taken more steps
    same = np.isclose(moved["loss"][:, 0], padded["loss"][:, 0], rtol=1e-6)
    assert same.tolist() == [False, False, True, False, False]


def _all_used(plan):
    """The same, where rows that are not used test, of rows that are drawn."""
    return replace(
        plan, method="shuffle", parts=np.where(plan.parts == Part.UNUSED, Part.TEST, plan.parts).astype(np.uint8)
    )
