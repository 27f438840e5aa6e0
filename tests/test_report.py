import json
import math
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from stages import report
from stages.basics import files, paths
from stages.basics.cli import UserError
from stages.losses import validity
from stages.losses.catalogue import LOSSES
from stages.records import datasets, runs
from stages.reporting import verdict_text as wording
from stages.reporting.sections import Section, drawings, read_section
from stages.scores import names as scores
from stages.verdicts.statistics import Summary

BINARY = ["binary_crossentropy", "hinge", "squared_hinge"]
MULTICLASS = ["categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"]


@pytest.fixture
def reference(root):
    return yaml.safe_load((root / "data" / "published.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def make_section(make_run, make_scaled):
    """A factory of sections: the named losses on one dataset, made-up runs."""

    def make(*names, center=0.0, spread=1.0, headline=None, **changes):
        made = [make_run(name, **changes) for name in names]
        task = made[0].loss.task
        scaled, table = make_scaled(task, n_features=2 if made[0].regions else 3, center=center, spread=spread)
        seen = datasets.seen(table, scaled.folds[0], scaled.description, made[0].settings.batch_size)
        return Section(
            name=made[0].dataset,
            runs=made,
            scaled=scaled,
            folds=[table],
            score=scores.find(headline or made[0].loss.epoch_metric, task),
            baseline=names[0],
            validity={run.loss.name: validity.judge(run.loss, seen) for run in made},
        )

    return make


@pytest.fixture
def every_section(make_section):
    return [make_section("mse", "msle", "mae"), make_section(*BINARY), make_section(*MULTICLASS)]


def scored(text, loss):
    """A loss's row in the table of its dataset: train and test score, failed seeds."""
    [row] = [row[4:] for row in table_rows(text, loss) if row[1] == LOSSES[loss].activation]
    return row


def table_rows(text, loss):
    """The cells of every table row that begins with a loss or has it second."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return [row for row in rows if f"`{loss}`" in row[:2]]


def test_every_table_has_as_many_cells_in_each_row_as_its_head(every_section, reference):
    text = report.render(every_section, reference)
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) >= 8
    for table in tables:
        assert re.fullmatch(r"(\|-+)+\|", table.splitlines()[1])
        assert len({line.count("|") for line in table.splitlines()}) == 1, table


def test_the_images_linked_are_those_drawn_each_once(every_section, reference):
    linked = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", report.render(every_section, reference))
    drawn = ["forest.png", *(name for section in every_section for name in drawings(section))]
    assert sorted(linked) == sorted(f"figures/{name}" for name in drawn)


def test_a_baseline_without_error_has_no_place_among_differences_in_units_of_its_margin(make_section, reference):
    perfect, other = make_section("hinge", "squared_hinge"), make_section("mse", "mae")
    assert perfect.margin == 0 < other.margin
    assert "forest.png" not in report.render([perfect], reference)
    assert [row.label for row in report.forest([perfect, other])] == ["regression: mae"]


def test_no_difference_is_drawn_to_a_baseline_that_never_finished(make_section):
    section = make_section("mse", "mae", failed=(0, 1, 2))
    assert section.margin == pytest.approx(0.05 * 0.5 / 3)
    assert report.forest([section]) == []


def test_each_dataset_has_the_figures_that_suit_it(make_section):
    assert list(drawings(make_section("mse", "mae"))) == [
        f"regression-{name}.png" for name in ("data", "scores", "punishment", "predicted", "mse-curves", "mae-curves")
    ]
    assert list(drawings(make_section("hinge"))) == [
        f"circles-{name}.png" for name in ("data", "scores", "punishment", "regions", "hinge-curves")
    ]


@pytest.mark.parametrize("loss", LOSSES)
def test_one_loss_alone_is_shown_alone(make_section, reference, loss):
    text = report.render([make_section(loss)], reference)
    assert set(re.findall(r"^\| (?:\w+ \| )?`([a-z]\w+)`", text, re.MULTILINE)) == {loss}
    assert re.findall(r"-(\w+)-curves\.png", text) == [loss]
    assert f"`{loss}` alone was trained" in text
    assert "forest.png" not in text
    is_published = any(loss in scores for scores in reference["scores"].values())
    # its dataset, the published figures where there are any, how to read
    assert text.count("\n## ") == (3 if is_published else 2)


def test_scores_are_means_with_their_interval_worked_by_hand(make_section, reference):
    # squared errors 0.01, 0.04 and 0.09: mean 0.0467, sd 0.0404, t 4.303, so ± 0.1
    text = report.render([make_section("mae")], reference)
    assert scored(text, "mae") == ["0.0467 ± 0.1", "0.0467 ± 0.1", "0 of 3"]


@pytest.mark.parametrize(
    ("names", "factors", "best"),
    [(["mse", "mae", "msle"], (2, 1, 3), "mae"), (BINARY, (0.5, 0.25, 1), "squared_hinge")],
    ids=["mse", "accuracy"],
)
def test_the_loss_with_the_best_mean_leads(make_section, names, factors, best):
    section = make_section(*names)
    for run, factor in zip(section.runs, factors, strict=True):
        run.scores["value"] *= factor
    assert report.verdict_of(section).startswith(f"**Not settled: `{best}` has the best mean test {section.headline}")


def test_a_loss_that_wins_on_every_seed_of_enough_is_the_one_to_train_with(make_section, reference):
    section = make_section("hinge", "binary_crossentropy", n_seeds=12)
    section.runs[0].scores["value"] *= np.resize([0.5, 0.25], len(section.runs[0].scores))
    assert report.verdict_of(section).startswith("**Train with `binary_crossentropy`.**")
    row = table_rows(report.render([section], reference), "binary_crossentropy")[0]
    assert row[:3] == ["circles", "`binary_crossentropy`", "accuracy 1 ± 0"]
    assert row[-2:] == ["100 %", "**better**"]


def test_losses_with_the_same_values_are_one_objective(make_section, reference):
    text = report.render([make_section(*MULTICLASS)], reference)
    for loss in MULTICLASS[1:]:
        assert table_rows(text, loss)[0][-1] == "**same objective**"


def test_failed_seeds_are_named_and_count_in_no_mean(make_section, reference):
    text = report.render([make_section("mse", failed=(1,))], reference)
    # 0.01 and 0.09: mean 0.05
    assert scored(text, "mse") == ["0.05 ± 0.51", "0.05 ± 0.51", "1 of 3"]
    assert "- `mse` on regression: seed 1 failed: " in text
    assert " It counts in no mean" in text
    text = report.render([make_section("mse", failed=(0, 2))], reference)
    assert scored(text, "mse") == ["0.04", "0.04", "2 of 3"]
    assert "- `mse` on regression: seeds 0, 2 failed: " in text
    assert " They count in no mean" in text


def test_no_seed_is_said_to_have_failed_when_none_did(every_section, reference):
    text = report.render(every_section, reference)
    assert "no mean" not in text
    assert "0 of 3" in text


def test_one_seed_has_no_interval(make_section, reference):
    section = make_section("mae", "mse", n_seeds=1)
    text = report.render([section], reference)
    assert scored(text, "mae") == ["0.01", "0.01", "0 of 1"]
    assert "1 seed each" in text
    assert not re.search(r"\bnan\b", text)
    assert "1 seed cannot settle" in report.verdict_of(section)


def test_one_seed_is_not_called_seeds(make_section, reference):
    assert "1 seeds" not in report.render([make_section("mae", n_seeds=1)], reference)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.filterwarnings("error")
def test_a_loss_whose_seeds_all_failed_has_dashes(make_section, reference, loss):
    section = make_section(loss, failed=(0, 1, 2))
    text = report.render([section], reference)
    assert report.verdict_of(section).startswith("**No verdict**: every seed failed.")
    assert scored(text, loss) == ["–", "–", "3 of 3"]
    assert not re.search(r"\bnan\b", text)
    assert report.headline_metrics([section]) == {section.name: {f"test_{section.headline}": {}}}


def test_a_loss_whose_seeds_all_failed_is_not_the_best(make_section, make_run):
    section = make_section("mse")
    section.runs.insert(0, make_run("mae", failed=(0, 1, 2)))
    told = report.verdict_of(section)
    assert "`mse` has the best mean test mse" in told
    assert "3 of 3 seeds of `mae` failed and count as worse than any other." in told


def test_default_settings_are_set_beside_the_published_ones(every_section, reference):
    text = report.render(every_section, reference)
    assert "## Against the published figures" in text
    # 0.01, 0.04 and 0.09, and published 0.184
    row = ["regression", "`msle`", "test", "0.184", "0.040", "0.010 to 0.090", "no"]
    assert row in table_rows(text, "msle")
    # outputs of ±0.4 round to 0
    row = ["circles", "`hinge`", "train", "0.792", "0.000", "0.000 to 0.000", "no"]
    assert row in table_rows(text, "hinge")
    assert "0 of 18 published scores lie inside" in text


def test_other_settings_are_not_set_beside_the_published_ones(make_section, reference):
    sections = [make_section("mse", "msle", epochs=3, batch_size=8), make_section("hinge")]
    text = report.render(sections, reference)
    line = "- regression is not set beside them, as it was trained otherwise: "
    assert line + "epochs is 3, there 100; batch_size is 8, there 32.\n" in text
    assert not [row for row in table_rows(text, "msle") if row[0] == "regression" and row[2] == "test"]
    assert "0 of 2 published scores lie inside" in text


def test_a_dataset_of_ones_own_has_no_published_figures(make_section, reference):
    text = report.render([make_section("mae", dataset="houses")], reference)
    assert "published" not in text
    assert "\n## houses\n" in text


def test_hinge_losses_are_shown_under_both_rules(make_section, reference):
    text = report.render([make_section(*BINARY)], reference)
    assert ["circles", "`hinge`", "0", "**1**"] in table_rows(text, "hinge")
    assert ["circles", "`squared_hinge`", "0", "**1**"] in table_rows(text, "squared_hinge")
    assert not [row for row in table_rows(text, "binary_crossentropy") if len(row) == 4]


def test_msle_is_told_with_the_share_of_targets_it_cannot_see(make_section, reference):
    text = report.render([make_section("msle")], reference)
    assert "50 % of the train targets of regression are below 0" in text
    assert "and a negative prediction has no gradient, so this part" in text
    assert "the test mse goes from 0.01 to 0.09" in text
    above = report.render([make_section("msle", activation="softplus")], reference)
    assert "all count as 0 there, so this part" in above
    assert "MSLE" not in report.render([make_section("mse")], reference)


@pytest.mark.parametrize(
    ("names", "expected"), [(["mse"], 0), (["msle"], 1), (["hinge"], 1), (["msle", "mse"], 1)], ids=str
)
def test_scores_that_mislead_have_a_heading_where_there_are_any(make_section, reference, names, expected):
    text = report.render([make_section(*names)], reference)
    assert text.count("### What some scores do not mean\n") == expected


@pytest.mark.parametrize("names", [BINARY, ["hinge", "binary_crossentropy"]], ids=["first", "second"])
def test_a_score_that_one_loss_has_stands_in_the_table_of_all(make_section, reference, names):
    text = report.render([make_section(*names)], reference)
    head = next(line for line in text.splitlines() if line.startswith("| loss | part |"))
    column = [cell.strip() for cell in head.strip("|").split("|")].index("log_loss")
    # outputs 0.25 and 0.75, all decided rightly: log loss log(4/3) = 0.288
    found = {
        row[0]: row[column]
        for row in table_rows(text, "hinge") + table_rows(text, "binary_crossentropy")
        if row[1] == "test"
    }
    assert found == {"`binary_crossentropy`": "0.288", "`hinge`": "–"}


def test_a_dataset_is_described_as_it_was_made_and_trained(make_section, reference):
    text = report.render([make_section("mse"), make_section("hinge")], reference)
    assert "7 rows made by scikit-learn's `make_regression`, 3 features. The first 4 train, the other 3 test." in text
    assert "Features: scaling standard; target: scaling standard, fitted on all rows." in text
    assert "Features: scaling none. Network: 2 inputs → 50 relu → output; 200 epochs" in text
    assert "batches of 32, SGD with learning rate 0.01." in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.00012345, "0.000123"),
        (0.8477, "0.848"),
        (-12.34, "-12.3"),
        (999.4, "999"),
        (999.7, "1,000"),
        (1234567.8, "1,234,568"),
    ],
)
def test_a_number_is_shown_in_three_digits(value, shown):
    assert wording.number(value) == shown


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        (Summary(0.84733, 0.01, 0.00345, 30, 0), "0.847 ± 0.0034"),
        (Summary(15432, 4000, 2345, 3, 0), "15,432 ± 2,300"),
        (Summary(0.84733, np.nan, np.nan, 1, 2), "0.847"),
        (Summary(np.nan, np.nan, np.nan, 0, 3), "–"),
    ],
)
def test_a_mean_is_shown_with_its_interval_where_it_has_one(summary, shown):
    assert wording.plus_minus(summary) == shown


def test_curves_hold_the_mean_and_the_middle_of_the_seeds_that_did_not_fail(make_section):
    section = make_section("mse", failed=(1,))
    table = report.curves([section])
    assert list(table) == ["panel", "part", "epoch", "mean", "low", "high"]
    assert table["panel"].unique().tolist() == ["regression: mse"]
    seeds = section.runs[0].epochs("val_mse")[[0, 2]]
    found = table[table["part"] == "test"]
    assert found["epoch"].tolist() == list(range(1, 101))
    np.testing.assert_allclose(found["mean"], seeds.mean(axis=0))
    # 10 % of the way from the lower of two seeds to the higher
    np.testing.assert_allclose(found["low"], seeds.min(axis=0) + 0.1 * np.ptp(seeds, axis=0))
    assert report.curves([make_section("mse", failed=(0, 1, 2))]).empty


def test_results_hold_every_score_of_every_seed_once(every_section):
    table = report.results(every_section)
    assert list(table) == ["dataset", "loss", "seed", "part", "metric", "value"]
    assert not table.duplicated(["dataset", "loss", "seed", "part", "metric"]).any()
    assert len(table) == sum(len(run.scores) for section in every_section for run in section.runs)
    found = table.query("dataset == 'regression' and loss == 'mae' and part == 'test' and metric == 'mse'")
    assert found["seed"].tolist() == [0, 1, 2]
    assert found["value"].tolist() == pytest.approx([0.01, 0.04, 0.09], rel=1e-5)


def test_metrics_hold_the_mean_test_headline_of_each_loss(every_section):
    assert report.headline_metrics(every_section) == {
        "regression": {"test_mse": dict.fromkeys(["mse", "msle", "mae"], pytest.approx(0.14 / 3, rel=1e-5))},
        "circles": {"test_accuracy": dict.fromkeys(BINARY, 1)},
        "blobs": {"test_accuracy": dict.fromkeys(MULTICLASS, 1)},
    }


def test_rendering_twice_gives_the_same_text(every_section, reference):
    assert report.render(every_section, reference) == report.render(every_section, reference)


@pytest.fixture
def project(tmp_path, monkeypatch, root, defaults):
    """Write a project's params.yaml and the runs of some sections as the stages before would."""
    monkeypatch.chdir(tmp_path)

    def write(*sections, loss="all"):
        names = [section.name for section in sections]
        defaults["loss"] = loss
        defaults["comparisons"] = {name: defaults["comparisons"][name] for name in names}
        defaults["report"]["headline"] = {name: defaults["report"]["headline"][name] for name in names}
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(defaults, sort_keys=False))
        for section in sections:
            files.write_table(tmp_path / f"data/scaled/{section.name}.parquet", section.folds[0])
            datasets.write_scaled(section.name, section.scaled)
            for run in section.runs:
                folder = runs.folder(section.name, run.loss.name)
                folder.mkdir(parents=True)
                runs.write(run, folder)
        shutil.copy(root / "data" / "published.yaml", tmp_path / "data")
        return tmp_path / "reports"

    return write


def test_the_stage_writes_a_report_whose_images_exist(project, make_section, capsys):
    reports = project(make_section("mse", "msle", "mae", center=5.0), make_section(*BINARY, failed=(2,)))
    report.main()
    text = (reports / "report.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\((figures/[^)]+)\)", text)
    assert sorted(f"figures/{path.name}" for path in (reports / "figures").iterdir()) == sorted(linked)
    for link in linked:
        assert (reports / link).read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in reports.iterdir()) == [
        "curves.csv",
        "figures",
        "metrics.json",
        "report.html",
        "report.md",
        "results.csv",
        "verdicts.json",
    ]
    # the page needs no other file
    assert (reports / "report.html").read_text(encoding="utf-8").count('src="data:image/png;base64,') == len(linked)
    verdicts = json.loads(paths.VERDICTS.read_text(encoding="utf-8"))
    assert {dataset: list(told["losses"]) for dataset, told in verdicts.items()} == {
        "regression": ["mse", "msle", "mae"],
        "circles": BINARY,
    }
    metrics = json.loads((reports / "metrics.json").read_text())
    assert list(metrics) == ["regression", "circles"]
    assert metrics["circles"] == {"test_accuracy": dict.fromkeys(BINARY, 1)}
    table = pd.read_csv(reports / "results.csv")
    assert table.loc[table["value"].isna(), ["dataset", "seed"]].drop_duplicates().to_numpy().tolist() == [
        ["circles", 2]
    ]
    assert capsys.readouterr().out.splitlines()[-1] == "report: read reports/report.md"


