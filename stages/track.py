"""Stage `track`: log every run to MLflow, once."""

import hashlib
import json
import logging
import math
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

# nothing leaves the machine, and a server that is down is reported within seconds
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

import mlflow
import numpy as np
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import (
    MLFLOW_EXPERIMENT_PRIMARY_METRIC_GREATER_IS_BETTER,
    MLFLOW_EXPERIMENT_PRIMARY_METRIC_NAME,
    MLFLOW_PARENT_RUN_ID,
)
from sqlalchemy.exc import SQLAlchemyError

from stages.basics import cli, files, paths
from stages.basics.cli import UserError
from stages.params.load import load_params
from stages.params.schema import Track
from stages.records import datasets, runs
from stages.records.runs import Run
from stages.records.settings import Settings
from stages.verdicts.statistics import summarise

FINGERPRINT = "losslab.fingerprint"
NOTE = "mlflow.note.content"
VIEW = "losslab"  # the name of the view that the notes link to
BATCH = 1000  # metrics that MLflow takes in one call
LONGEST = 6000  # letters of a parameter that MLflow takes


def root() -> Path:
    """The real repository, also when DVC runs the stage in a temporary copy."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()


def store() -> str:
    """Where MLflow keeps what is logged: `MLFLOW_TRACKING_URI`, or a database in the repository."""
    database = str(root() / "mlflow.db").replace("%", "%25")
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{database}"


@contextmanager
def connect() -> Iterator[MlflowClient]:
    """A client of the store. The local database is ours alone meanwhile: SQLite races when it is first made."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    try:
        if os.environ.get("MLFLOW_TRACKING_URI"):
            yield MlflowClient(store())
        else:
            with FileLock(root() / "mlflow.db.lock"):
                yield MlflowClient(store())
    except (MlflowException, SQLAlchemyError, ImportError) as error:
        unreachable = "Max retries exceeded" in str(error)
        what = "cannot be reached" if unreachable else f"did not take the runs ({str(error).strip().splitlines()[0]})"
        raise UserError(
            f"track: MLflow at {store()} {what}; nothing trained is lost. When it is back, run: dvc repro track"
        ) from error


def track(
    client: MlflowClient,
    experiment: str,
    run: Run,
    *,
    fingerprint: str,
    tags: dict[str, str],
    options: Track,
) -> bool:
    """Log one run, unless it is there.

    Args:
        client: of the store.
        experiment: identifier of the MLflow experiment.
        run: what to log.
        fingerprint: identifies the run; one with this tag that is finished is not logged again.
        tags: more tags; those of a run that is there are brought up to date where they are notes.
        options: what else to log; added to a run that is there without.

    Returns:
        Whether it was logged now.
    """
    there = client.search_runs([experiment], f"tags.`{FINGERPRINT}` = '{fingerprint}'")
    finished = [found for found in there if found.info.status == "FINISHED"]
    for unfinished in there:
        if unfinished not in finished:
            client.delete_run(unfinished.info.run_id)
    if finished:
        run_id = finished[0].info.run_id
        client.set_tag(run_id, NOTE, tags[NOTE])
    else:
        run_id = _log(client, experiment, run, tags | {FINGERPRINT: fingerprint})
    if options.per_seed:
        _log_seeds(client, experiment, run, run_id)
    if options.model and not _has_model(client, experiment, run_id):
        _log_model(run, run_id)
    return not finished


def _log(client: MlflowClient, experiment: str, run: Run, tags: dict[str, str]) -> str:
    """Log one run; its identifier."""
    run_id = client.create_run(experiment, run_name=run.loss.name, tags=tags).info.run_id
    client.log_inputs(run_id, datasets=_dataset_inputs(run))
    client.log_batch(run_id, params=[Param(key, str(value)[:LONGEST]) for key, value in _parameters(run.settings)])
    metrics = list(_metrics(run))
    for start in range(0, len(metrics), BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + BATCH])
    client.log_artifact(run_id, str(runs.folder(run.dataset, run.loss.name) / "history.csv"))
    for figure in _figures(run):
        client.log_artifact(run_id, str(figure), "figures")
    client.set_terminated(run_id)
    return run_id


