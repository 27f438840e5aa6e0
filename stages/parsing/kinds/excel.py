"""Excel files, and those of LibreOffice: one sheet, with what a person sees in its cells."""

import datetime
import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import python_calamine
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from stages.basics.cli import UserError
from stages.params.source import Table
from stages.parsing.file_kinds import Held, as_csv, is_text, members, refusals
from stages.records.findings import Finding

NAME, KEYS = "Excel", ("sheet", "skip", "header")
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BY_LIBRARY = (python_calamine.CalamineError, ValueError)
_BOOK = "xl/workbook.xml"
_SHEET = re.compile(rb'<(?:\w+:)?sheet\b[^>]*?\bname="([^"]*)"[^>]*?\br:id="([^"]*)"')
_NOT_CALCULATED = re.compile(  # an empty text may be what was calculated
    rb'<c\b(?![^>]*\bt="str")[^>]*?\br="([A-Z]+[0-9]+)"[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
_HIDDEN = ("1", "true")
_HIDDEN_COLUMNS = re.compile(rb'<col\b(?=[^>]*\bhidden="(?:1|true)")[^>]*?\bmin="(\d+)"[^>]*?\bmax="(\d+)"')
_TOKENS = re.compile(rb"<(row|c)\b([^>]*)>|<v>([^<]*)</v>")
_PREFIX = re.compile(rb"<(/?)[a-zA-Z]\w*:")  # which some programs put before the name of every tag
_ATTRIBUTES = re.compile(r'\b([a-zA-Z]+)="([^"]*)"')
_CONTENT = "content.xml"
_OF_ODS = re.compile(r"<table:(?:table-|covered-table-)(row|cell)\b([^>]*)>|<text:p\b[^>]*>([^<]*)</text:p>")
_AN_ERROR = 'calcext:value-type="error"'
_WITH_ZEROS = re.compile(r"-?0[0-9][0-9-]*")
_FORMATS = re.compile(rb"(?s)\x1e\x04.{4}(.\x00\x00[0-]{2,})")  # of records, each behind its length
_WIDE_FORMATS = re.compile(rb"(?s)(.\x00\x00\x00(?:[0-]\x00){2,})")
_OLD_SHEET = re.compile(rb"\x09\x08\x10\x00\x00\x06\x10\x00")  # the record that a sheet of .xls begins with
# of .xls a cell that holds an error, and one whose formula gives one: row, column, and which error
_OLD_ERROR = re.compile(rb"(?s)\x05\x02\x08\x00(..)(..)..(.)\x01|\x06\x00..(..)(..)..\x02.(.)...\xff\xff")
_ERROR_OF = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_PADDED = re.compile("0[0-]*0")  # as 00000 and 000-00-0000, in which a number has as many digits as there are zeros


def matches(path: Path, start: bytes) -> bool:
    """Whether a file is one of Excel or LibreOffice."""
    if start.startswith(b"PK") and (names := members(path)) is not None:
        return bool(names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"})
    # what is called .xls may be CSV, as programs write it for Excel
    is_called = path.suffix.lower() in (".xlsx", ".xlsm", ".xlsb", ".ods")
    return start.startswith(_OLD) or is_called or (path.suffix.lower() == ".xls" and not is_text(start))


def read(path: Path, source: Table, key: str) -> Held:
    """A sheet as CSV, and whether there are others. The first that is not hidden is read where none is named.

    Raises:
        UserError: the file is damaged, has no such sheet, or holds formulas that were never calculated.
    """
    with refusals(path, NAME, *_BY_LIBRARY):
        book = CalamineWorkbook.from_path(path)
    sheets = [each.name for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet] or book.sheet_names
    hidden = [each.name for each in book.sheets_metadata if each.visible != SheetVisibleEnum.Visible]
    if source.sheet is not None and source.sheet not in sheets:
        raise UserError(f"{key}.sheet: {source.sheet!r} is not in {path}. Sheets: {', '.join(sheets)}")
    seen = [name for name in sheets if name not in hidden] or sheets
    name = seen[0] if source.sheet is None else source.sheet
    with refusals(path, NAME, *_BY_LIBRARY):
        sheet = book.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
    findings = [Finding("sheets", examples=seen)] if source.sheet is None and len(seen) > 1 else []
    if source.sheet is None and seen != sheets:
        findings.append(Finding("hidden sheets", examples=[each for each in sheets if each in hidden]))
    xml, styles = _xml_of(path, name)
    if uncalculated := _NOT_CALCULATED.findall(xml):
        raise UserError(
            f"{path}: {len(uncalculated):,} cells of sheet '{name}' hold formulas whose values are not in the file, "
            f"{uncalculated[0].decode()} first; open it in Excel or LibreOffice, save it, and try again"
        )
    shown = _as_shown(xml, styles) | _shown_in_ods(path, name) | _errors_of_old(path, sheets.index(name))
    for (row, column), text in shown.items():
        if row < len(rows) and column < len(rows[row]):  # errors alone are none that the library counts
            rows[row][column] = text
    findings += _unseen(path)
    findings += _fill_merged(sheet, rows)
    cells = [[_cell(value) for value in row] for row in rows]
    filled = [
        number for number, row in enumerate(cells) if any(cell != "" for cell in row) and number >= (source.skip or 0)
    ]
    if not filled:
        others = ", ".join(each for each in seen if each != name)
        names_another = f"; sheet: beside file: names another of {others}" if others else ""
        raise UserError(f"{path} cannot be read as {NAME}: sheet '{name}' holds nothing{names_another}")
    columns = [number for number in range(max(map(len, cells), default=0)) if any(row[number] != "" for row in cells)]
    findings += _hidden(xml, cells, filled, columns)
    records = [[cells[number][column] for column in columns] for number in filled]
    return Held(as_csv(records), findings, np.array(filled))


def _hidden(xml: bytes, cells: list[list[object]], filled: list[int], columns: list[int]) -> list[Finding]:
    """Rows and columns that hold something and are hidden in the sheet, which are read like others."""
    unseen_rows, row = set(), -1
    for each in _tags("row", xml.decode("utf-8", "replace")) if b"hidden=" in xml else ():
        row = int(each.get("r", row + 2)) - 1
        unseen_rows |= {row} if each.get("hidden") in _HIDDEN else set()
    rows = unseen_rows & set(filled)
    spans = [range(int(first) - 1, int(last)) for first, last in _HIDDEN_COLUMNS.findall(xml)]
    unseen = [column for column in columns if any(column in span for span in spans)]
    names = [next(str(cells[row][column]) for row in filled if cells[row][column] != "") for column in unseen]
    return [
        *([Finding("hidden rows", n_rows=len(rows))] if rows else []),
        *([Finding("hidden columns", examples=names)] if names else []),
    ]


def _cell(value: object) -> object:
    """What a cell holds, as it stands in a CSV file."""
    if isinstance(value, bool | datetime.timedelta):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    return value


def _fill_merged(sheet: CalamineSheet, rows: list[list[object]]) -> list[Finding]:
    """Put the value of cells that are merged into each of the rows and columns that they cover, as a person sees it.

    What begins before the heading is a title, and what covers a whole row is a note. Names that are merged over others
    in the heading are put before these.
    """
    filled = [sum(value != "" for value in row) for row in rows]
    heading = next((number for number, count in enumerate(filled) if count > max(filled) / 2), 0)
    ranges = [(*first, *last) for first, last in sheet.merged_cell_ranges or [] if first[0] < len(rows)]
    deep = max((bottom for top, _, bottom, _ in ranges if top == heading), default=heading)
    merged = []
    for top, left, bottom, right in ranges:
        value = rows[top][left]
        is_alone = top < heading or top == deep or right - left + 1 >= max(filled)
        width = 1 if is_alone else min(right + 1, len(rows[0])) - left
        if value != "" and (bottom > top or width > 1):
            merged += [_cell(value)] if top > deep else []
            for row in rows[top : bottom + 1]:
                row[left : left + width] = [value] * width
    if deep > heading:
        levels = list(zip(*rows[heading : deep + 1], strict=True))
        rows[heading:deep] = [[""] * len(levels)] * (deep - heading)
        rows[deep] = [" ".join(dict.fromkeys(str(name) for name in names if name != "")) for names in levels]
    return [Finding("merged", examples=list(map(str, merged[:3])), n_rows=len(merged))] if merged else []


def _as_shown(xml: bytes, styles: bytes) -> dict[tuple[int, int], str]:
    """What a person sees in cells of errors, ``#REF!``, and of numbers with zeros in front, ``007``.

    Returns:
        By row and column of the sheet, counted from 0, the text in it.
    """
    padded = _padded(styles)
    marks = [b't="e"', *(f's="{style}"'.encode() for style in padded)]
    shown = {}
    for place, attributes, value in _cells(xml) if any(mark in xml for mark in marks) else ():
        kind, style = attributes.get("t", "n"), attributes.get("s")
        if kind == "e":
            shown[place] = value
        elif kind == "n" and style in padded and value.isdigit():
            shown[place] = _in_form(value, padded[style])
    return shown


def _errors_of_old(path: Path, number: int) -> dict[tuple[int, int], str]:
    """As `_as_shown`, of errors in the sheet of .xls that has this number, from 0."""
    content = path.read_bytes()
    begins = [match.end() for match in _OLD_SHEET.finditer(content)] if content.startswith(_OLD) else []
    if number >= len(begins):
        return {}
    sheet = content[begins[number] : (*begins, None)[number + 1]]
    held = ([each for each in match.groups() if each is not None] for match in _OLD_ERROR.finditer(sheet))
    errors = {tuple(int.from_bytes(each, "little") for each in place): code[0] for *place, code in held}
    return {place: _ERROR_OF[code] for place, code in errors.items() if code in _ERROR_OF}


def _shown_in_ods(path: Path, name: str) -> dict[tuple[int, int], str]:
    """As `_as_shown`, of a sheet of LibreOffice, which holds what is shown."""
    if (names := members(path)) is None or _CONTENT not in names:
        return {}
    with refusals(path, NAME, zipfile.BadZipFile, KeyError), zipfile.ZipFile(path) as book:
        content = book.read(_CONTENT).decode("utf-8", "replace")
    begin = re.search(rf'<table:table\b[^>]*\btable:name="{re.escape(html.escape(name))}"', content)
    sheet = content[begin.end() :].partition("</table:table>")[0] if begin else ""
    shown, row, column, attributes, height, width = {}, 0, 0, "", 0, 0
    for kind, written, text in _OF_ODS.findall(sheet):
        if kind == "row":
            row, column, height, width = row + height, 0, _repeated(written), 0
        elif kind:
            column, attributes, width = column + width, written, _repeated(written)
        elif _AN_ERROR in attributes or (_WITH_ZEROS.fullmatch(text) and 'office:value-type="float"' in attributes):
            shown |= {(row + down, column + right): text for down in range(height) for right in range(width)}
    return shown


def _repeated(attributes: str) -> int:
    found = re.search(r'table:number-(?:rows|columns)-repeated="(\d+)"', attributes)
    return int(found[1]) if found else 1


def _unseen(path: Path) -> list[Finding]:
    """That numbers of older and binary files are read without the zeros that a format puts before them."""
    names = members(path)
    if names is None:
        forms = [(form[:1], form[3:]) for form in _FORMATS.findall(path.read_bytes())]
    elif "xl/styles.bin" in names:
        with refusals(path, NAME, zipfile.BadZipFile, KeyError), zipfile.ZipFile(path) as book:
            forms = [(form[:1], form[4::2]) for form in _WIDE_FORMATS.findall(book.read("xl/styles.bin"))]
    else:
        forms = []
    held = [form.decode("latin-1") for length, form in forms if length[0] == len(form)]
    return [Finding("zeros unseen", examples=held[:1])] if held else []


def _in_form(digits: str, form: str) -> str:
    """Digits in the places of a form's zeros, ``00-00``; those that are more stand before them."""
    n_places = form.count("0")
    filled = digits.rjust(n_places, "0")
    rest = iter(filled[len(filled) - n_places :])
    return filled[:-n_places] + "".join(next(rest) if place == "0" else place for place in form)


def _cells(sheet: bytes) -> Iterator[tuple[tuple[int, int], dict[str, str], str]]:
    """The cells of a sheet that hold values: row and column, which they need not tell themselves, attributes, value."""
    row, column, attributes = -1, -1, {}
    for kind, written, value in _TOKENS.findall(sheet):
        if not kind:
            yield (row, column), attributes, html.unescape(value.decode())
            continue
        attributes = dict(_ATTRIBUTES.findall(written.decode()))
        if kind == b"row":
            row, column = int(attributes.get("r", row + 2)) - 1, -1
        else:
            letters = attributes.get("r", "").rstrip("0123456789")
            column = _number(letters) if letters else column + 1


def _number(letters: str) -> int:
    """The number of a column by its letters, counted from 0: A is 0, AB 27."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _padded(styles: bytes) -> dict[str, str]:
    """By the number of a style, the form of zeros that its numbers have; others have none."""
    text = styles.decode("utf-8", "replace")
    codes = {each["numFmtId"]: html.unescape(each["formatCode"]) for each in _tags("numFmt", text)}
    used = _tags("xf", text.partition("<cellXfs")[2].partition("</cellXfs>")[0])
    forms = [re.sub(r'[\\"]', "", codes.get(each.get("numFmtId"), "")) for each in used]
    return {str(number): form for number, form in enumerate(forms) if _PADDED.fullmatch(form)}


def _tags(name: str, text: str) -> list[dict[str, str]]:
    """The attributes of all tags of a name."""
    return [dict(_ATTRIBUTES.findall(tag)) for tag in re.findall(rf"<{name}\b([^>]*)>", text)]


def _xml_of(path: Path, name: str) -> tuple[bytes, bytes]:
    """The XML of a sheet, and that of the styles of its book; both empty of older and other kinds of books."""
    if (names := members(path)) is None or _BOOK not in names:
        return b"", b""
    with refusals(path, NAME, zipfile.BadZipFile, KeyError), zipfile.ZipFile(path) as book:
        relation = {html.unescape(each.decode()): link.decode() for each, link in _SHEET.findall(book.read(_BOOK))}
        relations = book.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        found = re.search(rf'<Relationship\b[^>]*?\bId="{re.escape(relation.get(name, ""))}"[^>]*>', relations)
        file = found and re.search(r'\bTarget="/?(?:xl/)?([^"]*)"', found[0])
        parts = [f"xl/{file[1]}" if file else "", "xl/styles.xml"]
        xml, styles = (book.read(part) if part in names else b"" for part in parts)
    return xml if b"<row" in xml else _PREFIX.sub(rb"<\1", xml), _PREFIX.sub(rb"<\1", styles)
