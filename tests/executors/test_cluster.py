"""Chunks that are trained by the workers of a real scheduler of Dask."""

import json
import socket
import sys
from dataclasses import replace

import numpy as np
import psutil
import pytest

pytest.importorskip("distributed", reason="Dask is not installed: make setup EXTRA=dask")

from stages.basics.cli import UserError
from stages.budgets import making
from stages.execution import keys
from stages.executors import packing
from stages.executors.choice import from_environment
from stages.executors.cluster import Cluster, connect
from stages.executors.threads import Threads
from tests import planted
from tests.execution.test_scheduler import results
from tests.executors.clusters import cluster, kill
from tests.executors.test_processes import ANSWERS
from tests.training.units import make_unit, train_units

AT_ONCE = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}  # Dask gives a task up when one worker dies of it
KEEPS_COPIES = {"DASK_DISTRIBUTED__SCHEDULER__ACTIVE_MEMORY_MANAGER__START": "False"}
thorough = pytest.mark.thorough


@pytest.fixture(scope="module")
def units():
    return [
        make_unit("mse", rates=(0.01, 0.03)),
        make_unit("mae", rates=(0.01, 0.03)),
        make_unit("hinge", epochs=2, n_splits=2),
        make_unit("binary_crossentropy", epochs=2, n_splits=2),
    ]


@pytest.fixture(scope="module")
def on_threads(units):
    return results(units, Threads(1))


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A scheduler and two workers, which start in a folder without the project."""
    with cluster(tmp_path_factory.mktemp("cluster"), 2, "--no-nanny", environment=KEEPS_COPIES) as started:
        yield started


@thorough
def test_workers_run_this_project_whatever_else_is_called_stages(units, on_threads, another_stages, tmp_path):
    environment = {"PYTHONPATH": str(another_stages), "PYTHONSAFEPATH": "1"}
    with cluster(tmp_path / "cluster", 1, "--no-nanny", environment=environment) as started:
        assert results(units, Cluster(str(started.file))) == on_threads


def own(unit, name):
    """A unit with a loss of the user's own."""
    loss = replace(unit.loss, name=name, function=f"mine:{name}")
    return replace(unit, settings=unit.settings.model_copy(update={"loss": loss}))


def on_mapped_arrays(folder):
    """A unit on arrays of two inputs in a file that is mapped to memory, of which workers are told nothing."""
    unit = make_unit("binary_crossentropy", n_features=24, epochs=1, network={"kind": "conv", "filters": [2]})
    np.save(folder / "x.npy", unit.table.features.astype(np.float32))
    mapped, inputs = np.load(folder / "x.npy", mmap_mode="r"), (("image", (4, 5, 1)), ("beside", (4,)))
    settings = unit.settings.model_copy(update={"comparison": "arrays"})
    return replace(unit, settings=settings, table=replace(unit.table, features=mapped, inputs=inputs))


@thorough
def test_results_are_the_same_bytes_as_on_threads_and_rows_travel_once_to_each_worker(units, on_threads, two, tmp_path):
    of_arrays = on_mapped_arrays(tmp_path)
    expected = [here | of_mapped for here, of_mapped in zip(on_threads, results([of_arrays], Threads(1)), strict=True)]
    assert list(results([*units, of_arrays], Cluster(str(two.file)))) == expected
    with two.client() as client:
        logs = client.run(
            lambda dask_worker: [key for each in dask_worker.transfer_incoming_log for key in each["keys"]]
        )
        assert any(logs.values())
        assert all(len(set(log)) == len(log) for log in logs.values())
        modules = [client.run_on_scheduler(lambda: set(sys.modules)), *client.run(lambda: set(sys.modules)).values()]
        assert not set.union(*modules) & {"tensorflow", "keras", "stages"}


@thorough
def test_a_budgets_plan_gives_the_same_bytes_on_two_workers_and_counts_them(two, monkeypatch):
    within = {"budget": "1m", "minutes": 5, "rows": 50, "horizons": (2, 6), "tuning_rows": 20, "tuning_seeds": 2}
    planned = [make_unit(name, rates=(0.01, 0.03, 0.1), within=within) for name in ("mse", "mae")]
    assert results(planned, Cluster(str(two.file))) == results(planned, Threads(2))
    monkeypatch.setattr(making, "probe", lambda units, executor: {unit.loss.name: executor for unit in units})
    monkeypatch.setenv("LOSSLAB_EXECUTOR", f"dask://{two.file}")
    speeds, n_workers = making._probed(planned)
    assert (list(speeds), n_workers) == (["mse", "mae"], 2)


