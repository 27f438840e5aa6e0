"""Winners with networks of the user's own: what their code imports and reads is that of their own file."""

import json
import os
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.tracking.registry import SERVED
from stages.winners.predictor import Predictor
from tests.winners.made import write_winner

ROWS = pd.DataFrame({"x": [1.0, 2.0]})
HEAD = """import keras


class Times(keras.layers.Layer):
    def __init__(self, what):
        super().__init__()
        self.what = what

    def call(self, inputs):
        return self.what() * inputs


def times(what):
    inputs = keras.Input((1,))
    return keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(Times(what)(inputs)))


"""
# by how a module comes to another's number N: the code of the network
WAYS = {
    "a module": "import helper\n\n\ndef deep(*_):\n    return times(lambda: helper.N)\n",
    "from a module": "from helper import N\n\n\ndef deep(*_):\n    return times(lambda: N)\n",
    "by the project": "from stages.custom import helper\n\n\ndef deep(*_):\n    return times(lambda: helper.N)\n",
    "by the whole path": "import stages.custom.helper\n\n\ndef deep(*_):\n"
    "    return times(lambda: stages.custom.helper.N)\n",
    "by the whole path as": "import stages.custom.helper as h\n\n\ndef deep(*_):\n    return times(lambda: h.N)\n",
    "the folder": "from stages import custom\nimport stages.custom.helper\n\n\ndef deep(*_):\n"
    "    return times(lambda: custom.helper.N)\n",
    "relative": "from . import helper\n\n\ndef deep(*_):\n    return times(lambda: helper.N)\n",
    "a package": "import blocks\n\n\ndef deep(*_):\n    return times(lambda: blocks.N)\n",
    "of a package": "import blocks.dense\n\n\ndef deep(*_):\n    return times(lambda: blocks.dense.N)\n",
    "from a package": "from blocks import dense\n\n\ndef deep(*_):\n    return times(lambda: dense.N)\n",
    "nested": "from blocks.inner.deepest import N\n\n\ndef deep(*_):\n    return times(lambda: N)\n",
    "all": "from helper import *\n\n\ndef deep(*_):\n    return times(lambda: N)\n",
    "when it is called": "def number():\n    from helper import N\n\n    return N\n\n\ndef deep(*_):\n"
    "    return times(number)\n",
    "when a package is called": "def number():\n    import blocks.dense\n\n    return blocks.dense.late()\n\n\n"
    "def deep(*_):\n    return times(number)\n",
    "by name": "import importlib\n\n\ndef deep(*_):\n    return times(lambda: importlib.import_module('helper').N)\n",
    "by a function": "from importlib import import_module\n\n\ndef deep(*_):\n"
    "    return times(lambda: import_module('stages.custom.helper').N)\n",
    "data beside it": "import json\nfrom pathlib import Path\n\nCOSTS = Path(__file__).with_name('costs.json')\n\n\n"
    "def deep(*_):\n    return times(lambda: json.loads(COSTS.read_text())['n'])\n",
    "data of a package": "from blocks import table\n\n\ndef deep(*_):\n    return times(table.number)\n",
    "the project's own": "import stages.losses.catalogue\nfrom stages.losses import loss\nfrom helper import N\n\n\n"
    "def deep(*_):\n    assert stages.losses.catalogue.LOSSES and loss\n    return times(lambda: N)\n",
}


def write_code(write_own, code: str, number: int) -> None:
    """The code of a network, and modules, packages and data of which each holds a number."""
    folder = Path("stages/custom")
    (folder / "blocks/inner").mkdir(parents=True, exist_ok=True)
    write_own("my_models", HEAD + code)
    write_own("helper", f"N = {number}\n")
    write_own("blocks/__init__", f"N = {number}\n")
    write_own(
        "blocks/dense", f"N = {number}\n\n\ndef late():\n    from .inner import deepest\n\n    return deepest.N\n"
    )
    write_own("blocks/inner/__init__", "")
    write_own("blocks/inner/deepest", "from ... import helper\n\nN = helper.N\n")
    write_own(
        "blocks/table",
        "from pathlib import Path\n\n\ndef number():\n"
        "    return int(Path(__file__).parent.joinpath('data', 'n.txt').read_text())\n",
    )
    (folder / "costs.json").write_text(json.dumps({"n": number}), encoding="utf-8")
    (folder / "blocks/data").mkdir(exist_ok=True)
    (folder / "blocks/data/n.txt").write_text(str(number), encoding="utf-8")


@pytest.fixture
def make_two(write_own, tmp_path):
    """Write two winners whose code differs in the number alone; the code is gone when they are used."""

    def make(code):
        for name, number in {"two": 2, "three": 3}.items():
            write_code(write_own, code, number)
            write_winner(tmp_path / f"{name}.pyz", "my_models:deep")
        shutil.rmtree("stages")
        return tmp_path / "two.pyz", tmp_path / "three.pyz"

    return make


def predictions(winner) -> list[float]:
    return winner.predict(ROWS).table["prediction"].tolist()


@pytest.mark.parametrize("code", WAYS.values(), ids=WAYS)
def test_of_two_winners_each_uses_its_own_code_in_any_order(make_two, code):
    two, three = make_two(code)
    first, second = Predictor(two), Predictor(three)
    assert predictions(second) == [3, 6]
    assert predictions(first) == [2, 4]
    assert predictions(Predictor(three)) == [3, 6]
    assert predictions(first) == [2, 4]


