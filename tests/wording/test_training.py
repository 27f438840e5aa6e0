from stages.wording.training import what_was_new


def test_why_units_were_not_found_is_said_once_for_all_that_have_the_reason_the_most_frequent_first():
    reasons = {"a/mse": "the rows", "a/mae": None, "b/mse": "the seeds", "b/mae": "the seeds"}
    assert what_was_new(reasons) == [
        "train: what is new: the seeds (b/mse, b/mae)",
        "train: what is new: the rows (a/mse)",
    ]
    assert what_was_new({"a/mse": None}) == []


def test_many_units_are_counted():
    reasons = {f"a/loss{number}": "keras 4.0 (was 3.15)" for number in range(5)}
    assert what_was_new(reasons) == ["train: what is new: keras 4.0 (was 3.15) (a/loss0 and 4 more)"]