@pytest.mark.endurance
def test_a_worker_trains_one_chunk_at_a_time_on_one_processor_and_an_end_leaves_the_cluster_usable(units, two):
    seen = []

    def stop(*_):
        for worker in two.workers:
            [child] = psutil.Process(worker.pid).children() or [None]
            seen.append(child and child.environ()["LOSSLAB_THREADS"])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Cluster(str(two.file)) as executor:
        train_units(units, executor, on_progress=stop)
    assert "1" in seen
    assert set(seen) <= {"1", None}
    with two.client() as client:
        assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0
        assert client.submit(sum, [1, 2]).result() == 3
    assert not [child for worker in two.workers for child in psutil.Process(worker.pid).children()]


@pytest.mark.parametrize("n_workers", [pytest.param(2, marks=thorough), pytest.param(1, marks=pytest.mark.endurance)])
def test_what_a_killed_worker_had_is_trained_by_another_or_by_the_same_started_anew(
    n_workers, units, on_threads, tmp_path
):
    """One worker alone holds all rows, which are lost with it; what watches it starts it anew."""
    killed = []

    def kill_one(*_):
        if not killed:
            killed.append(started.workers[0])
            if n_workers > 1:
                kill(killed[0])
            else:
                [worker] = [each for each in psutil.Process(killed[0].pid).children() if each.children()]
                worker.kill()

    with cluster(tmp_path, n_workers, *(["--no-nanny"] if n_workers > 1 else [])) as started:
        by_name = results(units, Cluster(str(started.file)), on_progress=kill_one)[0]
    assert killed
    assert by_name == on_threads[0]


@pytest.mark.endurance
def test_chunks_that_end_their_process_or_their_worker_are_named_and_all_others_are_trained(tmp_path, write_own):
    write_own("other", "import keras\n")
    write_own(
        "mine",
        "import os\nfrom other import keras\n\n"
        "def ends_child(targets, outputs):\n    os.kill(os.getpid(), 9)\n\n"
        "def ends_worker(targets, outputs):\n    os.kill(os.getppid(), 9)\n    os.kill(os.getpid(), 9)\n\n"
        "def mild(targets, outputs):\n    return keras.ops.mean((targets - outputs) ** 2, axis=-1)\n",
    )
    sound = make_unit("mse", epochs=1)
    *deadly, mild = (own(sound, name) for name in ("ends_child", "ends_worker", "mild"))
    ended = {}

    def train():
        with Cluster(str(started.file)) as executor:
            train_units([*deadly, mild, sound], executor, made=ended)

    with cluster(tmp_path / "cluster", 2, environment=AT_ONCE) as started, pytest.raises(UserError) as raised:
        train()
    lines = sorted(str(raised.value).splitlines())
    assert lines[0] == "train: all other chunks are trained; those that the store keeps are not trained again"
    assert lines[1] == "train: made_up/ends_child, seeds 4 to 9: 3 workers died while they trained it"
    assert lines[2].startswith("train: made_up/ends_worker, seeds 4 to 9: ")
    assert lines[2].endswith(" workers died while they trained it")
    assert sorted(ended) == ["made_up/mild", "made_up/mse"]


@pytest.mark.endurance
def test_a_scheduler_that_ends_is_told_in_one_line(units, tmp_path):
    def train():
        with Cluster(str(started.file)) as executor:
            train_units(units, executor, on_progress=lambda *_: kill(started.scheduler))

    with (
        cluster(tmp_path, 1, "--no-nanny") as started,
        pytest.raises(UserError, match=r"^train: the Dask scheduler at .* is gone; what is trained is in the store$"),
    ):
        train()


@thorough
def test_a_mistake_of_ours_is_not_taken_for_a_cluster_that_is_gone(units, two, monkeypatch):
    mistake = FileNotFoundError(2, "a file of ours")

    def code():
        raise mistake

    monkeypatch.setattr(packing, "code", code)
    with pytest.raises(FileNotFoundError) as raised, Cluster(str(two.file)) as place:
        train_units(units, place)
    assert raised.value is mistake


