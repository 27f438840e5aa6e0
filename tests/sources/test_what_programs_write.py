"""What banks, laboratories, loggers, surveys and programs write into tables is read rightly, or it is said."""

import base64
import csv
import io
import re
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.parsing.kinds import excel
from tests.sources.test_odd_tables import load, refusal
from tests.sources.test_whatever_the_file import predicted_from, told

N_ROWS = 40
Y = [round(0.7 * row * row % 5 + 0.013 * row, 3) for row in range(N_ROWS)]
X = [round(0.37 * row * row % 7 - 3, 2) for row in range(N_ROWS)]
DAYS = pd.date_range("2019-01-05 08:30", periods=N_ROWS, freq="13D7h")
TABLE = "\n".join(["a,k,y", *(f"{x},{'rgb'[row % 3]},{y}" for row, (x, y) in enumerate(zip(X, Y, strict=True))), ""])
_XLS = (  # of a sheet whose codes, from 1067 on, have the format 00000
    "c-rllPe>F|9LIle|IfIqyY8-`fr!vn=Ar1)MYn|Vlvo{#2uj^Ol%cUiU>7ahQv^|mD7pxC=%RJ$p9OWQLtqpX1d-a&Q&H4Gcl!OlGtbl}aG?"
    "ZazQg;?Z+`Fd=DnHsXa2mJOiYd3t(&H0Y9&9FEQ3OeVv3WY58}l6mL;y<M>tuY)|8A0cVs9?6S0?J=|k!7Y4XvXz%#Z)Gn|glDeCC&%Qvi|+"
    "R%nBC2eS7tLP?2DybH&s)p@>O~Q_Yd<?r2kxQ^G%ucDpG@0#a+To1iL%v4jRg#?dKFYjDWE-XFg^c3C%gSbhw5xEu>*N~Cs1HPGl(<9N^L_b"
    "(9Gi5DGij@6ic;Lqqx8*cAo{8&^wS0}zPfQm9RIO29{xi-!u_{Ae$^Ks8Y1f$=0}m&<}ZGG7#x^$riCPidiryD9w7s!tl*gO@g*}phM5p$o1"
    "-fD2^5WUy>quezuw#3nLUcg5LS8nS+GIsCyUNW2`*fToEWUIO|V;F&*QA?;n%^Ycs%kx)0uXhJ;PuwAUDJHY=_=tH!kuwv0t3s_n^M`DZ82d"
    "vG(b+sj+w25o+Y?&vAL#hN)RKs~guv53_o&oOR;^Z0&DrNW>R++HN@yyegU}6K(?5K9akm99}KspKu)tE7Vw=oV%z%`dmnREo(~%`CVz!??U"
    "=Pz6Ck!*JQwj41hdQE#$|bCW9_y5M&8t%|bgvE@TMgm86i*4NZn!$S}xEO2~-{O-5YE2*^hu$77l_Tu1|CM_S0Hg?5@QqzQ5c<h6t*D_qD5k"
    "Y{RyyqMHv)P;<KG}j3^m=?0tS55b%>-b6YOD1{p<jIpKPo6xj1u5rU-EV&=;GIz3_QKA8oq0|r?>EVRtNql^+iCu?+)aJFFVH|)<EMs#N}o%"
    "uu#Em+C_2cs7pRxI(T?7-$1i_Fsm0f`;)3zNH-*Zrzf?{;|8f040sj^2>H"
)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def written(cells, file="own.csv"):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["a", "y"], *zip(cells, Y, strict=False)])
    Path(file).write_text(text.getvalue(), encoding="utf-8")
    return load(None)


def money(form, dash):
    return [dash if row % 3 == 0 else form.format(abs(x) * 1000) for row, x in enumerate(X)]


