import numpy as np
import pytest

from stages.records.datasets import Description
from stages.records.plans import Part, Plan, Scaling
from stages.records.settings import ScaleSettings
from stages.reporting import setup_text

TRAIN, VALIDATION, TEST = Part


def plan(method, n_folds=0, *, n_seeds=3, fixed=False, wanted_folds=0, n_splits=3):
    """1,250 rows of which 250 test."""
    parts = np.array([[TRAIN] * 800 + [VALIDATION] * 200 + [TEST] * 250] * n_splits, np.uint8)
    nothing = Scaling(*[np.zeros((n_splits, 1))] * 5)
    return Plan(method, n_folds, fixed, parts, np.arange(n_seeds) % n_splits, nothing, nothing, wanted_folds)


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
    assert setup_text.split(made, describe(classes), "house") == text


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
