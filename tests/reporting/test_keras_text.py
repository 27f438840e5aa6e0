"""The line of Keras that a report says to type."""

import re

import keras
import pytest

from stages.losses.catalogue import LOSSES, canonical_name
from stages.losses.formulas import FORMULAS
from stages.reporting.texts.keras_text import compiled

NOT_IN_KERAS = {name for name, row in LOSSES.items() if not hasattr(keras.losses, row.function)}


def line(run):
    [code] = re.findall(r"`(model\.compile\([^`]*\))`", compiled(run))
    return code


@pytest.mark.parametrize("name", [name for name in LOSSES if name not in NOT_IN_KERAS])
def test_keras_compiles_what_is_to_be_typed(make_run, name):
    run = make_run(name)
    compiles = []

    class Model:
        def compile(self, optimizer, loss):
            compiles.append((optimizer, keras.losses.get(loss)))

    names = vars(keras.optimizers) | vars(keras.losses) | vars(keras.optimizers.schedules)
    exec(line(run), names | {"model": Model(), "steps": 100})
    [(optimizer, loss)] = compiles
    assert float(optimizer.learning_rate) == pytest.approx(run.learning_rate)
    expected = getattr(keras.losses, run.loss.function)
    assert isinstance(loss, expected) or loss is keras.losses.get(canonical_name(run.loss.function))


@pytest.mark.parametrize("name", sorted(NOT_IN_KERAS))
def test_of_a_loss_that_keras_lacks_it_is_said_where_its_formula_is(make_run, name):
    function = LOSSES[name].function
    assert function in FORMULAS
    assert f"`{function}` is by its formula" in compiled(make_run(name))


def test_a_rate_that_falls_and_gradients_that_are_cut_are_typed(make_run, make_tuning):
    run = make_run("mse", tuning=make_tuning())
    optimizer = run.settings.optimizer.model_copy(update={"momentum": 0.9, "global_clipnorm": 1.0})
    run = run.__class__(**{**vars(run), "settings": run.settings.model_copy(update={"optimizer": optimizer})})
    rate = f"{run.learning_rate:g}"
    falls = f"CosineDecay({rate}, steps)" if run.schedule == "cosine" else rate
    assert line(run) == f'model.compile(SGD({falls}, momentum=0.9, global_clipnorm=1), "mse")'


def test_squared_error_of_classes_is_typed_by_its_name_in_keras(make_run):
    assert line(make_run("brier")).endswith(', "mse")')


def test_parameters_that_are_not_usual_are_typed(make_run):
    assert line(make_run("huber", parameters={"delta": 2.5})).endswith("Huber(delta=2.5))")
    assert line(make_run("huber")).endswith('"huber")')


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("hinge", "with targets −1 and 1 and a last layer of `tanh`"),
        ("categorical_crossentropy", "with one-hot targets"),
        ("sparse_categorical_crossentropy", "with class numbers"),
        ("poisson", "with a last layer of `softplus`"),
        ("brier", "with a last layer of `sigmoid`"),
        ("share_crossentropy", "with a last layer of `sigmoid`, on the target as it is"),
        ("rank_mse", "with targets 0, 1, 2, … in the order of the classes and a last layer of `linear`"),
        (
            "cumulative_link",
            "with a target for each class but the last, 1 where a row is above it, and a last layer of `sigmoid`, "
            "of units that share their weights and differ in their biases",
        ),
        ("categorical_brier", "with one-hot targets and a last layer of `softmax`"),
    ],
)
def test_what_the_network_needs_besides_is_said(make_run, name, beside):
    assert compiled(make_run(name)).endswith(beside)