def test_a_constant_prediction_stands_beside_the_scores(make_section, reference):
    section = make_section("mse", "mae")
    # the train rows' mean is 0, the test rows are -0.5, 0 and 0.5
    assert section.constant == pytest.approx(0.5 / 3)
    assert "A constant prediction has a test mse of 0.167." in report.render([section], reference)
    assert make_section("mse", headline="rmse", spread=2.0).constant == pytest.approx(2 * math.sqrt(0.5 / 3))
    assert make_section("hinge").constant == 0.5
    silent = make_section("hinge", headline="recall_1")
    assert silent.constant is None
    assert "A constant prediction has" not in report.render([silent], reference)


def test_no_loss_is_recommended_where_none_beats_a_constant_prediction(make_section):
    section = make_section("mse", "mae")
    for run in section.runs:
        run.scores["value"] += 1
    assert report.verdict_of(section).startswith("**Train with none of these: no loss surely beats a constant")


def test_folds_count_for_a_constant_prediction_as_their_seeds_do_each_in_its_units(make_section):
    section, [fold] = (made := make_section("mse", headline="rmse")), made.scaled.folds
    folds = [fold, replace(fold, spread=[10.0]), replace(fold, spread=[1000.0])]
    in_folds = [
        replace(section, folds=[section.folds[0]] * n, scaled=replace(section.scaled, folds=folds[:n])) for n in (2, 3)
    ]
    one = math.sqrt(0.5 / 3)
    assert in_folds[0].constant == pytest.approx((one + 10 * one + one) / 3)  # seeds 0, 1 and 2
    two_seeds = section.runs[0].settings.model_copy(update={"seeds": (0, 1)})
    few = replace(in_folds[1], runs=[replace(section.runs[0], settings=two_seeds)])
    assert few.constant == pytest.approx((one + 10 * one) / 2)  # the third fold is not used


