"""The real `dvc` in a clone of the repository, with small parameters, and MLflow read back through its client.

The stages run once in this process and `dvc commit` takes what they wrote; one forced `dvc repro` of everything then
proves that other processes write the same bytes, and every later command runs only what it changes.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
import yaml
from mlflow import MlflowClient
from sklearn.datasets import load_diabetes

from tests.projects import COMPARED, IS_SET_UP, edit, run_in, would_run

pytestmark = pytest.mark.thorough

REFERENCES = {f"reference {model}" for model in ("constant", "linear", "boosting")}  # runs of a tuned comparison


def logged(folder: Path) -> dict[str, set[str]]:
    """The names of the runs in MLflow, by experiment."""
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    return {
        experiment.name: {run.info.run_name for run in client.search_runs([experiment.experiment_id])}
        for experiment in client.search_experiments()
        if experiment.name != "Default"
    }


def test_a_clone_runs_to_a_report_with_all_its_figures(clone):
    report = (clone / "reports/report.md").read_text()
    for losses in COMPARED.values():
        assert all(f"`{loss}`" in report for loss in losses)
    linked = {part.split(")")[0] for part in report.split("](figures/")[1:]}
    assert {figure.name for figure in (clone / "reports/figures").iterdir()} == linked
    results = pd.read_csv(clone / "reports/results.csv")
    assert list(results.columns) == ["comparison", "dataset", "loss", "seed", "part", "metric", "value"]
    assert results.groupby("comparison")["loss"].nunique().to_dict() == dict.fromkeys(COMPARED, 2)


def test_every_run_is_in_mlflow(clone):
    expected = {f"losslab/{name}": set(losses) for name, losses in COMPARED.items()}
    expected["losslab/regression_fair"] |= {f"reference {name}" for name in ("constant", "linear", "boosting")}
    assert logged(clone) == expected  # models that are no networks stand beside what is tuned
    client = MlflowClient(f"sqlite:///{clone / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("losslab/circles")
    hinge = client.search_runs([experiment.experiment_id], "tags.mlflow.runName = 'hinge'")[0]
    results = pd.read_csv(clone / "reports/results.csv").query(
        "comparison == 'circles' and loss == 'hinge' and part == 'test'"
    )
    mean = results[results["metric"] == "accuracy"]["value"].mean()
    assert hinge.data.metrics["decides/test_accuracy"] == pytest.approx(mean)
    assert [metric.step for metric in client.get_metric_history(hinge.info.run_id, "val_loss")] == [1, 2, 3]
    assert {"history.csv", "figures"} <= {artifact.path for artifact in client.list_artifacts(hinge.info.run_id)}
    assert hinge.inputs.dataset_inputs[0].dataset.name == "circles"


def test_a_second_repro_does_nothing_and_a_forced_one_gives_the_same_bytes(clone, tmp_path):
    run = run_in(clone)
    before = (clone / "dvc.lock").read_bytes()
    assert "didn't change" in run("dvc", "repro").stdout
    run("dvc", "repro", "--force", LOSSLAB_STORE=str(tmp_path))  # what the store gives would prove nothing
    assert next(tmp_path.iterdir())
    assert (clone / "dvc.lock").read_bytes() == before
    assert run("git", "status", "--porcelain").stdout == ""


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("report", {"baseline": "hinge"}),
        ("report", {"margin": {"circles": 0.1}}),
        ("track", {"per_seed": True}),
    ],
)
def test_what_is_about_the_report_or_tracking_retrains_nothing(kept, section, change):
    edit(kept, lambda params: params[section].update(change))
    # what comes after it is known only when it has run
    assert would_run(kept)[0] == section


def test_a_reworded_sentence_reports_anew_and_trains_nothing(kept):
    path = kept / "stages/reporting/texts/columns_text.py"
    text = path.read_text()
    assert "scaled (" in text
    path.write_text(text.replace("scaled (", "put on a scale ("))
    assert would_run(kept)[0] == "report"


def test_another_number_of_seeds_makes_no_dataset_anew(kept):
    edit(kept, lambda params: params["train"].update(seeds=3))
    assert would_run(kept)[:2] == ["scale", "train"]


@pytest.mark.endurance
def test_what_may_be_left_out_of_the_parameters_ends_nothing(kept):
    edit(kept, lambda params: [params.pop(key) for key in ("loss", "compare", "report", "track")])
    edit(kept, lambda params: params["train"].pop("batch_size"))
    run_in(kept)("dvc", "repro")
    assert "Data and pipelines are up to date." in run_in(kept)("dvc", "status").stdout
    edit(kept, lambda params: params["train"].pop("seeds"))
    assert would_run(kept)[:2] == ["scale", "train"]
    edit(kept, lambda params: params.pop("train"))
    assert would_run(kept)[:2] == ["scale", "train"]


@pytest.mark.endurance
def test_one_learning_rate_is_tried_from_the_command_line(kept):
    run_in(kept)("dvc", "exp", "run", "-S", "train.optimizer.learning_rate=0.02", "-S", "compare=regression_fair")
    for loss in COMPARED["regression_fair"]:
        settings = json.loads((kept / f"data/runs/regression_fair/{loss}/run.json").read_text())["settings"]
        assert settings["optimizer"]["learning_rate"] == 0.02


def test_make_says_why_results_differ_from_those_in_git_where_nothing_else_does(kept):
    run, make = run_in(kept), ("make", *IS_SET_UP)
    assert "last digits differ" not in run(*make).stdout
    # results of another kind of processor
    metrics = kept / "reports/metrics.json"
    before = metrics.read_text()
    metrics.write_text(before.replace("1", "2"))
    run("git", "commit", "--quiet", "--all", "--message", "Results of another processor")
    said = run(*make).stdout
    assert metrics.read_text() == before
    assert "processor, and last digits differ. Keep these: git add reports dvc.lock && git commit -m Results" in said
    [back] = [line for line in said.splitlines() if line.startswith("Keep those in git: ")]
    with (kept / "params.yaml").open("a") as params:
        params.write("# an edit of one's own\n")
    assert "last digits differ" not in run(*make).stdout
    run("bash", "-c", back.removeprefix("Keep those in git: "))
    assert run("git", "status", "--porcelain").stdout == " M params.yaml\n"
    run("git", "reset", "--quiet", "--hard", "HEAD~1")


def test_a_mistake_on_the_command_line_gets_one_line_and_no_traceback(kept):
    done = run_in(kept)("dvc", "exp", "run", "-S", "datasets.circles.task=binnary", ok=False)
    assert "params.yaml: datasets.circles.task: 'binnary' is not a task; did you mean 'binary'? Tasks: " in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_server_that_is_down_stops_track_alone(kept):
    run = run_in(kept)
    edit(kept, lambda params: params["track"].update(experiment="elsewhere"))
    done = run("dvc", "repro", ok=False, MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert "When it is back, run: dvc repro track" in done.stderr
    assert "Running stage 'train'" not in done.stdout
    assert "Running stage 'train'" not in run("dvc", "repro", "track").stdout
    assert logged(kept)["elsewhere/circles"] == set(COMPARED["circles"])


def end_workers(folder: Path) -> None:
    """End the queue's workers in `folder`; DVC leaves one behind now and then."""
    workers = [
        process
        for process in psutil.process_iter(["cwd", "cmdline"])
        if process.info["cwd"] == str(folder) and "queue-worker" in (process.info["cmdline"] or ())
    ]
    for worker in workers:
        worker.terminate()
    psutil.wait_procs(workers, timeout=30)


