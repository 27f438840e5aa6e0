import pytest

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
        winners.write_recommended(recommended(houses=loss), file)
    monkeypatch.setattr("sys.argv", ["changed", *map(str, files)])
    if status is None:
        changed.main()
    else:
        with pytest.raises(SystemExit) as ended:
            changed.main()
        assert ended.value.code == status
    assert f"`{after}`" in capsys.readouterr().out


def test_the_first_screens_are_posted_without_pictures_and_links_that_lead_nowhere(root):
    report = (root / "reports/report.md").read_text(encoding="utf-8")
    posted = changed.first_screens(report)
    assert posted.startswith("## What became of the published claims\n")
    answers = [
        line for line in report.splitlines() if line.startswith("## ") and line.endswith("which loss to train with?")
    ]
    assert len(answers) == 6
    assert set(answers) <= set(posted.splitlines())
    assert "**Train:** `model.compile(" in posted
    assert "](" not in posted
    assert "How sure" not in posted
    assert posted.count("| loss |") == report.count("| **use this** |")
    many = report.replace("## How sure", "a line\n" * 20_000 + "## How sure")
    assert 59_000 < len(changed.first_screens(many)) <= 60_002


def test_a_report_beside_the_file_is_posted_below_the_table(tmp_path, monkeypatch, capsys):
    (tmp_path / "after.json").write_text("{}")
    (tmp_path / "report.md").write_text(
        "# Which loss?\n\n## houses: which loss?\n\n**Use `mse`.**\n\n## How sure\n\nMore.\n"
    )
    monkeypatch.setattr("sys.argv", ["changed", str(tmp_path / "after.json"), str(tmp_path / "after.json")])
    changed.main()
    assert capsys.readouterr().out.endswith("\n\n## houses: which loss?\n\n**Use `mse`.**\n")
