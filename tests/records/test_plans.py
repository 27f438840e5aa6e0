from dataclasses import fields, replace

import numpy as np
import pytest

from stages.basics.cli import UserError
from stages.losses.validity import Seen
from stages.records import plans
from stages.records.datasets import Description
from stages.records.plans import Part, Plan, Scaling

TRAIN, VALIDATION, TEST, UNUSED = Part


def scaling(n_splits=2, n_features=3, n_targets=1, start=0.5):
    """Numbers of which no two are alike."""
    lines = [start + np.arange(n_splits * n, dtype=float).reshape(n_splits, n) for n in [n_features] * 3]
    lines += [start + np.arange(n_splits * n_targets, dtype=float).reshape(n_splits, n_targets) for _ in range(2)]
    return Scaling(*(line + 100 * index for index, line in enumerate(lines)))


@pytest.fixture
def plan():
    """Four rows, two splits, three seeds."""
    parts = np.array([[TEST, TRAIN, VALIDATION, TRAIN], [TRAIN, TEST, TEST, VALIDATION]], np.uint8)
    return Plan("kfold", 2, False, parts, np.array([0, 1, 0]), scaling(), scaling(start=7.25), wanted_folds=10)


def test_the_rows_of_a_seed_are_those_of_its_split(plan):
    assert plan.rows(0, TEST).tolist() == plan.rows(2, TEST).tolist() == [0]
    assert plan.rows(0, TRAIN).tolist() == [1, 3]
    assert plan.rows(1, TRAIN, VALIDATION).tolist() == [0, 3]
    assert plan.rows(1, TRAIN, VALIDATION, TEST).tolist() == plan.split_rows(1, *Part).tolist() == [0, 1, 2, 3]
    assert (plan.n_seeds, plan.n_splits) == (3, 2)


def test_of_many_rows_that_train_a_seed_some_are_scored_and_all_that_it_tests(plan, monkeypatch):
    assert plan.scored.all()
    monkeypatch.setattr(plans, "TRAIN_ROWS_SCORED", 2)
    again = replace(plan)
    assert again.scored_rows(0, TEST).tolist() == [0]
    assert len(again.scored_rows(0, TRAIN, VALIDATION)) == 2
    assert again.scored.sum(axis=1).tolist() == [3, 4]
    of_masks = replace(again, n_positions=2)  # fewer rows have as many targets
    monkeypatch.setattr(plans, "FEWEST_SCORED", 1)
    assert len(of_masks.scored_rows(0, TRAIN, VALIDATION)) == 1
    alone = again.of_seeds([1])  # what is scored is not decided by the seeds beside
    np.testing.assert_array_equal(alone.scored[0], again.scored[1])


def test_a_plan_comes_back_as_it_was_written(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plans.write_plan("houses", plan)
    back = plans.read_plan("houses")
    assert (back.method, back.n_folds, back.fixed, back.wanted_folds) == ("kfold", 2, False, 10)
    assert (back.parts.dtype, back.parts.tolist()) == (np.uint8, plan.parts.tolist())
    assert back.split_of.tolist() == [0, 1, 0]
    for which in ("to_tune", "to_train"):
        for field in fields(Scaling):
            ours, theirs = (getattr(getattr(each, which), field.name) for each in (plan, back))
            np.testing.assert_array_equal(ours, theirs)


def test_clusters_of_rows_come_back_with_the_plan(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plans.write_plan("houses", replace(plan, clusters=np.array([0, 1, 0, 2]), clusters_are="groups and copies"))
    back = plans.read_plan("houses")
    assert (back.clusters.tolist(), back.clusters_are) == ([0, 1, 0, 2], "groups and copies")
    assert back.of_seeds([1]).clusters.tolist() == [0, 1, 0, 2]
    plans.write_plan("houses", plan)
    assert (plans.read_plan("houses").clusters, plans.read_plan("houses").clusters_are) == (None, None)


def test_the_same_plan_is_written_in_the_same_bytes(plan, tmp_path, monkeypatch):
    written = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        plans.write_plan("houses", plan)
        written.append([path.read_bytes() for path in sorted((tmp_path / name).rglob("*.*"))])
    assert len(written[0]) == 2
    assert written[0] == written[1]


@pytest.mark.parametrize("ending", ["json", "npz"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[1]"])
def test_a_damaged_plan_names_the_stage_that_writes_it(plan, tmp_path, monkeypatch, ending, content):
    monkeypatch.chdir(tmp_path)
    plans.write_plan("houses", plan)
    (tmp_path / f"data/plans/houses.{ending}").write_bytes(content)
    with pytest.raises(UserError) as raised:
        plans.read_plan("houses")
    assert str(raised.value) == (
        f"data/plans/houses.{ending} cannot be read (damaged or cut short); write it again with: "
        "dvc repro --force scale"
    )


def test_a_scaling_is_repeated_for_every_split():
    one = scaling(n_splits=1)
    three = one.repeated(3)
    for field in fields(Scaling):
        [line] = getattr(one, field.name)
        assert getattr(three, field.name).tolist() == [line.tolist()] * 3


def describe(classes=()):
    return Description(
        task="binary" if classes else "regression",
        inferred=None,
        other_tasks=[],
        classes=list(classes),
        targets=["y"],
        files=[],
        csv=None,
        n_read=4,
        columns=[],
    )


def test_a_loss_sees_the_scaled_targets_of_each_splits_train_and_validation_rows(plan):
    values = np.array([[1.0], [2.0], [3.0], [5.0]])
    first, second = plans.seen_by_losses(plan, describe(), values, batch_size=8)
    center, spread = plan.to_train.target_center, plan.to_train.target_spread
    np.testing.assert_allclose(first.labels, (values[1:] - center[0]) / spread[0])
    np.testing.assert_allclose(second.labels, (values[[0, 3]] - center[1]) / spread[1])
    assert (first.task, first.classes, first.batch_size) == ("regression", [], 8)
    assert [first.spread, second.spread] == spread.tolist()


def test_a_loss_sees_classes_as_they_are(plan):
    none = scaling(n_targets=0)
    plan = Plan("first", 0, True, plan.parts[:1], np.zeros(2, int), none, none)
    [seen] = plans.seen_by_losses(plan, describe("ab"), np.array([1, 0, 1, 1]), batch_size=8)
    assert isinstance(seen, Seen)
    assert (seen.labels.tolist(), seen.classes, seen.spread) == ([0, 1, 1], ["a", "b"], [])