def found_by(folder: Path, name: str) -> dict[str, set[str]]:
    """The names of the runs that MLflow finds by the name of one of DVC's experiments, by experiment of MLflow's."""
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    every = {each.experiment_id: each.name for each in client.search_experiments()}
    found: dict[str, set[str]] = {}
    for run in client.search_runs(list(every), f"tags.`dvc.exp.{name}` LIKE '%'"):
        found.setdefault(every[run.info.experiment_id], set()).add(run.info.run_name)
    return found


def notes_of(folder: Path) -> dict[str, str]:
    """The notes of MLflow's experiments."""
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    return {each.name: each.tags["mlflow.note.content"] for each in client.search_experiments() if each.tags}


def said_last(output: str) -> tuple[str, str]:
    """What an experiment says at its end: what stays in params.yaml, and the way back."""
    lines = [line.removeprefix("track: ") for line in output.splitlines()]
    [stays] = [line for line in lines if line.startswith("params.yaml is not as it was before, and stays so: ")]
    [back] = [line for line in lines if line.startswith("back to what was before: ")]
    return stays.partition("so: ")[2], back.partition("before: ")[2]


def results(folder: Path) -> dict[Path, bytes]:
    """All that is in the reports and the winners."""
    found = [path for place in ("reports", "data/winners") for path in (folder / place).rglob("*")]
    return {path: path.read_bytes() for path in found if path.is_file()}


