"""Which losses of which comparisons are trained: ``loss`` and ``compare``."""

import pytest

from stages.losses.catalogue import LOSSES
from stages.params.load import ParamsError, check_params

TABLE = {"file": "data/external/houses.csv", "target": "price"}
CIRCLES = {"generator": "make_circles", "random_state": 1}
PARAMS = {
    "loss": "all",
    "datasets": {"circles": {"source": CIRCLES}, "houses": {"source": TABLE}, "wages": {"source": TABLE}},
    "comparisons": {
        "circles": {"losses": ["hinge", "binary_crossentropy"]},
        "houses": {"losses": ["mse", {"loss": "huber", "delta": 0.2, "as": "small"}]},
        "wages": {"losses": ["mse", "mae"]},
    },
    "train": {"optimizer": {"name": "SGD"}},
}


def selected(**changes):
    """The names of the losses that are trained, by comparison."""
    params = check_params(PARAMS | changes)
    return {name: [loss.name for loss in losses] for name, losses in params.selected().items()}


def refused(**changes):
    with pytest.raises(ParamsError) as raised:
        check_params(PARAMS | changes)
    return str(raised.value)


def test_the_users_own_tables_stand_before_the_generators():
    assert list(selected()) == ["houses", "wages", "circles"]
    assert list(check_params(PARAMS).compared()) == ["houses", "wages", "circles"]


def test_a_loss_that_no_comparison_lists_is_trained_wherever_its_task_fits():
    assert selected(loss="huber") == {"houses": ["huber"], "wages": ["huber"]}
    assert selected(loss="Huber") == {"houses": ["huber"], "wages": ["huber"]}
    assert selected(loss=["mse", "huber"]) == {"houses": ["mse", "huber"], "wages": ["mse", "huber"]}
    assert selected(loss=["mae", "dice"]) == {"wages": ["mae"], "circles": ["dice"]}
    params = check_params(PARAMS | {"loss": "huber"})
    assert params.selected()["houses"] == [LOSSES["huber"]]


def test_a_loss_that_a_comparison_lists_is_trained_in_those_that_do():
    assert selected(loss="mae") == {"wages": ["mae"]}
    assert selected(loss="small") == {"houses": ["small"]}


def test_a_loss_whose_task_is_that_of_no_comparison_is_refused():
    assert refused(loss="kl_divergence") == (
        "params.yaml: loss: 'kl_divergence' is in no comparison, and its task is that of none; allowed: all, or any of "
        "hinge, binary_crossentropy, mse, small, mae"
    )
    assert refused(loss="mean_squared_error", comparisons={"circles": PARAMS["comparisons"]["circles"]}) == (
        "params.yaml: loss: 'mean_squared_error' is in no comparison, and its task is that of none; for a binary task "
        "it is 'brier'; allowed: all, or any of hinge, binary_crossentropy"
    )


def test_some_comparisons_are_made():
    assert selected(compare="houses") == {"houses": ["mse", "small"]}
    assert selected(compare=["circles", "wages"]) == {
        "wages": ["mse", "mae"],
        "circles": ["hinge", "binary_crossentropy"],
    }
    assert selected(compare="houses", loss="huber") == {"houses": ["huber"]}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"compare": "house"}, "compare: 'house' is not a comparison; did you mean 'houses'? Comparisons: circles, "),
        ({"compare": []}, "compare: is empty; allowed: all, or any of circles, houses, wages"),
        ({"compare": ["all", "houses"]}, "compare: 'all' stands alone, without other names"),
        ({"compare": 3}, "compare: 3 given; allowed: all, one name, or a list of names"),
        (
            {"compare": "houses", "loss": "mae"},
            "loss: selects nothing of what compare: houses leaves; allowed: all, or any of mse, small",
        ),
        (
            {"compare": "circles", "loss": "huber"},
            "loss: selects nothing of what compare: circles leaves; ",
        ),
    ],
    ids=str,
)
def test_a_selection_that_leaves_nothing_or_names_none_is_refused(changes, line):
    assert refused(**changes).startswith(f"params.yaml: {line}")
