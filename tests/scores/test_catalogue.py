from dataclasses import replace

import numpy as np
import pytest

from stages.losses.catalogue import LOSSES
from stages.scores import catalogue as scores
from stages.scores import measure as scoring
from stages.scores.catalogue import SCORES, label_of, names_for
from stages.scores.choosing import asked_for, default_headline

OF_POSITIVE = ["rmsle", "mape", "median_absolute_error"]
OF_TASK = {
    "regression": ["mse", "rmse", "mae", "r2", "cosine_similarity", *OF_POSITIVE, "wape", "maape", "sign_accuracy"],
    "binary": ["accuracy", "roc_auc", "f1", "log_loss", "brier", "balanced_accuracy"],
    "multiclass": ["accuracy", "f1_macro", "log_loss", "brier", "balanced_accuracy"],
}
LOWER_IS_BETTER = {"rmse", "mse", "mae", "wape", "maape", "log_loss", "brier", *OF_POSITIVE}
# by task: labels, wrong and right outputs of one network, and a loss whose outputs they could be
EXAMPLES = {
    "regression": (
        [[1.0, 2.0], [2.0, -1.0]],
        [[-1.0, 2.0], [0.5, 3.0]],
        [[1.0, 2.0], [2.0, -1.0]],
        "mse",
    ),
    "binary": ([0, 1, 1, 0], [[0.9], [0.2], [0.1], [0.7]], [[0.1], [0.8], [0.9], [0.3]], "binary_crossentropy"),
    "multiclass": (
        [0, 1, 2],
        [[0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.8, 0.1, 0.1]],
        [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]],
        "categorical_crossentropy",
    ),
}


@pytest.mark.parametrize(("task", "names"), OF_TASK.items())
def test_each_task_has_its_scores(task, names):
    assert set(names) <= set(scores.names_for(task))


@pytest.mark.parametrize("name", names_for(None))
def test_the_page_of_tables_names_every_score_that_can_decide(name, root):
    [line] = [line for line in (root / "docs/tables.md").read_text().splitlines() if line.startswith("| `headline: {")]
    assert f"`{name}`" in line


def test_several_columns_are_judged_by_a_score_without_unit():
    assert default_headline("regression", n_targets=2) == "r2"
    assert "cosine_similarity" in names_for("regression", n_targets=2)
    assert "cosine_similarity" not in names_for("regression", n_targets=1)


def test_without_a_task_every_score_is_named_once():
    every = scores.names_for(None)
    assert len(set(every)) == len(every)
    assert set(every) == {name for task in OF_TASK for name in scores.names_for(task)}


@pytest.mark.parametrize(("task", "name"), [(task, name) for task, names in OF_TASK.items() for name in names])
def test_a_score_is_found_by_its_name_and_its_direction_is_known(task, name):
    found = scores.find(name, task)
    assert found is not None
    assert (found.name, found.higher_is_better) == (name, name not in LOWER_IS_BETTER)
    assert found.needs_probability == (name in ("log_loss", "brier"))
    assert scores.find(name, None).name == name


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("accuracy", "regression"),
        ("rmse", "binary"),
        ("f1", "multiclass"),
        ("f1_macro", "binary"),
        ("roc_auc", "multiclass"),
        ("recall_1", "regression"),
        ("Accuracy", "binary"),
        ("recall", "binary"),
        ("recall_", "binary"),
        ("recall_-1", "binary"),
        ("recall_one", None),
        ("my_recall_1", None),
        ("recall_1_", None),
        ("rounded_accuracy", "binary"),  # in results.csv, but it judges wrongly
        ("", None),
    ],
)
def test_a_score_of_another_task_or_of_none_is_not_found(name, task):
    assert scores.find(name, task) is None


@pytest.mark.parametrize("task", ["binary", "multiclass", None])
def test_the_recall_of_any_class_can_decide(task):
    found = scores.find("recall_12", task)
    assert (found.name, found.label) == ("recall_12", "recall of class 12 (share of its rows)")
    assert found.higher_is_better
    assert not found.needs_probability


