import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

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
    assert shown.rsplit("all losses", 1)[1].count("still -:--:--") == 1  # one estimate, of all work together


def begun(n_workers, pieces, *, start, compiling, step, n_free=0):
    """Work as it goes by a made-up clock: when what is done of all, as (seconds, done, free), and when it ends.

    Each of `pieces`, which are numbers of steps, waits for a worker, compiles, and then does its steps. A program
    counts as `compiling` / `step` of them.
    """
    workers, reports = [start] * n_workers, []
    for n_steps in pieces:
        begin = min(workers)
        workers.remove(begin)
        times = [begin + compiling + step * number for number in range(1, n_steps + 1)]
        reports += [(time, compiling / step + 1 if number == 0 else 1) for number, time in enumerate(times)]
        workers.append(times[-1])
    done, events = n_free, [(start / 2, n_free, n_free)] if n_free else []
    for time, more in sorted(reports):
        done += more
        events.append((time, round(done), n_free))
    return events, max(workers)


@pytest.mark.parametrize("n_free", [0, 500])
@pytest.mark.parametrize("compiling", [0.5, 6.0, 30.0])
@pytest.mark.parametrize("pieces", [[40] * 8, [10, 80] * 6, [200, 5, 5, 5, 200]])
def test_an_estimate_is_honest_from_its_first_on_though_programs_are_compiled_for_each_piece(pieces, compiling, n_free):
    events, end = begun(2, pieces, start=4.0, compiling=compiling, step=0.5, n_free=n_free)
    estimate = progress.Estimate(events[-1][1], 0.0)
    assert estimate.remaining() is None
    given = []
    for now, done, free in events:
        estimate.seen(done, free, now)
        if (remaining := estimate.remaining()) is not None:
            given.append((now, remaining, end - now))
    assert given[0][0] < 0.45 * end  # not only when it is over
    for _, remaining, left in given:
        assert left / 2 - 0.05 * end < remaining < 2 * left + 0.05 * end
    assert given[-1][1] == 0


def test_no_estimate_is_made_of_what_was_there_already():
    estimate = progress.Estimate(1000, 0.0)
    for now in (0.1, 0.2, 0.3):
        estimate.seen(round(2000 * now), round(2000 * now), now)
        assert estimate.remaining() is None


def test_work_of_many_kinds_is_shown_in_percent(root):
    shown = in_terminal(root, SHOW.replace('unit="epochs"', 'unit=""'))
    assert "50 %" in shown
    assert "/400" not in shown


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
    assert others[0] == ["a", 1, 0]
    assert ["a", 2, 0] in others  # the end of a piece is told, however soon it comes
    assert others[-1] == ["b", 3, 0]


def test_what_another_process_tells_is_shown_in_a_terminal_in_its_words(root):
    told = [{"totals": {"mse": 400}, "unit": "epochs", "heading": "all losses"}, ["mse", 200, 0]]
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
    in_percent = progress._Bar(5, "", "all")
    in_percent.n_done = 2
    assert repr(in_percent) == "40 % (all)"
    words = ["0 of 5 epochs (all)", "2 of 5 epochs (all)", "3 of 5 epochs (all)", ""]
    assert [plain for _, plain in seen] == words
    assert seen[2][0] == '<progress max="5" value="3"></progress> 3 of 5 epochs (all)'
    assert seen[3][0] == ""
