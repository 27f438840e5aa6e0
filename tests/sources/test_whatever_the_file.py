"""What a file says means the same in every kind of file, in training and in new rows; what it leaves open is told."""

import datetime
import json
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.params.schema import Dataset
from stages.parsing import reading
from stages.records.winners import Input
from stages.sources import describe, new_rows
from stages.wording.findings import in_words
from tests.sources.test_odd_tables import as_excel

KEY = "params.yaml: datasets.own"
N_ROWS = 24
Y = [round(0.7 * row * row % 5, 2) for row in range(N_ROWS)]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def load(file, target="y", **source):
    return describe.load("own", Dataset.model_validate({"source": {"file": file, "target": target, **source}}), {})


def refusal(file, **source):
    with pytest.raises(UserError) as raised:
        load(file, **source)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def far(description):
    return [each.rows for each in description.findings if each.kind == "far"]


def told(description):
    return [in_words(finding) for finding in description.findings]


def predicted_from(file, description, **source):
    """New rows of a file, as networks of a table that is described so take them."""
    own = Dataset.model_validate({"source": {"file": "own.csv", "target": "y", **source}}).source
    inputs = [
        Input(column.written or column.name, column.name, column.kind, column.form, None, None, 1)
        for column in description.columns
    ]
    new = reading.read_new(Path(file), own, description.csv, [each.name for each in inputs])
    return new_rows.as_trained(new.rows, inputs, own, {}, decimal=new.written.decimal)


def lines(heading, *columns, between=","):
    rows = zip(*columns, strict=True)
    return "\n".join([heading, *(between.join(map(str, row)) for row in rows)]) + "\n"


# --- new rows in other marks


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("conc;z\n5.871;2.093\n0.25;-0.4\n1.464;1.434\n", [5.871, 0.25, 1.464]),
        ("conc;z\n5,871;2,093\n0,25;-0,4\n1,464;1,434\n", [5.871, 0.25, 1.464]),
        ("conc;z\n5.871;2.093\n", [5.871]),  # digits were in no groups in training
        ("conc,z\n5.871,2.093\n0.25,-0.4\n", [5.871, 0.25]),
        ('conc,z\n"5,871","2,093"\n"0,25","-0,4"\n', [5.871, 0.25]),
        ("conc\tz\n5.871\t2.093\n", [5.871]),
        ("conc;z\n1.234.567,5;1\n", [1234567.5]),
    ],
)
def test_the_decimal_mark_of_new_rows_is_that_of_their_own_file(text, numbers):
    fields = [f"{0.25 + row / 8:.3f}".replace(".", ",") for row in range(N_ROWS)]
    Path("own.csv").write_text(lines("conc;z;y", fields, fields[::-1], fields, between=";"), encoding="utf-8")
    table, description = load("own.csv")
    assert table["conc"].tolist()[:2] == [0.25, 0.375]
    Path("new.csv").write_text(text, encoding="utf-8")
    assert predicted_from("new.csv", description).table["conc"].tolist() == numbers


@pytest.mark.parametrize("new", ["%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y%m%d", "%d%b%Y", "%Y-%m-%d"])
@pytest.mark.parametrize("known", ["%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y-%m-%d"])
def test_the_order_of_day_and_month_of_new_rows_is_that_of_their_own_file(known, new):
    days = [datetime.date(2015, 1, 3) + datetime.timedelta(days=11 * row) for row in range(N_ROWS)]
    Path("own.csv").write_text(lines("day,y", [f"{day:{known}}" for day in days], Y), encoding="utf-8")
    _, description = load("own.csv")
    Path("new.csv").write_text(lines("day,z", [f"{day:{new}}" for day in days], Y), encoding="utf-8")
    assert [each.date() for each in predicted_from("new.csv", description).table["day"]] == days


def test_dates_of_new_rows_that_leave_doubt_have_the_order_of_training():
    days = [f"{row % 12 + 1:02}/{row + 1:02}/2015" for row in range(N_ROWS)]
    Path("own.csv").write_text(lines("day,y", days, Y), encoding="utf-8")
    _, description = load("own.csv")
    Path("new.csv").write_text("day\n03/04/2015\n05/06/2015\n", encoding="utf-8")
    assert [f"{each:%m-%d}" for each in predicted_from("new.csv", description).table["day"]] == ["03-04", "05-06"]
    Path("new.csv").write_text("day\n03/14/2015\n14/03/2015\n", encoding="utf-8")
    assert predicted_from("new.csv", description).notes[0] == "day: '14/03/2015' (row 2), no date: taken as missing"


@pytest.mark.parametrize("words", [("1", "0"), ("true", "false"), ("TRUE", "FALSE")])
def test_words_for_yes_and_no_are_1_and_0_where_training_had_these(words):
    Path("own.csv").write_text(lines("flag,y", [row % 2 for row in range(N_ROWS)], Y), encoding="utf-8")
    _, description = load("own.csv")
    Path("new.csv").write_text("flag\n{}\n{}\n{}\n".format(*words, words[0]), encoding="utf-8")
    assert predicted_from("new.csv", description).table["flag"].tolist() == [1, 0, 1]


