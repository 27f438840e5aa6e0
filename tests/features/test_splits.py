import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
)

from stages.basics.cli import UserError
from stages.features import splits
from stages.params.schema import Split
from stages.records.plans import Part

KEY = "params.yaml: datasets.own.split"
VALUES = np.arange(10.0)[:, None]
CLASSES = np.array([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])  # 8 of one, 4 of the other
GROUPS = list("aaabbcdddd")


TRAIN, VALIDATION, TEST, UNUSED = Part


def divide(method, labels=VALUES, *, classes=(), groups=None, numbers=None, n_seeds=1, generated=False, **settings):
    """The rows divided for every seed; copies have one of the numbers."""
    if method == "group":
        settings["column"], groups = "house", pd.Series(groups, name="house")
    return splits.divide(
        Split(method=method, **settings),
        np.asarray(labels),
        generated=generated,
        classes=list(classes),
        groups=groups,
        copies=None if numbers is None else np.asarray(numbers),
        n_seeds=n_seeds,
        key=KEY,
    )


def masks(*arguments, **settings):
    """For each fold of the first partition, or for the first seed, the rows that train: bool (n_rows,)."""
    n_seeds = divide(*arguments, **settings).n_folds or 1
    return list(divide(*arguments, n_seeds=n_seeds, **settings).parts != TEST)


def rows(*arguments, **settings):
    """The rows that train, by number, of a split that has one fold."""
    [mask] = masks(*arguments, **settings)
    assert mask.dtype == bool
    return np.flatnonzero(mask).tolist()


def refusal(*arguments, **settings):
    with pytest.raises(UserError) as raised:
        masks(*arguments, **settings)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def sides(mask, groups):
    """The groups with rows that train, and those with rows that test."""
    return tuple({group for group, trains in zip(groups, mask, strict=True) if trains == side} for side in (1, 0))


# --- which method


def test_the_method_that_suits_the_data_is_taken_where_none_is_given():
    assert divide(None).method == "kfold"
    assert divide(None, generated=True).method == "first"
    assert divide("shuffle", generated=True).method == "shuffle"


def test_rows_of_a_group_are_a_cluster_and_else_every_row_is_its_own():
    divided = divide("group", groups=GROUPS)
    assert (divided.clusters.tolist(), divided.clusters_are) == ([0, 0, 0, 1, 1, 2, 3, 3, 3, 3], "groups")
    for method in ("first", "shuffle", "kfold"):
        assert (divide(method).clusters, divide(method).clusters_are) == (None, None)


# --- the first rows


def test_the_first_rows_train():
    assert rows("first", train=3) == [0, 1, 2]


@pytest.mark.parametrize(
    ("train", "n_train"), [(0.8, 8), (0.25, 2), (0.75, 8), (0.26, 3), (0.01, 1), (0.99, 9), (1, 1), (9, 9)]
)
def test_a_share_is_rounded_and_leaves_a_row_on_either_side(train, n_train):
    # Python rounds a half to the even number: 2.5 to 2, 7.5 to 8
    assert rows("first", train=train) == [*range(n_train)]
    assert len(rows("shuffle", train=train)) == n_train


def test_eight_rows_of_ten_train_where_nothing_is_said():
    assert rows("first") == [*range(8)]
    assert len(rows("shuffle")) == 8


def test_at_each_of_several_origins_what_lies_before_trains_and_the_next_stretch_tests():
    divided = divide("first", np.arange(20.0)[:, None], train=10, origins=3, n_seeds=7)
    # ten rows behind those that train, in stretches of three; the one that is left over trains
    expected = [(9, 2, 3, 6), (11, 3, 3, 3), (14, 3, 3, 0)]
    for parts, sizes in zip(divided.parts, expected, strict=True):
        assert parts.tolist() == [part for part, size in zip(Part, sizes, strict=True) for _ in range(size)]
    assert divided.split_of.tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert (divided.method, divided.fixed, divided.n_folds) == ("first", False, 0)


