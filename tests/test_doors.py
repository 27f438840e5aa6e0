"""A table in which every name and every cell tries to be more than a text, from its file to reports and MLflow."""

import base64
import re
import shutil
import zipfile
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from mlflow import MlflowClient

from stages import generate, report, scale, track, train, winner
from stages.basics.cli import UserError
from stages.records import winners
from stages.winners.predictor import Predictor
from tests import planted
from tests.pages import Seen, as_on_github, seen
from tests.projects import run_all

pytestmark = pytest.mark.thorough

SECRET = "what another file holds"
FILE = "data/external/a $x$ [b](c) `d` <i>.csv"
TARGET = "ill | **bold** <b>?"
CLASSES = ["<img src=x onerror=alert(1)>", "![no](../data/secret.txt)"]
NUMBER, ALWAYS, CITY = "_width_ {{ 7 * 7 }} http://x.org", "<script>alert(1)</script>", "~~city~~\n`of` birth\u202e"
CELL = "![x](../data/secret.txt)"
ODD = "](javascript:alert(1))<!--"  # in a column of numbers
CELLS = (CELL, ODD, "Zürich", "Bern <hr>", "Genf")
FIRST_SCREEN = ("strong", "ul", "li", "table", "thead", "tbody", "tr", "th", "td")
SHOWN = (FILE, TARGET, *CLASSES, NUMBER, ALWAYS, CITY)
PARAMS = {
    "loss": "all",
    "datasets": {"evil": {"source": {"file": "data/external/*.csv", "target": TARGET}}},
    "comparisons": {
        "evil": {
            "hidden": [4],
            "epochs": 2,
            "losses": [
                "binary_crossentropy",
                {"loss": "binary_crossentropy", "as": "_weighted_", "class_weight": dict.fromkeys(CLASSES, 2.0)},
            ],
        }
    },
    "train": {"seeds": 5, "optimizer": {"name": "SGD", "learning_rate": 0.01}},
    "report": {"headline": {"evil": "accuracy"}},
    "track": {"model": True},
}


def write_table(folder):
    rng, n = np.random.default_rng(0), 120
    numbers = rng.normal(size=n).round(3)
    table = pd.DataFrame({NUMBER: numbers.astype(str), ALWAYS: CELL, CITY: rng.choice(CELLS[2:], n)})
    table.loc[7, NUMBER] = ODD
    table[TARGET] = np.where(numbers + rng.normal(size=n) < 1.2, CLASSES[0], CLASSES[1])
    table.to_csv(folder / Path(FILE).name, index=False)
    (folder.parent / "secret.txt").write_text(SECRET)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project's folder in which every stage but the tracking has run."""
    folder = tmp_path_factory.mktemp("project")
    return run_all(folder, PARAMS, {}, write_table, generate, scale, train, report, winner)


@pytest.fixture
def inside(project, tmp_path, monkeypatch):
    """A copy of the project, which the test runs in."""
    folder = shutil.copytree(project, tmp_path / "copy")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_ROOT", str(folder))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
    return folder


@pytest.fixture
def client(inside):
    return MlflowClient(f"sqlite:///{inside / 'mlflow.db'}")


def notes(client):
    """Every text that MLflow shows as Markdown."""
    [experiment] = [each for each in client.search_experiments() if each.name == "losslab/evil"]
    runs = client.search_runs([experiment.experiment_id])
    versions = client.search_model_versions("name = 'losslab-evil'")
    told = [each.tags["mlflow.note.content"] for each in (experiment, *(run.data for run in runs))]
    return [*told, *(version.description for version in versions)]


def test_the_reports_say_every_text_and_hold_no_element_link_or_image_but_their_own(project):
    html = (project / "reports/report.html").read_text(encoding="utf-8")
    page, on_github = Seen(html), Seen(as_on_github((project / "reports/report.md").read_text(encoding="utf-8")))
    for shown in (page, on_github):
        assert [each for each in SHOWN if seen(each) not in shown.said] == []
        assert f"left out: always '{CELL}'" in shown.said
        assert f"row 8 holds '{ODD}', taken for missing" in shown.said
        assert f"_weighted_ = binary_crossentropy, weighted by class ({CLASSES[0]} 2, " in shown.said
        assert set(shown.elements).isdisjoint({"script", "b", "i", "hr", "del", "s"})
    figures = {path.name for path in (project / "reports/figures").iterdir()}
    assert all(each.startswith("#") or each.removeprefix("figures/") in figures for each in on_github.addresses)
    assert all(each.startswith(("#", "data:image/svg+xml,")) for each in page.addresses)
    images = [unquote(each.partition(",")[2]) for each in page.addresses if each.startswith("data:")]
    assert len(images) == len(figures)
    for image in images:
        elements = {each.tag.rpartition("}")[2] for each in ElementTree.fromstring(image).iter()}
        assert elements.isdisjoint({"script", "foreignObject", "a"})
    assert SECRET not in unquote(html)
    assert base64.b64encode(SECRET.encode()).decode() not in html


