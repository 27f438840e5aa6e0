"""What is odd about a table, in words, with the key of ``params.yaml`` that settles it."""

import re

from stages.basics.words import counted, yaml_word
from stages.checks import every
from stages.records.findings import Finding

_SHOWN = 40  # characters of a value

_SENTENCES = {  # of what is found while files are read; a check has its own
    "written": "{name}: {row} holds {first}, read as {read_as} ({n_rows} written so)",
    "odd texts": "{name}: {n_others:,} of {n_of:,} are numbers; {held}, taken for missing",
    "doubtful": "{name}: {held}, which may be numbers of two kinds; kept as texts (as numbers{as_read}: "
    "columns: {{{key}: number}}; decimal commas: decimal: ',')",
    "perhaps grouped": "{name}: {row} holds {first}, read as {read_as} (if the dot parts thousands: decimal: ',')",
    "preamble": "{lines} before the heading left out: {first}, … (to take them in: skip: 0)",
    "heading again": "{rows}: the heading again, left out",
    "units": "{row} holds units ({value}), left out",
    "total": "{row} holds the sums or means of the others ({first}), left out",
    "perhaps total": "{row} is called {first} (if it is none of the rows to learn from: {drop_row})",
    "short heading": "the heading has one name fewer than the rows have fields; the first field is taken for names of "
    "rows, {value} (if it is none: name it in the file)",
    "no heading": "names of columns are numbers ({values}; if they are a row: header: none)",
    "hidden sheets": "sheets that are hidden were passed over: {values} (to read one: sheet: {second})",
    "merged": "{n_merged} merged over several rows, each of which has the value: {values}",
    "encoding": "letters are read as {value} has them, as in {word} (if they are wrong: encoding: {last})",
    "sheets": "the first of {n_sheets} sheets is read: {values} (for another: sheet: {second})",
}

# the same of those that quote cells, where cells are not to be shown
_WITHOUT_CELLS = {
    "merged": "{n_merged} merged over several rows, each of which has the value",
    "encoding": "letters are read as {value} has them (if they are wrong: encoding: {last})",
    "short heading": "the heading has one name fewer than the rows have fields; the first field is taken for names of "
    "rows (if it is none: name it in the file)",
    "written": "{name}: {n_rows} written with signs, in groups of digits or as times, read as numbers",
    "odd texts": "{name}: {n_others:,} of {n_of:,} are numbers; the others are taken for missing",
    "doubtful": "{name}: {n_rows} may be numbers of two kinds; kept as texts (as numbers: columns: {{{key}: number}}; "
    "decimal commas: decimal: ',')",
    "perhaps grouped": "{name}: numbers with a dot (if it parts thousands: decimal: ',')",
    "preamble": "{lines} before the heading left out (to take them in: skip: 0)",
    "units": "{row} holds units, left out",
    "total": "{row} holds the sums or means of the others, left out",
    "perhaps total": "{row} may be a total (if it is none of the rows to learn from: {drop_row})",
    "no heading": "names of columns are numbers (if they are a row: header: none)",
}


def in_words(finding: Finding, *, cells: bool = True) -> str:
    """A line about one thing that is odd.

    Args:
        finding: what is odd.
        cells: whether what cells hold may be quoted.
    """
    examples = finding.examples or [""]
    words = {
        "all": " and ".join(map(_shown, examples)),
        "are_copies": "is a copy of one before" if finding.n_rows == 1 else "are copies of those before",
        "as_read": f", {finding.read_as}" if finding.read_as else "",
        "before": examples[-1],
        "day_first": _day_first(examples[0]),
        "first": _shown(examples[0]),
        "held": _held(finding),
        "key": yaml_word(finding.column),
        "labels": ", ".join(f"{yaml_word(label)}: {yaml_word(finding.read_as)}" for label in examples[1:]),
        "lines": counted(finding.n_rows, "line"),
        "missing": _missing(finding),
        "no_classes": f"; no other row is of the class {' or '.join(map(_shown, finding.examples))}"
        if finding.examples
        else "",
        "n_falls": counted(finding.n_rows, "fall"),
        "n_others": finding.n_of - finding.n_rows,
        "n_of": finding.n_of,
        "n_rows": counted(finding.n_rows, "row"),
        "n_merged": f"{finding.n_rows:,} cells" if finding.n_rows > 1 else "a cell",
        "n_sheets": len(examples),
        "name": finding.column,
        "read_as": finding.read_as,
        "row": f"row {finding.rows[0]:,}{_of_file(finding)}" if finding.rows else "",
        "drop_row": "remove it" if finding.files else f"drop_rows: {finding.rows[:1]}",
        "rows": _rows(finding),
        "second": yaml_word(examples[-1]),
        "last": examples[-1],
        "word": _shown(examples[min(1, len(examples) - 1)]),
        "value": examples[0],
        "values": ", ".join(examples),
    }
    if finding.kind == "mixed" and finding.n_rows == 0:
        kind = f"{{{words['key']}: {finding.read_as.removesuffix('s')}}}"
        return f"{finding.column}: all are {finding.read_as}, kept as texts (otherwise: columns: {kind})"
    where = "" if finding.rows or not finding.files else f"{finding.files[0]}: "
    more = f"; the same in {counted(finding.n_more_files, 'other file')}" if finding.n_more_files else ""
    sentences = every.words(cells=cells) | (_SENTENCES if cells else _SENTENCES | _WITHOUT_CELLS)
    return where + sentences[finding.kind].format(**words) + more


def _missing(finding: Finding) -> str:
    """The key that makes the examples stand for nothing."""
    words = []
    for text in dict.fromkeys(finding.examples):
        number = text.replace(",", "")
        words.append(number if re.fullmatch(r"-?\d+(\.\d+)?", number) else yaml_word(text))
    return f"missing: {{{yaml_word(finding.column)}: [{', '.join(words)}]}}"


def _held(finding: Finding) -> str:
    """Which rows hold what: ``row 4 holds '#DIV/0!'``; ``rows 2, 5, 9, … hold 'a', 'b', 'c', …``."""
    values = ", ".join(map(_shown, dict.fromkeys(finding.examples)))
    more = ", …" * (finding.n_rows > len(finding.rows) and len(set(finding.examples)) > 1)
    return f"{_rows(finding)} {'holds' if finding.n_rows == 1 else 'hold'} {values}{more}"


def _rows(finding: Finding) -> str:
    more = ", …" * (finding.n_rows > len(finding.rows))
    if len(set(finding.files)) > 1:
        return ", ".join(f"row {row:,} of {file}" for row, file in zip(finding.rows, finding.files, strict=True)) + more
    rows = ", ".join(f"{row:,}" for row in finding.rows)
    return f"row{'s' * (finding.n_rows > 1)} {rows}{more}{_of_file(finding)}"


def _of_file(finding: Finding) -> str:
    """Where the first row stands, of a table in several files."""
    return f" of {finding.files[0]}" if finding.files else ""


def _day_first(date: str) -> str:
    mark = re.search(r"[-/.]", date)
    return mark[0].join(("%d", "%m", "%Y")) if mark else ""


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