def test_a_failed_seed_counts_as_is_said(make_section, reference):
    for headline, worst in (("mse", "twice the largest error of any seed"), ("r2", "r2 0")):
        text = report.render([make_section("mse", headline=headline, failed=(1,))], reference)
        assert f"It counts in no mean; in every comparison as {worst}." in text
    section = make_section("mse", headline="r2", failed=(1,))
    section.runs[0].scores["value"] -= 2
    assert "in every comparison as twice the largest error of any seed." in report.render([section], reference)


def test_too_few_seeds_find_no_difference_however_large(make_section, reference):
    for n_seeds, shown in ((3, True), (8, False)):
        text = report.render([make_section("mse", "mae", n_seeds=n_seeds)], reference)
        [row] = [line for line in text.splitlines() if line.startswith("| `mse` − `mae`")]
        assert ("| – | –" in row) is shown


def test_predictions_far_beyond_the_target_do_not_flatten_the_others(make_section):
    section = make_section("mse", "mae")
    section.runs[1].outputs[0]["test"][0, 0] = 1e6
    one, other = drawings(section)["regression-predicted.png"]().axes
    assert one.get_xlabel() == "actual (target units)"
    assert other.get_xlabel() == "actual (target units)\n1 of 9 points far beyond"
    assert other.get_ylim()[1] < 10


