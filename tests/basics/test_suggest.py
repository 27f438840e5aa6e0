import pytest

from stages.basics import suggest


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "nothing"), ("a", "'a'"), (3, "3"), (0.5, "0.5"), ([1], "a list"), ({"a": 1}, "a mapping")],
)
def test_a_value_is_shown_as_it_was_written_or_by_its_kind(value, shown):
    assert suggest.show(value) == shown


@pytest.mark.parametrize(
    ("name", "near", "sentence"),
    [
        ("SDG", "SGD", "'SDG' is not a name; did you mean 'SGD'? Names: SGD, Adam"),
        ("sgd", "SGD", "'sgd' is not a name; did you mean 'SGD'? Names: SGD, Adam"),
        ("momentum", None, "'momentum' is not a name. Names: SGD, Adam"),
        (7, None, "'7' is not a name. Names: SGD, Adam"),
    ],
)
def test_the_nearest_name_is_suggested_whatever_its_case(name, near, sentence):
    assert suggest.nearest_name(name, ["SGD", "Adam"]) == near
    assert suggest.not_one_of(name, ["SGD", "Adam"], "a name", "Names") == sentence
