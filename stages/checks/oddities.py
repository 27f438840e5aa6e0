"""What is odd about the values of columns: far from all others, telling the target, texts that look alike."""

import re
import unicodedata

import numpy as np
import pandas as pd

from stages.parsing.dates import are_dates, as_dates, is_short, may_swap
from stages.parsing.number_columns import odd, shown
from stages.parsing.numbers import CODE, look
from stages.records.datasets import Kind
from stages.records.findings import SHOWN_ROWS, Finding

_FEW = 10  # rows; among fewer nothing is far from all others
_SOME = 20  # rows; in fewer, a column may tell the target by chance
_SAMPLE = 5000  # rows that show whether a column tells the target
_TEXTS = 1000  # rows that show whether texts are mostly numbers or dates
_LABELS = 2000  # different texts; more are no labels
_CODES = {*(sign * (10**digits - 1) for digits in (2, 3, 4, 5) for sign in (1, -1)), -200, 8888, -8888, -1}
_NO_DATES = ["0001-01-01", "1601-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01"]
_NO_DATES += ["2099-12-31", "2999-12-31", "9999-12-31"]  # which often stand for nothing
_DATE_CODES = set(np.array(_NO_DATES, "datetime64[us]").astype(np.float64))
_MOST = 0.8  # share of texts that are numbers or dates, from which the others are odd


def far(values: pd.Series, written: pd.Series | None = None) -> list[Finding]:
    """Numbers or dates that lie far from all others, as -200 among values from 1 to 4 does.

    A value is far where its distance from the next is over three times the range of all others, or over that range
    where it often stands for nothing, as -999 or 1900-01-01 does, in two rows or more.

    Args:
        values: (n_rows,).
        written: of dates, as they were read.
    """
    present = values.dropna()
    codes = _CODES
    if written is not None:
        present, codes = pd.Series(_as_numbers(present), present.index, name=present.name), _DATE_CODES
    if len(present) < _FEW:
        return []
    numbers, odd_ones = np.unique(present.to_numpy(np.float64)), []
    while len(numbers) > 5 and len(odd_ones) < 3:
        for value, nearest, rest in ((numbers[0], numbers[1], numbers[1:]), (numbers[-1], numbers[-2], numbers[:-1])):
            gap, spread = abs(nearest - value), rest[-1] - rest[0]
            is_far = gap > 3 * spread or (value in codes and gap > spread and (present == value).sum() > 1)
            if is_far and np.isfinite(gap):
                odd_ones.append(value)
                numbers = rest
                break
        else:
            break
    if written is not None:
        return [odd("far", written[present[present == value].index].astype(str)) for value in odd_ones]
    return [odd("far", present[present == value].map(shown)) for value in odd_ones]


def weightless(weight: str | None, left_out: np.ndarray, classes: list[str]) -> list[Finding]:
    """Rows that weigh 0.

    Args:
        weight: the column that says what each row counts, where there is one.
        left_out: bool (n_rows,), which weigh 0.
        classes: those that no other row has.
    """
    rows = np.flatnonzero(left_out) + 1
    return [Finding("weightless", weight or "", classes, rows[:SHOWN_ROWS].tolist(), len(rows))] if len(rows) else []


def copied(numbers: np.ndarray, kept: np.ndarray, *, apart: bool) -> Finding:
    """Rows that are copies of others.

    Args:
        numbers: integers (n_kept,), the same for copies.
        kept: bool (n_rows,), which of all rows these are.
        apart: whether the parameters say that copies need not stay together.
    """
    rows = np.flatnonzero(kept)[pd.Series(numbers).duplicated()] + 1
    return Finding("copies apart" if apart else "copies", "", [], rows[:SHOWN_ROWS].tolist(), len(rows), len(numbers))


def infinite(written: pd.Series, values: pd.Series) -> list[Finding]:
    """Numbers that are infinite to a network.

    Args:
        written: (n_rows,) the column as it was read.
        values: the same as it is kept.
    """
    if not pd.api.types.is_numeric_dtype(written):
        return []
    beyond = written[written.notna() & values.isna()]
    return [odd("infinite", beyond.map(shown))] if len(beyond) else []


def perhaps_dates(values: pd.Series) -> list[Finding]:
    """Whole numbers that are all dates, written without marks, such as 20240131."""
    present = values.dropna()
    if present.nunique() < _FEW or (present % 1).any() or not present.between(19000101, 21001231).all():
        return []
    as_written = present.astype(np.int64).astype("str")
    if pd.to_datetime(as_written, format="%Y%m%d", errors="coerce").isna().any():
        return []
    return [odd("perhaps dates", as_written)]


