"""Why the store does not have what is asked for, in words: what of it is new."""

from collections.abc import Callable, Mapping
from typing import Any

# what a part of a key is called, as of `execution.keys`
_PARTS = {
    "model": "the network",
    "hidden": "the hidden layers",
    "hidden_activation": "the activation of the hidden layers",
    "dropout": "the dropout",
    "batch_norm": "the batch normalization",
    "network": "the layers before the hidden ones",
    "batch_size": "the batch size",
    "seeds": "the seeds",
    "class_weights": "the weights of the classes",
    "loss function": "the function of the loss",
    "loss targets": "the targets of the loss",
    "loss activation": "the output of the network",
    "loss parameters": "the parameters of the loss",
    "loss per_row": "whether the loss has a value for each row",
    "loss columns": "the columns that the loss sees",
    "loss target_transform": "the transform of the target",
    "loss gives": "what the network gives of a value",
    "loss parts": "the losses of a sum",
    "loss label_weights": "the weights of the labels",
    "loss heads": "the outputs of the targets",
    "optimizer": "the optimizer",
    "epochs": "the epochs",
    "chosen by": "the score that chooses",
    "is tuning": "that a learning rate is chosen",
    "transform fitted on": "the rows that the scale is fitted on",
    "rows": "the rows",
    "columns": "what is in the columns that the loss sees",
    "splits": "which rows train, validate and test",
    "scales": "how columns are scaled",
    "device": "the kind of processor",
}
_CANDIDATES = ("the learning rates", "the schedule of the learning rate", "the parameters to choose from")
# where one part is new, others are new because of it
_IMPLIED = {
    "rows": {"columns", "splits", "scales"},
    "splits": {"scales"},
    "seeds": {"splits", "scales", "is first"},
    "chosen by": {"code of loss and score"},
    "is tuning": {
        "code of loss and score",
        "seeds",
        "splits",
        "scales",
        "epochs",
        "candidates",
        "chosen by",
        "is first",
    },
    "loss function": {
        "loss targets",
        "loss activation",
        "loss parameters",
        "loss per_row",
        "loss columns",
        "columns",
        "code of loss and score",
    },
    "loss columns": {"columns"},
}
_NEVER = {"is first", "is to use"}  # what a user has no word for
# in what chunks can differ that come after others which the store has; in all else later chunks of a unit differ anyway
_MAY_BE_NEW_LATER = {"seeds", "code", "own code", "versions", "device"}
N_FILES = 3  # that are named


def what_is_new(differences: Mapping[str, tuple[Any, Any]] | None, n_before: int) -> str | None:
    """What is new of a unit that the store does not have, or has in part, in words; None where nothing can be said.

    Args:
        differences: by part of a key the value before, and now; None where the store has nothing like it.
        n_before: chunks of the unit that the store has.
    """
    if differences is None or (n_before and not differences.keys() & _MAY_BE_NEW_LATER):
        return None
    implied = _NEVER.union(*(_IMPLIED.get(part, ()) for part in differences))
    words = []
    for part, (before, after) in differences.items():
        if part not in implied:
            words += _OF[part](before, after) if part in _OF else [_PARTS[part]]
    return ", ".join(words) or None


def _candidates(before: Any, after: Any) -> list[str]:
    columns = zip(_CANDIDATES, zip(*before, strict=True), zip(*after, strict=True), strict=True)
    return [words for words, old, new in columns if _set(old) != _set(new)] or ["what is chosen from"]


def _set(values: tuple[Any, ...]) -> set[str]:
    return set(map(repr, values))


def _code(before: Any, after: Any) -> list[str]:
    return [f"the code in {_listed(before, after)}"]


def _of_loss_and_score(before: Any, after: Any) -> list[str]:
    if [followed for followed, _ in before] != [followed for followed, _ in after]:
        return ["the score that is followed"]
    return _code(*({name: digest for _, files in side for name, digest in files.items()} for side in (before, after)))


def _own_code(before: Any, after: Any) -> list[str]:
    return [f"your own {_listed(before, after)}"]


def _listed(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """The files of which a hash is another, by name."""
    files = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    more = f" and {len(files) - N_FILES} more" if len(files) > N_FILES else ""
    return f"{', '.join(files[:N_FILES])}{more}"


def _versions(before: Any, after: Any) -> list[str]:
    return [f"{name} {after[name]} (was {before.get(name)})" for name in after if before.get(name) != after[name]]


_OF: dict[str, Callable[[Any, Any], list[str]]] = {
    "candidates": _candidates,
    "code": _code,
    "code of loss and score": _of_loss_and_score,
    "own code": _own_code,
    "versions": _versions,
}
