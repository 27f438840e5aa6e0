"""What a winner says of a class agrees with the shares that it says beside it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy.special import logit, softmax

from stages.records.winners import Calibrating
from tests.winners.untrained import predictor_of, write_winners

LOSSES = {
    "hinge": ["no", "yes"],
    "binary_crossentropy": ["no", "yes"],
    "categorical_hinge": ["a", "b", "c"],
    "categorical_crossentropy": ["a", "b", "c"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project's folder with a winner of each loss."""

    def write_tables(place):
        for name, classes in LOSSES.items():
            rows = pd.DataFrame(
                {"x": np.random.default_rng(0).normal(size=60).round(3), "y": classes * (60 // len(classes))}
            )
            rows.to_csv(place / f"{name}.csv", index=False)

    params = {
        "loss": "all",
        "datasets": {name: {"source": {"file": f"data/external/{name}.csv", "target": "y"}} for name in LOSSES},
        "comparisons": {name: {"hidden": [], "epochs": 1, "losses": [name]} for name in LOSSES},
        "train": {"seeds": 2, "optimizer": {"name": "SGD", "learning_rate": 0.1}},
        "report": {"headline": dict.fromkeys(LOSSES, "accuracy")},
    }
    return write_winners(tmp_path_factory.mktemp("project"), params, write_tables)


def predict(folder, name, outputs):
    """What is predicted of rows for which each network puts out what is given: (n_networks, n_rows, n_outputs)."""
    outputs = np.asarray(outputs, np.float32)
    return predictor_of(folder, name, outputs).predict(pd.DataFrame({"x": np.zeros(outputs.shape[1])})).table


def test_of_two_classes_the_votes_decide_not_the_mean_output(folder):
    table = predict(folder, "hinge", [[[0.1]]] * 6 + [[[-0.9]]] * 4)
    assert table.iloc[0, [0, 2, 3]].tolist() == ["yes", 0.4, 0.6]
    assert table["spread"][0] == pytest.approx(np.std([1] * 6 + [0] * 4, ddof=1))
    assert predict(folder, "hinge", [[[-0.1]]] * 6 + [[[0.9]]] * 4)["prediction"].tolist() == ["no"]


def test_of_several_classes_the_votes_decide_not_the_mean_output(folder):
    votes = [[[0.2, 0.1, 0.0]]] * 5 + [[[0.0, 0.9, 0.0]]] * 4 + [[[0.0, 0.0, 9.0]]]
    assert predict(folder, "categorical_hinge", votes).iloc[0, [0, 2, 3, 4]].tolist() == ["a", 0.5, 0.4, 0.1]


def test_an_even_vote_goes_to_class_1_of_two_and_to_the_first_of_more(folder):
    assert predict(folder, "hinge", [[[0.1]]] * 5 + [[[-0.9]]] * 5)["prediction"].tolist() == ["yes"]
    even = [[[0.0, 0.1, 0.0]]] * 5 + [[[0.0, 0.0, 0.9]]] * 5
    assert predict(folder, "categorical_hinge", even)["prediction"].tolist() == ["b"]


OUTPUTS = npst.arrays(
    np.float32, st.tuples(st.just(10), st.integers(1, 5), st.just(3)), elements=st.floats(-1, 1, width=32)
)


@pytest.mark.parametrize("name", LOSSES)
@given(outputs=OUTPUTS)
def test_no_class_has_a_greater_share_than_the_one_that_is_predicted(folder, name, outputs):
    if "crossentropy" in name:
        outputs = np.exp(outputs) / np.exp(outputs).sum(axis=-1, keepdims=True)
    table = predict(folder, name, outputs if name.startswith("categorical") else outputs[..., :1])
    shares = table.filter(regex="^(p|votes)_")
    shares.columns = [column.partition("_")[2] for column in shares]
    predicted = [shares.loc[row, prediction] for row, prediction in table["prediction"].items()]
    assert predicted == shares.max(axis=1).tolist()
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)


def test_rows_on_which_a_network_puts_out_no_number_are_not_predicted_and_named(folder):
    for name, classes in LOSSES.items():
        n_outputs = len(classes) if name.startswith("categorical") else 1
        outputs = np.full((10, 3, n_outputs), 0.25)
        outputs[4, 1] = np.inf
        predictor = predictor_of(folder, name, outputs)
        made = predictor.predict(pd.DataFrame({"x": [0.0, 1.0, 0.5]}))
        assert made.table.isna().all(axis=1).tolist() == [False, True, False]
        assert made.notes == ["1 row without a prediction (row 2 first): the numbers are too large for the networks"]


def predict_at(folder, name, outputs, threshold):
    predictor = predictor_of(folder, name, np.asarray(outputs, np.float32))
    predictor.winner = replace(predictor.winner, threshold=threshold)
    predicted = predictor.predict(pd.DataFrame({"x": np.zeros(len(outputs[0]))}))
    assert (np.array(predictor.winner.description.classes)[predicted.decided] == predicted.table["prediction"]).all()
    return predicted.table


def test_a_threshold_of_the_winner_decides_what_its_networks_say_on_average(folder):
    outputs = [[[0.1], [0.3]], [[0.2], [0.2]]]
    table = predict_at(folder, "binary_crossentropy", outputs, [0.2])
    assert table["prediction"].tolist() == ["no", "yes"]
    assert table["p_yes"].tolist() == pytest.approx([0.15, 0.25])


def test_networks_vote_at_the_threshold_of_the_winner(folder):
    outputs = [[[-0.5]], [[-0.4]], [[-0.9]]]
    table = predict_at(folder, "hinge", outputs, [-0.6])
    assert table["prediction"].tolist() == ["yes"]
    assert table["votes_yes"].tolist() == pytest.approx([2 / 3])


def test_offsets_of_the_winner_decide_between_several_classes(folder):
    outputs = [[[0.6, 0.3, 0.1]]]
    table = predict_at(folder, "categorical_crossentropy", outputs, [0.0, np.log(2.1), 0.0])
    assert table["prediction"].tolist() == ["b"]
    assert table["p_a"].tolist() == pytest.approx([0.6])


@pytest.mark.parametrize("name", LOSSES)
def test_a_calibrated_winner_gives_probabilities_of_the_mean_of_its_networks(folder, name):
    n_classes = len(LOSSES[name])
    outputs = np.random.default_rng(0).uniform(0.1, 0.9, (4, 5, 1 if n_classes == 2 else n_classes)).astype(np.float32)
    if name == "categorical_crossentropy":
        outputs /= outputs.sum(axis=2, keepdims=True)
    predictor = predictor_of(folder, name, outputs)
    made = Calibrating(slope=1.5, offsets=[0.0, 0.3, -0.2][:n_classes], log_loss=[])
    predictor.winner = replace(predictor.winner, calibration=made)
    predicted = predictor.predict(pd.DataFrame({"x": np.zeros(5)}))
    mean = outputs.mean(axis=0, dtype=np.float64)
    strengths = {
        "hinge": np.concatenate([0 * mean, mean], axis=1),
        "binary_crossentropy": np.concatenate([0 * mean, logit(mean)], axis=1),
        "categorical_hinge": mean,
        "categorical_crossentropy": np.log(mean),
    }[name]
    expected = softmax(1.5 * strengths + made.offsets, axis=1)
    shown = predicted.table[[f"p_{each}" for each in LOSSES[name]]].to_numpy()
    np.testing.assert_allclose(shown, expected, atol=1e-6)
    assert predicted.outputs.shape[1] == (1 if n_classes == 2 else n_classes)


def test_where_decisions_cost_the_cheapest_is_decided_by_calibrated_probabilities(folder):
    predictor = predictor_of(folder, "binary_crossentropy", np.array([[[0.05], [0.2]]], np.float32))
    made = Calibrating(slope=1.0, offsets=[0.0, 0.0], log_loss=[])
    predictor.winner = replace(predictor.winner, calibration=made, costs=[[0, 1], [9, 0]])
    table = predictor.predict(pd.DataFrame({"x": np.zeros(2)})).table
    assert table["prediction"].tolist() == ["no", "yes"]
