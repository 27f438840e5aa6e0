import subprocess

import pytest

from stages.tracking.origin import origin


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A folder outside any repository and any DVC experiment, in which the test then runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name in ("DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def repository(outside):
    """A repository in which all is committed."""
    (outside / "reports").mkdir()
    for name in ("dvc.lock", "reports/report.md", "params.yaml"):
        (outside / name).write_text("as committed", encoding="utf-8")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "Start")
    return outside


def git(*arguments):
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.usefixtures("outside")
def test_outside_git_and_dvc_the_pipeline_itself_is_named():
    assert origin() == {"mlflow.source.name": "dvc.yaml", "mlflow.source.type": "PROJECT"}


@pytest.mark.usefixtures("repository")
def test_commit_and_experiment_are_named(monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "shaky-mole")
    monkeypatch.setenv("DVC_EXP_BASELINE_REV", "f00")
    tags = origin()
    assert (tags["dvc.exp_name"], tags["dvc.exp_baseline"]) == ("shaky-mole", "f00")
    assert tags["mlflow.source.git.commit"] == git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("changed", "dirty"),
    [
        (None, "false"),
        ("dvc.lock", "false"),
        ("reports/report.md", "false"),
        ("params.yaml", "true"),
        ("new.py", "true"),
    ],
)
def test_only_what_the_pipeline_does_not_write_makes_the_tree_dirty(changed, dirty, repository):
    if changed:
        (repository / changed).write_text("changed", encoding="utf-8")
    assert origin()["git.dirty"] == dirty
