"""A comparison that keeps a budget, from its plan to the networks to use: what stages make of the file."""

import copy
import re

import numpy as np
import pytest
import yaml

from stages import generate, report, scale, train, winner
from stages.basics.cli import UserError
from stages.budgets import probe
from stages.commands import budget as command
from stages.params.load import load_planned
from stages.records import plans, runs, winners
from stages.records.plans import Part
from tests.projects import ROOT

SETTINGS = {
    "datasets": {
        "waves": {
            "source": {"generator": "make_regression", "n_samples": 1500, "n_features": 4, "random_state": 1},
            "split": {"method": "kfold"},
        }
    },
    "comparisons": {"waves": {"hidden": [4], "losses": ["mse", "mae"], "budget": "5m"}},
    "train": {"seeds": {"at_most": 60}, "optimizer": {"name": "SGD", "learning_rate": [0.03, 0.1], "momentum": 0.9}},
}  # fmt: skip
PLAN = {
    "budget": "5m",
    "minutes": {"full": 48, "planned": 4},
    "plan": {
        "rows": 600,
        "test_rows": 100,
        "batch_size": 30,
        "horizons": [20, 60],
        "rungs": {"rows": 300, "seeds": 2},
        "seeds": {"at_most": 20},
    },
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's folder with a plan; gives a function that writes another."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/budgets").mkdir(parents=True)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")

    def write(**changes):
        plan = copy.deepcopy(PLAN)
        plan["plan"].update(changes)
        (tmp_path / "data/budgets/waves.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")

    write()
    generate.main()
    return write


def sizes(plan):
    return {tuple(np.bincount(own, minlength=4).tolist()) for own in plan.parts}


@pytest.mark.usefixtures("project")
def test_each_seed_sees_as_many_rows_as_the_plan_says_of_its_own_fold():
    scale.main()
    plan = plans.read_plan("waves")
    assert sizes(plan) == {(480, 120, 100, 800)}
    assert (plan.n_seeds, plan.n_folds) == (20, 10)
    tested = plan.parts[:10] == Part.TEST
    assert tested.sum(axis=0).max() == 1  # folds stay apart


def test_of_fewer_rows_all_are_among_the_rows_of_a_larger_plan(project):
    scale.main()
    large = plans.read_plan("waves").parts
    project(rows=300, rungs={"rows": 300, "seeds": 2})
    scale.main()
    small = plans.read_plan("waves").parts
    assert sizes(plans.read_plan("waves")) == {(240, 60, 100, 1100)}
    assert (large[small != Part.UNUSED] == small[small != Part.UNUSED]).all()


def test_more_rows_than_there_are_are_refused_in_a_line(project):
    project(rows=5000)
    with pytest.raises(UserError) as error:
        scale.main()
    assert str(error.value) == (
        "data/budgets/waves.yaml: plan.rows: 5,000 given; allowed: 1,350 at most, the rows that train each seed"
    )


@pytest.mark.usefixtures("project")
def test_a_unit_is_what_the_plan_makes_of_it():
    """Of 600 rows a pass has 20 steps of 30 rows; sixty steps are three passes."""
    scale.main()
    [unit, _] = train.units(load_planned())
    settings = unit.settings
    assert (settings.batch_size, settings.epochs, settings.looks, settings.seeds) == (30, 3, (10, 20), tuple(range(20)))
    assert (settings.within.rows, settings.within.horizons) == (600, (20, 60))
    few = unit.of_seeds(range(2)).thinned(300)
    assert {tuple(np.bincount(own, minlength=4)[:3].tolist()) for own in few.plan.parts} == {(240, 60, 0)}
    assert len(few.table.labels) == (few.plan.parts != Part.UNUSED).any(axis=0).sum() < 600


@pytest.mark.usefixtures("project")
def test_from_the_plan_to_the_report_and_the_networks_to_use(tmp_path, capsys):
    (tmp_path / "data/published.yaml").write_text((ROOT / "data/published.yaml").read_text(), encoding="utf-8")
    scale.main()
    train.main()
    run = runs.read("waves", "mse")
    assert run.tuning.n_seeds == 2
    assert run.n_epochs <= 3
    assert run.tuning.checked.tolist() == sorted(run.tuning.checked.tolist())
    report.main()
    text = (tmp_path / "reports/report.md").read_text(encoding="utf-8")
    assert "600 of 1,500 rows train, within 5m · " in text
    assert (
        "The budget is 5m; all rows, seeds and epochs would take 48 min. So each seed trains on 600 rows, drawn from "
        "the 1,500 for all losses alike, with horizons of 20 to 60 steps. Learning rates were halved on 300 of them "
        "with 2 seeds, and the best two checked on all."
    ) in text
    assert re.search(
        r"From 300 rows to 600 the best validation rmse went: `mse` [\d.]+ and [\d.]+; `mae` [\d.]+ and [\d.]+. So ",
        text,
    )
    winner.main()
    assert winners.read("waves").n_rows == 600
    assert "10 networks on 600 rows" in capsys.readouterr().out


@pytest.mark.usefixtures("project")
def test_make_budget_writes_a_plan_that_stages_take_and_says_what_it_is(tmp_path, monkeypatch, capsys):
    path = tmp_path / "data/budgets/waves.yaml"
    path.unlink()
    monkeypatch.setattr(probe, "LONG", 0.05)
    monkeypatch.setattr("sys.argv", ["budget", "waves"])
    command.main()
    said = " ".join(capsys.readouterr().out.split())
    plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert plan["budget"] == "5m"
    assert f"minutes: {{full: {plan['minutes']['full']:g}, planned: {plan['minutes']['planned']:g}}}" in said
    assert "budget: waves: " in said
    scale.main()
    assert plans.read_plan("waves").n_seeds == (60 if plan["plan"] == "full" else plan["plan"]["seeds"]["at_most"])


@pytest.mark.usefixtures("project")
def test_a_budget_below_the_least_is_refused_with_that_least_and_nothing_is_written(tmp_path, monkeypatch):
    text = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text.replace("budget: 5m", "budget: 0.01m"), encoding="utf-8")
    before = (tmp_path / "data/budgets/waves.yaml").read_bytes()
    monkeypatch.setattr("sys.argv", ["budget"])
    with pytest.raises(UserError, match=r"^params.yaml: comparisons.waves.budget: 0.01m is less than waves takes at "
                       r"least; allowed: none, or \d+ min and more$"):  # fmt: skip
        command.main()
    assert (tmp_path / "data/budgets/waves.yaml").read_bytes() == before


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("name", "expected"),
    [("wave", "'wave' is not a comparison; did you mean 'waves'?"), ("waves", "waves has no budget; write one, as in")],
)
def test_make_budget_of_what_is_none_is_refused_in_a_line(tmp_path, monkeypatch, name, expected):
    text = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text.replace("budget: 5m", "budget: none"), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["budget", name])
    with pytest.raises(UserError) as error:
        command.main()
    assert str(error.value).startswith(expected)


