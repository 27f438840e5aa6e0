import pytest

from stages.losses import asks
from stages.losses.catalogue import LOSSES
from stages.params.loss_entry import resolve


@pytest.mark.parametrize(
    ("entry", "asked"),
    [
        ("mse", "the mean"),
        ("mae", "the median"),
        ("poisson", "the mean"),
        ({"loss": "pinball", "quantile": 0.9}, "the 90 % quantile"),
        ({"loss": "pinball", "quantile": 0.025}, "the 2.5 % quantile"),
        ("pinball", "the median"),
        ({"loss": "mse", "target": "ratio"}, "the mean"),
        ({"loss": "mse", "target": "log"}, "the mean of logarithms"),
        ({"loss": "mae", "target": "log"}, "the median"),
        ({"loss": "pinball", "quantile": 0.9, "target": "log"}, "the 90 % quantile"),
        ({"loss": "my:f", "targets": "value"}, None),
        ("hinge", None),
    ],
    ids=str,
)
def test_what_a_loss_asks_for_is_known(entry, asked):
    assert asks.for_what(resolve(entry, None)) == asked


def test_every_loss_of_values_asks_for_something():
    assert all(asks.for_what(loss) for loss in LOSSES.values() if loss.task == "regression")


@pytest.mark.parametrize(
    ("score", "best_for"),
    [("rmse", "the mean"), ("mae", "the median"), ("pinball_0.9", "the 90 % quantile"), ("my:score", None)],
)
def test_what_a_score_is_best_for_is_known(score, best_for):
    assert asks.rewarded_by(score) == best_for


def test_only_a_pinball_loss_has_a_quantile():
    assert asks.quantile(LOSSES["pinball"]) == 0.5
    assert asks.quantile(LOSSES["mae"]) is None
