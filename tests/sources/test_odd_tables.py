"""Tables with what people leave in them: each is read rightly, and what was done about it is said."""

import datetime
import json

import numpy as np
import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.params.schema import Dataset
from stages.params.source import Table
from stages.records.datasets import Column
from stages.sources import describe
from stages.wording.datasets import task
from stages.wording.findings import in_words

KEY = "params.yaml: datasets.own"
X = [round(0.37 * row * row % 7, 2) for row in range(30)]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def load(content, *, file="own.csv", target="y", task=None, **source):
    if content is not None:
        content = content if isinstance(content, bytes) else content.encode()
        with open(file, "wb") as written:
            written.write(content)
    return describe.load("own", Dataset(source=Table(file=file, target=target, **source), task=task), {})


def lines(heading, *columns, between=","):
    rows = [between.join(map(str, row)) for row in zip(*columns, strict=True)]
    return "\n".join([heading, *rows, ""])


def odd(description, *kinds):
    return [(each.kind, each.column, each.examples, each.rows) for each in description.findings if each.kind in kinds]


def refusal(*arguments, **settings):
    with pytest.raises(UserError) as raised:
        load(*arguments, **settings)
    assert "\n" not in str(raised.value)
    return str(raised.value)


# --- numbers


def test_a_spreadsheets_error_among_numbers_is_missing_and_named():
    temps = [*X[:3], "#DIV/0!", *X[4:]]
    table, description = load(lines("x,temp,y", X, temps, range(0, 60, 2)))
    assert description.columns[1] == Column("temp", "number", missing=1)
    assert table["temp"].isna().tolist() == [row == 3 for row in range(30)]
    assert odd(description, "errors", "odd texts") == [("errors", "temp", ["#DIV/0!"], [4])]


def test_a_word_among_many_numbers_is_missing_and_named_and_among_few_it_makes_texts():
    numbers = [round(value * 1.1 + row, 2) for row, value in enumerate(X)]
    table, description = load(lines("a,y", [*numbers[:29], "broken"], numbers))
    assert (description.columns[0].kind, table["a"].isna().sum()) == ("number", 1)
    assert odd(description, "odd texts") == [("odd texts", "a", ["broken"], [30])]
    _, description = load(lines("a,y", [1, 2, 3, 4, "broken", 6], range(6)))
    assert description.columns[0].kind == "category"
    assert odd(description, "mixed") == [("mixed", "a", ["broken"], [5])]


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        (['"$1,100"', '"$1,250"', "$90"], [1100, 1250, 90]),
        (['"1,23,456"', '"2,34,567"', '"3,45,678"'], [123456, 234567, 345678]),
        (["1'234.5", "2'345", "7"], [1234.5, 2345, 7]),
        (['"1 234,50"', '"2 345,75"', '"7,25"'], [1234.5, 2345.75, 7.25]),
        (["(5)", "7", "9"], [-5, 7, 9]),
        (["5%", "7.5%", "9 %"], [0.05, 0.075, 0.09]),
        (["1.2k", "950", "3M"], [1200, 950, 3e6]),
        (["1:02:03", "0:00:10", "0:01:00"], [3723, 10, 60]),
        (["14 kg", "7.5 kg", "-2 kg"], [14, 7.5, -2]),
        (["20°C", "7°C", "9°C"], [20, 7, 9]),
        (['"1,020 m²"', '"2,310 m²"', '"95 m²"'], [1020, 2310, 95]),
        (["120 km/h", "90 km/h", "7 km/h"], [120, 90, 7]),
        (["\u22120.5", "7", "- 9"], [-0.5, 7, -9]),
    ],
)
def test_a_target_is_numbers_as_people_write_them_and_that_is_said(fields, numbers):
    table, description = load(lines("x,y", X[:3], fields), task="regression")
    assert table["target"].tolist() == numbers
    assert [each[:2] for each in odd(description, "written")] == [("written", "y")]


def test_between_semicolons_money_tells_the_decimal_mark():
    table, _ = load(lines("x;y", [1, 2, 4], ["€ 12,50", "€ 1.234,75", "€ 7,25"], between=";"), task="regression")
    assert table["target"].tolist() == [12.5, 1234.75, 7.25]


