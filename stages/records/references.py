"""Reference models of a comparison: what can be had of its rows without a network, and its files.

- ``data/references/<comparison>.json``: what each is, what it scored, and the hash of the arrays;
- ``data/references/<comparison>.npz``: what it gives, ``<name>_outputs``, and ``<name>_held_out`` where there is such.
"""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter

from stages.basics import files, paths
from stages.basics.arrays import packed, unpacked
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss, Task

STAGE = "train"
Name = Literal["constant", "linear", "boosting"]
# a loss with whose outputs theirs are alike: probabilities, or values
_LIKE: dict[Task, str] = {
    "regression": "mse",
    "binary": "binary_crossentropy",
    "multiclass": "categorical_crossentropy",
}


@dataclass(frozen=True, eq=False)
class Reference:
    """One model that is no network, on the splits of the first seeds.

    Attributes:
        name: which.
        model: its class, as it is imported; empty for a constant.
        arguments: those of the class.
        seeds: those that it was fitted for; seeds of one split share a fit.
        n_learned: the most rows that a fit learned from.
        n_train: the most rows that a seed trains on.
        problem: why it could not be fitted, in words; None where it was.
        scores: by part and score, the value for each seed; None where it is not defined.
        outputs: float32 (n_seeds, n_rows, n_outputs) for the rows of `Plan.scored`, NaN for others: probabilities of
            classes, as a network with cross-entropy gives them, or values in each seed's scaled units.
        held_out: float32 (n_first_seeds, n_rows, n_outputs), what it gives for what is set aside to choose by, fitted
            without it, NaN for other rows; None where other seeds test other rows, or nothing is chosen.
    """

    name: Name
    model: str
    arguments: dict[str, Any]
    seeds: tuple[int, ...]
    n_learned: int
    n_train: int
    problem: str | None = None
    scores: dict[str, dict[str, list[float | None]]] = field(default_factory=dict)
    outputs: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 0), np.float32))
    held_out: np.ndarray | None = None

    def mean(self, part: str, score: str) -> float | None:
        """The mean of a score over seeds; None where it is not defined for all of them."""
        values = self.scores.get(part, {}).get(score) or [None]
        return None if None in values else float(np.mean(values))


@dataclass(frozen=True)
class _Described:
    """What is in the JSON file."""

    references: list[dict[str, Any]]
    sha256: str


_DESCRIBED = TypeAdapter(_Described)
_ARRAYS = ("outputs", "held_out")


def as_loss(name: str, task: Task) -> Loss:
    """What stands for a reference where a network has its loss: its outputs mean what those of a usual loss do."""
    called = f"reference {name}"  # as no loss can be called
    return replace(LOSSES[_LIKE[task]], name=called, function=called, aliases=())


def as_json(values: np.ndarray) -> list[float | None]:
    """Values of seeds, None where one is not defined."""
    return [float(value) if math.isfinite(value) else None for value in values]


def write(references: Mapping[str, Sequence[Reference]]) -> None:
    """Write the references of every comparison, and leave none of others.

    Args:
        references: by name of the comparison; empty where it has none.
    """
    with files.replacing(paths.REFERENCES) as folder:
        folder.mkdir()
        for comparison, some in references.items():
            arrays = {
                called: values
                for reference in some
                for name in _ARRAYS
                if (array := getattr(reference, name)) is not None
                for called, values in packed(f"{reference.name}_{name}", array).items()
            }
            content = io.BytesIO()
            np.savez(content, **arrays)
            (folder / f"{comparison}.npz").write_bytes(content.getbuffer())
            facts = [{key: value for key, value in vars(reference).items() if key not in _ARRAYS} for reference in some]
            described = _Described(facts, sha256(content.getbuffer()).hexdigest())
            files.write_json(folder / f"{comparison}.json", asdict(described))


def read(comparison: str, project: Path = paths.HERE) -> list[Reference]:
    """The references of a comparison of a project's folder; none where it is to have none.

    Raises:
        UserError: a file is missing, or not as it was written.
    """
    path = project / paths.REFERENCES / f"{comparison}.json"
    value = files.read_json(path, stage=STAGE)
    with files.reading(path, STAGE):
        described = _DESCRIBED.validate_python(value)
    arrays_path = path.with_suffix(".npz")
    with files.reading(arrays_path, STAGE):
        content = arrays_path.read_bytes()
        if sha256(content).hexdigest() != described.sha256:
            raise ValueError("not as it was written")
    with np.load(io.BytesIO(content)) as arrays:
        return [
            Reference(
                **facts | {"seeds": tuple(facts["seeds"])},
                **{name: unpacked(key, arrays) for name in _ARRAYS if (key := f"{facts['name']}_{name}") in arrays},
            )
            for facts in described.references
        ]


def fingerprint(comparison: str, name: str) -> str:
    """SHA-256 of what the references of a comparison are, and of one's name: same results, same fingerprint."""
    path = paths.REFERENCES / f"{comparison}.json"
    with files.reading(path, STAGE):
        return sha256(path.read_bytes() + name.encode()).hexdigest()
