"""Columns of texts most of which are numbers or dates."""

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.parsing.dates import are_dates, as_dates
from stages.parsing.number_columns import odd
from stages.parsing.numbers import CODE, look
from stages.records.findings import Finding

_TEXTS = 1000  # rows that show whether texts are mostly numbers or dates
_HALF = 0.4
_LABELS = 15  # different numbers or dates; fewer may be labels
_MOST = 0.8  # share of texts that are numbers or dates, from which the others are odd


def find(seen: Seen) -> list[Finding]:
    """Of all features and targets whose kind is not said."""
    return [each for name in seen.with_digits(seen.used) for each in mixed(seen.columns[name][0])]


def mixed(texts: pd.Series) -> list[Finding]:
    """That most texts of a column are numbers or dates, and which are not."""
    present = texts.dropna().str.strip()
    sample = present.head(_TEXTS)
    if len(sample) < 5:
        return []
    for what, are in (("numbers", _numbers_in), ("dates", are_dates)):
        share = are(sample).mean()
        # half of a column may be numbers or dates, and half texts, where these are no labels
        if share < _MOST and not (share > _HALF and sample[are(sample)].nunique() > _LABELS):
            continue
        others = present[~are(present)]
        if what == "dates" and as_dates(present.drop(others.index)) is None:
            return []
        if others.str.fullmatch(CODE).any():
            return []
        return [odd("mixed", others.rename(texts.name), n_of=len(present), read_as=what)]
    return []


def _numbers_in(texts: pd.Series) -> np.ndarray:
    return look(texts, ".").is_number