def tells(values: pd.Series, kind: Kind, labels: np.ndarray) -> bool:
    """Whether a column tells the target all but exactly.

    Args:
        values: (n_rows,) the column as it is kept.
        kind: of the column.
        labels: (n_rows, n_targets) values of the target, or (n_rows,) class indices.
    """
    kept = np.flatnonzero(values.notna().to_numpy())
    kept = kept[:: len(kept) // _SAMPLE + 1]
    if len(kept) < _SOME or len(kept) < len(values) / (2 * (len(values) // _SAMPLE + 1)):
        return False
    values, labels, are_classes = values.iloc[kept], labels[kept], labels.ndim == 1
    if kind == "category":
        codes, different = pd.factorize(values)
        if len(different) > len(kept) / 5 or len(different) < 2:
            return False
        return _tells_class(codes, labels) if are_classes else bool(np.all(_explained(labels, codes) > 0.9999))
    numbers = _as_numbers(values)
    if are_classes:
        return _separates(numbers, labels) or (kind == "boolean" and _tells_class(numbers.astype(int), labels))
    return any(_moves_with(numbers, column) for column in labels.T)


def goes_with(values: pd.Series, labels: np.ndarray) -> bool:
    """Whether the numbers of an identifier go with the target far more than chance lets them."""
    kept = np.flatnonzero(values.notna().to_numpy())
    if len(kept) < _FEW:
        return False
    ranks = pd.Series(values.to_numpy(np.float64)[kept]).rank().to_numpy()
    labels, least = labels[kept], max(0.3, 4 / np.sqrt(len(kept) - 1))
    if labels.ndim == 1:
        return bool(np.sqrt(_explained(ranks[:, None], labels)[0]) > least)
    return any(abs(_correlation(ranks, pd.Series(column).rank().to_numpy())) > least for column in labels.T)


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


def mixed(texts: pd.Series) -> list[Finding]:
    """That most texts of a column are numbers or dates, and which are not."""
    present = texts.dropna().str.strip()
    sample = present.head(_TEXTS)
    if len(sample) < 5:
        return []
    for what, are in (("numbers", _numbers_in), ("dates", are_dates)):
        if are(sample).mean() < _MOST:
            continue
        others = present[~are(present)]
        if what == "dates" and as_dates(present.drop(others.index)) is None:
            return []
        if others.str.fullmatch(CODE).any():
            return []
        return [odd("mixed", others.rename(texts.name), n_of=len(present), read_as=what)]
    return []


def dates(texts: pd.Series, days: pd.Series) -> list[Finding]:
    """What is not sure of texts that were taken for dates: the century, or which is the day.

    Args:
        texts: (n_rows,) as they are written.
        days: (n_rows,) what they were taken for.
    """
    present = texts.dropna().astype(str)
    if not len(present):
        return []
    first = present.head(1).rename(texts.name)
    read_as = days[first.index[0]].date()
    if is_short(first.iloc[0]):
        return [odd("century", first, read_as=read_as)]
    return [odd("day or month", first, read_as=read_as)] if may_swap(present) else []


def _numbers_in(texts: pd.Series) -> np.ndarray:
    return look(texts, ".").is_number


def _folded(label: str) -> str:
    """A text without what tells it apart from those that look alike."""
    letters = unicodedata.normalize("NFKD", label.casefold())
    return re.sub(r"[\s_.\-]+", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def _as_numbers(values: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.to_numpy().astype("datetime64[us]").astype(np.int64).astype(np.float64)
    return values.to_numpy(np.float64)


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    if not (np.ptp(one) > 0 and np.ptp(other) > 0):
        return 0.0
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def _moves_with(numbers: np.ndarray, labels: np.ndarray) -> bool:
    """Whether numbers and a target of values lie on a line, or rise and fall together, all but exactly."""
    if len(np.unique(numbers)) < _FEW:
        return False
    if abs(_correlation(numbers, labels)) > 0.9998:
        return True
    return abs(_correlation(pd.Series(numbers).rank().to_numpy(), pd.Series(labels).rank().to_numpy())) > 0.9999


def _separates(numbers: np.ndarray, classes: np.ndarray) -> bool:
    """Whether each class has a range of numbers of its own."""
    ranges = pd.DataFrame({"number": numbers, "class": classes}).groupby("class")["number"].agg(["min", "max", "size"])
    ranges = ranges.sort_values("min")
    apart = ranges["max"].to_numpy()[:-1] < ranges["min"].to_numpy()[1:]
    return bool(apart.all() and (ranges["size"] >= 5).all())


def _tells_class(codes: np.ndarray, classes: np.ndarray) -> bool:
    """Whether each text goes with one class, in all but one of a thousand rows."""
    table = pd.crosstab(codes, classes).to_numpy()
    return bool(
        table.max(axis=1).sum() >= 0.999 * table.sum() and (table.sum(axis=0) >= 5).all() and table.shape[1] > 1
    )


def _explained(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Share of the variance of values (n_rows, n_columns) that groups (n_rows,) explain: (n_columns,)."""
    frame = pd.DataFrame(values)
    within = ((frame - frame.groupby(groups).transform("mean")) ** 2).sum().to_numpy()
    total = ((frame - frame.mean()) ** 2).sum().to_numpy()
    return np.where(total > 0, 1 - within / np.where(total > 0, total, 1), 0.0)