def test_mlflow_shows_texts_and_links_to_its_own_pages(client):
    track.main()
    for note in notes(client):
        shown = Seen(as_on_github(note))
        assert set(shown.elements) <= {"p", "a", *FIRST_SCREEN}
        assert all(address.startswith("#/experiments/") for address in shown.addresses)
    [verdict, *_] = notes(client)
    assert re.search(r"_weighted_ 0\.\d+ ", Seen(as_on_github(verdict)).said)


def test_what_a_winner_notes_of_new_rows_acts_on_no_terminal_that_it_is_logged_to(project):
    rows = pd.DataFrame({NUMBER: ["0.5", "1"], CITY: ["Genf", "\x1b[2J"]})
    [note] = Predictor(project / "data/winners/evil.pyz").predict(rows).notes
    assert note == r"~~city~~\n`of` birth\u202e: '\x1b[2J' (row 2), never in training"


def test_without_cells_none_is_in_a_report_or_in_an_example_of_mlflow(inside, client):
    params = yaml.safe_load((inside / "params.yaml").read_text())
    params |= {"report": params["report"] | {"cells": False}, "track": {"experiment": "private", "model": True}}
    (inside / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    for stage in (report, winner, track):
        stage.main()
    for file in (path for path in (inside / "reports").rglob("*") if path.suffix in (".md", ".html", ".csv", ".json")):
        text = file.read_text(encoding="utf-8")
        assert [cell for cell in (CELL, ODD, "javascript", "Zürich", "Genf") if cell in text] == []
    page = Seen((inside / "reports/report.html").read_text(encoding="utf-8"))
    assert "left out: always the same text" in page.said
    assert f"{seen(NUMBER)}: 119 of 120 are numbers; the others are taken for missing" in page.said
    assert [each for each in CLASSES if each not in page.said] == []
    assert winners.read("evil").example == {}
    version = client.get_model_version_by_alias("private-evil", "winner")
    assert mlflow.models.get_model_info(f"models:/{version.name}/{version.version}").saved_input_example_info is None
    loaded = mlflow.pyfunc.load_model(f"models:/{version.name}/{version.version}")
    assert loaded.input_example is None
    rows = pd.DataFrame({NUMBER: ["0.5"], CITY: ["Genf"]})
    assert set(loaded.predict(rows)["prediction"]) <= set(CLASSES)
    [experiment] = [each for each in client.search_experiments() if each.name == "private/evil"]
    logged = client.search_logged_models([experiment.experiment_id])
    assert len(logged) == 3  # of each loss the first seed's, and the winner
    for model in logged:
        assert mlflow.models.get_model_info(model.model_uri).saved_input_example_info is None


def files_and_their_readers(root):
    """What stages wrote for other stages, and the first of these that depends on it."""
    depends = yaml.safe_load((root / "dvc.yaml").read_text())["stages"]
    for file in sorted(path for path in Path("data").rglob("*") if path.is_file()):
        for stage in (scale, train, report, winner, track):
            deps = depends[stage.__name__.removeprefix("stages.")]["deps"]
            if any(file.is_relative_to(each) for each in deps if each.startswith("data/")):
                yield file, stage
                break


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("write", planted.WAYS)
def test_no_file_in_data_runs_what_is_planted_in_it(root, tmp_path, write):
    tried = list(files_and_their_readers(root))
    assert {file.parts[1] for file, _ in tried} == {
        *("published.yaml", "raw", "scaled", "plans", "pipelines", "references", "runs", "winners")
    }
    content = write(tmp_path / "done")
    for file, stage in tried:
        before = file.read_bytes()
        file.write_bytes(content)
        with pytest.raises(UserError, match=str(file)):
            stage.main()
        assert not (tmp_path / "done").exists(), file
        file.write_bytes(before)


@pytest.mark.parametrize("write", planted.WAYS)
@pytest.mark.parametrize("member", [winners.FACTS, "encoder.json", "networks.npz"])
def test_nothing_in_the_file_of_a_winner_runs_but_its_code(project, tmp_path, member, write):
    content = write(tmp_path / "done")
    with zipfile.ZipFile(project / "data/winners/evil.pyz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert {name for name in members if not name.endswith(".py")} == {
        *(winners.FACTS, "encoder.json", "networks.npz", "requirements.txt")
    }
    with zipfile.ZipFile(tmp_path / "evil.pyz", "w") as archive:
        for name, before in members.items():
            archive.writestr(name, content if name == member else before)
    with pytest.raises((ValueError, KeyError)):  # NumPy's and pydantic's refusals are these
        Predictor(tmp_path / "evil.pyz").predict(pd.DataFrame({NUMBER: ["0.5"], CITY: ["Genf"]}))
    assert not (tmp_path / "done").exists()
