"""Labels that differ by capitals, accents, marks or blanks alone."""

import re
import unicodedata

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.records.findings import Finding

_LABELS = 2000  # different texts; more are no labels


def find(seen: Seen) -> list[Finding]:
    """Of all features and targets."""
    labels = (name for name in seen.of_kind(seen.used, "category") if 1 < len(seen.different(name)) <= _LABELS)
    some = (name for name in labels if len(set(map(_folded, seen.different(name)))) < len(seen.different(name)))
    return [each for name in some for each in alike(seen.columns[name][0])]


def alike(texts: pd.Series) -> list[Finding]:
    """Labels that differ by capitals, accents, marks or blanks alone; those of one meaning are one finding."""
    counts = texts.value_counts()
    if not 1 < len(counts) <= min(_LABELS, max(len(texts) / 2, 2)):
        return []
    groups: dict[str, list[str]] = {}
    for label in counts.index:
        groups.setdefault(_folded(label), []).append(label)
    several = [labels for labels in groups.values() if len(labels) > 1]
    return [
        Finding(
            "alike",
            str(texts.name),
            labels[:4],
            [int(np.flatnonzero(texts == label)[0]) + 1 for label in labels[:4]],
            int(counts[labels[1:]].sum()),
            len(several),
            labels[0],
        )
        for labels in several[:3]
    ]


def _folded(label: str) -> str:
    """A text without what tells it apart from those that look alike."""
    letters = unicodedata.normalize("NFKD", label.casefold())
    return re.sub(r"[\s_.\-]+", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))
