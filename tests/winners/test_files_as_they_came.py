"""The file of the predictions holds the rows as they came: headings, cells, delimiter, quotes and encoding."""

import codecs
import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.basics.cli import UserError
from stages.winners import app
from tests.sources.test_odd_tables import as_excel
from tests.winners.untrained import predictor_of, write_winners


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A project's folder with a winner that predicts from columns a and c, and from one without a heading."""

    def write_tables(place):
        rng = np.random.default_rng(0)
        rows = pd.DataFrame(rng.normal(size=(40, 4)).round(3), columns=["", "a", "c", "y"])
        rows.to_csv(place / "plain.csv", index=False)
        rows["c"] = np.where(rows["c"] > 0, '5" wide', "narrow")
        rows.to_csv(place / "inches.csv", index=False, quoting=csv.QUOTE_NONE, quotechar=None)
        rows["y"] = np.where(rows["y"] > 0, "größer", "małe")
        rows.to_csv(place / "classes.csv", index=False)

    sources = {name: {"file": f"data/external/{name}.csv", "target": "y"} for name in ("plain", "inches", "classes")}
    sources["inches"]["quoting"] = "none"
    losses = {"plain": "mse", "inches": "mse", "classes": "binary_crossentropy"}
    params = {
        "loss": "all",
        "datasets": {name: {"source": source} for name, source in sources.items()},
        "comparisons": {name: {"hidden": [], "epochs": 1, "losses": [loss]} for name, loss in losses.items()},
        "train": {"seeds": 2, "optimizer": {"name": "SGD", "learning_rate": 0.1}},
        "report": {"headline": {"plain": "rmse", "inches": "rmse", "classes": "accuracy"}},
    }
    return write_winners(tmp_path_factory.mktemp("project"), params, write_tables)


def predict(folder, place, content, *, name="plain", n_rows=1, file="new.csv"):
    """The bytes of the file of the predictions for a file of new rows."""
    (place / file).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    predictor = predictor_of(folder, name, np.linspace(0.1, 0.9, 10 * n_rows).reshape(10, n_rows, 1))
    app.predict_file(predictor, place / file, place / "out.csv")
    return (place / "out.csv").read_bytes()


HEADINGS = [
    ",a,c",
    ",a,c,",
    ",a,c,,",
    "Unnamed: 0,a,c",
    ",a,c,note,note",
    ',a,c,"x,y"',
    ',a,c,"the ""best"""',
    ",a,c, size ,  ",
    ",a , c",
    ",a,c,2020,1e3,007,NA,nan,True",
    ",a,c,prediction,spread",
    ",a,c,Größe,度",
    ',a,c,"two\nlines"',
    ",c,a",
    "note,,a,c",
]


