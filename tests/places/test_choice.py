"""Where chunks are trained when nobody says, and when the environment does."""

from dataclasses import replace

import pytest

from stages.basics import machine
from stages.basics.cli import UserError
from stages.engine.executor import training
from stages.places import choice
from stages.places.choice import PROCESS_MEMORY, from_environment, here
from stages.places.processes import Processes
from stages.places.threads import Threads
from tests.engine.units import make_unit


@pytest.fixture
def of_machine(monkeypatch):
    """A machine with so many processors, and memory for so many processes, on which nothing is asked for."""

    def set_up(n_processors, n_fit=100, n_cards=0):
        monkeypatch.delenv("LOSSLAB_EXECUTOR", raising=False)
        monkeypatch.setattr(choice, "processors", lambda: n_processors)
        monkeypatch.setattr(choice, "memory", lambda: n_fit * PROCESS_MEMORY)
        monkeypatch.setattr(choice, "cards", lambda: n_cards * ["a card"])

    return set_up


def n_at_once(place):
    return place._pool._max_workers


@pytest.mark.parametrize(
    ("n_processors", "n_fit", "n_units", "n_processes"), [(2, 9, 9, 2), (8, 9, 3, 3), (64, 10, 99, 10), (2, 9, 2, 2)]
)
def test_there_are_as_many_processes_as_processors_units_and_memory_allow(
    of_machine, n_processors, n_fit, n_units, n_processes
):
    of_machine(n_processors, n_fit)
    place = from_environment(n_units)
    assert isinstance(place, Processes)
    assert n_at_once(place) == n_processes


@pytest.mark.parametrize(("n_processors", "n_fit", "n_units"), [(1, 9, 9), (8, 9, 1), (8, 1, 9), (8, 0, 9)])
def test_what_would_be_one_process_is_this_one(of_machine, n_processors, n_fit, n_units):
    of_machine(n_processors, n_fit)
    assert isinstance(from_environment(n_units), Threads)


def test_a_graphics_card_is_for_one_process(of_machine):
    of_machine(8, n_cards=1)
    assert isinstance(from_environment(9), Threads)


@pytest.mark.parametrize(("asked", "kind", "n"), [("threads", Threads, 3), ("processes:7", Processes, 7)])
def test_the_environment_may_ask_for_threads_or_a_number_of_processes(of_machine, monkeypatch, asked, kind, n):
    of_machine(3)
    monkeypatch.setenv("LOSSLAB_EXECUTOR", asked)
    for place in (from_environment(2), here(2)):
        assert isinstance(place, kind)
    assert asked == "threads" or n_at_once(place) == n


@pytest.mark.parametrize("where", ["cluster", "processes:0", "processes", "dask", "ray://host"])
def test_a_place_that_is_none_is_told_with_those_that_are(monkeypatch, where):
    monkeypatch.setenv("LOSSLAB_EXECUTOR", where)
    with pytest.raises(UserError, match=f"^LOSSLAB_EXECUTOR: '{where}' given; allowed: threads, processes:4 .*$"):
        from_environment(2)


def test_what_runs_beside_a_cluster_runs_on_this_machine(of_machine, monkeypatch):
    of_machine(2)
    monkeypatch.setenv("LOSSLAB_EXECUTOR", "dask://127.0.0.1:1")
    assert isinstance(here(4), Processes)


def test_the_memory_of_a_machine_is_known():
    assert machine.memory() > 10**8


@pytest.mark.thorough
def test_processes_tell_their_epochs_before_they_end():
    unit = make_unit("mse", epochs=400)
    longer = replace(unit, settings=unit.settings.model_copy(update={"epochs": 4000}))
    told = []
    with Processes(1) as place:
        [done] = training([longer], lambda _, epochs: told.append(epochs), place)
    assert done.unit is longer
    assert told == sorted(told)
    assert 0 < told[0] < 4000
    assert told[-1] == 4000
