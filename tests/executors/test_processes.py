"""Chunks that are trained in other processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import fields, is_dataclass, replace

import numpy as np
import psutil
import pytest

from stages.basics import arrays
from stages.basics.cli import UserError
from stages.execution import keys
from stages.execution.cutting import compiling, cut
from stages.executors import child as child_module
from stages.executors import packing
from stages.executors.child import Child, Children, EndedError
from stages.executors.processes import Processes, Task, best_for, result_of
from stages.executors.threads import Threads
from stages.training.chunk import Candidate
from tests import planted
from tests.execution.test_scheduler import results
from tests.training.units import make_unit, train_units


@pytest.fixture(scope="module")
def units():
    return [make_unit("mse", rates=(0.01, 0.03)), make_unit("hinge", epochs=2, n_splits=2)]


def test_a_packed_chunk_comes_back_and_its_table_travels_apart():
    unit = make_unit("mse", n_splits=2)
    many = replace(unit, plan=replace(unit.plan, parts=np.zeros((2, 30_000), np.uint8)))
    [chunk] = cut(many, [Candidate(0.1)], 2)
    content, shared = packing.pack(chunk)
    assert len(content) < 10_000
    assert set(shared) > {unit.table.digest}
    assert len(shared) == 2
    again = packing.unpack(bytes(content), shared)
    assert again.unit.table.features is chunk.unit.table.features
    assert_same(again, chunk)


@pytest.mark.parametrize(
    "unit",
    [
        make_unit("mse", n_splits=2, rates=(0.01, 0.03)),
        make_unit("sparse_categorical_crossentropy", dropout=0.25),
        make_unit("huber"),
    ],
)
@pytest.mark.parametrize("large", [0, 10**9], ids=["all apart", "none apart"])
def test_a_chunk_is_the_same_when_it_has_travelled_as_bytes(unit, large, monkeypatch):
    monkeypatch.setattr(packing, "LARGE", large)
    weighed = replace(unit, table=replace(unit.table, weights=np.linspace(0.5, 1.5, len(unit.table.labels))))
    for chunk in cut(weighed, [Candidate(0.1), Candidate(0.3, "cosine", (("delta", 2.0),))], 7, is_tuning=True):
        content, shared = packing.pack(chunk)
        assert set(shared) >= {weighed.table.digest}
        travelled = {digest: arrays.from_bytes(bytes(give())) for digest, give in packing.contents(shared).items()}
        assert_same(packing.unpack(bytes(content), travelled), chunk)


def test_an_array_that_is_mapped_to_a_file_is_mapped_by_processes_of_this_machine_and_sent_to_others(tmp_path):
    unit = make_unit("mse")
    np.save(tmp_path / "x.npy", unit.table.features)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for features, is_whole in ((mapped, True), (mapped[:], False)):
        [chunk] = cut(replace(unit, table=replace(unit.table, features=features)), [Candidate(0.1)], 1)
        content, shared = packing.pack(chunk)
        for here in (True, False):
            given = packing.contents(shared, here=here)
            travelled = {digest: arrays.from_bytes(bytes(give())) for digest, give in given.items()}
            again = packing.unpack(bytes(content), travelled)
            table = replace(again.unit.table, features=features)
            assert_same(replace(again, unit=replace(again.unit, table=table)), chunk)
            np.testing.assert_array_equal(again.unit.table.features, unit.table.features)
            assert isinstance(again.unit.table.features, np.memmap) == (here and is_whole)


def assert_same(one, other):
    """Every field of one is that of the other."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
    elif is_dataclass(one):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    else:
        assert one == other


def test_the_code_that_travels_has_the_users_own_and_the_same_bytes_each_time(write_own):
    write_own("mine", "x = 1")
    assert b"stages/custom/mine.py" in packing.code()
    assert b"stages/training/seed_training.py" in packing.code()
    first = packing.code()
    assert packing.code() == first
    write_own("mine", "x = 2")
    assert packing.code() != first


