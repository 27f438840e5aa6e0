"""Reference models in MLflow: a run of its own for each, beside those of the losses."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Param

from stages.records import references
from stages.records.references import Reference, as_loss
from stages.tracking import alike, contents, pages
from stages.tracking.alike import FINGERPRINT
from stages.tracking.connection import lock_name
from stages.tracking.contents import Number
from stages.tracking.mlflow_store import begin, log_new_numbers, log_numbers, log_rows
from stages.tracking.origin import EXPERIMENT
from stages.verdicts.statistics import summarise

GREY = "#9e9e9e"


def log_once(
    client: MlflowClient,
    experiment: str,
    comparison: str,
    dataset: str,
    reference: Reference,
    *,
    headline: str,
    summary: dict[str, Any],
    tags: dict[str, str],
    last_word: bool,
) -> bool:
    """Log one model, unless its result was logged before: that run then belongs to this experiment of DVC's too.

    Args:
        client: of the store.
        experiment: identifier of the experiment.
        comparison: the name of its comparison.
        dataset: the name of its dataset.
        reference: the model.
        headline: the score that decides.
        summary: its ``verdict``, its ``note``, and ``decided``, the score of each seed where decisions are not by its
            own rule.
        tags: more tags of a new run.
        last_word: whether a run that was logged before gets this note and this verdict.

    Returns:
        Whether it was logged now.
    """
    fingerprint = references.fingerprint(comparison, reference.name)
    words = {pages.NOTE: summary["note"], pages.VERDICT: summary["verdict"]}
    numbers = list(numbers_of(reference, headline, summary.get("decided")))
    more = tags | {FINGERPRINT: fingerprint, pages.COLOR: GREY} | words

    def log() -> str:
        name = as_loss(reference.name, "regression").name
        run_id = begin(client, experiment, name, more, int(time.time() * 1000))
        log_rows(client, run_id, dataset)
        client.log_batch(run_id, params=[Param(key, str(value)) for key, value in parameters(reference).items()])
        log_numbers(client, run_id, numbers)
        client.set_terminated(run_id)
        return run_id

    logged, is_new = alike.one_run(client, experiment, fingerprint, lock_name(), log)
    if not is_new:
        log_new_numbers(client, logged, numbers)
        for tag, text in words.items() if last_word else ():
            client.set_tag(logged.info.run_id, tag, text)
    if EXPERIMENT in tags:
        alike.belongs_to(client, logged.info.run_id, tags[EXPERIMENT], summary["verdict"])
    return is_new


def parameters(reference: Reference) -> dict[str, Any]:
    """What a model is: its class, the arguments of that, and on how many seeds and rows it was fitted."""
    settings = {"model": reference.model or "the same answer for every row", "seeds": len(reference.seeds)}
    return settings | {"rows_learned": reference.n_learned} | reference.arguments


def numbers_of(reference: Reference, headline: str, decided: list[float | None] | None) -> Iterator[Number]:
    """Means and standard deviations over seeds of every score, by the names that those of networks have.

    Args:
        reference: the model.
        headline: the score that decides.
        decided: its value on the test rows of each seed, where that is not by the model's own rule.
    """
    scores = {(part, name): values for part, by_name in reference.scores.items() for name, values in by_name.items()}
    if decided is not None:
        if (by_rule := scores.pop(("test", headline), None)) is not None:
            scores["test", f"{headline}_by_its_own_rule"] = by_rule
        scores["test", headline] = decided
    for (part, score), values in scores.items():
        if np.isfinite(known := np.array(values, float)).any():
            name, summary = contents.final(part, score, headline), summarise(known)
            yield Number(name, summary.mean)
            if np.isfinite(summary.sd):
                yield Number(f"{name}_sd", summary.sd)
