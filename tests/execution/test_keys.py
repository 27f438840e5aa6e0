import ast
import json
import shutil
from dataclasses import fields, replace

import numpy as np
import pytest

from stages.execution import keys
from stages.execution.cutting import cut
from stages.losses.catalogue import LOSSES
from stages.losses.loss import LargeTargets, Loss
from stages.records.networks import Recurrent
from stages.records.plans import Scaling
from stages.records.settings import OptimizerSettings, ScaleSettings, Settings, Within
from stages.sourcecode import definitions
from stages.sourcecode.imports import file_of
from stages.training.chunk import Candidate
from tests.training.units import make_unit


def key(unit, *, device="a processor", rates=(0.05,), epochs=3, is_tuning=False):
    [chunk, *_] = cut(unit, list(map(Candidate, rates)), epochs, is_tuning=is_tuning)
    return keys.key_of(chunk, device)


def with_settings(unit, **changes):
    return replace(unit, settings=unit.settings.model_copy(update=changes))


def with_loss(unit, **changes):
    return with_settings(unit, loss=replace(unit.loss, **changes))


def with_plan(unit, **changes):
    return replace(unit, plan=replace(unit.plan, **changes))


def with_scaling(unit, name):
    """A unit that scales in one of the ways by other numbers."""
    scaling = unit.plan.to_train
    return with_plan(unit, to_train=replace(scaling, **{name: getattr(scaling, name) + 1e-9}))


RATE = Candidate(0.1)
NETWORK = """import keras


def network(n_features, n_outputs, activation):
    return keras.Sequential([keras.Input((n_features,)), keras.layers.Dense(n_outputs, activation)])
"""
# another value of each field than a unit made for tests has
OTHER_SETTINGS = {
    "loss": LOSSES["mae"],
    "comparison": "another",
    "dataset": "too",
    "model": "mine:network",
    "hidden": (8,),
    "hidden_activation": "tanh",
    "dropout": 0.5,
    "batch_norm": True,
    "epochs": 4,
    "batch_size": 8,
    "optimizer": OptimizerSettings(name="SGD", learning_rate=0.05, momentum=0.8),
    "selected_by": "rmse",
    "data": ScaleSettings(features="standard", target="none", fit_on="all"),
    "seeds": (4, 0, 8),
    "looks": (10, 20),
    "class_weights": (1.0, 2.0),
    "also_scored": ("rmsle",),
    "second_run": True,
    "network": Recurrent(kind="recurrent"),
    "within": Within(budget="10m", minutes=48, rows=40, horizons=(3, 9), tuning_rows=20, tuning_seeds=2),
}
OTHER_LOSS = {
    "name": "squares",
    "function": "MeanAbsoluteError",
    "targets": "zero_one",
    "activation": "softplus",
    "aliases": ("x",),
    "activations": ("linear",),
    "parameters": {"delta": 2.0},
    "limits": {"delta": "above 0"},
    "target_range": "not below 0",
    "per_row": False,
    "columns": ("cost",),
    "class_weight": "auto",
    "steepness": 3.0,
    "target_transform": "log",
    "offered": ("log",),
    "large_targets": LargeTargets(1, "grow"),
    "usual_outputs": ("tanh",),
    "for_shares": ("tanh",),
    "options": {"delta": (1.0, 2.0)},
    "estimates": "median",
    "gives": "mean and spread",
    "forms": {"deltas": "deltas"},
    "transforms": ("ratio",),
    "offered_for": ("counts",),
    "scored_as": "rmse",
    "parts": ((1.0, "mse", {}), (2.0, "mae", {})),
    "label_weights": (1.0, 2.0),
    "heads": {"price": "linear", "sold": "sigmoid"},
}
# what decides nothing of a chunk: names and words, what the chunk itself or its rows and weights hold already, and
# what is scored afterwards
DECIDE_NOTHING = {
    *("comparison", "dataset", "epochs", "selected_by", "data", "looks", "also_scored", "second_run", "within"),
    *("name", "aliases", "activations", "limits", "target_range", "class_weight", "steepness"),
    *("estimates", "offered", "large_targets", "forms", "transforms", "offered_for", "scored_as"),
    *("usual_outputs", "options", "for_shares"),
}


def changed(unit, field):
    """A unit in which this field of its settings or its loss is another."""
    value = {**OTHER_SETTINGS, **OTHER_LOSS}[field]
    if field == "data":
        return with_settings(unit, data=unit.settings.data.model_copy(update={"scale": value}))
    return (with_settings if field in OTHER_SETTINGS else with_loss)(unit, **{field: value})


