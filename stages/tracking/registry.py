"""Winners in MLflow's registry: each a model that takes rows as a user has them, registered once for each result."""

import hashlib
import warnings
from contextlib import suppress
from functools import partial
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from mlflow.types.schema import AnyType

from stages.basics.markup import text
from stages.basics.words import counted
from stages.records import winners
from stages.records.winners import Winner
from stages.tracking import models
from stages.tracking.alike import FINGERPRINT
from stages.tracking.connection import address, lock_name
from stages.tracking.models import Model

ALIAS = "winner"
SERVED = Path(__file__).with_name("served.py")


def register_once(client: MlflowClient, name: str, run_id: str, winner: Winner, tags: dict[str, str]) -> bool:
    """Register a comparison's winner, unless this very file is registered; the alias `ALIAS` is then its version's.

    Args:
        client: of the store.
        name: of the registered model.
        run_id: of the run of its loss.
        winner: what it is.
        tags: more tags of a new version.

    Returns:
        Whether it was registered now.
    """
    file = winners.path_of(winner.settings.comparison)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    before = _only_one(client, name, digest)
    if not before:
        _register(client, name, run_id, winner, tags | {FINGERPRINT: digest})
    client.set_registered_model_alias(name, ALIAS, _only_one(client, name, digest))
    return not before


def _only_one(client: MlflowClient, name: str, digest: str) -> str | None:
    """The first version of a model that holds this file; later ones, from another machine, are deleted."""
    versions = client.search_model_versions(f"name = '{name}'")
    same = sorted(
        (version for version in versions if version.tags.get(FINGERPRINT) == digest),
        key=lambda version: int(version.version),
    )
    for version in same[1:]:
        client.delete_model_version(name, version.version)
    return same[0].version if same else None


def _register(client: MlflowClient, name: str, run_id: str, winner: Winner, tags: dict[str, str]) -> None:
    """Register it."""
    mlflow.set_tracking_uri(address())
    if not client.search_registered_models(f"name = '{name}'"):
        with suppress(MlflowException):  # another machine has made it meanwhile, or the version says what is wrong
            client.create_registered_model(name)
    experiment = client.get_run(run_id).info.experiment_id
    wanted = Model(experiment, run_id, name, {FINGERPRINT: tags[FINGERPRINT]})
    model = models.only_one(client, wanted, lock_name()) or models.log(
        client, wanted, lock_name(), partial(_save, winner)
    )
    networks = f"the average of {counted(len(winner.settings.seeds), 'network')}"
    client.create_model_version(
        name,
        source=f"models:/{model.model_id}",
        run_id=run_id,
        tags=tags,
        description=text(f"{winner.settings.loss.name}, {networks} trained on {winner.n_rows:,} rows"),
        model_id=model.model_id,
    )


def _save(winner: Winner, folder: Path) -> None:
    """Save the winner as a model of MLflow's."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*input example was not provided")  # the signature is, and is enough
        mlflow.pyfunc.save_model(
            folder,
            python_model=SERVED,
            artifacts={"winner": str(winners.path_of(winner.settings.comparison))},
            signature=signature(winner),
            input_example=pd.DataFrame(winner.example) if winner.example else None,
            pip_requirements=[f"mlflow=={mlflow.__version__}", *winner.requirements],
        )


def signature(winner: Winner) -> ModelSignature:
    """The columns that it takes, or the arrays, and the columns that it answers with.

    What a column holds is for the winner to read: MLflow knows a column by one type, and would refuse whole numbers
    among numbers, or numbers in a column of texts.
    """
    arrays = winner.description.arrays
    asked = [ColSpec(AnyType(), name) for name in winner.columns]
    if arrays:
        named = [(one, one.name) for one in arrays.inputs] or [(arrays, None)]
        asked = [TensorSpec(np.dtype(one.dtype), (-1, *one.shape), name) for one, name in named]
    answered = [
        ColSpec(DataType.string if name in winner.in_words else DataType.double, name) for name in winner.outputs
    ]
    return ModelSignature(Schema(asked), Schema(answered))
