import json

import pytest

from stages.commands import changed


def verdicts(**losses):
    return {name: {"recommended": {"loss": loss} if loss else None} for name, loss in losses.items()}


def test_where_no_recommended_loss_changes_nothing_fails():
    lines, has_changed = changed.table(verdicts(houses="mse", old="mae"), verdicts(houses="mse", new="huber"))
    assert lines[2:] == [
        "| `houses` | `mse` | `mse` |  |",
        "| `old` | `mae` |  | gone |",
        "| `new` |  | `huber` | new |",
    ]
    assert not has_changed


@pytest.mark.parametrize(("before", "after"), [("mse", "mae"), ("mse", None), (None, "mse")])
def test_another_recommended_loss_is_a_change_and_so_is_none(before, after):
    lines, has_changed = changed.table(verdicts(houses=before, cars="mse"), verdicts(houses=after, cars="mse"))
    assert lines[2].endswith("| **changed** |")
    assert lines[3] == "| `cars` | `mse` | `mse` |  |"
    assert has_changed


@pytest.mark.parametrize(("after", "status"), [("mae", 1), ("mse", None)])
def test_the_status_says_whether_one_has_changed(tmp_path, monkeypatch, capsys, after, status):
    for name, loss in (("before", "mse"), ("after", after)):
        (tmp_path / f"{name}.json").write_text(json.dumps(verdicts(houses=loss)))
    monkeypatch.setattr("sys.argv", ["changed", str(tmp_path / "before.json"), str(tmp_path / "after.json")])
    if status is None:
        changed.main()
    else:
        with pytest.raises(SystemExit) as ended:
            changed.main()
        assert ended.value.code == status
    assert f"`{after}`" in capsys.readouterr().out