def test_a_report_of_one_loss_replaces_all_of_an_older_one(project, make_section):
    reports = project(make_section("mse", "msle", "mae"), loss="msle")
    (reports / "figures").mkdir(parents=True)
    (reports / "figures" / "circles-old.png").write_bytes(b"old")
    report.main()
    assert {path.name for path in (reports / "figures").iterdir()} == {
        f"regression-{name}.png" for name in ("data", "scores", "punishment", "predicted", "msle-curves")
    }
    assert list(json.loads((reports / "metrics.json").read_text())["regression"]["test_mse"]) == ["msle"]
    assert pd.read_csv(reports / "results.csv")["loss"].unique().tolist() == ["msle"]


def test_a_missing_run_is_named_before_anything_is_written(project, make_section):
    reports = project(make_section("mse", "msle"))
    with pytest.raises(UserError) as raised:
        report.main()
    assert str(raised.value) == "data/runs/regression/mae/run.json is missing; write it with: dvc repro --force train"
    assert not reports.exists()


def test_a_section_is_read_with_what_undoes_its_scaling(project, make_section):
    project(make_section("mse", center=5.0, spread=2.0), make_section("hinge"))
    regression, circles = (
        read_section(name, [LOSSES[loss]], headline=None, baseline=loss, margin=None)
        for name, loss in (("regression", "mse"), ("circles", "hinge"))
    )
    # -0.5, 0 and 0.5 in scaled units
    assert regression.labels(0, "test").tolist() == [[4], [5], [6]]
    assert circles.labels(0, "test").tolist() == [1, 0, 1, 0]
    assert [run.loss.name for run in regression.runs] == ["mse"]
    assert (len(regression.labels(0, "train")), regression.n_rows) == (4, 7)
    assert (len(circles.labels(0, "train")), circles.n_rows) == (5, 9)
    assert (regression.headline, circles.headline) == ("rmse", "accuracy")


