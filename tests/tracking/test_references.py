import math

import numpy as np

from stages.records.references import Reference
from stages.tracking.references import numbers_of, parameters

SCORES = {"train": {"accuracy": [1.0, 0.5]}, "test": {"accuracy": [0.5, 0.7], "roc_auc": [None, None]}}
MODEL = Reference("linear", "sklearn.linear_model.LogisticRegression", {"C": 1.0}, (0, 1), 30, 40, None, SCORES)


def named(*arguments):
    return {number.name: number.value for number in numbers_of(MODEL, *arguments)}


def test_scores_have_the_names_that_those_of_networks_have():
    told = named("accuracy", None)
    assert told["decides/test_accuracy"] == 0.6
    assert told["decides/test_accuracy_sd"] == np.std([0.5, 0.7], ddof=1)
    assert told["final/train_accuracy"] == 0.75
    assert not any(math.isnan(value) for value in told.values())
    assert not any("roc_auc" in name for name in told)


def test_what_decides_is_the_score_at_the_models_own_threshold_or_the_cost():
    told = named("accuracy", [0.8, 0.9])
    assert told["decides/test_accuracy"] == np.mean([0.8, 0.9])
    assert told["final/test_accuracy_by_its_own_rule"] == 0.6
    assert named("cost", [4.0, 6.0])["decides/test_cost"] == 5.0


def test_a_models_parameters_are_its_class_and_what_that_was_given():
    assert parameters(MODEL) == {
        "model": "sklearn.linear_model.LogisticRegression",
        "seeds": 2,
        "rows_learned": 30,
        "C": 1.0,
    }
