"""The names of chunks in the store: a hash of everything that decides what a chunk gives, and of nothing else."""

import json
import platform
from dataclasses import fields
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np

from stages.basics.machine import device
from stages.records.plans import Scaling
from stages.training.chunk import Chunk
from stages.usercode import loading
from stages.usercode.loading import code_hash

STAGES = Path(__file__).parents[1]
LIBRARIES = ("keras", "numpy", "tensorflow")  # another version may calculate otherwise
# of a run's settings, what a network and its training are made of; names and origins decide nothing
_SETTINGS = ("model", "hidden", "hidden_activation", "dropout", "batch_norm", "batch_size", "seeds", "class_weights")
_LOSS = ("function", "targets", "activation", "parameters", "per_row", "target_transform")


def key_of(chunk: Chunk, on_device: str) -> str:
    """The name of what a chunk gives: SHA-256 in hexadecimal digits.

    Args:
        chunk: the chunk.
        on_device: the kind of device that it is trained on.
    """
    unit, settings, plan = chunk.unit, chunk.unit.settings, chunk.unit.plan
    scaling = plan.to_tune if chunk.is_tuning else plan.to_train
    facts = {
        "settings": {name: getattr(settings, name) for name in _SETTINGS},
        "loss": {name: getattr(unit.loss, name) for name in _LOSS},
        "optimizer": [settings.optimizer.name, settings.optimizer.arguments],
        "candidates": chunk.candidates,
        "epochs": chunk.epochs,
        "chosen by": settings.selected_by if chunk.is_tuning else None,
        "is first": chunk.is_first,
        "is to use": chunk.is_to_use,
        "transform fitted on": settings.data.scale.fit_on if unit.loss.target_transform else None,
        "table": unit.table.digest,
        "own code": [code_hash(loading.files_of(own)) for own in own_code(chunk)],
        "engine": engine_hash(),
        "versions": versions(),
        "device": on_device,
    }
    digest = sha256(json.dumps(facts, sort_keys=True).encode())
    for array in (plan.parts, plan.split_of, *(getattr(scaling, field.name) for field in fields(Scaling))):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def own_code(chunk: Chunk) -> list[str]:
    """The user's own network and loss that a chunk is trained with, as ``module:function``."""
    own = (chunk.unit.settings.model, chunk.unit.loss.function if chunk.unit.loss.is_custom else None)
    return [name for name in own if name]


@cache
def engine_hash() -> str:
    """A hash of the code that trains."""
    return code_hash(
        [
            *STAGES.glob("training/*.py"),
            *STAGES.glob("execution/*.py"),
            *STAGES.glob("losses/*.py"),
            STAGES / "records" / "plans.py",
            STAGES / "scores" / "terms.py",  # what is followed while training
        ]
    )


def facts() -> dict[str, str]:
    """What a process calculates with: its versions, and its ``device``."""
    return {**versions(), "python": ".".join(platform.python_version_tuple()[:2]), "device": device()}


@cache
def versions() -> dict[str, str]:
    """The versions of the libraries that calculate."""
    return {name: version(name) for name in LIBRARIES}
