import pickle

import numpy as np
import pytest
from sklearn import metrics

from stages.losses.catalogue import LOSSES
from stages.losses.loss import Task
from stages.scores import catalogue
from stages.scores.catalogue import SCORES
from stages.scores.medians import MedianAbsoluteError
from stages.scores.seed_rows import SeedRows
from stages.scores.statistic import OfMeans

LOSS_OF: dict[Task, str] = {
    "regression": "mse",
    "binary": "binary_crossentropy",
    "multiclass": "categorical_crossentropy",
}
OF_ROWS = [score for score in SCORES.values() if score.goes_with(has_positions=False)]
SMOOTH = [score for score in OF_ROWS if not isinstance(score.statistic, MedianAbsoluteError)]
CASES = [(task, score.name) for task in LOSS_OF for score in SMOOTH if task in score.tasks]
CASES += [("regression", "pinball_0.9"), ("binary", "recall_1"), ("multiclass", "recall_2")]


def confusion(rows):
    """Rows of class 0 and 1 that are decided as 0 and 1: (n_rows, 4)."""
    return (2 * rows.labels + rows.decisions == np.arange(4)[:, None]).T.astype(float)


def mcc(parts):
    """Matthews' correlation coefficient, of which no formula of the influence of a row is at hand."""
    tn, fp, fn, tp = parts
    return (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


MCC = OfMeans(confusion, joined=mcc)


def drawn(task, generator, n_rows=60, weights=None):
    """Rows of two target columns, or of two or three classes, with outputs that know something of them."""
    loss, n_classes = LOSSES[LOSS_OF[task]], 2 if task == "binary" else 3
    if task == "regression":
        labels = generator.gamma(2, 3, (n_rows, 2))
        outputs = labels / 2 + generator.normal(0, 0.5, labels.shape)
        return SeedRows(labels, outputs, loss, np.array([0.1, 0.2]), np.array([2.0, 1.5]), weights)
    labels = generator.choice(n_classes, n_rows, p=[0.7, 0.3] if n_classes == 2 else [0.5, 0.3, 0.2])
    sums = generator.normal(size=(n_rows, n_classes)) + np.eye(n_classes)[labels]
    outputs = np.exp(sums) / np.exp(sums).sum(axis=-1, keepdims=True)
    return SeedRows(labels, outputs[:, 1:] if n_classes == 2 else outputs, loss, np.zeros(1), np.ones(1), weights)


def derivative(statistic, rows, step=1e-5):
    """The infinitesimal jackknife: n times the derivative of a score by what each row counts (n_rows,)."""

    def at(row, weight):
        weights = np.ones(len(rows.labels)) if rows.weights is None else rows.weights.copy()
        weights[row] += weight
        return statistic.value(SeedRows(rows.labels, rows.outputs, rows.loss, rows.center, rows.spread, weights))

    slopes = [(at(row, step) - at(row, -step)) / (2 * step) for row in range(len(rows.labels))]
    counted = np.ones(len(rows.labels)) if rows.weights is None else rows.weights
    return np.array(slopes) * counted.sum()


@pytest.mark.parametrize(
    ("task", "statistic"),
    [(task, catalogue.find(name, task, any_use=True).statistic) for task, name in CASES] + [("binary", MCC)],
    ids=[f"{task}-{name}" for task, name in CASES] + ["mcc"],
)
@pytest.mark.parametrize("are_weighed", [False, True])
def test_what_a_row_adds_is_the_derivative_of_the_score_by_what_it_counts(task, statistic, are_weighed):
    generator = np.random.default_rng(5)
    rows = drawn(task, generator, weights=generator.gamma(3, size=60) if are_weighed else None)
    value, reference = statistic.value(rows), statistic.reference(rows)
    expected = value + derivative(statistic, rows)
    np.testing.assert_allclose(statistic.row_values(rows, reference), expected, rtol=1e-6, atol=1e-6)


def test_a_score_with_no_formula_has_row_values_whose_mean_it_is_whatever_the_other_seeds_come_to():
    generator = np.random.default_rng(6)
    seeds = [drawn("binary", generator, n_rows) for n_rows in (30, 50, 80)]
    reference = np.mean([MCC.reference(rows) for rows in seeds], axis=0)
    values = [MCC.row_values(rows, reference) for rows in seeds]
    for rows, own in zip(seeds, values, strict=True):
        expected = metrics.matthews_corrcoef(rows.labels, rows.decisions)
        assert MCC.value(rows) == pytest.approx(expected)
        assert own.mean() == pytest.approx(expected)


def test_the_variance_of_a_score_with_no_formula_is_that_of_a_bootstrap():
    generator = np.random.default_rng(7)
    rows = drawn("binary", generator, 400)
    found = MCC.row_values(rows, MCC.reference(rows)).std() / np.sqrt(400)
    # rows that are drawn again differ in how many of them are of each class and decision
    shares = metrics.confusion_matrix(rows.labels, rows.decisions, normalize="all")
    drawn_again = generator.multinomial(400, shares.ravel(), 1000)
    truths, decided = np.repeat([0, 1], 2), np.tile([0, 1], 2)
    assert matthews(truths, decided, shares.ravel()) == pytest.approx(
        metrics.matthews_corrcoef(rows.labels, rows.decisions)
    )
    resampled = [matthews(truths, decided, counts) for counts in drawn_again]
    assert found == pytest.approx(np.std(resampled), rel=0.1)


def matthews(truths, decided, counts):
    """The correlation of class and decision, of so many rows of each."""
    covariance = np.cov(truths, decided, aweights=counts, bias=True)
    return covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])


def test_the_mean_slope_between_two_points_leads_from_one_to_the_other():
    statistic = OfMeans(lambda rows: rows.outputs, joined=lambda parts: parts[0] ** 3 / parts[1])
    rows = SeedRows(np.zeros((2, 2)), np.array([[1.0, 2], [3, 6]]), LOSSES["mse"], np.zeros(2), np.ones(2))
    # parts 2 and 4, reference 1 and 4: the score is 2, at the reference 1/4
    values = statistic.row_values(rows, np.array([1.0, 4.0]))
    # along the line the slopes are the mean of 3 x² / 4 and of −x³ / 16 from 1 to 2: 7/4 and −15/64
    np.testing.assert_allclose(values, [1 / 4 + 2 * 15 / 64, 1 / 4 + 2 * 7 / 4 - 2 * 15 / 64])


@pytest.mark.parametrize("name", [*SCORES, "recall_3", "pinball_0.9", "my_scores:cost"])
def test_a_score_can_be_handed_to_another_process(name):
    score = catalogue.find(name, None, any_use=True)
    assert pickle.loads(pickle.dumps(score)).name == name
