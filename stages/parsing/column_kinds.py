"""The kind of each column of a table, and its values as they are kept."""

import re

import numpy as np
import pandas as pd

# strings that mean missing: those of pandas, of databases and programs, and - . ?
MISSING = [
    *["", "-", ".", "?", "#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "n/a", "NA", "NULL", "null", "None", r"\N"],
    *["none", "nil", "(null)", "<null>", "[NULL]", "NaT"],
    *["NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"],
]
# what a spreadsheet could not calculate, which is nothing in any column
ERRORS = [
    *["#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#N/A", "#SPILL!", "#CALC!", "#FIELD!"],
    *["#GETTING_DATA", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!"],
]
# letters without a width, and NULs, which nobody sees in a cell
UNSEEN = dict.fromkeys([0, 0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)])
EXACT = 2**53  # from which on a float does not tell all whole numbers apart
LARGEST = float(np.finfo(np.float32).max)  # networks calculate with float32; what is beyond is infinite to them
_DATES = ("0001-01-01", "9999-12-31 23:59:59")  # the first and the last that can be written
_IDENTIFIER_NAME = re.compile(r"(?i:(^|[_\W])(id|uuid|guid|index|key|nr|no)$|^unnamed: 0$)|[a-z]I[dD]$")


def bare(text: str) -> str:
    """A text without blanks around it and without letters that nobody sees."""
    return (text if text.isascii() and "\0" not in text else text.translate(UNSEEN)).strip()


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
