import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from stages import report
from stages.basics import paths
from stages.basics.cli import UserError
from stages.losses.catalogue import LOSSES
from stages.records import datasets, plans, references, runs
from stages.reporting.drawing import plots
from stages.verdicts.comparison import read

BINARY = ["binary_crossentropy", "hinge", "squared_hinge"]


@pytest.fixture
def project(tmp_path, monkeypatch, root, defaults):
    """Write a project's params.yaml and the runs of some comparisons as the stages before would."""
    monkeypatch.chdir(tmp_path)

    def write(*comparisons, loss="all"):
        names = [comparison.name for comparison in comparisons]
        defaults["loss"] = loss
        defaults["comparisons"] = {name: defaults["comparisons"][name] for name in names}
        defaults["report"]["headline"] = {name: "mse" for name in names if name == "regression"}
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(defaults, sort_keys=False))
        for comparison in comparisons:
            inputs = [treatment.column for treatment in comparison.encoded.treatments]
            features = pd.DataFrame(np.zeros((len(comparison.labels), len(inputs))), columns=inputs)
            features = features if comparison.features is None else comparison.features
            datasets.write_encoded(comparison.dataset, features, comparison.labels, comparison.encoded)
            plans.write_plan(comparison.name, comparison.plan)
            for run in comparison.runs:
                folder = runs.folder(comparison.name, run.loss.name)
                folder.mkdir(parents=True)
                runs.write(run, folder)
        references.write({comparison.name: comparison.references for comparison in comparisons})
        shutil.copy(root / "data" / "published.yaml", tmp_path / "data")
        return tmp_path / "reports"

    return write


def test_the_stage_writes_a_report_whose_images_exist(project, make_comparison, capsys):
    reports = project(make_comparison("mse", "msle", "mae", center=5.0), make_comparison(*BINARY, failed=(2,)))
    report.main()
    text = (reports / "report.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\((figures/[^)]+)\)", text)
    assert sorted(f"figures/{path.name}" for path in (reports / "figures").iterdir()) == sorted(linked)
    for link in linked:
        assert (reports / link).read_bytes().startswith(b"<?xml")
    assert sorted(path.name for path in reports.iterdir()) == [
        "curves.csv",
        "figures",
        "losses.csv",
        "metrics.json",
        "pairs.csv",
        "recommended.json",
        "report.html",
        "report.md",
        "results.csv",
        "scores.csv",
        "tuning.csv",
        "verdicts.json",
    ]
    # the page needs no other file
    assert (reports / "report.html").read_text(encoding="utf-8").count('src="data:image/svg+xml,') == len(linked)
    verdicts = json.loads(paths.VERDICTS.read_text(encoding="utf-8"))
    assert {comparison: list(verdict["losses"]) for comparison, verdict in verdicts.items()} == {
        "regression": ["mse", "msle", "mae"],
        "circles": BINARY,
    }
    # MLflow shows a loss in the colour that it has in the figures
    colors = {loss: told["color"] for loss, told in verdicts["circles"]["losses"].items()}
    assert colors == plots.colors_of(BINARY)
    metrics = json.loads((reports / "metrics.json").read_text())
    assert list(metrics) == ["regression", "circles"]
    assert metrics["circles"]["test_accuracy"] == dict.fromkeys(BINARY, 1)
    assert (metrics["circles"]["use"], metrics["circles"]["score"]) == ("binary_crossentropy", 1)
    table = pd.read_csv(reports / "results.csv")
    assert table.loc[table["value"].isna(), ["comparison", "seed"]].drop_duplicates().to_numpy().tolist() == [
        ["circles", 2]
    ]
    assert capsys.readouterr().out.splitlines()[-1] == "report: read reports/report.html"


@pytest.mark.thorough
def test_a_report_of_one_loss_replaces_all_of_an_older_one(project, make_comparison):
    reports = project(make_comparison("mse", "msle", "mae"), loss="msle")
    (reports / "figures").mkdir(parents=True)
    (reports / "figures" / "circles-old.svg").write_bytes(b"old")
    report.main()
    assert {path.name for path in (reports / "figures").iterdir()} == {
        f"regression-{name}.svg" for name in ("data", "scores", "epochs", "punishment", "predicted", "msle-curves")
    }
    assert list(json.loads((reports / "metrics.json").read_text())["regression"]["test_mse"]) == ["msle"]
    assert pd.read_csv(reports / "results.csv")["loss"].unique().tolist() == ["msle"]


def test_a_missing_run_is_named_before_anything_is_written(project, make_comparison):
    reports = project(make_comparison("mse", "msle"))
    with pytest.raises(UserError) as raised:
        report.main()
    assert str(raised.value) == "data/runs/regression/mae/run.json is missing; write it with: dvc repro --force train"
    assert not reports.exists()


def test_a_comparison_is_read_with_what_undoes_its_scaling(project, make_comparison):
    project(make_comparison("mse", center=5.0, spread=2.0), make_comparison("hinge"))
    regression, circles = (
        read(name, name, [LOSSES[loss]], headline=None, baseline=loss, margin=None)
        for name, loss in (("regression", "mse"), ("circles", "hinge"))
    )
    # -0.5, 0 and 0.5 in scaled units
    assert regression.labels[regression.plan.tested[0]].tolist() == [[4], [5], [6]]
    assert circles.labels[circles.plan.tested[0]].tolist() == [1, 0, 1, 0]
    assert regression.plan.target_scaling["center"].tolist() == [[5], [5], [5]]
    assert regression.losses == ["mse"]
    assert (len(regression.labels), len(circles.labels)) == (7, 9)
    assert regression.features is None
    assert list(circles.features) == ["x1", "x2"]
    assert (regression.score.name, circles.score.name) == ("rmse", "accuracy")


def test_classes_that_are_unequal_are_judged_by_their_mean_recall(project, make_comparison):
    labels = np.array([0, 1, 0, 0, 0, 0, 0, 1, 0])
    project(replace(make_comparison("hinge", headline="balanced_accuracy"), labels=labels))
    circles = read("circles", "circles", [LOSSES["hinge"]], headline=None, baseline="hinge", margin=None)
    assert circles.score.name == "balanced_accuracy"


def test_a_new_table_is_drawn_and_those_that_stay_are_not_drawn_again(project, make_comparison, monkeypatch, tmp_path):
    monkeypatch.setenv("LOSSLAB_STORE", str(tmp_path / "store"))
    kept = tmp_path / "store" / ".figures"
    reports = project(make_comparison("mse", "msle", "mae"), make_comparison(*BINARY))
    params = yaml.safe_load((tmp_path / "params.yaml").read_text())
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params | {"compare": "regression"}))
    report.main()
    before = {path.name for path in kept.iterdir()}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    report.main()
    new = {path.name for path in kept.iterdir()} - before
    of_circles = [path for path in (reports / "figures").iterdir() if path.name.startswith("circles-")]
    assert len(new) == len(of_circles) > 5  # in that of all comparisons nothing is new: none errs on the circles
