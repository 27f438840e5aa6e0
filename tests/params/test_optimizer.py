import keras
import pytest

from stages.params.load import unused_settings
from stages.params.optimizer import SETTINGS, Optimizer


@pytest.mark.parametrize("name", SETTINGS)
def test_the_settings_are_those_of_keras_and_so_are_their_values_where_none_are_given(name):
    settings = Optimizer(name=name).settings()
    config = getattr(keras.optimizers, name)().get_config()
    assert list(settings) == ["name", "schedule", *SETTINGS[name], "global_clipnorm"]
    assert {key: config[key] for key in SETTINGS[name] if key != "learning_rate"} == {
        key: settings[key] for key in SETTINGS[name] if key != "learning_rate"
    }


@pytest.mark.parametrize("name", SETTINGS)
def test_by_default_the_learning_rate_is_tuned_over_two_and_a_half_decades_about_keras_own(name):
    rates = Optimizer(name=name).rates()
    assert rates == sorted(rates)
    assert len(rates) == 6
    assert rates[-1] / rates[0] == pytest.approx(300)
    assert rates[0] < getattr(keras.optimizers, name)().get_config()["learning_rate"] < rates[-1]


@pytest.mark.parametrize(
    ("learning_rate", "settings", "rates"),
    [(0.02, 0.02, [0.02]), ("1e-3", 0.001, [0.001]), ([0.1, 0.01], [0.01, 0.1], [0.01, 0.1]), ([3], [3.0], [3.0])],
)
def test_a_learning_rate_is_a_number_or_a_list_to_choose_from(learning_rate, settings, rates):
    optimizer = Optimizer(name="SGD", learning_rate=learning_rate)
    several = isinstance(settings, list)
    assert optimizer.settings() == {
        "name": "SGD",
        "learning_rate": settings,
        "momentum": 0.0,
        "nesterov": False,
        # what is chosen with the rate
        "schedule": ["cosine", "constant"] if several else "constant",
        **({"global_clipnorm": 1.0} if several else {}),
    }
    assert optimizer.rates() == rates
    assert optimizer.is_tuned() == several


def test_a_schedule_is_a_name_or_a_list_to_choose_from_and_0_cuts_no_gradient():
    settings = Optimizer(name="Adam", learning_rate=0.01, schedule="cosine", global_clipnorm=0.5).settings()
    assert (settings["schedule"], settings["global_clipnorm"]) == ("cosine", 0.5)
    assert not Optimizer(name="Adam", learning_rate=0.01, schedule="cosine").is_tuned()
    several = Optimizer(name="Adam", learning_rate=0.01, schedule=["constant", "cosine"])
    assert several.is_tuned()
    assert "global_clipnorm" not in several.settings()
    assert "global_clipnorm" not in Optimizer(name="Adam", global_clipnorm=0).settings()


@pytest.mark.parametrize("name", SETTINGS)
def test_auto_is_the_optimizers_own_list_whichever_it_is(name):
    assert Optimizer(name=name, learning_rate="auto") == Optimizer(name=name)


def test_another_optimizer_takes_its_own_settings_and_leaves_the_others(check):
    params = check({"train.optimizer": {"name": "SGD", "momentum": 0.9}})
    assert unused_settings(params) == []
    assert params.setup("houses").optimizer.settings()["momentum"] == 0.9
    params = check({"train.optimizer.name": "Adam"})
    optimizer = params.setup("houses").optimizer
    assert optimizer.settings() == Optimizer(name="Adam").settings()
    assert optimizer.unused() == {"momentum": ["SGD", "RMSprop"]}
    assert unused_settings(params) == [
        "train.optimizer.momentum is not used: it is a setting of SGD and RMSprop, not of Adam"
    ]


def test_comparisons_with_an_optimizer_of_their_own_keep_it(check):
    own = {"name": "SGD", "learning_rate": 0.01, "momentum": 0.9}
    params = check({"comparisons.circles.optimizer": own, "train.optimizer": {"name": "RMSprop", "momentum": 0.5}})
    assert params.setup("circles").optimizer.settings() == own | {"nesterov": False, "schedule": "constant"}
    assert params.setup("houses").optimizer.settings()["momentum"] == 0.5
    assert unused_settings(params) == []


def test_settings_that_no_selected_comparison_uses_are_not_told(check):
    params = check({"loss": "hinge", "train.optimizer": {"name": "Adam", "momentum": 0.5}})
    assert {params.optimizer_key(name) for name in params.selected()} == {"comparisons.circles.optimizer"}
    assert unused_settings(params) == []


def test_a_second_run_where_no_rate_is_chosen_is_said_where_it_stands_under_the_comparison_itself(check):
    given = {"name": "SGD", "learning_rate": 0.01}
    assert unused_settings(check({"comparisons.circles.optimizer": given, "train.second_run": True})) == []
    own = check({"comparisons.circles.optimizer": given, "comparisons.circles.second_run": True})
    assert unused_settings(own) == [
        "comparisons.circles.second_run is not used: its learning rate is given, so nothing was chosen that might not "
        "survive"
    ]


def test_a_comparison_says_itself_whether_it_is_trained_once_more_and_else_as_train_says(check):
    params = check({"train.second_run": True, "comparisons.circles.second_run": False})
    assert not params.asks_for_second_run("circles")
    assert params.asks_for_second_run("houses")
    params = check({"comparisons.houses.second_run": True})
    assert params.asks_for_second_run("houses")
    assert not params.asks_for_second_run("circles")
