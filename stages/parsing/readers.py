"""The reader of a column: fitted once to the values of training, it reads these and those of new rows, from any file.

What a reader has to remember is plain data, in `Reader`: what the column is, and what few new rows could not tell. The
decimal mark is no part of it: that is found in each file anew.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from stages.parsing import dates, durations, number_columns, numbers
from stages.parsing.column_kinds import (
    ERRORS,
    EXACT,
    Texts,
    is_identifier,
    is_number,
    plain,
    plain_dates,
    plain_numbers,
    without_blanks,
)
from stages.records.datasets import Kind
from stages.records.findings import Finding

_ERRORS = frozenset(ERRORS)
_DIGITS = re.compile(r"[-+]?[0-9]+")
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

    def read(
        self, values: pd.Series, decimal: str, *, sure: bool = False, texts: Texts | None = None
    ) -> tuple[pd.Series, np.ndarray]:
        """The values (n_rows,) as ``data/raw`` holds them, and which of them are none of their kind: bool (n_rows,).

        Args:
            values: as a file holds them, or texts as they are written.
            decimal: the decimal mark of the file, where a column does not show another.
            sure: whether the parameters say that it is this one.
            texts: what the values are as `Texts`, where that is known.
        """
        values = settled(values, self)
        if self.kind == "category":
            return without_blanks(as_texts(values).mask(_are_errors(values))), np.zeros(len(values), bool)
        by, is_date = by_type(values), self.kind == "date"
        if by == "date" and is_date:
            made = plain_dates(values)
        elif by in ("number", "boolean") and not is_date:
            made = plain_numbers(values)
        else:
            if values.dtype == object:
                values, texts = values.map(_without_booleans), None
            texts = Texts.of(as_texts(values)) if texts is None else texts
            match self.kind:
                case "date":
                    made = plain_dates(texts.spread(_dates(texts, self.form), values.index))
                case _ if self.kind == "boolean" or _are_booleans(texts):
                    of_each = [_AS_NUMBERS.get(text.lower(), np.nan) for text in texts.different]
                    made = texts.spread(np.array(of_each, float), values.index)
                case _:
                    made = _numbers(texts, self.form, decimal, values.index, sure=sure)
        refused = made.isna().to_numpy()
        if refused.any():
            present = values.notna().to_numpy(bool, copy=True)
            if pd.api.types.is_string_dtype(values):
                present &= np.isin(np.arange(len(values)), Texts.of(values).rows)
            refused = refused & present
        return made.rename(values.name), refused


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
    by = by_type(values)
    texts = Texts.of(as_texts(values)) if by is None or said not in (None, by) else None
    kind, form, decided = _found_out(by, texts, decimal, said, quoted=quoted, typed=typed, sure=sure)
    if kind is None:
        return None
    form = durations.SECONDS if are_durations and kind == "number" else form
    read = Reader(kind, form).read(values, decimal, sure=sure, texts=texts)[0]
    findings = [*([number_columns.odd("errors", errors)] if len(errors) else []), *decided.findings]
    return Fitted(Reader(kind, form, words.nothing, words.labels), read, decided.grouping, findings)


def _found_out(
    by: Kind | None,
    present: Texts | None,
    decimal: str,
    said: str | None,
    *,
    quoted: bool,
    typed: bool,
    sure: bool,
) -> tuple[Kind | None, str | None, number_columns.Decided]:
    """What a column is, how it is written, and what is odd about that; no kind where it is not what is said."""
    no_texts = number_columns.Decided(False)
    if said == "category" or present is None:
        return said if said == "category" else by, None, no_texts
    if said is None and not len(present) and not typed:
        return "number", None, no_texts  # words for nothing alone
    if said in (None, "number"):
        is_text = typed and said is None and numbers.look(present.different, ".").plain.all()
        how = {"quoted": quoted, "forced": said is not None, "sure": sure}
        decided = no_texts if is_text else number_columns.decide(present, decimal, **how)
        if decided.are_numbers or said is not None:
            return "number" if decided.are_numbers or not len(present) else None, decided.form, decided
        if _are_booleans(present):
            return "boolean", None, decided
        form, others = _dates_and_others(present)
        if form is None:
            return "category", None, decided
        return "date", form, number_columns.Decided(False, findings=others)
    different, name = present.different, present.name
    form = said if "%" in said else dates.fit(different, name)[0] or (dates.ISO if not different else None)
    is_date = form is not None and not np.isnat(dates.moments_of(different, form, name)).any()
    return "date" if is_date else None, form, no_texts


def _dates_and_others(present: Texts) -> tuple[str | None, list[Finding]]:
    """How texts are written as dates, of which a few among many may be none; None where too many are."""
    form = dates.fit(present.different, present.name)[0]
    if form is not None or len(present) < number_columns.FEW:
        return form, []
    sample = present.head(_SAMPLE)
    if dates.are_dates(sample.different)[sample.codes].mean() < number_columns.MOST:
        return None, []
    are_dates = dates.are_dates(present.different)
    if are_dates[present.codes].mean() < number_columns.MOST or are_dates.sum() <= number_columns.DIFFER:
        return None, []
    others = number_columns.odd("odd texts", present.where(~are_dates), n_of=len(present), read_as="dates")
    return dates.fit(present.where(are_dates).different, present.name)[0], [others]


def _is_numeric(values: pd.Series) -> bool:
    """Whether values are numbers of NumPy's, which need no look at each."""
    return isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf"