def test_one_loss_alone_is_trained_shown_and_found_alone_and_left_by_the_way_back(kept):
    run, before = run_in(kept), notes_of(kept)
    said = run("dvc", "exp", "run", "--set-param", "loss=msle", "--name", "only-msle").stdout
    # these results were logged before: the experiment joins their runs
    assert found_by(kept, "only-msle") == {
        "losslab/regression": {"msle"},
        "losslab/regression_fair": {"msle", *REFERENCES},
    }
    assert notes_of(kept) == before
    assert set(pd.read_csv(kept / "reports/results.csv")["loss"]) == {"msle"}
    report = (kept / "reports/report.md").read_text()
    assert "regression-msle-curves.svg" in report
    assert "regression-mse-curves.svg" not in report
    assert "circles" not in report
    models = {
        path.parent.relative_to(kept / "data/runs").as_posix() for path in (kept / "data/runs").rglob("model.keras")
    }
    assert models == {"regression/msle", "regression_fair/msle"}

    stays, back = said_last(said)
    assert stays == "loss: msle (was all)"
    run("bash", "-c", back)
    assert run("git", "status", "--porcelain").stdout == ""
    assert would_run(kept) == []
    diff = run("dvc", "metrics", "diff", "only-msle", "HEAD").stdout
    assert "regression.test_mse.mse" in diff
    # which loss won in each, on 80 columns
    wanted = "--only-changed", "--drop", "(?!Exp|regression[.]use|loss)"
    shown = run("dvc", "exp", "show", "--no-pager", *wanted, COLUMNS="80").stdout
    [line] = [line for line in shown.splitlines() if "[only-msle]" in line]
    assert line.split()[-2:] == ["msle", "msle"]
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_failed_experiment_says_what_stays_and_edits_of_ones_own_do(kept):
    run, before = run_in(kept), (kept / "params.yaml").read_text()
    said = run("dvc", "exp", "run", "-S", "loss=hing", ok=False).stderr
    stays, back = said_last(said)
    assert stays == "loss: hing (was all)"
    run("bash", "-c", back)
    assert (kept / "params.yaml").read_text() == before
    edit(kept, lambda params: params["report"].update(margin={"circles": 0.1}))
    stays, back = said_last(run("dvc", "exp", "run", "-S", "loss=hing", ok=False).stderr)
    assert stays == "loss: hing (was all), report.margin.circles: 0.1 (was not there)"
    params = yaml.safe_load((kept / "params.yaml").read_text())
    assert (params["loss"], params["report"]["margin"]) == ("hing", {"circles": 0.1})


