"""Winners in MLflow's registry: each a model that takes rows as a user has them, registered once for each result."""

import hashlib
import tempfile
import warnings
from pathlib import Path

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, LoggedModelStatus
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import AnyType

from stages.basics.markup import text
from stages.basics.words import counted
from stages.records import winners
from stages.records.winners import Winner
from stages.tracking.mlflow_store import FINGERPRINT, address

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
    versions = client.search_model_versions(f"name = '{name}'")
    alike = [each.version for each in versions if each.tags.get(FINGERPRINT) == digest]
    version = alike[0] if alike else _register(client, name, run_id, winner, tags | {FINGERPRINT: digest})
    client.set_registered_model_alias(name, ALIAS, version)
    return not alike


def _register(client: MlflowClient, name: str, run_id: str, winner: Winner, tags: dict[str, str]) -> str:
    """Register it; the version."""
    file = winners.path_of(winner.settings.comparison)
    mlflow.set_tracking_uri(address())
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    run = client.get_run(run_id)
    model = client.create_logged_model(run.info.experiment_id, name=name, source_run_id=run_id)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*input example was not provided")  # the signature is, and is enough
        saved = Path(folder) / "model"
        mlflow.pyfunc.save_model(
            saved,
            python_model=SERVED,
            artifacts={"winner": str(file)},
            signature=signature(winner),
            input_example=pd.DataFrame(winner.example) if winner.example else None,
            pip_requirements=[f"mlflow=={mlflow.__version__}", *winner.requirements],
        )
        client.log_model_artifacts(model.model_id, str(saved))
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    networks = f"the average of {counted(len(winner.settings.seeds), 'network')}"
    made = client.create_model_version(
        name,
        source=f"models:/{model.model_id}",
        run_id=run_id,
        tags=tags,
        description=text(f"{winner.settings.loss.name}, {networks} trained on {winner.n_rows:,} rows"),
        model_id=model.model_id,
    )
    return made.version


def signature(winner: Winner) -> ModelSignature:
    """The columns that it takes, and those that it answers with.

    What a column holds is for the winner to read: MLflow knows a column by one type, and would refuse whole numbers
    among numbers, or numbers in a column of texts.
    """
    asked = [ColSpec(AnyType(), own.name) for own in winner.inputs]
    text = ("prediction",) if winner.description.classes else ()
    answered = [ColSpec(DataType.string if name in text else DataType.double, name) for name in winner.outputs]
    return ModelSignature(Schema(asked), Schema(answered))
