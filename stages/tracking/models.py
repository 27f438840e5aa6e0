"""Models of MLflow's that belong to a run: each is saved whole, and of doubles one stays."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelOutput, LoggedModelStatus

from stages.tracking import alike
from stages.tracking.alike import LOCK


@dataclass(frozen=True)
class Model:
    """Which model it is.

    Attributes:
        experiment: identifier of the experiment that its run is in.
        run_id: of its run.
        name: of it among the models of its run.
        tags: which tell what is in it.
    """

    experiment: str
    run_id: str
    name: str
    tags: dict[str, str] = field(default_factory=dict)


def only_one(client: MlflowClient, wanted: Model, lock: str) -> LoggedModel | None:
    """The first complete one of models that are the same; the others and unfinished ones are deleted.

    Args:
        client: of the store.
        wanted: which it is.
        lock: that is held.
    """
    named = f"source_run_id = '{wanted.run_id}' AND name = '{wanted.name}'"
    order = [{"field_name": "creation_timestamp", "ascending": True}]
    logged = client.search_logged_models([wanted.experiment], named, order_by=order)
    models = [model for model in logged if wanted.tags.items() <= model.tags.items()]
    whole = [model for model in models if model.status == LoggedModelStatus.READY]
    for model in models:
        begun = model.status == LoggedModelStatus.PENDING
        is_left = alike.is_left(model.tags.get(LOCK), model.creation_timestamp, lock, begun=begun)
        if model in whole[1:] or (model not in whole and is_left):
            client.delete_logged_model(model.model_id)
    return whole[0] if whole else None


def log(client: MlflowClient, wanted: Model, lock: str, save: Callable[[Path], None]) -> LoggedModel:
    """Log a model; its run itself stays as it is.

    Args:
        client: of the store.
        wanted: which it is.
        lock: that is held.
        save: saves it into a folder, which is not there yet.
    """
    model = client.create_logged_model(
        wanted.experiment, name=wanted.name, source_run_id=wanted.run_id, tags=wanted.tags | {LOCK: lock}
    )
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "model"
        save(saved)
        client.log_model_artifacts(model.model_id, str(saved))
    client.log_outputs(wanted.run_id, [LoggedModelOutput(model.model_id, step=0)])
    return client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