def test_strokes_for_cents_are_no_minus():
    prices = ["650.95", "303.-", "326.95", "222.–"] * 6
    Path("own.csv").write_text(lines("a,y", Y, prices), encoding="utf-8")
    table, description = load("own.csv")
    assert table["target"].tolist() == [650.95, 303, 326.95, 222] * 6
    assert told(description) == ["y: row 2 holds '303.-', read as 303 (12 rows written so)"]


def test_letters_behind_whole_numbers_are_parts_of_codes_unless_it_is_said():
    codes = [f"{row}{'KMB'[row % 3]}" for row in range(1, N_ROWS + 1)]
    Path("own.csv").write_text(lines("seat,y", codes, Y), encoding="utf-8")
    _, description = load("own.csv")
    assert description.columns[0].kind == "category"
    assert (
        "seat: row 1 holds '1M', which may be numbers of two kinds; kept as texts (as numbers, 1,000,000: columns: "
        "{seat: number}; decimal commas: decimal: ',')"
    ) in told(description)
    assert load("own.csv", columns={"seat": "number"})[0]["seat"].tolist()[:3] == [1e6, 2e9, 3e3]


# --- kinds of files

NUMBERS = [0.05, 0.075, 0.12, 0.3] * 6
VALUES = {
    "took": [datetime.timedelta(minutes=7 * row + 1) for row in range(N_ROWS)],
    "at": [datetime.time(row % 24, 30) for row in range(N_ROWS)],
    "day": [datetime.datetime(2020, 1, 1 + row) for row in range(N_ROWS)],
    "share": NUMBERS,
    "new": [row % 3 == 0 for row in range(N_ROWS)],
    "market": [["NA", "EU", "SA"][row % 3] for row in range(N_ROWS)],
}
AS_TEXTS = {
    "took": [str(each) for each in VALUES["took"]],
    "at": [f"{each:%H:%M}" for each in VALUES["at"]],
    "day": [f"{each:%d.%m.%Y}" for each in VALUES["day"]],
    "share": [f"{100 * each:g} %" for each in NUMBERS],
    "new": [str(each).upper() for each in VALUES["new"]],
    "market": VALUES["market"],
}


def as_kind(name, columns):
    match name.partition(".")[2]:
        case "csv":
            Path(name).write_text(lines(",".join(columns), *columns.values()), encoding="utf-8")
        case "xlsx":
            cells = [[_in_excel(value) for value in row] for row in zip(*columns.values(), strict=True)]
            as_excel(name, ("1", [list(columns), *cells]))
        case "json":
            rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
            Path(name).write_text(json.dumps(rows, default=str), encoding="utf-8")
        case "parquet":
            pd.DataFrame(columns).to_parquet(name)


def _in_excel(value):
    return str(value) if isinstance(value, bool | datetime.time | datetime.datetime) else value


@pytest.mark.parametrize("name", ["own.csv", "own.xlsx", "own.json", "own.parquet"])
@pytest.mark.parametrize("columns", [VALUES, AS_TEXTS], ids=["values", "texts"])
def test_durations_times_dates_shares_and_booleans_mean_the_same_in_every_file(name, columns):
    as_kind(name, columns | {"y": Y})
    table, description = load(name)
    assert {column.name: column.kind for column in description.columns} == {
        "took": "number", "at": "number", "day": "date", "share": "number", "new": "boolean", "market": "category",
    }  # fmt: skip
    assert table["took"].tolist() == [60 * (7 * row + 1) for row in range(N_ROWS)]
    assert table["at"].tolist() == [3600 * (row % 24) + 1800 for row in range(N_ROWS)]
    assert table["day"].tolist() == VALUES["day"]
    np.testing.assert_allclose(table["share"], NUMBERS, rtol=1e-15)
    assert table["new"].tolist() == [float(each) for each in VALUES["new"]]
    assert table["market"].tolist() == VALUES["market"]
    for other in ("new.csv", "new.xlsx", "new.json", "new.parquet"):
        for written in (VALUES, AS_TEXTS):
            as_kind(other, written)
            pd.testing.assert_frame_equal(
                predicted_from(other, description).table, table.drop(columns="target"), check_dtype=False
            )


def test_a_class_that_is_called_na_is_a_class_in_excel_too():
    rows = [[Y[row], ["NA", "EU"][row % 2]] for row in range(N_ROWS)]
    as_excel("own.xlsx", ("1", [["x", "y"], *rows]))
    table, description = load("own.xlsx")
    assert (len(table), description.classes) == (N_ROWS, ["EU", "NA"])


# --- rows as a person counts them