def test_fewer_seeds_than_origins_take_the_first_of_them():
    few, more = (divide("first", np.arange(30.0)[:, None], origins=5, n_seeds=n) for n in (2, 8))
    np.testing.assert_array_equal(few.parts, more.parts[:2])
    assert few.split_of.tolist() == [0, 1]


def test_more_origins_than_rows_that_test_are_refused():
    assert refusal("first", train=7, origins=4) == f"{KEY}.origins: 3 rows test, fewer than the 4 origins"


def test_copies_of_rows_in_time_are_in_one_part_at_every_origin():
    numbers = [0, 1, 2, 3, 4, 5, 6, 7, 1, 8, 9, 6]
    divided = divide("first", np.arange(12.0)[:, None], numbers=numbers, train=0.5, origins=2, n_seeds=2)
    for parts in divided.parts:
        assert parts[1] == parts[8]
        assert parts[6] == parts[11]


@pytest.mark.parametrize("method", ["first", "shuffle"])
@pytest.mark.parametrize("train", [10, 11, 5_000])
def test_rows_that_leave_none_to_test_are_refused(method, train):
    assert refusal(method, train=train) == (
        f"{KEY}.train: {train} leaves no row to test; allowed: 1 to 9 (there are 10 rows)"
    )


def test_two_rows_are_enough():
    for method in ("first", "shuffle"):
        assert len(rows(method, VALUES[:2])) == 1
    assert len(masks("kfold", VALUES[:2], folds=2)) == 2


# --- shuffled and stratified


def test_a_split_is_scikit_learns():
    state = {"random_state": 7}
    [(shuffled, _)] = ShuffleSplit(1, train_size=4, **state).split(VALUES)
    assert rows("shuffle", train=4, **state) == sorted(shuffled)
    [(stratified, _)] = StratifiedShuffleSplit(1, train_size=6, **state).split(CLASSES, CLASSES)
    assert rows("stratified", CLASSES, classes="ab", train=0.5, **state) == sorted(stratified)
    [(grouped, _)] = GroupShuffleSplit(1, train_size=0.5, **state).split(VALUES, groups=GROUPS)
    assert rows("group", groups=GROUPS, train=0.5, **state) == sorted(grouped)


def test_folds_are_scikit_learns():
    state = {"shuffle": True, "random_state": 7}
    for how, kind, labels in [
        ({"labels": VALUES}, KFold, None),
        ({"labels": CLASSES, "classes": "ab"}, StratifiedKFold, CLASSES),
    ]:
        expected = kind(3, **state).split(how["labels"], labels)
        made = masks("kfold", folds=3, random_state=7, **how)
        assert [np.flatnonzero(fold).tolist() for fold in made] == [train.tolist() for train, _ in expected]
    expected = GroupKFold(3, **state).split(VALUES, groups=pd.factorize(pd.Series(GROUPS))[0])
    made = masks("group", folds=3, random_state=7, groups=GROUPS)
    assert [np.flatnonzero(fold).tolist() for fold in made] == [train.tolist() for train, _ in expected]


METHODS = {
    "first": {},
    "shuffle": {},
    "stratified": {"labels": CLASSES, "classes": "ab"},
    "kfold": {"folds": 3},
    "group": {"groups": GROUPS},
}


@pytest.mark.parametrize("method", METHODS)
def test_the_same_random_state_gives_the_same_rows(method):
    once, again = (masks(method, random_state=3, **METHODS[method]) for _ in range(2))
    np.testing.assert_array_equal(once, again)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "first"])
def test_another_random_state_gives_other_rows(method):
    made = {np.array(masks(method, random_state=seed, **METHODS[method])).tobytes() for seed in range(8)}
    assert len(made) > 2


def test_the_random_state_is_0_where_none_is_given():
    assert rows("shuffle") == rows("shuffle", random_state=0)


