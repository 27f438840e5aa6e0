"""Networks of the user's own on rows of several axes, and what is said of a network before it trains."""

import re
from dataclasses import replace

import numpy as np
import pytest

from stages.basics.cli import UserError
from stages.execution import cutting, network_checks
from stages.execution.user_code_checks import try_unit
from stages.records.networks import Attention, Conv, Recurrent
from stages.records.plans import Part
from stages.training.unit import Unit
from stages.wording.training import at_once
from tests.training.units import make_plan, make_settings, make_table

OWN = """import keras
from keras import layers


def images(shape, n_outputs, activation):
    return keras.Sequential([
        keras.Input(shape),
        layers.RandomFlip("horizontal"),
        layers.RandomTranslation(0.2, 0.2),
        layers.Conv2D(2, 3, padding="same", use_bias=False, name="edges"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.GlobalAveragePooling2D(),
        layers.Dense(n_outputs, activation=activation),
    ])


def volumes(shape, n_outputs, activation):
    return keras.Sequential([
        keras.Input(shape),
        layers.Reshape((*shape, 1)),
        layers.Conv3D(2, 2, name="cubes"),
        layers.Flatten(),
        layers.Dense(n_outputs, activation=activation),
    ])


def flat(shape, n_outputs, activation):
    return keras.Sequential([keras.Input((90,)), layers.Dense(n_outputs, activation=activation)])
"""


def unit_of_images(shape=(6, 5, 3), loss="categorical_crossentropy", **changes):
    """A small unit whose rows are images."""
    from stages.losses.catalogue import LOSSES

    table = make_table(loss, None)
    rng = np.random.default_rng(0)
    features = rng.normal(size=(len(table.labels), *shape)) + table.labels.reshape(-1, *[1] * len(shape))
    table = replace(table, features=features)
    settings = make_settings(LOSSES[loss], **{"hidden": [], **changes})
    return Unit(settings, table, make_plan(table, LOSSES[loss].task, len(settings.seeds), 1))


def test_an_own_network_is_handed_the_shape_of_a_row_and_passes_with_layers_that_draw(write_own):
    write_own("nets", OWN)
    try_unit(unit_of_images(model="nets:images"))


def test_an_own_network_that_takes_rows_of_another_shape_is_refused_in_a_line(write_own):
    write_own("nets", OWN)
    with pytest.raises(UserError, match=re.escape("its input has the shape (None, 90); (None, 6, 5, 3) is needed")):
        try_unit(unit_of_images(model="nets:flat"))


def test_what_is_said_of_a_network_is_how_fast_it_is_and_what_it_takes():
    unit = unit_of_images(network=Conv(kind="conv", filters=(2,)))
    [line] = network_checks.about(unit)
    said = re.fullmatch(
        r"train: made_up: 3 networks at once, each (about (\d+) times as fast as|no faster than) model\.fit; "
        r"about 0\.0 GB for a process, and 0\.0 GB of rows",
        line,
    )
    assert said
    assert said[2] is None or 2 <= int(said[2]) <= 1000


@pytest.mark.thorough
def test_a_layer_without_a_mapping_is_named_in_a_line(write_own):
    write_own("nets", OWN)
    _, line = network_checks.about(unit_of_images(model="nets:volumes"))
    assert line == ("train: made_up: cubes (Conv3D) has no mapping on the replica axis: it trains replica by replica")


@pytest.mark.parametrize(
    ("network", "n_features"),
    [
        (Conv(kind="conv", filters=(2, 3)), (6, 5, 3)),
        (Recurrent(kind="recurrent", units=(3,)), (6, 5)),
        (Attention(kind="attention", width=4), (6, 5)),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_the_memory_of_networks_bounds_how_many_train_at_once(network, n_features, monkeypatch):
    unit = unit_of_images(n_features, network=network, seeds=range(30))
    assert cutting.most_at_once(unit) == 30
    of_one = cutting.memory(unit, 1)
    assert cutting.memory(unit, 30) == 30 * of_one
    wide = replace(unit, settings=unit.settings.model_copy(update={"batch_size": 160}))
    assert of_one < cutting.memory(wide, 1) < 11 * of_one
    monkeypatch.setattr(cutting, "NUMBERS", 10 * 16 * cutting._sizes(unit).numbers)
    assert [len(chunk.unit.settings.seeds) for chunk in cutting.cut(unit, [cutting_candidate()], 3)] == [10] * 3


def test_what_networks_give_of_masks_bounds_how_many_train_at_once_and_is_said(monkeypatch):
    plain = unit_of_images(network=Conv(kind="conv", filters=(2,)), loss="binary_crossentropy", seeds=range(30))
    masks = np.broadcast_to(plain.table.labels[:, None, None], (len(plain.table.labels), 6, 5))
    unit = replace(plain, table=replace(plain.table, labels=masks))
    n_outputs = masks.size
    assert (cutting.predictions(plain), cutting.predictions(unit)) == (0, 2 * 30 * n_outputs)
    more = cutting.memory(unit, 10) - cutting.memory(replace(unit, table=unit.table.take(np.arange(1))), 10)
    assert more == 10 * (4 + 2) * (n_outputs - 30)
    monkeypatch.setattr(cutting, "OUTPUTS", 10 * n_outputs)
    assert cutting.most_at_once(unit) == 10
    sizes = [len(chunk.unit.settings.seeds) for chunk in cutting.cut(unit, [cutting_candidate()], 3)]
    assert sizes == [10] * 3
    # while tuning, and where weights alone are wanted, nothing of it is kept
    for how in ({"is_tuning": True, "is_alone": True}, {"is_to_use": True}):
        [chunk] = cutting.cut(unit, [cutting_candidate()], 3, **how)
        assert len(chunk.unit.settings.seeds) == 30
    assert at_once("cells", 10, 2.0, 3 * 10**9, 10**8, of_predictions=2 * 10**9).endswith(
        "about 3.0 GB for a process, and 0.1 GB of rows and 2.0 GB of predictions"
    )


def test_rows_that_a_budget_leaves_out_do_not_count_for_how_many_train_at_once(monkeypatch):
    unit = unit_of_images(network=Conv(kind="conv", filters=(2,)), seeds=range(30))
    n_rows = len(unit.table.labels)
    monkeypatch.setattr(cutting, "LIMIT", 10 * n_rows * cutting._sizes(unit).products * unit.settings.epochs)
    assert cutting.most_at_once(unit) == 10
    parts = unit.plan.parts.copy()
    parts[:, n_rows // 4 :] = Part.UNUSED
    assert cutting.most_at_once(replace(unit, plan=replace(unit.plan, parts=parts))) == 30


def cutting_candidate():
    from stages.training.chunk import Candidate

    return Candidate(0.1)


def test_products_and_numbers_of_a_convolution_worked_by_hand():
    sizes = cutting._sizes(unit_of_images(network=Conv(kind="conv", filters=(2,), pool=2)))
    # 3 × 3 × 3 × 2 weights at 6 × 5 positions; 3 × 3 positions of 2 numbers after the pooling, for 3 outputs
    assert sizes.products == 54 * 30 + 18 * 3
    assert sizes.weights == 54 + 2 + 18 * 3 + 3
    # the rows, the sums and their activation, the pooled ones, the same flat, the outputs
    assert sizes.numbers == 90 + 60 + 60 + 18 + 18 + 3