def test_rows_are_counted_as_a_person_sees_them_in_every_kind_of_file():
    odd = [*Y[:5], 999, *Y[6:]]
    as_kind("own.parquet", {"x": Y, "y": odd})
    as_kind("own.json", {"x": Y, "y": odd})
    as_excel("own.xlsx", ("1", [["x", "y"], *zip(Y, odd, strict=True)]))
    Path("own.csv").write_text(lines("x,y", Y, odd), encoding="utf-8")
    Path("wide.csv").write_text(lines("x::y", Y, odd, between="::"), encoding="utf-8")
    for name, more in (
        ("own.parquet", {}),
        ("own.json", {}),
        ("own.xlsx", {}),
        ("own.csv", {}),
        ("wide.csv", {"delimiter": "::"}),
    ):
        table, _ = load(name, drop_rows=[6], **more)
        assert (len(table), 999 in table["target"].tolist()) == (N_ROWS - 1, False)
        assert far(load(name, **more)[1]) == [[6]]


def test_rows_that_are_empty_count_where_a_person_sees_them():
    rows = lines("x,y", Y, [*Y[:5], 999, *Y[6:]]).splitlines()
    Path("own.csv").write_text("\n".join([*rows[:3], "", "", *rows[3:]]) + "\n", encoding="utf-8")
    assert far(load("own.csv")[1]) == [[8]]
    assert len(load("own.csv", drop_rows=[8])[0]) == N_ROWS - 1
    cells = [row.split(",") if row else [None, None] for row in [*rows[:3], "", "", *rows[3:]]]
    cells = [[float(cell) if cell and cell[0].isdigit() else cell for cell in row] for row in cells]
    as_excel("own.xlsx", ("1", [["Sales", None], [None, None], *cells]))
    assert far(load("own.xlsx", skip=1)[1]) == [[8]]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("own.parquet", {"skip": 2}),
        ("own.parquet", {"sheet": "x"}),
        ("own.parquet", {"delimiter": ";"}),
        ("own.parquet", {"decimal": ","}),
        ("own.parquet", {"header": "none"}),
        ("own.parquet", {"encoding": "cp1252"}),
        ("own.json", {"quoting": "none"}),
        ("own.xlsx", {"decimal": ","}),
        ("own.csv", {"sheet": "x"}),
    ],
)
def test_a_key_that_a_kind_of_file_does_not_heed_is_refused(name, keys):
    as_kind(name, {"x": Y, "y": Y})
    [key] = keys
    assert refusal(name, **keys).startswith(f"{KEY}.source.{key}: does not hold for {name}, which is ")


# --- encodings


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1251", ["город", "Москва", "Казань", "Сочи"]),
        ("koi8_r", ["город", "Москва", "Казань", "Сочи"]),
        ("cp1250", ["miasto", "Łódź", "Kraków", "Gdańsk"]),
        ("shift_jis", ["都市", "東京", "大阪", "京都"]),
        ("iso2022_jp", ["都市", "東京", "大阪", "京都"]),
        ("gb18030", ["城市", "北京", "上海", "广州"]),
        ("cp949", ["도시", "서울", "부산", "대구"]),
        ("cp1252", ["ville", "Orléans", "Besançon", "Nîmes"]),
        ("cp1252", ["straße", "Zürich", "Ærø", "Köln"]),
        ("cp1253", ["πόλη", "Αθήνα", "Πάτρα", "Βόλος"]),
        ("iso8859_5", ["город", "Москва Ёлка", "Казань", "Сочи"]),
        ("cp866", ["город", "Москва Ёлка", "Казань", "Сочи"]),
        ("iso8859_2", ["miasto", "Łódź żółć", "Kraków", "Gdańsk"]),
        ("cp850", ["Stadt", "Größe", "Köln", "Zürich"]),
        ("mac_roman", ["Stadt", "Größe", "Köln", "Zürich"]),
    ],
)
def test_letters_of_every_alphabet_are_read_rightly(encoding, names):
    text = lines(f"{names[0]},y", names[1:] * 8, Y)
    Path("own.csv").write_bytes(text.encode(encoding))
    table, description = load("own.csv")
    assert (table.columns[0], table.iloc[:3, 0].tolist()) == (names[0], names[1:])
    if encoding in ("iso8859_2", "cp850", "mac_roman"):  # in which old programs wrote, so that it is said
        assert told(description)[0].startswith(f"letters are read as {encoding} has them, as in ")


@pytest.mark.parametrize("by", ["cp1252", "latin-1", "cp1251"])
def test_texts_that_were_encoded_twice_are_named(by):
    names = ["Москва", "Казань", "Сочи"] if by == "cp1251" else ["Zürich", "Genève", "Malmö"]
    twice = [name.encode().decode(by) for name in names]
    text = lines("city,brand,y", [*names, *twice] * 4, ["CAFÉ®", "SPÓŁKA", "5 Å²", "L’ère"] * 6, Y)
    Path("own.csv").write_text(text, encoding="utf-8")
    _, description = load("own.csv")
    assert told(description) == [
        f"city: row 4 holds {twice[0]!r}, which is {names[0]} encoded twice (12 rows like it; if it stands there "
        "rightly too, that is another category: mend the program that wrote the file)"
    ]