@pytest.mark.parametrize("field", [*Settings.model_fields, *(field.name for field in fields(Loss))])
def test_every_setting_and_every_trait_of_a_loss_is_part_of_the_key_but_for_those_that_decide_nothing(field, write_own):
    write_own("mine", NETWORK)
    unit = make_unit("mse")
    if field == "network":
        unit = replace(unit, table=replace(unit.table, features=unit.table.features[..., None]))  # sequences
    other = changed(unit, field)
    assert other.settings != unit.settings
    assert (key(other) == key(unit)) == (field in DECIDE_NOTHING)


@pytest.mark.parametrize(
    "change",
    [
        lambda unit: replace(unit, table=replace(unit.table, weights=np.ones(len(unit.table.labels)))),
        lambda unit: replace(unit, table=replace(unit.table, features=unit.table.features + 1e-9)),
        lambda unit: replace(unit, table=replace(unit.table, labels=unit.table.labels + 1e-9)),
        lambda unit: replace(unit, columns=np.ones((len(unit.table.labels), 1), np.float32)),
        lambda unit: with_plan(unit, parts=unit.plan.parts[::-1]),
        lambda unit: with_plan(unit, split_of=1 - unit.plan.split_of),
        *(lambda unit, name=field.name: with_scaling(unit, name) for field in fields(Scaling)),
    ],
)
def test_rows_and_how_they_are_divided_and_scaled_are_part_of_the_key(change):
    unit = make_unit("mse", n_splits=2)
    assert key(change(unit)) != key(unit)


def test_a_chunk_that_tunes_is_scaled_by_other_numbers_than_one_that_does_not():
    unit = make_unit("mse")
    other = with_plan(unit, to_tune=replace(unit.plan.to_tune, center=unit.plan.to_tune.center + 1))
    assert key(other) == key(unit)
    assert key(other, is_tuning=True) != key(unit, is_tuning=True)


def test_how_a_transformed_target_was_scaled_is_part_of_the_key():
    unit = with_loss(make_unit("mse"), target_transform="log")
    assert key(changed(unit, "data")) != key(unit)


def test_rates_epochs_tuning_and_the_device_are_part_of_the_key():
    unit = make_unit("mse")
    every = [
        key(unit),
        key(unit, rates=(0.06,)),
        key(unit, epochs=2),
        key(unit, is_tuning=True),
        key(with_settings(unit, selected_by="rmse"), is_tuning=True),
        key(unit, device="another"),
    ]
    assert len(set(every)) == len(every)


def test_every_file_of_the_users_own_is_part_of_the_key_of_what_uses_any_of_them(write_own, tmp_path):
    write_own("mine", "import helper\nfrom os import path\ndef pinball(targets, outputs): ...")
    write_own("helper", "FACTOR = 1")
    costs = tmp_path / "stages/custom/costs.json"
    unit = with_loss(make_unit("mse"), function="mine:pinball")
    every, without = [key(unit)], key(make_unit("mse"))
    for change in (
        lambda: write_own("helper", "FACTOR = 2"),
        lambda: costs.write_text("[1, 2]"),
        lambda: costs.write_text("[1, 20]"),
        lambda: costs.rename(costs.with_name("other.json")),
    ):
        change()
        every.append(key(unit))
    assert len(set(every)) == len(every)
    assert key(make_unit("mse")) == without


def test_what_the_users_own_code_uses_of_the_project_is_part_of_the_key(write_own):
    write_own("mine", "from stages.losses import weights\ndef pinball(targets, outputs): ...")
    parts = keys.parts_of(next(iter(cut(with_loss(make_unit("mse"), function="mine:pinball"), [RATE], 1))), "")
    assert {"stages/custom/mine.py", "stages/losses/weights.py"} <= set(parts["own code"])


