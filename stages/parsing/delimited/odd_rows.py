"""Rows of a table that are no data: its heading again, a row of units, a row of sums."""

import re

import numpy as np
import pandas as pd

from stages.parsing.column_kinds import UNSEEN
from stages.records.findings import SHOWN_ROWS, Finding

_TOTAL = re.compile(
    r"(?i)(grand |sub-?)?(total|totals|sum|summe|gesamt|gesamtsumme|insgesamt|somme|totale|totaal|suma|"
    r"average|mean|durchschnitt|mittelwert|moyenne|media|promedio)\b[ :.]*(total|sum)?"
)
_LAST = 3  # rows at the end in which a total is looked for
_UNIT = re.compile(r"[^\W\d_%°€$£¥(\[][^,;]{0,14}|[%°€$£¥(\[][^\d,;]{0,14}|-?")
_LINE = re.compile("[-=:+]{2,}")
_FIRST = 3  # rows that may hold no data
_MOSTLY = 0.5  # share of the rows that show whether a column holds numbers
_SAMPLE = 200  # rows that show whether a column holds numbers below its unit


def find(table: pd.DataFrame) -> tuple[np.ndarray, list[Finding]]:
    """The rows that are no data, and what they are.

    Args:
        table: (n_rows, n_columns) numbers, and texts where a column holds anything else, counted from 0.

    Returns:
        bool (n_rows,): the rows to leave out; and what they are, together with rows that only may be no data.
    """
    texts = table.select_dtypes("str")
    no_data, findings = np.zeros(len(table), bool), []
    if len(table) < 3 or texts.shape[1] == 0:
        return no_data, findings
    for kind, rows in (
        ("heading again", _headings(table, texts)),
        ("line", _line(table)),
        ("units", _units(table, texts)),
        ("second table", _second_table(table, texts)),
    ):
        if rows.any() and not rows.all():
            no_data |= rows
            findings.append(_named(kind, table, np.flatnonzero(rows)))
    for row in range(max(len(table) - _LAST, 0), len(table)):
        label = _label(texts, row)
        if label is None or no_data[row]:
            continue
        is_sum = _adds_up(table, row)
        no_data[row] = is_sum
        findings.append(Finding("total" if is_sum else "perhaps total", "", [label], [row + 1], 1))
    return no_data, findings


def _label(texts: pd.DataFrame, row: int) -> str | None:
    """The word for a total in a row, where its column has it in no other row."""
    for name, value in texts.iloc[row].dropna().items():
        if _TOTAL.fullmatch(value.strip()) and (texts[name] == value).sum() == 1:
            return value
    return None


def _headings(table: pd.DataFrame, texts: pd.DataFrame) -> np.ndarray:
    """Rows that repeat the heading: bool (n_rows,)."""
    rows = np.full(len(table), texts.shape[1] == table.shape[1] and table.shape[1] > 1)
    for name, values in texts.items() if rows.any() else ():
        rows &= (_stripped(values) == str(name).strip()).to_numpy(bool, na_value=False)
        if not rows.any():
            break
    return rows


def _line(table: pd.DataFrame) -> np.ndarray:
    """Which rows are lines below the heading and at the end, as databases print them: bool (n_rows,)."""
    rows = np.zeros(len(table), bool)
    for row in (0, *range(max(len(table) - _LAST, 1), len(table))):
        cells = table.iloc[row].dropna()
        rows[row] = len(cells) > 0 and all(_LINE.fullmatch(str(cell).strip()) for cell in cells)
    return rows


def _units(table: pd.DataFrame, texts: pd.DataFrame) -> np.ndarray:
    """Which of the first rows hold units, types or questions of columns that else hold numbers: bool (n_rows,)."""
    rows = np.zeros(len(table), bool)
    for n_rows in range(1, min(_FIRST, len(table) - 1) + 1):
        if table.iloc[n_rows - 1].drop(texts.columns).notna().any():
            break
        of_numbers = _numbers_below(texts.iloc[n_rows : n_rows + _SAMPLE])
        above = [_stripped(texts[of_numbers].iloc[row].dropna()) for row in range(n_rows)]
        if of_numbers and all(_is_above(cells, len(of_numbers)) for cells in above):
            rows[:n_rows] = True
            break
    return rows


def _stripped(cells: pd.Series) -> pd.Series:
    return cells.astype("str").str.translate(UNSEEN).str.strip()


def _numbers_below(texts: pd.DataFrame) -> list[str]:
    """The columns of texts that are all numbers."""
    return [
        name
        for name, values in texts.items()
        if values.notna().any() and pd.to_numeric(values.dropna(), errors="coerce").notna().all()
    ]


def _is_above(cells: pd.Series, n_columns: int) -> bool:
    """Whether cells above columns of numbers are units, types or questions: no names, below others, and no numbers."""
    if len(cells) <= n_columns / 2 or any(cell == str(name).strip() for name, cell in cells.items()):
        return False
    are_texts = len(cells) == n_columns > 1 and cells.is_unique and bool(cells.str.contains(r"[^\W\d_]{2}").all())
    has_unit = (cells.str.len() > 1).any() or cells.str.contains(r"[^\W\d_]|[%°€$£¥]").any()
    return are_texts or bool(cells.str.fullmatch(_UNIT).all() and has_unit)


def _second_table(table: pd.DataFrame, texts: pd.DataFrame) -> np.ndarray:
    """The rows from another heading on: names that differ, in all columns, of which two else hold numbers."""
    rows = np.zeros(len(table), bool)
    if texts.shape[1] < table.shape[1]:
        return rows
    are_numbers = texts.apply(lambda values: pd.to_numeric(values, errors="coerce").notna())
    mostly = are_numbers.columns[are_numbers.mean() > _MOSTLY]
    if len(mostly) < 2:
        return rows
    for row in np.flatnonzero(texts.notna().all(axis=1) & ~are_numbers[mostly].any(axis=1)):
        names = _stripped(texts.iloc[row])
        is_heading = row > 1 and names.is_unique and not any(names == [str(name).strip() for name in texts])
        if is_heading and are_numbers[mostly].iloc[row + 1 :].any(axis=None):
            rows[row:] = True
            break
    return rows


def _adds_up(table: pd.DataFrame, row: int) -> bool:
    """Whether a row holds the sums or the means of the rows before it, to half a percent."""
    proofs = []
    for name in table:
        numbers = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64)
        before = numbers[:row]
        if np.isnan(numbers[row]) or np.isnan(before).mean() > 0.5:
            continue
        proofs.append(np.isclose(numbers[row], [np.nansum(before), np.nanmean(before)], rtol=0.005).any())
    return len(proofs) > 0 and all(proofs)


def _named(kind: str, table: pd.DataFrame, rows: np.ndarray) -> Finding:
    values = [", ".join(str(value) for value in table.iloc[row].dropna().head(4)) for row in rows[:SHOWN_ROWS]]
    return Finding(kind, "", values, [int(row) + 1 for row in rows[:SHOWN_ROWS]], len(rows))
