"""The kind of each column of a table, and its values as they are kept."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

# strings that mean missing: those of pandas, of databases and programs, and - . ?
MISSING = [
    *["", "-", ".", "?", "#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "n/a", "NA", "NULL", "null", "None", r"\N"],
    *["none", "nil", "(null)", "<null>", "[NULL]", "NaT"],
    *["NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"],
]
# what a spreadsheet could not calculate, which is nothing in any column: as Excel says it in English, German, French,
# Spanish, Italian, Portuguese, Dutch, Polish and Russian, and as Google's and LibreOffice's do
ERRORS = [
    *["#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#N/A", "#SPILL!", "#CALC!", "#FIELD!"],
    *["#GETTING_DATA", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!", "#BUSY!", "#PYTHON!", "#ERROR!", "Loading..."],
    *["#BEZUG!", "#WERT!", "#ZAHL!", "#NV", "#ÜBERLAUF!", "#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!"],
    *["#¡DIV/0!", "#¡REF!", "#¡VALOR!", "#¿NOMBRE?", "#¡NUM!", "#¡NULO!", "#RIF!", "#VALORE!", "#NOME?", "#N/D"],
    *["#VALOR!", "#NÚM!", "#NULO!", "#DEEL/0!", "#VERW!", "#WAARDE!", "#NAAM?", "#GETAL!", "#LEEG!", "#N/B", "#NB"],
    *["#ARG!", "#ADR!", "#NAZWA?", "#LICZBA!", "#ZERO!", "#N/D!", "#ДЕЛ/0!", "#ССЫЛКА!", "#ЗНАЧ!", "#ИМЯ?", "#ЧИСЛО!"],
    *["#ПУСТО!", "#Н/Д", *(f"Err:{number}" for number in range(501, 541))],
]
# letters without a width, and NULs, which nobody sees in a cell
UNSEEN = dict.fromkeys([0, 0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)])
_AS_TEXT = re.compile(r"""^="([^"]*)"$|^'([-+.]?\d[^']*)$""")  # ="007" and '007
_MISSING = frozenset(MISSING)
EXACT = 2**53  # from which on a float does not tell all whole numbers apart
LARGEST = float(np.finfo(np.float32).max)  # networks calculate with float32; what is beyond is infinite to them
_DATES = ("0001-01-01", "9999-12-31 23:59:59")  # the first and the last that can be written
_IDENTIFIER_NAME = re.compile(r"(?i:(^|[_\W])(id|uuid|guid|index|key|nr|no)$|^unnamed: 0$)|[a-z]I[dD]$")


def bare(text: str) -> str:
    """A text without blanks around it, letters that nobody sees, and what tells Excel that digits are a text."""
    seen = (text if text.isascii() and "\0" not in text else text.translate(UNSEEN)).strip()
    return _AS_TEXT.sub(r"\1\2", seen) if seen.startswith(("=", "'")) else seen


@dataclass(frozen=True)
class Texts:
    """The texts of a column: each different one once, as what one means is found out once; none is missing.

    Attributes:
        different: those that differ, in the order in which they come.
        codes: integers (n_rows,): the place of each row's text among them.
        rows: integers (n_rows,): the rows of the column.
        name: of the column.
    """

    different: list[str]
    codes: np.ndarray
    rows: np.ndarray
    name: object = None

    @classmethod
    def of(cls, values: pd.Series) -> "Texts":
        """Those of a column of texts, as they are seen, but for what is missing or says so."""
        codes, different = pd.factorize(values.to_numpy(object))
        seen = [bare(text) for text in different]
        if any(text in _MISSING for text in seen) or len(set(seen)) < len(seen):
            places = {text: place for place, text in enumerate(dict.fromkeys(seen))}
            codes = np.array([*map(places.get, seen), -1])[codes]
            seen, all_of = list(places), cls(list(places), codes, np.arange(len(codes)), values.name)
            return all_of.where(np.array([text not in _MISSING for text in seen], bool), codes >= 0)
        present = codes >= 0
        return cls(seen, codes[present], np.flatnonzero(present), values.name)

    def where(self, of_different: np.ndarray, of_rows: np.ndarray | None = None) -> "Texts":
        """Those of which this holds, bool (n_different,) and (n_rows,)."""
        kept = np.append(of_different, False)[self.codes] if of_rows is None else of_rows & of_different[self.codes]
        places = np.cumsum(of_different) - 1
        different = [text for text, is_kept in zip(self.different, of_different, strict=True) if is_kept]
        return Texts(different, places[self.codes[kept]], self.rows[kept], self.name)

    def head(self, n_rows: int) -> "Texts":
        """The first rows."""
        if n_rows >= len(self.codes):
            return self
        codes = self.codes[:n_rows]
        return Texts(self.different[: codes.max(initial=-1) + 1], codes, self.rows[:n_rows], self.name)

    def as_written(self) -> pd.Series:
        """The texts themselves, under their rows."""
        texts = np.array(self.different, object)[self.codes]
        return pd.Series(texts, self.rows, dtype="str", name=self.name)

    @cached_property
    def counts(self) -> np.ndarray:
        """In how many rows each is: (n_different,)."""
        return np.bincount(self.codes, minlength=len(self.different))

    def __len__(self) -> int:
        return len(self.codes)

    def spread(self, of_each: np.ndarray, index: pd.Index) -> pd.Series:
        """What each means, numbers or dates (n_different,), in its rows, nothing in the others: (n_rows,)."""
        made = np.full(len(index), "NaT" if of_each.dtype.kind == "M" else np.nan, of_each.dtype)
        made[self.rows] = of_each[self.codes]
        return pd.Series(made, index)


