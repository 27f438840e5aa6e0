import errno
import gc
import gzip
import os
import pty
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from stages.basics import cli


@pytest.fixture(autouse=True)
def what_is_left_is_looked_through_again():
    yield
    gc.unfreeze()


def raising(error):
    def main():
        raise error

    return main


def test_a_mistake_of_the_user_ends_with_its_lines_and_status_one_and_no_traceback(root):
    code = "from stages.basics import cli\ndef main(): raise cli.UserError('first', 'second')\ncli.run(main)"
    ended = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", "first\nsecond\n")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (cli.UserError("one"), "one"),
        (cli.UserError("one", "two"), "one\ntwo"),
        (PermissionError(13, "Permission denied", "data/raw"), "data/raw: Permission denied"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (KeyboardInterrupt(), "stopped; dvc repro starts this stage again"),
    ],
    ids=["one", "two", "rights", "room", "interrupt"],
)
def test_what_a_user_can_mend_is_told_in_plain_lines(error, line, monkeypatch):
    monkeypatch.delenv("LOSSLAB_DEBUG", raising=False)
    with pytest.raises(SystemExit) as ended:
        cli.run(raising(error))
    assert ended.value.code == line


@pytest.mark.parametrize("error", [cli.UserError("one"), PermissionError(13, "no")], ids=["user", "system"])
def test_debugging_shows_the_traceback(error, monkeypatch):
    monkeypatch.setenv("LOSSLAB_DEBUG", "1")
    with pytest.raises(type(error)) as raised:
        cli.run(raising(error))
    assert raised.value is error


def test_nothing_is_looked_through_for_garbage_at_the_end_of_a_program():
    gc.unfreeze()
    cli.run(lambda: None)
    assert gc.get_freeze_count() > 1000


def test_what_is_to_be_said_beside_a_mistake_stands_below_it_and_a_stage_that_ends_well_says_none_of_it():
    for error in (cli.UserError("one"), KeyboardInterrupt()):
        with pytest.raises(SystemExit) as ended:
            cli.run(raising(error), lambda: ["two", "th\nree"])
        assert ended.value.code.splitlines()[1:] == ["two", "th\\nree"]
    cli.run(lambda: None, lambda: pytest.fail("a stage that ended well"))


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: 1 / 0,
        lambda: Path("a file of ours").read_text(),
        lambda: Path(__file__).mkdir(),
        lambda: Path().read_text(),
        lambda: gzip.decompress(b"no gzip"),
    ],
    ids=["no error of the system", "not there", "there already", "a folder", "what a library calls one"],
)
def test_a_mistake_of_ours_keeps_its_traceback(mistake, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOSSLAB_DEBUG", raising=False)
    with pytest.raises((ZeroDivisionError, OSError)):
        cli.run(mistake)


def test_a_disk_that_takes_no_more_ends_a_stage_in_one_line_and_leaves_nothing_half_written(
    defaults_text, tmp_path, root
):
    (tmp_path / "params.yaml").write_text(defaults_text, encoding="utf-8")
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))\n"  # bytes of a file
        "from stages import generate; from stages.basics import cli; cli.run(generate.main)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "LOSSLAB_DEBUG"}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    [line] = ended.stderr.splitlines()
    assert line == "data/raw/regression.parquet: File too large"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "params.yaml"]


def test_a_stage_that_ends_well_returns(capsys):
    cli.run(lambda: cli.say("done"))
    assert capsys.readouterr() == ("done\n", "")


def test_nothing_that_is_told_acts_on_the_terminal(capsys, monkeypatch):
    evil = "a\x1b[2Jb\rc\nd\x07e\u202ef\u2028g\ud800h\x9b1m"
    shown = r"a\x1b[2Jb\rc\nd\x07e\u202ef\u2028g\ud800h\x9b1m"
    cli.say(evil)
    assert capsys.readouterr().out == f"{shown}\n"
    monkeypatch.delenv("LOSSLAB_DEBUG", raising=False)
    for error in (cli.UserError(evil), OSError(errno.ENOSPC, "", evil)):
        with pytest.raises(SystemExit) as ended:
            cli.run(raising(error))
        assert ended.value.code.removesuffix(": No space left on device") == shown


def test_what_is_told_is_as_it_is_in_every_script(capsys):
    told = "größe, 価格, السعر, خانه\u200cها, 👩\u200d💻"
    cli.say(told)
    assert capsys.readouterr().out == f"{told}\n"


def in_a_terminal(code, columns):
    """What a terminal of so many columns gets from code, line by line."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    child = subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    said = b""
    with suppress(OSError):  # the end of a terminal
        while some := os.read(ours, 4096):
            said += some
    child.wait()
    os.close(ours)
    return said.decode().splitlines()


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("call", ["say({!r})", "run(lambda: (_ for _ in ()).throw(UserError({!r})))"])
def test_lines_in_a_terminal_break_at_words_and_fit(columns, call):
    line = "scale: houses: left out: " + ", ".join(f"column_{i} (it only tells rows apart)" for i in range(9))
    lines = in_a_terminal(f"from stages.basics.cli import UserError, run, say; {call.format(line)}", columns)
    assert len(lines) > 3
    assert max(map(len, lines)) <= min(columns, 80)
    assert " ".join(part.strip() for part in lines) == line


def test_what_reads_lines_gets_them_whole(capsys):
    line = "word " * 50 + "end"
    cli.say(line)
    assert capsys.readouterr().out == f"{line}\n"


def test_a_command_is_never_broken_in_two():
    command = "git stash push params.yaml && dvc repro"
    line = f"track: back to what was before this experiment, which had other parameters: {command}"
    lines = in_a_terminal(f"from stages.basics.cli import say; say({line!r})", 80)
    assert lines[-1].strip() == command
    assert len(lines) == 2