def _log_seeds(client: MlflowClient, experiment: str, run: Run, parent: str) -> None:
    """Log a child run for every seed that has none yet, with its final scores."""
    children = client.search_runs([experiment], f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{parent}'", max_results=50_000)
    there = {child.data.tags["seed"] for child in children if child.info.status in ("FINISHED", "FAILED")}
    for child in children:
        if child.data.tags["seed"] not in there:
            client.delete_run(child.info.run_id)
    for seed, rows in run.scores.groupby("seed"):
        if str(seed) in there:
            continue
        child = client.create_run(
            experiment, run_name=f"{run.loss.name} seed {seed}", tags={MLFLOW_PARENT_RUN_ID: parent, "seed": str(seed)}
        ).info.run_id
        now = int(time.time() * 1000)
        scores = [Metric(f"{row.part}_{row.metric}", row.value, now, 0) for row in rows.itertuples()]
        client.log_batch(child, metrics=[score for score in scores if math.isfinite(score.value)])
        client.set_terminated(child, "FAILED" if seed in run.failed else "FINISHED")


def _has_model(client: MlflowClient, experiment: str, run_id: str) -> bool:
    return any(model.source_run_id == run_id for model in client.search_logged_models([experiment]))


def _log_model(run: Run, run_id: str) -> None:
    """Log the first seed's model with its signature and an example of its input."""
    from stages.engine.backend import keras

    model = keras.models.load_model(runs.folder(run.dataset, run.loss.name) / "model.keras")
    scaled = datasets.read_scaled(run.dataset)
    rows = datasets.read_fold(run.dataset, scaled, 0).head(5)
    example = datasets.features_of(rows, scaled.description).to_numpy(np.float32)
    mlflow.set_tracking_uri(store())
    with mlflow.start_run(run_id=run_id):
        mlflow.tensorflow.log_model(
            model,
            name="model",
            signature=mlflow.models.infer_signature(example, model.predict(example, verbose=0)),
            input_example=example,
            pip_requirements=[f"{name}=={version(name)}" for name in ("keras", "mlflow", "numpy", "tensorflow")],
        )


def experiment_of(client: MlflowClient, name: str, *, verdict: str, headline: str, higher_is_better: bool) -> str:
    """The identifier of the MLflow experiment of this name, made or restored if need be.

    Args:
        client: of the store.
        name: of the experiment.
        verdict: goes into its note, after links to a view of its runs that is sorted by the headline score.
        headline: the score that decides between losses.
        higher_is_better: whether more of it is better.
    """
    if found := client.get_experiment_by_name(name):
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        identifier = found.experiment_id
    else:
        # a server decides itself where artifacts go; beside a database they go into the repository
        location = None if store().startswith(("http", "databricks")) else (root() / "mlartifacts" / name).as_uri()
        identifier = client.create_experiment(name, artifact_location=location)
    score, better = f"test_{headline}", higher_is_better
    columns = [f"metrics.`{metric}`" for metric in (score, f"{score}_low", f"{score}_high", "failed_seeds")]
    view = {"orderByKey": f"metrics.`{score}`", "orderByAsc": not better, "selectedColumns": columns}
    links = (
        f"[Scores](#/experiments/{identifier}/runs?viewStateShareKey={VIEW}) · "
        f"[Curves](#/experiments/{identifier}/runs?compareRunsMode=CHART) · "
    )
    tags = {
        NOTE: links + verdict,
        f"mlflow.sharedViewState.{VIEW}": json.dumps(view),
        "mlflow.experimentKind": "custom_model_development",
        MLFLOW_EXPERIMENT_PRIMARY_METRIC_NAME: score,
        MLFLOW_EXPERIMENT_PRIMARY_METRIC_GREATER_IS_BETTER: str(better),
    }
    for tag, value in tags.items():
        client.set_experiment_tag(identifier, tag, value)
    return identifier


def _parameters(settings: Settings) -> Iterator[tuple[str, object]]:
    """A run's settings as MLflow's parameters: names and values."""
    loss = {key: getattr(settings.loss, key) for key in ("function", "parameters", "task", "activation", "targets")}
    yield from _flat({"loss": settings.loss.name} | loss | settings.model_dump(mode="json", exclude={"loss"}))


def _flat(settings: dict[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield (prefix + key, len(value)) if key == "seeds" else (prefix + key, value)


def _dataset_inputs(run: Run) -> list[DatasetInput]:
    """The scaled files that the run learned from, one for each fold."""
    n_folds, found = len(datasets.read_scaled(run.dataset).folds), []
    for fold in range(n_folds):
        path = datasets.scaled_path(run.dataset, fold, n_folds)
        with files.reading(path, "scale"), path.open("rb") as file:
            # the hash by which DVC knows the file
            digest = hashlib.file_digest(file, "md5").hexdigest()
        name = run.dataset if n_folds == 1 else f"{run.dataset} fold {fold + 1}"
        dataset = Dataset(name=name, digest=digest, source_type="local", source=path.as_posix())
        found.append(DatasetInput(dataset, [InputTag("mlflow.data.context", "training")]))
    return found


def _metrics(run: Run) -> Iterator[Metric]:
    """Means and standard deviations over the seeds that did not fail: of each epoch, and of the final scores."""
    now = int(time.time() * 1000)
    finished = run.finished
    metric = run.loss.epoch_metric
    if finished.any():
        for name in ("loss", "val_loss", metric, f"val_{metric}"):
            values = run.epochs(name)[finished]
            for epoch, column in enumerate(values.T, start=1):
                yield Metric(name, column.mean(), now, epoch)
                if len(column) > 1:
                    yield Metric(f"{name}_sd", column.std(ddof=1), now, epoch)
    for (part, score), rows in run.scores.groupby(["part", "metric"], sort=False):
        summary = summarise(rows["value"].to_numpy())
        bounds = {
            "": summary.mean,
            "_sd": summary.sd,
            "_low": summary.mean - summary.half_width,
            "_high": summary.mean + summary.half_width,
        }
        yield from (
            Metric(f"{part}_{score}{suffix}", value, now, 0) for suffix, value in bounds.items() if math.isfinite(value)
        )
    yield Metric("failed_seeds", len(run.failed), now, 0)


def _figures(run: Run) -> list[Path]:
    """The report's figures of this run, and those of its dataset that show all losses."""
    of_the_dataset = [
        paths.FIGURES / f"{run.dataset}-{name}.png" for name in ("data", "scores", "regions", "predicted")
    ]
    return [
        path for path in (paths.FIGURES / f"{run.dataset}-{run.loss.name}-curves.png", *of_the_dataset) if path.exists()
    ]


def origin() -> dict[str, str]:
    """Tags that say where a run came from: DVC experiment, git commit, whether the code had changed since."""
    tags = {
        tag: os.environ[name]
        for tag, name in (("dvc.exp_name", "DVC_EXP_NAME"), ("dvc.exp_baseline", "DVC_EXP_BASELINE_REV"))
        if os.environ.get(name)
    }
    commit = _git("rev-parse", "HEAD")
    if commit:
        # what the pipeline itself writes does not make the tree dirty
        changed = _git("status", "--porcelain", "--", ".", ":!reports", ":!dvc.lock")
        tags |= {"mlflow.source.git.commit": commit, "git.dirty": str(bool(changed)).lower()}
    return tags | {"mlflow.source.name": "dvc.yaml", "mlflow.source.type": "PROJECT"}


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def main() -> None:
    """Log every run to MLflow; write ``data/tracked.json``: ``dataset → loss → fingerprint``."""
    wanted = load_params()
    verdicts = files.read_json(paths.VERDICTS, stage="report")
    found = [
        (runs.read(name, loss.name), name, loss) for name, selected in wanted.selected().items() for loss in selected
    ]
    tracked: dict[str, dict[str, str]] = {}
    new, tags = 0, origin()
    with connect() as client:
        for run, dataset, loss in found:
            told = verdicts[dataset]
            experiment = experiment_of(
                client,
                f"{wanted.track.experiment}/{dataset}",
                verdict=told["verdict"],
                headline=told["headline"],
                higher_is_better=told["higher_is_better"],
            )
            fingerprint = runs.fingerprint(dataset, loss.name)
            link = f"[All losses](#/experiments/{experiment}/runs?viewStateShareKey={VIEW})"
            note = f"{told['losses'][loss.name]} {link}; the figures are among the artifacts."
            new += track(
                client, experiment, run, fingerprint=fingerprint, tags=tags | {NOTE: note}, options=wanted.track
            )
            tracked.setdefault(dataset, {})[loss.name] = fingerprint
    files.write_json(paths.TRACKED, tracked)
    cli.say(f"track: {new} new of {len(found)} runs in {store()}; look at them with: make ui")


if __name__ == "__main__":
    cli.run(main)
