import errno
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from stages.basics import files
from stages.basics.cli import UserError


class Interrupted(BaseException):
    """Stands for Ctrl-C in the middle of a write."""


def interrupted(path, error, write):
    """Start to replace a path, and fail."""
    with files.replacing(path) as temporary:
        write(temporary)
        raise error


def everything(folder):
    return {path.relative_to(folder).as_posix(): path.is_file() and path.read_text() for path in folder.rglob("*")}


@pytest.mark.parametrize("error", [ValueError, Interrupted])
def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(error):
        interrupted(tmp_path / "a.txt", error, lambda temporary: temporary.write_text("half of the n"))
    assert everything(tmp_path) == {"a.txt": "old"}


def test_a_block_that_fails_leaves_the_old_folder_and_nothing_else(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old.txt").write_text("old")
    with pytest.raises(Interrupted):
        interrupted(tmp_path / "run", Interrupted, lambda temporary: (temporary / "deep").mkdir(parents=True))
    assert everything(tmp_path) == {"run": False, "run/old.txt": "old"}


def test_what_the_system_refuses_in_a_block_names_the_file_that_was_to_be_written(tmp_path):
    with pytest.raises(OSError, match="No space left on device") as raised:
        interrupted(tmp_path / "a.txt", OSError(errno.ENOSPC, "No space left on device"), Path.touch)
    assert raised.value.filename == str(tmp_path / "a.txt")
    assert everything(tmp_path) == {}


def test_a_file_never_takes_the_place_of_a_folder_nor_stands_in_one_that_is_a_file(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "kept.txt").write_text("kept")
    before = everything(tmp_path)
    for path, reason in (("folder", "it is a folder"), ("folder/kept.txt/a.txt", f"{tmp_path}/folder/kept.txt is no")):
        with pytest.raises(UserError, match=f"^{tmp_path}/{path} cannot be written: {reason}"):
            files.write_json(tmp_path / path, [1])
    assert everything(tmp_path) == before


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="Linux has such a folder")
def test_a_folder_that_takes_no_new_files_is_told():
    with pytest.raises(UserError, match=r"^/proc/a\.txt cannot be written: /proc takes no new files$"):
        files.write_json(Path("/proc/a.txt"), [1])


def test_the_old_file_stands_until_the_block_ends(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    with files.replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
        assert (tmp_path / "a.txt").read_text() == "old"
    assert everything(tmp_path) == {"a.txt": "new"}


def test_a_new_folder_replaces_an_old_one_with_all_that_it_held(tmp_path):
    (tmp_path / "run" / "deep").mkdir(parents=True)
    (tmp_path / "run" / "deep" / "old.txt").write_text("old")
    with files.replacing(tmp_path / "run") as temporary:
        temporary.mkdir()
        (temporary / "new.txt").write_text("new")
    assert everything(tmp_path) == {"run": False, "run/new.txt": "new"}


MAKE = pytest.mark.parametrize("make", [Path.mkdir, Path.touch])


@MAKE
def test_what_a_killed_process_left_half_written_is_removed_by_the_next_write_and_that_of_a_living_one_stays(
    tmp_path, ended_process, make
):
    prefix = files.writing_prefix()
    make(tmp_path / f"{prefix}living")
    make(tmp_path / f"{prefix.replace(str(os.getpid()), str(ended_process))}dead")
    with files.replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", f"{prefix}living"}


@MAKE
@pytest.mark.parametrize("host", ["gpu-2", "gpu", platform.node()])
def test_what_another_machine_is_writing_stays_though_its_name_be_alike_and_goes_when_it_is_a_day_old(
    tmp_path, monkeypatch, ended_process, make, host
):
    monkeypatch.setattr(platform, "node", lambda: "gpu")
    others = {tmp_path / f".writing-{host}-{ended_process}-a1", tmp_path / f".writing-0123456789ab-{ended_process}-a1"}
    for path in others:
        make(path)
    files.remove_left_over(tmp_path)
    assert set(tmp_path.iterdir()) == others
    yesterday = time.time() - files.OLD - 60
    for path in others:
        os.utime(path, (yesterday, yesterday))
    files.remove_left_over(tmp_path)
    assert not set(tmp_path.iterdir())


def test_a_folder_in_which_another_machine_wrote_today_stays(tmp_path):
    folder = tmp_path / ".writing-0123456789ab-1-a1"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "new.txt").touch()
    for path in (folder / "deep", folder):
        os.utime(path, (0, 0))
    files.remove_left_over(tmp_path)
    assert folder.is_dir()


