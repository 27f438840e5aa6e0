"""What a winner answers where each position of a row has a target: arrays, and a line that sums up each row."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.records.winners import Winner

AT_ONCE = 20_000_000  # numbers that networks give for rows that are predicted together, which bounds the memory


@dataclass(frozen=True)
class Answers:
    """What is answered.

    Attributes:
        arrays: what is written: ``prediction`` (n_rows, …), of masks the values that training's had, and float32 the
            ``spread`` of the networks there; of masks ``p`` too, the probability of class 1, or of each class.
        table: a line for each row: `Winner.outputs`.
        outputs: (n_rows, …, n_outputs) as outputs of the loss, to be scored; values in target units.
        decided: int8 (n_rows, …) class indices; None of values.
        failed: bool (n_rows,), of which rows what networks give is not finite.
    """

    arrays: dict[str, np.ndarray]
    table: pd.DataFrame
    outputs: np.ndarray
    decided: np.ndarray | None
    failed: np.ndarray


def answers(
    winner: Winner,
    outputs_of: Callable[[np.ndarray], np.ndarray],
    decide: Callable[[np.ndarray], np.ndarray],
    features: np.ndarray,
) -> Answers:
    """Answer some rows at a time.

    Args:
        winner: what it is.
        outputs_of: gives of features what the networks give, float64 (n_networks, n_rows, …, n_outputs).
        decide: gives class indices (…) of outputs (…, n_outputs).
        features: (n_rows, …).
    """
    shape, n_networks = winner.description.target_shape, len(winner.settings.seeds)
    size = max(1, AT_ONCE // (n_networks * math.prod(shape) * max(winner.description.n_classes, 1)))
    starts = range(0, max(len(features), 1), size)
    if winner.description.classes:
        blocks = [_answer(winner, outputs_of(features[start : start + size]), decide) for start in starts]
    else:
        parts = [features[start : start + size] for start in starts]
        blocks = [_given_again(part, winner.settings.loss.decide(outputs_of(part))) for part in parts]
    arrays = {name: np.concatenate([block.arrays[name] for block in blocks]) for name in blocks[0].arrays}
    outputs, failed = (np.concatenate([getattr(block, name) for block in blocks]) for name in ("outputs", "failed"))
    has_classes = bool(winner.description.classes)
    decided = np.concatenate([block.decided for block in blocks]) if has_classes else None
    return Answers(arrays, pd.concat([block.table for block in blocks], ignore_index=True), outputs, decided, failed)


def _answer(winner: Winner, outputs: np.ndarray, decide: Callable[[np.ndarray], np.ndarray]) -> Answers:
    loss, classes = winner.settings.loss, winner.description.classes
    failed = ~np.isfinite(outputs).all(axis=(0, *range(2, outputs.ndim)))
    outputs = np.where(failed.reshape(-1, *[1] * (outputs.ndim - 2)), 1.0, outputs)
    if not loss.outputs_probability:  # networks vote
        votes = decide(outputs)
        shares = np.stack([votes == index for index in range(len(classes))], axis=-1).astype(np.float64)
    else:
        shares = outputs if loss.task == "multiclass" else np.concatenate([1 - outputs, outputs], axis=-1)
    mean, spread = shares.mean(axis=0), _spread(shares)
    scored = mean if loss.task == "multiclass" else mean[..., 1:]
    if not loss.outputs_probability and loss.task == "binary":
        scored = 2 * scored - 1
    decided = (decide(scored) if loss.outputs_probability else loss.decide(scored)).astype(np.int8)
    of_decided = np.take_along_axis(spread, decided[..., None].astype(np.int64), axis=-1)[..., 0]
    p = (mean[..., 1] if loss.task == "binary" else mean).astype(np.float32)
    p[failed] = np.nan
    axes = tuple(range(1, decided.ndim))
    columns = {
        name: np.where(failed, np.nan, (decided == index).mean(axis=axes)) for index, name in enumerate(winner.outputs)
    }
    arrays = {"prediction": _values(classes)[decided], "p": p, "spread": of_decided.astype(np.float32)}
    return Answers(arrays, pd.DataFrame(columns), scored, decided, failed)


def _given_again(features: np.ndarray, values: np.ndarray) -> Answers:
    """The features as networks give them again (n_networks, n_rows, …, n_channels), and how far off each row is."""
    axes = tuple(range(1, features.ndim))
    failed = ~np.isfinite(values).all(axis=(0, *(axis + 1 for axis in axes)))
    mean, spread = values.mean(axis=0), _spread(values)
    error = np.sqrt(((mean - features) ** 2).mean(axis=axes))  # NaN where a number of the row is missing
    arrays = {"prediction": mean.astype(np.float32), "spread": spread.astype(np.float32)}
    return Answers(arrays, pd.DataFrame({"error": np.where(failed, np.nan, error)}), mean, None, failed)


def _spread(values: np.ndarray) -> np.ndarray:
    """The standard deviation over networks, (n_networks, ...); NaN where there is one."""
    return values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)


def _values(classes: list[str]) -> np.ndarray:
    """The values of masks by class index, as training's had them."""
    if set(classes) == {"False", "True"}:
        return np.array([name == "True" for name in classes])
    values = np.array([int(name) for name in classes])
    return values.astype(np.uint8 if values.min() >= 0 and values.max() <= np.iinfo(np.uint8).max else np.int64)


def classes_of(values: np.ndarray, winner: Winner) -> np.ndarray | None:
    """The class indices int8 (n_rows, …) of masks as they are saved; None where they are of other classes or positions.

    Args:
        values: (n_rows, …).
        winner: that predicted them.
    """
    known, shape = _values(winner.description.classes), (len(values), *winner.description.target_shape)
    if values.dtype.kind not in "biuf" or values.size != math.prod(shape) or not np.isin(values, known).all():
        return None
    order = np.argsort(known)
    return order[np.searchsorted(known[order], values.reshape(shape))].astype(np.int8)
