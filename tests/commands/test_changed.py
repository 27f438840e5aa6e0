import pytest

from stages.basics import paths
from stages.commands import changed
from stages.records import winners
from stages.records.winners import Recommended


def recommended(**losses):
    return {
        name: Recommended(loss, "rmse", 1.5, beats_constant=True) if loss else None for name, loss in losses.items()
    }


def test_where_no_recommended_loss_changes_nothing_fails():
    lines, has_changed = changed.table(recommended(houses="mse", old="mae"), recommended(houses="mse", new="huber"))
    assert lines[2:] == [
        "| `houses` | `mse` | `mse` |  |",
        "| `old` | `mae` |  | gone |",
        "| `new` |  | `huber` | new |",
    ]
    assert not has_changed


@pytest.mark.parametrize(("before", "after"), [("mse", "mae"), ("mse", None), (None, "mse")])
def test_another_recommended_loss_is_a_change_and_so_is_none(before, after):
    lines, has_changed = changed.table(recommended(houses=before, cars="mse"), recommended(houses=after, cars="mse"))
    assert lines[2].endswith("| **changed** |")
    assert lines[3] == "| `cars` | `mse` | `mse` |  |"
    assert has_changed


@pytest.mark.parametrize(("after", "status"), [("mae", 1), ("mse", None)])
def test_the_status_says_whether_one_has_changed(tmp_path, monkeypatch, capsys, after, status):
    files = [tmp_path / "before.json", tmp_path / "after.json"]
    for file, loss in zip(files, ("mse", after), strict=True):
        monkeypatch.setattr(paths, "RECOMMENDED", file)
        winners.write_recommended(recommended(houses=loss))
    monkeypatch.setattr("sys.argv", ["changed", *map(str, files)])
    if status is None:
        changed.main()
    else:
        with pytest.raises(SystemExit) as ended:
            changed.main()
        assert ended.value.code == status
    assert f"`{after}`" in capsys.readouterr().out