@pytest.mark.endurance
def test_results_are_the_same_bytes_as_on_threads(units):
    assert results(units, Processes(2)) == results(units, Threads(1))


@pytest.mark.thorough
def test_a_loss_of_ones_own_that_ends_its_process_is_named_and_all_others_are_trained(write_own):
    write_own(
        "deadly",
        "import os\nimport keras\n\n"
        "def deadly(targets, outputs):\n    os.kill(os.getpid(), 9)\n\n"
        "def mild(targets, outputs):\n    print('hello')\n"
        "    return keras.ops.mean((targets - outputs) ** 2, axis=-1)\n",
    )
    sound = make_unit("mse", epochs=1)
    own = [
        replace(
            sound,
            settings=sound.settings.model_copy(
                update={"loss": replace(sound.loss, name=name, function=f"deadly:{name}")}
            ),
        )
        for name in ("deadly", "mild")
    ]
    ended = {}

    def train():
        with Processes(2) as executor:
            train_units([*own, sound], executor, made=ended)

    with pytest.raises(UserError, match=r"^train: made_up/deadly, seeds 4 to 9: 3 workers died"):
        train()
    assert sorted(ended) == ["made_up/mild", "made_up/mse"]


@pytest.mark.thorough
def test_a_process_that_has_trained_many_chunks_ends_and_gives_its_memory_back(units, tmp_path, monkeypatch):
    [chunk] = cut(units[1], [Candidate(0.1)], 1)
    content, shared = packing.pack(chunk)
    children = Children(tmp_path, packing.STAGES.parent)
    monkeypatch.setattr(child_module, "CHUNKS", 2)
    try:
        alive = []
        for _ in range(2):
            assert children.run(content, packing.contents(shared))[0] == "result"
            alive.append(["stages.executors.child" in each.cmdline() for each in psutil.Process().children()])
        assert (sum(alive[0]), sum(alive[1])) == (1, 0)
    finally:
        children.end()


@pytest.mark.endurance
def test_a_child_keeps_what_chunks_share_calculates_with_one_thread_and_says_when_it_dies(units, tmp_path):
    [chunk] = cut(units[1], [Candidate(0.1)], 1)
    content, shared = packing.pack(chunk)
    child = Child(tmp_path, packing.STAGES.parent)
    try:
        assert child.facts == keys.facts()
        kind, first = child.run(content, packing.contents(shared))
        assert kind == "result"
        assert "outputs" in arrays.from_bytes(first)
        assert child.run(content, {})[0] == "result"  # though nothing is sent that it had before
        [process] = [each for each in psutil.Process().children() if "stages.executors.child" in each.cmdline()]
        process.kill()
        with pytest.raises(EndedError):
            child.run(content, {})
    finally:
        child.end()


@pytest.mark.thorough
def test_processes_tell_their_epochs_before_they_end():
    unit, told = make_unit("mse", epochs=400), []
    with Processes(1) as executor:
        [done] = train_units([unit], executor, on_progress=lambda _, done: told.append(done)).values()
    assert done[0].settings == unit.settings
    assert told == sorted(told)
    assert 0 < told[0] - compiling(unit) < 3 * 400
    assert told[-1] - compiling(unit) == 3 * 400


ODD = """import os, subprocess, sys
from pathlib import Path
import keras


def loss(targets, outputs):
    {}
    return keras.ops.mean((targets - outputs) ** 2, axis=-1)
"""


def train_own(write_own, line):
    """Train, in another process, with a loss of one's own that does something odd."""
    write_own("odd", ODD.format(line))
    unit = make_unit("mse", epochs=1)
    own = replace(unit.loss, name="odd", function="odd:loss")
    with Processes(1) as executor:
        train_units([replace(unit, settings=unit.settings.model_copy(update={"loss": own}))], executor)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("raise ValueError('no good')", "ValueError: no good"),
        ("sys.exit('no good')", "SystemExit: no good"),
        ("input()", "EOFError: EOF when reading a line"),
    ],
)
def test_what_goes_wrong_in_the_users_own_code_comes_back_with_its_line(write_own, line, told):
    named = f"^made_up/odd, seeds 4 to 9: training failed in stages/custom/odd.py, line 7: {told}$"
    with pytest.raises(UserError, match=named):
        train_own(write_own, line)


