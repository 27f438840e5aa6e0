import re
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
import yaml

from stages import generate, scale
from stages.basics.cli import UserError
from stages.commands import show_losses
from stages.losses import beyond_keras, validity
from stages.losses.catalogue import LOSSES, names_for
from stages.losses.validity import Reason
from stages.params.load import load_params
from stages.records import datasets, plans
from stages.wording import validity as wording
from stages.wording.losses import BEWARE, decision_rule

SETTINGS = {
    "loss": "all",
    "datasets": {
        "prices": {
            "source": {
                "generator": "make_regression",
                "n_samples": 40,
                "n_features": 3,
                "n_informative": 2,
                "random_state": 1,
            },
            "split": {"train": 30},
        },
        "rings": {
            "source": {"generator": "make_circles", "n_samples": 40, "noise": 0.1, "random_state": 1},
            "split": {"method": "kfold", "folds": 2},
        },
        "blobs": {"source": {"generator": "make_blobs", "n_samples": 40, "centers": 4, "random_state": 1}},
    },
    "comparisons": {
        "prices": {
            "losses": [
                "mae",
                {"loss": "huber", "delta": 0.25, "as": "huber_small"},
                {"loss": "msle", "activation": "softplus"},
                {"loss": "mine:pinball", "as": "pinball90", "targets": "value"},
            ]
        },
        "rings": {"losses": ["hinge", "dice", {"loss": "binary_focal_crossentropy", "alpha": 0.5}], "batch_size": 3},
    },
    "train": {"seeds": 2, "batch_size": 8, "optimizer": {"name": "SGD"}},
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """A project's folder whose datasets are read."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "params.yaml").write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
    with chdir(folder):
        generate.main()
    return folder


@pytest.fixture
def project(generated, monkeypatch, capsys):
    """What the command prints in that folder, on a wide or a narrow terminal."""
    monkeypatch.chdir(generated)

    def printed(*arguments, columns=500):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["losses", *arguments])
        show_losses.main()
        return capsys.readouterr().out

    return printed


def lines_of(text, name):
    """The lines of a table that begin with a loss's name."""
    return [line.rstrip() for line in text.splitlines() if re.match(rf" ?{re.escape(name)}( |$)", line)]


def shown(value):
    if isinstance(value, list):
        return "[0.1, 0.5, 0.9]"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_the_catalogue_shows_every_loss_with_its_names_parameters_and_trap(project, loss):
    text = project()
    [line] = lines_of(text, loss.name)
    assert re.search(rf"{loss.targets}\b.*\b{loss.activation}\b.*{re.escape(decision_rule(loss))}", line)
    assert line.endswith(BEWARE.get(loss.name, ""))
    # what is below it belongs to it, up to the next loss
    below = text[text.index(line) + len(line) :].splitlines()[1:]
    more = [f"= {alias}" for alias in loss.aliases]
    more += [f"{key}: {shown(value)}" for key, value in loss.parameters.items()]
    assert [line.strip() for line in below[: len(more)]] == more
    assert not below[len(more)].startswith("   ") or not below[len(more)].strip()


def test_the_catalogue_stands_by_task(project):
    text = project()
    heads = [line.strip() for line in text.splitlines() if line.strip() in ("regression", "binary", "multiclass")]
    assert heads == ["regression", "binary", "multiclass"]
    for task, part in zip(
        heads, re.split(r"^ ?(?:regression|binary|multiclass) *$", text, flags=re.MULTILINE)[1:], strict=True
    ):
        assert [name for name in LOSSES if lines_of(part, name)] == names_for(task)


def test_the_catalogue_says_which_other_outputs_there_are(project):
    text = project()
    assert "linear …: also softplus, relu, exponential, sigmoid, tanh, as in {loss: msle, activation: softplus}" in text
    assert "linear …" in lines_of(text, "mse")[0]
    assert "tanh or linear" in lines_of(text, "hinge")[0]
    assert "softplus or exponential" in lines_of(text, "poisson")[0]
    assert "not below 0" in lines_of(text, "poisson")[0]


def test_what_to_beware_of_is_of_losses_that_there_are():
    assert set(BEWARE) <= set(LOSSES)


@pytest.mark.parametrize("columns", [100, 80, 60])
def test_a_narrow_terminal_cuts_no_name_of_a_loss(project, columns):
    text = project(columns=columns)
    assert [name for name in LOSSES if lines_of(text, name)] == list(LOSSES)
    words = {word for line in BEWARE.values() for word in line.split() if len(word) < columns - 45}
    assert words <= set(text.split())
    assert max(map(len, text.splitlines())) <= columns


def test_a_dataset_that_is_in_no_comparison_is_judged_on_its_own_split(project):
    text = project("blobs")
    assert [name for name in LOSSES if lines_of(text, name)] == names_for("multiclass")
    for name in names_for("multiclass"):
        line = lines_of(text, name)[0]
        assert ("cannot" if LOSSES[name].needs_order else "fits") in line
    assert " yes " not in text


@pytest.mark.parametrize("name", SETTINGS["comparisons"])
def test_on_a_comparison_every_loss_for_its_task_has_its_level_and_its_reasons(project, name):
    text = project(name)
    scale.main()
    description = datasets.read_encoded(name).description
    compared = load_params().compared()[name]
    named = {one.name for one in compared}
    losses = [*compared, *(LOSSES[other] for other in names_for(description.task) if other not in named)]
    plan, labels = plans.read_plan(name), datasets.read_labels(name, description)
    batch_size = SETTINGS["comparisons"][name].get("batch_size", 8)
    judged = validity.judge_all(losses, plans.seen_by_losses(plan, description, labels, batch_size))
    rows = iter([line.strip() for line in text.splitlines()[3:] if line.strip()])
    for loss, row in zip(losses, rows, strict=False):
        level, reasons = judged[loss.name].level, wording.reasons(judged[loss.name])
        cells = [loss.name, *["yes"] * (loss in compared), level, *["; ".join(reasons)] * bool(reasons)]
        assert re.split(r" {2,}", row) == cells
        assert [next(rows) for _ in loss.parameters] == [
            f"{key}: {shown(value)}" for key, value in loss.parameters.items()
        ]
    assert not list(rows)


def test_on_a_dataset_what_is_compared_stands_first_by_its_own_name(project):
    lines = project("prices").splitlines()[3:]
    rows = [line.split()[0] for line in lines if line.strip() and not line.startswith("   ")]  # no parameters
    assert rows == [
        "mae",
        "huber_small",
        "msle",
        "pinball90",
        *("mse", "mape", "huber", "log_cosh", "poisson", "pinball", "quantiles", "cosine_similarity"),
        "share_crossentropy",
        *(row.name for row in beyond_keras.ROWS),
    ]
    heading = project("rings").splitlines()[1]
    assert re.split(r" {2,}", heading.strip()) == ["binary loss", "compared", "on rings", "why"]


@pytest.mark.parametrize("columns", [100, 80, 60])
def test_a_narrow_terminal_leaves_room_for_what_is_told(project, columns):
    text = project("rings", columns=columns)
    assert "binary_focal_crossentropy" in text
    assert "fits" in lines_of(text, "hinge")[0]
    assert re.search(r"works,.* it has", lines_of(text, "dice")[0])
    assert max(map(len, text.splitlines())) <= columns


def test_the_batches_are_those_of_the_comparison(project):
    assert "one value for each batch of 3," in lines_of(project("rings"), "dice")[0]


def without_rows(name):
    reason = Reason("works, but", "absent classes", {"name": name, "n_absent": 1})
    return validity.Validity("works, but", (reason,))


@pytest.mark.parametrize("name", ["[/b]", "[red]"])
def test_the_name_of_a_class_is_shown_as_it_is(project, monkeypatch, name):
    told = without_rows(name)
    monkeypatch.setattr(validity, "judge_all", lambda losses, _: dict.fromkeys((loss.name for loss in losses), told))
    assert f"class '{name}' has no train row" in " ".join(project("rings").split())


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["price"], "'price' is not a dataset or a comparison; did you mean 'prices'? There are: blobs, prices, rings"),
        (["zzz"], "'zzz' is not a dataset or a comparison. There are: blobs, prices, rings"),
        (["prices", "rings"], "usage: make losses, or make losses ON=houses"),
    ],
    ids=str,
)
def test_what_is_asked_wrongly_is_told_in_one_line(project, arguments, line):
    with pytest.raises(UserError) as raised:
        project(*arguments)
    assert str(raised.value) == line


