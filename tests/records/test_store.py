import os
import resource
import threading
from hashlib import sha256

import numpy as np
import pytest

from stages.basics import files
from stages.basics.cli import UserError
from stages.records import store
from stages.records.store import DamagedError, Store
from tests import planted

ARRAYS = {"scores": np.arange(6.0).reshape(2, 3), "failed": np.array([True, False]), "name": np.array("mse")}


@pytest.fixture
def kept(tmp_path):
    return Store(tmp_path / "store")


def same(a, b):
    return list(a) == list(b) and all(np.array_equal(a[name], b[name]) and a[name].dtype == b[name].dtype for name in a)


def test_what_was_put_comes_back_with_its_types(kept):
    kept.put("one", ARRAYS)
    assert same(kept.get("one"), ARRAYS)


def test_a_key_that_nothing_was_put_under_gives_nothing(kept):
    assert kept.get("one") is None


@pytest.mark.parametrize("damage", [lambda data: data[:-30], lambda data: data[:90] + b"x" + data[91:], lambda _: b""])
def test_a_damaged_file_is_said_and_removed(kept, damage):
    kept.put("one", ARRAYS)
    [path] = kept.files()
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedError, match="was damaged"):
        kept.get("one")
    assert kept.get("one") is None


def test_whichever_byte_is_damaged_it_is_said(kept):
    kept.put("one", ARRAYS)
    [path] = kept.files()
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :])
        with pytest.raises(DamagedError):
            kept.get("one")


@pytest.mark.parametrize("write", planted.WAYS)
def test_an_entry_that_holds_something_else_is_removed_and_not_read_though_its_hash_is_right(kept, tmp_path, write):
    kept.put("one", ARRAYS)
    [path] = kept.files()
    content = write(tmp_path / "done")
    path.write_bytes(content + sha256(content).digest())
    with pytest.raises(DamagedError, match="was damaged"):
        kept.get("one")
    assert not path.exists()
    assert not (tmp_path / "done").exists()


def test_what_was_read_longest_ago_is_removed_first(tmp_path):
    big = {"values": np.zeros(1000)}
    kept = Store(tmp_path, limit=25_000)
    for position, key in enumerate("abc"):
        kept.put(key, big)
        os.utime(tmp_path / key, ns=(position, position))
    kept.get("a")
    kept.put("d", big)
    assert {path.name for path in kept.files()} == {"c", "a", "d"}
    assert kept.size() <= 25_000


def test_one_that_is_larger_than_all_may_be_is_kept_alone(tmp_path):
    kept = Store(tmp_path, limit=10)
    kept.put("a", ARRAYS)
    kept.put("b", ARRAYS)
    assert [path.name for path in kept.files()] == ["b"]


def test_emptying_it_removes_also_what_was_half_written(kept, ended_process):
    kept.put("one", ARRAYS)
    (kept.folder / files.writing_prefix().replace(str(os.getpid()), str(ended_process))).write_bytes(b"half")
    assert kept.empty() == 1
    assert list(kept.folder.iterdir()) == []


def test_a_put_that_the_disk_does_not_take_leaves_nothing_behind(kept):
    kept.put("one", ARRAYS)
    most, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            kept.put("two", {"values": np.zeros(10_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    assert [path.name for path in kept.folder.iterdir()] == ["one"]


def test_many_may_put_and_get_at_once(tmp_path):
    kept, mistakes = Store(tmp_path, limit=20_000), []

    def work(number):
        for turn in range(20):
            key = f"{(number + turn) % 5}"
            kept.put(key, {"values": np.full(500, float(key))})
            read = kept.get(key)
            if read is not None and not (read["values"] == float(key)).all():
                mistakes.append(key)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not mistakes
    assert not list(tmp_path.glob(".writing-*"))


def test_the_environment_says_where_it_is_how_large_and_whether(monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("LOSSLAB_STORE", raising=False)
    assert store.from_environment() == Store(tmp_path / ".losslab" / "store", 5_000_000_000)
    monkeypatch.setenv("LOSSLAB_STORE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("LOSSLAB_STORE_GB", "0.5")
    assert store.from_environment() == Store(tmp_path / "elsewhere", 500_000_000)
    monkeypatch.setenv("LOSSLAB_STORE", "")
    assert store.from_environment() is None


@pytest.mark.parametrize("size", ["much", "-1", "0", "inf", "nan"])
def test_a_size_that_is_none_is_refused_in_one_line(monkeypatch, size):
    monkeypatch.delenv("LOSSLAB_STORE", raising=False)
    monkeypatch.setenv("LOSSLAB_STORE_GB", size)
    with pytest.raises(UserError, match=r"LOSSLAB_STORE_GB: .* allowed: a number above 0"):
        store.from_environment()


def test_what_entries_are_is_read_without_their_arrays(kept):
    facts = {"unit": "houses/mse", "parts": {"epochs": 3, "rates": [0.1]}}
    kept.put("one", ARRAYS, facts)
    kept.put("two", ARRAYS)
    assert list(kept.facts()) == [facts]
    assert same(kept.get("one"), ARRAYS)


@pytest.mark.parametrize("content", [b"", b"x" * 30, b"x" * 300, b"{" + (1).to_bytes(8) + bytes(32)])
def test_what_a_file_is_that_is_no_entry_is_not_said(kept, content):
    kept.put("one", ARRAYS, {"unit": "houses/mse"})
    (kept.folder / "two").write_bytes(content)
    assert list(kept.facts()) == [{"unit": "houses/mse"}]
