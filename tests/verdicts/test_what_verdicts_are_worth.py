"""The benchmark of the verdicts in small, with networks that are made and trained in NumPy in a moment."""

import numpy as np
import pytest

from stages.records.plans import Part
from tests.benchmarks import verdicts
from tests.benchmarks.problems import DESIGNS

N_HIDDEN, ROUNDS = 12, 4


def learn(table, plan, loss, selected_by, n_seeds):  # noqa: ARG001
    """Fixed random hidden units of each seed, and an output layer by (reweighted) least squares: mse, mae or huber."""
    outputs = []
    for seed in range(plan.n_seeds):
        generator, rows = np.random.default_rng(seed), plan.rows(seed, Part.TRAIN, Part.VALIDATION)
        split, n_features = int(plan.split_of[seed]), table.features.shape[1]
        features = (table.features - plan.to_train.center[split]) / plan.to_train.spread[split]
        hidden = np.maximum(features @ generator.normal(size=(n_features, N_HIDDEN)) / 2 + generator.normal(), 0)
        inputs = np.column_stack([hidden, features, np.ones(len(features))])
        target = (table.labels[rows, 0] - plan.to_train.target_center[split]) / plan.to_train.target_spread[split]
        own, weight = inputs[rows], np.ones(len(rows))
        for _ in range(1 if loss.name == "mse" else ROUNDS):
            weighted = (own * weight[:, None]).T
            solved = np.linalg.solve(weighted @ own + 1e-3 * np.eye(own.shape[1]), weighted @ target)
            weight = 1 / np.maximum(np.abs(own @ solved - target), 0.05 if loss.name == "mae" else 1)
        outputs.append(inputs @ solved)
    return np.array(outputs, np.float32)[..., None]


@pytest.fixture(scope="module")
def outcomes():
    return verdicts.run(["heavy-tailed", "interactions"], learn, n_tables=3, n_fresh=10, n_new=500)


def share(outcomes, name, *, design, method):
    own = [each for cell, several in outcomes.items() if cell[2:] == (design, method) for each in several]
    return np.mean([getattr(outcome, name) for outcome in own])


def test_intervals_over_seeds_and_rows_hold_the_truth_for_new_rows_and_those_over_seeds_alone_do_not(outcomes):
    for design in DESIGNS:
        assert share(outcomes, "holds", design=design, method="ours") >= 0.85
    assert share(outcomes, "holds", design="one split", method="seeds alone") < 0.7


def test_no_pair_is_decided_the_wrong_way_round_and_no_fewer_are_decided_than_by_nadeau_and_bengio(outcomes):
    for design in DESIGNS:
        assert share(outcomes, "wrong", design=design, method="ours") == 0
    ours, theirs = (share(outcomes, "decided", design="folds", method=each) for each in ("ours", "Nadeau–Bengio"))
    assert ours >= theirs


def test_the_table_that_is_printed_has_a_line_for_each_score_and_design(outcomes):
    head, *lines, last = verdicts.summary(outcomes)
    assert last.startswith("decided the wrong way round, of all pairs: 0.0 % (0.0 to ")
    assert [line.split("  ")[0] for line in lines] == ["heavy-tailed, rmse"] * 2 + ["interactions, rmse"] * 2
    assert all(method in head for method in verdicts.METHODS)
