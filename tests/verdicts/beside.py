"""Reference models beside networks whose errors are known."""

from dataclasses import replace

import numpy as np
import pandas as pd

from stages.records.plans import Part
from stages.records.references import Reference, as_json, as_loss
from stages.scores import measure

N_ROWS, N_TRAIN = 220, 20


def of_values(make_comparison, n_seeds=5):
    """A comparison of mse and mae of which the networks are off by 0.3 and by more, on 200 test rows."""
    made, generator = make_comparison("mse", "mae", n_seeds=n_seeds), np.random.default_rng(0)
    labels = generator.normal(size=(N_ROWS, 1))
    parts = np.full((1, N_ROWS), Part.TEST, np.uint8)
    parts[:, :N_TRAIN] = Part.TRAIN
    plan = replace(made.plan, parts=parts, split_of=np.zeros(n_seeds, int))
    runs = []
    for run, size in zip(made.runs, (0.3, 0.6), strict=True):
        outputs = (labels[None] + size * generator.normal(size=(n_seeds, N_ROWS, 1))).astype(np.float32)
        table = [
            pd.DataFrame({"seed": run.seeds, "part": part, "metric": metric, "value": values})
            for part, rows in _parts(plan).items()
            for metric, values in measure.score(run.loss, labels[rows], outputs[:, rows]).items()
        ]
        runs.append(replace(run, outputs=outputs, scores=pd.concat(table, ignore_index=True)))
    return replace(made, runs=runs, labels=labels, plan=plan, own_baseline=None)


def off_by(comparison, size, n_seeds=5):
    """Predictions of values that are off by normal noise of this size."""
    return comparison.labels[None] + size * np.random.default_rng(1).normal(size=(n_seeds, len(comparison.labels), 1))


def best_outputs(comparison):
    """What the networks of the recommended loss give."""
    [run] = [run for run in comparison.runs if run.loss.name == comparison.outcome.advice.best]
    return run.outputs


def reference(comparison, name, outputs):
    """A reference with these outputs, (n_seeds, n_rows, n_outputs), scored on each seed's rows."""
    loss, scores = as_loss(name, comparison.task), {}
    for part, rows in _parts(comparison.plan).items():
        measured = measure.score(loss, comparison.labels[rows], outputs[:, rows])
        scores[part] = {metric: as_json(values) for metric, values in measured.items()}
    return Reference(name, "x.Model", {}, tuple(range(len(outputs))), 9, 9, None, scores, outputs.astype(np.float32))


def with_references(comparison, **outputs):
    """The comparison with references that have these outputs, by name."""
    return replace(comparison, references=[reference(comparison, name, array) for name, array in outputs.items()])


def _parts(plan):
    return {"train": plan.trained[0], "test": plan.tested[0]}
