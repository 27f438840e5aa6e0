from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.features import planning, scaling
from stages.params.schema import Scale, Split
from stages.records.datasets import Description
from stages.records.plans import Part, Scaling

TRAIN, VALIDATION, TEST, UNUSED = Part


def describe(*, classes=(), generated=False, groups=()):
    return Description(
        task="binary" if classes else "regression",
        inferred=None,
        other_tasks=[],
        classes=list(classes),
        targets=["y"],
        files=[] if generated else ["own.csv"],
        csv=None,
        n_read=40,
        columns=[],
        groups={name: name for name in groups},
    )


@pytest.fixture
def table():
    """Forty rows: two features of which one is missing here and there, and a target."""
    rng = np.random.default_rng(0)
    features = rng.normal([3, 100], [1, 20], (40, 2))
    features[::7, 1] = np.nan
    return features, pd.DataFrame({"target": rng.normal(5, 2, 40)})


def plan(table, *, split=None, scale=None, n_seeds=3, description=None):
    features, rows = table
    return planning.make_plan(
        rows,
        description or describe(),
        features,
        ["number"] * features.shape[1],
        split=split or Split(),
        scale=scale or Scale(),
        n_seeds=n_seeds,
        key="params.yaml: datasets.own.split",
    )


def assert_same(ours, theirs):
    """Two scalings of the same numbers."""
    for field in fields(Scaling):
        np.testing.assert_array_equal(getattr(ours, field.name), getattr(theirs, field.name))


def lines_of(numbers):
    return [getattr(numbers, field.name) for field in fields(Scaling)]


def test_every_split_is_scaled_by_its_own_rows(table):
    made = plan(table)
    assert (made.method, made.n_folds, made.n_splits, made.n_seeds) == ("kfold", 10, 3, 3)
    values = table[1].to_numpy()
    for split in range(3):
        for fitted, parts in ((made.to_tune, [TRAIN]), (made.to_train, [TRAIN, VALIDATION])):
            expected = scaling.fit(table[0], ["number"] * 2, values, made.split_rows(split, *parts), Scale())
            for line, own in zip(lines_of(fitted), expected, strict=True):
                np.testing.assert_array_equal(line[split], own)
    assert len(np.unique(made.to_train.center, axis=0)) == 3
    assert (made.to_tune.center != made.to_train.center).all()


def test_a_scaling_that_is_fitted_on_all_rows_is_one(table):
    made = plan(table, scale=Scale(fit_on="all"))
    assert_same(made.to_tune, made.to_train)
    for line in lines_of(made.to_train):
        assert len(line) == 3
        assert (line == line[0]).all()
    np.testing.assert_allclose(made.to_train.target_center[0], table[1].mean())


def test_what_a_test_row_holds_changes_no_number(table):
    features, rows = table
    made = plan(table)
    other, targets = features.copy(), rows.copy()
    tested = made.rows(1, TEST)
    other[tested] *= 1000
    targets.loc[tested, "target"] += 1000
    again = plan((other, targets))
    np.testing.assert_array_equal(again.parts, made.parts)
    for ours, theirs in zip(lines_of(made.to_train), lines_of(again.to_train), strict=True):
        np.testing.assert_array_equal(ours[1], theirs[1])


@settings(max_examples=15, deadline=None)
@given(more=st.integers(1, 9), method=st.sampled_from(["first", "shuffle", "kfold"]), seed=st.integers(0, 99))
def test_more_seeds_change_nothing_for_those_before_them(more, method, seed):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(40, 2)), pd.DataFrame({"target": rng.normal(size=40)})
    few, many = (plan(table, split=Split(method=method, random_state=seed), n_seeds=n) for n in (5, 5 + more))
    for own in range(5):
        assert few.rows(own, *Part).tolist() == many.rows(own, *Part).tolist()
        ours, theirs = int(few.split_of[own]), int(many.split_of[own])
        np.testing.assert_array_equal(few.parts[ours], many.parts[theirs])
        for one, other in zip(lines_of(few.to_train), lines_of(many.to_train), strict=True):
            np.testing.assert_array_equal(one[ours], other[theirs])


def test_other_features_change_no_row(table):
    features, rows = table
    np.testing.assert_array_equal(plan(table).parts, plan((features[:, :1] * 5, rows)).parts)


def test_classes_are_stratified_and_have_no_scale(table):
    features, rows = table
    rows = rows.assign(target=np.arange(40) % 2)
    made = plan((features, rows), description=describe(classes="ab"))
    assert made.to_train.target_spread.shape == (3, 0)
    for own in range(3):
        assert np.bincount(rows["target"].to_numpy()[made.rows(own, TEST)]).tolist() == [2, 2]


def test_rows_of_a_group_stay_together(table):
    features, rows = table
    rows = rows.assign(house=np.arange(40) // 4)
    made = plan((features, rows), split=Split(method="group", column="house"), description=describe(groups=["house"]))
    for own in made.parts:
        assert pd.Series(own).groupby(rows["house"]).nunique().max() == 1


def test_a_generators_rows_are_split_as_they_stand(table):
    made = plan(table, description=replace(describe(), files=[]), split=Split(train=20))
    assert (made.method, made.fixed, made.n_splits, made.split_of.tolist()) == ("first", True, 1, [0, 0, 0])
    assert made.parts.tolist() == [[TRAIN] * 16 + [VALIDATION] * 4 + [TEST] * 20]
