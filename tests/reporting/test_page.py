import re

import numpy as np
import pytest

from stages.losses.catalogue import LOSSES
from stages.reporting import data_files, page, registry
from stages.reporting.registry import Report
from stages.reporting.sections import forest
from stages.reporting.texts import published

BINARY = ["binary_crossentropy", "hinge", "squared_hinge"]
MULTICLASS = ["categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"]


@pytest.fixture
def every_comparison(make_comparison):
    return [make_comparison("mse", "msle", "mae"), make_comparison(*BINARY), make_comparison(*MULTICLASS)]


@pytest.fixture
def reference(root, monkeypatch):
    monkeypatch.chdir(root)
    return published.read()


def tables(text):
    """Every table: a list of rows, each the cells by their heads."""
    lines = [re.findall(r"(?<=\|)[^|]*(?=\|)", line) for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    starts = [number - 1 for number, line in enumerate(cells) if set(line) == {"---"}]
    ends = [*starts[1:], len(cells)]
    return [
        [dict(zip(cells[start], row, strict=True)) for row in cells[start + 2 : end]]
        for start, end in zip(starts, ends, strict=True)
    ]


def row_of(text, loss, *heads):
    """The row of a loss in the first table that has these heads."""
    rows = [row for table in tables(text) for row in table if set(heads) <= set(row)]
    return next(row for row in rows if row.get("loss") == f"`{loss}`")


def scored(text, loss):
    """A loss's test score and failed seeds."""
    row = row_of(text, loss, "failed seeds")
    return [next(row[head] for head in row if head.startswith("test ")), row["failed seeds"]]


def test_every_table_has_as_many_cells_in_each_row_as_its_head(every_comparison, reference):
    assert len(tables(page.markdown(Report(every_comparison, reference)))) >= 8


def test_the_images_linked_are_those_drawn_each_once(every_comparison, reference):
    linked = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.markdown(Report(every_comparison, reference)))
    drawn = [picture.file for picture in registry.pictures(Report(every_comparison, reference))]
    assert sorted(linked) == sorted(f"figures/{name}" for name in drawn)


def test_a_baseline_without_error_has_no_place_among_differences_in_units_of_its_margin(make_comparison, reference):
    perfect, other = make_comparison("hinge", "squared_hinge"), make_comparison("mse", "mae")
    assert perfect.outcome.margin == 0 < other.outcome.margin
    assert "forest.svg" not in page.markdown(Report([perfect], reference))
    assert [row.label for row in forest.rows([perfect, other])] == ["regression: mae"]


@pytest.mark.parametrize("loss", LOSSES)
def test_one_loss_alone_is_shown_alone(make_comparison, reference, loss):
    text = page.markdown(Report([make_comparison(loss)], reference))
    assert {row["loss"] for table in tables(text) for row in table if "loss" in row} == {f"`{loss}`"}
    assert re.findall(r"-(\w+)-curves\.svg", text) == [loss]
    assert f"`{loss}` alone was trained" in text
    assert "forest.svg" not in text
    is_published = any(loss in scores for scores in reference.scores.values())
    assert ("gives one run of each loss" in text) is is_published


def test_scores_are_means_with_their_interval_worked_by_hand(make_comparison, reference):
    # every row of a seed has the same squared error, 0.01, 0.04 or 0.09: mean 0.0467, sd 0.0404, t 4.303, so ± 0.1
    row = row_of(page.markdown(Report([make_comparison("mae")], reference)), "mae", "train mse")
    assert (row["train mse"], row["test mse"], row["failed seeds"]) == ("0.05 ± 0.10", "0.05 ± 0.10", "0 of 3")
    assert row["averaged"] == "0.04 (3 networks)"  # they are off by 0.1, 0.2 and 0.3


def test_losses_with_the_same_values_are_one_objective(make_comparison, reference):
    text = page.markdown(Report([make_comparison(*MULTICLASS)], reference))
    [table] = [table for table in tables(text) if "pair" in table[0]]
    assert [row["verdict"] for row in table] == ["**same objective**"] * 3