@pytest.mark.parametrize("way", ["a module", "of a package", "when it is called", "by the project"])
def test_what_the_process_has_under_these_names_is_neither_used_nor_changed(make_two, monkeypatch, tmp_path, way):
    two, three = make_two(WAYS[way])
    other = tmp_path / "other"
    (other / "blocks").mkdir(parents=True)
    for file in ("helper.py", "blocks/__init__.py", "blocks/dense.py"):
        (other / file).write_text("N = 9\n", encoding="utf-8")
    monkeypatch.syspath_prepend(other)
    import blocks.dense
    import helper

    before = set(sys.modules)
    assert [predictions(Predictor(file)) for file in (two, three)] == [[2, 4], [3, 6]]
    assert (helper.N, blocks.dense.N) == (9, 9)
    assert not {name for name in set(sys.modules) - before if name.split(".")[0] in ("helper", "blocks", "my_models")}
    for name in ("helper", "blocks", "blocks.dense"):
        del sys.modules[name]


def test_a_module_that_is_called_as_an_installed_one_is_found_by_the_project_alone(write_own, tmp_path):
    code = "import json\nfrom stages.custom import json as mine\n\n\ndef deep(*_):\n"
    write_own("my_models", f"{HEAD}{code}    return times(lambda: json.loads('2') * mine.N)\n")
    write_own("json", "N = 3\n")
    write_winner(tmp_path / "six.pyz", "my_models:deep")
    assert predictions(Predictor(tmp_path / "six.pyz")) == [6, 12]


def test_a_file_is_the_same_wherever_it_is_made_and_holds_all_files_of_the_folder_once(write_own, tmp_path):
    write_code(write_own, WAYS["a package"], 2)
    Path("stages/custom/__pycache__").mkdir()
    Path("stages/custom/__pycache__/helper.cpython-311.pyc").write_bytes(b"")
    contents = []
    for _ in range(2):
        write_winner(tmp_path / "two.pyz", "my_models:deep")
        contents.append((tmp_path / "two.pyz").read_bytes())
    assert contents[0] == contents[1]
    with zipfile.ZipFile(tmp_path / "two.pyz") as archive:
        names = archive.namelist()
    assert len(names) == len(set(names))
    assert [name for name in names if name.startswith("custom/")] == [
        "custom/blocks/__init__.py",
        "custom/blocks/data/n.txt",
        "custom/blocks/dense.py",
        "custom/blocks/inner/__init__.py",
        "custom/blocks/inner/deepest.py",
        "custom/blocks/table.py",
        "custom/costs.json",
        "custom/helper.py",
        "custom/my_models.py",
    ]


def test_where_the_code_fails_is_told_in_a_line(write_own, tmp_path):
    code = "def number():\n    return open('gone.json')\n\n\ndef deep(*_):\n    return times(number)\n"
    write_own("my_models", HEAD + code)
    write_winner(tmp_path / "gone.pyz", "my_models:deep")
    with pytest.raises(UserError) as raised:
        predictions(Predictor(tmp_path / "gone.pyz"))
    told = "gone.pyz: my_models:deep failed in custom/my_models.py, line 19: FileNotFoundError: "
    assert str(raised.value) == f"{told}[Errno 2] No such file or directory: 'gone.json'"


def test_the_files_are_gone_when_the_winner_is(make_two):
    two, _ = make_two(WAYS["data beside it"])
    winner = Predictor(two)
    assert predictions(winner) == [2, 4]
    folder, finders = winner._own_code.folder, len(sys.meta_path)
    assert (folder / "costs.json").is_file()
    del winner
    assert not folder.parent.exists()
    assert len(sys.meta_path) == finders - 1
    assert not [name for name in sys.modules if name.split(".")[0] == folder.name]


@pytest.mark.parametrize("way", ["nested", "when a package is called", "data beside it"])
def test_python_code_takes_two_by_their_paths_beside_the_project(make_two, way):
    loaded = [runpy.run_path(str(file))["load"]() for file in make_two(WAYS[way])]
    assert len({type(winner).__module__ for winner in loaded}) == 2
    assert [predictions(winner) for winner in reversed(loaded)] == [[3, 6], [2, 4]]


@pytest.mark.thorough
@pytest.mark.parametrize("way", ["of a package", "by the whole path", "when a package is called", "data of a package"])
def test_a_file_runs_elsewhere_without_the_project(make_two, tmp_path, way):
    two, three = make_two(WAYS[way])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "helper.py").write_text("N = 9\n", encoding="utf-8")
    ROWS.to_csv(elsewhere / "new.csv", index=False)
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for file, expected in ((two, [2, 4]), (three, [3, 6])):
        command = [sys.executable, "-W", "error", str(file), "new.csv"]
        subprocess.run(command, cwd=elsewhere, env=clean, check=True, capture_output=True)
        assert pd.read_csv(elsewhere / "new-predictions.csv")["prediction"].tolist() == expected


@pytest.mark.thorough
@pytest.mark.parametrize("way", ["from a package", "by the project", "when it is called", "data beside it"])
def test_mlflow_loads_two_models_in_one_process_in_any_order(make_two, tmp_path, way):
    for file in make_two(WAYS[way]):
        mlflow.pyfunc.save_model(
            tmp_path / file.stem, python_model=SERVED, artifacts={"winner": str(file)}, pip_requirements=[]
        )
        file.unlink()
    expected = {"two": [2, 4], "three": [3, 6]}
    for order in (["two", "three"], ["three", "two"]):
        models = {name: mlflow.pyfunc.load_model(str(tmp_path / name)) for name in order}
        for name in reversed(order):
            assert models[name].predict(ROWS)["prediction"].tolist() == expected[name]
