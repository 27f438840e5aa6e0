import numpy as np

from stages.commands import show_store
from stages.records.store import Store


def test_it_says_where_the_store_is_and_how_full(tmp_path):
    kept = Store(tmp_path, limit=2_500_000_000)
    kept.put("one", {"values": np.zeros(300_000)})
    kept.put("two", {"values": np.zeros(1)})
    assert show_store.looked_at(kept) == [
        f"the store: {tmp_path}",
        "2 entries, 2.4 MB of at most 2.5 GB; empty it with: make store EMPTY=1",
    ]


def test_emptying_it_says_how_much_there_was(tmp_path):
    kept = Store(tmp_path / "store")
    kept.put("one", {"values": np.zeros(300)})
    assert show_store.looked_at(kept)[1].startswith("1 entry, 2.7")
    assert show_store.emptied(kept) == [f"the store: 1 entry removed from {tmp_path}/store"]
    assert kept.files() == []


def test_one_that_is_switched_off_is_said(monkeypatch, capsys):
    monkeypatch.setenv("LOSSLAB_STORE", "")
    monkeypatch.setattr("sys.argv", ["show_store"])
    show_store.main()
    assert capsys.readouterr().out == "the store is switched off: LOSSLAB_STORE is empty\n"
    assert show_store.emptied(None) == show_store.looked_at(None)