def test_failed_seeds_are_named_and_count_in_no_mean(make_comparison, reference):
    text = page.markdown(Report([make_comparison("mse", failed=(1,))], reference))
    # 0.01 and 0.09: mean 0.05
    assert scored(text, "mse") == ["0.05 ± 0.51", "1 of 3"]
    assert "- `mse`: seed 1 failed: " in text
    assert "- What failed counts in no mean" in text
    text = page.markdown(Report([make_comparison("mse", failed=(0, 2))], reference))
    assert scored(text, "mse") == ["0.04", "2 of 3"]
    assert "- `mse`: seeds 0, 2 failed: " in text
    assert "- What failed counts in no mean" in text


def test_no_seed_is_said_to_have_failed_when_none_did(every_comparison, reference):
    text = page.markdown(Report(every_comparison, reference))
    assert "no mean" not in text
    assert "0 of 3" in text


def test_one_seed_has_no_interval(make_comparison, reference):
    text = page.markdown(Report([make_comparison("mae", "mse", n_seeds=1)], reference))
    assert scored(text, "mae") == ["0.01", "0 of 1"]
    assert "1 seeds" not in text
    assert not re.search(r"\bnan\b", text)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_whose_seeds_all_failed_has_dashes(make_comparison, reference, loss):
    comparison = make_comparison(loss, failed=(0, 1, 2))
    text = page.markdown(Report([comparison], reference))
    assert scored(text, loss) == ["–", "3 of 3"]
    assert not re.search(r"\bnan\b", text)
    assert data_files.metrics([comparison]) == {comparison.name: {f"test_{comparison.score.name}": {}}}


def test_default_settings_are_set_beside_the_published_ones(every_comparison, reference):
    text = page.markdown(Report(every_comparison, reference))
    published_rows = [row for table in tables(text) for row in table if "ours: median" in row]
    assert len(published_rows) == 18
    msle = {"published": "0.184", "ours: median": "0.040", "range": "0.010 to 0.090", "inside": "no"}
    assert {"loss": "`msle`", "part": "test"} | msle in published_rows
    # outputs of ±0.4 round to 0
    hinge = {"published": "0.792", "ours: median": "0.000", "range": "0.000 to 0.000", "inside": "no"}
    assert {"loss": "`hinge`", "part": "train"} | hinge in published_rows
    assert len(re.findall("0 of 6 published scores of [a-z]+ lie inside", text)) == 3


def test_other_settings_are_not_set_beside_the_published_ones(make_comparison, reference):
    text = page.markdown(Report([make_comparison("mse", "msle", epochs=3, batch_size=8)], reference))
    line = "- regression is not set beside it, as it was trained otherwise: "
    assert line + "epochs is 3, there 100; batch_size is 8, there 32.\n" in text
    assert not [row for table in tables(text) for row in table if "ours: median" in row]


def test_a_dataset_has_one_chapter_for_what_was_published_and_all_comparisons_on_it(
    make_comparison, reference, make_tuning
):
    usual = make_comparison("mse", "msle")
    tuned = make_comparison("mse", "msle", comparison="fair", dataset="regression", tuning=make_tuning())
    text = page.markdown(Report([usual, tuned], reference))
    assert re.findall(r"^##+ .*$", text, re.MULTILINE)[:-2] == [
        "## What became of the published claims",
        "## regression, as published: which loss to train with?",
        "## fair, each loss at its own best rate: which loss to train with?",
        "## How sure",
        "### How sure: regression",
        "### How sure: fair",
        "## Details",
        "### Details: regression",
        "### Details: fair",
        "## Published figures",
        "## Your data",
        "### The data: regression",
    ]
    [[claim]] = [table for table in tables(text) if "as published" in table[0]]
    assert list(claim) == ["as published", "regression", "fair: each loss at its own best"]
    assert claim["as published"] == "`mse` (0.001) better than `msle` (0.184)"
    assert claim["regression"].startswith(f"**{usual.outcome.pairs['mse', 'msle'].verdict}**: ")
    assert "; on these very rows " in claim["regression"]
    assert text.count("regression-data.svg") == 1