@pytest.mark.parametrize("task", OF_TASK)
def test_what_can_decide_is_what_scoring_gives(task):
    labels, _, right, name = EXAMPLES[task]
    given = scoring.score(LOSSES[name], np.array(labels), np.array([right]), also=names_for(task))
    named = {name for name in given if scores.find(name, task)}
    assert named == set(names_for(task)) | {name for name in given if name.startswith("recall_")}
    assert set(given) - named <= {"rounded_accuracy"}


@pytest.mark.parametrize("task", OF_TASK)
def test_right_outputs_score_better_than_wrong_ones_in_the_direction_that_is_said(task):
    labels, wrong, right, name = EXAMPLES[task]
    given = scoring.score(LOSSES[name], np.array(labels), np.array([wrong, right]), also=names_for(task))
    for name in scores.names_for(task):
        worse, better = given[name] if scores.find(name, task).higher_is_better else -given[name]
        assert better > worse


@pytest.mark.parametrize("task", OF_TASK)
def test_a_perfect_score_is_one_where_higher_is_better_and_zero_where_lower_is(task):
    labels, *_, name = EXAMPLES[task]
    perfect = {"regression": labels, "binary": np.array(labels)[:, None], "multiclass": np.eye(3)}[task]
    outputs = np.array([perfect], dtype=np.float64)
    given = scoring.score(LOSSES[name], np.array(labels), outputs, also=names_for(task))
    for name in scores.names_for(task):
        expected = 1 if scores.find(name, task).higher_is_better else 0
        np.testing.assert_allclose(given[name], [expected], atol=1e-12)


def test_every_score_has_a_label_for_an_axis_and_what_is_followed_in_each_epoch_is_one():
    for name in scores.names_for(None):
        assert label_of(name) == scores.find(name, None).label != name
    assert {loss.epoch_metric for loss in LOSSES.values()} <= {name for name in SCORES if SCORES[name].is_followed}
    assert label_of("loss") == "loss"


def test_where_classes_are_unequal_the_default_counts_each_alike():
    assert default_headline("binary", class_sizes=[50, 50]) == "accuracy"
    assert default_headline("binary", class_sizes=[75, 26]) == "accuracy"
    assert default_headline("binary", class_sizes=[75, 25]) == "balanced_accuracy"
    assert default_headline("multiclass", class_sizes=[30, 30, 0]) == "balanced_accuracy"
    assert default_headline("regression") == "rmse"


def test_where_all_losses_ask_for_one_quantile_its_pinball_loss_decides():
    ninety = replace(LOSSES["pinball"], parameters={"quantile": 0.9})
    transformed = replace(ninety, name="on_log", target_transform="log")
    assert default_headline("regression", losses=[ninety, transformed]) == "pinball_0.9"
    assert default_headline("regression", losses=[ninety, LOSSES["pinball"]]) == "rmse"
    assert default_headline("regression", losses=[ninety, LOSSES["mae"]]) == "rmse"
    assert default_headline("regression", losses=[]) == "rmse"


@pytest.mark.parametrize("name", ["pinball_0.9", "pinball_.9", "pinball_0.025"])
def test_the_pinball_loss_of_any_quantile_can_decide(name):
    found = scores.find(name, "regression")
    assert (found.name, found.higher_is_better) == (name, False)
    assert scores.find(name, "binary") is None


@pytest.mark.parametrize("name", ["pinball_1", "pinball_0", "pinball_0.0", "pinball_", "pinball", "pinball_1.5"])
def test_a_quantile_that_is_none_is_no_score(name):
    assert scores.find(name, None) is None


@pytest.mark.parametrize("task", [*OF_TASK, None])
def test_a_users_own_function_can_decide(task):
    assert scores.find("my_scores:cost", task).higher_is_better is False
    assert scores.find("my_scores:", task) is None


def test_a_loss_and_the_score_that_decides_ask_for_their_own_scores():
    ninety = replace(LOSSES["pinball"], parameters={"quantile": 0.9})
    assert asked_for("pinball_0.9", ninety) == ["pinball_0.9", "coverage"]
    assert asked_for("rmse", ninety) == ["pinball_0.9", "coverage"]
    assert asked_for("my_scores:cost", LOSSES["mse"]) == ["my_scores:cost"]
    assert asked_for("rmse", LOSSES["mse"]) == []
    assert asked_for("mape", LOSSES["mse"]) == ["mape"]
