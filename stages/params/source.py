"""Where a dataset's rows come from: a generator of scikit-learn's, or a user's own table."""

import codecs
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag
from pydantic_core import PydanticCustomError

from stages.basics.ranges import Fraction, Number, Positive, Seed, Spread, Weight, Whole
from stages.params.section import Section


def _column(value: Any) -> Any:
    # a heading may be a number, which YAML does not take for text
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _columns(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _encoding(value: Any) -> Any:
    if isinstance(value, str):
        try:
            codecs.lookup(value)
        except (LookupError, ValueError) as error:
            raise PydanticCustomError("encoding_type", "not an encoding") from error
    return value


Column = Annotated[str, BeforeValidator(_column)]


class MakeRegression(Section):
    """Arguments of ``sklearn.datasets.make_regression``."""

    generator: Literal["make_regression"]
    n_samples: Positive = 100
    n_features: Positive = 100
    n_informative: Positive = 10
    bias: Number = 0.0
    effective_rank: Positive | None = None
    tail_strength: Weight = 0.5
    noise: Spread = 0.0
    shuffle: bool = True
    random_state: Seed

    def n_classes(self) -> int:
        """Number of classes of the target; 0 for values."""
        return 0


class MakeCircles(Section):
    """Arguments of ``sklearn.datasets.make_circles``."""

    generator: Literal["make_circles"]
    n_samples: Positive = 100
    shuffle: bool = True
    noise: Spread | None = None
    factor: Fraction = 0.8
    random_state: Seed

    def n_classes(self) -> int:
        """Number of classes of the target."""
        return 2


class MakeBlobs(Section):
    """Arguments of ``sklearn.datasets.make_blobs``."""

    generator: Literal["make_blobs"]
    n_samples: Positive = 100
    n_features: Positive = 2
    centers: Annotated[Whole, Field(ge=2)] = 3
    cluster_std: Spread = 1.0
    center_box: tuple[Number, Number] = (-10.0, 10.0)
    shuffle: bool = True
    random_state: Seed

    def n_classes(self) -> int:
        """Number of classes of the target."""
        return self.centers


class Table(Section):
    """A user's own table.

    Attributes:
        file: CSV (also compressed) or Parquet, in ``data/external``; a pattern (``*``) names several, read as one.
        target: the column to predict, or several columns of values.
        features: the columns to predict from; all others when not given.
        drop: columns to leave out.
        delimiter: what stands between the values of a CSV file, as pandas takes it; found out when not given.
        encoding: of a CSV file; found out when not given.
        decimal: the decimal mark of a CSV file; found out when not given.
    """

    file: str
    target: Annotated[list[Column], BeforeValidator(_columns), Field(min_length=1)]
    features: Annotated[list[Column], Field(min_length=1)] | None = None
    drop: list[Column] = Field(default_factory=list)
    delimiter: Annotated[str, StringConstraints(min_length=1)] | None = None
    encoding: Annotated[str, BeforeValidator(_encoding)] | None = None
    decimal: Literal[".", ","] | None = None


_GENERATORS = {"make_regression": MakeRegression, "make_circles": MakeCircles, "make_blobs": MakeBlobs}


def _source(value: Any) -> Any:
    if isinstance(value, dict) and "file" not in value:
        if "generator" not in value:
            raise PydanticCustomError("source_unclear", "neither a generator nor a file")
        if value["generator"] not in list(_GENERATORS):
            context = {"value": value["generator"], "names": tuple(_GENERATORS)}
            raise PydanticCustomError("unknown_generator", "not a generator", context)
    return value


_TABLE = "<table>"  # a tag that no key has, as it stands in the locations of pydantic's findings


def _tag(value: Any) -> str:
    if isinstance(value, dict):
        return _TABLE if "file" in value else value["generator"]
    return getattr(value, "generator", _TABLE)


Source = Annotated[
    Annotated[MakeRegression, Tag("make_regression")]
    | Annotated[MakeCircles, Tag("make_circles")]
    | Annotated[MakeBlobs, Tag("make_blobs")]
    | Annotated[Table, Tag(_TABLE)],
    Discriminator(_tag),
    BeforeValidator(_source),
]