@pytest.mark.endurance
def test_the_way_back_keeps_a_table_of_ones_own_that_is_in_no_commit_and_its_winner(kept, tmp_path):
    run = run_in(kept)
    load_diabetes(as_frame=True).frame.head(100).to_csv(tmp_path / "salt.csv", index=False)
    run(sys.executable, "-m", "stages.commands.add_table", str(tmp_path / "salt.csv"), "target")
    edit(kept, lambda params: params["comparisons"].update(salt={"epochs": 2, "losses": ["mse", "mae"]}))
    edit(kept, lambda params: params.update(compare=["salt", "circles"]))
    run("dvc", "repro")
    before = results(kept)
    assert kept / "data/winners/salt.pyz" in before
    said = run("dvc", "exp", "run", "-S", "loss=mse", "-S", "train.seeds=3", "-S", "++report.headline.salt=mae").stdout
    assert results(kept) != before
    assert said_last(said) == (
        "loss: mse (was all), report.headline.salt: mae (was not there), train.seeds: 3 (was 2)",
        "write it there as it was, then: dvc repro",
    )
    edit(kept, lambda params: params.update(loss="all"))
    edit(kept, lambda params: params["train"].update(seeds=2))
    edit(kept, lambda params: params["report"]["headline"].pop("salt"))
    said = run("dvc", "repro", LOSSLAB_STORE="").stdout
    assert "Stage 'train' is cached - skipping run" in said
    assert results(kept) == before


@pytest.mark.endurance
def test_queued_experiments_run_side_by_side_and_land_in_the_same_mlflow(clone):
    run = run_in(clone)
    # other epochs, so that their runs are new to MLflow
    run("dvc", "exp", "run", "--queue", "-S", "loss=mse,msle", "-S", "comparisons.regression.epochs=2")
    run("dvc", "queue", "start", "--jobs", "2", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 600
        while any(word in (status := run("dvc", "queue", "status").stdout) for word in ("Queued", "Running")):
            assert time.monotonic() < deadline, status
    finally:
        end_workers(clone)
    assert status.count("Success") == 2, status
    client = MlflowClient(f"sqlite:///{clone / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("losslab/regression")
    queued = client.search_runs([experiment.experiment_id], "params.epochs = '2'")
    assert {run.data.params["loss"] for run in queued} == {"mse", "msle"}
    assert all(run.data.tags["dvc.exp_name"] for run in queued)


def test_a_table_of_ones_own_is_added_compared_shared_and_followed(clone, tmp_path):
    run = run_in(clone)
    loaded = load_diabetes(as_frame=True)
    loaded.frame.to_csv(tmp_path / "sugar.csv", index=False)
    before = (clone / "params.yaml").read_text()
    said = run(sys.executable, "-m", "stages.commands.add_table", str(tmp_path / "sugar.csv"), "target").stdout
    assert "added datasets.sugar and comparisons.sugar (mse, mae, huber, log_cosh" in said
    added = (clone / "params.yaml").read_text()
    assert set(before.splitlines()) <= set(added.splitlines())
    params = yaml.safe_load(added)
    variant = {"loss": "huber", "delta": 0.2, "as": "huber_small"}
    params["comparisons"] = {"sugar": {"epochs": 2, "losses": ["mse", variant]}}
    params["report"] = {"headline": {}}
    (clone / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))

    run("dvc", "add", "data/external/sugar.csv")
    run("dvc", "repro")
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", "sugar")
    assert logged(clone)["losslab/sugar"] == {"mse", "huber_small", *REFERENCES}
    assert "data/external/sugar.csv" not in run("git", "ls-files").stdout.splitlines()
    # another clone gets the table from a remote
    run("dvc", "remote", "add", "--force", "--default", "store", str(tmp_path / "store"))
    run("dvc", "push")
    other = tmp_path / "other"
    run("git", "clone", "--quiet", str(clone), str(other))
    run_in(other)("dvc", "remote", "add", "--force", "--default", "store", str(tmp_path / "store"))
    run_in(other)("dvc", "pull")
    assert (other / "data/external/sugar.csv").read_bytes() == (tmp_path / "sugar.csv").read_bytes()

    # DVC sees it change
    assert run("dvc", "status", "generate").stdout.strip() == "Data and pipelines are up to date."
    loaded.frame.head(200).to_csv(clone / "data/external/sugar.csv", index=False)
    assert "modified:           data/external" in run("dvc", "status", "generate").stdout
