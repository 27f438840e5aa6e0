"""Problems whose rows never end, from which tables are drawn: `tests.benchmarks.verdicts` measures verdicts on them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.signal import lfilter
from scipy.special import expit

from stages.losses.catalogue import LOSSES as CATALOGUE
from stages.losses.loss import Loss, Task
from stages.params.loss_entry import resolve
from stages.records.networks import Conv

N_NEW = 10_000
SMALLEST, LARGEST = 400, 800  # rows of a table

# features (n_rows, n_features), (n_rows,) values or class indices, and the groups of rows (n_rows,), or None
Drawn = tuple[np.ndarray, np.ndarray, np.ndarray | None]
Draw = Callable[[np.random.Generator, int], Drawn]
DESIGNS = "one split", "folds"


@dataclass(frozen=True)
class Problem:
    """Where tables come from.

    Attributes:
        task: the kind of problem.
        losses: those that are compared, by their names in `LOSSES`.
        scores: those that decide, one after the other.
        draw: gives so many rows.
        designs: how they are divided, one after the other: see `plan_of`.
        network: the layers before the dense ones; dense layers on a table where None.
        sizes: the fewest rows of a table, and the most.
        n_new: rows that are left over at most.
        epochs: the most there are.
    """

    task: Task
    losses: tuple[str, ...]
    scores: tuple[str, ...]
    draw: Draw
    designs: tuple[str, ...] = DESIGNS
    network: Conv | None = None
    sizes: tuple[int, int] = (SMALLEST, LARGEST)
    n_new: int = N_NEW
    epochs: int = 100


def _heavy(generator: np.random.Generator, n_rows: int) -> Drawn:
    x = generator.normal(size=(n_rows, 8))
    signal = x[:, 0] + 0.7 * x[:, 1] - 0.5 * x[:, 2] + 0.8 * x[:, 3] * x[:, 4]
    return x, signal + 0.8 * generator.standard_t(3, n_rows), None


def _interactions(generator: np.random.Generator, n_rows: int) -> Drawn:
    x = generator.uniform(-1, 1, size=(n_rows, 6))
    signal = 3 * x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + x[:, 3]
    return x, signal + 0.5 * generator.normal(size=n_rows), None


def _rare(generator: np.random.Generator, n_rows: int) -> Drawn:
    x = generator.normal(size=(n_rows, 6))
    chance = expit(1.2 * x[:, 0] + x[:, 1] * x[:, 2] - x[:, 3] - 4.9)
    return x, (generator.random(n_rows) < chance).astype(int), None


def _easy(generator: np.random.Generator, n_rows: int) -> Drawn:
    centers, classes = np.array([[0, 0], [2.2, 0], [1, 2]]), generator.integers(0, 3, n_rows)
    return centers[classes] + generator.normal(size=(n_rows, 2)), classes, None


def _ordered(generator: np.random.Generator, n_rows: int) -> Drawn:
    """Five classes, not equally far apart, by where a sum that is not straight in the features lies, with noise."""
    x = generator.normal(size=(n_rows, 5))
    place = x[:, 0] + 0.7 * x[:, 1] * x[:, 2] - 0.5 * x[:, 3] + 0.6 * generator.logistic(size=n_rows)
    return x, np.digitize(place, [-1.8, -0.9, 0.3, 2.2]), None


def _uneven(generator: np.random.Generator, n_rows: int) -> Drawn:
    """A noise whose size depends on the features."""
    x = generator.uniform(-2, 2, size=(n_rows, 5))
    return x, 2 * np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + spread_of(x) * generator.normal(size=n_rows), None


def spread_of(x: np.ndarray) -> np.ndarray:
    """The size of that noise."""
    return 0.2 + 0.2 * (x[:, 0] + 2) + 0.3 * (x[:, 3] > 0)


def _zeros(generator: np.random.Generator, n_rows: int) -> Drawn:
    """Amounts of which two thirds are 0, and whose mean is a product over the features."""
    x = generator.normal(size=(n_rows, 5))
    chance, mean = amounts_of(x)
    return x, np.where(generator.random(n_rows) < chance, generator.gamma(1.5, mean / 1.5), 0.0), None


def amounts_of(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The chance that an amount is above 0, and its mean where it is."""
    return expit(0.8 * x[:, 0] - 0.5 * x[:, 1] - 0.8), np.exp(1 + 0.5 * x[:, 2] + 0.4 * x[:, 0])


