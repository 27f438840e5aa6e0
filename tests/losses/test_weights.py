import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from stages.losses import weights

LABELS = np.array([0, 0, 0, 1, 2, 2])


def test_auto_is_what_scikit_learn_calls_balanced():
    expected = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    assert weights.of_classes("auto", LABELS, ["a", "b", "c"]) == pytest.approx(expected)
    assert np.array(weights.of_classes("auto", LABELS, ["a", "b", "c"]))[LABELS].mean() == pytest.approx(1)


def test_a_class_without_a_weight_counts_1():
    assert weights.of_classes({"c": 5.0}, LABELS, ["a", "b", "c"]) == [1, 1, 5]


def test_no_weights_are_none():
    assert weights.of_classes(None, LABELS, ["a", "b", "c"]) == []
