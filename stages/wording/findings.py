"""What is odd about a table, in words, with the key of ``params.yaml`` that settles it."""

import re

from stages.basics.words import counted, yaml_word
from stages.records.findings import Finding
from stages.wording import array_findings

_SHOWN = 40  # characters of a value

_SENTENCES: dict[str, str] = {
    "written": "{name}: {row} holds {first}, read as {read_as} ({n_rows} written so)",
    "odd texts": "{name}: {n_others:,} of {n_of:,} are {read_as}; {held}, taken for missing",
    "errors": "{name}: {held}, which a spreadsheet could not calculate; taken for missing",
    "mixed": "{name}: {n_others:,} of {n_of:,} are {read_as}; {held}; kept as texts ({settled})",
    "doubtful": "{name}: {held}, which may be numbers of two kinds; kept as texts (as numbers{as_read}: "
    "columns: {{{key}: number}}; decimal commas: decimal: ',')",
    "perhaps grouped": "{name}: {row} holds {first}, read as {read_as} (if the dot parts thousands: decimal: ',')",
    "perhaps dates": "{name}: {row} holds {first}, taken for a number (if it is a date: columns: {{{key}: "
    "'{read_as}'}})",
    "far": "{name}: {value} in {n_rows} ({rows}), far from all others (if it stands for nothing: {missing})",
    "infinite": "{name}: {held}, beyond what networks calculate with; taken for missing",
    "tells": "{name} tells the target all but exactly (is it known when you predict? if not: drop: [{key}])",
    "identifier": "{name}: left out, only tells rows apart (to keep it: columns: {{{key}: number}})",
    "kept": "{name}: has an identifier's name, kept since it goes with the target (if it is one: drop: [{key}])",
    "alike": "{name}: {all} look alike and are kept apart (to make them one: labels: {{{key}: {{{labels}}}}})",
    "century": "{name}: {first} is taken for the date {read_as} (if it is none: columns: {{{key}: category}}; in "
    "another order: columns: {{{key}: '%d/%m/%y'}})",
    "day or month": "{name}: {first} is taken for {read_as} (with the day first: columns: {{{key}: '{day_first}'}})",
    "short rows": "{n_rows} of {n_of:,} with fewer fields than the heading ({rows}), the others taken for missing (if "
    "fields stand in wrong columns: {drop_rows}, or mend the file)",
    "preamble": "{lines} before the heading left out: {first}, … (to take them in: skip: 0)",
    "copies": "{n_rows} of {n_of:,} {are_copies}{but_for} ({rows}); copies stay on one side of every split (to divide "
    "them like other rows: split: {{copies: apart}} beside source:)",
    "copies apart": "{n_rows} of {n_of:,} {are_copies}{but_for} ({rows}); split: {{copies: apart}} divides them like "
    "other rows",
    "groups": "{name}: rows of one value are alike in the target ({n_of:,} values, about {n_rows} each); where new "
    "rows have other values, scores are too good (to keep rows of one value on one side: split: {{method: group, "
    "column: {key}}} beside source:)",
    "falls": "{name} falls at {row}, from {before} to {value} ({n_falls} in all); with split: {{method: first}} the "
    "last rows test, so sort the rows by it, or name the files so, if it is the time",
    "newest first": "{name} falls from row to row, newest first; with split: {{method: first}} the last rows test, "
    "so turn their order round",
    "weightless": "{name}: 0 in {n_rows} ({rows}), left out, since what weighs 0 counts for nothing{no_classes}",
    "heading again": "{rows}: the heading again, left out",
    "line": "{row} is a line below the heading, left out",
    "units": "{rows} {holds} units ({values}), left out",
    "total": "{row} holds the sums or means of the others ({first}), left out",
    "perhaps total": "{row} is called {first} (if it is none of the rows to learn from: {drop_row})",
    "no heading": "names of columns are numbers ({values}; if they are a row: header: none)",
    "zeros": "{name}: 0 in {n_rows} ({rows}), and else never near 0 (if it stands for nothing: {missing})",
    "half numbers": "{name}: {held}, half number and half text; kept as texts, each different one a category "
    "({as_numbers}; without it: drop: [{key}])",
    "perhaps of a form": "{name}: {row} holds {first}, kept as texts (if they are dates: columns: {{{key}: "
    "'{read_as}'}})",
    "two orders": "{name}: {held}, dates with the day first and with the month first; kept as texts (write them in one "
    "order in the file; without it: drop: [{key}])",
    "perhaps missing": "{name}: {first} in {n_rows} ({rows}) is kept as a text (if it stands for nothing: {missing})",
    "dashes": "{name}: {first} in {n_rows} ({rows}) is taken for missing (if it stands for 0: labels: {{{key}: "
    "{{'{value}': 0}}}})",
    "second table": "another table begins at {row} ({value}); it is left out, with what follows (to read it, write it "
    "to a file of its own)",
    "zeros unseen": "numbers that Excel shows with zeros in front, by the format {value}, are read without them (to "
    "keep them, save the file as .xlsx)",
    "short heading": "the heading has one name fewer than the rows have fields; the first field is taken for names of "
    "rows, {value} (if it is none: name it in the file)",
    "hidden sheets": "sheets that are hidden were passed over: {values} (to read one: sheet: {second})",
    "hidden rows": "hidden in the sheet, as by a filter, and read like others: {n_rows} (to leave them out, delete "
    "them there)",
    "hidden columns": "hidden in the sheet and read like others: {values} (to leave them out: drop:)",
    "merged": "{n_merged} merged over several rows or columns, each of which has the value: {values}",
    "encoded twice": "{name}: {row} holds {first}, which is {read_as} encoded twice ({n_rows} like it; if it stands "
    "there rightly too, that is another category: mend the program that wrote the file)",
    "encoding": "letters are read as {value} has them, as in {word} (if they are wrong: encoding: {last})",
    "sheets": "the first of {n_sheets} sheets is read: {values} (for another: sheet: {second})",
}

