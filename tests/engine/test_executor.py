import multiprocessing
import pickle
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from stages.engine.executor import training
from tests.engine.units import make_unit


def results(units, executor):
    """What each unit gave, as bytes, and the last epoch that was reported of each."""
    epochs = {}
    with training(units, lambda unit, epoch: epochs.update({unit.name: epoch}), executor) as trained:
        by_name = {
            unit.name: pickle.dumps(
                [
                    run.history.to_csv(),
                    run.scores.to_csv(),
                    *(array.tobytes() for array in (run.outputs, *weights)),
                ]
            )
            for unit, run, weights in trained
        }
    return by_name, epochs


@pytest.fixture(scope="module")
def units():
    return [make_unit("mse"), make_unit("hinge", epochs=2, n_splits=2)]


@pytest.fixture(scope="module")
def one_by_one(units):
    return results(units, ThreadPoolExecutor(1))


@pytest.mark.thorough
def test_results_are_the_same_whatever_the_executor(units, one_by_one):
    assert set(one_by_one[0]) == {"made_up/mse", "made_up/hinge"}
    assert one_by_one[1] == {"made_up/mse": 3, "made_up/hinge": 2}
    assert results(units, None) == one_by_one
    # never forked: TensorFlow does not live through it
    assert results(units, ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))) == one_by_one


class Waiting(Executor):
    """It begins nothing, and its shutdown takes no more than the base class says, as Dask's does."""

    def __init__(self):
        self.futures = []
        self.is_shut = False

    def submit(self, _function, /, *_arguments, **_keywords):
        self.futures.append(Future())
        return self.futures[-1]

    def shutdown(self, wait=True):
        self.is_shut = wait


def test_an_error_cancels_what_has_not_begun_and_closes_any_executor(units):
    executor = Waiting()

    def stop():
        with training(units, lambda *_: None, executor) as trained:
            executor.futures[0].set_exception(OSError(28, "No space left on device"))
            next(trained)

    with pytest.raises(OSError, match="No space left"):
        stop()
    assert executor.is_shut
    assert executor.futures[1].cancelled()