@thorough
def test_workers_that_calculate_otherwise_are_refused_in_one_line(units, tmp_path, monkeypatch):
    def train():
        with Cluster(str(started.file)) as executor:
            train_units(units, executor)

    other = {"TF_ENABLE_ONEDNN_OPTS": "0", **KEEPS_COPIES}
    with cluster(tmp_path, 1, "--no-nanny", environment=other) as started:
        with pytest.raises(
            UserError, match=r"^train: the Dask worker at tcp://\S+ has device .*OPTS=0, here it is .*$"
        ):
            train()
        monkeypatch.setattr(keys, "versions", lambda: {"keras": "3.1", "numpy": "2.0", "tensorflow": "2.0"})
        with pytest.raises(UserError, match=r"^train: the Dask worker at tcp://\S+ has keras \S+, here it is 3.1: .*$"):
            train()


@pytest.fixture
def encrypted(tmp_path):
    """Dask's configuration of encryption, with a certificate of its own."""
    from distributed import Security

    made, paths = Security.temporary(), {}
    for name, content in (("cert", made.tls_client_cert), ("key", made.tls_client_key)):
        paths[name] = tmp_path / f"{name}.pem"
        paths[name].write_text(content, encoding="utf-8")
    of_roles = {
        f"{role}.{name}": str(path) for role in ("scheduler", "worker", "client") for name, path in paths.items()
    }
    of_tls = {f"tls.{key}": path for key, path in ({"ca-file": str(paths["cert"])} | of_roles).items()}
    return {f"distributed.comm.{key}": value for key, value in ({"require-encryption": True} | of_tls).items()}


@thorough
def test_an_encrypted_cluster_trains_the_same_bytes_and_what_is_not_configured_for_it_is_refused(
    encrypted, tmp_path, monkeypatch
):
    from dask import config

    unit = make_unit("mse", epochs=2)
    in_environment = {
        f"DASK_{key.replace('.', '__').replace('-', '_').upper()}": str(value) for key, value in encrypted.items()
    }
    with (
        config.set(encrypted),
        cluster(tmp_path / "cluster", 1, "--no-nanny", environment=in_environment | KEEPS_COPIES) as started,
    ):
        where = json.loads(started.file.read_text())["address"]
        assert where.startswith("tls://127.0.0.1:")
        monkeypatch.setenv("LOSSLAB_EXECUTOR", where)
        assert results([unit], from_environment([unit])) == results([unit], Threads(1))
        told = (
            "^LOSSLAB_EXECUTOR: 127.0.0.1:8786 is not encrypted, as Dask's configuration requires .* tls://host:8786$"
        )
        with pytest.raises(UserError, match=told):
            connect("127.0.0.1:8786")
    gone = encrypted | {"distributed.comm.tls.client.cert": str(tmp_path / "gone.pem")}
    told = r"^LOSSLAB_EXECUTOR: a certificate of Dask's configuration cannot be used"
    with config.set(gone), pytest.raises(UserError, match=told):
        connect(where)
    told = f"^LOSSLAB_EXECUTOR: {where} is encrypted, and Dask's configuration names no certificates; .*$"
    with pytest.raises(UserError, match=told):
        connect(where)


@thorough
def test_a_pickle_that_a_worker_answers_with_is_refused_in_a_line_and_not_read(two, tmp_path, write_own):
    content = planted.as_pickle(tmp_path / "done")
    answer = ANSWERS.format([b'["result", null]', content])
    write_own("mine", f"def planted(targets, outputs):\n    exec({answer!r})\n    return targets\n")
    unit = own(make_unit("mse", epochs=1), "planted")
    with (
        pytest.raises(UserError, match=r"^made_up/planted, seeds 4 to 9: what trained it answered with something else"),
        Cluster(str(two.file)) as place,
    ):
        train_units([unit], place)
    assert not (tmp_path / "done").exists()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@thorough
def test_a_scheduler_that_does_not_answer_is_told_in_one_line():
    where = f"127.0.0.1:{free_port()}"
    with pytest.raises(UserError, match=f"^LOSSLAB_EXECUTOR: no Dask scheduler answers at {where}$"):
        connect(where)


@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_a_file_that_is_no_schedulers_is_told_in_one_line(tmp_path, content):
    file = tmp_path / "scheduler.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=f"^LOSSLAB_EXECUTOR: {file} is not the file of a Dask scheduler; .*$"):
        connect(str(file))


def test_without_dask_a_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"^LOSSLAB_EXECUTOR: Dask is not installed; .*make setup EXTRA=dask$"):
        connect("127.0.0.1:8786")
