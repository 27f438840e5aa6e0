import pickle
from concurrent.futures import Future

import numpy as np
import pytest

from stages.basics.cli import UserError
from stages.execution.cutting import compiling, cut
from stages.execution.executor import DiedError
from stages.execution.scheduler import Scheduler, Tally
from stages.execution.unit_training import train_unit
from stages.executors.threads import Threads
from stages.training.chunk import Candidate
from tests.training.units import make_unit, train_units


def results(units, executor, store=None, on_progress=lambda *_: None):
    """What each unit gave, as bytes, and the last that was reported of each: networks times epochs."""
    done = {}

    def report(unit, n_done):
        done[unit.name] = n_done
        on_progress(unit, n_done)

    with executor:
        made = train_units(units, executor, store, report)
    by_name = {
        name: pickle.dumps([run.history.to_csv(), run.scores.to_csv(), run.outputs.tobytes(), model])
        for name, (run, model) in made.items()
    }
    return by_name, done


@pytest.fixture(scope="module")
def units():
    return [make_unit("mse"), make_unit("hinge", epochs=2, n_splits=2)]


@pytest.fixture(scope="module")
def one_by_one(units):
    return results(units, Threads(1))


@pytest.mark.thorough
def test_results_are_the_same_whatever_the_number_of_threads(units, one_by_one):
    assert set(one_by_one[0]) == {"made_up/mse", "made_up/hinge"}
    expected = {"made_up/mse": 3 * 3 + compiling(units[0]), "made_up/hinge": 3 * 2 + compiling(units[1])}
    assert one_by_one[1] == expected
    assert results(units, Threads(3)) == one_by_one


class Failing:
    """An executor by which chunks of one loss fail, each time with the next of some errors, and others are trained."""

    device = "made up"

    def __init__(self, loss, *errors):
        self.loss, self.errors, self.given, self.is_ended = loss, list(errors), [], False
        self.inner = Threads(1)

    def submit(self, chunk, on_epoch):
        if chunk.unit.loss.name == self.loss and self.errors:
            future = Future()
            future.set_exception(self.errors.pop(0))
        else:
            future = self.inner.submit(chunk, on_epoch)
        self.given.append(future)
        return future

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.is_ended = True
        self.inner.__exit__(*error)


def test_an_error_ends_the_executor_and_cancels_what_has_not_begun(units):
    executor = Failing("mse", OSError(28, "No space left on device"))
    with pytest.raises(OSError, match="No space left"):
        results([units[0], *[units[1]] * 5], executor)
    assert executor.is_ended
    assert executor.given[-1].cancelled()


@pytest.mark.thorough
def test_what_a_worker_died_of_twice_is_trained_by_the_third(units, one_by_one):
    executor = Failing("mse", DiedError(), DiedError())
    assert results(units, executor) == one_by_one
    assert len(executor.given) == 4


@pytest.mark.parametrize("deaths", [[1, 1, 1], [3]])
def test_a_chunk_that_ends_three_workers_is_named_when_all_others_are_trained(units, deaths):
    ended = []

    async def finish(scheduler, unit):
        await train_unit(unit, scheduler.trainer(unit, Tally()))
        ended.append(unit.name)

    with Failing("mse", *map(DiedError, deaths)) as executor:
        scheduler = Scheduler(executor)
        work = [finish(scheduler, unit) for unit in units]
        with pytest.raises(
            UserError, match=r"^train: made_up/mse, seeds 4 to 9: 3 workers died while they trained it\n"
        ):
            scheduler.run(work)
    assert ended == ["made_up/hinge"]


def test_what_is_done_is_of_all_chunks_that_are_being_trained():
    """Two chunks of ten seeds at a time: what one has done is not taken back by what the other tells."""
    unit = make_unit("mse", seeds=range(20), epochs=4)
    told, executor = [], Held()
    scheduler = Scheduler(executor, on_progress=lambda _, done: told.append(done))
    train = scheduler.trainer(unit, tally := Tally())
    first, second = cut(unit.of_seeds(range(10)), [Candidate(0.05)], 4) + cut(
        unit.of_seeds(range(10, 20)), [Candidate(0.05)], 4
    )

    async def work():
        await train([first, second])

    with executor:
        scheduler.run([work()])
    program = compiling(unit)  # of each of the two counts too
    assert told[0] - program == 10
    assert [done - 2 * program for done in told[1:]] == [20, 40, 60, 70, 80]
    assert (tally.done, tally.under_way, tally.stored) == (80 + 2 * program, {}, 0)


class Held:
    """Trains two chunks at once in words alone: their epochs are told in turn, and then both are done."""

    device, n_workers = "none", 2

    def __init__(self):
        self.chunks = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def submit(self, chunk, on_epoch):
        self.chunks.append((chunk, on_epoch, Future()))
        if len(self.chunks) == 2:
            (_, one, done), (_, other, also_done) = self.chunks
            for tell, epochs in ((one, 1), (other, 1), (one, 3), (other, 3)):
                tell(epochs)
            for future in (done, also_done):
                future.set_result({"seconds": np.array(1.0)})
        return self.chunks[-1][2]
