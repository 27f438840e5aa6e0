import gc
import subprocess
import sys

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
        (PermissionError(13, "Permission denied", "data/raw"), "[Errno 13] Permission denied: 'data/raw'"),
        (KeyboardInterrupt(), "stopped; dvc repro starts this stage again"),
    ],
    ids=["one", "two", "system", "interrupt"],
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


def test_a_mistake_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        cli.run(lambda: 1 / 0)


def test_a_stage_that_ends_well_returns(capsys):
    cli.run(lambda: cli.say("done"))
    assert capsys.readouterr() == ("done\n", "")


def test_nothing_that_is_told_acts_on_the_terminal(capsys, monkeypatch):
    evil = "a\x1b[2Jb\rc\nd\x07e\u202ef\u2028g\ud800h\x9b1m"
    shown = r"a\x1b[2Jb\rc\nd\x07e\u202ef\u2028g\ud800h\x9b1m"
    cli.say(evil)
    assert capsys.readouterr().out == f"{shown}\n"
    monkeypatch.delenv("LOSSLAB_DEBUG", raising=False)
    for error in (cli.UserError(evil), OSError(evil)):
        with pytest.raises(SystemExit) as ended:
            cli.run(raising(error))
        assert ended.value.code == shown


def test_what_is_told_is_as_it_is_in_every_script(capsys):
    told = "größe, 価格, السعر, خانه\u200cها, 👩\u200d💻"
    cli.say(told)
    assert capsys.readouterr().out == f"{told}\n"