@pytest.mark.parametrize("heading", HEADINGS)
def test_headings_and_cells_come_out_as_they_came(folder, tmp_path, heading):
    [names] = csv.reader(io.StringIO(heading))
    rows = [["0.5", "1.50", "+2", " x ", "NA", '"', "", "007", "1,5"][: len(names)], ["1"] * len(names)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    out = predict(folder, tmp_path, f"{heading}\n{text.getvalue()}", n_rows=2).decode("utf-8")
    [came, *cells] = [line[: len(names)] for line in csv.reader(io.StringIO(out, newline=""))]
    assert came == names
    assert cells == rows
    ours = {"prediction", "spread"} if "prediction" not in heading else {"prediction (2)", "spread (2)"}
    assert set(next(csv.reader(io.StringIO(out, newline="")))[len(names) :]) == ours


def test_a_column_without_a_heading_is_the_one_of_training(folder, tmp_path, capsys):
    predict(folder, tmp_path, ",a,c\n0.1,0.2,0.3\n")
    assert "not among the columns" not in capsys.readouterr().out


# a section sign stands for the delimiter; other delimiters would be found out to be that of the file
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff,;|")
TEXTS = st.text(LETTERS | st.sampled_from("§\n\"' "), max_size=6)


@given(
    extra=st.lists(TEXTS.filter(lambda name: name.strip() not in ("a", "c")), max_size=4),
    cells=st.lists(TEXTS, min_size=8, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    bom=st.booleans(),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_table_holds_comes_out_as_it_came(folder, tmp_path, *, extra, cells, delimiter, quoting, bom):
    extra, cells = ([text.replace("§", delimiter) for text in texts] for texts in (extra, cells))
    names = ["", "a", "c", *extra]
    lines = [["0.5", "1.5", "0.5", *cells[: len(extra)]], ["0.25", "-1", "0", *cells[4 : 4 + len(extra)]]]
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerows([names, *lines])
    came = codecs.BOM_UTF8 * bom + text.getvalue().encode("utf-8")
    went = predict(folder, tmp_path, came, n_rows=2)
    assert went.startswith(codecs.BOM_UTF8) == bom
    read = list(csv.reader(io.StringIO(went.decode("utf-8-sig"), newline=""), delimiter=delimiter))
    assert [line[: len(names)] for line in read] == [names, *lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_an_encoding_comes_out_as_it_came(folder, tmp_path, encoding):
    rows = ",a,c,Straße\n0.5,1.5,2.5,Zürich\n"
    out = predict(folder, tmp_path, rows.encode(encoding))
    assert out.decode(encoding).replace("\r", "").startswith(",a,c,Straße,prediction,spread\n0.5,1.5,2.5,Zürich,")
    assert not out.decode(encoding).startswith("\ufeff")


def test_an_encoding_that_cannot_hold_the_classes_gives_way(folder, tmp_path):
    out = predict(folder, tmp_path, ",a,c,Straße\n0.5,1.5,narrow,Zürich\n".encode("cp1252"), name="classes")
    assert next(csv.reader(io.StringIO(out.decode("utf-8-sig"))))[-2:] == ["p_größer", "p_małe"]


def test_quotes_that_are_letters_stay_so(folder, tmp_path):
    out = predict(folder, tmp_path, ',a,c,note\n0.5,1.5,5" wide,"x\n', name="inches").decode("utf-8")
    assert out.splitlines()[1].startswith('0.5,1.5,5" wide,"x,')


def test_quotes_behind_blanks_are_quotes(folder, tmp_path):
    out = predict(folder, tmp_path, ', a, c, note\n0.5, 1.5, 2.5, "x, y"\n').decode("utf-8")
    assert list(csv.reader(io.StringIO(out)))[1][:4] == ["0.5", "1.5", "2.5", "x, y"]


@pytest.mark.parametrize("file", ["new.xlsx", "new.parquet", "new.jsonl"])
def test_other_kinds_of_files_keep_their_headings(folder, tmp_path, file):
    rows, content = pd.DataFrame([[0.5, 1.5, 2.5, "x,y", 7]], columns=["2020", "a", "c", "n,o", "007"]), io.BytesIO()
    match file:
        case "new.xlsx":
            as_excel(content, ("new", [list(rows), *rows.to_numpy().tolist()]))
        case "new.parquet":
            rows.to_parquet(content)
        case _:
            content.write(rows.to_json(orient="records", lines=True).encode())
    out = predict(folder, tmp_path, content.getvalue(), file=file).decode("utf-8")
    assert [line[:5] for line in csv.reader(io.StringIO(out))] == [list(rows), ["0.5", "1.5", "2.5", "x,y", "7"]]


def test_a_column_that_is_needed_stands_once(folder, tmp_path):
    with pytest.raises(UserError, match=r"new\.csv: column 'a' stands twice; rename one"):
        predict(folder, tmp_path, ",a,c,a\n0.5,1.5,2.5,1\n")


def test_a_target_that_stands_twice_is_not_scored(folder, tmp_path, capsys):
    predict(folder, tmp_path, ",a,c,y,y\n0.5,1.5,2.5,1,2\n")
    assert "predict: y stands twice, so the predictions are not scored\n" in capsys.readouterr().out


def test_it_is_said_that_a_file_is_replaced(folder, tmp_path, capsys):
    predict(folder, tmp_path, ",a,c\n0.5,1.5,2.5\n")
    assert "replaces" not in capsys.readouterr().out
    predict(folder, tmp_path, ",a,c\n0.5,1.5,2.5\n")
    said = f"predict: 1 row in {tmp_path / 'out.csv'} (it replaces the file that was there):\n"
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("results", "results is a folder; name a file in it, as "),
        ("out.xlsx", "out.xlsx: predictions are written as CSV; name a file that ends in .csv"),
        ("new.csv", "new.csv is the file of the rows; give the predictions another place"),
    ],
)
def test_predictions_take_the_place_of_nothing_else(folder, tmp_path, out, message):
    (tmp_path / "new.csv").write_text(",a,c\n0.5,1.5,2.5\n", encoding="utf-8")
    (tmp_path / "results").mkdir()
    (tmp_path / "results/kept.txt").touch()
    with pytest.raises(UserError) as error:
        app.predict_file(predictor_of(folder, "plain", np.zeros((10, 1, 1))), tmp_path / "new.csv", tmp_path / out)
    assert message in str(error.value)
    assert (tmp_path / "results/kept.txt").exists()
