"""The reader of a column: fitted once to the values of training, it reads these and those of new rows, from any file.

What a reader has to remember is plain data, in `Reader`: what the column is, and what few new rows could not tell. The
decimal mark is no part of it: that is found in each file anew.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from stages.parsing import dates, durations, number_columns, numbers
from stages.parsing.column_kinds import (
    ERRORS,
    EXACT,
    MISSING,
    bare,
    is_identifier,
    is_number,
    plain,
    plain_dates,
    plain_numbers,
    without_blanks,
)
from stages.records.datasets import Kind
from stages.records.findings import Finding

_MISSING, _ERRORS = frozenset(MISSING), frozenset(ERRORS)
_BOOLEANS = {"true": 1.0, "false": 0.0}
_SAMPLE = 100  # rows that show whether most texts are dates
_AS_NUMBERS = _BOOLEANS | {"1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}


@dataclass(frozen=True)
class Reader:
    """How the values of a column are read.

    Attributes:
        kind: what they are.
        form: of dates that are texts how they are written; of durations one of `durations.FORMS`; of other numbers the
            unit behind each.
        nothing: texts and numbers that stand for nothing, by the parameters.
        labels: what some texts are called, by the parameters.
    """

    kind: Kind
    form: str | None = None
    nothing: tuple[str | int | float, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    def read(self, values: pd.Series, decimal: str, *, sure: bool = False) -> tuple[pd.Series, np.ndarray]:
        """The values (n_rows,) as ``data/raw`` holds them, and which of them are none of their kind: bool (n_rows,).

        Args:
            values: as a file holds them, or texts as they are written.
            decimal: the decimal mark of the file, where a column does not show another.
            sure: whether the parameters say that it is this one.
        """
        values = settled(values, self)
        match self.kind:
            case "category":
                return without_blanks(as_texts(values).mask(_are_errors(values))), np.zeros(len(values), bool)
            case "date":
                made = _dates(values, self.form)
            case "boolean":
                made = _booleans(values)
            case _:
                made = _numbers(values, self.form, decimal, sure=sure)
        present = values.notna()
        if pd.api.types.is_string_dtype(values):
            present &= ~texts_of(values).isna()
        return made.rename(values.name), (made.isna() & present).to_numpy()


@dataclass(frozen=True)
class Fitted:
    """A reader that was fitted to a column, and what is odd about what it reads.

    Attributes:
        reader: the reader.
        column: (n_rows,) as it reads it.
        grouping: the mark that groups digits in it, as programs write them; empty where there is none.
        findings: what is odd.
    """

    reader: Reader
    column: pd.Series
    grouping: str
    findings: list[Finding]

    @cached_property
    def tidied(self) -> tuple[pd.Series, Kind]:
        """The column, and its kind; an identifier is a number that only tells rows apart."""
        kind = self.reader.kind
        return self.column, "identifier" if kind == "number" and is_identifier(self.column) else kind


def fit(
    values: pd.Series,
    decimal: str = ".",
    *,
    said: str | None = None,
    quoted: bool = True,
    typed: bool = False,
    sure: bool = False,
    nothing: tuple[str | int | float, ...] = (),
    labels: dict[str, str] | None = None,
) -> Fitted | None:
    """Fit the reader of a column.

    Args:
        values: (n_rows,) the column as its file holds it: values, or texts as they are written.
        decimal: the decimal mark of the file.
        said: what the parameters say that it is: a kind, or a format of dates.
        quoted: whether a mark that groups digits cannot be mistaken for the delimiter.
        typed: whether the file tells texts from numbers, so that digits that are texts are no numbers.
        sure: whether the parameters say what the decimal mark is.
        nothing: as of `Reader`.
        labels: as of `Reader`.

    Returns:
        None where the column is not what the parameters say.
    """
    words = Reader("category", None, tuple(nothing), labels or {})
    if said in (None, "number") and not nothing and not labels and _is_numeric(values):
        return Fitted(Reader("number"), plain_numbers(values), "", [])
    are_durations = durations.of_values(plain(values)) is not None
    values = settled(values, words)
    errors = values[_are_errors(values)]
    if len(errors):
        values = values.drop(errors.index).reindex(values.index)
    kind, form, decided = _found_out(values, decimal, said, quoted=quoted, typed=typed, sure=sure)
    if kind is None:
        return None
    form = durations.SECONDS if are_durations and kind == "number" else form
    read = Reader(kind, form).read(values, decimal, sure=sure)[0]
    findings = [*([number_columns.odd("errors", errors)] if len(errors) else []), *decided.findings]
    return Fitted(Reader(kind, form, words.nothing, words.labels), read, decided.grouping, findings)


def _found_out(
    values: pd.Series, decimal: str, said: str | None, *, quoted: bool, typed: bool, sure: bool
) -> tuple[Kind | None, str | None, number_columns.Decided]:
    """What a column is, how it is written, and what is odd about that; no kind where it is not what is said."""
    no_texts = number_columns.Decided(False)
    by_type = _by_type(values)
    if said == "category" or (by_type is not None and said in (None, by_type)):
        return said if said == "category" else by_type, None, no_texts
    present = texts_of(as_texts(values)).dropna()
    if said is None and not len(present) and not typed:
        return "number", None, no_texts  # words for nothing alone
    if said in (None, "number"):
        is_text = typed and said is None and numbers.look(present, ".").plain.all()
        how = {"quoted": quoted, "forced": said is not None, "sure": sure}
        decided = no_texts if is_text else number_columns.decide(present, decimal, **how)
        if decided.are_numbers or said is not None:
            return "number" if decided.are_numbers or not len(present) else None, decided.form, decided
        if len(present) and present.str.lower().isin(_BOOLEANS).all():
            return "boolean", None, decided
        form, others = _dates_and_others(present)
        if form is None:
            return "category", None, decided
        return "date", form, number_columns.Decided(False, findings=others)
    form = said if "%" in said else dates.fit(present)[0] or (dates.ISO if not len(present) else None)
    is_date = form is not None and (not len(present) or dates.by_known_form(present, form).notna().all())
    return "date" if is_date else None, form, no_texts


def _dates_and_others(present: pd.Series) -> tuple[str | None, list[Finding]]:
    """How texts are written as dates, of which a few among many may be none; None where too many are."""
    form = dates.fit(present)[0]
    if form is not None or len(present) < number_columns.FEW:
        return form, []
    if dates.are_dates(present.head(_SAMPLE)).mean() < number_columns.MOST:
        return None, []
    are_dates = dates.are_dates(present)
    if are_dates.mean() < number_columns.MOST or present[are_dates].nunique() <= number_columns.DIFFER:
        return None, []
    others = number_columns.odd("odd texts", present[~are_dates], n_of=len(present), read_as="dates")
    return dates.fit(present[are_dates])[0], [others]


def _is_numeric(values: pd.Series) -> bool:
    """Whether values are numbers of NumPy's, which need no look at each."""
    return isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf"


