import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

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


def test_in_80_columns_a_long_name_is_cut_and_nothing_else(root):
    ours, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen([sys.executable, "-c", SHOW], cwd=root, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        shown = b""
        try:
            while some := os.read(ours, 65536):
                shown += some
        except OSError:  # how Linux tells the end
            pass
        os.close(ours)
    assert process.returncode == 0
    assert "losses/of_a_name_that_is_" in shown.decode()
    assert "…" in shown.decode()
    assert "200/400" in shown.decode()
    assert "-:--:--" in shown.decode()
