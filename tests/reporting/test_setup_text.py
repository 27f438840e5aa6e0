from dataclasses import replace

import numpy as np
import pytest

from stages.records.datasets import Description, Encoded
from stages.records.networks import Attention, Augment
from stages.records.plans import Part, Plan, Scaling
from stages.records.settings import ScaleSettings, SplitSettings
from stages.reporting.texts import setup_text

TRAIN, VALIDATION, TEST, UNUSED = Part


def plan(method, n_folds=0, *, n_seeds=3, fixed=False, wanted_folds=0, n_splits=3):
    """1,250 rows of which 250 test."""
    parts = np.array([[TRAIN] * 800 + [VALIDATION] * 200 + [TEST] * 250] * n_splits, np.uint8)
    nothing = Scaling(*[np.zeros((n_splits, 1))] * 5)
    return Plan(method, n_folds, fixed, parts, np.arange(n_seeds) % n_splits, nothing, nothing, wanted_folds)


def split(**changes):
    usual = {"method": None, "train": 0.8, "folds": None, "column": "house", "random_state": 0, "fixed": False}
    return SplitSettings(**usual | changes)


def describe(classes=()):
    return Description(
        task="binary" if classes else "regression",
        inferred=None,
        other_tasks=[],
        classes=list(classes),
        targets=["y"],
        files=[],
        csv=None,
        n_read=1250,
        columns=[],
    )


@pytest.mark.parametrize(
    ("made", "classes", "text"),
    [
        (plan("first", fixed=True), "", "The first 1,000 train, the other 250 test."),
        (plan("shuffle"), "", "For each seed 1,000 rows drawn at random train, the other 250 test."),
        (
            plan("stratified", fixed=True),
            "ab",
            "1,000 rows drawn at random train (each class alike), the other 250 test, the same for every seed.",
        ),
        (
            plan("group"),
            "",
            "For each seed 1,000 rows drawn at random train (rows with the same `house` stay together), the other 250 "
            "test.",
        ),
        (
            plan("kfold", 5, n_seeds=12),
            "ab",
            "Divided into 5 folds (each class alike): each seed tests on one of them and trains on the others; after "
            "5 seeds the rows are divided anew.",
        ),
        (
            plan("kfold", 5, n_seeds=5),
            "",
            "Divided into 5 folds: each seed tests on one of them and trains on the others.",
        ),
        (
            plan("kfold", 5, n_seeds=4),
            "",
            "Divided into 5 folds: each seed tests on one of them and trains on the others; 1 fold without a seed.",
        ),
        (
            plan("kfold", 3, n_seeds=3, wanted_folds=10),
            "ab",
            "Divided into 3 folds (each class alike) (3 folds instead of 10, since the smallest class has 3 rows): "
            "each seed tests on one of them and trains on the others.",
        ),
    ],
)
def test_which_rows_train_and_which_test(made, classes, text):
    assert setup_text.split(made, describe(classes), split()) == text


def test_several_origins_say_how_many_rows_train_at_the_first_and_the_last():
    made = plan("first")
    for own, start in zip(made.parts, (400, 600, 800), strict=True):
        own[:] = UNUSED
        own[: start - 80], own[start - 80 : start], own[start : start + 200] = TRAIN, VALIDATION, TEST
    assert setup_text.split(made, describe(), split(method="first", origins=3)) == (
        "Seeds take turns on 3 origins in time: all that lies before one trains, from 400 to 800 rows, and the next "
        "200 test."
    )


@pytest.mark.parametrize(
    ("made", "classes", "copies", "text"),
    [
        (
            plan("first"),
            "",
            "together",
            "The first 1,000 rows, counting all copies of them, train, the other 250 test.",
        ),
        (plan("first"), "", "apart", "The first 1,000 train, the other 250 test."),
        (
            plan("shuffle"),
            "",
            "together",
            "For each seed 1,000 rows drawn at random train (copies of a row stay together), the other 250 test.",
        ),
        (
            plan("group"),
            "",
            "together",
            "For each seed 1,000 rows drawn at random train (rows with the same `house` stay together, copies of a row "
            "stay together), the other 250 test.",
        ),
        (
            plan("kfold", 5, n_seeds=5),
            "ab",
            "apart",
            "Divided into 5 folds (each class alike, copies of a row are divided like other rows): each seed tests on "
            "one of them and trains on the others.",
        ),
        (
            replace(plan("kfold", 3, n_seeds=3, wanted_folds=10), clusters_are="copies"),
            "ab",
            "together",
            "Divided into 3 folds (each class alike, copies of a row stay together) (3 folds instead of 10, since the "
            "smallest class has 3 different rows): each seed tests on one of them and trains on the others.",
        ),
    ],
)
def test_what_becomes_of_copies_is_said(made, classes, copies, text):
    described = replace(describe(classes), copies="different row")
    assert setup_text.split(made, described, split(copies=copies)) == text


