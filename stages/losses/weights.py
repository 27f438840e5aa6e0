"""What each row of a class counts in training."""

import numpy as np

from stages.losses.loss import ClassWeight


def of_classes(asked: ClassWeight | None, labels: np.ndarray, classes: list[str]) -> list[float]:
    """The weight of each class, in the order of the classes; empty where all rows count alike.

    Args:
        asked: ``auto`` for weights in inverse proportion to the classes' sizes, by which a row counts 1 on average
            (scikit-learn's ``balanced``); or weights by name, a class that is not named counting 1.
        labels: (n_rows,) class indices, of all rows: what they tell of test rows is how many there are of each class.
        classes: names of the classes.
    """
    if asked is None:
        return []
    if asked == "auto":
        sizes = np.bincount(labels, minlength=len(classes))
        return (len(labels) / (np.count_nonzero(sizes) * np.maximum(sizes, 1))).tolist()
    return [float(asked.get(name, 1.0)) for name in classes]
