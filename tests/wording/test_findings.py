import re

import pytest

from stages.basics.words import yaml_word
from stages.records.findings import Finding
from stages.wording import findings
from stages.wording.findings import in_words

WORDING = [
    (Finding("zeros", "weight", ["0", "0", "0"], [3, 9, 31], 5),
     "weight: 0 in 5 rows (rows 3, 9, 31, …), and else never near 0 (if it stands for nothing: missing: "
     "{weight: [0]})"),
    (Finding("half numbers", "size", ["5 GB", "7 MB"], [1, 2], 2),
     "size: rows 1, 2 hold '5 GB', '7 MB', half number and half text; kept as texts, each different one a category (as "
     "numbers: write them in the file without what else is there; without it: drop: [size])"),
    (Finding("half numbers", "dose", ["12 (estimated)"], [4], 1, 9),
     "dose: row 4 holds '12 (estimated)', half number and half text; kept as texts, each different one a category "
     "(the cells that are numbers, the rest missing: columns: {dose: number}; without it: drop: [dose])"),
    (Finding("perhaps of a form", "born", ["15-Jan"], [1], 1, read_as="%d-%b"),
     "born: row 1 holds '15-Jan', kept as texts (if they are dates: columns: {born: '%d-%b'})"),
    (Finding("short heading", "", ["row_names"]),
     "the heading has one name fewer than the rows have fields; the first field is taken for names of rows, row_names "
     "(if it is none: name it in the file)"),
    (
        Finding("hidden rows", n_rows=14),
        "hidden in the sheet, as by a filter, and read like others: 14 rows (to leave them out, delete them there)",
    ),
    (
        Finding("hidden columns", "", ["a", "b"]),
        "hidden in the sheet and read like others: a, b (to leave them out: drop:)",
    ),
    (Finding("hidden sheets", "", ["old", "2023"]),
     "sheets that are hidden were passed over: old, 2023 (to read one: sheet: '2023')"),
    (Finding("merged", "", ["Bern", "Kiel"], [], 2),
     "2 cells merged over several rows or columns, each of which has the value: Bern, Kiel"),
    (Finding("encoding", "", ["cp1251", "Москва", "cp1253"]),
     "letters are read as cp1251 has them, as in 'Москва' (if they are wrong: encoding: cp1253)"),
    (Finding("written", "rent", ["$1,100"], [1], 5, read_as="1,100"),
     "rent: row 1 holds '$1,100', read as 1,100 (5 rows written so)"),
    (Finding("errors", "temp", ["#DIV/0!"], [14], 1),
     "temp: row 14 holds '#DIV/0!', which a spreadsheet could not calculate; taken for missing"),
    (Finding("short rows", "", [], [5, 10], 2, 30),
     "2 rows of 30 with fewer fields than the heading (rows 5, 10), the others taken for missing (if fields stand in "
     "wrong columns: drop_rows: [5, 10], or mend the file)"),
    (Finding("odd texts", "temp", ["broken"], [14], 1, 30, "numbers"),
     "temp: 29 of 30 are numbers; row 14 holds 'broken', taken for missing"),
    (Finding("odd texts", "temp", ["a", "b", "c"], [1, 2, 30], 4, 50, "dates"),
     "temp: 46 of 50 are dates; rows 1, 2, 30, … hold 'a', 'b', 'c', …, taken for missing"),
    (Finding("mixed", "t", ["x"], [3], 1, 10, "numbers"),
     "t: 9 of 10 are numbers; row 3 holds 'x'; kept as texts (numbers, the rest missing: columns: {t: number})"),
    (Finding("mixed", "d", ["0000-00-00", "soon"], [3, 7], 5, 20, "dates"),
     "d: 15 of 20 are dates; rows 3, 7, … hold '0000-00-00', 'soon', …; kept as texts (as dates, if the others stand "
     "for nothing: missing: {d: ['0000-00-00', soon]})"),
    (Finding("mixed", "day off", [], [], 0, 10, "numbers"),
     "day off: all are numbers, kept as texts (otherwise: columns: {'day off': number})"),
    (Finding("doubtful", "a", ["12,345"], [1], 1, read_as="12,345"),
     "a: row 1 holds '12,345', which may be numbers of two kinds; kept as texts (as numbers, 12,345: "
     "columns: {a: number}; decimal commas: decimal: ',')"),
    (Finding("perhaps grouped", "price", ["6.169", "1.250"], [1, 2], 30, read_as="6.169"),
     "price: row 1 holds '6.169', read as 6.169 (if the dot parts thousands: decimal: ',')"),
    (Finding("perhaps dates", "made on", ["20240125"], [1], 30, read_as="%Y%m%d"),
     "made on: row 1 holds '20240125', taken for a number (if it is a date: columns: {'made on': '%Y%m%d'})"),
    (
        Finding("infinite", "x", ["inf", "-inf"], [2, 4], 2),
        "x: rows 2, 4 hold 'inf', '-inf', beyond what networks calculate with; taken for missing",
    ),
    (Finding("far", "CO", ["-200", "-200"], [5, 18], 2),
     "CO: -200 in 2 rows (rows 5, 18), far from all others (if it stands for nothing: missing: {CO: [-200]})"),
    (Finding("copies", "", [], [61, 62, 63], 240, 300),
     "240 rows of 300 are copies of those before (rows 61, 62, 63, …); copies stay on one side of every split (to "
     "divide them like other rows: split: {copies: apart} beside source:)"),
    (Finding("copies apart", "", [], [143], 1, 150),
     "1 row of 150 is a copy of one before (row 143); split: {copies: apart} divides them like other rows"),
    (Finding("groups", "patient", [], [], 6, 60),
     "patient: rows of one value are alike in the target (60 values, about 6 rows each); where new rows have other "
     "values, scores are too good (to keep rows of one value on one side: split: {method: group, column: patient} "
     "beside source:)"),
    (Finding("falls", "day", ["2024-01-05", "2024-03-02"], [1], 3, files=["part-10.csv"]),
     "day falls at row 1 of part-10.csv, from 2024-03-02 to 2024-01-05 (3 falls in all); with split: {method: first} "
     "the last rows test, so sort the rows by it, or name the files so, if it is the time"),
    (Finding("newest first", "day", ["2024-01-05", "2024-01-06"], [2], 30),
     "day falls from row to row, newest first; with split: {method: first} the last rows test, so turn their order "
     "round"),
    (Finding("weightless", "people", [], [1, 4, 5], 9),
     "people: 0 in 9 rows (rows 1, 4, 5, …), left out, since what weighs 0 counts for nothing"),
    (Finding("tells", "price_usd"),
     "price_usd tells the target all but exactly (is it known when you predict? if not: drop: [price_usd])"),
    (Finding("identifier", "wealth_index"),
     "wealth_index: left out, only tells rows apart (to keep it: columns: {wealth_index: number})"),
    (Finding("kept", "id"),
     "id: has an identifier's name, kept since it goes with the target (if it is one: drop: [id])"),
    (Finding("alike", "ok", ["no", "No"], [2, 4], 7, 1, "no"),
     "ok: 'no' and 'No' look alike and are kept apart (to make them one: labels: {ok: {'No': 'no'}})"),
    (Finding("century", "born", ["07/04/55"], [1], 1, read_as="1955-07-04"),
     "born: '07/04/55' is taken for the date 1955-07-04 (if it is none: columns: {born: category}; in another order: "
     "columns: {born: '%d/%m/%y'})"),
    (Finding("day or month", "day", ["01/02/2024"], [1], 1, read_as="2024-01-02"),
     "day: '01/02/2024' is taken for 2024-01-02 (with the day first: columns: {day: '%d/%m/%Y'})"),
    (Finding("preamble", examples=["Report"], n_rows=2),
     "2 lines before the heading left out: 'Report', … (to take them in: skip: 0)"),
    (Finding("heading again", examples=["x, y"], rows=[5, 9], n_rows=2), "rows 5, 9: the heading again, left out"),
    (Finding("line", examples=["---, ---"], rows=[1], n_rows=1), "row 1 is a line below the heading, left out"),
    (Finding("units", examples=["kg, cm"], rows=[1], n_rows=1), "row 1 holds units (kg, cm), left out"),
    (Finding("total", examples=["Total"], rows=[31], n_rows=1),
     "row 31 holds the sums or means of the others ('Total'), left out"),
    (Finding("perhaps total", examples=["Total"], rows=[31], n_rows=1),
     "row 31 is called 'Total' (if it is none of the rows to learn from: drop_rows: [31])"),
    (Finding("no heading", examples=["0.5", "1.5"]),
     "names of columns are numbers (0.5, 1.5; if they are a row: header: none)"),
    (Finding("two orders", "day", ["19/11/2020", "11/23/2020"], [1, 4], 2),
     "day: rows 1, 4 hold '19/11/2020', '11/23/2020', dates with the day first and with the month first; kept as texts "
     "(write them in one order in the file; without it: drop: [day])"),
    (Finding("perhaps missing", "region", ["NA", "NA"], [2, 5], 2),
     "region: 'NA' in 2 rows (rows 2, 5) is kept as a text (if it stands for nothing: missing: {region: [NA]})"),
    (Finding("dashes", "paid", ["-"], [7], 1),
     "paid: '-' in 1 row (row 7) is taken for missing (if it stands for 0: labels: {paid: {'-': 0}})"),
    (Finding("second table", examples=["c, d, e"], rows=[42], n_rows=9),
     "another table begins at row 42 (c, d, e); it is left out, with what follows (to read it, write it to a file of "
     "its own)"),
    (Finding("zeros unseen", examples=["00000"]),
     "numbers that Excel shows with zeros in front, by the format 00000, are read without them (to keep them, save the "
     "file as .xlsx)"),
    (Finding("encoded twice", "city", ["GenÃ¨ve"], [4], 12, read_as="Genève"),
     "city: row 4 holds 'GenÃ¨ve', which is Genève encoded twice (12 rows like it; if it stands there rightly too, "
     "that is another category: mend the program that wrote the file)"),
    (Finding("sheets", examples=["2023", "2024"]),
     "the first of 2 sheets is read: 2023, 2024 (for another: sheet: '2024')"),
]  # fmt: skip