def test_rows_that_are_in_quotes_as_a_whole_are_told():
    Path("own.csv").write_text('"x,y"\n' + "".join(f'"{value},{value}"\n' for value in Y), encoding="utf-8")
    assert refusal("own.csv") == (
        f"{KEY}.source.target: 'y' is not a column. Columns: x,y; each row is in quotes as a whole: take them away"
    )


def test_the_first_byte_that_fits_no_encoding_is_told_with_its_row():
    text = lines("city,y", ["Zürich", "Genève"] * 12, Y).encode().splitlines(keepends=True)
    text[5] = b"Z\xfcrich,1\n"
    Path("own.csv").write_bytes(b"".join(text))
    assert refusal("own.csv") == (
        "own.csv is not utf-8 text: byte 0xFC in row 5 (line 6); say what it is with encoding: beside file:, or mend "
        "these bytes: the other letters are UTF-8"
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read(encoding):
    Path("own.csv").write_bytes(lines("city,y", ["Zürich", "Genève"] * 12, Y).encode(encoding))
    assert load("own.csv")[0]["city"].tolist()[:2] == ["Zürich", "Genève"]


@pytest.mark.parametrize("delimiter", [" ", "   ", "~", "^", "\x01"])
def test_blanks_and_rare_marks_may_part_fields(delimiter):
    Path("own.csv").write_text(lines(delimiter.join("xzy"), Y, Y[::-1], Y, between=delimiter), encoding="utf-8")
    table, description = load("own.csv")
    assert (table["x"].tolist(), table["z"].tolist()) == (Y, Y[::-1])
    Path("new.csv").write_text(delimiter.join("xz") + f"\n1.5{delimiter}2\n", encoding="utf-8")
    assert predicted_from("new.csv", description).table["z"].tolist() == [2]


def test_texts_with_blanks_in_one_column_are_not_parted():
    Path("own.csv").write_text("the city\n" + "Bad Ragaz\nLa Brévine\n" * 12, encoding="utf-8")
    assert refusal("own.csv").startswith(
        "params.yaml: datasets.own.source.target: 'y' is not a column. Columns: the city"
    )


def test_a_heading_below_another_is_told_with_the_key():
    Path("own.csv").write_text("in,,out\n" + lines("a,b,y", Y, Y, Y), encoding="utf-8")
    assert refusal("own.csv").endswith(
        "; if the heading stands further down, skip: 1 beside file: leaves out one line before it"
    )
    assert load("own.csv", skip=1)[0]["b"].tolist() == Y


# --- Excel


def changed(name, member, change):
    with zipfile.ZipFile(name) as book:
        held = {each: book.read(each) for each in book.namelist()}
    with zipfile.ZipFile(name, "w") as book:
        for each, content in held.items():
            book.writestr(each, change(content.decode()) if each == member else content)


def test_a_sheet_that_is_hidden_is_passed_over():
    rows = [["x", "y"], *zip(Y, Y, strict=True)]
    as_excel("own.xlsx", ("old", [["a", "b"], [1, 2], [3, 4]]), ("2024", rows))
    changed("own.xlsx", "xl/workbook.xml", lambda text: text.replace('name="old"', 'name="old" state="hidden"'))
    table, description = load("own.xlsx")
    assert len(table) == N_ROWS
    assert "sheets that are hidden were passed over: old (to read one: sheet: old)" in told(description)


def test_rows_and_columns_that_are_hidden_are_read_and_named():
    as_excel("own.xlsx", ("1", [["x", "z", "y"], *zip(Y, range(N_ROWS), Y, strict=True)]))
    hidden = '<cols><col min="2" max="2" hidden="1"/><col min="7" max="9" hidden="1"/></cols><sheetData>'

    def hide(text):
        heading, *rows = _numbered(text).replace("<sheetData>", hidden).split("<row>")
        rows = [('<row hidden="1">' if at in (5, 6, 7) else "<row>") + row for at, row in enumerate(rows)]
        return "".join([heading, *rows])

    changed("own.xlsx", "xl/worksheets/s1.xml", hide)
    table, description = load("own.xlsx")
    assert len(table) == N_ROWS
    assert told(description)[:2] == [
        "hidden in the sheet, as by a filter, and read like others: 3 rows (to leave them out, delete them there)",
        "hidden in the sheet and read like others: z (to leave them out: drop:)",
    ]


@pytest.mark.parametrize("kind", ["xlsx", "json"])
def test_a_cell_may_hold_every_end_of_a_line(kind):
    texts = [f"a{end}{row % 2}" for row, end in enumerate(["\r", "\n", "\r\n"] * (N_ROWS // 3))]
    if kind == "json":
        rows = [{"text": text, "y": y} for text, y in zip(texts, Y, strict=True)]
        Path("own.json").write_text(json.dumps(rows), encoding="utf-8")
    else:
        as_excel("own.xlsx", ("1", [["text", "y"], *zip((t.replace("\r", "_x000D_") for t in texts), Y, strict=True)]))
    table, _ = load(f"own.{kind}")
    assert len(table) == N_ROWS
    assert [text.replace("\r\n", "\n") for text in table["text"]] == [text.replace("\r\n", "\n") for text in texts]


def test_cells_that_are_merged_have_their_value_in_every_row():
    rows = [["city", "y"], *([["Bern", None, None, "Kiel"][row % 4], Y[row]] for row in range(N_ROWS))]
    as_excel("own.xlsx", ("1", rows))
    merged = "".join(f'<mergeCell ref="A{row}:A{row + 2}"/>' for row in range(2, N_ROWS + 2, 4))
    cells = f"</sheetData><mergeCells>{merged}</mergeCells>"
    changed("own.xlsx", "xl/worksheets/s1.xml", lambda text: _numbered(text).replace("</sheetData>", cells))
    table, description = load("own.xlsx")
    assert table["city"].tolist() == ["Bern", "Bern", "Bern", "Kiel"] * 6
    assert told(description)[0].startswith(
        "6 cells merged over several rows or columns, each of which has the value: Bern"
    )


def merged(name, *ranges):
    cells = "</sheetData><mergeCells>" + "".join(f'<mergeCell ref="{each}"/>' for each in ranges) + "</mergeCells>"
    changed(name, "xl/worksheets/s1.xml", lambda text: _numbered(text).replace("</sheetData>", cells))


def test_cells_that_are_merged_over_columns_have_their_value_in_each():
    rows = [["a", "b", "y"], *([row + 1, None if row % 2 else 90 - row, Y[row]] for row in range(N_ROWS))]
    as_excel("own.xlsx", ("1", [["a title", None, None], *rows, ["a note", None, None]]))
    merged(
        "own.xlsx", "A1:C1", *(f"A{row + 3}:B{row + 3}" for row in range(1, N_ROWS, 2)), f"A{N_ROWS + 3}:C{N_ROWS + 3}"
    )
    table, description = load("own.xlsx", columns={"a": "number"})
    assert table["b"].tolist() == [row + 1 if row % 2 else 90 - row for row in range(N_ROWS)]
    assert table["target"].tolist() == Y
    assert "12 cells merged over several rows or columns, each of which has the value: 2, 4, 6" in told(description)


def test_names_that_are_merged_over_others_are_put_before_them():
    as_excel("own.xlsx", ("1", [["a", "in", None], [None, "b", "c"], *([value, 1 - value, value] for value in Y)]))
    merged("own.xlsx", "A1:A2", "B1:C1")
    assert [column.name for column in load("own.xlsx", target="in c")[1].columns] == ["a", "in b"]


def test_lines_before_the_heading_are_those_of_the_sheet():
    rows = [["Sales", "of", "2024"], [None] * 3, ["x", "city", "y"], *([value, "Bern", value] for value in Y)]
    as_excel("own.xlsx", ("1", rows))
    assert load("own.xlsx", skip=2)[0]["x"].tolist() == Y


def test_an_empty_sheet_is_told_with_the_others():
    as_excel("own.xlsx", ("1", []), ("2", [["x", "y"], [1, 2], [3, 4]]))
    assert refusal("own.xlsx") == (
        "own.xlsx cannot be read as Excel: sheet '1' holds nothing; sheet: beside file: names another of 2"
    )


def test_an_empty_text_may_be_what_a_formula_came_to():
    as_excel("own.xlsx", ("1", [["x", "y"], *zip(Y, Y, strict=True)]))
    formula = '<c r="A3" t="str"><f>IF(B3,"",1)</f><v></v></c>'
    changed("own.xlsx", "xl/worksheets/s1.xml", lambda text: re.sub(r'<c r="A3">.*?</c>', formula, _numbered(text)))
    assert load("own.xlsx")[0]["x"].isna().sum() == 1


def _numbered(text):
    """A sheet whose cells say where they are."""
    rows = iter(range(1, 100))

    def row(match):
        number, letters = next(rows), iter("ABC")
        return "<row>" + re.sub(r"<c(?=[ />])", lambda _: f'<c r="{next(letters)}{number}"', match[1]) + "</row>"

    return re.sub(r"<row>(.*?)</row>", row, text, flags=re.DOTALL)


@pytest.mark.parametrize("empty", ["", "<v></v>", "<v/>"])
def test_formulas_that_were_never_calculated_are_refused(empty):
    as_excel("own.xlsx", ("1", [["x", "y"], *zip(Y, Y, strict=True)]))
    formula = f"<f>B2*2</f>{empty}</c>"
    changed(
        "own.xlsx",
        "xl/worksheets/s1.xml",
        lambda text: re.sub(r'(<c r="A[2-9]">)<v>[^<]*</v></c>', rf"\1{formula}", _numbered(text)),
    )
    assert refusal("own.xlsx") == (
        "own.xlsx: 8 cells of sheet '1' hold formulas whose values are not in the file, A2 first; open it in Excel or "
        "LibreOffice, save it, and try again"
    )


# --- JSON


OBJECTS = [{"x": value, "code": f"{row:03}", "y": value} for row, value in enumerate(Y)]


@pytest.mark.parametrize(
    "held",
    [
        {"data": OBJECTS, "total": N_ROWS, "next": None},
        {"result": {"page": 1, "rows": OBJECTS}},
        {"x": Y, "code": [each["code"] for each in OBJECTS], "y": Y},
        {name: {str(row): each[name] for row, each in enumerate(OBJECTS)} for name in OBJECTS[0]},
        {"columns": list(OBJECTS[0]), "index": list(range(N_ROWS)), "data": [list(each.values()) for each in OBJECTS]},
        [list(OBJECTS[0]), *(list(each.values()) for each in OBJECTS)],
        {f"{row:03}": each for row, each in enumerate(OBJECTS)},
        {"meta": {"n": N_ROWS, "of": ["a", "b"]}, "items": OBJECTS},
        {"schema": {"fields": [{"name": name} for name in ("x", "code", "y", "z")]}, "data": OBJECTS},
        {"columns": [{"name": name} for name in OBJECTS[0]], "rows": [list(each.values()) for each in OBJECTS]},
        {"n": N_ROWS, "header": list(OBJECTS[0]), "records": [list(each.values()) for each in OBJECTS]},
        [{"x": {"$numberDouble": str(each["x"])}, "code": {"$oid": each["code"]}, "y": each["y"]} for each in OBJECTS],
    ],
    ids=[
        *["wrapped", "wrapped twice", "by columns", "by columns and rows", "split", "lists", "by keys"],
        *["beside others", "beside a schema", "names as objects", "names in a header", "of MongoDB"],
    ],
)
def test_json_is_read_however_its_rows_stand_in_it(held):
    Path("own.json").write_text(json.dumps(held, indent=1), encoding="utf-8")
    table, description = load("own.json")
    assert (table["x"].tolist(), table["code"].tolist()[:2]) == (Y, ["000", "001"])
    assert [column.kind for column in description.columns if column.name != "key"] == ["number", "category"]


def test_a_row_that_is_null_holds_nothing_and_counts():
    Path("own.json").write_text(json.dumps([*OBJECTS[:4], None, *OBJECTS[4:]]), encoding="utf-8")
    table, description = load("own.json", drop_rows=[5 + 1])
    assert (len(table), description.n_read) == (N_ROWS - 1, N_ROWS)
    assert table["x"].tolist() == [*Y[:4], *Y[5:]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_objects_of_json_may_follow_each_other_and_hold_objects(encoding):
    nested = [{"x": {"value": value, "by": {"hand": row % 3}}, "y": value} for row, value in enumerate(Y)]
    text = "\n".join(json.dumps(each, indent=row % 2) for row, each in enumerate(nested))
    Path("own.json").write_bytes(text.encode(encoding))
    table, _ = load("own.json")
    assert (table["x.value"].tolist(), table["x.by.hand"].tolist()) == (Y, [0, 1, 2] * 8)


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ([[1, 2], [3, 4]], "its lists stand below no names; put a list of names before them"),
        ([["x", "y"], [1, 2], [3, 4, 5]], "row 2 holds 3 values, and there are 2 names"),
        ({"x": [1, 2, 3], "y": [1, 2]}, "its columns have different numbers of values: x 3, y 2"),
        (
            {"train": OBJECTS, "test": OBJECTS},
            "it holds several tables: train, test; write one of them to a file of its own",
        ),
        (3, "it holds no objects"),
        ([], "it holds something else beside objects"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_json_that_is_no_table_is_refused_with_the_reason(held, reason):
    Path("own.json").write_text(json.dumps(held), encoding="utf-8")
    assert refusal("own.json") == f"own.json cannot be read as JSON: {reason}"


def test_what_parquet_nests_is_a_column_of_its_own_and_an_empty_text_is_missing():
    nested = [{"value": value, "city": ["", "Bern"][row % 2]} for row, value in enumerate(Y)]
    pd.DataFrame({"x": nested, "y": Y}).to_parquet("own.parquet")
    table, _ = load("own.parquet")
    assert (table["x.value"].tolist(), table["x.city"].isna().sum()) == (Y, 12)


def test_long_integers_of_json_lose_no_digit():
    ids = [9_007_199_254_740_993 + 2 * row for row in range(N_ROWS)]
    rows = [{"ticket": ids[row], "x": Y[row], "y": Y[-row]} for row in range(N_ROWS)]
    Path("own.json").write_text(json.dumps(rows), encoding="utf-8")
    table, description = load("own.json")
    assert (table["ticket"].tolist(), description.columns[0].kind) == (ids, "identifier")


@pytest.mark.parametrize("heading", ["{x},y", '{"x},y', "{x: 1},y"])
def test_csv_whose_heading_begins_with_a_brace_is_csv(heading):
    Path("own.csv").write_text(lines(heading.replace('"', ""), Y, Y), encoding="utf-8")
    table, _ = load("own.csv")
    assert table.iloc[:, 0].tolist() == Y


# --- headings


def test_a_heading_one_name_short_stands_above_names_of_rows():
    Path("own.csv").write_text(lines("x y", [f"r{row}" for row in range(N_ROWS)], Y, Y, between=" "), encoding="utf-8")
    table, description = load("own.csv", delimiter=" ")
    assert (table["x"].tolist(), table["target"].tolist()) == (Y, Y)
    assert told(description)[0].startswith("the heading has one name fewer than the rows have fields; the first field")


def test_a_heading_that_looks_like_a_row_is_told():
    Path("own.csv").write_text(lines("5.1,3.5,setosa", Y, Y[::-1], ["setosa", "other"] * 12), encoding="utf-8")
    _, description = load("own.csv", target="setosa")
    assert "names of columns are numbers (5.1, 3.5, setosa; if they are a row: header: none)" in told(description)
    assert len(load("own.csv", target="column_3", header="none")[0]) == N_ROWS + 1
    Path("own.csv").write_text(lines("1.4,1.4,0.2", Y, Y, Y), encoding="utf-8")
    assert refusal("own.csv", target="0.2").startswith("own.csv: the heading looks like a row, 1.4, 1.4, 0.2; if it is")


# --- what stands for nothing


def test_dates_that_stand_for_nothing_are_named_with_their_key():
    days = [f"2023-{1 + row % 12:02}-{1 + row:02}" for row in range(N_ROWS)]
    days[3] = days[9] = "1900-01-01"
    Path("own.csv").write_text(lines("start,y", days, Y), encoding="utf-8")
    assert told(load("own.csv")[1]) == [
        "start: 1900-01-01 in 2 rows (rows 4, 10), far from all others (if it stands for nothing: missing: {start: "
        "['1900-01-01']})"
    ]
    assert load("own.csv", missing={"start": ["1900-01-01"]})[0]["start"].isna().sum() == 2


@pytest.mark.parametrize(
    ("numbers", "is_named"),
    [
        ([0, 0, *(60 + 2.5 * row for row in range(22))], True),
        ([0, 0, *(-60 - 2.5 * row for row in range(22))], True),
        ([0, 0, *(1 + row % 5 for row in range(22))], False),  # counts
        ([0, 0, *(0.1 + 0.3 * row for row in range(22))], False),
        ([0, *(60 + 2.5 * row for row in range(23))], False),  # a single one
        ([0, 0, *(30 * (-1) ** row * (1 + row) for row in range(22))], False),
    ],
)
def test_zeros_in_a_column_that_else_never_comes_near_0_are_named(numbers, is_named):
    Path("own.csv").write_text(lines("weight,y", numbers, Y), encoding="utf-8")
    expected = (
        "weight: 0 in 2 rows (rows 1, 2), and else never near 0 (if it stands for nothing: missing: {weight: [0]})"
    )
    assert (expected in told(load("own.csv")[1])) is is_named


@pytest.mark.parametrize(
    "shape", ["{0} GB|{0} MB", "{0}-{1}", "#{0}", "{0} to {1}", "{0}±1", "▲ {0}|▼ {0}", "{0}_000", "={0}", "{0}'2\""]
)
def test_cells_with_a_number_and_more_are_named_and_what_to_do_is_true(shape):
    shapes = shape.split("|")
    cells = [shapes[row % len(shapes)].format(7 + 3 * row, 50 + 4 * row) for row in range(N_ROWS)]
    Path("own.csv").write_text(lines("size,y", cells, Y), encoding="utf-8")
    told_of = [each for each in told(load("own.csv")[1]) if each.startswith("size: ")]
    assert len(told_of) == 1
    assert told_of[0].endswith(
        "half number and half text; kept as texts, each different one a category (as numbers: write them in the file "
        "without what else is there; without it: drop: [size])"
    )


@pytest.mark.parametrize(
    "cells",
    [
        [f"{row:03}" for row in range(N_ROWS)],
        [f"P{row}" for row in range(N_ROWS)],
        [f"{row % 3} rooms or so" for row in range(N_ROWS)],
        [f"{row} {'abcdefghijklmnopqrstuvwx'[row] * 3} street" for row in range(N_ROWS)],
    ],
    ids=["codes", "names", "labels", "addresses"],
)
def test_codes_and_labels_are_no_half_numbers(cells):
    Path("own.csv").write_text(lines("size,y", cells, Y), encoding="utf-8")
    assert [each.kind for each in load("own.csv")[1].findings if each.kind == "half numbers"] == []


def test_a_few_texts_among_dates_are_missing_and_named_and_many_are_settled_by_a_key():
    days = [f"2024-01-{row + 1:02}" for row in range(N_ROWS)]
    Path("own.csv").write_text(lines("day,y", [*days[:-1], "0000-00-00"], Y), encoding="utf-8")
    table, description = load("own.csv")
    assert (description.columns[0].kind, table["day"].isna().sum()) == ("date", 1)
    assert told(description) == ["day: 23 of 24 are dates; row 24 holds '0000-00-00', taken for missing"]
    Path("own.csv").write_text(lines("day,y", [*days[:-4], *["0000-00-00", "soon"] * 2], Y), encoding="utf-8")
    key = "missing: {day: ['0000-00-00', soon]}"
    assert told(load("own.csv")[1]) == [
        "day: 20 of 24 are dates; rows 21, 22, 23, … hold '0000-00-00', 'soon', …; kept as texts (as dates, if the "
        f"others stand for nothing: {key})"
    ]
    table, description = load("own.csv", missing={"day": ["0000-00-00", "soon"]})
    assert (description.columns[0].kind, table["day"].isna().sum()) == ("date", 4)


def test_points_and_commas_before_three_digits_in_one_column_are_told():
    cells = [f"{1.25 + row / 8:.3f}".replace(".", ".,"[row % 2]) for row in range(N_ROWS)]
    Path("own.csv").write_text(lines("a,y", [f'"{cell}"' for cell in cells], Y), encoding="utf-8")
    assert told(load("own.csv")[1]) == ["a: row 2 holds '1,375', read as 1,375 (12 rows written so)"]


def test_whole_numbers_with_an_exponent_may_be_codes_and_are_told():
    Path("own.csv").write_text(
        lines("lot,y", [f"{100 + row}E{1 + row % 5}" for row in range(N_ROWS)], Y), encoding="utf-8"
    )
    assert told(load("own.csv")[1]) == ["lot: row 1 holds '100E1', read as 1,000 (24 rows written so)"]


@pytest.mark.parametrize(
    ("form", "numbers"),
    [
        ("%Y%m", [202_001 + row % 12 + 100 * (row // 12) for row in range(N_ROWS)]),
        ("%Y%m%d%H%M", [202_401_010_000 + 10_000 * row for row in range(N_ROWS)]),
    ],
)
def test_numbers_that_may_be_dates_are_told_with_the_form_that_reads_them(form, numbers):
    Path("own.csv").write_text(lines("day,y", numbers, Y), encoding="utf-8")
    assert told(load("own.csv")[1]) == [
        f"day: row 1 holds '{numbers[0]}', taken for a number (if it is a date: columns: {{day: '{form}'}})"
    ]
    assert load("own.csv", columns={"day": form})[1].columns[0].kind == "date"


def test_cells_that_are_half_number_and_half_text_are_named_with_the_key():
    doses = [f"{row / 2:g} (estimated)" if row % 2 else f"{row / 2:g}" for row in range(N_ROWS)]
    Path("own.csv").write_text(lines("dose,y", doses, Y), encoding="utf-8")
    kinds = {each.kind for each in load("own.csv")[1].findings}
    assert kinds & {"half numbers", "mixed"}
    assert load("own.csv", columns={"dose": "number"})[0]["dose"].isna().sum() == 12


def test_a_column_half_of_which_are_numbers_is_named():
    cells = [["unknown", f"{row * 1.5}"][row % 2] for row in range(60)]
    Path("own.csv").write_text(lines("a,y", cells, [row * row % 7 / 3 for row in range(60)]), encoding="utf-8")
    assert told(load("own.csv")[1]) == [
        "a: 30 of 60 are numbers; rows 1, 3, 5, … hold 'unknown'; kept as texts (numbers, the rest missing: columns: "
        "{a: number})"
    ]


def test_texts_that_a_form_makes_dates_are_told_with_the_form():
    days = [f"{datetime.date(2023, 1, 1 + row):%d-%b}" for row in range(N_ROWS)]
    Path("own.csv").write_text(lines("born,y", days, Y), encoding="utf-8")
    assert told(load("own.csv")[1]) == [
        "born: row 1 holds '01-Jan', kept as texts (if they are dates: columns: {born: '%d-%b'})"
    ]


def test_what_is_odd_about_numbers_that_are_texts_has_their_column():
    sizes = [f"{60 + row} kg" for row in range(N_ROWS)]
    sizes[7] = "9000 kg"
    Path("own.csv").write_text(lines("size,y", sizes, Y), encoding="utf-8")
    _, description = load("own.csv")
    assert [(each.kind, each.column, each.rows) for each in description.findings][:2] == [
        ("written", "size", [1, 2, 3]),
        ("far", "size", [8]),
    ]
