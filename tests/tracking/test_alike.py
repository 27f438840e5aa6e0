"""`track` that is killed, or runs twice at once, loses and doubles nothing: real processes, databases and a server."""

import contextlib
import multiprocessing
import os
import random
import shutil
import time

import pytest
from mlflow import MlflowClient
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from stages import track
from stages.tracking import alike
from stages.tracking.alike import FINGERPRINT, LOCK
from tests.tracked import LOGGED, artifacts, choose, logged

N_KILLS = 20


def track_in(folder, environment):
    """Run stage `track` in a project's folder."""
    os.chdir(folder)
    os.environ.update({"DVC_ROOT": str(folder)} | environment)
    track.main()


@pytest.fixture(scope="module")
def processes():
    """Makes processes that have imported the stage once for all."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.tracking.test_alike"])
    return lambda folder, **environment: context.Process(target=track_in, args=(folder, environment))


def content(client):
    """What MLflow shows of each comparison: of each run, and each child of one, its numbers and files."""
    found = {}
    for dataset in LOGGED:
        experiment = client.get_experiment_by_name(f"losslab/{dataset}")
        every = client.search_runs([experiment.experiment_id])
        names = {run.info.run_id: run.info.run_name for run in every}
        shown = sorted(
            (
                run.info.run_name,
                run.info.status,
                names.get(run.data.tags.get("mlflow.parentRunId"), ""),
                run.data.metrics,
                run.data.params,
                run.data.tags.get("verdict"),
                artifacts(client, run),
                artifacts(client, run, "figures"),
            )
            for run in every
        )
        found[dataset] = shown, {key for key in experiment.tags if key.startswith("mlflow.sharedView")}
    return found


@pytest.fixture
def with_seeds(project, defaults):
    """The project, in which every seed is logged too."""
    choose(defaults, per_seed=True)
    return project


@pytest.fixture
def expected(with_seeds, tmp_path_factory, monkeypatch):
    """What is logged where nothing happens meanwhile."""
    alone = tmp_path_factory.mktemp("alone") / "project"
    shutil.copytree(with_seeds, alone)
    with monkeypatch.context() as patch, contextlib.chdir(alone):
        patch.setenv("DVC_ROOT", str(alone))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        track.main()
    return content(MlflowClient(f"sqlite:///{alone / 'mlflow.db'}"))


def at_once(project, tmp_path_factory, processes, address):
    """Run `track` at once in two copies of a project, each in an experiment of DVC's."""
    copies = {name: tmp_path_factory.mktemp(name) / "project" for name in ("one", "two")}
    for folder in copies.values():
        shutil.copytree(project, folder)
        (folder / "mlflow.db").unlink()
    both = [processes(copies[name], DVC_EXP_NAME=name, MLFLOW_TRACKING_URI=address) for name in copies]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]


def assert_that_it_is_there_once(client, expected):
    found = content(client)
    for dataset, (shown, _) in expected.items():
        # whoever was first gave the run the name of its experiment
        plain = [
            (name.partition(" (")[0], status, parent.partition(" (")[0], *rest)
            for name, status, parent, *rest in found[dataset][0]
        ]
        assert sorted(plain) == shown
        results = [run for run in logged(client, dataset).values() if FINGERPRINT in run.data.tags]
        assert [run.data.tags["dvc.exp_name"] for run in results] == ["one, two"] * len(LOGGED[dataset])


@pytest.mark.thorough
def test_two_at_once_and_one_new_database_lose_and_double_nothing(with_seeds, expected, processes, tmp_path_factory):
    address = f"sqlite:///{tmp_path_factory.mktemp('shared')}/runs.db"
    at_once(with_seeds, tmp_path_factory, processes, address)
    client = MlflowClient(address)
    assert_that_it_is_there_once(client, expected)
    experiments = [each.experiment_id for each in client.search_experiments()]
    assert not client.search_runs(experiments, run_view_type=ViewType.DELETED_ONLY)