@pytest.mark.thorough
def test_a_process_that_refused_a_chunk_trains_the_next_and_tells_its_epochs(write_own):
    write_own("odd", ODD.format("raise ValueError('no good')"))
    unit, epochs = make_unit("mse", epochs=3), []
    loss = replace(unit.loss, name="odd", function="odd:loss")
    refused = replace(unit, settings=unit.settings.model_copy(update={"loss": loss}))
    with Processes(1) as executor:
        with pytest.raises(UserError, match="no good"):
            executor.submit(cut(refused, [Candidate(0.1)], 3)[0], epochs.append).result()
        result = executor.submit(cut(unit, [Candidate(0.1)], 3)[0], epochs.append).result()
    assert result["finished"].all()
    assert epochs[0] >= 1


@pytest.mark.thorough
def test_what_the_users_own_code_prints_is_seen_and_what_it_starts_ends_with_it(
    write_own, tmp_path, capfd, monkeypatch
):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    started = "[subprocess.Popen(['sleep', '600']).pid, os.fork() or os.execvp('sleep', ['sleep', '600'])]"
    train_own(write_own, f"print('hello'); Path('started').write_text(str({started}))")
    assert "hello" in capfd.readouterr().err
    for pid in json.loads((tmp_path / "started").read_text()):
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("write", planted.WAYS)
def test_a_result_that_is_something_else_is_refused_in_a_line_and_not_read(units, tmp_path, write):
    [chunk] = cut(units[1], [Candidate(0.1)], 1)
    told = r"^made_up/hinge, seeds 4 to 9: what trained it answered with something else: no arrays: .*$"
    with pytest.raises(UserError, match=told):
        result_of(chunk, ("result", write(tmp_path / "done")))
    assert not (tmp_path / "done").exists()


# what runs in a process that trains finds how it answers, and answers itself
ANSWERS = """import gc
from multiprocessing.connection import Connection

gc.unfreeze()
for pipe in gc.get_objects():
    if isinstance(pipe, Connection) and pipe.writable:
        for content in {}:
            pipe.send_bytes(content)
"""


@pytest.mark.thorough
@pytest.mark.parametrize("before", [[], [b'["result", null]']], ids=["a message", "a result"])
def test_a_pickle_that_a_process_answers_with_is_refused_in_a_line_and_not_read(write_own, tmp_path, before):
    content = planted.as_pickle(tmp_path / "done")
    told = "what trained it answered with something else|a process that trains answered with something"
    with pytest.raises(UserError, match=told):
        train_own(write_own, f"exec({ANSWERS.format([*before, content])!r})")
    assert not (tmp_path / "done").exists()


@pytest.mark.thorough
def test_why_a_process_cannot_start_is_told(units, tmp_path, monkeypatch):
    (tmp_path / "keras.py").write_text("raise ImportError('no such luck')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with (
        Processes(1) as executor,
        pytest.raises(UserError, match=r"^a process that trains cannot start: no such luck$"),
    ):
        train_units(units, executor)


@pytest.mark.thorough
def test_processes_run_this_project_whatever_else_is_called_stages(units, another_stages, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(another_stages))
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    assert results(units[:1], Processes(1)) == results(units[:1], Threads(1))