NUMBERS = {
    "hexadecimal": ([f"0x{37 * row:X}" for row in range(N_ROWS)], [37.0 * row for row in range(N_ROWS)]),
    "binary": ([f"0b{3 * row:b}" for row in range(N_ROWS)], [3.0 * row for row in range(N_ROWS)]),
    "dollars of Hong Kong": ([f"HK${abs(x):,.2f}" for x in X], np.abs(X)),
    "rand": ([f"R {abs(x):,.2f}" for x in X], np.abs(X)),
    "rupiah": ([f"Rp {row}.500.000" for row in range(1, 41)], [row * 1e6 + 5e5 for row in range(1, 41)]),
    "nothing in an account": (
        money("$ {:,.2f}", "$ -"),
        [0 if row % 3 == 0 else abs(x) * 1000 for row, x in enumerate(X)],
    ),
    "nothing in euro": (money("{:,.2f} €", "- €"), [0 if row % 3 == 0 else abs(x) * 1000 for row, x in enumerate(X)]),
    "wide letters": ([f"{x}".translate(str.maketrans("-.0123456789", "－．０１２３４５６７８９")) for x in X], X),
    "marks of Arabic": ([f"{x}".replace(".", "٫") for x in X], X),
    "marks of direction": ([f"\u200e{x}\u200e" for x in X], X),
    "a byte order mark within": (["\ufeff" * (row == 20) + f"{x}" for row, x in enumerate(X)], X),
    "NULs": ([f"{x}\0" for x in X], X),
    "days and a time": ([f"{row}.02:03:04" for row in range(N_ROWS)], [86400.0 * row + 7384 for row in range(N_ROWS)]),
    "hours of French": (
        [f"{row % 24}h05" for row in range(N_ROWS)],
        [3600.0 * (row % 24) + 300 for row in range(N_ROWS)],
    ),
    "minutes and tenths": ([f"{row}:02.5" for row in range(N_ROWS)], [60 * row + 2.5 for row in range(N_ROWS)]),
    "hours of half a day": (
        [f"{row % 12 + 1} pm" for row in range(N_ROWS)],
        [3600.0 * ((row % 12 + 1) % 12 + 12) for row in range(N_ROWS)],
    ),
    "midnight": ([f"{row % 25}:00" for row in range(N_ROWS)], [3600.0 * (row % 25) for row in range(N_ROWS)]),
    "ticks of Switzerland": ([f"{1000 * abs(x):,.2f}".replace(",", "ʼ") for x in X], 1000 * np.abs(X)),
    "primes": ([f"{1000 * abs(x):,.2f}".replace(",", "′") for x in X], 1000 * np.abs(X)),
    "blanks of a digit": (
        [f"{1000 * abs(x):,.2f}".replace(",", "\u2007").replace(".", ",") for x in X],
        1000 * np.abs(X),
    ),
    "naira": ([f"₦{1000 * abs(x):,.2f}" for x in X], 1000 * np.abs(X)),
    "cedi": ([f"GH₵{1000 * abs(x):,.2f}" for x in X], 1000 * np.abs(X)),
    "ringgit": ([f"RM {1000 * abs(x):,.2f}" for x in X], 1000 * np.abs(X)),
    "kronor": ([f"{1000 * row:,}:-".replace(",", " ") for row in range(N_ROWS)], [1000.0 * r for r in range(N_ROWS)]),
    "texts of Excel": ([f'="{x}"' for x in X], X),
    "a tick in front": ([f"'{x}" for x in X], X),
    "hours and minutes": (
        [f"{row} hours and {row} minutes" for row in range(N_ROWS)],
        [3660.0 * row for row in range(N_ROWS)],
    ),
    "weeks": ([f"P{row}W" for row in range(N_ROWS)], [604800.0 * row for row in range(N_ROWS)]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_numbers_in_training_and_in_new_rows(name):
    cells, expected = NUMBERS[name]
    table, description = written(cells)
    assert description.columns[0].kind == "number"
    np.testing.assert_allclose(table["a"].astype(float), expected, atol=0.006)
    Path("new.csv").write_bytes(Path("own.csv").read_bytes())
    new = predicted_from("new.csv", description)
    np.testing.assert_array_equal(new.table["a"], table["a"])
    assert new.notes == []


MONTHS = {
    "Czech": "ledna února března dubna května června července srpna září října listopadu prosince",
    "Bulgarian": "януари февруари март април май юни юли август септември октомври ноември декември",
    "Hungarian": "január február március április május június július augusztus szeptember október november december",
    "Indonesian": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "French": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "Greek": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου "
    "Νοεμβρίου Δεκεμβρίου",
}
FIRSTS = pd.date_range("2019-01-01", periods=N_ROWS, freq="11D")


def day(form):
    return [form.format(day=each, month=each.month - 1, ms=each.value // 10**6) for each in DAYS]


DATES = {
    "old JSON": day("/Date({ms})/"),
    "old JSON with a zone": day("/Date({ms}+0200)/"),
    "JavaScript": day("Date({day:%Y},{month},{day:%d},{day:%H},{day:%M})"),
    "Mongo": day('ISODate("{day:%Y-%m-%dT%H:%M:%SZ}")'),
    "pandas": day("Timestamp('{day:%Y-%m-%d %H:%M:%S}')"),
    "Java": [f"{each:%Y-%m-%dT%H:%M:%S}[Asia/Tokyo]" for each in DAYS + pd.Timedelta(hours=9)],
    "DB2": day("{day:%Y-%m-%d-%H.%M.%S}.000000"),
    "cameras": day("{day:%Y:%m:%d %H:%M:%S}"),
    "a stroke": day("{day:%d %b %Y} | {day:%H:%M}"),
    "a zone of German": [f"{each:%Y-%m-%d %H:%M} MESZ" for each in DAYS + pd.Timedelta(hours=2)],
    "a zone of Australia": [f"{each:%Y-%m-%d %H:%M} AEST" for each in DAYS + pd.Timedelta(hours=10)],
    "Korean": day("{day:%Y}년 {day:%m}월 {day:%d}일 {day:%H:%M}"),
    "Czech": [f"{each.day}. {MONTHS['Czech'].split()[each.month - 1]} {each:%Y %H:%M}" for each in DAYS],
    "Greek": [f"{each.day} {MONTHS['Greek'].split()[each.month - 1]} {each:%Y %H:%M}" for each in DAYS],
    "a point at the end": day("{day:%d.%m.%Y}."),
    "hours of Japan": [f"{d.year}年{d.month}月{d.day}日 {d.hour}時{d.minute}分{d.second}秒" for d in DAYS],
    "halves of a day in China": [
        f"{d:%Y/%m/%d} {'上午' if d.hour < 12 else '下午'}{d.hour % 12 or 12}:{d:%M}" for d in DAYS
    ],
    "eras of Japan": [
        f"{'平成31' if (d.year, d.month) < (2019, 5) else f'令和{d.year - 2018}' if d.year > 2019 else '令和元'}年"
        f"{d.month}月{d.day}日 {d:%H:%M}"
        for d in DAYS
    ],
    "Bulgarian": [f"{d.day} {MONTHS['Bulgarian'].split()[d.month - 1]} {d.year} г. {d:%H:%M}" for d in DAYS],
    "Hungarian": [f"{d.year}. {MONTHS['Hungarian'].split()[d.month - 1]} {d.day}. {d:%H:%M}" for d in DAYS],
    "Indonesian": [f"{d.day} {MONTHS['Indonesian'].split()[d.month - 1]} {d.year} {d:%H:%M}" for d in DAYS],
    "Spanish": [f"{d.day} de {MONTHS['Spanish'].split()[d.month - 1]} del {d.year} {d:%H:%M}" for d in DAYS],
    "Vietnamese": [f"ngày {d.day} tháng {d.month} năm {d.year} {d:%H:%M}" for d in DAYS],
    "digits of Arabic": [f"{d:%d/%m/%Y %H:%M}".translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) for d in DAYS],
    "logs of a server": day("[{day:%d/%b/%Y:%H:%M:%S} +0000]"),
    "Git": day("{day:%a %b} {day.day} {day:%H:%M:%S %Y} +0000"),
    "Python": day("datetime.datetime({day.year}, {day.month}, {day.day}, {day.hour}, {day.minute})"),
    "thousandths behind a colon": day("{day:%Y-%m-%d %H:%M:%S}:000"),
    "points and blanks": day("{day:%Y}. {day:%m}. {day:%d}."),
    "underscores": day("{day:%Y_%m_%d}"),
    "French": [
        f"{each.day}{'er' * (each.day == 1)} {MONTHS['French'].split()[each.month - 1]} {each.year}" for each in FIRSTS
    ],
}


@pytest.mark.parametrize("name", DATES)
def test_dates_are_dates_in_training_and_in_new_rows(name):
    table, description = written(DATES[name])
    assert description.columns[0].kind == "date"
    has_time = any(mark in DATES[name][0] for mark in (":", "Date", "datetime", "00.0", "時"))
    expected = DAYS if has_time else DAYS.normalize()
    if "French" in name:
        expected = pd.date_range("2019-01-01", periods=N_ROWS, freq="11D")
    assert table["a"].tolist() == expected.tolist()
    Path("new.csv").write_bytes(Path("own.csv").read_bytes())
    assert predicted_from("new.csv", description).table["a"].tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("cells", "kind", "said"),
    [
        (
            [f"{each:%d/%m/%Y}" if row % 2 else f"{each:%m/%d/%Y}" for row, each in enumerate(DAYS)],
            "category",
            "dates with the day first and with the month first; kept as texts",
        ),
        ([f"{each:%y%m%d}" for each in DAYS], "number", "taken for a number (if it is a date: columns: {a: '%y%m%d'})"),
        ([f"{each:%Y%j}" for each in DAYS], "number", "taken for a number (if it is a date: columns: {a: '%Y%j'})"),
        ([f"{each:%Y.%m}" for each in DAYS], "number", "taken for a number (if it is a date: columns: {a: '%Y.%m'})"),
        ([f"{each:%H%M}" for each in DAYS], "category", "kept as texts (if they are dates: columns: {a: '%H%M'})"),
        (["NULL", "north", "south"] * 13, "category", "'NULL' in 13 rows (rows 1, 4, 7, …) is kept as a text"),
        (
            [f"{1000 + 100 * abs(x):,.2f}" if row % 7 else " - " for row, x in enumerate(X)],
            "number",
            "'-' in 6 rows (rows 1, 8, 15, …) is taken for missing (if it stands for 0: labels: {a: {'-': 0}})",
        ),
        ([f"KW{row % 15 + 10}" for row in range(N_ROWS)], "category", "half number and half text"),
        ([f"abt. {abs(x)}" for x in X], "category", "half number and half text"),
    ],
)
def test_what_is_in_doubt_is_said_with_the_key(cells, kind, said):
    _, description = written(cells)
    assert description.columns[0].kind == kind
    assert [said in line for line in told(description)] == [True]


def test_a_dash_is_0_where_the_parameters_say_so():
    written([f"{1000 + 100 * abs(x):,.2f}" if row % 7 else " - " for row, x in enumerate(X)])
    table, description = load(None, labels={"a": {"-": 0}})
    assert (table["a"] == 0).sum() == 6
    assert not any("labels" in line for line in told(description))


@pytest.mark.parametrize("cells", [["P001", "P002", "P003"], ["A1", "B2", "C3"], ["unit 1", "unit 2", "unit 3"]])
def test_codes_and_labels_are_no_half_numbers(cells):
    _, description = written([f"{cell}{row}" for row, cell in enumerate(cells * 13)])
    assert told(description) == []


# --- rows that are no data


def test_another_table_in_the_file_is_left_out_and_named():
    table, description = load(f"{TABLE}\n{TABLE.replace('a,k,y', 'c,d,e')}")
    assert len(table) == N_ROWS
    assert told(description) == [
        "another table begins at row 42 (c, d, e); it is left out, with what follows (to read it, write it to a file "
        "of its own)"
    ]


def test_files_put_behind_each_other_with_their_marks_are_one_table():
    table, description = load(f"\ufeff{TABLE}\ufeff{TABLE}")
    assert len(table) == 2 * N_ROWS
    assert "row 41: the heading again, left out" in told(description)


@pytest.mark.parametrize(
    ("above", "said"),
    [
        (["kg,,mm", "float,text,float"], "rows 1, 2 hold units (kg, mm, float, text, float), left out"),
        (
            [
                "How big is it altogether?,Which one?,And the result of all that?",
                '"{""id"":""Q1""}",x,"{""id"":""Q3""}"',
            ],
            "rows 1, 2 hold units",
        ),
    ],
)
def test_rows_of_units_types_and_questions_are_left_out(above, said):
    heading, *rows = TABLE.splitlines()
    table, description = load("\n".join([heading, *above, *rows]))
    assert (len(table), table["k"].nunique()) == (N_ROWS, 3)
    assert told(description)[0].startswith(said)


@pytest.mark.parametrize("mark", [",", ";"])
def test_names_and_values_before_the_heading_are_no_rows(mark):
    table, description = load(f"Station,12\nName,North\n\n{TABLE}".replace(",", mark))
    assert len(table) == N_ROWS
    assert told(description) == [
        "2 lines before the heading left out: " + f"'Station{mark}12', … (to take them in: skip: 0)"
    ]


# --- other files


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "is a PDF"),
        (b'<?xml version="1.0"?><rows/>', "is XML"),
        (b"<table><tr><td>a</td></tr></table>", "is a page of the web"),
        (b"\x89HDF\r\n\x1a\n", "is a file of HDF5"),
        (b"ARROW1\0\0\x10\0", "is a file of Arrow or Feather"),
        (b"SQLite format 3\0\x10", "is a database of SQLite"),
        (b"<stata_dta><header>", "is a file of Stata"),
        (b"$FL2@(#) SPSS DATA FILE", "is a file of SPSS"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"Obj\x01\x04\x16avro.schema\0", "is no text, but a binary file of another kind"),
        (b"\x80\x04\x95\x10\0\0", "is no text, but a binary file of another kind"),
    ],
)
def test_files_that_are_no_tables_are_named(content, said):
    assert refusal(content).startswith(f"own.csv {said}")


