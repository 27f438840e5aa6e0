"""The names of chunks in the store: a hash of everything that decides what a chunk gives, and of nothing else."""

import json
import platform
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache, partial
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import numpy as np

from stages.basics.machine import device
from stages.losses.formulas import FORMULAS
from stages.records.plans import Scaling
from stages.scores import catalogue
from stages.sourcecode import definitions
from stages.training.chunk import LOSS, Chunk
from stages.usercode import imports, loading

LIBRARIES = ("keras", "numpy", "tensorflow")  # another version may calculate otherwise
# of a run's settings, what a network and its training are made of; names and origins decide nothing
_SETTINGS = {
    *("model", "hidden", "hidden_activation", "dropout", "batch_norm", "network", "batch_size", "seeds"),
    "class_weights",
}
_LOSS = (
    "function",
    "targets",
    "activation",
    "parameters",
    "per_row",
    "columns",
    "target_transform",
    "gives",
    "parts",
    "heads",
    "label_weights",
)
TRAINING = ("stages.training.seed_training", "train")
# what training reaches and is not hashed with it: of catalogues the row of a chunk's own loss and score counts, scores
# have a hash beside them, the user's own code counts by its files
APART = (
    "stages.losses.beyond_keras",
    "stages.losses.catalogue",
    "stages.losses.formulas",
    "stages.scores.catalogue",
    *(
        f"stages.scores.families.{name}"
        for name in ("circle", "deviances", "one_sided", "quantiles", "recall", "registry")
    ),
    "stages.scores.terms",
    "stages.training.scoring",
    "stages.usercode.loading",
)


def key_of(chunk: Chunk, on_device: str) -> str:
    """Hash everything that decides what a chunk gives: SHA-256 in hexadecimal digits.

    Args:
        chunk: the chunk.
        on_device: the kind of device that it is trained on.
    """
    return name_of(parts_of(chunk, on_device))


def name_of(parts: Mapping[str, Any]) -> str:
    """Hash the parts of a key: see `parts_of`."""
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def parts_of(chunk: Chunk, on_device: str) -> dict[str, Any]:
    """List everything that decides what a chunk gives, by name, as JSON; arrays and code by their hashes.

    Args:
        chunk: the chunk.
        on_device: the kind of device that it is trained on.
    """
    unit, settings, plan = chunk.unit, chunk.unit.settings, chunk.unit.plan
    scaling = plan.to_tune if chunk.is_tuning else plan.to_train
    parts = {
        **dict.fromkeys(_SETTINGS),
        **settings.model_dump(mode="json", include=_SETTINGS),
        **{f"loss {name}": getattr(unit.loss, name) for name in _LOSS},
        "optimizer": [settings.optimizer.name, settings.optimizer.arguments],
        "candidates": chunk.candidates,
        "epochs": chunk.epochs,
        "chosen by": settings.selected_by if chunk.is_tuning else None,
        "is tuning": chunk.is_tuning,
        "is first": chunk.is_first,
        "is to use": chunk.is_to_use,
        "transform fitted on": settings.data.scale.fit_on if unit.loss.target_transform else None,
        "rows": unit.table.digest,
        "columns": None if unit.columns is None else digest_of([unit.columns]),
        "splits": digest_of([plan.parts, plan.split_of]),
        "scales": digest_of(getattr(scaling, field.name) for field in fields(Scaling)),
        "code": training_code(),
        "code of loss and score": [_of_terms(terms_of) for terms_of in _terms(chunk)],
        "own code": _of_own(own_code(chunk)),
        "versions": versions(),
        "device": on_device,
    }
    return json.loads(json.dumps(parts))


def differences(parts: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Any, Any]] | None:
    """Compare a chunk's key with the one most like it: by part that differs, the value there and its own.

    Args:
        parts: what its key is made of.
        others: what those of others are.

    Returns:
        None where there are no others.
    """
    alike = [other for other in others if other.keys() == parts.keys()]  # others are of another version of this code
    changes = [{part: (other[part], now) for part, now in parts.items() if other[part] != now} for other in alike]
    return min(changes, key=len, default=None)


def digest_of(arrays: Iterable[np.ndarray]) -> str:
    """SHA-256 of arrays, of what they are and what they hold."""
    digest = sha256()
    for array in arrays:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def own_code(chunk: Chunk) -> list[str]:
    """Name the user's own network and loss that a chunk is trained with, as ``module:function``."""
    names = (chunk.unit.settings.model, chunk.unit.loss.function if chunk.unit.loss.is_custom else None)
    return [name for name in names if name]


def _of_own(names: list[str]) -> dict[str, str]:
    for name in names:
        loading.files_of(name)  # raises where one imports what DVC does not see change
    return imports.hashes() if names else {}


@cache
def training_code() -> dict[str, str]:
    """Hashes of the code that training reaches, by module."""
    return definitions.hashes([TRAINING], apart=APART)


def _terms(chunk: Chunk) -> list[Callable]:
    """List the functions that a chunk takes from the catalogues: terms of a loss that Keras lacks, and of its score."""
    loss, by = chunk.unit.loss, chunk.unit.settings.selected_by
    followed = catalogue.find(by if chunk.is_tuning and by not in (None, LOSS) else loss.epoch_metric, loss.task)
    of_loss = FORMULAS.get(loss.function)
    return [function for function in (of_loss, followed and followed.statistic.terms) if function]


def _of_terms(function: Callable) -> list[Any]:
    """List what decides the terms of a score: its arguments, and hashes of its code by module."""
    inner, how = (function.func, function.keywords) if isinstance(function, partial) else (function, {})
    return [how, _function_code(inner.__module__, inner.__name__)]


@cache
def _function_code(module: str, name: str) -> dict[str, str]:
    return definitions.hashes([(module, name)])


def facts() -> dict[str, str]:
    """List what a process calculates with: versions of libraries, and its ``device``."""
    return {**versions(), "python": ".".join(platform.python_version_tuple()[:2]), "device": device()}


@cache
def versions() -> dict[str, str]:
    """The versions of the libraries that calculate."""
    return {name: version(name) for name in LIBRARIES}