def _by_type(values: pd.Series) -> Kind | None:
    """The kind of values that are no texts; None where they are."""
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "date"
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values):
        return "number"
    if pd.api.types.is_string_dtype(values) and values.dtype != object:
        return None
    present = values.dropna()
    if len(present) and present.map(lambda value: isinstance(value, (bool, np.bool_))).all():
        return "boolean"
    if len(present) and present.map(is_number).all():
        return "number"
    return None


def settled(values: pd.Series, reader: Reader) -> pd.Series:
    """Values as plain ones, durations in seconds, what stands for nothing missing, and the others called as is said."""
    values = plain(values)
    if (in_seconds := durations.of_values(values)) is not None:
        values = in_seconds
    if reader.nothing:
        values = values.mask(_is_nothing(values, reader.nothing))
    return _called(values, reader.labels) if reader.labels else values


def _is_nothing(values: pd.Series, words: tuple[str | int | float, ...]) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values.isin(pd.to_numeric(pd.Series(words, dtype=object), errors="coerce").dropna())
    return values.isin(words) | values.astype(str).str.strip().isin(list(map(str, words)))


def _are_errors(values: pd.Series) -> np.ndarray:
    """Which values are texts that stand for what a spreadsheet could not calculate: bool (n_rows,)."""
    if not pd.api.types.is_string_dtype(values):
        return np.zeros(len(values), bool)
    return np.array([isinstance(value, str) and value in _ERRORS for value in values.to_numpy(object)], bool)