def test_numpys_own_random_numbers_are_left_alone():
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    for method, how in METHODS.items():
        masks(method, **how)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_a_stratified_split_keeps_the_share_of_each_class():
    train = CLASSES[rows("stratified", CLASSES, classes="ab", train=0.75)]
    assert np.bincount(train).tolist() == [6, 3]


def test_a_share_of_a_stratified_split_may_be_given_in_rows():
    train = CLASSES[rows("stratified", CLASSES, classes="ab", train=6)]
    assert np.bincount(train).tolist() == [4, 2]


def test_a_shuffled_split_of_classes_does_not_look_at_them():
    assert rows("shuffle", CLASSES, classes="ab", train=5) == rows("shuffle", np.zeros((12, 1)), train=5)


def test_rows_that_leave_no_room_for_each_class_are_refused():
    for train in (1, 11):
        assert refusal("stratified", CLASSES, classes="ab", train=train).startswith(KEY)
    assert refusal("stratified", CLASSES, classes="ab", train=12).startswith(f"{KEY}.train: 12 leaves no row to test")


@pytest.mark.parametrize(
    ("labels", "settings", "reason"),
    [
        ([0, 0, 0, 1], {}, "'b' has 1 row, fewer than the 2 that are needed"),
        ([0, 1, 1, 1], {}, "'a' has 1 row, fewer than the 2 that are needed"),
        (CLASSES, {"method": "kfold", "folds": 6}, "'b' has 4 rows, fewer than the 6 folds"),
        ([0, 1, 1, 1], {"method": "kfold", "folds": 2}, "'a' has 1 row, fewer than the 2 folds"),
    ],
)
def test_a_class_with_too_few_rows_is_named_with_what_to_do(labels, settings, reason):
    settings = {"method": "stratified"} | settings
    assert refusal(labels=np.array(labels), classes="ab", **settings) == (
        f"{KEY}: class {reason}; method: shuffle takes rows whatever their class"
    )


def test_folds_keep_the_share_of_each_class_down_to_one_row():
    for fold in masks("kfold", CLASSES, classes="ab", folds=4):
        assert np.bincount(CLASSES[~fold]).tolist() == [2, 1]


# --- folds


def test_there_are_ten_folds_where_nothing_is_said_and_rows_suffice():
    assert (divide("kfold").n_folds, divide("kfold").wanted_folds) == (10, 0)
    assert divide("kfold", np.repeat([0, 1], 10), classes="ab").n_folds == 10


@pytest.mark.parametrize(
    ("labels", "classes", "n_folds"),
    [(VALUES[:7], "", 7), (VALUES[:2], "", 2), (CLASSES, "ab", 4), (np.repeat([0, 1], [2, 50]), "ab", 2)],
)
def test_there_are_fewer_folds_where_a_class_has_too_few_rows_and_that_is_a_fact(labels, classes, n_folds):
    divided = divide("kfold", labels, classes=classes)
    assert (divided.n_folds, divided.wanted_folds) == (n_folds, 10)


def test_a_class_with_one_row_has_no_folds():
    assert refusal("kfold", np.array([0, 1, 1, 1]), classes="ab") == (
        f"{KEY}: class 'a' has 1 row, fewer than the 2 folds; method: shuffle takes rows whatever their class"
    )


def test_folds_are_of_equal_size_or_one_more():
    assert [int((~fold).sum()) for fold in masks("kfold", folds=4)] == [3, 3, 2, 2]


def test_more_folds_than_rows_are_refused():
    assert refusal("kfold", folds=11) == f"{KEY}: there are 10 rows, fewer than the 11 folds"


@given(n_rows=st.integers(2, 30), n_classes=st.integers(0, 3), folds=st.integers(2, 5), random_state=st.integers(0, 99))
def test_every_row_is_tested_once_over_the_folds(n_rows, n_classes, folds, random_state):
    labels = np.arange(n_rows) % n_classes if n_classes else np.arange(float(n_rows))[:, None]
    settings = {"classes": "abc"[:n_classes], "folds": folds, "random_state": random_state}
    if n_rows < folds * max(n_classes, 1):
        return
    made = masks("kfold", labels, **settings)
    assert len(made) == folds
    np.testing.assert_array_equal(np.sum(np.logical_not(made), axis=0), 1)