def _degrees(generator: np.random.Generator, n_rows: int) -> Drawn:
    """Directions that lie on both sides of north."""
    x = generator.normal(size=(n_rows, 4))
    angle = 90 * np.tanh(x[:, 0]) + 30 * x[:, 1] + np.degrees(generator.vonmises(0, 4, n_rows))
    return x, angle % 360, None


def _groups(generator: np.random.Generator, n_rows: int) -> Drawn:
    """Groups of 5 to 45 rows, which share most of three features and of a noise with heavy tails."""
    sizes = generator.integers(5, 46, n_rows)
    group = np.repeat(np.arange(n_rows), sizes)[:n_rows]
    shared, own = generator.normal(size=(n_rows, 3))[group], generator.normal(size=(n_rows, 5))
    x = np.column_stack([shared + 0.3 * own[:, :3], own[:, 3:]])
    noise = generator.standard_t(3, n_rows)[group] + 0.5 * generator.normal(size=n_rows)
    return x, x[:, 0] + 0.7 * x[:, 1] * x[:, 2] + x[:, 3] + 0.8 * noise, group


def _series(memory: float, generator: np.random.Generator, n_rows: int) -> Drawn:
    """Rows in the order of time, in which features and a noise of uneven size remember the row before."""
    steps = lfilter([np.sqrt(1 - memory**2)], [1, -memory], generator.normal(size=(n_rows + 200, 6)), axis=0)[200:]
    x, noise = steps[:, :4], steps[:, 4] * np.exp(0.7 * steps[:, 5])
    return x, x[:, 0] + 0.7 * x[:, 1] * x[:, 2] - 0.5 * x[:, 3] + noise, None


