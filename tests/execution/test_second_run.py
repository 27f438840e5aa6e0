from dataclasses import replace

import numpy as np
import pytest

from stages.execution.second_run import WIDER, measured_by, planned_cost, tried_otherwise, variations
from stages.execution.trials import best_of, train_trials
from stages.execution.tuning import tune
from stages.records.settings import OptimizerSettings
from stages.training.chunk import Candidate
from tests.training.units import make_unit, run_alone

SGD = {"name": "SGD", "learning_rate": (0.01, 0.1), "momentum": 0.9, "schedule": ("cosine",), "global_clipnorm": 1.5}


def asked(name="mse", **changes):
    unit = make_unit(name, rates=(0.01, 0.1), optimizer=SGD, n_splits=2, **changes)
    return replace(unit, settings=unit.settings.model_copy(update={"second_run": True}))


def test_the_optimizer_is_another_and_the_network_twice_as_wide_and_all_else_as_it_was():
    unit = asked()
    (adam, around), (wide, same) = variations(unit, 0.03).values()
    assert list(variations(unit, 0.03)) == ["Adam", WIDER]
    assert (adam.settings.optimizer.name, adam.settings.optimizer.global_clipnorm) == ("Adam", 1.5)
    assert (adam.settings.hidden, wide.settings.hidden) == ((7,), (14,))
    assert (around, same) == (pytest.approx(0.003), 0.03)
    assert wide.settings.optimizer == unit.settings.optimizer.at(0.03)
    of_adam = replace(adam, settings=adam.settings.model_copy(update={"optimizer": OptimizerSettings(
        name="AdamW", learning_rate=0.003)}))  # fmt: skip
    sgd, back = variations(of_adam, 0.003)["SGD"]
    assert (sgd.settings.optimizer.arguments["momentum"], back) == (0.9, pytest.approx(0.03))


def test_a_loss_that_is_steeper_by_a_constant_takes_steps_of_the_same_size_with_adam():
    unit = asked("mape")
    assert unit.loss.steepness == 100
    assert variations(unit, 0.0003)["Adam"][1] == pytest.approx(0.003)


def test_a_network_of_ones_own_is_not_made_wider():
    unit = asked()
    own = replace(unit, settings=unit.settings.model_copy(update={"model": "mine:network"}))
    assert list(variations(own, 0.03)) == ["Adam"]


def test_what_was_chosen_is_tried_at_three_rates_for_the_epochs_chosen_by_the_seeds_that_chose():
    unit = asked(seeds=range(12), epochs=2)

    async def work(train):
        tuning = await tune(unit, train)
        few = unit.of_seeds(range(10))
        wide, _ = variations(few, tuning.rate)[WIDER]
        candidates = [Candidate(float(f"{tuning.rate * each:.6g}"), "cosine") for each in (1 / 3, 1, 3)]
        return tuning, best_of(await train_trials(wide, candidates, tuning.epochs, train)).costs

    tuning, expected = run_alone(work)
    assert tuning.varied.tolist() == ["Adam", WIDER]
    assert (tuning.values.shape, tuning.varied_by) == ((2, 10), "mse")
    np.testing.assert_allclose(tuning.values[1], expected, rtol=1e-5)
    assert not np.allclose(tuning.values[0], tuning.values[1])


@pytest.mark.parametrize(
    ("loss", "selected_by", "expected"),
    [
        ("mse", "rmse", "rmse"),
        ("mae", "loss", "mse"),
        ("binary_crossentropy", "log_loss", "accuracy"),
        ("hinge", "loss", "accuracy"),
    ],
)
def test_losses_are_measured_by_a_score_that_all_have(loss, selected_by, expected):
    unit = make_unit(loss)
    unit = replace(unit, settings=unit.settings.model_copy(update={"selected_by": selected_by}))
    assert measured_by(unit) == expected


def test_a_loss_that_is_chosen_by_its_own_value_is_tried_by_accuracy():
    unit = asked("hinge", epochs=2)
    tuning = run_alone(
        lambda train: tune(replace(unit, settings=unit.settings.model_copy(update={"selected_by": "loss"})), train)
    )
    assert (tuning.score, tuning.varied_by) == ("loss", "accuracy")
    assert ((tuning.values >= 0) & (tuning.values <= 1)).all()


def test_where_it_is_not_asked_for_nothing_is_trained():
    unit = asked(epochs=1)
    plain = replace(unit, settings=unit.settings.model_copy(update={"second_run": False}))
    tuning = run_alone(lambda train: tune(plain, train))
    assert (tuning.values.size, len(tuning.varied)) == (0, 0)


def test_it_costs_six_networks_a_seed():
    assert planned_cost(asked(epochs=5)) == 2 * 3 * 5


def test_no_chunk_of_it_is_filled_up():
    sizes = []

    async def work(train):
        async def counted(chunks):
            sizes.extend(len(chunk.candidates) for chunk in chunks)
            return await train(chunks)

        unit = asked(epochs=1)
        tuning = await tune(replace(unit, settings=unit.settings.model_copy(update={"second_run": False})), train)
        return await tried_otherwise(unit, tuning, counted)

    run_alone(work)
    assert sizes == [3, 3]