@pytest.fixture
def another(project, generated, tmp_path, monkeypatch):
    """What the command prints in another folder with the same project, which the test may change."""
    shutil.copytree(generated, tmp_path / "another")
    monkeypatch.chdir(tmp_path / "another")
    return project


def test_a_dataset_that_was_not_read_is_told_with_the_command_that_reads_it(another):
    Path("data/raw/rings.json").unlink()
    with pytest.raises(UserError) as raised:
        another("rings")
    assert str(raised.value) == "data/raw/rings.json is missing; write it with: dvc repro --force generate"


def test_a_comparison_is_judged_on_its_own_split(another):
    """Only the first rows are of class 1, so that a split of the first half has none of class 0."""
    Path("data/external").mkdir(parents=True)
    text = "x,sick\n" + "".join(f"{i * 3 % 7},{int(i < 10)}\n" for i in range(20))
    Path("data/external/sick.csv").write_text(text, encoding="utf-8")
    changed = {
        **SETTINGS,
        "datasets": {"sick": {"source": {"file": "data/external/sick.csv", "target": "sick"}}},
        "comparisons": {
            "sick": {"losses": ["bce"]},
            "half": {"losses": ["bce"], "dataset": "sick", "split": {"method": "first", "train": 0.5}},
        },
    }
    Path("params.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    generate.main()
    assert "fits" in lines_of(another("sick"), "binary_crossentropy")[0]
    assert "all train rows are of class '1'" in lines_of(another("half"), "binary_crossentropy")[0]


def test_losses_that_do_not_suit_the_table_are_told_as_everywhere(another):
    Path("data/external").mkdir(parents=True)
    text = "x,sick\n" + "".join(f"{i * 3 % 7},{i % 2}\n" for i in range(20))
    Path("data/external/sick.csv").write_text(text, encoding="utf-8")
    changed = {
        **SETTINGS,
        "datasets": {"sick": {"source": {"file": "data/external/sick.csv", "target": "sick"}}},
        "comparisons": {"sick": {"losses": ["bce"]}},
    }
    Path("params.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    generate.main()
    changed["comparisons"] = {"sick": {"losses": ["mse"]}}
    Path("params.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    with pytest.raises(UserError) as raised:
        another("sick")
    assert str(raised.value) == (
        "params.yaml: comparisons.sick.losses[0]: 'mse' is a loss for a regression task; "
        f"for a binary task it is 'brier'; losses for a binary task: {', '.join(names_for('binary'))}"
    )


@pytest.mark.thorough
def test_the_command_needs_no_parameters_and_no_tensorflow(tmp_path, root):
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop()); from stages.commands import show_losses; show_losses.main(); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(root)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [name for name in LOSSES if lines_of(ended.stdout, name)] == list(LOSSES)


def test_the_name_of_a_class_does_not_act_on_the_terminal(project, monkeypatch):
    told = without_rows("\x1b[2J")
    monkeypatch.setattr(validity, "judge_all", lambda losses, _: dict.fromkeys((loss.name for loss in losses), told))
    assert r"class '\x1b[2J' has no train row" in " ".join(project("rings").split())