def _spots(generator: np.random.Generator, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of 8 × 8 pixels, in each of which noise hides a bright spot of a few pixels; and its pixels as a mask."""
    grid, centre = np.arange(8) + 0.5, generator.uniform(1, 7, (n_rows, 2, 1))
    down, across = (np.abs(grid - centre[:, axis]) for axis in range(2))
    masks = (down[:, :, None] ** 2 + across[:, None] ** 2 <= generator.uniform(0.6, 1.4, (n_rows, 1, 1)) ** 2).astype(
        int
    )
    return (masks + 0.5 * generator.normal(size=masks.shape))[..., None].astype(np.float32), masks


def _rare_pixels(generator: np.random.Generator, n_rows: int) -> Drawn:
    return *_spots(generator, n_rows), None


def _given_again(generator: np.random.Generator, n_rows: int) -> Drawn:
    images, _ = _spots(generator, n_rows)
    return images, images, None


def _shares(generator: np.random.Generator, n_rows: int) -> Drawn:
    """Shares between 0 and 1 whose mean is not straight in the features."""
    x = generator.normal(size=(n_rows, 5))
    mean = expit(x[:, 0] + x[:, 1] * x[:, 2] - 0.5 * x[:, 3] - 0.5)
    return x, generator.beta(5 * mean, 5 * (1 - mean)), None


def _labels(generator: np.random.Generator, n_rows: int) -> Drawn:
    """Three columns of yes and no, which half, a quarter and a tenth of the rows have."""
    x = generator.normal(size=(n_rows, 5))
    places = np.column_stack([x[:, 0] + x[:, 1] * x[:, 2], x[:, 3] - x[:, 0] - 1.2, x[:, 1] - x[:, 4] * x[:, 0] - 2.2])
    return x, (places + 0.5 * generator.logistic(size=places.shape) > 0).astype(int), None


def _two_kinds(generator: np.random.Generator, n_rows: int) -> Drawn:
    """A number whose noise has heavy tails, and a yes or no that two fifths of the rows have."""
    x = generator.normal(size=(n_rows, 5))
    number = x[:, 0] + 0.7 * x[:, 1] * x[:, 2] - 0.5 * x[:, 3] + 0.5 * generator.standard_t(3, n_rows)
    chance = expit(1.5 * x[:, 3] + x[:, 0] * x[:, 1] + x[:, 4] - 0.5)
    return x, np.column_stack([number, generator.random(n_rows) < chance]).astype(float), None


def _heads(of_number: str) -> Loss:
    """A loss for each of two targets, a number and a yes or no."""
    losses = {"y1": of_number, "y2": "binary_crossentropy"}
    return resolve({"losses": losses, "as": f"{of_number}_and_crossentropy"}, "regression", targets=list(losses))


SIGMOID = {"activation": "sigmoid", "target_transform": "none"}
LOSSES = CATALOGUE | {f"{name}, sigmoid": replace(CATALOGUE[name], **SIGMOID) for name in ("mse", "mae")}
LOSSES |= {loss.name: loss for loss in map(_heads, ("mse", "huber"))}
OF_TWO_KINDS = ("mse", "mse_and_crossentropy", "huber_and_crossentropy")
OF_VALUES, OF_TWO = ("mse", "mae", "huber"), ("binary_crossentropy", "hinge", "squared_hinge")
OF_MORE = ("categorical_crossentropy", "categorical_generalized_cross_entropy", "categorical_hinge")
OF_LABELS = ("binary_crossentropy", "squared_hinge", "binary_focal_crossentropy")
OF_MASKS = ("binary_crossentropy", "dice", "binary_focal_crossentropy")
OF_IMAGES = {"network": Conv(kind="conv", filters=(4,)), "sizes": (100, 200), "n_new": 1000, "epochs": 30}
OF_ORDER = ("categorical_crossentropy", "rank_mse", "cumulative_link")
PROBLEMS = {
    "heavy-tailed": Problem("regression", OF_VALUES, ("rmse",), _heavy),
    "interactions": Problem("regression", OF_VALUES, ("rmse",), _interactions),
    "3 % positives": Problem("binary", OF_TWO, ("accuracy", "balanced_accuracy"), _rare),
    "easy classes": Problem("multiclass", OF_MORE, ("accuracy",), _easy),
    "ordered classes": Problem("multiclass", OF_ORDER, ("rank_error", "quadratic_kappa"), _ordered),
    "uneven spread": Problem("regression", ("gaussian", "quantiles"), ("crps", "interval_score_80"), _uneven),
    "many zeros": Problem("regression", ("mse", "tweedie", "hurdle"), ("tweedie_deviance_1.5",), _zeros),
    "degrees": Problem("regression", ("mse", "circular_mse", "von_mises"), ("circular_error_360",), _degrees),
    "shares": Problem("regression", ("share_crossentropy", "mse, sigmoid", "mae, sigmoid"), ("rmse",), _shares),
    "labels": Problem("binary", OF_LABELS, ("macro_f1", "mean_average_precision"), _labels),
    "a number and yes or no": Problem("regression", OF_TWO_KINDS, ("r2",), _two_kinds),
    "rare pixels": Problem("binary", OF_MASKS, ("iou",), _rare_pixels, **OF_IMAGES),
    "images given again": Problem("regression", OF_VALUES, ("rmse",), _given_again, **OF_IMAGES),
    "groups": Problem("regression", OF_VALUES, ("rmse",), _groups, ("groups, one split", "groups, folds")),
    "time 0.5": Problem("regression", OF_VALUES, ("rmse",), partial(_series, 0.75), ("time",)),
    "time 0.8": Problem("regression", OF_VALUES, ("rmse",), partial(_series, 0.92), ("time",)),
}
