"""Cells that are half number and half text, such as ``12 (estimated)`` and ``< 5``, in columns that stay texts."""

import pandas as pd

from stages.checks.every import Seen
from stages.parsing.dates import are_dates
from stages.parsing.number_columns import odd
from stages.parsing.numbers import are_numbers
from stages.records.findings import Finding

_FEWEST = 10  # different numbers; of fewer the cells are labels
_MOST = 0.8  # share of the texts that hold a number
_HALF = r"[<>≤≥~≈±]?\s*[-+\u2212]?(?P<number>\d+(?:[.,]\d+)*)\s*(?:[^\W\d_]{4,}.*|[(*†?/].*|[-–]\s*\d.*)?"


def find(seen: Seen) -> list[Finding]:
    """Of all features and targets whose kind is not said."""
    texts = [name for name in seen.used if seen.columns[name][1] == "category" and name not in seen.said]
    return [each for name in texts for each in half_numbers(seen.columns[name][0])]


def half_numbers(texts: pd.Series) -> list[Finding]:
    """Texts nearly all of which hold a number, and some more than that.

    Args:
        texts: (n_rows,).
    """
    different = pd.Series(texts.dropna().str.strip().unique(), dtype="str")
    numbers = different.str.extract(f"^(?:{_HALF})$")["number"]
    if numbers.nunique() < _FEWEST or numbers.notna().mean() < _MOST or numbers.str.fullmatch(r"0\d+").any():
        return []
    is_whole = are_numbers(list(different)) | are_dates(different)
    half = texts[texts.str.strip().isin(different[~is_whole & numbers.notna().to_numpy()])]
    # where nearly all are numbers, `mixed` tells the others
    return [odd("half numbers", half)] if is_whole.mean() < _MOST and len(half) else []