def answer_of(unit, folder, module, line):
    """What a process answers whose copy of our code has one more line at the end of a module."""
    shutil.copytree(packing.STAGES, folder / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "stages" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n\n{line}\n")
    [chunk] = cut(unit, [Candidate(0.1)], 1)
    content, shared = packing.pack(chunk)
    children = Children(folder, folder)
    try:
        return children.run(content, packing.contents(shared))
    finally:
        children.end()


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("import stages.nothing", "ModuleNotFoundError: No module named 'stages.nothing'"),
        ("from stages.basics.words import no", "ImportError: cannot import name 'no' from 'stages.basics.words' "),
        ("open('a file of ours')", "FileNotFoundError: [Errno 2] No such file or directory: 'a file of ours'"),
        ("{}['x']", "KeyError: 'x'"),
    ],
)
def test_a_mistake_of_ours_by_which_a_process_cannot_start_comes_back_with_its_traceback(units, tmp_path, line, last):
    kind, told = answer_of(units[0], tmp_path, "basics/cli.py", line)
    assert kind == "error"
    assert told.startswith("Traceback ")
    assert told.splitlines()[-1].startswith(last)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        ("KeyError('x')", "error", "KeyError: 'x'"),
        ("FileNotFoundError(2, 'a file of ours')", "error", "FileNotFoundError: [Errno 2] a file of ours"),
        ("OSError('what a library says')", "error", "OSError: what a library says"),
        ("OSError(28, '', 'a.keras')", "user", "a.keras: No space left on device"),
    ],
)
def test_of_what_fails_in_a_process_only_what_the_system_refuses_is_told_as_the_users(
    units, tmp_path, error, kind, told
):
    line = f"def train(chunk, on_epoch):\n    raise {error}"
    answer, text = answer_of(units[0], tmp_path, "training/seed_training.py", line)
    assert answer == kind
    assert text.splitlines()[-1] == told
    assert text.startswith("Traceback ") == (kind == "error")


def test_one_that_is_still_starting_ends_at_once(tmp_path):
    children, answers = Children(tmp_path, packing.STAGES.parent), []
    waiting = threading.Thread(target=lambda: answers.append(children.run(b"", {})))
    waiting.start()
    while not children._busy:
        waiting.join(0.01)
    [child] = children._busy
    children.end()
    assert not child.is_alive()
    waiting.join()
    assert answers == [("died", None)]
    assert children.run(b"", {}) == ("died", None)


@pytest.mark.thorough
def test_children_end_with_the_process_that_started_them(tmp_path):
    program = (
        "import sys, time; from pathlib import Path\n"
        "from stages.executors.child import Child; from stages.executors import packing\n"
        f"child = Child(Path({str(tmp_path)!r}), packing.STAGES.parent)\n"
        "print(child._process.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=packing.STAGES.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        child = psutil.Process(int(process.stdout.readline()))
        os.kill(process.pid, signal.SIGKILL)
        child.wait(timeout=60)


def tasks(*chunks):
    return [Task(chunk, print) for chunk in chunks]


def test_a_process_goes_on_with_what_it_has_compiled_and_leaves_to_others_what_they_have():
    first, second = make_unit("mse", rates=(0.01, 0.03)), make_unit("mae", rates=(0.01, 0.03))
    [final] = tasks(*cut(first, [Candidate(0.1)], 2))
    [one, longer] = tasks(*(cut(first, [Candidate(0.1)] * 2, epochs, is_tuning=True)[0] for epochs in (2, 6)))
    [other] = tasks(*cut(second, [Candidate(0.1)] * 2, 2, is_tuning=True))
    assert one.program == longer.program != other.program
    nothing, had = set(), {one.program}
    assert best_for(0, [final, one, other], [nothing, nothing]) == 1  # more waits upon what tunes
    assert best_for(0, [other, longer], [had, nothing]) == 1  # its own first
    assert best_for(1, [longer, other], [had, nothing]) == 1  # another's last
    assert best_for(1, [longer], [had, nothing]) == 0  # but rather than none
    assert best_for(1, [longer, final], [had, nothing]) == 1
    assert best_for(0, [final, final], [nothing, nothing]) == 0


def test_what_has_not_begun_is_cancelled_at_the_end():
    [chunk] = cut(make_unit("mse"), [Candidate(0.1)], 100_000)
    with Processes(1) as executor:
        started = threading.Event()
        running = executor.submit(chunk, lambda _: started.set())
        waiting = executor.submit(chunk, print)
        started.wait(60)
    assert isinstance(running.exception(10), Exception)
    assert waiting.cancelled()