@pytest.mark.thorough
def test_two_at_once_and_one_server_lose_and_double_nothing(with_seeds, expected, processes, server, tmp_path_factory):
    at_once(with_seeds, tmp_path_factory, processes, server)
    assert_that_it_is_there_once(MlflowClient(server), expected)


@pytest.mark.thorough
def test_after_a_kill_the_next_one_logs_what_is_missing_once(with_seeds, client, expected, processes):
    def is_under_way():
        experiment = client.get_experiment_by_name("losslab/circles")
        return experiment and client.search_runs([experiment.experiment_id], "attributes.status = 'RUNNING'")

    process = processes(with_seeds)
    process.start()
    while not is_under_way():
        assert process.is_alive()
    process.kill()
    process.join()
    track.main()
    assert content(client) == expected


@pytest.mark.endurance
def test_after_kills_at_any_moment_nothing_is_lost_or_double(with_seeds, expected, processes):
    draw, database = random.Random(0), with_seeds / "mlflow.db"
    database.unlink()  # the first kills are while it is made
    for seconds in sorted(draw.uniform(0, 8) for _ in range(N_KILLS)):
        process = processes(with_seeds)
        process.start()
        process.join(seconds)
        process.kill()
        process.join()
    process = processes(with_seeds)
    process.start()
    process.join()
    assert process.exitcode == 0
    assert content(MlflowClient(f"sqlite:///{database}")) == expected


@pytest.fixture
def mse(project, client):
    """The run of mse, which is logged."""
    del project
    track.main()
    return logged(client, "regression")["mse"]


def test_children_of_a_run_that_was_deleted_as_a_double_meanwhile_go_with_it(mse, client):
    experiment, parent = mse.info.experiment_id, mse.info.run_id
    alike.is_still_there(client, experiment, parent)
    child = client.create_run(experiment, tags={MLFLOW_PARENT_RUN_ID: parent}).info.run_id
    client.delete_run(parent)
    with pytest.raises(MlflowException, match="deleted as a double"):
        alike.is_still_there(client, experiment, parent)
    assert client.get_run(child).info.lifecycle_stage == "deleted"


def begun(client, run, lock, *, hours=0.0):
    """The identifier of a run of the same result that was begun under a lock, and not finished."""
    started = int(time.time() * 1000 - hours * 3_600_000)
    tags = {FINGERPRINT: run.data.tags[FINGERPRINT], LOCK: lock}
    return client.create_run(run.info.experiment_id, started, tags, run_name="begun").info.run_id


def test_what_another_machine_has_begun_is_left_to_it_for_an_hour(mse, client):
    here = mse.data.tags[LOCK]
    left, old, elsewhere = (
        begun(client, mse, here),
        begun(client, mse, "another:/place", hours=1.1),
        begun(client, mse, "another:/place", hours=0.9),
    )
    track.main()
    assert [client.get_run(each).info.lifecycle_stage for each in (left, old, elsewhere, mse.info.run_id)] == [
        "deleted",
        "deleted",
        "active",
        "active",
    ]


def test_what_is_deleted_meanwhile_as_a_double_is_tried_again_and_nothing_else(mse, client):
    ids = [mse.info.run_id]
    client.delete_run(client.create_run(mse.info.experiment_id).info.run_id)
    [deleted] = client.search_runs([mse.info.experiment_id], run_view_type=ViewType.DELETED_ONLY)
    ids.append(deleted.info.run_id)
    alike.again(lambda: client.set_tag(ids.pop(), "some", "tag"))
    assert client.get_run(mse.info.run_id).data.tags["some"] == "tag"
    ids = [mse.info.run_id, mse.info.run_id]
    with pytest.raises(MlflowException, match="Invalid value"):
        alike.again(lambda: client.set_tag(ids.pop(), "", "no name"))
    assert len(ids) == 1
    with pytest.raises(MlflowException, match="active"):
        alike.again(lambda: client.set_tag(deleted.info.run_id, "some", "tag"))
