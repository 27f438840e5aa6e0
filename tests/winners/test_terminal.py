"""What the file of a winner says in a terminal."""

import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from stages.records.settings import OptimizerSettings
from stages.winners import app
from stages.winners.predictor import Predictor
from tests.winners.made import write_winner


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The file of a winner made by hand, whose one input is x."""
    monkeypatch.chdir(tmp_path)
    custom = tmp_path / "stages/custom"
    custom.mkdir(parents=True)
    (custom / "mine.py").write_text("def build(n_features, n_outputs, activation):\n    return None\n")
    write_winner(tmp_path / "houses.pyz", "mine:build")
    return tmp_path / "houses.pyz"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_says_what_it_takes_and_what_it_gives(file, tmp_path, flag):
    done = subprocess.run([sys.executable, file, flag], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "usage: python houses.pyz new.csv [predictions.csv]",
        "",
        "Predicts y of new rows: mse, the average of 2 networks trained on 3 rows.",
        "",
        "Trained for 1 epoch of batches of 32 by SGD at a learning rate of 0.1.",
        "",
        "Reads the columns x (number).",
        "",
        "Writes the rows and beside them prediction, spread: to predictions.csv, else",
        "beside new.csv.",
    ]
    assert done.stderr == ""


def test_a_rate_that_falls_and_a_cut_are_said_in_the_words_of_keras(file):
    winner = Predictor(file).winner
    optimizer = {"name": "SGD", "learning_rate": 0.03, "schedule": "cosine", "global_clipnorm": 1.5}
    changed = winner.settings.model_copy(update={"optimizer": OptimizerSettings(**optimizer), "epochs": 300})
    lines = app.usage(replace(winner, settings=changed), "houses.pyz").replace("\n", " ")
    assert (
        "Trained for 300 epochs of batches of 32 by SGD at a learning rate of 0.03, which falls to 0 along half a "
        "cosine (CosineDecay), gradients cut by global_clipnorm=1.5."
    ) in lines


def test_the_first_rows_are_shown_numbered_and_aligned():
    table = pd.DataFrame({"prediction": ["742.2", "81.25", "9", "1"], "spread": ["3.5", "12", "0.25", "1"]})
    assert app.first_rows(table) == [
        "  row  prediction  spread",
        "    1       742.2     3.5",
        "    2       81.25      12",
        "    3           9    0.25",
    ]


def test_of_many_columns_those_that_fit_are_shown_and_no_cell_acts_on_the_terminal():
    wide = pd.DataFrame({f"p_class_{i}": ["0.125", "\x1b[2J"] for i in range(30)})
    lines = app.first_rows(wide)
    assert lines[0].split() == ["row", *(f"p_class_{i}" for i in range(6))]
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in "".join(lines)