_OTHERS = "{name}: {kind} in {n_rows} ({rows})"  # of a check that has no sentence of its own yet

# the same of those that quote cells, where cells are not to be shown
_WITHOUT_CELLS: dict[str, str] = {
    "zeros": "{name}: one value in {n_rows} ({rows}), and else never near it (if it stands for nothing: "
    "missing: {{{key}: [it]}})",
    "half numbers": "{name}: {n_rows} half number and half text, kept as texts ({as_numbers}; without it: "
    "drop: [{key}])",
    "perhaps of a form": "{name}: kept as texts (if they are dates: columns: {{{key}: '{read_as}'}})",
    "two orders": "{name}: dates with the day first and with the month first, kept as texts (write them in one order "
    "in the file; without it: drop: [{key}])",
    "perhaps missing": "{name}: a word for missing in {n_rows} ({rows}) is kept as a text (if it stands for nothing: "
    "missing: {{{key}: [it]}})",
    "hidden columns": "columns that are hidden in the sheet are read like others (to leave them out: drop:)",
    "zeros unseen": "numbers that Excel shows with zeros in front are read without them (to keep them, save the file "
    "as .xlsx)",
    "dashes": "{name}: a dash in {n_rows} ({rows}) is taken for missing (if it stands for 0: labels)",
    "second table": "another table begins at {row}; it is left out, with what follows (to read it, write it to a file "
    "of its own)",
    "short heading": "the heading has one name fewer than the rows have fields; the first field is taken for names of "
    "rows (if it is none: name it in the file)",
    "merged": "{n_merged} merged over several rows or columns, each of which has the value",
    "errors": "{name}: {n_rows} ({rows}) that a spreadsheet could not calculate; taken for missing",
    "encoding": "letters are read as {value} has them (if they are wrong: encoding: {last})",
    "encoded twice": "{name}: texts in {n_rows} ({rows}) were encoded twice (if the same stand there rightly too, they "
    "are other categories: mend the program that wrote the file)",
    "written": "{name}: {n_rows} written with signs, in groups of digits or as times, read as numbers",
    "odd texts": "{name}: {n_others:,} of {n_of:,} are {read_as}; the others are taken for missing",
    "mixed": "{name}: {n_others:,} of {n_of:,} are {read_as}; kept as texts ({settled})",
    "doubtful": "{name}: {n_rows} may be numbers of two kinds; kept as texts (as numbers: columns: {{{key}: number}}; "
    "decimal commas: decimal: ',')",
    "perhaps grouped": "{name}: numbers with a dot (if it parts thousands: decimal: ',')",
    "perhaps dates": "{name}: numbers that may be dates (if they are: columns: {{{key}: '{read_as}'}})",
    "far": "{name}: one value in {n_rows} ({rows}), far from all others (if it stands for nothing: "
    "missing: {{{key}: [it]}})",
    "falls": "{name} falls at {row} ({n_falls} in all); with split: {{method: first}} the last rows test, so sort the "
    "rows by it, or name the files so, if it is the time",
    "infinite": "{name}: {n_rows} beyond what networks calculate with; taken for missing",
    "alike": "{name}: texts in {n_rows} look like others and are kept apart (to make them one: labels)",
    "century": "{name}: taken for dates with years of two digits (if they are none: columns: {{{key}: category}}; in "
    "another order: columns: {{{key}: '%d/%m/%y'}})",
    "day or month": "{name}: taken for dates, whose day and month may change places (with the day first: "
    "columns: {{{key}: '{day_first}'}})",
    "preamble": "{lines} before the heading left out (to take them in: skip: 0)",
    "units": "{rows} {holds} units, left out",
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
    if finding.kind in array_findings.SENTENCES:
        return array_findings.in_words(finding, cells=cells)
    examples = finding.examples or [""]
    more = ", …" * (finding.n_rows > len(finding.rows))
    words = {
        "all": " and ".join(map(_shown, examples)),
        "are_copies": "is a copy of one before" if finding.n_rows == 1 else "are copies of those before",
        "as_read": f", {finding.read_as}" if finding.read_as else "",
        "as_numbers": f"the cells that are numbers, the rest missing: columns: {{{yaml_word(finding.column)}: number}}"
        if finding.n_of
        else "as numbers: write them in the file without what else is there",
        "before": examples[-1],
        "but_for": f" but for {' and '.join(examples)}" if examples != [""] else "",
        "day_first": _day_first(examples[0]),
        "first": _shown(examples[0]),
        "held": _held(finding),
        "holds": "holds" if finding.n_rows == 1 else "hold",
        "kind": finding.kind,
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
        "settled": _settled(finding, cells=cells),
        "row": f"row {finding.rows[0]:,}{_of_file(finding)}" if finding.rows else "",
        "drop_row": "remove it" if finding.files else f"drop_rows: {finding.rows[:1]}",
        "drop_rows": "remove them" if finding.files else f"drop_rows: [{', '.join(map(str, finding.rows))}{more}]",
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
    file = "" if finding.rows or not finding.files else f"{finding.files[0]}: "
    more = f"; the same in {counted(finding.n_more_files, 'other file')}" if finding.n_more_files else ""
    sentences = _SENTENCES if cells else _SENTENCES | _WITHOUT_CELLS
    return file + sentences.get(finding.kind, _OTHERS).format(**words).removeprefix(": ") + more


def _settled(finding: Finding, *, cells: bool) -> str:
    """What to write where most texts are numbers or dates and should be read so."""
    if finding.read_as != "dates":
        return f"numbers, the rest missing: columns: {{{yaml_word(finding.column)}: number}}"
    key = _missing(finding) if cells else f"missing: {{{yaml_word(finding.column)}: [them]}}"
    return f"as dates, if the others stand for nothing: {key}"


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
    mark = re.search(r"[-/. ]", date)
    return mark[0].join(("%d", "%m", "%Y")) if mark else ""


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
