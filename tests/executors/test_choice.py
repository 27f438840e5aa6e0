"""Where chunks are trained when nobody says, and when the environment does."""

from dataclasses import replace

import numpy as np
import pytest

from stages.basics.cli import UserError
from stages.executors import choice
from stages.executors.choice import LARGE, PROCESS_MEMORY, from_environment, here
from stages.executors.processes import Processes
from stages.executors.threads import Threads
from tests.training.units import make_unit


@pytest.fixture
def of_machine(monkeypatch):
    """A machine with so many processors, and memory for so many processes, on which nothing is asked for."""

    def set_up(n_processors, n_fit=100, n_cards=0):
        monkeypatch.delenv("LOSSLAB_EXECUTOR", raising=False)
        monkeypatch.setattr(choice, "processors", lambda: n_processors)
        monkeypatch.setattr(choice, "memory", lambda: n_fit * PROCESS_MEMORY)
        monkeypatch.setattr(choice, "cards", lambda: n_cards * ["a card"])

    return set_up


def units(n, n_seeds=6):
    """So many units, each a chunk for thirty seeds or fewer."""
    return [make_unit("mse", seeds=tuple(range(n_seeds)))] * n


def n_at_once(place):
    return place._pool._max_workers


@pytest.mark.parametrize(
    ("n_processors", "n_fit", "n_units", "n_processes"), [(2, 9, 9, 2), (8, 9, 3, 3), (64, 10, 99, 10), (2, 9, 2, 2)]
)
def test_there_are_as_many_processes_as_processors_units_and_memory_allow(
    of_machine, n_processors, n_fit, n_units, n_processes
):
    of_machine(n_processors, n_fit)
    place = from_environment(units(n_units))
    assert isinstance(place, Processes)
    assert n_at_once(place) == n_processes


@pytest.mark.parametrize(("n_processors", "n_fit", "n_units"), [(1, 9, 9), (8, 9, 1), (8, 1, 9), (8, 0, 9)])
def test_what_would_be_one_process_is_this_one(of_machine, n_processors, n_fit, n_units):
    of_machine(n_processors, n_fit)
    assert isinstance(from_environment(units(n_units)), Threads)


def test_what_runs_are_chunks_of_which_a_unit_may_have_several(of_machine):
    of_machine(16)
    assert n_at_once(from_environment(units(1, n_seeds=90))) == 3


def test_a_large_table_is_shared_by_threads(of_machine):
    of_machine(4)
    small, unit = units(2)
    features = np.zeros((int(LARGE / 8), 2))
    large = replace(unit, table=replace(unit.table, features=features))
    assert isinstance(here([small, small]), Processes)
    assert isinstance(here([small, large]), Threads)


def test_a_large_table_that_is_mapped_to_memory_is_shared_by_as_many_processes_as_hold_what_they_use(
    of_machine, tmp_path
):
    of_machine(4, 3.5)
    [unit] = units(1, n_seeds=90)
    unit = replace(unit, plan=replace(unit.plan, parts=np.zeros((1, int(LARGE / 8)), np.uint8)))
    mapped = np.lib.format.open_memmap(tmp_path / "large.npy", mode="w+", dtype="float32", shape=(int(LARGE / 8), 2))
    many = replace(unit, table=replace(unit.table, features=mapped))
    few = replace(many, plan=replace(unit.plan, parts=np.where(np.arange(len(mapped)) < 9, 0, 3)[None]))
    assert n_at_once(here([few])) == 3  # 1.5 GB each
    assert n_at_once(here([many])) == 2  # and 450 MB more


def test_a_graphics_card_is_for_one_process(of_machine):
    of_machine(8, n_cards=1)
    assert isinstance(from_environment(units(9)), Threads)


@pytest.mark.parametrize(("asked", "kind", "n"), [("threads", Threads, 3), ("processes:7", Processes, 7)])
def test_the_environment_may_ask_for_threads_or_a_number_of_processes(of_machine, monkeypatch, asked, kind, n):
    of_machine(3)
    monkeypatch.setenv("LOSSLAB_EXECUTOR", asked)
    for place in (from_environment(units(2)), here(units(2))):
        assert isinstance(place, kind)
    assert asked == "threads" or n_at_once(place) == n


@pytest.mark.parametrize("where", ["cluster", "processes:0", "processes", "dask", "dask://", "tls://", "ray://host"])
def test_a_place_that_is_none_is_told_with_those_that_are(monkeypatch, where):
    monkeypatch.setenv("LOSSLAB_EXECUTOR", where)
    for choose in (from_environment, here):
        with pytest.raises(UserError, match=f"^LOSSLAB_EXECUTOR: '{where}' given; allowed: threads, processes:4 .*$"):
            choose([])


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("dask://host:8786", "host:8786"),
        ("tls://host:8786", "tls://host:8786"),
        ("dask://tls://host:8786", "tls://host:8786"),
        ("dask:///shared/scheduler.json", "/shared/scheduler.json"),
    ],
)
def test_a_cluster_is_asked_for_by_its_address_or_its_file(monkeypatch, asked, where):
    pytest.importorskip("distributed", reason="Dask is not installed: make setup EXTRA=dask")
    monkeypatch.setenv("LOSSLAB_EXECUTOR", asked)
    assert from_environment([])._where == where


def test_what_runs_beside_a_cluster_runs_on_this_machine(of_machine, monkeypatch):
    of_machine(2)
    monkeypatch.setenv("LOSSLAB_EXECUTOR", "dask://127.0.0.1:1")
    assert isinstance(here(units(4)), Processes)