@pytest.mark.parametrize(
    ("loss", "task", "headline", "two_dimensional"),
    [
        ("mae", "regression", "mse", False),
        ("hinge", "binary", "accuracy", True),
        ("kl_divergence", "multiclass", "accuracy", True),
    ],
)
def test_a_section_knows_its_kind_of_problem(make_section, loss, task, headline, two_dimensional):
    section = make_section(loss)
    assert (section.task, section.headline, section.two_dimensional) == (task, headline, two_dimensional)
    assert section.summary(section.runs[0], "test").n == 3


def test_predictions_and_targets_are_drawn_in_target_units(make_section):
    section = make_section("mse", center=100.0, spread=10.0)
    drawn = {name: draw().axes[0] for name, draw in drawings(section).items()}
    points = drawn["regression-predicted.png"].collections[0].get_offsets()
    # test targets -0.5, 0 and 0.5; seed 0 is off by 0.1
    np.testing.assert_allclose(points[:3], [[95, 96], [100, 101], [105, 106]])
    bars = drawn["regression-data.png"].patches
    assert (bars[0].get_x(), bars[-1].get_x() + bars[-1].get_width()) == (pytest.approx(90), pytest.approx(112.5))


def test_failed_seeds_are_not_drawn_in_curves_nor_predictions(make_section):
    drawn = {name: draw() for name, draw in drawings(make_section("mse", failed=(1,))).items()}
    assert len(drawn["regression-mse-curves.png"].axes[0].collections[0].get_segments()) == 2
    assert len(drawn["regression-predicted.png"].axes[0].collections[0].get_offsets()) == 2 * 3


