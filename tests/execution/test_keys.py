from dataclasses import fields, replace

import numpy as np
import pytest

from stages.execution import keys
from stages.execution.cutting import cut
from stages.losses.catalogue import LOSSES
from stages.losses.loss import LargeTargets, Loss
from stages.records.plans import Scaling
from stages.records.settings import OptimizerSettings, ScaleSettings, Settings
from stages.training.chunk import Candidate
from stages.usercode import loading
from tests.training.units import make_unit


def key(unit, *, device="a processor", rates=(0.05,), epochs=3, is_tuning=False):
    [chunk, *_] = cut(unit, list(map(Candidate, rates)), epochs, is_tuning=is_tuning)
    return keys.key_of(chunk, device)


def with_settings(unit, **changes):
    return replace(unit, settings=unit.settings.model_copy(update=changes))


def with_loss(unit, **changes):
    return with_settings(unit, loss=replace(unit.loss, **changes))


def with_plan(unit, **changes):
    return replace(unit, plan=replace(unit.plan, **changes))


def with_scaling(unit, name):
    """A unit that scales in one of the ways by other numbers."""
    scaling = unit.plan.to_train
    return with_plan(unit, to_train=replace(scaling, **{name: getattr(scaling, name) + 1e-9}))


NETWORK = """import keras


def network(n_features, n_outputs, activation):
    return keras.Sequential([keras.Input((n_features,)), keras.layers.Dense(n_outputs, activation)])
"""
# another value of each field than a unit made for tests has
OTHER_SETTINGS = {
    "loss": LOSSES["mae"],
    "comparison": "another",
    "dataset": "too",
    "model": "mine:network",
    "hidden": (8,),
    "hidden_activation": "tanh",
    "dropout": 0.5,
    "batch_norm": True,
    "epochs": 4,
    "batch_size": 8,
    "optimizer": OptimizerSettings(name="SGD", learning_rate=0.05, momentum=0.8),
    "selected_by": "rmse",
    "data": ScaleSettings(features="standard", target="none", fit_on="all"),
    "seeds": (4, 0, 8),
    "looks": (10, 20),
    "class_weights": (1.0, 2.0),
    "also_scored": ("rmsle",),
}
OTHER_LOSS = {
    "name": "squares",
    "function": "MeanAbsoluteError",
    "targets": "zero_one",
    "activation": "softplus",
    "aliases": ("x",),
    "activations": ("linear",),
    "parameters": {"delta": 2.0},
    "limits": {"delta": "above 0"},
    "target_range": "not below 0",
    "per_row": False,
    "class_weight": "auto",
    "steepness": 3.0,
    "target_transform": "log",
    "offered": ("log",),
    "large_targets": LargeTargets(1, "grow"),
    "usual_outputs": ("tanh",),
    "options": {"delta": (1.0, 2.0)},
    "estimates": "median",
}
# what decides nothing of a chunk: names and words, what the chunk itself or its rows and weights hold already, and
# what is scored afterwards
DECIDE_NOTHING = {
    *("comparison", "dataset", "epochs", "selected_by", "data", "looks", "also_scored"),
    *("name", "aliases", "activations", "limits", "target_range", "class_weight", "steepness"),
    *("estimates", "offered", "large_targets"),
    *("usual_outputs", "options"),
}


def changed(unit, field):
    """A unit in which this field of its settings or its loss is another."""
    value = {**OTHER_SETTINGS, **OTHER_LOSS}[field]
    if field == "data":
        return with_settings(unit, data=unit.settings.data.model_copy(update={"scale": value}))
    return (with_settings if field in OTHER_SETTINGS else with_loss)(unit, **{field: value})


@pytest.mark.parametrize("field", [*Settings.model_fields, *(field.name for field in fields(Loss))])
def test_every_setting_and_every_trait_of_a_loss_is_part_of_the_key_but_for_those_that_decide_nothing(field, write_own):
    write_own("mine", NETWORK)
    unit = make_unit("mse")
    other = changed(unit, field)
    assert other.settings != unit.settings
    assert (key(other) == key(unit)) == (field in DECIDE_NOTHING)


@pytest.mark.parametrize(
    "change",
    [
        lambda unit: replace(unit, table=replace(unit.table, weights=np.ones(len(unit.table.labels)))),
        lambda unit: replace(unit, table=replace(unit.table, features=unit.table.features + 1e-9)),
        lambda unit: replace(unit, table=replace(unit.table, labels=unit.table.labels + 1e-9)),
        lambda unit: with_plan(unit, parts=unit.plan.parts[::-1]),
        lambda unit: with_plan(unit, split_of=1 - unit.plan.split_of),
        *(lambda unit, name=field.name: with_scaling(unit, name) for field in fields(Scaling)),
    ],
)
def test_rows_and_how_they_are_divided_and_scaled_are_part_of_the_key(change):
    unit = make_unit("mse", n_splits=2)
    assert key(change(unit)) != key(unit)


def test_a_chunk_that_tunes_is_scaled_by_other_numbers_than_one_that_does_not():
    unit = make_unit("mse")
    other = with_plan(unit, to_tune=replace(unit.plan.to_tune, center=unit.plan.to_tune.center + 1))
    assert key(other) == key(unit)
    assert key(other, is_tuning=True) != key(unit, is_tuning=True)


def test_how_a_transformed_target_was_scaled_is_part_of_the_key():
    unit = with_loss(make_unit("mse"), target_transform="log")
    assert key(changed(unit, "data")) != key(unit)


def test_rates_epochs_tuning_and_the_device_are_part_of_the_key():
    unit = make_unit("mse")
    every = [
        key(unit),
        key(unit, rates=(0.06,)),
        key(unit, epochs=2),
        key(unit, is_tuning=True),
        key(with_settings(unit, selected_by="rmse"), is_tuning=True),
        key(unit, device="another"),
    ]
    assert len(set(every)) == len(every)


def test_the_users_own_code_and_what_it_imports_is_part_of_the_key_and_other_files_are_not(write_own):
    write_own("mine", "import helper\nfrom os import path\ndef pinball(targets, outputs): ...")
    write_own("helper", "FACTOR = 1")
    write_own("other", "")
    unit = with_loss(make_unit("mse"), function="mine:pinball")
    first = key(unit)
    assert [path.name for path in loading.files_of("mine:pinball")] == ["helper.py", "mine.py"]
    write_own("other", "x = 1")
    assert key(unit) == first
    write_own("helper", "FACTOR = 2")
    assert key(unit) != first


def test_chunks_are_cut_at_the_same_places_whatever_the_number_of_seeds():
    few, many = (make_unit("mse", seeds=range(n), n_splits=3) for n in (30, 60))
    assert [keys.key_of(chunk, "") for chunk in cut(few, [Candidate(0.1)], 2, is_tuning=True)] == [
        keys.key_of(chunk, "") for chunk in cut(many, [Candidate(0.1)], 2, is_tuning=True)
    ][:1]
    assert [len(chunk.unit.settings.seeds) for chunk in cut(many, [Candidate(0.1)], 2, is_tuning=True)] == [30, 30]


@pytest.mark.parametrize(("epochs", "hidden", "expected"), [(10**7, 7, 5), (10**8, 7, 1), (1, 200_000, 10)])
def test_what_takes_long_or_much_memory_is_cut_smaller(epochs, hidden, expected):
    unit = make_unit("mse", seeds=range(30), hidden=[hidden])
    assert {len(chunk.unit.settings.seeds) for chunk in cut(unit, [Candidate(0.1)], epochs)} == {expected}
