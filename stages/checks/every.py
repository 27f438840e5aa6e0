"""All checks: each module here and in the packages here but this one is a check, and to add one is to add a module.

It has ``find(seen)``, which gives facts, rows counted from 1 over all that were read. A kind of `Finding` is said by
its name, until `stages.wording.findings` has a sentence for it, with the key that settles it.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import compress
from types import ModuleType

import numpy as np
import pandas as pd

from stages.records.datasets import Kind
from stages.records.findings import Finding

_TEXTS = ("category", "identifier")
_BLOCK = 1 << 22  # values that are looked at together, 32 MB
Columns = Mapping[str, tuple[pd.Series, Kind]]  # by name their values, and what they are


@dataclass(frozen=True)
class Seen:
    """A table, as checks see it.

    Attributes:
        columns: those of the table, (n_read,) each as they are kept.
        written: (n_read, n_columns) the same as their files hold them.
        features: the columns to predict from.
        uses: by feature, the kind that it is used as.
        targets: the columns to predict.
        weight: the column that says what each row counts; None where all count alike.
        said: columns whose kind the parameters say.
        asked_for: these, and features that the parameters name.
        has_target: bool (n_read,).
        kept: bool (n_read,), the rows that are learned from.
        labels: (n_kept, n_targets) values of the target, or (n_kept,) class indices.
        n_classes: number of classes; 0 for values.
        lost: classes that only rows have which weigh 0.
        copies: integers (n_kept,), the same for copies of a row; None without copies.
        copies_apart: whether the parameters say that copies need not stay together.
        methods: how splits divide the rows.
    """

    columns: Columns
    written: pd.DataFrame
    features: list[str]
    uses: dict[str, Kind]
    targets: list[str]
    weight: str | None
    said: set[str]
    asked_for: set[str]
    has_target: np.ndarray
    kept: np.ndarray
    labels: np.ndarray
    n_classes: int
    lost: list[str]
    copies: np.ndarray | None
    copies_apart: bool
    methods: set[str]

    def where(self, names: Iterable[str], holds: Callable[[np.ndarray], np.ndarray]) -> list[str]:
        """Those columns that are numbers or dates of which something holds.

        That is found out for thousands of columns together, as a look at each costs more.

        Args:
            names: of columns.
            holds: takes float64 (n_read, n_columns), NaN where missing, and gives bool (n_columns,).
        """
        return [name for some, numbers in self._numbers(names) for name in compress(some, holds(numbers))]

    def of_kind(self, names: Iterable[str], kind: Kind) -> list[str]:
        """Those columns that are of a kind."""
        return [name for name in names if self.columns[name][1] == kind]

    def _numbers(self, names: Iterable[str]) -> Iterator[tuple[list[str], np.ndarray]]:
        """Columns that are numbers or dates as float64 (n_read, n_columns), some at a time."""
        names = [name for name in names if self.columns[name][1] not in _TEXTS]
        if len(self._at) * len(self.written) <= _BLOCK:
            if names:
                yield names, self._floats[:, [self._at[name] for name in names]]
            return
        for some in np.array_split(names, max(1, -(-len(names) * len(self.written) // _BLOCK))):
            if len(some):
                yield some.tolist(), np.column_stack([as_floats(self.columns[name][0]) for name in some])

    @cached_property
    def _at(self) -> dict[str, int]:
        """The places of all columns that are numbers or dates."""
        return {
            name: at for at, name in enumerate(name for name, (_, kind) in self.columns.items() if kind not in _TEXTS)
        }

    @cached_property
    def _floats(self) -> np.ndarray:
        """These columns as float64 (n_read, n_columns), of a table that is looked at in one block."""
        return np.column_stack([as_floats(self.columns[name][0]) for name in self._at])

    def different(self, name: str) -> list[str]:
        """The different texts of a column of texts, in their order."""
        if name not in self._different:
            texts = pd.unique(self.columns[name][0].to_numpy(object))
            self._different[name] = [text for text in texts if isinstance(text, str)]
        return self._different[name]

    @cached_property
    def _different(self) -> dict[str, list[str]]:
        return {}

    def with_digits(self, names: Iterable[str]) -> list[str]:
        """The columns of texts of which one has a digit, as all numbers and dates have, and whose kind is not said."""
        texts = self.of_kind((name for name in names if name not in self.said), "category")
        return [name for name in texts if any(any(map(str.isdigit, text)) for text in self.different(name))]

    @property
    def used(self) -> list[str]:
        """The features and the targets."""
        return [*self.features, *self.targets]


def as_floats(values: pd.Series) -> np.ndarray:
    """Numbers, or dates in microseconds since 1970, as float64 (n_rows,), NaN where missing."""
    if pd.api.types.is_datetime64_any_dtype(values):
        moments = values.to_numpy().astype("datetime64[us]")
        return np.where(np.isnat(moments), np.nan, moments.astype(np.int64))
    return values.to_numpy(np.float64, na_value=np.nan)


@cache
def checks() -> list[ModuleType]:
    """All checks, by their names."""
    found = pkgutil.walk_packages(importlib.import_module(__package__).__path__, f"{__package__}.")
    names = sorted((each.name for each in found if not each.ispkg), key=lambda name: name.rpartition(".")[2])
    return [importlib.import_module(name) for name in names if name != __name__]


def find(seen: Seen) -> list[Finding]:
    """What is odd about a table."""
    return [finding for check in checks() for finding in check.find(seen)]