def without_blanks(values: pd.Series) -> pd.Series:
    """Texts without blanks around them; what is missing stays so, and a text of blanks stays as it is."""
    texts = values
    if values.dtype != "str":
        texts = values.where(values.isna(), values.astype(str)).astype(object).where(values.notna(), None).astype("str")
    plain_ones = [None if pd.isna(text) else bare(text) or text for text in texts.to_numpy(object)]
    return pd.Series(plain_ones, values.index, dtype="str", name=values.name)


def plain(values: pd.Series) -> pd.Series:
    """A column as plain values: those behind a categorical of pandas', lists and mappings as text, bytes decoded."""
    if isinstance(values.dtype, (pd.CategoricalDtype, pd.ArrowDtype, pd.SparseDtype)):
        present = values.dropna()
        values = present.astype(object).infer_objects().reindex(values.index)
    if values.dtype == object:
        values = values.map(_plain_value)
    return values


def _plain_value(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value) if isinstance(value, (list, dict, np.ndarray)) else value


def is_number(value: object) -> bool:
    """Whether a single value is a number, of whatever class, and no boolean."""
    # decimal.Decimal and whole numbers too large for 64 bits come as objects
    return not isinstance(value, (bool, str, bytes)) and hasattr(value, "__float__") and hasattr(value, "__round__")


def plain_numbers(values: pd.Series) -> pd.Series:
    """Numbers as they are kept: those that are infinite are missing, and whole ones stay so where none is missing.

    So do those that a float would not tell apart.
    """
    if pd.api.types.is_integer_dtype(values):
        if values.notna().all():
            return values.astype(np.int64) if values.dtype == "Int64" else values
        if (values.abs() >= EXACT).any():
            return values
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    infinite = np.abs(numbers) > LARGEST
    if not infinite.any() and values.dtype == numbers.dtype:
        return values
    return pd.Series(np.where(infinite, np.nan, numbers), values.index, name=values.name)


def counts_on(values: pd.Series) -> bool:
    """Whether whole numbers that differ count on from 0 or 1 in the order of the rows."""
    present, n_rows = values.dropna(), len(values)
    return present.is_monotonic_increasing and (present.iloc[0], present.iloc[-1]) in ((0, n_rows - 1), (1, n_rows))


def is_identifier(values: pd.Series) -> bool:
    """Whether whole numbers only tell rows apart: all differ, and they count on from 0 or 1, or the name says so.

    So do numbers of so many digits that a float cannot tell them apart.
    """
    if values.dtype == np.float64 and not np.isnan(values.to_numpy()).any():
        return False
    present, n_rows = values.dropna(), len(values)
    # whole numbers are floats where some are missing
    whole = pd.api.types.is_integer_dtype(values) or (len(present) < n_rows and not (present % 1).any())
    if not whole or len(present) < 3 or not present.is_unique:
        return False
    if counts_on(values) or _IDENTIFIER_NAME.search(str(values.name)):
        return True
    return pd.api.types.is_integer_dtype(values) and bool((present.abs() >= EXACT).all())


def plain_dates(dates: pd.Series) -> pd.Series:
    """Dates without a time zone, which Parquet keeps the same everywhere; none beyond those that can be written."""
    zoned = isinstance(dates.dtype, pd.DatetimeTZDtype)
    plain = dates.dt.tz_convert("UTC").dt.tz_localize(None) if zoned else dates
    moments = plain.to_numpy()
    if plain.dt.unit != "ns":  # whose range is the narrower
        moments = np.clip(moments, *np.array(_DATES, moments.dtype))
    return pd.Series(moments.astype("M8[us]"), dates.index, name=dates.name)
