"""Comparing from a notebook: the answer of the pipeline for the same table, and nothing left in the user's folder."""

import code
import gc
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import yaml
from matplotlib.figure import Figure

from stages import generate, report, scale, train, winner
from stages.commands import add_table
from stages.interactive.keywords import FRAME, KEYWORDS, in_keywords, is_summary, values
from stages.interactive.project import Project
from stages.interactive.reading import with_offered_losses
from stages.notebook import CompareError, compare
from stages.records import winners
from stages.winners.predictor import Predictor
from tests import documents
from tests.projects import DEFAULTS, ROOT, run_all

SMALL = {
    "losses": ["mse", "mae"],
    "seeds": 4,
    "epochs": 3,
    "hidden": [4],
    "optimizer": {"name": "SGD", "learning_rate": [0.01, 0.1]},
}


def houses(n_rows=80):
    rng = np.random.default_rng(0)
    area = rng.normal(100, 20, n_rows)
    town = rng.choice(["Ærø", "Zürich"], n_rows)
    price = 5 * area + 100 * (town == "Zürich") + rng.normal(size=n_rows)
    return pd.DataFrame({"area": area, "town": town, "price": price})


def values_of(**keywords):
    return values("houses", "price", keywords.pop("losses"), keywords)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The user's folder, which is no project."""
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        patch.delenv("LOSSLAB_STORE", raising=False)
        yield folder


@pytest.fixture(scope="module")
def answer(folder):
    """What a cell's code gives, run as an interactive interpreter runs it."""
    assert Path.cwd() == folder
    interpreter = code.InteractiveInterpreter({"frame": houses(), "small": SMALL})
    for line in (
        "from stages.notebook import compare",
        "answer = compare(frame, 'price', name='houses', **small)",
    ):
        assert not interpreter.runsource(line)
    return interpreter.locals["answer"]


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory):
    """The folder of a project in which the pipeline ran on the same table, in a file."""
    params = values_of(**SMALL)
    params["datasets"]["houses"]["source"]["file"] = "data/external/houses.csv"

    def write(external):
        houses().to_csv(external / "houses.csv", index=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOSSLAB_STORE", "")
        return run_all(tmp_path_factory.mktemp("project"), params, {}, write, generate, scale, train, report, winner)


@pytest.mark.thorough
def test_the_answer_is_that_of_the_pipeline_for_the_same_table(answer, pipelines):
    metrics = yaml.safe_load((pipelines / "reports/metrics.json").read_text())["houses"]
    assert answer.facts == metrics
    assert answer.loss == metrics["use"]
    pairs = pd.read_csv(pipelines / "reports/pairs.csv").set_index(["loss", "against"])
    for loss, row in answer.table.drop(index=answer.loss).iterrows():
        for column in ("difference", "low", "high", "p", "margin", "verdict"):
            assert row[column] == pairs.loc[(loss, answer.loss), column]
        assert row["rmse"] == metrics["test_rmse"][loss]
        assert row["networks"] == 4
    assert answer.table.index[0] == answer.loss
    assert answer.table.loc[answer.loss, "verdict"] == "recommended"


class Terminal(io.StringIO):
    """A stream that is one."""

    def isatty(self) -> bool:
        return True


@pytest.mark.thorough
def test_its_first_screen_and_its_figures_are_those_of_the_report(answer, pipelines, monkeypatch):
    of_report = (pipelines / "reports/report.md").read_text(encoding="utf-8")
    screen = of_report.split("\n## ")[1].splitlines()
    shown = answer._repr_markdown_().removeprefix("## ").strip().splitlines()
    assert repr(answer) == answer._repr_markdown_()
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "80")
    in_terminal = repr(answer)
    assert in_terminal.split() == answer._repr_markdown_().split()
    assert max(len(line) for line in in_terminal.split("\n") if not line.startswith("|")) <= 80
    monkeypatch.undo()
    theirs = [line for line in screen if line and not line.startswith(("![", "- **Predict")) and "](#" not in line]
    ours = [line for line in shown if line and not line.startswith("- **Predict") and "losses ×" not in line]
    assert ours == theirs
    assert any(line.startswith("- **Predict:** `answer.predict(frame)`") for line in shown)
    drawn = {path.name for path in (pipelines / "reports/figures").glob("houses-*.svg")}
    assert drawn <= {f"houses-{name}.svg" for name in answer.figures}
    assert len(drawn) > 5
    for name in drawn:
        text = (pipelines / "reports/figures" / name).read_text(encoding="utf-8")
        assert answer.figures.svg(name.removeprefix("houses-").removesuffix(".svg")) == text
    page = answer._repr_html_()
    assert 'src="data:image/svg+xml,' in page
    assert "<table>" in page
    assert "<html" not in page
    assert answer.verdict in " ".join(re.sub("<[^>]+>", "", page).split())


