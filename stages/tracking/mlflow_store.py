"""Logging to the MLflow store: a run once for each of DVC's experiments."""

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, Experiment, InputTag, Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from stages.basics.paths import root
from stages.params.schema import Track
from stages.records import datasets, features, plans, runs
from stages.records.runs import Run
from stages.tracking import alike, contents, models, pages
from stages.tracking.alike import FINGERPRINT, LOCK
from stages.tracking.connection import address, lock_name
from stages.tracking.contents import Number
from stages.tracking.models import Model
from stages.tracking.origin import EXPERIMENT
from stages.tracking.pages import NOTE, Headline

BATCH = 1000  # metrics that MLflow takes in one call
LONGEST = 6000  # letters of a parameter that MLflow takes
FIGURES = "losslab.figures"  # which a run has, as a hash of them
MODEL = "model"  # the name of the first seed's model


@dataclass(frozen=True)
class Summary:
    """What is said of a run beside its numbers.

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


def experiment_of(client: MlflowClient, name: str, verdict: str, headline: Headline, *, last_word: bool) -> str:
    """The identifier of the experiment of this name, made or restored if need be.

    Args:
        client: of the store.
        name: of the experiment.
        verdict: for its note.
        headline: the score that decides between losses, by which its page sorts them.
        last_word: whether its page shows this verdict and this score from now on.
    """
    experiment = client.get_experiment_by_name(name) or _new_experiment(client, name)
    identifier = experiment.experiment_id
    if experiment.lifecycle_stage == "deleted":
        client.restore_experiment(identifier)
    if last_word or pages.VIEW_TAG not in experiment.tags:
        for tag, value in pages.tags(identifier, verdict if last_word else pages.NO_VERDICT, headline).items():
            client.set_experiment_tag(identifier, tag, value)
    return identifier


def _new_experiment(client: MlflowClient, name: str) -> Experiment:
    # a server decides itself where artifacts go; beside a database they go into the repository
    served = address().startswith(("http", "databricks"))
    with suppress(MlflowException):  # another machine has made it meanwhile, or the next line says what is wrong
        return client.get_experiment(
            client.create_experiment(
                name, artifact_location=None if served else (root() / "mlartifacts" / name).as_uri()
            )
        )
    return client.get_experiment_by_name(name)


def log_once(
    client: MlflowClient,
    experiment: str,
    run: Run,
    *,
    fingerprint: str,
    summary: Summary,
    tags: dict[str, str],
    options: Track,
    cells: bool,
    last_word: bool,
) -> bool:
    """Log one run, unless its result was logged before: that run then belongs to this experiment of DVC's too.

    Args:
        client: of the store.
        experiment: identifier of the experiment.
        run: what to log.
        fingerprint: identifies the result; a run of the experiment with it that is finished is not logged again.
        summary: what to tell of it.
        tags: more tags of a new run.
        options: what else to log; added to a run that was logged without.
        cells: whether a model that is logged has some rows as an example.
        last_word: whether a run that was logged before gets this note and this verdict.

    Returns:
        Whether it was logged now.
    """
    note = f"{summary.note} [All losses]({pages.scores(experiment)}); the figures are among the artifacts."
    marks = {
        NOTE: note,
        pages.COLOR: summary.color,
        pages.VERDICT: pages.word(summary.verdict, tags, last_word=last_word),
    }
    log = partial(_log, client, experiment, run, summary, tags | {FINGERPRINT: fingerprint} | marks)
    logged, is_new = alike.one_run(client, experiment, fingerprint, lock_name(), log)
    run_id = logged.info.run_id
    if not is_new:
        _add(client, logged, run, summary, marks if last_word else {})
    if EXPERIMENT in tags:
        alike.belongs_to(client, run_id, tags[EXPERIMENT], summary.verdict)
    if options.per_seed:
        _log_seeds(client, experiment, run, run_id, summary.headline.name)
    if options.model:
        model = Model(experiment, run_id, MODEL)
        if not models.only_one(client, model, lock_name()):
            models.log(client, model, lock_name(), partial(_save_model, run, cells=cells))
            models.only_one(client, model, lock_name())
    return is_new


def mark_alone(client: MlflowClient, experiment: str, fingerprints: Collection[str]) -> None:
    """Let none but these runs say that they are recommended.

    Args:
        client: of the store.
        experiment: identifier of the experiment.
        fingerprints: of the results that the last verdict is on.
    """
    for logged in alike.search(client, experiment, pages.VERDICT, pages.RECOMMENDED):
        if logged.data.tags.get(FINGERPRINT) not in fingerprints:
            client.set_tag(logged.info.run_id, pages.VERDICT, f"{pages.RECOMMENDED} before")


def run_of(client: MlflowClient, experiment: str, fingerprint: str) -> str:
    """The identifier of the run that holds a result, which is logged.

    Args:
        client: of the store.
        experiment: identifier of the experiment.
        fingerprint: identifies the result.
    """
    return alike.search(client, experiment, FINGERPRINT, fingerprint)[0].info.run_id


def _log(client: MlflowClient, experiment: str, run: Run, summary: Summary, tags: dict[str, str]) -> str:
    """Log one run, which took as long as its training did; its identifier."""
    started = int(time.time() * 1000)
    run_id = begin(client, experiment, run.loss.name, tags, started)
    log_rows(client, run_id, run.dataset)
    settings = contents.parameters(run).items()
    client.log_batch(run_id, params=[Param(key, str(value)[:LONGEST]) for key, value in settings])
    log_numbers(client, run_id, list(contents.numbers(run, summary.headline.name)))
    client.log_artifact(run_id, str(runs.folder(run.comparison, run.loss.name) / "history.csv"))
    _log_figures(client, run_id, summary, {})
    client.set_terminated(run_id, end_time=None if summary.seconds is None else started + round(summary.seconds * 1000))
    return run_id


def begin(client: MlflowClient, experiment: str, name: str, tags: dict[str, str], started: int) -> str:
    """Begin a run under the lock that is held, named after the experiment of DVC's too; its identifier."""
    name = f"{name} ({tags[EXPERIMENT]})" if EXPERIMENT in tags else name
    of_run = {tag: value for tag, value in tags.items() if tag != EXPERIMENT} | {LOCK: lock_name()}
    return client.create_run(experiment, start_time=started, run_name=name, tags=of_run).info.run_id


