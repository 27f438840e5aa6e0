"""What an experiment leaves in params.yaml, and the way back: in a repository of git, beside what DVC writes."""

import subprocess

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from stages.basics import paths
from stages.params import experiment

COMMITTED = """\
loss: all
datasets:
  circles: {task: binary}
comparisons:
  circles: {epochs: 5}
train:
  seeds: 30
report:
  headline: {circles: accuracy}
"""
TABLE = {"datasets": {"houses": {"source": {"file": "houses.csv"}}}, "comparisons": {"houses": {"losses": ["mse"]}}}
BY_HAND = "write it there as it was, then: dvc repro"
KEPT = "params.yaml keeps what this experiment set, until you write it as it was: git diff params.yaml"
BY_GIT = "git stash push params.yaml && dvc repro"


@pytest.fixture(autouse=True)
def repository(tmp_path, monkeypatch):
    """A repository with a committed params.yaml, in which the test then runs as an experiment in the workspace."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_EXP_NAME", "shaky-mole")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    paths.PARAMS.write_text(COMMITTED, encoding="utf-8")
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "--message", "Start")):
        subprocess.run(["git", *command], check=True)
    return tmp_path


def run_pipeline():
    """Write what DVC writes when the last stage ends."""
    lock = {"schema": "2.0", "stages": {experiment.LAST_STAGE: {"params": {"params.yaml": params()}}}}
    paths.LOCK.write_text(yaml.safe_dump(lock), encoding="utf-8")


def params():
    return yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))


def edit(more):
    """Add entries by hand."""
    values = params()
    for section, entries in more.items():
        values[section] |= entries
    paths.PARAMS.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def said(back):
    """What was said to have changed, where the way back is a certain one."""
    first, second = experiment.what_stays()
    assert second == f"back to what was before: {back}"
    return first.removeprefix("params.yaml is not as it was before, and stays so: ")


@pytest.mark.parametrize(
    ("overrides", "changed"),
    [
        (["loss=hing"], "loss: hing (was all)"),
        (["loss=[mse,mae]", "train.seeds=3"], "loss: [mse, mae] (was all), train.seeds: 3 (was 30)"),
        (["++report.headline.houses=mae"], "report.headline.houses: mae (was not there)"),
        (["~report.headline"], "report.headline: not there (was {circles: accuracy})"),
        (["comparisons.circles.epochs=9"], "comparisons.circles.epochs: 9 (was 5)"),
    ],
)
def test_what_was_set_is_named_with_what_was_there_and_what_was_committed_is_brought_back_by_git(overrides, changed):
    run_pipeline()
    apply_overrides(paths.PARAMS, overrides)
    assert said(BY_GIT) == changed
    subprocess.run(BY_GIT.removesuffix(" && dvc repro"), shell=True, check=True, capture_output=True)
    assert paths.PARAMS.read_text(encoding="utf-8") == COMMITTED
    assert experiment.what_stays() == []


@pytest.mark.parametrize("has_run", [True, False])
def test_a_table_that_is_not_committed_stays_whether_or_not_it_was_run(has_run):
    run_pipeline()
    edit(TABLE)
    if has_run:
        run_pipeline()
    apply_overrides(paths.PARAMS, ["train.seeds=3"])
    assert said(BY_HAND) == "train.seeds: 3 (was 30)"


def test_an_edit_that_is_not_committed_and_was_run_is_what_was_there():
    edit({"train": {"seeds": 10}})
    run_pipeline()
    apply_overrides(paths.PARAMS, ["loss=mse"])
    assert said(BY_HAND) == "loss: mse (was all)"
    apply_overrides(paths.PARAMS, ["train.seeds=3"])
    assert said(BY_HAND) == "loss: mse (was all), train.seeds: 3 (was 10)"


def test_an_edit_that_was_not_run_is_named_and_kept():
    run_pipeline()
    edit({"train": {"seeds": 10}})
    apply_overrides(paths.PARAMS, ["loss=mse"])
    assert said(BY_GIT) == "loss: mse (was all), train.seeds: 10 (was 30)"
    subprocess.run(["git", "stash", "push", "--quiet", "params.yaml"], check=True)
    subprocess.run(["git", "stash", "pop", "--quiet"], check=True)
    assert (params()["loss"], params()["train"]) == ("mse", {"seeds": 10})


def test_values_are_shown_as_they_may_stand_in_the_file():
    run_pipeline()
    edit({"report": {"headline": {"circles": "yes", "größe": [0.1, None, "a: b"]}}})
    assert said(BY_GIT) == (
        "report.headline.circles: 'yes' (was accuracy), report.headline.größe: [0.1, null, 'a: b'] (was not there)"
    )


@pytest.mark.parametrize("lock", [None, "schema: '2.0'\nstages: {}\n", "schema: '2.0'\n", ""])
def test_where_it_is_not_known_what_was_there_it_is_said_that_it_stays(lock):
    if lock is not None:
        paths.LOCK.write_text(lock, encoding="utf-8")
    apply_overrides(paths.PARAMS, ["loss=hing"])
    assert experiment.what_stays() == [KEPT]


@pytest.mark.parametrize("text", ["a: [", "- a\n", ""])
def test_a_file_that_is_no_parameters_is_no_reason_to_fail(text):
    run_pipeline()
    paths.PARAMS.write_text(text, encoding="utf-8")
    assert experiment.what_stays() in ([], [KEPT])


def test_nothing_is_said_where_nothing_changed_or_no_experiment_runs_or_it_runs_in_a_copy(
    monkeypatch, tmp_path_factory
):
    run_pipeline()
    assert experiment.what_stays() == []
    apply_overrides(paths.PARAMS, ["loss=mse"])
    assert len(experiment.what_stays()) == 2
    with monkeypatch.context() as patch:
        patch.delenv("DVC_EXP_NAME")
        assert experiment.what_stays() == []
    monkeypatch.setenv("DVC_ROOT", str(tmp_path_factory.mktemp("real")))
    assert experiment.what_stays() == []