@pytest.mark.parametrize(("finding", "sentence"), WORDING, ids=[each.kind for each, _ in WORDING])
def test_what_is_odd_is_told_in_these_words(finding, sentence):
    assert in_words(finding) == sentence


def test_every_kind_of_finding_has_its_words():
    assert {finding.kind for finding, _ in WORDING} == set(findings._SENTENCES)


def test_columns_in_which_copies_differ_are_named():
    assert in_words(Finding("copies", "", ["no", "loaded at"], [7], 1, 30)).startswith(
        "1 row of 30 is a copy of one before but for no and loaded at (row 7); copies stay"
    )
    assert in_words(Finding("short rows", "", [], [1], 1, 9, files=["b.csv"])).endswith(
        "(row 1 of b.csv), the others taken for missing (if fields stand in wrong columns: remove them, or mend the "
        "file)"
    )


@pytest.mark.parametrize("finding", [finding for finding, _ in WORDING], ids=[each.kind for each, _ in WORDING])
def test_no_cell_is_quoted_where_cells_are_not_to_be_shown(finding):
    told = in_words(finding, cells=False)
    assert finding.column in told
    # names of sheets and of encodings are no cells
    held = finding.examples[1:2] if finding.kind == "encoding" else [] if "sheets" in finding.kind else finding.examples
    of_ours = ("mixed", "odd texts", "perhaps of a form", "perhaps dates")
    read_as = [] if finding.kind in of_ours else [finding.read_as]  # what most are, and forms
    assert [
        cell for cell in [*held, *filter(None, read_as)] if re.search(rf"(?<!\w){re.escape(cell)}(?!\w)", told)
    ] == []
    assert not re.search(r"[{}]{2}", told)


@pytest.mark.parametrize(
    ("finding", "told"),
    [
        (
            Finding("odd texts", "temp", ["broken"], [14], 1, 30, "numbers"),
            "temp: 29 of 30 are numbers; the others are taken for missing",
        ),
        (
            Finding("far", "CO", ["-200", "-200"], [5, 18], 2),
            "CO: one value in 2 rows (rows 5, 18), far from all others (if it stands for nothing: missing: {CO: [it]})",
        ),
        (
            Finding("day or month", "day", ["01/02/2024"], [1], 1, read_as="2024-01-02"),
            "day: taken for dates, whose day and month may change places (with the day first: "
            "columns: {day: '%d/%m/%Y'})",
        ),
        (
            Finding("total", examples=["Total"], rows=[31], n_rows=1),
            "row 31 holds the sums or means of the others, left out",
        ),
    ],
)
def test_how_many_there_are_is_told_instead_of_what_they_hold(finding, told):
    assert in_words(finding, cells=False) == told


def test_a_long_value_is_cut_and_quotes_in_it_are_kept_apart():
    told = in_words(Finding("odd texts", "a'b", ["x" * 99], [1], 1, 30))
    assert len(told) < 120
    assert yaml_word("a'b") == "'a''b'"