@pytest.mark.parametrize("fields", [["5%", "0.05", "7%"], ["$5", "€5", "$7"]])
def test_numbers_of_two_kinds_are_asked_about_and_a_key_settles_it(fields):
    text = lines("a,y", fields, [1.5, 2.5, 3.5])
    _, description = load(text)
    assert description.columns[0].kind == "category"
    assert [each[:2] for each in odd(description, "doubtful")] == [("doubtful", "a")]
    table, description = load(text, columns={"a": "number"})
    shares = [0.01 if "%" in field else 1 for field in fields]
    assert table["a"].tolist() == [
        float(field.strip("$€%")) * share for field, share in zip(fields, shares, strict=True)
    ]


def test_numbers_with_units_that_differ_stay_texts():
    _, description = load(lines("a,y", ["5 kg", "300 g", "7 kg"], [1.5, 2.5, 3.5]))
    assert description.columns[0].kind == "category"


def test_where_a_dot_may_part_thousands_that_is_said_unless_another_number_tells():
    fields, numbers = ["6.169", "1.250", "3.004"], [1, 5, 9]
    table, description = load(lines("a,y", fields, numbers), task="regression")
    assert table["a"].tolist() == [6.169, 1.25, 3.004]
    assert odd(description, "perhaps grouped") == [("perhaps grouped", "a", fields, [1, 2, 3])]
    assert load(lines("a,y", fields, numbers), task="regression", decimal=",")[0]["a"].tolist() == [6169, 1250, 3004]
    _, description = load(lines("a,b,y", fields, [0.25, 1.5, 2], numbers), task="regression")
    assert odd(description, "perhaps grouped") == []


def test_whole_numbers_that_may_be_dates_are_named_and_a_key_makes_them_dates():
    days = list(pd.date_range("2024-01-25", periods=20).strftime("%Y%m%d"))
    text = lines("x,day,y", X[:20], days, range(0, 60, 3))
    _, description = load(text)
    assert description.columns[1].kind == "number"
    assert odd(description, "perhaps dates") == [("perhaps dates", "day", days[:3], [1, 2, 3])]
    table, description = load(text, columns={"day": "%Y%m%d"})
    assert (description.columns[1].kind, str(table["day"][7])[:10]) == ("date", "2024-02-01")
    assert odd(description, "perhaps dates") == []


def test_whole_numbers_that_a_float_cannot_tell_apart_are_an_identifier():
    ids = [10**17 + row * row for row in range(30)]
    _, description = load(lines("x,ticket,y", X, ids, [round(7.3 * x % 5, 2) for x in X]))
    assert description.columns[1].kind == "identifier"


def test_where_every_number_may_be_grouped_or_not_it_is_asked_and_a_key_settles_it():
    text = lines("a;y", ["12,345", "67,890"], [1.5, 2.5], between=";")
    _, description = load(text, decimal=".")
    assert odd(description, "doubtful") == [("doubtful", "a", ["12,345"], [1])]
    assert load(text, decimal=".", columns={"a": "number"})[0]["a"].tolist() == [12345, 67890]


def test_a_target_of_numbers_that_are_not_sure_is_refused_with_the_key_that_takes_them():
    text = lines("x,y", X[:6], ["5%", "0.05", "7%", "9%", "few", "0.2"])
    told = refusal(text)
    assert told.endswith(
        "too many for classes; 5 are numbers, and 'few' is none; columns: {'y': number} beside file: takes them as "
        "such, the others for missing"
    )
    table, description = load(text, columns={"y": "number"}, task="regression")
    assert table["target"].tolist() == [0.05, 0.05, 0.07, 0.09, 0.2]
    assert odd(description, "odd texts") == [("odd texts", "y", ["few"], [5])]


# --- keys of source