# --- groups


def test_a_group_is_never_torn():
    for train in (0.3, 0.5, 0.8):
        [mask] = masks("group", groups=GROUPS, train=train)
        trained, tested = sides(mask, GROUPS)
        assert trained
        assert tested
        assert not trained & tested


@given(
    groups=st.lists(st.sampled_from(["a", "b", "ä", "", " "]), min_size=2, max_size=30),
    folds=st.none() | st.integers(2, 5),
    random_state=st.integers(0, 99),
)
def test_groups_are_whole_in_every_fold_and_tested_once(groups, folds, random_state):
    n_groups, needed = len(set(groups)), folds or 2
    settings = {"groups": groups, "folds": folds, "random_state": random_state}
    labels = np.zeros((len(groups), 1))
    if n_groups < needed:
        assert refusal("group", labels, **settings) == (
            f"{KEY}: there are {n_groups} groups, fewer than the {needed} that are needed"
        )
        return
    made = masks("group", labels, **settings)
    assert len(made) == (folds or 1)
    for mask in made:
        trained, tested = sides(mask, groups)
        assert trained
        assert tested
        assert not trained & tested
    if folds:
        np.testing.assert_array_equal(np.sum(np.logical_not(made), axis=0), 1)


@pytest.mark.parametrize(
    "groups",
    [
        [3, 1, 3, 2, 1, 2, 3, 1, 2, 3],
        [0.5, 1.5, 0.5, -2, 1.5, -2, 0.5, 1.5, -2, 0.5],
        [True, False] * 5,
        pd.to_datetime(["2020-01-01", "2021-01-01", "2022-01-01", "2020-01-01", "2021-01-01"] * 2),
        pd.Categorical(list("abcab") * 2, categories=list("zcba")),
    ],
    ids=["whole", "number", "boolean", "date", "categorical"],
)
def test_groups_may_be_named_by_anything(groups):
    [mask] = masks("group", groups=groups)
    trained, tested = sides(mask, pd.Series(groups))
    assert (len(trained), len(tested)) == ((2, 1) if len(set(groups)) == 3 else (1, 1))
    assert not trained & tested


def test_what_the_groups_are_called_changes_nothing():
    renamed = [{"a": "z", "b": "y", "c": "x", "d": "w"}[group] for group in GROUPS]
    for how in ({}, {"folds": 3}):
        np.testing.assert_array_equal(masks("group", groups=GROUPS, **how), masks("group", groups=renamed, **how))


def test_classes_may_be_split_by_groups():
    labels, groups = np.array([0, 1] * 5), list("aabbccddee")
    [mask] = masks("group", labels, classes="ab", groups=groups)
    assert mask.sum() == 8


def test_a_row_without_a_group_is_refused():
    assert refusal("group", groups=["a", None] * 5) == (
        f"{KEY}.column: 'house' is missing in 5 rows; each needs a group"
    )


def test_one_group_cannot_be_split():
    assert refusal("group", groups=["a"] * 10).endswith("groups, fewer than the 2 that are needed")


def test_fewer_groups_than_folds_are_refused():
    assert refusal("group", groups=GROUPS, folds=6) == f"{KEY}: there are 4 groups, fewer than the 6 that are needed"


# --- a split for every seed


def test_seeds_take_turns_on_the_folds_and_every_round_has_a_partition_of_its_own():
    divided = divide("kfold", folds=5, n_seeds=12)
    assert (divided.n_folds, divided.fixed, divided.split_of.tolist()) == (5, False, [*range(12)])
    tested = divided.parts == TEST
    for partition in (tested[:5], tested[5:10]):
        np.testing.assert_array_equal(partition.sum(axis=0), 1)
    assert {row.tobytes() for row in tested[:5]} != {row.tobytes() for row in tested[5:10]}
    assert len({row.tobytes() for row in tested}) > 10


