"""Where a dataset's rows come from: a generator of scikit-learn's, a user's own table, or arrays of any shape."""

import operator
import re
from functools import reduce
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, StringConstraints, Tag, TypeAdapter
from pydantic_core import PydanticCustomError

from stages.arrays import registry
from stages.basics.ranges import Fraction, Number, Positive, Seed, Spread, Weight, Whole
from stages.basics.section import Section


def _column(value: Any) -> Any:
    # a heading may be a number, which YAML does not take for text
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _columns(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _encoding(value: Any) -> Any:
    if isinstance(value, str):
        try:
            b"a".decode(value, errors="ignore")  # rot13 and zlib, which Python also knows, are not of texts
        except (LookupError, ValueError) as error:
            raise PydanticCustomError("encoding_type", "not an encoding") from error
    return value


def _delimiter(value: str) -> str:
    try:
        expression = re.compile(value) if len(value) > 1 else None
    except (re.error, OverflowError, RecursionError) as error:
        raise PydanticCustomError("delimiter_type", "no expression") from error
    # with a group pandas takes delimiters for fields, and what is empty stands everywhere
    if value in _NO_DELIMITERS or (expression and (expression.groups or expression.match(""))):
        raise PydanticCustomError("delimiter_type", "not a delimiter")
    return value


def _kind(value: Any) -> Any:
    if value not in KINDS and not (isinstance(value, str) and "%" in value):
        raise PydanticCustomError("kind_type", "not a kind of column")
    return value


def _by_column(value: Any) -> Any:
    return value if isinstance(value, dict) else {EVERY: value}


def _word(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise PydanticCustomError("word_type", "neither a text nor a number")
    return value


_NO_DELIMITERS = ("\n", "\r", "\0", '"')
EVERY = ""  # stands for all columns where texts are said to stand for nothing
KINDS = ("number", "category", "date")


def _order(value: Any) -> Any:
    if not isinstance(value, list) or len(value) < 3:
        raise PydanticCustomError("order_type", "not an order")
    return value


Column = Annotated[str, BeforeValidator(_column)]
ColumnKind = Annotated[str, BeforeValidator(_kind)]
Word = Annotated[str | int | float, BeforeValidator(_word)]
Label = Annotated[str, BeforeValidator(_column)]
Order = Annotated[list[Label], BeforeValidator(_order)]
Lines = Annotated[Whole, Field(ge=0)]


class Generator(Section):
    """A function of ``sklearn.datasets`` that makes a table, by the published comparisons' first rows to train on."""


class MakeRegression(Generator):
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

    def target_classes(self) -> int:
        """Number of classes of the target; 0 for values."""
        return 0


class MakeCircles(Generator):
    """Arguments of ``sklearn.datasets.make_circles``."""

    generator: Literal["make_circles"]
    n_samples: Positive = 100
    shuffle: bool = True
    noise: Spread | None = None
    factor: Fraction = 0.8
    random_state: Seed

    def target_classes(self) -> int:
        """Number of classes of the target."""
        return 2


class MakeBlobs(Generator):
    """Arguments of ``sklearn.datasets.make_blobs``."""

    generator: Literal["make_blobs"]
    n_samples: Positive = 100
    n_features: Positive = 2
    centers: Annotated[Whole, Field(ge=2)] = 3
    cluster_std: Spread = 1.0
    center_box: tuple[Number, Number] = (-10.0, 10.0)
    shuffle: bool = True
    random_state: Seed

    def target_classes(self) -> int:
        """Number of classes of the target."""
        return self.centers


class MakeMultilabel(Generator):
    """Arguments of ``sklearn.datasets.make_multilabel_classification``, whose target is several yes/no columns."""

    generator: Literal["make_multilabel_classification"]
    n_samples: Positive = 100
    n_features: Positive = 20
    n_classes: Annotated[Whole, Field(ge=2)] = 5
    n_labels: Positive = 2
    length: Positive = 50
    allow_unlabeled: bool = True
    random_state: Seed

    def target_classes(self) -> int:
        """Number of classes of each column of the target."""
        return 2


class Table(Section):
    """A user's own table.

    Attributes:
        file: CSV (also compressed), Excel, JSON or Parquet, in ``data/external``; a pattern (``*``) names
            several, read as one in natural order.
        target: the column to predict, or several columns of values or of yes and no.
        features: the columns to predict from; all others when not given.
        drop: columns to leave out.
        delimiter: what stands between the values of a CSV file, as pandas takes it; found out when not given.
        encoding: of a CSV file; found out when not given.
        decimal: the decimal mark of a CSV file; found out when not given.
        quoting: ``none`` where quotes are letters like others; ``usual`` where a field may be in quotes.
        skip: lines before the heading; found out when not given.
        header: ``none`` where the first line is a row; the columns are called ``column_1`` and so on.
        sheet: of an Excel file; the first when not given.
        drop_rows: rows to leave out, counted from 1 for the first below the heading.
        missing: texts and numbers that stand for nothing, in all columns or by column.
        columns: what some columns are: number, category, date, or a form of dates such as ``%d/%m/%y``.
        labels: by column, what to call some of its texts.
        weight: the column that says what each row counts.
        exposure: the column that says for how long, or for how much, each row was observed: the target divided by it
            is learned, and each row counts by it.
    """

    file: str
    target: Annotated[list[Column], BeforeValidator(_columns), Field(min_length=1)]
    features: Annotated[list[Column], Field(min_length=1)] | None = None
    drop: list[Column] = Field(default_factory=list)
    delimiter: Annotated[str, StringConstraints(min_length=1), AfterValidator(_delimiter)] | None = None
    encoding: Annotated[str, BeforeValidator(_encoding)] | None = None
    decimal: Literal[".", ","] | None = None
    quoting: Literal["usual", "none"] | None = None
    skip: Lines | None = None
    header: Literal["first", "none"] = "first"
    sheet: Annotated[str, BeforeValidator(_column)] | None = None
    drop_rows: list[Positive] = Field(default_factory=list)
    missing: Annotated[dict[Column, list[Word]], BeforeValidator(_by_column)] = Field(default_factory=dict)
    columns: dict[Column, ColumnKind] = Field(default_factory=dict)
    labels: dict[Column, dict[Label, Label]] = Field(default_factory=dict)
    weight: Column | None = None
    exposure: Column | None = None

    @property
    def counts(self) -> str | None:
        """The column by which each row counts, where there is one."""
        return self.exposure or self.weight


_GENERATORS = {
    "make_regression": MakeRegression,
    "make_circles": MakeCircles,
    "make_blobs": MakeBlobs,
    "make_multilabel_classification": MakeMultilabel,
}
_OF_FILES = {mark: kind for mark, kind in registry.kinds().items() if kind.OF_FILES}
_EVERY: dict[str, type[Section]] = _GENERATORS | registry.kinds()


def _source(value: Any) -> Any:
    if isinstance(value, dict) and "file" not in value and not set(value) & set(_OF_FILES):
        if "generator" not in value:
            keys = [f"{{{key}: …}}" for key in ("generator", *_OF_FILES)]
            raise PydanticCustomError("source_unclear", "not clear", {"allowed": ", ".join(keys)})
        names = [name for name in _EVERY if name not in _OF_FILES]
        if value["generator"] not in names:
            context = {"value": value["generator"], "names": tuple(names)}
            raise PydanticCustomError("unknown_generator", "not a generator", context)
    return value


_TABLE = "<table>"  # a tag that no key has, as it stands in the locations of pydantic's findings


def _tag(value: Any) -> str:
    if isinstance(value, dict):
        of_files = (f"<{key}>" for key in _OF_FILES if key in value)
        return _TABLE if "file" in value else next(of_files, value.get("generator"))
    return next((_tag_of(mark) for mark, kind in _EVERY.items() if type(value) is kind), _TABLE)


def _tag_of(mark: str) -> str:
    """The tag of a kind: what tells it apart, made no key."""
    return f"<{mark}>" if mark in _OF_FILES else mark


Source = Annotated[
    reduce(operator.or_, [Annotated[kind, Tag(_tag_of(mark))] for mark, kind in _EVERY.items()])
    | Annotated[Table, Tag(_TABLE)],
    Discriminator(_tag),
    BeforeValidator(_source),
]

SOURCE: TypeAdapter[Source] = TypeAdapter(Source)
