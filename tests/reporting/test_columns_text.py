import pytest

from stages.records.datasets import Treatment
from stages.reporting.texts import columns_text


def number(**facts):
    return Treatment("x", "number", 1, **facts)


def texts(n_inputs, **facts):
    return Treatment("city", "category", n_inputs, **facts)


@pytest.mark.parametrize(
    ("treatment", "words"),
    [
        (number(), "as it is"),
        (number(scaled="standard"), "scaled (standard)"),
        (number(missing=2, imputed="median"), "2 missing: the median; as it is"),
        (number(missing=1200, imputed="median", scaled="robust"), "1,200 missing: the median; scaled (robust)"),
        (Treatment("x", "date", 1), "as days"),
        (Treatment("x", "date", 1, scaled="minmax"), "as days; scaled (minmax)"),
        (Treatment("x", "boolean", 1), "as 0 and 1"),
        (
            Treatment("x", "boolean", 1, missing=1, imputed="most frequent"),
            "as 0 and 1; 1 missing: the most frequent value",
        ),
        (texts(3, n_categories=3), "one-hot: 3 texts"),
        (texts(2, n_categories=2, n_rare=1), "one-hot: 2 texts"),
        (texts(50, n_categories=1090, n_rare=1041), "one-hot: 1,090 texts; 1,041 rare ones as one"),
        (
            texts(3, n_categories=3, missing=2, missing_as="a category"),
            "one-hot: 3 texts; 2 missing: a text of its own",
        ),
        (
            texts(2, n_categories=3, n_rare=2, missing=1, missing_as="rare"),
            "one-hot: 3 texts; 2 rare ones as one; 1 missing: as a rare one",
        ),
        (Treatment("x", "number", 0, left_out="constant"), "left out: constant"),
        (texts(0, left_out="always", value="CH"), "left out: always 'CH'"),
    ],
)
def test_what_was_done_to_a_column(treatment, words):
    assert columns_text.done(treatment) == words


def test_columns_that_were_treated_alike_stand_together():
    treated = [number(), Treatment("y", "number", 1), Treatment("day", "date", 1)]
    assert columns_text.treatments(treated) == {("number", "as it is"): ["x", "y"], ("date", "as days"): ["day"]}


def test_the_text_that_a_column_always_holds_is_not_quoted_where_cells_are_not_to_be_shown():
    always = texts(0, left_out="always", value="CH")
    assert columns_text.treatments([always], cells=False) == {("category", "left out: always the same text"): ["city"]}
