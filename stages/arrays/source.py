"""What a kind of source that gives arrays is, and what it gives."""

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from stages.basics.section import Section
from stages.records.array_facts import ArrayFacts
from stages.records.array_facts import ArrayKind as Kind
from stages.records.findings import Finding

BLOCK = 1 << 21  # values that are looked at together, 16 MB as float64


@dataclass(frozen=True)
class Rows:
    """The features of rows, read a block at a time.

    Attributes:
        shape: (n_rows, …).
        dtype: of the numbers.
        read: gives those of some rows, numbered by a slice or by ascending integers.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[Any], np.ndarray]

    @classmethod
    def of(cls, array: np.ndarray) -> "Rows":
        """Those that an array holds, in memory or mapped to it."""
        return cls(array.shape, array.dtype, lambda some: np.asarray(array[some]))

    @classmethod
    def side_by_side(cls, several: Sequence["Rows"]) -> "Rows":
        """Those of several arrays as one of two axes: the numbers of a row one after the other."""
        n_rows, n_values = len(several[0]), sum(math.prod(each.shape[1:]) for each in several)

        def read(some: Any) -> np.ndarray:
            blocks = [each.read(some) for each in several]
            return np.concatenate([block.reshape(len(block), -1) for block in blocks], axis=1)

        dtypes = [each.dtype for each in several]
        are_numbers = all(dtype.kind in "biuf" for dtype in dtypes)
        return cls((n_rows, n_values), np.result_type(*dtypes) if are_numbers else np.dtype(object), read)

    def __len__(self) -> int:
        return self.shape[0]

    def blocks(self) -> Iterator[slice]:
        """Slices of all rows, each of which is read at once."""
        size = max(1, BLOCK // max(1, int(np.prod(self.shape[1:]))))
        yield from (slice(start, min(start + size, len(self))) for start in range(0, len(self), size))


@dataclass(frozen=True)
class Given:
    """What a source gives.

    Attributes:
        rows: the features; of several inputs the numbers of all.
        beside: what else is known of each row, by name: (n_rows,) or (n_rows, n_columns).
        files: what was read; empty for what is made.
        kind: what a row is, where the source knows it.
        findings: what is odd.
        inputs: where there are several inputs, each by its name.
    """

    rows: Rows
    beside: Mapping[str, np.ndarray]
    files: list[str] = field(default_factory=list)
    kind: Kind | None = None
    findings: list[Finding] = field(default_factory=list)
    inputs: Mapping[str, Rows] = field(default_factory=dict)


class ArraySource(Section):
    """A kind of source that gives arrays: its keys in ``params.yaml``, and what they come to.

    Attributes:
        OF_FILES: the key that holds the path of its file or folder in ``data/external``; None where it makes rows.
    """

    OF_FILES: ClassVar[str | None] = None

    @classmethod
    def mark(cls) -> str:
        """What tells this kind from others: its generator's name, or the key that holds its path."""
        return cls.OF_FILES or cls.model_fields["generator"].annotation.__args__[0]

    @property
    def place(self) -> str | None:
        """The path of its file or folder, as the parameters have it."""
        return getattr(self, self.OF_FILES) if self.OF_FILES else None

    @property
    def targets(self) -> list[str]:
        """The names of what is predicted."""
        target = self.target
        return [target] if isinstance(target, str) else list(target)

    @property
    def gives_features(self) -> bool:
        """Whether the features themselves are what is predicted."""
        return self.targets == [FEATURES]

    @property
    def feature_names(self) -> list[str]:
        """The names of the arrays that are predicted from, where they have names."""
        return getattr(self, "features", [])

    @property
    def weight_name(self) -> str | None:
        """The name of what says what each row counts."""
        return getattr(self, "weight", None)

    @classmethod
    def takes(cls, path: Path) -> bool:  # noqa: ARG003
        """Whether a file or folder of a user's is of this kind."""
        return False

    @classmethod
    def entry(cls, path: Path, place: str, target: str) -> dict[str, Any]:  # noqa: ARG003
        """What ``make try`` writes for a file or folder, or for a generator.

        Args:
            path: where it is now; of a generator its name.
            place: where it will be, in ``data/external``.
            target: what to predict; empty for what is usual.
        """
        return {"generator": path.as_posix()} | ({"target": target} if target else {})

    @abstractmethod
    def give(self, named: Iterable[str], key: str) -> Given:
        """Read or make the rows.

        Args:
            named: what of `Given.beside` is asked for besides the target and the weight.
            key: path of the key ``source``, for messages about mistakes.

        Raises:
            UserError: they cannot be had.
        """

    @classmethod
    def new(cls, path: Path, facts: ArrayFacts, learned: "ArraySource") -> Given | None:  # noqa: ARG003
        """New rows to predict, of a file or folder of this kind; None where it is of another.

        Args:
            path: the file or folder.
            facts: what networks learned from.
            learned: where that came from.

        Raises:
            UserError: they cannot be had.
        """
        return None


FEATURES = "features"  # the target of networks that are to give again what they are given
NAMES = "name of the row"  # under which `Given.beside` has what each new row is called, where it has a name