def test_a_heading_may_begin_as_such_files_do():
    table, _ = load(TABLE.replace("a,k,y", "orc,rdx,y"))
    assert list(table)[:2] == ["orc", "rdx"]


@pytest.mark.parametrize("mark", [",", "\t"])
def test_text_that_is_called_as_excel_is_read(mark):
    assert len(load(TABLE.replace(",", mark), file="own.xls")[0]) == N_ROWS


def test_zeros_that_old_files_of_excel_do_not_tell_are_named():
    table, description = load(zlib.decompress(base64.b85decode(_XLS)), file="own.xls")
    assert table["code"].tolist()[:2] == [1067, 1104]
    assert "by the format 00000, are read without them (to keep them, save the file as .xlsx)" in told(description)[0]


def test_errors_in_old_files_of_excel_are_named_as_in_new_ones():
    content = bytearray(zlib.decompress(base64.b85decode(_XLS)))
    _, second, third = [match.start() for match in re.finditer(rb"\xbd\x00\x12\x00", content)][:3]
    # numbers give way to a cell of an error and to a formula that gives one, each before a record that fills
    of_cell = struct.pack("<HHHHHBB", 0x205, 8, 2, 0, 15, 7, 1) + struct.pack("<HH6x", 0xEF, 6)
    of_formula = struct.pack("<HHHHH", 6, 22, 3, 0, 15) + bytes([2, 0, 15, 0, 0, 0, 255, 255, *[0] * 8])
    content[second : second + 22] = of_cell
    content[third : third + 42] = of_formula + struct.pack("<HH12x", 0xEF, 12)
    assert (
        "code: rows 2, 3 hold '#DIV/0!', '#VALUE!', which a spreadsheet could not calculate; taken for missing"
        in told(load(bytes(content), file="own.xls")[1])
    )


