import pytest

from stages.losses.catalogue import LOSSES
from stages.losses.estimand import BELOW_MEDIAN, DIRECTION, MEAN, MEAN_OF_LOGARITHMS, MEDIAN, Estimand, quantile
from stages.params.loss_entry import resolve
from stages.reporting.texts import loss_text
from stages.scores import catalogue


@pytest.mark.parametrize(
    ("entry", "estimand", "words"),
    [
        ("mse", MEAN, "the mean"),
        ("mae", MEDIAN, "the median"),
        ("poisson", MEAN, "the mean"),
        ("msle", MEAN_OF_LOGARITHMS, "the mean of logarithms"),
        ("mape", BELOW_MEDIAN, "a value below the median"),
        ("huber", Estimand("between mean and median"), "a value between mean and median"),
        ("cosine_similarity", DIRECTION, "a direction"),
        ({"loss": "pinball", "quantile": 0.9}, quantile(0.9), "the 90 % quantile"),
        ({"loss": "pinball", "quantile": 0.025}, quantile(0.025), "the 2.5 % quantile"),
        ("pinball", MEDIAN, "the median"),
        ({"loss": "mse", "target": "ratio"}, MEAN, "the mean"),
        ({"loss": "mse", "target": "log"}, MEAN_OF_LOGARITHMS, "the mean of logarithms"),
        ({"loss": "mae", "target": "log"}, MEDIAN, "the median"),
        ({"loss": "pinball", "quantile": 0.9, "target": "log"}, quantile(0.9), "the 90 % quantile"),
        ({"loss": "my:f", "targets": "value"}, None, None),
        ("hinge", None, None),
    ],
    ids=str,
)
def test_what_a_loss_estimates_is_known_and_said_in_words(entry, estimand, words):
    loss = resolve(entry, None)
    assert loss.estimand == estimand
    assert loss_text.estimand(loss.estimand) == words


def test_every_loss_of_values_estimates_something():
    assert {name for name, loss in LOSSES.items() if loss.task == "regression" and not loss.estimand} == {"linex"}


@pytest.mark.parametrize(
    ("score", "words"),
    [
        ("rmse", "the mean"),
        ("mae", "the median"),
        ("pinball_0.9", "the 90 % quantile"),
        ("pinball_0.5", "the median"),
        ("my:score", None),
    ],
)
def test_what_a_score_rewards_is_known_and_said_in_words(score, words):
    assert loss_text.estimand(catalogue.find(score, "regression").rewards) == words


def test_only_a_pinball_loss_has_a_quantile():
    assert LOSSES["pinball"].quantile == 0.5
    assert LOSSES["mae"].quantile is None