def _called(values: pd.Series, labels: dict[str, str]) -> pd.Series:
    """Texts called as the parameters say: numbers, where texts are called by numbers and no text is left."""
    texts = as_texts(values).str.strip()
    called = values.astype(object).mask(texts.isin(labels), texts.map(labels))
    old, new = (
        pd.to_numeric(pd.Series(list(each), dtype="str"), errors="coerce") for each in (labels, labels.values())
    )
    if new.isna().any() or not old.isna().any():
        return called
    as_numbers = pd.to_numeric(called, errors="coerce")
    return called if (as_numbers.isna() & called.notna()).any() else as_numbers


def as_texts(values: pd.Series) -> pd.Series:
    """Texts, whole numbers without a decimal point; what is missing stays so."""
    if values.dtype == "str":
        return values
    if pd.api.types.is_float_dtype(values) and not (values.dropna() % 1).any():
        values = values.astype("Int64")
    return values.astype(object).where(values.notna(), None).map(str, na_action="ignore").astype("str")


def texts_of(values: pd.Series) -> pd.Series:
    """Texts without blanks around them, those that mean missing so."""
    texts = [None if pd.isna(text) or (seen := bare(text)) in _MISSING else seen for text in values.to_numpy(object)]
    return pd.Series(texts, values.index, dtype="str", name=values.name)


def _numbers(values: pd.Series, form: str | None, decimal: str, *, sure: bool) -> pd.Series:
    if _by_type(values) in ("number", "boolean"):
        return plain_numbers(values)
    if values.dtype == object:
        values = values.map(lambda value: float(value) if isinstance(value, (bool, np.bool_)) else value)
    texts = texts_of(as_texts(values))
    present = texts.dropna()
    unit = form if form not in (None, *durations.FORMS) else ""
    without = present.str.removesuffix(unit).str.rstrip()
    mark = decimal if sure else numbers.mark_of(without, decimal)
    read = numbers.read(without, mark, are_numbers=True, sure=sure).numbers
    if form in durations.FORMS:
        rest = np.isnan(read)
        read[rest] = durations.seconds(present[rest], form)
    made = pd.Series(read, present.index)
    if (np.abs(read) >= EXACT).any() and present.str.fullmatch(r"[-+]?\d+").all():
        exact = pd.to_numeric(present, dtype_backend="numpy_nullable")
        # what is too long for 64 bits stays a float
        made = exact if pd.api.types.is_integer_dtype(exact) else made
    return plain_numbers(_whole(made.reindex(values.index)))


def _whole(values: pd.Series) -> pd.Series:
    """Numbers as whole ones where all are."""
    is_whole = values.notna().all() and (values.abs() < EXACT).all() and not (values % 1).any()
    return values.astype(np.int64) if is_whole else values


def _booleans(values: pd.Series) -> pd.Series:
    if _by_type(values) in ("number", "boolean"):
        return plain_numbers(values)
    return texts_of(as_texts(values)).str.lower().map(_AS_NUMBERS).astype(np.float64)


def _dates(values: pd.Series, form: str | None) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return plain_dates(values)
    texts = texts_of(as_texts(values)).dropna()
    made = dates.by_known_form(texts, form or dates.ISO)
    rest = texts[made.isna()]
    # training may have had no order of day and month: then that of a file holds which leaves no doubt
    if len(rest) and form in (None, dates.ISO, dates.NAMED) and dates.fit(rest)[0] and not dates.may_swap(rest):
        made[rest.index] = dates.fit(rest)[1]
    return plain_dates(made).reindex(values.index)