def test_zeros_that_binary_files_of_excel_do_not_tell_are_named():
    with zipfile.ZipFile("own.xlsb", "w") as book:
        book.writestr("xl/styles.bin", b"\x2c\x10\xa4\0" + b"\x05\0\0\0" + "00000".encode("utf-16-le") + b"\x01")
    assert [each.examples for each in excel._unseen(Path("own.xlsb"))] == [["00000"]]
    with zipfile.ZipFile("own.xlsb", "w") as book:
        book.writestr("xl/styles.bin", b"\x2c\x10\xa4\0" + b"\x04\0\0\0" + "0.00".encode("utf-16-le") + b"\x01")
    assert excel._unseen(Path("own.xlsb")) == []


@pytest.mark.parametrize("said", ["#WERT!", "#NV", "#VALEUR!", "#¡DIV/0!", "#N/D", "#ДЕЛ/0!", "#ERROR!", "Err:502"])
@pytest.mark.parametrize("cells", [X, ["rgb"[row % 3] for row in range(N_ROWS)], [f"{day:%Y-%m-%d}" for day in DAYS]])
def test_errors_of_spreadsheets_in_other_languages_are_nothing_and_named(cells, said):
    usual = written(cells)[1].columns[0].kind
    table, description = written([*cells[:7], said, *cells[8:]])
    assert description.columns[0].kind == usual
    assert table["a"].isna().sum() == 1
    assert f"a: row 8 holds {said!r}, which a spreadsheet could not calculate; taken for missing" in told(description)