@pytest.mark.thorough
def test_figures_are_objects_of_matplotlib_that_a_notebook_shows(answer, tmp_path):
    figure = answer.figures["losses"]
    assert isinstance(figure, Figure)
    assert figure._repr_svg_().count("mae") >= 1
    figure.axes[0].set_title("mine")
    figure.savefig(tmp_path / "mine.png")
    assert "mine" not in answer.figures["losses"]._repr_svg_()
    with pytest.raises(KeyError):
        answer.figures["nothing"]


@pytest.mark.thorough
def test_it_predicts_as_the_winner_of_the_pipeline_does(answer, pipelines):
    rows = houses(5).drop(columns="price").set_axis([7, 3, 5, 1, 2])
    predicted = answer.predict(rows)
    expected = Predictor(pipelines / winners.path_of("houses")).predict(rows).table
    pd.testing.assert_frame_equal(predicted, expected, check_exact=True)
    assert predicted.index.tolist() == [7, 3, 5, 1, 2]
    with pytest.raises(CompareError, match=r"^none of the columns is there that it predicts from: area, town$"):
        answer.predict(pd.DataFrame({"size": [1.0]}))
    with pytest.raises(CompareError, match="a pandas DataFrame is needed"):
        answer.predict([1, 2])


@pytest.mark.thorough
def test_nothing_is_written_into_the_users_folder_but_the_store(answer, folder):
    assert answer.loss
    assert [path.name for path in folder.iterdir()] == [".losslab"]
    assert [path.name for path in (folder / ".losslab").iterdir()] == ["store"]


@pytest.mark.thorough
def test_what_is_in_the_store_is_not_trained_again_and_the_folder_of_work_goes_with_the_answer(answer, capsys):
    again = compare(houses(), "price", **SMALL)
    assert "2 units: 2 from the store, 0 trained" in again.lines
    assert again.lines[:1] == ["80 rows of the frame; price: 80 different numbers, so the task is regression"]
    assert capsys.readouterr().out.splitlines() == again.lines
    assert again.facts == answer.facts
    work = again._project.folder
    assert work.is_dir()
    del again
    gc.collect()
    assert not work.exists()


@pytest.mark.endurance
def test_a_loss_a_score_and_a_network_of_ones_own_are_those_of_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("LOSSLAB_STORE", "")
    (tmp_path / "stages/custom").mkdir(parents=True)
    (tmp_path / "stages/custom/mine.py").write_text(
        "import keras\n\n\ndef off(y_true, y_pred):\n    return keras.ops.mean(abs(y_true - y_pred), axis=-1)\n\n\n"
        "def cost(y_true, y_pred):\n    return abs(y_true - y_pred)\n\n\n"
        "def build(n_inputs, n_outputs, activation):\n"
        "    layers = [keras.Input((n_inputs,)), keras.layers.Dense(n_outputs, activation=activation)]\n"
        "    return keras.Sequential(layers)\n"
    )
    keywords = {**SMALL, "losses": ["mse", {"loss": "mine:off", "targets": "value"}], "model": "mine:build"}
    del keywords["hidden"]
    answer = compare(houses(), "price", headline="mine:cost", **keywords)
    assert set(answer.table.index) == {"mse", "off"}
    assert "mine:cost" in answer.table
    assert len(answer.predict(houses(3))) == 3