def log_rows(client: MlflowClient, run_id: str, dataset: str) -> None:
    """Log which rows a run learned from."""
    file = contents.scaled_file(dataset)
    rows = Dataset(name=file.name, digest=file.md5, source_type="local", source=file.path.as_posix())
    client.log_inputs(run_id, datasets=[DatasetInput(rows, [InputTag("mlflow.data.context", "training")])])


def _add(client: MlflowClient, logged: mlflow.entities.Run, run: Run, summary: Summary, tags: dict[str, str]) -> None:
    """Add tags, figures and new numbers to a run that was logged before: another score may decide now."""
    run_id = logged.info.run_id
    log_new_numbers(client, logged, list(contents.numbers(run, summary.headline.name)))
    for tag, value in tags.items():
        client.set_tag(run_id, tag, value)
    if tags:
        _log_figures(client, run_id, summary, logged.data.tags)


def _log_figures(client: MlflowClient, run_id: str, summary: Summary, tags: dict[str, str]) -> None:
    """Log the figures, unless a tag says that the run has them as they are."""
    figures = contents.figures(summary.figures)
    digest = contents.digest(figures)
    if tags.get(FIGURES) != digest:
        for figure in figures:
            client.log_artifact(run_id, str(figure), "figures")
        client.set_tag(run_id, FIGURES, digest)


def log_new_numbers(client: MlflowClient, logged: mlflow.entities.Run, numbers: list[Number]) -> None:
    """Log those final numbers that a run has not, or has otherwise."""
    final = [number for number in numbers if number.name.startswith((contents.DECIDES, contents.FINAL))]
    log_numbers(
        client, logged.info.run_id, [number for number in final if logged.data.metrics.get(number.name) != number.value]
    )


def log_numbers(client: MlflowClient, run_id: str, numbers: list[Number]) -> None:
    """Log numbers of a run, in as many calls as MLflow takes them in."""
    now = int(time.time() * 1000)
    metrics = [Metric(number.name, number.value, now, number.step) for number in numbers]
    for start in range(0, len(metrics), BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + BATCH])


def _log_seeds(client: MlflowClient, experiment: str, run: Run, parent: str, headline: str) -> None:
    """Log a child run for every seed that has none yet, with its final scores."""
    before = _children(client, experiment, parent)
    numbers = contents.numbers_of_seeds(run, headline)
    for seed, of_seed in numbers.items():
        if seed in before:
            log_new_numbers(client, before[seed], of_seed)
        else:
            tags = {MLFLOW_PARENT_RUN_ID: parent, "seed": str(seed), LOCK: lock_name()}
            child = client.create_run(experiment, run_name=f"{run.loss.name} seed {seed}", tags=tags).info.run_id
            log_numbers(client, child, of_seed)
            client.set_terminated(child, "FAILED" if seed in run.failed else "FINISHED")
    if before.keys() != numbers.keys():
        _children(client, experiment, parent)
    alike.is_still_there(client, experiment, parent)


def _children(client: MlflowClient, experiment: str, parent: str) -> dict[int, mlflow.entities.Run]:
    """The complete child runs, by seed; unfinished ones and copies are deleted."""
    by_seed: dict[int, list[mlflow.entities.Run]] = {}
    for child in alike.search(client, experiment, MLFLOW_PARENT_RUN_ID, parent):
        by_seed.setdefault(int(child.data.tags["seed"]), []).append(child)
    whole = {
        seed: alike.only_one(client, of_seed, lock_name(), ("FINISHED", "FAILED")) for seed, of_seed in by_seed.items()
    }
    return {seed: child for seed, child in whole.items() if child}


def _save_model(run: Run, folder: Path, *, cells: bool) -> None:
    """Save the first seed's model with its signature and, where cells may be shown, an example of its input."""
    from stages.training.backend import keras

    model = keras.models.load_model(runs.folder(run.comparison, run.loss.name) / "model.keras")
    example = _inputs(run, 5)
    mlflow.tensorflow.save_model(
        model,
        str(folder),
        signature=mlflow.models.infer_signature(example, model.predict(example, verbose=0)),
        input_example=example if cells else None,
        pip_requirements=[f"{name}=={version(name)}" for name in ("keras", "mlflow", "numpy", "tensorflow")],
    )


def _inputs(run: Run, n_rows: int) -> np.ndarray:
    """The inputs of the first seed's network for the first rows: float32 (n_rows, …)."""
    rows = features.read(run.dataset, datasets.read_encoded(run.dataset).description)[:n_rows]
    plan = plans.read_plan(run.comparison)
    scaling, split = plan.to_train, plan.split_of[0]
    filled = np.where(np.isnan(rows), scaling.fill[split], rows)
    return ((filled - scaling.center[split]) / scaling.spread[split]).astype(np.float32)
