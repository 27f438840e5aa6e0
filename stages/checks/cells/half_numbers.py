"""Cells that are half number and half text, such as ``12 (estimated)`` and ``< 5``, in columns that stay texts."""

import pandas as pd

from stages.checks.cells.date_doubts import perhaps_of_a_form
from stages.checks.cells.mixed import mixed
from stages.checks.every import Seen
from stages.parsing.dates import are_dates
from stages.parsing.number_columns import odd
from stages.parsing.numbers import are_numbers
from stages.records.findings import Finding

_FEWEST = 10  # different texts; of fewer the cells are labels
_MOST = 0.8  # share of the texts that hold a number
_SHAPES = 0.2  # of the different texts; labels that hold a number have more shapes
_NUMBER = r"\d+(?:[.,]\d+)*"


def find(seen: Seen) -> list[Finding]:
    """Of all features and targets whose kind is not said."""
    return [each for name in seen.with_digits(seen.used) for each in half_numbers(seen.columns[name][0])]


def half_numbers(texts: pd.Series) -> list[Finding]:
    """Texts nearly all of which hold a number, in a few shapes, and some more than that.

    Args:
        texts: (n_rows,).
    """
    different = texts.dropna().unique()
    if sum(any(map(str.isdigit, text)) for text in different) < _FEWEST:
        return []
    different = pd.Series(different, dtype="str").str.strip().drop_duplicates()
    holds = different.str.contains(r"^[^\w]*\d|^\d")
    if not holds.any():
        holds = _of_one_shape(different, texts)
    if holds.sum() < _FEWEST or holds.mean() < _MOST or different.str.fullmatch(r"0\d+").any():
        return []
    shapes = different[holds].str.replace(_NUMBER, "0", regex=True)
    if shapes.nunique() > max(_SHAPES * len(shapes), 3):
        return []
    is_number = are_numbers(list(different))
    is_whole = is_number | are_dates(different)
    if mixed(texts) or perhaps_of_a_form(texts):
        return []  # which is told already
    half = texts[texts.str.strip().isin(different[~is_whole & holds.to_numpy()])]
    return [odd("half numbers", half, n_of=int(is_number.sum()))] if len(half) else []


def _of_one_shape(different: pd.Series, texts: pd.Series) -> pd.Series:
    """Which texts have the shape that most have, letters and a number, as in ``KW 48`` and ``abt. 3.5``: bool.

    None where the numbers may be those of the rows, or parts of codes.
    """
    shapes = different.str.replace(_NUMBER, "0", regex=True)
    is_usual = (shapes == shapes.value_counts().index[0]) & shapes.str.contains("0", regex=False)
    has_mark = different.str.contains(r"\d[.,]\d")
    is_code = different.str.contains(r"(?<![\d.,])0\d") | (not texts.dropna().duplicated().any())
    return is_usual & (has_mark | ~is_code)
