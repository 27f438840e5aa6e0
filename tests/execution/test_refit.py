"""Networks to use that stage `train` leaves in the store: stage `winner` finds them, or trains them itself."""

import json
import shutil

import pytest
import yaml

from stages import generate, report, scale, settings, train, winner
from stages.execution import refit
from stages.records import store
from stages.verdicts import looking
from stages.verdicts.outcome import judge
from tests.projects import run_all

pytestmark = pytest.mark.thorough
PARAMS = {
    "datasets": {
        "rings": {
            "task": "binary",
            "source": {"generator": "make_circles", "n_samples": 80, "noise": 0.1, "random_state": 1},
            "split": {"train": 40},
        },
        "prices": {
            "task": "regression",
            "source": {"generator": "make_regression", "n_samples": 61, "n_features": 5, "random_state": 1},
            "scale": {"target": "standard"},
            "split": {"train": 40},
        },
    },
    "comparisons": {
        "rings": {"losses": ["binary_crossentropy", "hinge"], "epochs": 3, "hidden": [3]},
        "prices": {"losses": ["mse"], "epochs": 2, "hidden": [3]},
    },
    "train": {"seeds": 3, "optimizer": {"name": "SGD", "learning_rate": 0.1}},
}


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A project's folder in which every stage up to the report has run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LOSSLAB_STORE", raising=False)
        return run_all(tmp_path_factory.mktemp("project"), PARAMS, {}, lambda _: None, generate, scale, train, report)


@pytest.fixture
def project(reported, tmp_path, monkeypatch):
    """A copy of it, to work in."""
    folder = shutil.copytree(reported, tmp_path / "project")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_ROOT", str(folder))
    monkeypatch.delenv("LOSSLAB_STORE", raising=False)
    return folder


def to_use():
    """What the store has for new rows: the names of the units."""
    return sorted(each["unit"] for each in store.from_environment().facts() if each["parts"]["is to use"])


def winners(folder):
    return {path.name: path.read_bytes() for path in (folder / "data/winners").iterdir()}


def refuse(*_):
    raise AssertionError("trained again")


def test_the_loss_that_is_recommended_is_trained_by_the_time_it_is(project, monkeypatch):
    best = json.loads((project / "reports/recommended.json").read_text())["rings"]["loss"]
    assert to_use() == ["prices/mse", f"rings/{best}"]
    monkeypatch.setattr("stages.executors.threads.Threads.submit", refuse)
    monkeypatch.setattr("stages.executors.processes.Processes.submit", refuse)
    winner.main()
    assert set(winners(project)) == {"prices.pyz", "rings.pyz"}


@pytest.mark.parametrize("change", ["the store is off", "the store is empty", "another loss is recommended"])
def test_what_is_not_in_the_store_is_trained_with_the_same_bytes(project, monkeypatch, change):
    winner.main()
    found = winners(project)
    if change == "the store is off":
        monkeypatch.setenv("LOSSLAB_STORE", "")
    elif change == "the store is empty":
        shutil.rmtree(project / ".losslab")
    else:
        path = project / "reports/recommended.json"
        recommended = json.loads(path.read_text())
        [other] = {"binary_crossentropy", "hinge"} - {recommended["rings"]["loss"]}
        recommended["rings"]["loss"] = other
        path.write_text(json.dumps(recommended))
    winner.main()
    trained = winners(project)
    assert set(trained) == set(found)
    assert trained["prices.pyz"] == found["prices.pyz"]
    assert (trained["rings.pyz"] == found["rings.pyz"]) == (change != "another loss is recommended")


@pytest.mark.parametrize("reason", ["no store", "too large to be judged twice"])
def test_what_nobody_may_use_is_not_trained(project, monkeypatch, reason):
    shutil.rmtree(project / ".losslab")
    if reason == "no store":
        monkeypatch.setenv("LOSSLAB_STORE", "")
    else:
        monkeypatch.setattr(refit, "CELLS", 2 * 3 * 80 - 1)
    (project / "params.yaml").write_text(yaml.safe_dump(PARAMS | {"compare": "rings"}), encoding="utf-8")
    train.main()
    monkeypatch.delenv("LOSSLAB_STORE", raising=False)
    assert to_use() == []


def test_what_came_in_looks_is_judged_already_whatever_its_size(project, monkeypatch):
    shutil.rmtree(project / ".losslab")
    monkeypatch.setattr(refit, "CELLS", 0)
    params = {**PARAMS, "compare": "rings", "train": {**PARAMS["train"], "seeds": {"at_most": 20}}}
    (project / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    judged = []
    monkeypatch.setattr(
        looking, "judge", lambda runs, *rest, **more: judged.append(len(runs[0].seeds)) or judge(runs, *rest, **more)
    )
    settings.main()
    scale.main()
    train.main()
    assert judged in ([10], [10, 20])
    assert [name.partition("/")[0] for name in to_use()] == ["rings"]