def test_what_stands_for_nothing_may_be_said_for_all_columns_or_for_one():
    text = lines("a,b,y", [1.5, -200, 2.5], ["--", -200, 7], [1.5, 2.5, 3.5])
    table, _ = load(text, missing=["--", -200])
    assert table.isna().sum().to_dict() == {"a": 1, "b": 2, "target": 0}
    table, description = load(text, missing={"b": ["--"]})
    assert (table["a"].tolist(), table["b"].isna().tolist()) == ([1.5, -200, 2.5], [True, False, False])
    assert [column.kind for column in description.columns] == ["number", "number"]


def test_a_row_whose_target_stands_for_nothing_is_left_out():
    table, description = load(lines("x,y", X[:5], [1.5, -200, 2.5, 3.5, 4.5]), missing=[-200])
    assert (table["target"].tolist(), description.n_read) == ([1.5, 2.5, 3.5, 4.5], 5)


def test_what_stands_for_nothing_in_parquet_is_missing_too():
    pd.DataFrame({"a": [1, -200, 3], "b": ["x", "--", "y"], "y": [1.5, 2.5, 3.5]}).to_parquet("own.parquet")
    table, _ = load(None, file="own.parquet", missing=["--", -200])
    assert table.isna().sum().to_dict() == {"a": 1, "b": 1, "target": 0}


def test_the_kind_of_a_column_may_be_said():
    text = lines("store,week,born,y", ["01", 2, 3], ["3", "x", "5"], ["04/07/55"] * 2 + ["13/08/10"], [1.5, 2.5, 3.5])
    table, description = load(text, columns={"store": "category", "week": "number", "born": "%d/%m/%y"})
    assert [(column.name, column.kind) for column in description.columns] == [
        ("store", "category"),
        ("week", "number"),
        ("born", "date"),
    ]
    assert table["store"].tolist() == ["01", "2", "3"]
    assert table["born"].dt.strftime("%Y-%m-%d").tolist() == ["1955-07-04", "1955-07-04", "2010-08-13"]
    assert table["week"].isna().tolist() == [False, True, False]


def test_what_looks_like_dates_stays_texts_where_that_is_said_and_else_it_is_named():
    text = lines("shelf,y", ["01-01-01", "02-02-02", "03-03-03"], [1.5, 2.5, 3.5])
    _, description = load(text)
    assert (description.columns[0].kind, odd(description, "century")[0][1]) == ("date", "shelf")
    table, description = load(text, columns={"shelf": "category"})
    assert (description.columns[0].kind, table["shelf"].tolist()[0]) == ("category", "01-01-01")
    assert description.findings == []


def test_a_kind_may_be_said_of_parquet_and_of_the_target():
    pd.DataFrame({"store": [1.0, 2.0, 3.0], "n": ["$1,100", "5", None], "y": [3, 8, 9]}).to_parquet("own.parquet")
    table, description = load(
        None, file="own.parquet", columns={"store": "category", "n": "number", "y": "category"}, task="multiclass"
    )
    assert (table["store"].tolist(), table["n"].tolist()[:2]) == (["1", "2", "3"], [1100, 5])
    assert description.classes == ["3", "8", "9"]


@pytest.mark.parametrize(
    ("fields", "kind", "told"),
    [
        (["a", "b", "c"], "number", "'a' is said to be numbers, and row 1 holds 'a'; "),
        (["2020-01-02", "soon", "x"], "date", "'a' is said to be dates, and row 2 holds 'soon'; "),
        (["1/2/2020", "13/13/2020", "x"], "%d/%m/%Y", "'a' is said to be dates, and row 2 holds '13/13/2020'; "),
    ],
)
def test_a_column_that_cannot_be_what_it_is_said_to_be_is_refused_with_its_value(fields, kind, told):
    assert refusal(lines("a,y", fields, [1.5, 2.5, 3.5]), columns={"a": kind}).startswith(
        f"{KEY}.source.columns: {told}"
    )


@pytest.mark.parametrize(
    "section", [{"missing": {"A": ["x"]}}, {"columns": {"A": "number"}}, {"labels": {"A": {"x": "y"}}}]
)
def test_a_column_of_a_key_that_is_not_there_is_told(section):
    told = refusal("a,y\n1,1.5\n2,2.5\n", **section)
    assert told == f"{KEY}.source.{next(iter(section))}: 'A' is not a column; did you mean 'a'? Columns: a, y"


