import os

from stages.basics import machine


def test_the_memory_of_a_machine_is_known_and_the_limit_of_its_container(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "CONTAINER", tmp_path / "memory.max")
    free = machine.memory()
    assert free > 10**8
    (tmp_path / "memory.max").write_text("50000000\n", encoding="ascii")
    assert machine.memory() == 50_000_000
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    assert machine.memory() > 50_000_000


def test_graphics_cards_are_known_where_they_are_not_hidden(tmp_path, monkeypatch):
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "information").write_text("Model: \t Fast 9000\nBus: 1\n", encoding="utf-8")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert machine.cards(tmp_path) == ["Fast 9000"]
    assert machine.device(cards_in=tmp_path).split()[-2:] == ["Fast", "9000"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert machine.cards(tmp_path) == []


def test_processors_are_those_that_the_process_may_use_or_as_many_as_are_asked_for(monkeypatch):
    monkeypatch.delenv("LOSSLAB_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 8}, raising=False)
    assert machine.processors() == 3
    monkeypatch.setenv("LOSSLAB_THREADS", "7")
    assert machine.processors() == 7
    monkeypatch.delenv("LOSSLAB_THREADS")
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert machine.processors() == 12
