import math
import re

import numpy as np
import pytest

from stages.losses.catalogue import LOSSES
from stages.reporting import data_files, figures, page, published
from stages.reporting.verdict_text import verdict_of

BINARY = ["binary_crossentropy", "hinge", "squared_hinge"]
MULTICLASS = ["categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"]


@pytest.fixture
def every_comparison(make_comparison):
    return [make_comparison("mse", "msle", "mae"), make_comparison(*BINARY), make_comparison(*MULTICLASS)]


@pytest.fixture
def reference(root, monkeypatch):
    monkeypatch.chdir(root)
    return published.read()


def scored(text, loss):
    """A loss's row in the table of its dataset: train and test score, failed seeds."""
    [row] = [row[4:] for row in table_rows(text, loss) if row[1] == LOSSES[loss].activation]
    return row


def table_rows(text, loss):
    """The cells of every table row that begins with a loss or has it second."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if f"`{loss}`" in row[:2]]


def test_every_table_has_as_many_cells_in_each_row_as_its_head(every_comparison, reference):
    text = page.markdown(every_comparison, reference)
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) >= 8
    for table in tables:
        assert re.fullmatch(r"(\|-+)+\|", table.splitlines()[1])
        assert len({line.count("|") for line in table.splitlines()}) == 1, table


def test_the_images_linked_are_those_drawn_each_once(every_comparison, reference):
    linked = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.markdown(every_comparison, reference))
    drawn = [drawing.name for drawing in figures.drawings(every_comparison)]
    assert sorted(linked) == sorted(f"figures/{name}" for name in drawn)


def test_a_baseline_without_error_has_no_place_among_differences_in_units_of_its_margin(make_comparison, reference):
    perfect, other = make_comparison("hinge", "squared_hinge"), make_comparison("mse", "mae")
    assert perfect.margin == 0 < other.margin
    assert "forest.png" not in page.markdown([perfect], reference)
    assert [row.label for row in figures.forest_rows([perfect, other])] == ["regression: mae"]


@pytest.mark.parametrize("loss", LOSSES)
def test_one_loss_alone_is_shown_alone(make_comparison, reference, loss):
    text = page.markdown([make_comparison(loss)], reference)
    assert set(re.findall(r"^\| (?:\w+ \| )?`([a-z]\w+)`", text, re.MULTILINE)) == {loss}
    assert re.findall(r"-(\w+)-curves\.png", text) == [loss]
    assert f"`{loss}` alone was trained" in text
    assert "forest.png" not in text
    is_published = any(loss in scores for scores in reference.scores.values())
    # its dataset, the published figures where there are any, how to read
    assert text.count("\n## ") == (3 if is_published else 2)


def test_scores_are_means_with_their_interval_worked_by_hand(make_comparison, reference):
    # squared errors 0.01, 0.04 and 0.09: mean 0.0467, sd 0.0404, t 4.303, so ± 0.1
    text = page.markdown([make_comparison("mae")], reference)
    assert scored(text, "mae") == ["0.0467 ± 0.1", "0.0467 ± 0.1", "0 of 3"]


def test_a_loss_that_wins_on_every_seed_of_enough_is_the_one_to_train_with(make_comparison, reference):
    comparison = make_comparison("hinge", "binary_crossentropy", n_seeds=12)
    comparison.runs[0].scores["value"] *= np.resize([0.5, 0.25], len(comparison.runs[0].scores))
    assert verdict_of(comparison).startswith("**Train with `binary_crossentropy`.**")
    row = table_rows(page.markdown([comparison], reference), "binary_crossentropy")[0]
    assert row[:3] == ["circles", "`binary_crossentropy`", "accuracy 1 ± 0"]
    assert row[-2:] == ["100 %", "**better**"]


def test_losses_with_the_same_values_are_one_objective(make_comparison, reference):
    text = page.markdown([make_comparison(*MULTICLASS)], reference)
    for loss in MULTICLASS[1:]:
        assert table_rows(text, loss)[0][-1] == "**same objective**"


def test_failed_seeds_are_named_and_count_in_no_mean(make_comparison, reference):
    text = page.markdown([make_comparison("mse", failed=(1,))], reference)
    # 0.01 and 0.09: mean 0.05
    assert scored(text, "mse") == ["0.05 ± 0.51", "0.05 ± 0.51", "1 of 3"]
    assert "- `mse` on regression: seed 1 failed: " in text
    assert " It counts in no mean" in text
    text = page.markdown([make_comparison("mse", failed=(0, 2))], reference)
    assert scored(text, "mse") == ["0.04", "0.04", "2 of 3"]
    assert "- `mse` on regression: seeds 0, 2 failed: " in text
    assert " They count in no mean" in text


def test_no_seed_is_said_to_have_failed_when_none_did(every_comparison, reference):
    text = page.markdown(every_comparison, reference)
    assert "no mean" not in text
    assert "0 of 3" in text


def test_one_seed_has_no_interval(make_comparison, reference):
    comparison = make_comparison("mae", "mse", n_seeds=1)
    text = page.markdown([comparison], reference)
    assert scored(text, "mae") == ["0.01", "0.01", "0 of 1"]
    assert "1 seed each" in text
    assert not re.search(r"\bnan\b", text)
    assert "1 seed cannot settle" in verdict_of(comparison)


def test_one_seed_is_not_called_seeds(make_comparison, reference):
    assert "1 seeds" not in page.markdown([make_comparison("mae", n_seeds=1)], reference)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.filterwarnings("error")
def test_a_loss_whose_seeds_all_failed_has_dashes(make_comparison, reference, loss):
    comparison = make_comparison(loss, failed=(0, 1, 2))
    text = page.markdown([comparison], reference)
    assert verdict_of(comparison).startswith("**No verdict**: every seed failed.")
    assert scored(text, loss) == ["–", "–", "3 of 3"]
    assert not re.search(r"\bnan\b", text)
    assert data_files.metrics([comparison]) == {comparison.name: {f"test_{comparison.headline}": {}}}


def test_default_settings_are_set_beside_the_published_ones(every_comparison, reference):
    text = page.markdown(every_comparison, reference)
    assert "## Against the published figures" in text
    # 0.01, 0.04 and 0.09, and published 0.184
    row = ["regression", "`msle`", "test", "0.184", "0.040", "0.010 to 0.090", "no"]
    assert row in table_rows(text, "msle")
    # outputs of ±0.4 round to 0
    row = ["circles", "`hinge`", "train", "0.792", "0.000", "0.000 to 0.000", "no"]
    assert row in table_rows(text, "hinge")
    assert "0 of 18 published scores lie inside" in text


def test_other_settings_are_not_set_beside_the_published_ones(make_comparison, reference):
    comparisons = [make_comparison("mse", "msle", epochs=3, batch_size=8), make_comparison("hinge")]
    text = page.markdown(comparisons, reference)
    line = "- regression is not set beside them, as it was trained otherwise: "
    assert line + "epochs is 3, there 100; batch_size is 8, there 32.\n" in text
    assert not [row for row in table_rows(text, "msle") if row[0] == "regression" and row[2] == "test"]
    assert "0 of 2 published scores lie inside" in text


def test_a_dataset_of_ones_own_has_no_published_figures(make_comparison, reference):
    text = page.markdown([make_comparison("mae", dataset="houses")], reference)
    assert "published" not in text
    assert "\n## houses\n" in text


def test_hinge_losses_are_shown_under_both_rules(make_comparison, reference):
    text = page.markdown([make_comparison(*BINARY)], reference)
    assert ["circles", "`hinge`", "0", "**1**"] in table_rows(text, "hinge")
    assert ["circles", "`squared_hinge`", "0", "**1**"] in table_rows(text, "squared_hinge")
    assert not [row for row in table_rows(text, "binary_crossentropy") if len(row) == 4]


def test_msle_is_told_with_the_share_of_targets_it_cannot_see(make_comparison, reference):
    text = page.markdown([make_comparison("msle")], reference).replace("\n", " ")
    assert "50 % of the train targets of regression are below 0" in text
    assert "and a negative prediction has no gradient, so this part" in text
    assert "the test mse goes from 0.01 to 0.09" in text
    above = page.markdown([make_comparison("msle", activation="softplus")], reference).replace("\n", " ")
    assert "all count as 0 there, so this part" in above
    assert "MSLE" not in page.markdown([make_comparison("mse")], reference)


@pytest.mark.parametrize(
    ("names", "expected"), [(["mse"], 0), (["msle"], 1), (["hinge"], 1), (["msle", "mse"], 1)], ids=str
)
def test_scores_that_mislead_have_a_heading_where_there_are_any(make_comparison, reference, names, expected):
    text = page.markdown([make_comparison(*names)], reference)
    assert text.count("### What some scores do not mean\n") == expected


@pytest.mark.parametrize("names", [BINARY, ["hinge", "binary_crossentropy"]], ids=["first", "second"])
def test_a_score_that_one_loss_has_stands_in_the_table_of_all(make_comparison, reference, names):
    text = page.markdown([make_comparison(*names)], reference)
    head = next(line for line in text.splitlines() if line.startswith("| loss | part |"))
    column = [cell.strip() for cell in head.strip("|").split("|")].index("log_loss")
    # outputs 0.25 and 0.75, all decided rightly: log loss log(4/3) = 0.288
    found = {
        row[0]: row[column]
        for row in table_rows(text, "hinge") + table_rows(text, "binary_crossentropy")
        if row[1] == "test"
    }
    assert found == {"`binary_crossentropy`": "0.288", "`hinge`": "–"}


def test_a_dataset_is_described_as_it_was_made_and_trained(make_comparison, reference):
    text = page.markdown([make_comparison("mse"), make_comparison("hinge")], reference)
    assert "7 rows made by scikit-learn's `make_regression`, 3 features. The first 4 train, the other 3 test." in text
    assert "Features: scaling standard; target: scaling standard, fitted on all rows." in text
    assert "Features: scaling none. Network: 2 inputs → 50 relu → output; 200 epochs" in text
    assert "batches of 32, SGD with learning rate 0.01." in text


def test_rendering_twice_gives_the_same_text(every_comparison, reference):
    assert page.markdown(every_comparison, reference) == page.markdown(every_comparison, reference)


def test_a_constant_prediction_stands_beside_the_scores(make_comparison, reference):
    comparison = make_comparison("mse", "mae")
    # the train rows' mean is 0, the test rows are -0.5, 0 and 0.5
    assert comparison.constant == pytest.approx(0.5 / 3)
    assert "A constant prediction has a test mse of 0.167." in page.markdown([comparison], reference)
    assert make_comparison("mse", headline="rmse", spread=2.0).constant == pytest.approx(2 * math.sqrt(0.5 / 3))
    assert make_comparison("hinge").constant == 0.5
    silent = make_comparison("hinge", headline="recall_1")
    assert silent.constant is None
    assert "A constant prediction has" not in page.markdown([silent], reference)


def test_a_failed_seed_counts_as_is_said(make_comparison, reference):
    for headline, worst in (("mse", "twice the largest error of any seed"), ("r2", "r2 0")):
        text = page.markdown([make_comparison("mse", headline=headline, failed=(1,))], reference)
        assert f"It counts in no mean; in every comparison as {worst}." in text
    comparison = make_comparison("mse", headline="r2", failed=(1,))
    comparison.runs[0].scores["value"] -= 2
    assert "in every comparison as twice the largest error of any seed." in page.markdown([comparison], reference)


def test_too_few_seeds_find_no_difference_however_large(make_comparison, reference):
    for n_seeds, shown in ((3, True), (8, False)):
        text = page.markdown([make_comparison("mse", "mae", n_seeds=n_seeds)], reference)
        [row] = [line for line in text.splitlines() if line.startswith("| `mse` − `mae`")]
        assert ("| – | –" in row) is shown