def test_labels_lose_their_outer_blanks_and_those_that_look_alike_are_asked_about():
    text = lines("x,ok", X[:12], ["yes", "no", "yes ", "No"] * 3)
    _, description = load(text, target="ok")
    assert description.classes == ["No", "no", "yes"]
    assert [each[1] for each in odd(description, "alike")] == ["ok"]
    _, description = load(text, target="ok", labels={"ok": {"No": "no"}})
    assert (description.classes, description.findings) == (["no", "yes"], [])


def test_lines_before_the_heading_are_left_out_and_said():
    text = "Sales of 2024\nprinted 3 May, for Bern\n\n" + lines("a,b,y", X, X, X)
    table, description = load(text)
    assert (len(table), list(table)) == (30, ["a", "b", "target"])
    assert odd(description, "preamble") == [("preamble", "", ["Sales of 2024", "printed 3 May, for Bern"], [])]
    assert load("Sales,,\n" + lines("a,b,y", X, X, X))[1].findings[0].kind == "preamble"


def test_lines_to_skip_may_be_said():
    text = "1,2,3\n" + lines("a,b,y", X, X, X)
    assert list(load(text, skip=1)[0]) == ["a", "b", "target"]
    assert "'y' is not a column" in refusal("Sales\n" + lines("a,b,y", X, X, X), skip=0) + "'y' is not a column"


def test_a_file_without_a_heading_has_columns_by_number_and_a_heading_of_numbers_is_named():
    text = "0.5,1.5\n2.5,3.5\n4.5,6.5\n"
    table, _ = load(text, header="none", target="column_2")
    assert table.to_dict("list") == {"column_1": [0.5, 2.5, 4.5], "target": [1.5, 3.5, 6.5]}
    assert [each.kind for each in load(text, target="1.5")[1].findings] == ["no heading"]
    assert refusal(text).endswith(
        "Columns: 0.5, 1.5; these look like a row: header: none beside file: names them column_1, column_2, …"
    )


def test_a_quote_that_is_not_closed_is_refused_and_a_key_takes_it_as_a_letter():
    inches = ['"' * (row in (5, 25)) + f"{row % 4} inch" for row in range(30)]
    text = lines("x\td\ty", X, inches, range(0, 60, 2), between="\t")
    told = refusal(text)
    assert told.startswith("own.csv: in row 6 a field of 'd' goes on over 21 lines, which look like rows")
    assert "quoting: none" in told
    assert len(load(text, quoting="none")[0]) == 30
    assert len(load(text, quoting="usual", task="regression")[0]) == 10
    assert "quoting: none" in refusal(lines("x,d,y", X, ['"1 inch'] + ["2 inch"] * 29, X))


def test_a_text_of_many_lines_is_no_quote_left_open():
    poem = '"one, two\nthree\nfour, five\nsix\nseven"'
    assert len(load(lines("x,t,y", X, [poem] * 30, X))[0]) == 30


# --- rows that are no data


def test_a_heading_that_stands_again_is_left_out_and_said():
    table, description = load(lines("x,y", X, X) + lines("x,y", X, X))
    assert (len(table), [column.kind for column in description.columns]) == (60, ["number"])
    assert odd(description, "heading again") == [("heading again", "", ["x, y"], [31])]


def test_a_row_of_units_is_left_out_and_said():
    table, description = load(lines("x,name,y", ["m/s", *X], ["", *["a", "b"] * 15], ["kg", *X]))
    assert (len(table), [column.kind for column in description.columns]) == (30, ["number", "category"])
    assert odd(description, "units") == [("units", "", ["m/s, kg"], [1])]


def test_a_row_of_sums_is_left_out_and_one_that_only_is_called_so_is_named():
    names = [*"abc" * 10]
    table, description = load(lines("n,x,y", [*names, "Total"], [*X, sum(X)], [*X, sum(X)]))
    assert (len(table), odd(description, "total")) == (30, [("total", "", ["Total"], [31])])
    text = lines("n,x,y", [*names, "Total"], [*X, 3], [*X, 1.5])
    table, description = load(text)
    assert (len(table), odd(description, "perhaps total")) == (31, [("perhaps total", "", ["Total"], [31])])
    assert len(load(text, drop_rows=[31])[0]) == 30