def by_type(values: pd.Series) -> Kind | None:
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
    return np.array([value in _ERRORS for value in values.to_numpy(object)], bool)


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


def _are_booleans(texts: Texts) -> bool:
    return bool(texts.different) and all(text.lower() in _BOOLEANS for text in texts.different)


def _without_booleans(value: object) -> object:
    return float(value) if isinstance(value, (bool, np.bool_)) else value


def _numbers(texts: Texts, form: str | None, decimal: str, index: pd.Index, *, sure: bool) -> pd.Series:
    different = texts.different
    if form not in (None, *durations.FORMS):
        different = [text.removesuffix(form).rstrip() for text in different]
    mark = decimal if sure else numbers.mark_of(different, decimal, texts.counts)
    read = numbers.read(different, mark, are_numbers=True, sure=sure).numbers.copy()
    if form in durations.FORMS:
        rest = np.flatnonzero(np.isnan(read))
        read[rest] = durations.seconds([different[place] for place in rest], form)
    made = texts.spread(read, index)
    if (np.abs(read) >= EXACT).any() and all(map(_DIGITS.fullmatch, different)):
        exact = pd.to_numeric(texts.as_written(), dtype_backend="numpy_nullable")
        # what is too long for 64 bits stays a float
        if pd.api.types.is_integer_dtype(exact):
            made = exact.reindex(range(len(index))).set_axis(index)
    found = made.to_numpy()
    if found.dtype.kind == "f" and (np.abs(found) < EXACT).all() and not (found % 1).any():
        return made.astype(np.int64)
    return plain_numbers(made)


def _dates(texts: Texts, form: str | None) -> np.ndarray:
    moments = dates.moments_of(texts.different, form or dates.ISO, texts.name)
    places = np.flatnonzero(np.isnat(moments))
    rest = [texts.different[place] for place in places]
    if rest and (compact := dates.by_format(pd.Series(rest), "%Y%m%d")) is not None:
        moments[places] = compact
    elif rest and form in dates.ORDERS:
        # another file may have another order of day and month, if that leaves no doubt
        other = dates.moments_of(texts.different, dates.ORDERS[form], texts.name)
        return moments if np.isnat(other).any() else other
    # training may have had none: then that of a file holds which leaves no doubt
    elif rest and form in (None, dates.ISO, dates.NAMED) and not dates.may_swap(rest):
        of_rest = dates.fit(rest, texts.name)[1]
        moments[places] = moments[places] if of_rest is None else of_rest
    return moments
