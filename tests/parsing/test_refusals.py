"""What a library refuses of a user's file is told in a line; a mistake of ours keeps its traceback."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.params.source import Table
from stages.parsing import file_kinds, reading
from stages.parsing.delimited import odd_rows, table
from stages.parsing.kinds import excel, json_rows
from tests.sources.test_odd_tables import as_excel

ROWS = [{"x": 0.5 * row, "city": "Bonn" if row % 3 else "Kiel", "y": row} for row in range(12)]
TABLE = pd.DataFrame(ROWS)
FILES = {
    "own.csv": lambda path: TABLE.to_csv(path, index=False),
    "own.csv.gz": lambda path: path.write_bytes(gzip.compress(TABLE.to_csv(index=False).encode())),
    "own.json": lambda path: path.write_text(json.dumps(ROWS), encoding="utf-8"),
    "own.xlsx": lambda path: as_excel(path, ("2024", [list(TABLE), *TABLE.to_numpy().tolist()])),
    "own.parquet": TABLE.to_parquet,
}
# by what it is in, a function of ours that reads such a file, and where it stands
OURS = {
    "own.csv": [(odd_rows, "find"), (reading, "sniff"), (table, "_check_quotes")],
    "own.csv.gz": [(odd_rows, "find"), (reading, "_preamble")],
    "own.json": [(odd_rows, "find"), (json_rows, "as_csv")],
    "own.xlsx": [(odd_rows, "find"), (excel, "as_csv")],
    "own.parquet": [(reading, "check_unique"), (reading, "_parsed")],
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(file, **source):
    return reading.read(Table(file=file, target="y", **source), "params.yaml: datasets.own.source")


def refusal(content, file="own.csv", **source):
    Path(file).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    with pytest.raises(UserError) as raised:
        read(file, **source)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def planted(mistake):
    def fails(*_arguments, **_settings):
        raise mistake

    return fails


@pytest.mark.parametrize(
    "mistake",
    [
        KeyError("columns"),
        ValueError("planted"),
        TypeError("planted"),
        AttributeError("planted"),
        OSError("planted"),
        FileNotFoundError(2, "planted"),
        UnicodeDecodeError("utf-8", b"", 0, 1, "planted"),
    ],
    ids=lambda mistake: type(mistake).__name__,
)
@pytest.mark.parametrize(("file", "module", "name"), [(file, *where) for file, each in OURS.items() for where in each])
def test_a_mistake_of_ours_is_no_refusal_of_a_file(file, module, name, mistake, monkeypatch):
    FILES[file](Path(file))
    assert len(read(file).table) == 12
    monkeypatch.setattr(module, name, planted(mistake))
    with pytest.raises(type(mistake)) as raised:
        read(file)
    assert raised.value is mistake


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('[{"x": 1, "y": 2}, 3]', "JSON: it holds something else beside objects"),
        ('{"x": 1, "y": 2}\n3\n', "JSON: it holds something else beside objects"),
        ('[{"x": 1, "y": 2}, "z"]', "JSON: "),
        (b'[{"x": "\xff", "y": 2}]', "JSON: "),
        ('{"x": 1\n', "JSON: "),
    ],
)
def test_json_that_is_no_list_of_objects_is_told(content, reason):
    assert refusal(content, "own.json").startswith(f"own.json cannot be read as {reason}")


@pytest.mark.parametrize("member", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/s1.xml"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "no XML"])
def test_a_workbook_that_is_damaged_inside_is_told(member, damage):
    as_excel("whole.xlsx", ("2024", [list(TABLE), *TABLE.to_numpy().tolist()]))
    content = io.BytesIO()
    with zipfile.ZipFile("whole.xlsx") as whole, zipfile.ZipFile(content, "w") as damaged:
        for name in whole.namelist():
            text = whole.read(name)
            if name == member:
                text = {"empty": b"", "cut": text[: len(text) // 2], "no XML": b"<<<>"}.get(damage, text)
            if name != member or damage != "missing":
                damaged.writestr(name, text)
    assert refusal(content.getvalue(), "own.xlsx").startswith("own.xlsx ")


def test_a_zip_whose_list_of_files_is_damaged_is_read_or_told():
    as_excel("whole.xlsx", ("2024", [list(TABLE), *TABLE.to_numpy().tolist()]))
    whole, told = bytearray(Path("whole.xlsx").read_bytes()), []
    for at in range(len(whole) - 400, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 0xFF
        Path("own.xlsx").write_bytes(damaged)
        try:
            assert len(read("own.xlsx").table) == 12
        except UserError as error:
            told.append(str(error))
    assert len(told) > 5
    assert all(line.startswith("own.xlsx ") for line in told)


@pytest.mark.parametrize("encoding", ["punycode", "utf-16", "utf-32", "ascii", "utf-7"])
def test_a_file_in_another_encoding_than_is_said_is_told(encoding):
    content = "größe,y\n1,2\n3,4\n5,7\n".encode("cp1252")
    assert refusal(content, encoding=encoding).startswith(
        (
            f"own.csv is not {encoding} text: byte 0x",
            f"own.csv is not {encoding} text; say what it is with encoding: beside file:",
        )
    )


def test_a_delimiter_of_several_bytes_is_taken():
    Path("own.csv").write_text("sep=¦\nx¦y\n1¦2.5\n3¦4\n", encoding="utf-8")
    assert read("own.csv").table["y"].tolist() == [2.5, 4]
    assert refusal('sep=¦\nx¦y\n"1"2¦2.5\n"3¦4\n').startswith("own.csv cannot be read as CSV: ")


def test_an_index_of_parquet_that_is_called_like_a_column_is_told():
    frame = TABLE.set_index(TABLE["x"])
    frame.to_parquet("own.parquet")
    with pytest.raises(UserError, match=r"^own\.parquet: column 'x' stands twice; rename one$"):
        read("own.parquet")
    TABLE.set_index(TABLE["x"].rename("z")).to_parquet("own.parquet")
    assert list(read("own.parquet").table) == ["z", "x", "city", "y"]


def test_texts_of_parquet_that_are_no_text_are_told():
    TABLE.to_parquet("own.parquet", compression=None)
    content = Path("own.parquet").read_bytes()
    assert refusal(content.replace(b"Bonn", b"B\xffnn"), "own.parquet").startswith(
        "own.parquet cannot be read as Parquet: "
    )


def test_a_column_that_is_said_to_be_dates_may_hold_nothing():
    Path("own.csv").write_text("x,when,y\n1,,2\n2,,3\n3,,5\n", encoding="utf-8")
    from stages.params.schema import Dataset
    from stages.sources import describe

    source = Table(file="own.csv", target="y", columns={"when": "date"})
    assert describe.load("own", Dataset(source=source), {})[1].n_read == 3


def test_a_file_that_does_not_let_itself_be_read_is_told(monkeypatch):
    FILES["own.csv"](Path("own.csv"))
    refused = PermissionError(13, "Permission denied", "own.csv")
    monkeypatch.setattr(file_kinds, "opener", lambda _path: planted(refused))
    with pytest.raises(UserError, match=r"^own\.csv cannot be read as CSV: Permission denied$"):
        read("own.csv")