@pytest.fixture
def in_copy(root, tmp_path):
    """The code that training reaches and that of a score's terms, in a copy of the project after a change."""

    def change(file=None, old="", new=""):
        copy = shutil.copytree(root / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__"))
        if file:
            text = (copy / file).read_text(encoding="utf-8")
            assert old in text
            (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        code = definitions.hashes([keys.TRAINING], apart=keys.APART, root=tmp_path)
        [of_score] = [definitions.hashes([("stages.scores.terms", "squared_scaled_error")], root=tmp_path)]
        shutil.rmtree(copy)
        return code, of_score

    return change


NEW_LOSS = """        Loss("new", "MeanAbsoluteError", "value", "linear"),
"""
NEW_SCORE = """        Score(
            "mbe", "mean bias error", OfMeans(terms.squared_error), rewards=MEAN, constant=_MEAN, tasks=_VALUES, unit=""
        ),
"""
NEW_TERM = """def cubed(rows: Rows) -> Any:
    return rows.errors**3


"""


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("training/fitting.py", '"""', '"""Another sentence. '),
        ("training/steps.py", "def cut_by_norm(", "# a comment\ndef cut_by_norm("),
        ("usercode/loading.py", "cannot be run", "does not run"),
        ("wording/losses.py", "estimates the median, not the mean", "is for medians"),
        ("losses/catalogue.py", '        Loss("log_cosh"', NEW_LOSS + '        Loss("log_cosh"'),
        ("scores/catalogue.py", "mean squared error", "squares"),
        ("scores/catalogue.py", "        Score(\n", NEW_SCORE + "        Score(\n"),
        ("scores/terms.py", "def pinball(", NEW_TERM + "def pinball("),
        ("scores/statistic.py", "class Statistic(ABC):\n", "class Statistic(ABC):\n    further = 1\n"),
        ("execution/trials.py", "N_RESAMPLES = 100", "N_RESAMPLES = 200"),
        ("reporting/registry.py", '"""', '"""Another sentence. '),
    ],
)
def test_sentences_new_rows_and_what_asks_for_training_are_no_part_of_the_code_that_trains(in_copy, file, old, new):
    assert in_copy(file, old, new) == in_copy()


def test_a_changed_line_in_any_module_that_training_reaches_is_part_of_the_key(in_copy, root):
    before, _ = in_copy()
    project = definitions._Project(root)
    reached = project.reached([keys.TRAINING], keys.APART)
    assert {"stages/training/replicas.py", "stages/losses/target_transform.py", "stages/records/plans.py"} < set(before)
    for name in before:
        file, module = root / name, name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        tree = ast.parse(file.read_text(encoding="utf-8"))
        lines = {
            inner.lineno
            for node in tree.body
            if getattr(node, "name", None) in reached[module]
            for inner in ast.walk(node)
            if isinstance(inner, ast.Return)
        }
        if lines:  # of those that hold constants and fields alone there is none
            text = file.read_text(encoding="utf-8")
            written = text.splitlines()
            at = min(lines) - 1
            indent = written[at].partition("return")[0]
            changed = "\n".join([*written[:at], f"{indent}assert 1 < 2", *written[at:]])
            after, _ = in_copy(file.relative_to(root / "stages"), text, changed)
            assert {each for each in before if before[each] != after[each]} == {name}


def test_the_terms_of_a_score_are_part_of_the_key_of_what_follows_it_and_of_no_other(in_copy):
    (code, terms), old = in_copy(), "rows.xp.square(rows.scaled_errors)"
    assert in_copy("scores/terms.py", old, f"2 * {old}") != (code, terms)
    assert in_copy("scores/terms.py", old, f"2 * {old}")[0] == code
    tuned = {
        by: with_settings(make_unit("mse"), selected_by=by) for by in ("rmse", "mae", "pinball_0.9", "pinball_0.8")
    }
    parts = {by: keys.parts_of(cut(unit, [RATE], 1, is_tuning=True)[0], "") for by, unit in tuned.items()}
    followed = [json.dumps(each["code of loss and score"]) for each in parts.values()]
    assert len(set(followed)) == len(followed)


def test_all_that_is_apart_is_there(root):
    for module in keys.APART:
        assert file_of(module, root)


def test_chunks_are_cut_at_the_same_places_whatever_the_number_of_seeds():
    few, many = (make_unit("mse", seeds=range(n), n_splits=3) for n in (30, 60))
    assert [keys.key_of(chunk, "") for chunk in cut(few, [Candidate(0.1)], 2, is_tuning=True)] == [
        keys.key_of(chunk, "") for chunk in cut(many, [Candidate(0.1)], 2, is_tuning=True)
    ][:1]
    assert [len(chunk.unit.settings.seeds) for chunk in cut(many, [Candidate(0.1)], 2, is_tuning=True)] == [30, 30]


@pytest.mark.parametrize(("epochs", "hidden", "expected"), [(10**7, 7, 5), (10**8, 7, 1), (1, 200_000, 10)])
def test_what_takes_long_or_much_memory_is_cut_smaller(epochs, hidden, expected):
    unit = make_unit("mse", seeds=range(30), hidden=[hidden])
    assert {len(chunk.unit.settings.seeds) for chunk in cut(unit, [Candidate(0.1)], epochs)} == {expected}
