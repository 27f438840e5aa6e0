"""A target for each position of a row, as masks have: the task that it makes, and its classes."""

from collections.abc import Sequence

import numpy as np

from stages.arrays.held import shown
from stages.basics import suggest
from stages.basics.cli import UserError
from stages.losses.loss import Task
from stages.records.datasets import Inference
from stages.sources.target import FEW_CLASSES, Target

FIRST_ROWS = 100  # in which it is seen soon that values are too many for classes


def is_mask(values: np.ndarray, positions: Sequence[int]) -> bool:
    """Whether what is known of rows is a target for each of their positions: (n_rows, height, width, …).

    Args:
        values: of all rows.
        positions: lengths of the axes of what is predicted from, less that of its channels; none of vectors.
    """
    return bool(positions) and values.ndim > 2


def checked(values: np.ndarray, name: str, positions: Sequence[int], key: str) -> np.ndarray:
    """The masks of all rows, without an axis for a channel that is the only one: (n_rows, …).

    Args:
        values: as they are given.
        name: of what holds them.
        positions: lengths of the axes of what is predicted from, less that of its channels.
        key: path of the dataset's key, for messages about mistakes.

    Raises:
        UserError: their positions are not those of what is predicted from, or have several numbers each.
    """
    if values.ndim == len(positions) + 2 and values.shape[-1] == 1:
        values = values[..., 0]
    elif values.shape[1:] == (1, *positions):  # as PyTorch has it
        values = values[:, 0]
    if values.ndim == len(positions) + 2 and values.shape[1:-1] == tuple(positions):
        raise UserError(
            f"{key}.source.target: '{name}' has {values.shape[-1]:,} numbers for each position; a mask has the number "
            f"of its class: {name}.argmax(axis=-1)"
        )
    if values.shape[1:] != tuple(positions):
        raise UserError(
            f"{key}.source.target: '{name}' has the shape {shown(values.shape)}, and the rows are of "
            f"{shown(tuple(positions))} positions; a mask has a class for each of them"
        )
    return values


def missing(values: np.ndarray) -> np.ndarray:
    """Which rows have no mask: bool (n_rows,), True where any position has none."""
    flat = values.reshape(len(values), -1)
    return np.isnan(flat).any(axis=1) if values.dtype.kind == "f" else np.zeros(len(values), bool)


def find_classes(values: np.ndarray, name: str, task: Task | None, key: str, positive: str | None) -> Target:
    """The classes of masks.

    Args:
        values: (n_rows, …), nothing missing.
        name: of what holds them.
        task: as the parameters say; None to find it out.
        key: path of the dataset's key, for messages about mistakes.
        positive: the class that scores are about, of two; None for the one of the larger number.

    Raises:
        UserError: they are no classes, or not those of the task.
    """
    place = f"{key}.source.target: '{name}'"
    if values.dtype.kind not in "biuf":
        raise UserError(f"{place} holds {values.dtype}; a mask has the number of a class for each position")
    different = np.unique(values[:FIRST_ROWS])
    different = np.unique(values) if len(different) <= FEW_CLASSES else different
    if len(different) > FEW_CLASSES or (different % 1 != 0).any():
        raise UserError(
            f"{place} has {len(different):,} different values or more, such as {different[0]:g} and "
            f"{different[1]:g}; a mask has whole numbers, at most {FEW_CLASSES} of them, one for each class"
        )
    if len(different) == 1:
        raise UserError(f"{place} has a single value; there is nothing to learn")
    found: Task = "binary" if len(different) == 2 else "multiclass"
    if task == "regression" or (task == "binary" and found != "binary"):
        raise UserError(f"{key}.task: '{name}' is masks of {len(different)} classes; leave it out")
    classes = [str(int(value)) if values.dtype.kind != "b" else str(bool(value)) for value in different]
    labels = np.searchsorted(different, values).astype(np.int8)
    if positive is not None and (task or found) != "binary":
        raise UserError(f"{key}.positive: goes with two classes, and the task is {task or found}; leave it out")
    if positive is not None and positive not in classes:
        raise UserError(f"{key}.positive: {suggest.not_one_of(positive, classes, 'a class', 'Classes')}")
    if positive == classes[0]:
        labels, classes = 1 - labels, classes[::-1]
    others: list[Task] = ["multiclass"] if found == "binary" else []
    kind = Inference("values" if found == "binary" else "whole numbers", len(different))
    said = None if positive is None else "as said"
    return Target(task or found, labels, classes, kind, [other for other in others if other != task], said)