def test_a_tuned_loss_is_shown_with_its_own_rate_and_epochs(make_comparison, reference, make_tuning):
    text = page.markdown(Report([make_comparison("mse", "mae", tuning=make_tuning(at_last_epoch=True))], reference))
    row = row_of(text, "mae", "failed seeds")
    assert (row["learning rate"], row["epochs"]) == ("0.01", "2")
    assert "regression-tuning.svg" in text
    assert "chosen by the mean validation mse over 10 seeds, at the rates 0.001, 0.01, 0.1" in text
    assert "- `mse` and `mae` are best at the last of 2 epochs; more may be better." in text
    untuned = page.markdown(Report([make_comparison("mse", "mae")], reference))
    assert "tuning.svg" not in untuned
    assert row_of(untuned, "mae", "failed seeds")["epochs"] == "100"


def test_a_dataset_of_ones_own_has_no_published_figures(make_comparison, reference):
    text = page.markdown(Report([make_comparison("mae", dataset="houses")], reference))
    assert "published" not in text.partition("## How to read this")[0]
    assert "\n### The data: houses\n" in text


def test_hinge_losses_are_shown_under_both_rules(make_comparison, reference):
    text = page.markdown(Report([make_comparison(*BINARY)], reference))
    [table] = [table for table in tables(text) if "sign of the output" in table[0]]
    assert [list(row.values()) for row in table] == [
        ["circles", "`hinge`", "0", "**1**"],
        ["circles", "`squared_hinge`", "0", "**1**"],
    ]


def test_msle_is_told_with_the_share_of_targets_it_cannot_see(make_comparison, reference):
    text = page.markdown(Report([make_comparison("msle")], reference)).replace("\n", " ")
    assert "50 % of the train targets in regression are below 0" in text
    assert "and a negative prediction has no gradient, so this part" in text
    assert "the test mse goes from 0.01 to 0.09" in text
    above = page.markdown(Report([make_comparison("msle", activation="softplus")], reference)).replace("\n", " ")
    assert "all count as 0 there, so this part" in above
    assert "MSLE" not in page.markdown(Report([make_comparison("mse")], reference))


@pytest.mark.parametrize(
    ("names", "expected"), [(["mse"], 0), (["msle"], 1), (["hinge"], 1), (["msle", "mse"], 1)], ids=str
)
def test_scores_that_mislead_have_a_heading_where_there_are_any(make_comparison, reference, names, expected):
    text = page.markdown(Report([make_comparison(*names)], reference))
    assert text.count("## What some scores do not mean\n") == expected


@pytest.mark.parametrize("names", [BINARY, ["hinge", "binary_crossentropy"]], ids=["first", "second"])
def test_a_score_that_one_loss_has_stands_in_the_table_of_all(make_comparison, reference, names):
    text = page.markdown(Report([make_comparison(*names)], reference))
    [table] = [table for table in tables(text) if "log_loss" in table[0]]
    shown = {row["loss"]: row["log_loss"] for row in table if row["part"] == "test"}
    # outputs 0.25 and 0.75, all decided rightly: log loss log(4/3) = 0.288
    assert (shown["`binary_crossentropy`"], shown["`hinge`"]) == ("0.288", "–")


def test_a_dataset_is_described_as_it_was_made_and_trained(make_comparison, reference):
    text = page.markdown(Report([make_comparison("mse"), make_comparison("hinge")], reference))
    assert "7 rows made by scikit-learn's `make_regression`, 3 features." in text
    made = [{row["what"]: row["how"] for row in rows} for rows in tables(text) if "what" in rows[0]]
    assert made[0]["rows"] == "The first 4 train, the other 3 test."
    assert made[0]["scaling"] == "Features: scaling standard; target: scaling standard, fitted on all rows."
    assert [each["network"] for each in made] == ["3 inputs → 25 relu → output.", "2 inputs → 50 relu → output."]
    assert made[1]["scaling"] == "Features: scaling none."
    assert made[1]["training"] == "SGD (momentum 0.9), learning rate 0.01, 200 epochs of batches of 32."