def test_a_failed_seed_whose_outputs_are_finite_is_not_drawn_among_predictions(make_section):
    section = make_section("mse")
    section.runs[0].failed.append(1)
    points = drawings(section)["regression-predicted.png"]().axes[0].collections[0].get_offsets()
    # seeds 0 and 2 are off by 0.1 and 0.3
    np.testing.assert_allclose(points[:, 1] - points[:, 0], [0.1] * 3 + [0.3] * 3, rtol=1e-5)


def test_a_failed_seed_is_left_out_of_the_fold_it_trained_on(make_section):
    section = make_section("mse", n_seeds=5)
    # seeds 0, 2 and 4 train on the first fold, 1 and 3 on the second
    outputs = [{"test": section.runs[0].outputs[0]["test"][fold::2]} for fold in range(2)]
    run = replace(section.runs[0], outputs=outputs, failed=[2, 3])
    scaled = replace(section.scaled, folds=section.scaled.folds * 2)
    folds = replace(section, runs=[run], scaled=scaled, folds=section.folds * 2)
    points = drawings(folds)["regression-predicted.png"]().axes[0].collections[0].get_offsets()
    np.testing.assert_allclose(points[:, 1] - points[:, 0], np.repeat([0.1, 0.5, 0.2], 3), rtol=1e-5)


