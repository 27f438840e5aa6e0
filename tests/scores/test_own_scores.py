import numpy as np
import pytest
from sklearn import metrics

from stages.basics.cli import UserError
from stages.losses.catalogue import LOSSES
from stages.scores.families.quantiles import pinball
from stages.scores.measure import score
from stages.scores.seed_rows import own_costs

COSTS = """import numpy as np


def missed(truth, decided):
    return np.where((truth == 1) & (decided == 0), 10.0, np.where(truth != decided, 1.0, 0.0))


def too_low(truth, predicted):
    return np.maximum(truth - predicted, 0)


def of_all(truth, predicted):
    return np.abs(truth - predicted).mean()


def negative(truth, predicted):
    return predicted - truth


def fails(truth, predicted):
    raise ValueError("no such luck")


def leaves(truth, predicted):
    raise SystemExit(0)
"""


@pytest.fixture(autouse=True)
def _own_file(write_own):
    write_own("my_costs", COSTS)


def test_decisions_are_scored_by_a_function_of_the_users_own():
    labels, outputs = np.array([1, 1, 0, 0]), np.array([[[0.4], [0.9], [0.6], [0.1]]])
    scores = score(LOSSES["hinge"], labels, 2 * outputs - 1, also=["my_costs:missed"])
    assert scores["my_costs:missed"] == [11 / 4]
    weights = np.array([3.0, 1, 1, 1])
    weighed = score(LOSSES["hinge"], labels, 2 * outputs - 1, also=["my_costs:missed"], weights=weights)
    assert weighed["my_costs:missed"] == [31 / 6]


def test_values_are_scored_in_the_targets_own_units():
    labels, outputs = np.array([[0.0], [10.0]]), np.array([[[0.5], [0.5]]])
    scores = score(LOSSES["mse"], labels, outputs, spread=10, also=["my_costs:too_low"])
    assert scores["my_costs:too_low"] == [2.5]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("of_all", "it gave () for 2 rows; a cost for each is needed"),
        ("negative", "it gave -3 for a row; what a row costs is a number, 0 or more"),
        ("fails", "calling it failed: ValueError: no such luck"),
        ("leaves", "calling it failed: SystemExit: 0"),
    ],
)
def test_a_score_that_gives_no_cost_for_each_row_is_refused_in_a_line(name, line):
    with pytest.raises(UserError) as raised:
        own_costs(f"my_costs:{name}", np.array([[3.0], [1.0]]), np.array([[0.0], [1.0]]))
    assert str(raised.value) == f"stages/custom/my_costs.py: {name}: {line}"


def test_pinball_and_coverage_are_worked_by_hand_and_as_scikit_learn_has_them():
    rng = np.random.default_rng(0)
    labels, outputs = rng.normal(size=(50, 1)), rng.normal(1, 1, (2, 50, 1))
    scores = score(LOSSES["pinball"], labels, outputs, also=["pinball_0.9", "coverage"])
    for seed, own in enumerate(outputs):
        assert scores["pinball_0.9"][seed] == pytest.approx(metrics.mean_pinball_loss(labels, own, alpha=0.9))
        assert scores["coverage"][seed] == (labels <= own).mean()


def test_the_constant_of_a_quantile_is_that_quantile():
    assert pinball(0.9, "pinball_0.9").constant(np.arange(101.0)[:, None], 0, None) == [90]
