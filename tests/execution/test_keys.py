from dataclasses import replace

import numpy as np
import pytest

from stages.execution import keys
from stages.training.chunk import cut
from stages.usercode import loading
from tests.training.units import make_unit


def key(unit, *, device="a processor", rates=(0.05,), epochs=3, is_tuning=False):
    [chunk] = cut(unit, rates, epochs, is_tuning=is_tuning)
    return keys.key_of(chunk, device)


def with_settings(unit, **changes):
    return replace(unit, settings=unit.settings.model_copy(update=changes))


def with_loss(unit, **changes):
    return with_settings(unit, loss=replace(unit.loss, **changes))


@pytest.mark.parametrize(
    ("change", "is_another"),
    [
        (lambda unit: with_settings(unit, comparison="another", dataset="too", also_scored=("rmsle",)), False),
        (lambda unit: with_loss(unit, name="squares", aliases=("x",), beware="a trap"), False),
        (lambda unit: with_settings(unit, hidden=(8,)), True),
        (lambda unit: with_settings(unit, hidden_activation="tanh"), True),
        (lambda unit: with_settings(unit, batch_norm=True), True),
        (lambda unit: with_loss(unit, framing="log"), True),
        (lambda unit: with_loss(unit, activation="softplus"), True),
        (lambda unit: with_loss(unit, parameters={"delta": 2.0}), True),
        (lambda unit: with_settings(unit, selected_by="rmse"), False),
        (lambda unit: with_settings(unit, class_weights=(1.0, 2.0)), True),
        (lambda unit: replace(unit, table=replace(unit.table, weights=np.ones(len(unit.table.labels)))), True),
        (lambda unit: replace(unit, table=replace(unit.table, labels=unit.table.labels + 1e-9)), True),
        (lambda unit: replace(unit, plan=make_unit("mse", n_splits=2).plan), True),
    ],
)
def test_a_chunk_has_another_key_where_something_that_decides_its_result_is_another(change, is_another):
    unit = make_unit("mse")
    assert (key(change(unit)) != key(unit)) == is_another


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
    assert [keys.key_of(chunk, "") for chunk in cut(few, [0.1], 2, is_tuning=True)] == [
        keys.key_of(chunk, "") for chunk in cut(many, [0.1], 2, is_tuning=True)
    ][:1]
    assert [len(chunk.unit.settings.seeds) for chunk in cut(many, [0.1], 2, is_tuning=True)] == [30, 30]


@pytest.mark.parametrize(("epochs", "hidden", "expected"), [(10**7, 7, 5), (10**8, 7, 1), (1, 200_000, 10)])
def test_what_takes_long_or_much_memory_is_cut_smaller(epochs, hidden, expected):
    unit = make_unit("mse", seeds=range(30), hidden=[hidden])
    assert {len(chunk.unit.settings.seeds) for chunk in cut(unit, [0.1], epochs, is_tuning=False)} == {expected}