def of_ods(kind, value, shown):
    """A cell of LibreOffice; what it could not calculate is an empty text there."""
    value = {"float": f'"float" office:value="{value}"', "string": '"string"'}.get(
        kind, f'"string" office:string-value="" calcext:value-type="{kind}"'
    )
    return f"<table:table-cell office:value-type={value}><text:p>{shown}</text:p></table:table-cell>"


def as_ods(rows, repeated=1):
    """A file of LibreOffice, of rows of cells, those below the heading repeated."""
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "calcext")
    )
    heading, *below = ["".join(row) for row in rows]
    below = [f'<table:table-row table:number-rows-repeated="{repeated}">{row}</table:table-row>' for row in below]
    with zipfile.ZipFile("own.ods", "w") as book:
        book.writestr("META-INF/manifest.xml", "<manifest/>")
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>'
            f'<table:table table:name="S &amp; T"><table:table-row>{heading}</table:table-row>{"".join(below)}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )


def test_zeros_that_libreoffice_shows_are_kept():
    rows = [[of_ods("string", "", name) for name in ("code", "z", "y")]]
    for at, y in enumerate(Y):
        numbers = (37 * at, f"{37 * at:05}"), (at % 7, at % 7), (y, y)
        rows.append([of_ods("float", *each) for each in numbers])
    as_ods(rows, repeated=2)
    table, description = load(None, file="own.ods")
    assert table["code"].tolist() == [f"{37 * at:05}" for at in range(N_ROWS) for _ in range(2)]
    assert [column.kind for column in description.columns] == ["category", "number"]


def test_errors_of_libreoffice_are_named():
    rows = [[of_ods("string", "", name) for name in ("y", "x")]]
    rows += [[of_ods("float", y, y), of_ods("float", x, x)] for x, y in zip(X, Y, strict=True)]
    for row in (4, N_ROWS):
        rows[row][1] = of_ods("error", "", "#DIV/0!")
    as_ods(rows)
    assert told(load(None, file="own.ods")[1]) == [
        "x: rows 4, 40 hold '#DIV/0!', which a spreadsheet could not calculate; taken for missing"
    ]
