"""One run for each result, whoever logs it and however often: of doubles the first stays, and left-overs go.

Whoever logs a run holds a lock (`connection.connect`), which has a name. So an unfinished run that was begun under
the same lock was left by a `track` that was killed. One that was begun under another lock may be under way on another
machine: both log the result, and whoever finishes finds the other's.
"""

import hashlib
import re
import time
from collections.abc import Callable, Collection
from typing import TypeVar

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from stages.tracking.origin import EXPERIMENT
from stages.tracking.pages import VERDICT

FINGERPRINT = "losslab.result"
LOCK = "losslab.lock"  # under which a run was begun
OF_EXPERIMENT = "dvc.exp."  # before the name of one of DVC's experiments: a tag that holds the verdict in it
ABANDONED = 3_600_000  # milliseconds after which what another machine began is taken for left
MOST = 50_000  # runs that one search gives
TRIES = 5

T = TypeVar("T")


def search(client: MlflowClient, experiment: str, tag: str, value: str) -> list[Run]:
    """The runs of an experiment that have this tag, the first first."""
    runs = client.search_runs([experiment], f"tags.`{tag}` = '{value}'", max_results=MOST)
    return sorted(runs, key=lambda run: (run.info.start_time, run.info.run_id))


def only_one(client: MlflowClient, runs: list[Run], lock: str, finished: Collection[str] = ("FINISHED",)) -> Run | None:
    """Of runs of the same result the first that is finished; None if there is none.

    The other finished ones are deleted, and what was left unfinished. Each is with its children, and the names of
    DVC's experiments that it stood for pass to the one that stays.

    Args:
        client: of the store.
        runs: of the same result, the first first.
        lock: that is held.
        finished: what a run's status is where it is whole.
    """
    whole = [run for run in runs if run.info.status in finished]
    for run in whole:
        for tag, verdict in _verdicts(run).items():
            if tag not in whole[0].data.tags:
                client.set_tag(whole[0].info.run_id, tag, verdict)
        if run is not whole[0]:
            _list_experiments(client, whole[0].info.run_id)
            _delete(client, run)
    for run in runs:
        begun = run.info.status == "RUNNING"
        if run not in whole and is_left(run.data.tags.get(LOCK), run.info.start_time, lock, begun=begun):
            _delete(client, run)
    return whole[0] if whole else None


def one_run(
    client: MlflowClient, experiment: str, fingerprint: str, lock: str, log: Callable[[], str]
) -> tuple[Run, bool]:
    """The run of a result, which is logged if there is none; and whether it is the one that was logged now.

    Args:
        client: of the store.
        experiment: identifier of the experiment.
        fingerprint: identifies the result; the tag `FINGERPRINT` of what is logged.
        lock: that is held.
        log: logs it; the identifier of the run.
    """
    logged, new = only_one(client, search(client, experiment, FINGERPRINT, fingerprint), lock), ""
    if not logged:
        new = log()
        logged = only_one(client, search(client, experiment, FINGERPRINT, fingerprint), lock)
    return logged, logged.info.run_id == new


def is_left(begun_under: str | None, started: int, lock: str, *, begun: bool) -> bool:
    """Whether nobody is at work on something that is not finished.

    Args:
        begun_under: the lock under which it was begun; None if that is not known.
        started: when it was begun, in milliseconds.
        lock: that is held.
        begun: whether it still says that it is under way.
    """
    return not begun or begun_under in (None, lock) or time.time() * 1000 - started > ABANDONED


def belongs_to(client: MlflowClient, run_id: str, name: str, verdict: str) -> None:
    """Let a run say that it belongs to an experiment of DVC's too, and what its verdict is in there.

    Each experiment has a tag of its own, so that of two that are added at once none is lost; `EXPERIMENT` lists them.
    """
    client.set_tag(run_id, tag_of(name), verdict)
    for _ in range(TRIES):
        if _list_experiments(client, run_id):
            return


def _list_experiments(client: MlflowClient, run_id: str) -> bool:
    """List in the tag `EXPERIMENT` the experiments of DVC's that a run belongs to; whether it did so before."""
    tags = client.get_run(run_id).data.tags
    names = ", ".join(sorted(tag.removeprefix(OF_EXPERIMENT) for tag in tags if tag.startswith(OF_EXPERIMENT)))
    if tags.get(EXPERIMENT, "") == names:
        return True
    client.set_tag(run_id, EXPERIMENT, names)
    return False


def is_still_there(client: MlflowClient, experiment: str, run_id: str) -> None:
    """Make sure that a run whose children were logged was not deleted meanwhile, as a double, by another machine.

    Raises:
        MlflowException: it was, and its children are too, so that they are to be logged of the run that stays.
    """
    if client.get_run(run_id).info.lifecycle_stage != "active":
        _delete_children(client, experiment, run_id)
        raise MlflowException(f"run {run_id} was deleted as a double", RESOURCE_DOES_NOT_EXIST)


def tag_of(name: str) -> str:
    """The tag of an experiment of DVC's, in the letters that MLflow takes."""
    known = re.sub(r"[^\w.-]", "_", name)
    return OF_EXPERIMENT + (known if known == name else f"{known}-{hashlib.sha256(name.encode()).hexdigest()[:6]}")


def again(action: Callable[[], T]) -> T:
    """Do something that can be done twice, once more where another machine came in between.

    That is where it deleted a run as a double of its own, or where both wrote the same row into the server's database.
    """
    for attempt in range(TRIES):
        try:
            return action()
        except MlflowException as error:
            gone = error.error_code == "RESOURCE_DOES_NOT_EXIST" or "must be in the 'active' state" in str(error)
            collided = any(words in str(error) for words in ("IntegrityError", "database is locked"))
            if attempt == TRIES - 1 or not (gone or collided):
                raise
    raise AssertionError


def _verdicts(run: Run) -> dict[str, str]:
    """The verdict on a run in each of DVC's experiments that it belongs to, by their tags."""
    name = run.data.tags.get(EXPERIMENT)
    verdicts = {tag: value for tag, value in run.data.tags.items() if tag.startswith(OF_EXPERIMENT)}
    if name and not verdicts:  # a version before this one logged a run for each experiment
        return {tag_of(name): run.data.tags.get(VERDICT, "")}
    return verdicts


def _delete(client: MlflowClient, run: Run) -> None:
    """Delete a run with its children, also those that another machine adds meanwhile: see `is_still_there`."""
    _delete_children(client, run.info.experiment_id, run.info.run_id)
    client.delete_run(run.info.run_id)
    _delete_children(client, run.info.experiment_id, run.info.run_id)


def _delete_children(client: MlflowClient, experiment: str, run_id: str) -> None:
    for child in search(client, experiment, MLFLOW_PARENT_RUN_ID, run_id):
        client.delete_run(child.info.run_id)
