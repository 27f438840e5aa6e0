import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios

from stages.basics import progress
from stages.basics.progress import bars

SHOW = """
from stages.basics.progress import bars
with bars({"losses/of_a_name_that_is_much_too_long_for_it": 400}, unit="epochs", heading="all losses") as show:
    show("losses/of_a_name_that_is_much_too_long_for_it", 200)
"""


def test_nothing_is_shown_where_there_is_no_terminal(capfd):
    with bars({"a": 2, "b": 3}, unit="epochs", heading="all") as show:
        show("a", 2)
        show("b", 1)
    assert capfd.readouterr() == ("", "")


def in_terminal(root, code):
    """What code shows in a terminal of 80 columns."""
    ours, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        shown = b""
        try:
            while some := os.read(ours, 65536):
                shown += some
        except OSError:  # how Linux tells the end
            pass
        os.close(ours)
    assert process.returncode == 0
    return shown.decode()


def test_in_80_columns_a_long_name_is_cut_and_nothing_else(root):
    shown = in_terminal(root, SHOW)
    assert "losses/of_a_name_that_is_" in shown
    assert "…" in shown
    assert "200/400" in shown
    assert "-:--:--" in shown


def test_a_process_tells_another_of_its_progress_through_a_pipe(monkeypatch):
    reading, writing = os.pipe()
    monkeypatch.setenv(progress.PIPE, str(writing))
    with bars({"a": 2, "b": 3}, unit="epochs", heading="all") as show:
        show("a", 1)
        show("a", 2)
        for done in range(4):
            show("b", done)
    os.close(writing)
    with os.fdopen(reading) as lines:
        first, *others = map(json.loads, lines)
    assert first == {"totals": {"a": 2, "b": 3}, "unit": "epochs", "heading": "all"}
    assert others[0] == ["a", 1]
    assert ["a", 2] in others  # the end of a piece is told, however soon it comes
    assert others[-1] == ["b", 3]


def test_what_another_process_tells_is_shown_in_a_terminal_in_its_words(root):
    told = [{"totals": {"mse": 400}, "unit": "epochs", "heading": "all losses"}, ["mse", 200]]
    show = (
        "import json, sys\nfrom stages.basics.progress import show_from\n"
        f"show_from(map(json.dumps, {told!r}))\nsys.stdout.write('done')"
    )
    shown = in_terminal(root, show)
    assert "all losses" in shown
    assert "200/400" in shown
    assert "epochs" in shown


def test_a_notebook_shows_one_bar_as_html_and_nothing_when_the_work_has_ended():
    seen = []

    class Shown:
        def update(self, bar):
            seen.append((bar._repr_html_(), repr(bar)))

    def display(bar, *, display_id):
        assert display_id
        seen.append((bar._repr_html_(), repr(bar)))
        return Shown()

    with progress._in_notebook(display, {"a": 2, "b": 3}, "epochs", "all") as show:
        show("a", 2)
        show("b", 1)
    words = ["0 of 5 epochs (all)", "2 of 5 epochs (all)", "3 of 5 epochs (all)", ""]
    assert [plain for _, plain in seen] == words
    assert seen[2][0] == '<progress max="5" value="3"></progress> 3 of 5 epochs (all)'
    assert seen[3][0] == ""
