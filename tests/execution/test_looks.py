import asyncio
from types import SimpleNamespace

import pytest

from stages.execution.looks import groups, longest_first, train_looks
from stages.execution.scheduler import LostError
from stages.execution.unit_training import work
from tests.training.units import make_unit


class Training:
    """Stands for the training of a loss: keeps how many seeds it was asked for, and loses a chunk at one of these."""

    def __init__(self, loss, looks=(10, 20, 30, 40), lost_at=None):
        settings = SimpleNamespace(looks=looks, seeds=range(looks[-1] if looks else 7))
        self.unit = SimpleNamespace(loss=SimpleNamespace(name=loss), settings=settings)
        self.asked, self._lost_at = [], lost_at

    async def of_seeds(self, n_seeds):
        await asyncio.sleep(0)
        if n_seeds == self._lost_at:
            raise LostError
        self.asked.append(n_seeds)
        return SimpleNamespace(loss=self.unit.loss, seeds=range(n_seeds))


def train(trainings, *answers):
    """Train by looks with these answers in turn: the losses that go on, and what each look saw."""
    seen, answers = [], list(answers)

    def go_on(runs):
        seen.append([(run.loss.name, len(run.seeds)) for run in runs])
        return answers.pop(0)

    runs = asyncio.run(train_looks(trainings, go_on))
    return [(run.loss.name, len(run.seeds)) for run in runs], seen


def test_losses_go_on_look_by_look_until_none_does():
    mse, mae, huber = trainings = [Training("mse"), Training("mae"), Training("huber")]
    runs, seen = train(trainings, ["mse", "mae"], ["mse", "mae"], [])
    assert runs == seen[-1] == [("mse", 30), ("mae", 30), ("huber", 10)]
    assert (mse.asked, mae.asked, huber.asked) == ([10, 20, 30], [10, 20, 30], [10])


def test_a_loss_that_goes_on_again_catches_up():
    trainings = [Training("mse"), Training("mae"), Training("huber")]
    runs, _ = train(trainings, ["mse", "mae"], ["mse", "mae", "huber"], [])
    assert runs == [("mse", 30), ("mae", 30), ("huber", 30)]
    assert trainings[2].asked == [10, 30]


def test_the_last_look_is_the_last():
    runs, seen = train([Training("mse", (10, 20)), Training("mae", (10, 20))], ["mse", "mae"], ["mse", "mae"])
    assert runs == [("mse", 20), ("mae", 20)]
    assert len(seen) == 2


@pytest.mark.parametrize(("looks", "n_seeds"), [((10, 20, 30), 30), ((), 7)])
def test_a_loss_alone_trains_all_its_seeds_at_once(looks, n_seeds):
    training = Training("mse", looks)
    assert train([training]) == ([("mse", n_seeds)], [])
    assert training.asked == [n_seeds]


def test_where_a_chunk_is_given_up_the_others_of_the_look_are_trained_and_the_comparison_is_lost():
    trainings = [Training("mse", lost_at=10), Training("mae")]
    with pytest.raises(LostError):
        train(trainings, [])
    assert trainings[1].asked == [10]


def test_losses_that_are_looked_at_are_trained_together_and_others_by_themselves():
    def unit(comparison, loss, looks):
        settings = SimpleNamespace(comparison=comparison, looks=looks)
        return SimpleNamespace(settings=settings, name=f"{comparison}/{loss}")

    units = [unit("a", "mse", (10, 20)), unit("b", "mse", ()), unit("a", "mae", (10, 20)), unit("b", "mae", ())]
    assert groups(units) == [[0, 2], [1], [3]]


def test_what_takes_longest_begins_first_and_of_equals_what_came_first():
    assert longest_first([[0, 2], [1], [3], [4]], [1, 5, 3, 4, 9]) == [[4], [1], [0, 2], [3]]
    settings = {"rates": (0.01, 0.03)}
    short, long, wide = (
        make_unit("mse", **settings),
        make_unit("mse", epochs=90, **settings),
        make_unit("mse", hidden=[500]),
    )
    assert work(short) < work(long)
    assert work(make_unit("mse")) < work(wide)
