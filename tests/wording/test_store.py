from dataclasses import replace

import pytest

from stages.execution import keys
from stages.execution.cutting import cut
from stages.records.settings import OptimizerSettings
from stages.training.chunk import Candidate
from stages.wording.store import what_is_new
from tests.training.units import make_unit


def parts(unit, *candidates, epochs=3, device="a processor"):
    [chunk, *_] = cut(unit, list(candidates) or [Candidate(0.1)], epochs, is_tuning=True)
    return keys.parts_of(chunk, device)


def with_settings(unit, **changes):
    return replace(unit, settings=unit.settings.model_copy(update=changes))


def with_table(unit, **changes):
    return replace(unit, table=replace(unit.table, **changes))


UNIT = with_settings(make_unit("mse", n_splits=2), selected_by="rmse")
HUBER = with_settings(make_unit("huber", n_splits=2), selected_by="rmse")
OTHER_SPLITS = replace(UNIT, plan=replace(UNIT.plan, split_of=1 - UNIT.plan.split_of))
OTHER_CODE = keys.training_code() | {"stages/training/steps.py": "x"}
SGD = OptimizerSettings(name="SGD", learning_rate=0.1, momentum=0.1)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (parts(UNIT, Candidate(0.2)), "the learning rates"),
        (parts(UNIT, Candidate(0.1), Candidate(0.2), epochs=4), "the learning rates, the epochs"),
        (parts(UNIT, Candidate(0.1, "cosine")), "the schedule of the learning rate"),
        (parts(UNIT, Candidate(0.1, "constant", (("delta", 2.0),))), "the parameters to choose from"),
        (parts(with_settings(UNIT, hidden=(9,), optimizer=SGD)), "the hidden layers, the optimizer"),
        (parts(with_settings(UNIT, selected_by="mae")), "the score that chooses"),
        (parts(with_table(UNIT, features=UNIT.table.features + 1)), "the rows"),
        (
            parts(replace(UNIT, plan=replace(UNIT.plan, split_of=1 - UNIT.plan.split_of))),
            "which rows train, validate and test",
        ),
        (parts(UNIT.of_seeds([0])), "the seeds"),
        (parts(UNIT, device="another"), "the kind of processor"),
        (parts(UNIT) | {"versions": keys.versions() | {"keras": "4.0"}}, "keras 4.0 (was {keras})"),
        (
            parts(UNIT) | {"code": keys.training_code() | {"stages/training/steps.py": "x"}},
            "the code in stages/training/steps.py",
        ),
        (parts(UNIT) | {"own code": {"stages/custom/costs.json": "x"}}, "your own stages/custom/costs.json"),
        (parts(HUBER), "the function of the loss"),
    ],
)
def test_what_is_new_of_a_chunk_is_said_in_the_words_of_the_parameters(now, words):
    found = keys.differences(now, [parts(UNIT)])
    assert what_is_new(found, 0) == words.format(**keys.versions())


def test_every_part_of_a_key_has_words():
    before = parts(UNIT)
    for part in before:
        changed = {"code of loss and score": [[{"quantile": 2}, {}]], "candidates": [[0.5, "constant", []]]}
        assert what_is_new({part: (changed.get(part, {}), before[part])}, 0) or part in ("is first", "is to use")


def test_more_files_than_few_are_counted():
    now = parts(UNIT) | {"code": {}}
    every = sorted(keys.training_code())
    words = f"the code in {', '.join(every[:3])} and {len(every) - 3} more"
    assert what_is_new(keys.differences(now, [parts(UNIT)]), 0) == words


def test_what_is_most_like_it_tells_what_is_new():
    others = [parts(with_settings(UNIT, hidden=(9,)), epochs=7), parts(UNIT, epochs=9), parts(HUBER)]
    assert what_is_new(keys.differences(parts(UNIT), others), 0) == "the epochs"
    assert keys.differences(parts(UNIT), [{"epochs": 3}]) is None  # of another version of the project
    assert keys.differences(parts(UNIT), []) is None
    assert what_is_new(None, 0) is None


def test_a_later_chunk_differs_from_others_in_what_was_chosen_which_is_nothing_new():
    before = [parts(UNIT)]
    assert what_is_new(keys.differences(parts(UNIT, Candidate(0.3), epochs=9), before), 1) is None
    assert what_is_new(keys.differences(parts(UNIT.of_seeds([1])), before), 1) == "the seeds"
