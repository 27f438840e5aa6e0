import pytest

from stages.records.datasets import CsvFormat, Description, Inference, Treatment
from stages.wording import datasets


def describe(inferred, *, task="binary", classes=("no", "yes"), others=(), targets=("sick",)):
    return Description(
        task=task,
        inferred=Inference(*inferred),
        other_tasks=list(others),
        classes=list(classes),
        targets=list(targets),
        files=[],
        csv=None,
        n_read=0,
        columns=[],
    )


@pytest.mark.parametrize(
    ("csv", "words"),
    [
        (CsvFormat("\t", "utf-16", ","), "delimiter '\\t', decimal ',', utf-16"),
        (CsvFormat(";", "utf-8", ",", ".", skipped=1), "delimiter ';', decimal ',', thousands '.', utf-8"),
    ],
)
def test_how_a_csv_file_is_written(csv, words):
    assert datasets.csv_format(csv) == words


@pytest.mark.parametrize(
    ("values", "count", "words"),
    [
        ("values", 2, "two different values"),
        ("texts", 1234, "1,234 different texts"),
        ("whole numbers", 3, "3 different whole numbers"),
        ("numbers", 2345, "2,345 different numbers"),
        ("target columns", 2, "2 target columns"),
        ("yes/no columns", 3, "3 yes/no columns"),
    ],
)
def test_what_decided_the_task(values, count, words):
    assert datasets.inferred(Inference(values, count)) == words


def test_the_task_is_told_with_its_reason_and_what_to_write_for_another():
    assert datasets.task("clinic", describe(("values", 2), others=["multiclass"])) == (
        "sick: two different values (no, yes), so the task is binary "
        "(for another: task: multiclass under datasets.clinic in params.yaml)"
    )
    targets = describe(("target columns", 2), task="regression", classes=(), targets=("east", "north"))
    assert datasets.task("wind", targets) == "east and north: 2 target columns, so the task is regression"


def test_of_many_classes_five_are_named_and_long_names_are_cut():
    classes = ["word " * 20, *"bcdef"]
    line = datasets.task("own", describe(("texts", 6), task="multiclass", classes=classes))
    assert line == (
        "sick: 6 different texts (word word word word word word word word…, b, c, d, e, …), so the task is multiclass"
    )


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("identifier", "it only tells rows apart"),
        ("empty", "nothing in it"),
        ("constant", "constant"),
        ("always", "always 'CH'"),
        ("rare", "every text is rare, so it only tells rows apart"),
    ],
)
def test_why_a_column_is_left_out(reason, words):
    assert datasets.left_out(Treatment("land", "category", 0, left_out=reason, value="CH")) == words


def test_columns_and_inputs_are_counted():
    assert datasets.became_inputs([Treatment("x", "number", 1)]) == "1 column became 1 input"
    many = [Treatment("x", "number", 1), Treatment("id", "identifier", 0), Treatment("city", "category", 1000)]
    assert datasets.became_inputs(many) == "3 columns became 1,001 inputs"