def test_rows_keep_their_numbers_where_others_are_left_out():
    numbers = [round(value * 1.1 + row, 2) for row, value in enumerate(X)]
    text = lines("x,y", ["m", *numbers[:29], "broken"], ["kg", *X])
    assert odd(load(text)[1], "odd texts") == [("odd texts", "x", ["broken"], [31])]


def test_a_class_called_total_is_data():
    assert len(load(lines("kind,y", ["sum", "Total"] * 15, X))[0]) == 30


# --- names


@pytest.mark.parametrize("name", ["straße é", " straße  é ", "strasse"])
def test_columns_are_found_whatever_their_blanks_and_how_accents_are_encoded(name):
    heading = "straße e\u0301 ,y" if name != "strasse" else "strasse,y"
    table, description = load(lines(heading, X, X), target=name)
    assert (len(table), description.targets) == (30, [name])


# --- other kinds of files


def as_excel(path, *sheets):
    """Write sheets of an Excel file as the format has them, since no package here writes it."""
    import zipfile
    from xml.sax.saxutils import escape

    def cell(value):
        if isinstance(value, tuple):  # attributes and what is within, as they are
            return f"<c {value[0]}>{value[1]}</c>"
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        if isinstance(value, datetime.timedelta):  # days, by the second of the styles below
            return f'<c s="1"><v>{value / datetime.timedelta(days=1)}</v></c>'
        return "<c/>" if value is None else f"<c><v>{value}</v></c>"

    def style(number):
        return f'<xf numFmtId="{number}"/>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w") as archive:
        names = "".join(
            f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>' for number, (name, _) in enumerate(sheets, 1)
        )
        links = "".join(
            f'<Relationship Id="r{number}" Type="{relations}/worksheet" Target="worksheets/s{number}.xml"/>'
            for number in range(1, len(sheets) + 1)
        )
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types"/>')
        whole = f'<Relationship Id="r1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships">{whole}</Relationships>')
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{names}</sheets></workbook>'
        )
        links += f'<Relationship Id="r0" Type="{relations}/styles" Target="styles.xml"/>'
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{main}"><numFmts count="3"><numFmt numFmtId="164" formatCode="[h]:mm:ss"/>'
            '<numFmt numFmtId="165" formatCode="0000"/><numFmt numFmtId="166" formatCode="000\\-00"/></numFmts>'
            f'<cellXfs count="4">{"".join(map(style, (0, 164, 165, 166)))}</cellXfs></styleSheet>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        )
        for number, (_, rows) in enumerate(sheets, 1):
            cells = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
            archive.writestr(
                f"xl/worksheets/s{number}.xml", f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
            )


ROWS = [["x", "city", "y"], *([X[row], ["Zürich", "Bern"][row % 2], row * 2.5] for row in range(30))]


def test_excel_is_read():
    as_excel("own.xlsx", ("2024", ROWS))
    table, description = load(None, file="own.xlsx")
    assert (table["x"].tolist(), table["target"].tolist()) == (X, [row * 2.5 for row in range(30)])
    assert [column.kind for column in description.columns] == ["number", "category"]
    assert description.csv is None


def test_a_sheet_of_excel_may_be_said_and_a_title_above_the_heading_is_no_row():
    as_excel("own.xlsx", ("2023", [["Sales", None, None], *ROWS]), ("2024", ROWS[:11]))
    table, description = load(None, file="own.xlsx")
    assert (len(table), {each.kind for each in description.findings} >= {"sheets", "preamble"}) == (30, True)
    assert len(load(None, file="own.xlsx", sheet="2024")[0]) == 10
    assert refusal(None, file="own.xlsx", sheet="2025") == (
        f"{KEY}.source.sheet: '2025' is not in own.xlsx. Sheets: 2023, 2024"
    )


