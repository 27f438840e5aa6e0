import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from stages.losses.estimand import MEAN, MEDIAN, quantile
from stages.references import models
from stages.references.models import CannotFitError

N_ROWS = 300


def drawn(seed=0, n_features=3):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(N_ROWS, n_features))
    return features, 2 * features[:, 0] - features[:, 1] + 0.3 * generator.exponential(size=N_ROWS)


def fitted(name, task, features, targets, *, asked=MEAN, weights=None, n_classes=0):
    model = models.model_of(name, task, asked, len(features))
    predict = models.fit(model, asked, features, targets, weights, n_classes=n_classes)
    return models.predict(predict, features.__getitem__, np.arange(len(features)))


def test_a_linear_model_of_values_is_a_ridge_with_the_weights_of_rows():
    features, values = drawn()
    weights = np.linspace(0.1, 2, N_ROWS)
    expected = Ridge(alpha=1.0).fit(features, values, sample_weight=weights).predict(features)
    outputs = fitted("linear", "regression", features, values[:, None], weights=weights)
    assert outputs.shape == (N_ROWS, 1)
    np.testing.assert_allclose(outputs[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize(("asked", "share"), [(MEDIAN, 0.5), (quantile(0.9), 0.9)])
@pytest.mark.parametrize("name", ["linear", "boosting"])
def test_where_a_quantile_decides_that_share_of_the_targets_lies_below(name, asked, share):
    features, values = drawn()
    outputs = fitted(name, "regression", features, values[:, None], asked=asked)
    assert (values <= outputs[:, 0] + 1e-9).mean() == pytest.approx(share, abs=0.05)


def test_several_targets_are_each_predicted():
    features, values = drawn()
    targets = np.stack([values, -3 * values], axis=1)
    for name in ("linear", "boosting"):
        outputs = fitted(name, "regression", features, targets)
        assert outputs.shape == (N_ROWS, 2)
        assert np.corrcoef(outputs[:, 1], targets[:, 1])[0, 1] > 0.9


def test_two_classes_have_the_probability_of_the_second_and_several_have_all():
    features, values = drawn()
    two, three = (values > 0).astype(int), np.digitize(values, [-1, 1])
    logistic = LogisticRegression(C=1.0, max_iter=1000)
    expected = logistic.fit(features, two).predict_proba(features)[:, 1:]
    np.testing.assert_allclose(fitted("linear", "binary", features, two, n_classes=2), expected, rtol=1e-4)
    for name in ("linear", "boosting"):
        outputs = fitted(name, "multiclass", features, three, n_classes=3)
        np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
        assert (outputs.argmax(axis=1) == three).mean() > 0.8


def test_a_class_that_no_train_row_has_gets_no_probability():
    features, values = drawn()
    outputs = fitted("boosting", "multiclass", features, np.where(values > 0, 2, 0), n_classes=3)
    assert (outputs[:, 1] == 0).all()


def test_trees_take_missing_values_as_they_are():
    features, values = drawn()
    features[::2, 0] = np.nan
    assert np.corrcoef(fitted("boosting", "regression", features, values[:, None])[:, 0], values)[0, 1] > 0.5


@pytest.mark.parametrize("name", ["linear", "boosting"])
def test_what_cannot_be_fitted_says_why_in_a_line(name):
    features, values = drawn()
    with pytest.raises(CannotFitError, match="all of one class"):
        fitted(name, "binary", features, np.ones(N_ROWS, int), n_classes=2)
    with pytest.raises(CannotFitError) as refused:
        fitted(name, "regression", features, np.where(values > 0, values, np.inf)[:, None])
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["linear", "boosting"])
def test_as_many_threads_as_there_are_give_the_same_bytes(name):
    features, values = drawn(n_features=6)
    outputs = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            outputs.append(fitted(name, "multiclass", features, np.digitize(values, [-1, 1]), n_classes=3).tobytes())
    assert outputs[0] == outputs[1]


def test_the_time_of_large_tables_is_bounded_by_the_rows_that_are_learned_from():
    assert models.most_rows("boosting", 20, 1) == 100_000
    assert models.most_rows("boosting", 20, 4) == 25_000
    assert models.most_rows("boosting", 6_000, 3) == models.FEWEST_ROWS
    assert models.most_rows("linear", 20, 1) > models.most_rows("boosting", 20, 1)


@pytest.mark.thorough
def test_a_model_can_be_made_while_another_thread_imports_keras(root):
    """Which is imported as if scikit-learn were not there: in threads a run does both at once."""
    code = """
import sys, threading, time
from stages.references.models import Model

def make():
    while "sklearn" not in sys.modules:  # where Keras is to see nothing of it None stands
        time.sleep(0)
    print(type(Model("sklearn.linear_model.Ridge", {}).make()).__name__)

thread = threading.Thread(target=make, daemon=True)
thread.start()
from stages.training import backend
thread.join(60)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "Ridge\n", done.stderr