@pytest.mark.parametrize("method", ["shuffle", "stratified", "group"])
def test_every_seed_has_a_split_of_its_own_unless_it_is_fixed(method):
    own = divide(method, n_seeds=8, **METHODS[method])
    assert (own.fixed, own.n_folds, own.split_of.tolist()) == (False, 0, [*range(8)])
    assert len({row.tobytes() for row in own.parts == TEST}) > 2
    fixed = divide(method, n_seeds=8, fixed=True, **METHODS[method])
    assert (fixed.fixed, fixed.split_of.tolist()) == (True, [0] * 8)
    np.testing.assert_array_equal(fixed.parts, own.parts[:1])


def test_the_first_rows_are_the_same_for_all_seeds():
    divided = divide("first", n_seeds=4, train=0.8)
    assert (divided.fixed, divided.split_of.tolist()) == (True, [0, 0, 0, 0])
    # the last fifth of those that train validates
    assert divided.parts.tolist() == [[TRAIN] * 6 + [VALIDATION] * 2 + [TEST] * 2]


ANY = [*METHODS.items(), ("group", {"groups": GROUPS, "folds": 3})]


@pytest.mark.thorough
@pytest.mark.parametrize(("method", "how"), ANY)
@given(few=st.integers(1, 9), more=st.integers(0, 9), random_state=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_more_seeds_change_nothing_for_those_before_them(method, how, few, more, random_state):
    first, longer = (divide(method, n_seeds=n, random_state=random_state, **how) for n in (few, few + more))
    np.testing.assert_array_equal(first.split_of, longer.split_of[:few])
    np.testing.assert_array_equal(first.parts, longer.parts[: len(first.parts)])


# --- validation rows


@pytest.mark.parametrize("method", ["shuffle", "kfold", "first"])
def test_a_fifth_of_the_train_rows_validates(method):
    divided = divide(method, np.arange(100.0)[:, None], n_seeds=3)
    for own in divided.parts:
        n_train = np.isin(own, (TRAIN, VALIDATION)).sum()
        assert (own == VALIDATION).sum() == round(n_train / 5)


@pytest.mark.parametrize("method", ["stratified", "kfold"])
def test_validation_rows_keep_the_share_of_each_class(method):
    labels = np.repeat([0, 1], [75, 25])
    for own in divide(method, labels, classes="ab", n_seeds=3, **({"folds": 5} if method == "kfold" else {})).parts:
        assert np.bincount(labels[own == VALIDATION]).tolist() == [12, 4]


def test_groups_are_whole_in_the_validation_rows():
    groups = [f"house {row % 10}" for row in range(50)]
    for own in divide("group", np.zeros((50, 1)), groups=groups, n_seeds=5).parts:
        by_part = pd.DataFrame({"group": groups, "part": own}).groupby("group")["part"]
        assert by_part.nunique().max() == 1
        assert (by_part.first() == VALIDATION).sum() == 2


def test_seeds_of_one_fold_in_two_partitions_validate_on_other_rows():
    divided = divide("kfold", np.arange(60.0)[:, None], folds=2, n_seeds=6)
    assert len({row.tobytes() for row in divided.parts == VALIDATION}) == 6


# --- copies of rows


def copied(n_different, times, *, seed=0):
    """The numbers of rows that were copied so many times and mixed."""
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(n_different), times))


def assert_whole(parts, clusters):
    """No split has rows of a cluster in two parts."""
    for own in parts:
        assert pd.Series(own).groupby(clusters).nunique().max() == 1


DRAWN = [
    ("first", {}),
    ("first", {"train": 210}),
    ("shuffle", {}),
    ("shuffle", {"train": 210, "fixed": True}),
    ("stratified", {}),
    ("stratified", {"train": 0.7}),
    ("kfold", {}),
    ("kfold", {"folds": 4}),
    ("group", {}),
    ("group", {"folds": 4}),
]


