import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stages.records import thinning
from stages.records.plans import Part
from stages.records.thinning import thinned

VALUES, CLASSES = np.zeros((600, 1)), np.repeat([0, 1, 2], [510, 60, 30])


def parts_of(n_train=400, n_validation=100, n_test=100):
    parts = np.repeat([Part.TRAIN, Part.VALIDATION, Part.TEST], [n_train, n_validation, n_test]).astype(np.uint8)
    return np.random.default_rng(1).permutation(parts)


def numbers(parts, *which):
    return set(np.flatnonzero(np.isin(parts, which)).tolist())


def test_a_fifth_of_the_rows_that_train_choose_and_every_row_keeps_its_part():
    parts = parts_of()
    fewer = thinned(parts, VALUES, rows=50, test_rows=20, draw=(0,))
    assert np.bincount(fewer, minlength=4).tolist() == [40, 10, 20, 530]
    for part in (Part.TRAIN, Part.VALIDATION, Part.TEST):
        assert numbers(fewer, part) < numbers(parts, part)


def test_as_many_as_there_are_stay_where_more_are_asked_for():
    parts = parts_of()
    np.testing.assert_array_equal(thinned(parts, VALUES, rows=500, draw=(0,)), parts)
    np.testing.assert_array_equal(thinned(parts, VALUES, rows=900, test_rows=900, draw=(0,)), parts)


def test_no_more_rows_choose_than_tell_something(monkeypatch):
    monkeypatch.setattr(thinning, "MOST_VALIDATION", 30)
    assert np.bincount(thinned(parts_of(), VALUES, rows=300, test_rows=0, draw=(0,))).tolist() == [270, 30, 0, 300]


def test_a_plan_may_ask_for_as_many_rows_as_can_train(monkeypatch):
    monkeypatch.setattr(thinning, "MOST_VALIDATION", 30)
    parts = parts_of()
    assert thinning.most_rows(np.stack([parts, parts_of(500, 20, 80)])) == 520
    assert thinning.most_rows(parts[None]) == 430
    for rows in (430, 425, 250):
        fewer = thinned(parts, VALUES, rows=rows, draw=(0,))
        assert (fewer <= Part.VALIDATION).sum() == rows


@given(st.integers(50, 550), st.integers(1, 200))
def test_so_many_rows_train_as_are_asked_for_however_few_choose(n_train, n_validation):
    parts = parts_of(n_train, n_validation, 600 - n_train)
    for rows in range(1, n_train + n_validation + 1, 7):
        assert (
            thinned(parts, np.zeros((600 + n_validation, 1)), rows=rows, draw=(0,)) <= Part.VALIDATION
        ).sum() == rows


@given(st.integers(1, 500), st.integers(1, 500), st.sampled_from([VALUES, CLASSES]), st.integers(0, 5))
def test_the_rows_of_a_smaller_number_are_among_those_of_a_larger(one, other, labels, draw):
    fewer, more = sorted((one, other))
    few, many = (thinned(parts_of(), labels, rows=rows, test_rows=rows, draw=(draw,)) for rows in (fewer, more))
    for part in (Part.TRAIN, Part.VALIDATION, Part.TEST):
        assert numbers(few, part) <= numbers(many, part)


def test_each_class_keeps_its_share():
    fewer = thinned(parts_of(600, 0, 0), CLASSES, rows=200, draw=(0,))
    assert np.abs(np.bincount(CLASSES[fewer == Part.TRAIN]) - [170, 20, 10]).max() <= 1


def test_another_draw_takes_other_rows():
    one, other = (thinned(parts_of(), VALUES, rows=50, draw=(draw,)) for draw in (0, 1))
    assert not np.array_equal(one, other)
