"""What of the cells of an Excel sheet only its XML tells: formulas without values, errors, and digits put in front."""

import html
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stages.basics.cli import UserError
from stages.parsing.file_kinds import members, refusals

_BOOK = "xl/workbook.xml"
_SHEET = re.compile(rb'<sheet\b[^>]*?\bname="([^"]*)"[^>]*?\br:id="([^"]*)"')
_NOT_CALCULATED = re.compile(  # an empty text may be what was calculated
    rb'<c\b(?![^>]*\bt="str")[^>]*?\br="([A-Z]+[0-9]+)"[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>'
)
_TOKENS = re.compile(rb"<(row|c)\b([^>]*)>|<v>([^<]*)</v>")
_ATTRIBUTES = re.compile(r'\b([a-zA-Z]+)="([^"]*)"')
_PADDED = re.compile("0[0-]*0")  # as 00000 and 000-00-0000, in which a number has as many digits as there are zeros


@dataclass(frozen=True)
class Sheet:
    """The XML of a sheet and of the styles of its book; empty where a file has none."""

    path: Path
    name: str
    xml: bytes = b""
    styles: bytes = b""


def check_formulas(sheet: Sheet) -> None:
    """Refuse a sheet with formulas that no program has calculated, whose cells would be empty.

    Raises:
        UserError: there are some.
    """
    if cells := _NOT_CALCULATED.findall(sheet.xml):
        raise UserError(
            f"{sheet.path}: {len(cells):,} cells of sheet '{sheet.name}' hold formulas whose values are not in the "
            f"file, {cells[0].decode()} first; open it in Excel or LibreOffice, save it, and try again"
        )


def as_shown(sheet: Sheet) -> dict[tuple[int, int], str]:
    """What a person sees in cells of errors, ``#REF!``, and of numbers with zeros in front, ``007``.

    Returns:
        By row and column of the sheet, counted from 0, the text in it.
    """
    padded = _padded(sheet.styles)
    marks = [b't="e"', *(f's="{style}"'.encode() for style in padded)]
    shown = {}
    for place, attributes, value in _cells(sheet.xml) if any(mark in sheet.xml for mark in marks) else ():
        kind, style = attributes.get("t", "n"), attributes.get("s")
        if kind == "e":
            shown[place] = value
        elif kind == "n" and style in padded and value.isdigit():
            shown[place] = _in_form(value, padded[style])
    return shown


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


def sheet_of(path: Path, name: str) -> Sheet:
    """A sheet of a book as XML, of which older and other kinds of books have none."""
    if (names := members(path)) is None or _BOOK not in names:
        return Sheet(path, name)
    with refusals(path, "Excel", zipfile.BadZipFile, KeyError), zipfile.ZipFile(path) as book:
        relation = {html.unescape(each.decode()): link.decode() for each, link in _SHEET.findall(book.read(_BOOK))}
        relations = book.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
        found = re.search(rf'<Relationship\b[^>]*?\bId="{re.escape(relation.get(name, ""))}"[^>]*>', relations)
        file = found and re.search(r'\bTarget="/?(?:xl/)?([^"]*)"', found[0])
        xml, styles = (
            book.read(part) if part in names else b"" for part in (f"xl/{file[1]}" if file else "", "xl/styles.xml")
        )
    return Sheet(path, name, xml, styles)
