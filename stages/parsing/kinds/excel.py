"""Excel files, and those of LibreOffice: one sheet, with what a person sees in its cells."""

import datetime
import re
import zipfile
from pathlib import Path

import numpy as np
import python_calamine
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from stages.basics.cli import UserError
from stages.params.source import Table
from stages.parsing.file_kinds import Held, as_csv, members, refusals
from stages.records.findings import Finding

NAME, KEYS = "Excel", ("sheet", "skip", "header")
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BY_LIBRARY = (python_calamine.CalamineError, ValueError)
_SHEET = re.compile(rb'<sheet\b[^>]*?\bname="([^"]*)"[^>]*?\br:id="([^"]*)"')
_NOT_CALCULATED = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]+[0-9]+)"[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)


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
    _check_formulas(path, name)
    findings += _fill_merged(sheet, rows)
    cells = [[_cell(value) for value in row] for row in rows]
    filled = [number for number, row in enumerate(cells) if any(cell != "" for cell in row)]
    columns = [number for number in range(max(map(len, cells), default=0)) if any(row[number] != "" for row in cells)]
    records = [[cells[number][column] for column in columns] for number in filled]
    return Held(as_csv(records), findings, np.array(filled))


def _cell(value: object) -> object:
    """What a cell holds, as it stands in a CSV file."""
    if isinstance(value, bool | datetime.timedelta):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, str):
        return value.replace("\r\n", "\n")
    return value


def _fill_merged(sheet: CalamineSheet, rows: list[list[object]]) -> list[Finding]:
    """Put the value of cells that are merged over several rows into each of these, as a person sees it."""
    merged = [(first, last) for first, last in sheet.merged_cell_ranges or [] if last[0] > first[0]]
    for (top, left), (bottom, _) in merged:
        for number in range(top + 1, min(bottom + 1, len(rows))):
            rows[number][left] = rows[top][left]
    shown = [str(rows[top][left]) for (top, left), _ in merged[:3] if top < len(rows)]
    return [Finding("merged", examples=shown, n_rows=len(merged))] if merged else []


def _check_formulas(path: Path, name: str) -> None:
    """Refuse a sheet with formulas that no program has calculated, whose cells would be empty.

    Raises:
        UserError: there are some.
    """
    if (names := members(path)) is None or "xl/workbook.xml" not in names:
        return
    with refusals(path, NAME, zipfile.BadZipFile, KeyError), zipfile.ZipFile(path) as book:
        target = dict(_SHEET.findall(book.read("xl/workbook.xml"))).get(name.encode(), b"").decode()
        relations = book.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        found = re.search(rf'<Relationship\b[^>]*?\bId="{re.escape(target)}"[^>]*>', relations)
        file = found and re.search(r'\bTarget="/?(?:xl/)?([^"]*)"', found[0])
        cells = _NOT_CALCULATED.findall(book.read(f"xl/{file[1]}")) if file and f"xl/{file[1]}" in names else []
    if cells:
        raise UserError(
            f"{path}: {len(cells):,} cells of sheet '{name}' hold formulas whose values are not in the file, "
            f"{cells[0].decode()} first; open it in Excel or LibreOffice, save it, and try again"
        )