def test_failed_seeds_have_no_vote_in_the_regions(make_section):
    section = make_section("hinge", "squared_hinge", failed=(1,))
    for run in section.runs:
        run.regions.decisions[1] = 1
    shown = drawings(section)["circles-regions.png"]().axes[0].images[0].get_array()
    # all others agree: as dense as it gets, in one colour
    assert np.unique(shown.reshape(-1, 4), axis=0).shape == (1, 4)
    np.testing.assert_allclose(shown[..., 3], 0.6)


def test_regions_without_a_seed_that_votes_say_so(make_section):
    section = make_section("hinge", "squared_hinge")
    section.runs[0].failed.extend([0, 1, 2])
    none, all_ = drawings(section)["circles-regions.png"]().axes
    assert (none.get_title(), none.get_xlabel(), len(none.images)) == ("hinge", "every seed failed", 0)
    assert len(all_.images) == 1


def test_many_features_and_classes_are_shown_by_their_sizes(make_section):
    section = make_section("kl_divergence")
    for run in section.runs:
        object.__setattr__(run, "regions", None)
    drawn = drawings(section)
    assert list(drawn) == [f"blobs-{name}.png" for name in ("data", "scores", "punishment", "kl_divergence-curves")]
    assert [bar.get_width() for bar in drawn["blobs-data.png"]().axes[0].patches] == [4, 4, 3]


@pytest.mark.parametrize("loss", ["mse", "hinge", "kl_divergence"])
@pytest.mark.filterwarnings("error")
def test_figures_can_be_drawn_when_every_seed_failed(make_section, tmp_path, loss):
    for name, draw in drawings(make_section(loss, failed=(0, 1, 2))).items():
        draw().savefig(tmp_path / name)