@pytest.mark.thorough
@pytest.mark.usefixtures("folder")
def test_a_mistake_that_a_stage_finds_is_said_by_the_callers_keywords():
    with pytest.raises(CompareError) as caught:
        compare(houses().assign(price=1.0), "price", losses=["mse", "mae"])
    [line] = str(caught.value).split("\n")
    assert "price" in line
    assert "params.yaml" not in line
    assert "losslab-" not in line


@pytest.mark.thorough
def test_one_who_stops_it_leaves_no_process_behind(tmp_path):
    script = (
        "import signal\nimport pandas as pd\nfrom stages.notebook import compare\n"
        # a shell that runs tests in the background has them ignore it
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"compare(pd.read_csv({str(ROOT / 'examples/flats.csv')!r}), 'rent', losses=['mse', 'mae'], epochs=3000)\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "LOSSLAB_"))}
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT), "LOSSLAB_STORE": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stdout:
            if " rows train" in line:  # the next stage trains
                break
        while not (children := psutil.Process(process.pid).children(recursive=True)):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        try:
            _, wrong = process.communicate(timeout=120)
        finally:
            process.kill()
    assert "KeyboardInterrupt" in wrong
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive


@pytest.mark.endurance
def test_the_page_about_it_is_so(tmp_path):
    text = (ROOT / "docs/notebook.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 5
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    checks = (
        'assert answer.loss in ("mae", "huber"), answer.loss\nassert answer._comparison.name == "flats"\n'
        'try:\n    compare(flats, "rent", losses=["mse", "mae"], budget="0.01m")\n'
        'except CompareError as error:\n    assert str(error).startswith("budget: 0.01m is less than "), error\n'
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "LOSSLAB_"))}
    done = subprocess.run(
        [sys.executable, "-"],
        input="\n".join([*blocks, checks]),
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.startswith("target: 'rents' is not a column; did you mean 'rent'?") for line in lines)
    assert {path.name for path in tmp_path.iterdir()} == {"examples", "losses.png", ".losslab"}
    assert documents.reading_ease(documents.prose(ROOT / "docs/notebook.md")) >= 50


@pytest.mark.parametrize(
    ("keywords", "line"),
    [
        ({"losses": ["hing"]}, "losses[0]: 'hing' is not a loss; did you mean 'hinge'? Losses: mse, "),
        ({"losses": ["mse", {"loss": "huber", "delta": 0}]}, "losses[1].delta: 0 given; allowed: above 0"),
        ({"losses": "mse"}, "losses: 'mse' given; allowed: a list"),
        (
            {"losses": ["mse"], "score": "mae"},
            "score: no keyword; it is called headline, as in params.yaml. ",
        ),
        ({"losses": ["mse"], "epoch": 3}, "epoch: no keyword; did you mean 'epochs'? Keywords: activation, "),
        ({"losses": ["mse"], "file": "x.csv"}, "file: no keyword. Keywords: "),
        ({"losses": ["mse"], "epochs": 0}, "epochs: 0 given; allowed: 1 or more"),
        ({"losses": ["mse"], "headline": "rms"}, "headline: 'rms' is not a score; did you mean 'rmse'? Scores"),
        (
            {"losses": ["mse"], "split": {"method": "group"}},
            "split.column: is missing; method: group needs the ",
        ),
        ({"losses": ["mse"], "scale": {"features": "x"}}, "scale.features: 'x' is not allowed here. Allowed: none, "),
        ({"losses": ["mse"], "missing": {"area": [[1]]}}, "missing.area[0]: a list given; allowed: a text or a number"),
        ({"losses": ["mse"], "name": "a/b"}, "name: 'a/b' given; allowed: letters, digits, "),
        ({"epochs": 0}, "epochs: 0 given; allowed: 1 or more"),
        ({"target": "prise"}, "target: 'prise' is not a column; did you mean 'price'? Columns: area, town, price"),
        ({"frame": [1, 2]}, "frame: a pandas DataFrame is needed; list given"),
        ({"frame": houses().assign(x=[1, "a"] * 40)}, "frame: column 'x' holds what no table has in one column (int, "),
        ({"frame": houses().rename(columns={"town": "area"})}, "the frame: column 'area' stands twice; rename one"),
        ({"frame": pd.concat({"a": houses()}, axis=1)}, "frame: its columns have several levels; one name for each "),
    ],
)
def test_a_mistake_is_one_line_by_the_callers_keywords(tmp_path, monkeypatch, keywords, line):
    monkeypatch.chdir(tmp_path)
    keywords = {"frame": houses(), "target": "price", **keywords}
    with pytest.raises(CompareError) as caught:
        compare(keywords.pop("frame"), keywords.pop("target"), **keywords)
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert caught.value._render_traceback_() == [f"CompareError: {caught.value}"]
    assert list(tmp_path.iterdir()) == []