def test_durations_of_excel_are_seconds_as_those_of_csv():
    minutes = [7, 90, 1440, 2000, 61, 3, *range(100, 124)]
    rows = [[datetime.timedelta(minutes=each), row * 2.5] for row, each in enumerate(minutes)]
    as_excel("own.xlsx", ("2024", [["took", "y"], *rows]))
    table, description = load(None, file="own.xlsx")
    assert [column.kind for column in description.columns] == ["number"]
    assert table["took"].tolist() == [60 * each for each in minutes]
    rows[4][0] = None
    as_excel("own.xlsx", ("2024", [["took", "y"], *rows]))
    assert load(None, file="own.xlsx")[0]["took"].isna().sum() == 1


def test_json_lines_are_read_whatever_the_file_is_called():
    rows = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
    table, description = load("\n".join(map(json.dumps, rows)), file="own.txt")
    assert (table["x"].tolist(), [column.kind for column in description.columns]) == (X, ["number", "category"])


def test_objects_in_an_array_are_read_as_lines_of_them_are():
    rows = [{"x": 0.1 * row, "name": f"n{row % 2}", "y": row * 1.5} for row in range(4)]
    in_lines, _ = load("\n".join(map(json.dumps, rows)), file="own.csv")
    in_an_array, description = load(json.dumps(rows, indent=1), file="own.json")
    pd.testing.assert_frame_equal(in_an_array, in_lines)
    assert [column.kind for column in description.columns] == ["number", "category"]
    assert refusal('[{"x": 1},\n', file="bad.json").startswith("bad.json cannot be read as JSON: ")


def test_what_a_file_is_is_told_by_its_first_bytes():
    pd.DataFrame({"x": X, "y": X}).to_parquet("own.parquet")
    with open("own.parquet", "rb") as file:
        assert len(load(file.read(), file="own.csv")[0]) == 30
    as_excel("own.xlsx", ("2024", ROWS))
    with open("own.xlsx", "rb") as file:
        assert len(load(file.read(), file="own.csv")[0]) == 30


@pytest.mark.parametrize(("file", "content"), [("own.xlsx", b"no workbook"), ("own.jsonl", b'{"x": 1}\n{"x": \n')])
def test_damaged_files_are_told(file, content):
    assert refusal(content, file=file).startswith(f"{file} cannot be read as ")


# --- identifiers


def test_a_column_named_like_an_identifier_is_kept_where_it_tells_the_target_and_that_is_said():
    order = np.random.default_rng(0).permutation(30)
    text = lines("wealth_index,x,y", order * 111, X, order * 2.5)
    _, description = load(text)
    assert description.columns[0].kind == "number"
    assert [each.kind for each in description.findings if each.column == "wealth_index"] == ["kept", "tells"]


def test_a_column_named_like_an_identifier_is_left_out_else_and_a_key_keeps_it():
    order = np.random.default_rng(0).permutation(30)
    text = lines("wealth_index,x,y", order * 111, X, X)
    _, description = load(text)
    assert description.columns[0].kind == "identifier"
    assert [each.kind for each in description.findings if each.column == "wealth_index"] == ["identifier"]
    assert load(text, columns={"wealth_index": "number"})[1].columns[0].kind == "number"


def test_a_plain_table_has_nothing_odd():
    _, description = load(
        lines("x,city,day,y", X, ["a", "b", "c"] * 10, [f"2020-01-{day:02}" for day in range(1, 31)], X[::-1])
    )
    assert description.findings == []


# --- several files


def several(**files):
    for name, content in files.items():
        with open(f"{name}.csv", "w", encoding="utf-8") as written:
            written.write(content)


def test_what_is_odd_about_one_of_several_files_names_the_file():
    broken = [*X[:3], "#DIV/0!", *X[4:]]
    several(train=lines("a,y", X, range(30)), test=lines("a,y", broken, range(30)))
    description = load(None, file="t*.csv")[1]
    [finding] = [each for each in description.findings if each.kind == "errors"]
    assert (finding.rows, finding.files) == ([4], ["test.csv"])
    assert in_words(finding) == (
        "a: row 4 of test.csv holds '#DIV/0!', which a spreadsheet could not calculate; taken for missing"
    )