def test_a_container_leaves_what_is_written_outside_it_though_both_share_a_name(tmp_path, root):
    """In a container processes have numbers of their own, and this one's is that of none."""
    container = ["unshare", "--user", "--map-root-user", "--pid", "--fork"]
    if not shutil.which("unshare") or subprocess.run([*container, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a container with unshare")
    code = "import pathlib; from stages.basics import files; files.remove_left_over(pathlib.Path())"
    environment = os.environ | {"PYTHONPATH": str(root)}
    with files.replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
        subprocess.run([*container, sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert everything(tmp_path) == {"a.txt": "new"}


def test_folders_above_a_new_file_are_made(tmp_path):
    with files.replacing(tmp_path / "a" / "b" / "c.txt") as temporary:
        temporary.write_text("new")
    assert everything(tmp_path) == {"a": False, "a/b": False, "a/b/c.txt": "new"}


def test_json_comes_back_as_it_was_and_keeps_the_order_of_its_keys(tmp_path):
    value = {"z": [1, 2.5, None], "a": {"é": "≥", "ok": True}}
    files.write_json(tmp_path / "a.json", value)
    assert list(files.read_json(tmp_path / "a.json", stage="scale")) == ["z", "a"]
    assert files.read_json(tmp_path / "a.json", stage="scale") == value
    assert "≥" in (tmp_path / "a.json").read_text(encoding="utf-8")


def test_json_that_cannot_be_written_leaves_the_old_file(tmp_path):
    files.write_json(tmp_path / "a.json", [1])
    with pytest.raises(TypeError):
        files.write_json(tmp_path / "a.json", [object()])
    assert json.loads((tmp_path / "a.json").read_text()) == [1]


def test_a_table_comes_back_with_its_values_and_kinds_and_without_its_index(tmp_path):
    table = pd.DataFrame({"x1": [0.1, -2.5], "target": [0, 2], "part": ["train", "test"]}, index=[7, 9])
    files.write_table(tmp_path / "a.parquet", table)
    pd.testing.assert_frame_equal(files.read_table(tmp_path / "a.parquet", stage="scale"), table.reset_index(drop=True))


READERS = pytest.mark.parametrize("read", [files.read_json, files.read_table])


@READERS
def test_a_missing_file_is_named_with_the_stage_that_writes_it(tmp_path, read):
    path = tmp_path / "a.file"
    with pytest.raises(UserError) as raised:
        read(path, stage="scale")
    assert str(raised.value) == f"{path} is missing; write it with: dvc repro --force scale"


@READERS
@pytest.mark.parametrize("content", [b"", b'{"a": ', b"PAR1 and no more", b"\xff\xfe"])
def test_a_damaged_file_is_named_with_the_stage_that_writes_it(tmp_path, read, content):
    path = tmp_path / "a.file"
    path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        read(path, stage="generate")
    assert str(raised.value) == (
        f"{path} cannot be read (damaged or cut short); write it again with: dvc repro --force generate"
    )


def test_a_table_cut_short_anywhere_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    files.write_table(path, pd.DataFrame({"x1": range(100)}))
    whole = path.read_bytes()
    for kept in range(0, len(whole), len(whole) // 10):
        path.write_bytes(whole[:kept])
        with pytest.raises(UserError, match="cannot be read"):
            files.read_table(path, stage="scale")


def test_an_interruption_while_reading_is_not_taken_for_damage(tmp_path):
    with pytest.raises(Interrupted), files.reading(tmp_path, "scale"):
        raise Interrupted


@pytest.mark.parametrize("mistake", [KeyError("x"), TypeError("x"), AttributeError("x"), FileNotFoundError(2, "x")])
def test_a_mistake_of_ours_while_something_is_read_is_not_taken_for_damage(tmp_path, mistake):
    files.write_json(tmp_path / "a.json", [1])
    with pytest.raises(type(mistake)), files.reading(tmp_path / "a.json", "scale"):
        raise mistake
