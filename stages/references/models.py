"""Models by scikit-learn: a linear one and boosted trees, nearly as that library sets them.

They are fitted by one thread, so that the same rows give the same bytes whatever the machine has.
"""

import importlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from stages.basics.turns import IMPORTING
from stages.losses.estimand import Estimand
from stages.losses.loss import Task
from stages.records.references import Name
from stages.scores.constants import estimate_of

CELLS = 2_000_000  # rows times columns times outputs that boosted trees learn from at most, which bounds their time
FEWEST_ROWS = 200  # of which they learn in any case
SMALL = 10_000  # rows up to which trees are small, and all of them are grown
LINEAR_CELLS = 5_000_000  # the same of a linear model
BLOCK = 65_536  # rows that are predicted at once

# from rows (n_rows, n_features) the outputs (n_rows, n_outputs)
Predict = Callable[[np.ndarray], np.ndarray]


class CannotFitError(Exception):
    """Why a model cannot be fitted to the rows, in words."""


class Model(NamedTuple):
    """A class of scikit-learn's and what it is given.

    Attributes:
        path: as it is imported, ``module.Class``.
        arguments: of the class.
    """

    path: str
    arguments: dict[str, Any]

    @property
    def takes_missing(self) -> bool:
        """Whether missing values are left to it; they are filled in otherwise, as for networks."""
        return "HistGradientBoosting" in self.path

    def make(self) -> Any:
        """An instance."""
        module, _, name = self.path.rpartition(".")
        with IMPORTING:
            return getattr(importlib.import_module(module), name)(**self.arguments)


def model_of(name: Name, task: Task, asked: Estimand | None, n_rows: int) -> Model:
    """The model of a name.

    Args:
        name: ``linear`` or ``boosting``.
        task: the kind of problem.
        asked: what the score that decides rewards; trees learn a median or a quantile where it is one.
        n_rows: that it learns from.
    """
    if name == "linear":
        if task == "regression":
            return Model("sklearn.linear_model.Ridge", {"alpha": 1.0})
        return Model("sklearn.linear_model.LogisticRegression", {"C": 1.0, "max_iter": 1000})
    arguments: dict[str, Any] = {"max_iter": 100, "random_state": 0}
    if n_rows <= SMALL:
        arguments |= {"max_leaf_nodes": 8}
    if task == "regression" and asked and asked.statistic == "median":
        arguments |= {"loss": "absolute_error"}
    elif task == "regression" and asked and asked.statistic == "quantile":
        arguments |= {"loss": "quantile", "quantile": asked.share}
    kind = "Regressor" if task == "regression" else "Classifier"
    return Model(f"sklearn.ensemble.HistGradientBoosting{kind}", arguments)


def most_rows(name: Name, n_features: int, n_outputs: int) -> int:
    """How many rows a model learns from at most."""
    cells = CELLS if name == "boosting" else LINEAR_CELLS
    return max(FEWEST_ROWS, cells // (n_features * n_outputs))


def fit(
    model: Model,
    asked: Estimand | None,
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None,
    *,
    n_classes: int,
) -> Predict:
    """Fit a model.

    Args:
        model: of `model_of`.
        asked: what the score that decides rewards.
        features: (n_rows, n_features) as networks see them; boosted trees may have NaN where a value is missing.
        targets: (n_rows, n_targets) scaled values, or (n_rows,) class indices.
        weights: (n_rows,) what each row counts, above 0; None where all count alike.
        n_classes: number of classes; 0 for values.

    Raises:
        CannotFitError: it cannot be fitted to these rows.
    """
    if n_classes:
        if len(np.unique(targets)) < 2:
            raise CannotFitError("its train rows are all of one class")
        return _of_classes(_fitted(model, features, targets, weights), n_classes)
    fitted = [_fitted(model, features, column, weights) for column in targets.T]  # trees have one target

    def values(rows: np.ndarray) -> np.ndarray:
        return np.stack([of_target.predict(rows) for of_target in fitted], axis=1)

    if model.takes_missing or asked is None or asked.statistic not in ("median", "quantile"):
        return values
    shift = estimate_of(asked)(targets - values(features), 0, weights)
    return lambda rows: values(rows) + shift


def predict(model: Predict, features: Callable[[np.ndarray], np.ndarray], rows: np.ndarray) -> np.ndarray:
    """What a model gives for some rows: float32 (n_rows, n_outputs).

    Args:
        model: what `fit` gave.
        features: gives those of some rows, as of `fit`.
        rows: their numbers (n_rows,).

    Raises:
        CannotFitError: it gives numbers that are not finite.
    """
    with _one_thread():
        blocks = [model(features(rows[start : start + BLOCK])) for start in range(0, len(rows), BLOCK)]
        outputs = np.concatenate(blocks).astype(np.float32)
    if not np.isfinite(outputs).all():
        raise CannotFitError("it gives numbers that are not finite")
    return outputs


def _fitted(model: Model, features: np.ndarray, targets: np.ndarray, weights: np.ndarray | None) -> Any:
    made = model.make()
    with _one_thread():
        try:
            return made.fit(features, targets, sample_weight=weights)
        except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:  # of the call alone: what it refuses
            raise CannotFitError(str(error).strip().splitlines()[0]) from error


def _of_classes(model: Any, n_classes: int) -> Predict:
    """Probabilities (n_rows, n_classes), of two classes that of class 1; 0 of classes that no train row has."""

    def probabilities(rows: np.ndarray) -> np.ndarray:
        of_each = np.zeros((len(rows), n_classes))
        of_each[:, model.classes_] = model.predict_proba(rows)
        return of_each[:, 1:] if n_classes == 2 else of_each

    return probabilities


@contextmanager
def _one_thread() -> Iterator[None]:
    """One thread calculates, and nothing is warned of: what cannot be used is not finite."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
