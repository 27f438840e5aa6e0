from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.params.source import MakeCircles
from stages.records.settings import Settings
from stages.reporting.texts import published

# the losses that were published, with their dataset
PUBLISHED = [
    "mse",
    "msle",
    "mae",
    "binary_crossentropy",
    "hinge",
    "squared_hinge",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "kl_divergence",
]


@pytest.fixture
def reference(root, monkeypatch):
    monkeypatch.chdir(root)
    return published.read()


def rescored(make_run, name, metric, train, test):
    """A run of as many seeds as scores are given."""
    run = make_run(name, n_seeds=len(train))
    run.scores["value"] = 99.0
    for part, values in (("train", train), ("test", test)):
        run.scores.loc[(run.scores["metric"] == metric) & (run.scores["part"] == part), "value"] = values
    return run


@pytest.mark.parametrize(
    ("low", "high", "inside"),
    [
        (0.8, 0.9, True),
        (0.852, 0.852, True),
        (0.85249, 0.9, True),  # is 0.852 to three decimals
        (0.8, 0.8516, True),
        (0.8526, 0.9, False),
        (0.8, 0.8514, False),
    ],
)
def test_a_published_score_is_inside_when_it_is_to_three_decimals(low, high, inside):
    row = published.Row("circles", "hinge", "accuracy", "test", published=0.852, median=0.85, low=low, high=high)
    assert row.inside is inside


def test_a_score_stands_beside_our_median_and_range(make_run, reference):
    run = rescored(make_run, "msle", "mse", train=[0.1, 0.4, 0.2], test=[0.3, 0.9, 0.3])
    assert published.compare(reference, run) == [
        published.Row("regression", "msle", "mse", "train", 0.165, pytest.approx(0.2), 0.1, 0.4),
        published.Row("regression", "msle", "mse", "test", 0.184, pytest.approx(0.3), 0.3, 0.9),
    ]


def test_circles_are_compared_by_the_accuracy_that_was_published(make_run, reference):
    rows = published.compare(reference, rescored(make_run, "hinge", "rounded_accuracy", [0.5, 0.5], [0.6, 0.6]))
    assert [(row.metric, row.published, row.median) for row in rows] == [
        ("rounded_accuracy", 0.792, 0.5),
        ("rounded_accuracy", 0.740, 0.6),
    ]


def test_failed_seeds_are_left_out_and_a_run_of_failed_seeds_has_no_row(make_run, reference):
    run = rescored(make_run, "mae", "mse", train=[np.nan, 0.4, 0.2], test=[np.nan, np.nan, np.nan])
    assert [(row.part, row.low, row.high) for row in published.compare(reference, run)] == [("train", 0.2, 0.4)]


@pytest.mark.parametrize("changes", [{"dataset": "mine"}, {"dataset": "circles"}])
def test_a_run_without_published_scores_has_no_row(make_run, reference, changes):
    assert published.compare(reference, make_run("mse", **changes)) == []


def test_a_variant_of_a_published_loss_is_not_set_beside_it(make_run, reference):
    run = make_run("mse", activation="softplus")
    assert published.compare(reference, run) == []
    assert published.compare(reference, make_run("mape")) == []


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_default_parameters_are_those_of_the_published_comparison(make_run, reference, name):
    run = make_run(name)
    assert published.differences(reference, run) == []
    assert [row.part for row in published.compare(reference, run)] == ["train", "test"]


def differing(make_run, **changes):
    run = make_run("hinge")
    settings = run.settings.model_dump()
    for path, value in changes.items():
        *above, last = path.split("__")
        inside = settings
        for key in above:
            inside = inside[key]
        inside[last] = value
    return replace(run, settings=Settings.model_validate(settings))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"epochs": 3}, ["epochs is 3, there 200"]),
        ({"hidden": [50, 50], "batch_size": 8}, ["hidden is [50, 50], there [50]", "batch_size is 8, there 32"]),
        ({"data__split__train": 800}, ["data.split.train is 800, there 500"]),
        ({"optimizer__learning_rate": 0.1}, ["optimizer.learning_rate is 0.1, there 0.01"]),
        (
            {"optimizer": {"name": "Adam", "learning_rate": 0.01}},
            [
                "optimizer.name is Adam, there SGD",
                "optimizer.momentum is None, there 0.9",
                "optimizer.nesterov is None, there False",
            ],
        ),
        ({"data__source__noise": 0.2}, ["data.source.noise is 0.2, there 0.1"]),
    ],
    ids=["epochs", "network", "split", "rate", "optimizer", "noise"],
)
def test_settings_that_differ_are_named(make_run, reference, changes, found):
    assert published.differences(reference, differing(make_run, **changes)) == found


@pytest.mark.parametrize("argument", sorted(set(MakeCircles.model_fields) - {"generator"}))
def test_no_argument_of_the_generator_can_differ_unseen(make_run, reference, argument):
    assert published.differences(reference, differing(make_run, **{f"data__source__{argument}": "other"}))


def test_every_published_name_is_one_of_ours(reference, make_run, loaded):
    assert set(reference.settings) == set(reference.scores) == set(reference.metrics) == set(loaded.datasets)
    for dataset, losses in reference.scores.items():
        assert list(losses) == [loss.name for loss in loaded.selected()[dataset]]
        for loss in losses:
            assert np.isfinite(make_run(loss).values(reference.metrics[dataset], "test")).all()


def test_the_published_scores_are_those_of_the_source(reference):
    scores = pd.DataFrame(
        [(loss, row["train"], row["test"]) for losses in reference.scores.values() for loss, row in losses.items()],
        columns=["loss", "train", "test"],
    ).set_index("loss")
    assert scores.loc["mse"].tolist() == [0.000, 0.001]
    assert scores.loc["msle"].tolist() == [0.165, 0.184]
    assert scores.loc["hinge"].tolist() == [0.792, 0.740]
    assert scores.loc["squared_hinge"].tolist() == [0.682, 0.646]
    assert scores.loc["kl_divergence"].tolist() == [0.822, 0.822]


@pytest.mark.parametrize("content", [None, "scores: ["], ids=["missing", "damaged"])
def test_published_figures_that_cannot_be_read_are_to_be_restored(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    if content:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "published.yaml").write_text(content)
    with pytest.raises(UserError) as raised:
        published.read()
    line = "data/published.yaml cannot be read; restore it with: git checkout data/published.yaml"
    assert str(raised.value) == line


def test_a_claim_on_two_names_of_what_was_trained_once_is_one_on_one_objective(make_comparison, reference):
    names = {"categorical_crossentropy": ["sparse_categorical_crossentropy", "kl_divergence"]}
    made = replace(make_comparison("categorical_crossentropy"), other_names=names)
    claims = published.beside(reference, [made]).claims
    assert [cells[1] for cells in claims.rows] == ["**same objective**, trained once"] * 2