def test_without_losses_those_are_compared_that_make_try_lists(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_bytes(DEFAULTS.read_bytes())
    houses().to_csv(tmp_path / "houses.csv", index=False)
    monkeypatch.setattr(sys, "argv", ["try", "houses.csv", "price"])
    add_table.main()
    listed = yaml.safe_load((tmp_path / "params.yaml").read_text())["comparisons"]["houses"]
    assert listed.pop("second_run")  # for which a notebook does not wait
    offered = with_offered_losses(values_of(losses=None), Project("houses", houses(), FRAME))
    assert offered["comparisons"]["houses"] == listed
    assert len(listed["losses"]) > 3


def test_numbers_of_numpy_and_tuples_are_taken_as_those_of_python():
    keywords = {"seeds": np.int64(3), "hidden": (np.int32(4),), "margin": np.float64(0.5), "drop": pd.Index(["a"])}
    taken = values("t", ("a", "b"), ("mse",), keywords)
    assert taken["comparisons"]["t"] == {"losses": ["mse"], "seeds": 3, "hidden": [4]}
    assert taken["datasets"]["t"]["source"] == {"file": FRAME.as_posix(), "target": ["a", "b"], "drop": ["a"]}
    assert taken["report"] == {"margin": {"t": 0.5}}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("params.yaml: comparisons.t.losses[1]: 'x' is not a loss", "losses[1]: 'x' is not a loss"),
        ("generate: t: 4 rows of data/external/frame.parquet; y: 3", "4 rows of the frame; y: 3"),
        ("/tmp/losslab-x/data/external/frame.parquet: empty", "the frame: empty"),
        ("for another: task: binary under datasets.t in params.yaml", "for another: task: binary"),
        ("to keep rows together: split: {column: a} beside source:", "to keep rows together: split: {column: a}"),
        ("params.yaml: report.headline.t: 'r2' needs", "headline: 'r2' needs"),
        ("params.yaml: datasets.t.source: there are 0 rows with a target", "frame: there are 0 rows with a target"),
        ("budget: t: all of it takes 1 min, within 10m", "all of it takes 1 min, within 10m"),
        (
            "params.yaml: comparisons.t.budget: 1m is less than t takes at least",
            "budget: 1m is less than t takes at least",
        ),
    ],
)
def test_what_stages_say_is_said_by_the_callers_keywords(line, said):
    assert in_keywords(line, "t") == said


def test_of_a_plan_the_sentence_is_said_and_not_its_numbers():
    printed = ["# how to read it", "budget: 5m", "minutes: {full: 48, planned: 4}", "plan:", "  rows: 600"]
    sentence, where = "budget: t: 600 of 800 rows train", "budget: data/budgets/t.yaml holds it; keep it in git"
    assert [line for line in [*printed, sentence, where] if not is_summary(line)] == [sentence]


def test_every_key_of_a_table_and_its_comparison_is_a_keyword():
    assert {"split", "columns", "weight", "hidden", "optimizer", "cost", "positive", "headline"} <= set(KEYWORDS)
    assert not {"file", "target", "dataset", "source"} & set(KEYWORDS)


def test_to_import_it_takes_no_tensorflow():
    script = "import stages.notebook, sys; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