@pytest.mark.parametrize(
    ("n_splits", "settings", "classes", "text"),
    [
        (1, ("standard", None, "all"), "", "Features: scaling standard; target: scaling standard, fitted on all rows."),
        (
            1,
            ("minmax", "robust", "train"),
            "",
            "Features: scaling minmax; target: scaling robust, fitted on the train rows.",
        ),
        (3, ("robust", None, "train"), "ab", "Features: scaling robust, fitted on the train rows of each seed."),
        (3, ("none", None, "train"), "ab", "Features: scaling none."),
        (3, ("none", "none", "train"), "", "Features: scaling none; target: scaling none."),
    ],
)
def test_how_features_and_target_are_scaled(n_splits, settings, classes, text):
    features, target, fit_on = settings
    scale = ScaleSettings(features=features, target=target, fit_on=fit_on)
    assert setup_text.scaling(plan("shuffle", n_splits=n_splits), describe(classes), scale) == text


def settings(make_run, **changes):
    return make_run("mse", **changes).settings


def test_the_network_is_described_layer_by_layer(make_run):
    assert setup_text.network(settings(make_run), 20) == "20 inputs → 25 relu → output."
    varied = settings(make_run, hidden=(8, 4), hidden_activation="tanh", dropout=0.5, batch_norm=True)
    assert setup_text.network(varied, 1) == (
        "1 input → 8 tanh (normalised over the batch, dropout 0.5) → 4 tanh (normalised over the batch, "
        "dropout 0.5) → output."
    )
    augment = Augment(flip="horizontal_and_vertical", zoom=0.1)
    seen = settings(make_run, hidden=(), network=Attention(kind="attention", augment=augment))
    assert setup_text.network(seen, 64) == (
        "64 inputs → changed at random while training (flip horizontal and vertical, zoom 0.1) → 1 block of attention "
        "(2 heads, width 16) → output."
    )
    own = settings(make_run, model="mine:build")
    assert setup_text.network(own, 3) == "`mine:build` in `stages/custom`, 3 inputs."


@pytest.mark.parametrize(
    ("optimizer", "text"),
    [
        ({"name": "SGD", "learning_rate": 0.01, "momentum": 0.9, "nesterov": False}, "SGD (momentum 0.9)"),
        ({"name": "SGD", "learning_rate": 0.01, "momentum": 0.9, "nesterov": True}, "SGD (momentum 0.9, nesterov)"),
        ({"name": "SGD", "learning_rate": 0.01, "momentum": 0.0, "nesterov": False}, "SGD"),
        (
            {"name": "Adam", "learning_rate": 0.01, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False},
            "Adam (beta 1 0.9, beta 2 0.999, epsilon 1e-07)",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_optimizer_is_described_whole(make_run, optimizer, text):
    training = setup_text.training(settings(make_run, optimizer=optimizer))
    assert training == f"{text}, learning rate 0.01, 100 epochs of batches of 32."


def test_where_rates_are_tuned_none_is_named(make_run, make_tuning):
    training = setup_text.training(settings(make_run, tuning=make_tuning()))
    assert training == (
        "SGD (momentum 0.9), batches of 32; each loss with the learning rate, the schedule and the number "
        "of epochs that are best for it."
    )


@pytest.mark.parametrize(
    ("settings", "target"),
    [
        ({}, "Target: `y`, a regression task"),
        ({"exposure": "years"}, "Target: `y` divided by `years`, by which each row"),
    ],
)
def test_a_target_that_is_a_rate_is_said_to_be_one(settings, target):
    described = replace(describe(), files=["data/external/own.csv"])
    text = setup_text.source("own", {"file": "data/external/own.csv", **settings}, 1250, Encoded(described, []))
    assert target in text