def test_rendering_twice_gives_the_same_text(every_comparison, reference):
    assert page.markdown(Report(every_comparison, reference)) == page.markdown(Report(every_comparison, reference))


def test_a_constant_prediction_stands_beside_the_scores(make_comparison, reference):
    # the train rows' mean is 0, the test rows are -0.5, 0 and 0.5
    text = page.markdown(Report([make_comparison("mse", "mae")], reference))
    assert "Always guessing the mean gives 0.167." in text
    silent = make_comparison("hinge", headline="recall_1")
    assert "Always guessing" not in page.markdown(Report([silent], reference))


def test_a_failed_seed_counts_as_a_constant_prediction_or_the_worst_seed(make_comparison, reference):
    # a constant prediction has an mse of 0.167 and an R² of 0, which is worse than any seed
    for headline, worst in (("mse", "0.167"), ("r2", "0")):
        text = page.markdown(Report([make_comparison("mse", headline=headline, failed=(1,))], reference))
        assert f"What failed counts in no mean; in every pair as a test {headline} of {worst}." in text
    comparison = make_comparison("mse", headline="r2", failed=(1,))
    comparison.runs[0].scores["value"] -= 2
    worst = comparison.outcome.scores["mse"][[0, 2]].min()
    assert f"in every pair as a test r2 of {worst:.3g}." in page.markdown(Report([comparison], reference))


def test_what_holds_on_these_very_rows_stands_beside_what_holds_for_new_ones(make_comparison, reference):
    for n_splits, shown in ((1, True), (3, False)):
        text = page.markdown(Report([make_comparison("mse", "mae", n_splits=n_splits)], reference))
        [table] = [table for table in tables(text) if "pair" in table[0]]
        assert ("on these very rows" in table[0]) is shown


def test_seeds_that_went_astray_are_named_with_what_the_others_did(make_comparison, reference):
    comparison = make_comparison("mse", "mae", n_seeds=12)
    scores = comparison.outcome.scores
    scores["mse"] = np.append(np.linspace(0.1, 0.2, 11), 7)
    scores["mae"] = np.append(np.linspace(0.1, 0.2, 10), [4, np.nan])
    text = page.markdown(Report([comparison], reference))
    assert "- Seed 11 of `mse` went astray, with a test mse of 7; the others lie between 0.1 and 0.2, 0.15 on" in text
    assert "- Seed 10 of `mae` went astray, with a test mse of 4; " in text
    scores["mse"][10] = 8
    assert "- Seeds 10 and 11 of `mse` went astray, with a test mse of 7 to 8; " in page.markdown(
        Report([comparison], reference)
    )


def test_how_many_seeds_of_the_recommended_loss_went_astray_says_how_many_do_at_most(make_comparison, reference):
    comparison = make_comparison("mse", "mae", n_seeds=30)
    scores, best = comparison.outcome.scores, comparison.outcome.advice.best
    scores["mse"], scores["mae"] = np.linspace(0.1, 0.2, 30), np.linspace(0.3, 0.4, 30)
    text = page.markdown(Report([comparison], reference))
    assert f"None of 30 seeds of `{best}` failed or went astray, which says that at most 10 % do (95 %)." in text
    scores[best] = np.append(scores[best][:28], [9, np.nan])
    text = page.markdown(Report([comparison], reference))
    assert f"2 of 30 seeds of `{best}` failed or went astray, which says that up to 20 % may (95 %)." in text


def test_of_few_seeds_none_is_said_to_have_gone_astray(every_comparison, reference):
    assert " went astray, with" not in page.markdown(Report(every_comparison, reference))
    assert " failed or went astray" not in page.markdown(Report(every_comparison, reference))
