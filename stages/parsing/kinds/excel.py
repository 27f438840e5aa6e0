"""Excel files, and those of LibreOffice: one sheet, with what a person sees in its cells."""

import datetime
from pathlib import Path

import numpy as np
import python_calamine
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from stages.basics.cli import UserError
from stages.params.source import Table
from stages.parsing import excel_cells
from stages.parsing.file_kinds import Held, as_csv, members, refusals
from stages.records.findings import Finding

NAME, KEYS = "Excel", ("sheet", "skip", "header")
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BY_LIBRARY = (python_calamine.CalamineError, ValueError)


def matches(path: Path, start: bytes) -> bool:
    """Whether a file is one of Excel or LibreOffice."""
    if start.startswith(b"PK") and (names := members(path)) is not None:
        return bool(names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"})
    return start == _OLD or path.suffix.lower() in (".xlsx", ".xls", ".xlsb", ".ods")


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
    of_xml = excel_cells.sheet_of(path, name)
    excel_cells.check_formulas(of_xml)
    for (row, column), text in excel_cells.as_shown(of_xml).items():
        rows[row][column] = text
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
    records = [[cells[number][column] for column in columns] for number in filled]
    return Held(as_csv(records), findings, np.array(filled))


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