@pytest.mark.parametrize(("method", "how"), DRAWN)
@pytest.mark.parametrize("task", ["values", "classes"])
def test_copies_stand_on_one_side_of_every_split_and_validate_together(method, how, task):
    numbers = copied(60, 5)
    if task == "classes":
        labels, classes = np.arange(60)[numbers] % 3, "abc"
    else:
        labels, classes = np.arange(60.0)[numbers][:, None], ""
        method = "shuffle" if method == "stratified" else method
    groups = numbers // 3
    divided = divide(method, labels, classes=classes, groups=groups, numbers=numbers, n_seeds=20, **how)
    check_parts(divided, 300)
    assert_whole(divided.parts, numbers)
    assert (divided.clusters_are == "groups") is (method == "group")
    assert_whole(divided.parts, divided.clusters)
    n_clusters = 20 if method == "group" else 60
    assert len(set(divided.clusters)) == n_clusters
    n_train = 210 if "train" in how else 225 if "folds" in how else 270 if method == "kfold" else 240
    assert (divided.parts != TEST).sum(axis=1).tolist() == [n_train] * len(divided.parts)


def test_copies_taken_apart_are_divided_like_other_rows():
    numbers = copied(60, 5)
    for method, how in DRAWN:
        settings = {"labels": np.arange(300) % 2, "classes": "ab", "groups": numbers // 9, "n_seeds": 3} | how
        apart, plain = (divide(method, **settings, **more) for more in ({"numbers": numbers, "copies": "apart"}, {}))
        np.testing.assert_array_equal(apart.parts, plain.parts)
        assert apart.clusters_are == plain.clusters_are == ("groups" if method == "group" else None)


def test_groups_that_share_a_copy_are_joined():
    groups = list("aabbccddee")
    numbers = [0, 1, 1, 2, 3, 4, 4, 5, 6, 7]  # a row of a is in b, one of c in d
    divided = divide("group", groups=groups, numbers=numbers, folds=3, n_seeds=3)
    assert (divided.clusters.tolist(), divided.clusters_are) == ([0, 0, 0, 0, 1, 1, 1, 1, 2, 2], "groups and copies")
    assert_whole(divided.parts, divided.clusters)
    apart = divide("group", groups=groups, numbers=numbers, folds=3, n_seeds=3, copies="apart")
    assert (apart.clusters.tolist(), apart.clusters_are) == ([0, 0, 1, 1, 2, 2, 3, 3, 4, 4], "groups")


def test_the_first_rows_train_with_their_copies_and_no_later_row_does():
    labels = np.arange(12.0)[:, None]
    numbers = [0, 1, 2, 3, 4, 5, 6, 7, 1, 8, 9, 0]  # of rows 0 and 1 there are copies among the last
    divided = divide("first", labels, numbers=numbers, train=8)
    assert np.flatnonzero(divided.parts[0] != TEST).tolist() == [0, 1, 2, 3, 4, 5, 8, 11]
    assert np.flatnonzero(divided.parts[0] == VALIDATION).tolist() == [5]
    # a file that was written five times over
    again = divide("first", np.tile(np.arange(10.0), 5)[:, None], numbers=np.tile(np.arange(10), 5))
    assert np.flatnonzero(again.parts[0] == TEST).tolist() == [8, 9, 18, 19, 28, 29, 38, 39, 48, 49]


def test_each_class_has_its_share_of_different_rows_in_every_fold():
    labels = np.repeat([0, 1], [40, 20])
    numbers = np.repeat(np.arange(60), np.r_[np.ones(40, int), np.full(20, 6)])
    divided = divide("kfold", labels[numbers], classes="ab", numbers=numbers, n_seeds=30)
    for own in divided.parts:
        assert np.bincount(labels[np.unique(numbers[own == TEST])]).tolist() == [4, 2]
        assert np.bincount(labels[numbers[own == TEST]]).tolist() == [4, 12]


def test_folds_are_as_many_as_different_rows_allow_and_too_few_are_refused():
    labels, numbers = np.repeat([0, 1], [40, 20]), np.r_[np.arange(40), np.repeat([40, 41, 42], [18, 1, 1])]
    divided = divide("kfold", labels, classes="ab", numbers=numbers)
    assert (divided.n_folds, divided.wanted_folds) == (3, 10)
    assert refusal("kfold", labels, classes="ab", numbers=numbers, folds=5) == (
        f"{KEY}: class 'b' has 3 different rows (copies: apart counts each copy), fewer than the 5 folds; method: "
        "shuffle takes rows whatever their class"
    )
    assert refusal("kfold", np.zeros((20, 1)), numbers=np.repeat([0, 1, 2], [10, 5, 5]), folds=4) == (
        f"{KEY}: there are 3 different rows (copies: apart counts each copy), fewer than the 4 folds"
    )
    assert refusal("shuffle", np.zeros((20, 1)), numbers=np.repeat([0, 1, 2], [10, 5, 5]), train=20) == (
        f"{KEY}.train: 20 leaves no row to test; allowed: 1 to 19 (there are 20 rows)"
    )


@settings(max_examples=60, deadline=None)
@given(
    numbers=st.lists(st.integers(0, 15), min_size=2, max_size=60),
    groups=st.integers(1, 5),
    how=st.sampled_from([*DRAWN, ("first", {"train": 1}), ("shuffle", {"train": 0.01}), ("shuffle", {"train": 0.99})]),
    n_classes=st.sampled_from([0, 2]),
    random_state=st.integers(0, 99),
)
def test_however_rows_are_copied_every_part_has_some_and_copies_are_whole_or_the_split_is_refused(
    numbers, groups, how, n_classes, random_state
):
    method, more = how
    numbers = pd.factorize(np.array(numbers))[0]
    if numbers.max() == 0 or (method == "stratified" and not n_classes):
        return
    labels = numbers % 2 if n_classes else numbers[:, None] / 3
    of_rows = np.arange(len(numbers)) % groups
    with contextlib.suppress(UserError):
        divided = divide(
            method, labels, classes="ab"[:n_classes], groups=of_rows, numbers=numbers, n_seeds=3,
            random_state=random_state, **more,
        )  # fmt: skip
        is_alone = [len(set(numbers[own != TEST])) == 1 for own in divided.parts]  # one row trains and validates
        assert_whole(divided.parts[~np.array(is_alone)], numbers)
        assert_whole(divided.parts == TEST, divided.clusters)
        for own in divided.parts:
            assert 0 < (own == TEST).sum() < len(own)
            assert (own == TRAIN).any()


def check_parts(divided, n_rows):
    """Every seed trains on some rows, validates on some where two train, and tests on the others."""
    for own in divided.parts:
        n_train = (own != TEST).sum()
        assert 0 < n_train < n_rows
        assert (own == VALIDATION).any() == (n_train > 1)
        assert (own == TRAIN).any()


@settings(max_examples=60, deadline=None)
@given(
    n_rows=st.integers(2, 40),
    n_classes=st.integers(0, 3),
    method=st.sampled_from([None, "first", "shuffle", "stratified", "kfold", "group"]),
    random_state=st.integers(0, 99),
    data=st.data(),
)
def test_however_few_rows_there_are_every_part_has_some_or_the_split_is_refused(
    n_rows, n_classes, method, random_state, data
):
    n_classes = min(n_classes, n_rows)
    labels = np.arange(n_rows) % n_classes if n_classes else np.arange(float(n_rows))[:, None]
    if method == "stratified" and not n_classes:
        method = "shuffle"
    groups = data.draw(st.lists(st.integers(0, 3), min_size=n_rows, max_size=n_rows))
    with contextlib.suppress(UserError):
        divided = divide(method, labels, classes="abc"[:n_classes], groups=groups, n_seeds=4, random_state=random_state)
        check_parts(divided, n_rows)
