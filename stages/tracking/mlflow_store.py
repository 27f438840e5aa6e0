"""The MLflow store: reaching it, and logging a run once for each of DVC's experiments."""

import logging
import os
import shlex
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

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
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID
from sqlalchemy.exc import SQLAlchemyError

from stages.basics.cli import UserError
from stages.basics.paths import root
from stages.params.schema import Track
from stages.records import datasets, plans, runs
from stages.records.runs import Run
from stages.tracking import contents, pages
from stages.tracking.contents import Number
from stages.tracking.origin import EXPERIMENT
from stages.tracking.pages import NOTE, Headline

FINGERPRINT = "losslab.result"
BATCH = 1000  # metrics that MLflow takes in one call
LONGEST = 6000  # letters of a parameter that MLflow takes


@dataclass(frozen=True)
class Told:
    """What is told of a run beside its numbers.

    Attributes:
        headline: the score that decides.
        verdict: on its loss, in a word or two.
        note: how its loss did.
        color: of its loss in the report.
        figures: the files of the report's figures that show it.
        seconds: that its training took; None where that is not known.
    """

    headline: Headline
    verdict: str
    note: str
    color: str
    figures: list[str]
    seconds: float | None


def address() -> str:
    """Where MLflow keeps what is logged: `MLFLOW_TRACKING_URI`, or a database in the repository.

    The path to a repository with a ``%``, ``?`` or ``#`` in its name, which mean something in an address, is relative.
    """
    database = str(root() / "mlflow.db")
    if set("%?#") & set(database):
        database = os.path.relpath(database)
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{database}"