def test_rows_of_several_files_are_named_with_their_files():
    far = [[*X[:row], -200, *X[row + 1 :]] for row in (4, 7)]
    several(train=lines("a,y", far[0], range(30)), test=lines("a,y", far[1], range(30)))
    [finding] = [each for each in load(None, file="t*.csv")[1].findings if each.kind == "far"]
    assert "(row 8 of test.csv, row 5 of train.csv), far from all others" in in_words(finding)


def test_what_is_odd_about_several_files_alike_is_said_once():
    head = "A report\nof 2024\n"
    several(**{file: head + lines("a,y", X, range(start, start + 30)) for start, file in enumerate("uvw")})
    [finding] = load(None, file="?.csv")[1].findings
    assert in_words(finding) == (
        "u.csv: 2 lines before the heading left out: 'A report', … (to take them in: skip: 0); the same "
        "in 2 other files"
    )


def test_rows_to_leave_out_are_of_one_file():
    several(u=lines("a,y", X, range(30)), v=lines("a,y", X, range(30)))
    assert refusal(None, file="?.csv", drop_rows=[3]).startswith(f"{KEY}.source.drop_rows: counts the rows of one file")


# --- texts that are called by numbers


def test_classes_in_an_order_may_be_learned_as_numbers():
    content = lines("x,grade", X, ["low", "high", "mid"] * 10)
    told = refusal(content, target="grade", task="regression")
    assert told.endswith("; labels: {grade: {high: 0, low: 1, mid: 2}} beside file: makes them so, in whatever order")
    table, description = load(
        content, target="grade", task="regression", labels={"grade": {"low": 1, "mid": 2, "high": 3}}
    )
    assert (table["target"].tolist()[:3], description.task) == ([1, 3, 2], "regression")


def test_texts_that_are_not_all_called_by_numbers_stay_texts():
    content = lines("x,grade,y", X, ["low", "high", "mid"] * 10, range(30))
    assert load(content, labels={"grade": {"low": 1, "mid": 2}})[1].columns[1].kind == "category"


def test_several_targets_of_texts_are_refused_with_two_ways_out():
    content = lines("x,a,b", X, ["yes", "no", "perhaps"] * 10, ["no", "yes"] * 15)
    told = refusal(content, target=["a", "b"])
    assert told == (
        f"{KEY}.source.target: 'a' is neither numbers nor yes/no, and one of several targets must be; labels: {{a: {{"
        "'no': 0, perhaps: 1, 'yes': 2}} beside file: makes them so, in whatever order; or add a dataset for each, as "
        "with target: a"
    )
    labels = {"a": {"no": 0, "perhaps": 1, "yes": 2}, "b": {"no": 0, "yes": 1}}
    assert load(content, target=["a", "b"], labels=labels)[0]["target_1"].tolist()[:3] == [2, 0, 1]
    assert "several yes/no targets need the same two values" in refusal(content, target=["a", "b"], task="binary")


def test_several_targets_of_0_and_1_are_labels_and_what_makes_them_values_is_said():
    _, description = load(lines("x,a,b", X, [0, 1, 0] * 10, [1, 0] * 15), target=["a", "b"])
    assert task("own", description) == (
        "a and b: 2 yes/no columns (0, 1), so the task is binary (for another: task: regression under datasets.own in "
        "params.yaml)"
    )


def test_where_no_column_is_left_it_is_said_what_to_write():
    assert refusal(lines("x,y", X, range(30)), drop=["x"]) == (
        f"{KEY}.source: no column is left to predict from, beside those under target, drop, weight and split; "
        "features: names those to predict from"
    )


def test_a_table_that_is_not_versioned_is_told_where_an_experiment_runs_in_a_copy(tmp_path, monkeypatch):
    several(own=lines("a,y", X, range(30)))
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    copy = tmp_path / "copy"
    copy.mkdir()
    monkeypatch.chdir(copy)
    assert refusal(None) == (
        f"{KEY}.source.file: own.csv is not versioned, and this experiment runs in a copy of what is; first run: "
        "dvc add own.csv"
    )
