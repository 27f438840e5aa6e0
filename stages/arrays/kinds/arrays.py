"""Arrays that the user saved: an ``.npz`` file, or a folder of ``.npy`` files, which are mapped to memory."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from stages.arrays import held
from stages.arrays.held import Held
from stages.arrays.source import FEATURES, ArraySource, Given, Kind, Rows
from stages.basics.cli import UserError
from stages.records.findings import Finding


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _different(names: list[str]) -> list[str]:
    if twice := [name for name in names if names.count(name) > 1]:
        raise PydanticCustomError("value_twice", "stands twice", {"value": twice[0]})
    return names


USUAL = "x"  # what the features are called, where nothing is said


class Source(ArraySource):
    """An ``.npz`` file or a folder of ``.npy`` files.

    Attributes:
        arrays: the file or folder, in ``data/external``.
        features: the name of the array to predict from, whose first axis is the rows; or the names of several, which
            are as many inputs of a network.
        target: the array to predict, or several of values; or ``features``, unless an array is called so.
        weight: the array that says what each row counts.
        kind: what a row is, of several inputs of those that may be so; by its shape when not given.
        channels: where a row's channels stand; ``last``, as Keras has them, when not given.
    """

    OF_FILES: ClassVar[str | None] = "arrays"

    arrays: str
    features: Annotated[list[str], BeforeValidator(_listed), AfterValidator(_different), Field(min_length=1)] = Field(
        default_factory=lambda: [USUAL]
    )
    target: Annotated[list[str], BeforeValidator(_listed), Field(min_length=1)] = Field(default_factory=lambda: ["y"])
    weight: str | None = None
    kind: Kind | None = None
    channels: Literal["first", "last"] = "last"

    @classmethod
    def takes(cls, path: Path) -> bool:
        """Whether it is an ``.npz`` file or a folder with an ``.npy`` file in it."""
        return path.suffix.lower() in (".npz", ".npy") or (path.is_dir() and any(path.glob("*.npy")))

    @classmethod
    def entry(cls, path: Path, place: str, target: str) -> dict[str, Any]:
        """What ``make try`` writes: the features are ``x``, or those called ``x_…``, or the only array that can be."""
        every, target = held.look(path), target or "y"
        is_given = target == FEATURES and target not in every
        wanted = None if is_given else held.find(every, target, path, "TARGET")
        others = [name for name, each in every.items() if name != target and _may_be_features(each, wanted)]
        features = USUAL if USUAL in every else _usual(others)
        named = {} if features == USUAL else {"features": features}
        return {"arrays": place, **named, "target": target}

    def give(self, named: Iterable[str], key: str) -> Given:
        """Read the arrays that are named."""
        path = Path(self.arrays)
        every = held.look(path)
        features = {name: held.find(every, name, path, f"{key}.features") for name in self.feature_names}
        first = self.feature_names[0]
        targets = [] if self.gives_features and FEATURES not in every else self.targets
        wanted = {name: held.find(every, name, path, f"{key}.target") for name in targets}
        others = [*named, *([self.weight] if self.weight else [])]
        wanted |= {name: held.find(every, name, path, key) for name in others}
        for each in (*features.values(), *wanted.values()):
            if not each.shape:
                raise UserError(f"{key}: {path}: '{each.name}' is a single number; its first axis is to be the rows")
            if each.shape[0] != features[first].shape[0]:
                lengths = f"'{first}' has {features[first].shape[0]:,} rows and '{each.name}' {each.shape[0]:,}"
                raise UserError(f"{key}: {path}: {lengths}; each row needs its own")
        unused = [name for name in every if name not in {*features, *wanted}]
        findings = [Finding("arrays unused", path.name, unused, n_rows=len(unused))] if unused else []
        inputs = {name: Rows.of(each.read()) for name, each in features.items()}
        beside = {name: each.read() for name, each in wanted.items()}
        given = {"beside": beside, "files": [path.as_posix()], "findings": findings}
        if len(inputs) == 1:
            return Given(inputs[first], **given)
        return Given(Rows.side_by_side(list(inputs.values())), **given, inputs=inputs)


def _usual(others: list[str]) -> str | list[str]:
    """The arrays to predict from among those that can be, where none has the usual name."""
    parts = [name for name in others if name.startswith(f"{USUAL}_")]
    if len(parts) > 1:
        return parts
    return others[0] if len(others) == 1 else USUAL


def _may_be_features(held: Held, target: Held | None) -> bool:
    """Whether an array may be what the target is predicted from: numbers, as many rows, more than one for each."""
    numbers = held.dtype.kind in "biuf"
    return numbers and len(held.shape) > 1 and (target is None or held.shape[:1] == target.shape[:1])