@contextmanager
def connect() -> Iterator[MlflowClient]:
    """A client of the store. The local database is ours alone meanwhile: SQLite races when it is first made."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    try:
        if os.environ.get("MLFLOW_TRACKING_URI"):
            yield MlflowClient(address())
        else:
            with FileLock(root() / "mlflow.db.lock"):
                yield MlflowClient(address())
    except (MlflowException, SQLAlchemyError, ModuleNotFoundError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name.startswith("stages."):
            raise  # no library that a store needs, but a module of ours
        if "out-of-date database schema" in str(error):
            raise UserError(
                f"track: MLflow's {address()} is of an older MLflow; nothing trained is lost. Keep a copy of it, then "
                f"run: mlflow db upgrade {shlex.quote(address())} && dvc repro track"
            ) from error
        unreachable = "Max retries exceeded" in str(error)
        what = "cannot be reached" if unreachable else f"did not take the runs ({str(error).strip().splitlines()[0]})"
        raise UserError(
            f"track: MLflow at {address()} {what}; nothing trained is lost. When it is back, run: dvc repro track"
        ) from error


def experiment_of(client: MlflowClient, name: str, verdict: str, headline: Headline, *, last_word: bool) -> str:
    """The identifier of the experiment of this name, made or restored if need be.

    Args:
        client: of the store.
        name: of the experiment.
        verdict: for its note.
        headline: the score that decides between losses, by which its page sorts them.
        last_word: whether its page shows this verdict and this score from now on.
    """
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        # a server decides itself where artifacts go; beside a database they go into the repository
        served = address().startswith(("http", "databricks"))
        location = None if served else (root() / "mlartifacts" / name).as_uri()
        identifier = client.create_experiment(name, artifact_location=location)
    else:
        identifier = experiment.experiment_id
        if experiment.lifecycle_stage == "deleted":
            client.restore_experiment(identifier)
    if last_word or experiment is None:
        for tag, value in pages.tags(identifier, verdict if last_word else pages.NO_VERDICT, headline).items():
            client.set_experiment_tag(identifier, tag, value)
    return identifier


def log_once(
    client: MlflowClient,
    experiment: str,
    run: Run,
    *,
    fingerprint: str,
    told: Told,
    tags: dict[str, str],
    options: Track,
    cells: bool,
    last_word: bool,
) -> bool:
    """Log one run, unless it has been logged for the same experiment of DVC's, or for none.

    Args:
        client: of the store.
        experiment: identifier of the experiment.
        run: what to log.
        fingerprint: identifies the result; a run of the experiment with it that is finished is not logged again.
        told: what to tell of it.
        tags: more tags of a new run.
        options: what else to log; added to a run that was logged without.
        cells: whether a model that is logged has some rows as an example.
        last_word: whether a run that belongs to no experiment of DVC's, and was logged before, gets this note.

    Returns:
        Whether it was logged now.
    """
    alike = _alike(client, experiment, fingerprint, tags)
    finished = [each for each in alike if each.info.status == "FINISHED"]
    for each in alike:
        if each not in finished:
            client.delete_run(each.info.run_id)
    note = f"{told.note} [All losses]({pages.scores(experiment)}); the figures are among the artifacts."
    if not finished:
        more = {FINGERPRINT: fingerprint, NOTE: note, pages.COLOR: told.color, pages.VERDICT: told.verdict}
        run_id = _log(client, experiment, run, told, tags | more)
    else:
        run_id = finished[0].info.run_id
        if last_word or EXPERIMENT in tags:
            client.set_tag(run_id, NOTE, note)
            client.set_tag(run_id, pages.VERDICT, told.verdict)
    if options.per_seed:
        _log_seeds(client, experiment, run, run_id, told.headline.name)
    if options.model and not _has_model(client, experiment, run_id):
        _log_model(run, run_id, cells=cells)
    return not finished


def mark_alone(client: MlflowClient, experiment: str, fingerprints: Collection[str]) -> None:
    """Let of the runs in no experiment of DVC's none but these say that they are recommended.

    Args:
        client: of the store.
        experiment: identifier of the experiment.
        fingerprints: of the results that the last verdict is on.
    """
    for each in client.search_runs([experiment], f"tags.`{pages.VERDICT}` = '{pages.RECOMMENDED}'"):
        if EXPERIMENT not in each.data.tags and each.data.tags[FINGERPRINT] not in fingerprints:
            client.set_tag(each.info.run_id, pages.VERDICT, f"{pages.RECOMMENDED} before")


def run_of(client: MlflowClient, experiment: str, fingerprint: str, tags: dict[str, str]) -> str:
    """The identifier of the run that holds a result, which is logged, and belongs to this experiment of DVC's or none.

    Args:
        client: of the store.
        experiment: identifier of the experiment.
        fingerprint: identifies the result.
        tags: those that it was logged with.
    """
    return next(each.info.run_id for each in _alike(client, experiment, fingerprint, tags))


def _alike(client: MlflowClient, experiment: str, fingerprint: str, tags: dict[str, str]) -> list[mlflow.entities.Run]:
    same_result = client.search_runs([experiment], f"tags.`{FINGERPRINT}` = '{fingerprint}'")
    return [each for each in same_result if each.data.tags.get(EXPERIMENT) == tags.get(EXPERIMENT)]


def _log(client: MlflowClient, experiment: str, run: Run, told: Told, tags: dict[str, str]) -> str:
    """Log one run, which took as long as its training did; its identifier."""
    started = int(time.time() * 1000)
    name = f"{run.loss.name} ({tags[EXPERIMENT]})" if EXPERIMENT in tags else run.loss.name
    run_id = client.create_run(experiment, start_time=started, run_name=name, tags=tags).info.run_id
    log_rows(client, run_id, run.dataset)
    settings = contents.parameters(run).items()
    client.log_batch(run_id, params=[Param(key, str(value)[:LONGEST]) for key, value in settings])
    _log_numbers(client, run_id, list(contents.numbers(run, told.headline.name)))
    client.log_artifact(run_id, str(runs.folder(run.comparison, run.loss.name) / "history.csv"))
    for figure in contents.figures(told.figures):
        client.log_artifact(run_id, str(figure), "figures")
    client.set_terminated(run_id, end_time=None if told.seconds is None else started + round(told.seconds * 1000))
    return run_id


def log_rows(client: MlflowClient, run_id: str, dataset: str) -> None:
    """Log which rows a run learned from."""
    file = contents.scaled_file(dataset)
    rows = Dataset(name=file.name, digest=file.md5, source_type="local", source=file.path.as_posix())
    client.log_inputs(run_id, datasets=[DatasetInput(rows, [InputTag("mlflow.data.context", "training")])])


def _log_numbers(client: MlflowClient, run_id: str, numbers: list[Number]) -> None:
    now = int(time.time() * 1000)
    metrics = [Metric(number.name, number.value, now, number.step) for number in numbers]
    for start in range(0, len(metrics), BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + BATCH])


def _log_seeds(client: MlflowClient, experiment: str, run: Run, parent: str, headline: str) -> None:
    """Log a child run for every seed that has none yet, with its final scores."""
    children = client.search_runs([experiment], f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{parent}'", max_results=50_000)
    logged = {int(child.data.tags["seed"]) for child in children if child.info.status in ("FINISHED", "FAILED")}
    for child in children:
        if int(child.data.tags["seed"]) not in logged:
            client.delete_run(child.info.run_id)
    for seed, numbers in contents.numbers_of_seeds(run, headline).items():
        if seed not in logged:
            tags = {MLFLOW_PARENT_RUN_ID: parent, "seed": str(seed)}
            child = client.create_run(experiment, run_name=f"{run.loss.name} seed {seed}", tags=tags).info.run_id
            _log_numbers(client, child, numbers)
            client.set_terminated(child, "FAILED" if seed in run.failed else "FINISHED")


def _has_model(client: MlflowClient, experiment: str, run_id: str) -> bool:
    return any(model.source_run_id == run_id for model in client.search_logged_models([experiment]))


def _log_model(run: Run, run_id: str, *, cells: bool) -> None:
    """Log the first seed's model with its signature and, where cells may be shown, an example of its input."""
    from stages.training.backend import keras

    model = keras.models.load_model(runs.folder(run.comparison, run.loss.name) / "model.keras")
    example = _inputs(run, 5)
    mlflow.set_tracking_uri(address())
    with mlflow.start_run(run_id=run_id):
        mlflow.tensorflow.log_model(
            model,
            name="model",
            signature=mlflow.models.infer_signature(example, model.predict(example, verbose=0)),
            input_example=example if cells else None,
            pip_requirements=[f"{name}=={version(name)}" for name in ("keras", "mlflow", "numpy", "tensorflow")],
        )


def _inputs(run: Run, n_rows: int) -> np.ndarray:
    """The inputs of the first seed's network for the first rows: float32 (n_rows, n_inputs)."""
    rows = datasets.read_features(run.dataset, datasets.read_encoded(run.dataset).description).to_numpy()[:n_rows]
    plan = plans.read_plan(run.comparison)
    scaling, split = plan.to_train, plan.split_of[0]
    filled = np.where(np.isnan(rows), scaling.fill[split], rows)
    return ((filled - scaling.center[split]) / scaling.spread[split]).astype(np.float32)