def test_the_store_is_asked_for_what_a_plan_makes_of_a_unit_and_not_for_its_file(project, tmp_path, capsys):
    """Another budget and other estimates train nothing, one more loss trains itself, other test rows halve nothing."""
    path, params = tmp_path / "data/budgets/waves.yaml", tmp_path / "params.yaml"

    def trained(**changes):
        plan = copy.deepcopy(PLAN) | {"budget": "2h", "minutes": {"full": 900, "planned": 100}}
        plan["plan"] |= {"seeds": {"at_most": 10}, **changes}
        path.write_text("# mine\n" + yaml.safe_dump(plan), encoding="utf-8")
        capsys.readouterr()
        scale.main()
        train.main()
        return capsys.readouterr().out

    project(seeds={"at_most": 10})
    scale.main()
    train.main()
    assert "train: waves: the full plan would take 48 min; planned for 5m: 600 of 1,500 rows, 10 seeds, horizons" in (
        " ".join(capsys.readouterr().out.split())
    )
    edited = copy.deepcopy(SETTINGS)
    edited["comparisons"]["waves"] |= {"budget": "2h", "losses": ["mse", "mae", "huber"]}
    params.write_text(yaml.safe_dump(edited), encoding="utf-8")
    assert "train: 3 units: 2 from the store, 1 trained" in trained()
    assert "train: 3 units: 3 from the store in part" in trained(test_rows=90)


@pytest.mark.thorough
@pytest.mark.usefixtures("project")
def test_threads_and_processes_make_the_same_bytes_of_a_plan(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSLAB_STORE", "")
    scale.main()

    def written(executor):
        monkeypatch.setenv("LOSSLAB_EXECUTOR", executor)
        train.main()
        files = sorted((tmp_path / "data/runs").rglob("*"))
        return {file: file.read_bytes() for file in files if file.is_file() and file.suffix != ".keras"}

    by_threads = written("threads")
    assert written("processes:2") == by_threads
    assert len(by_threads) > 10


@pytest.mark.usefixtures("project")
def test_more_seeds_than_are_planned_are_asked_for_in_vain_until_rows_are_planned_again(project):
    scale.main()
    project(seeds={"at_most": 40})
    with pytest.raises(UserError, match=r"^20 seeds are planned of waves, and 40 asked for; plan them with: dvc repro"):
        train.units(load_planned())


def test_an_edited_plan_reruns_what_rows_are_drawn_and_what_is_trained():
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert [name for name, each in stages.items() if "data/budgets" in each["deps"]] == ["scale", "train"]
    assert not [out for each in stages.values() for out in each["outs"] if "budgets" in str(out)]
