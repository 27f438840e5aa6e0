"""Comparisons whose losses decide given rows rightly."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.records.plans import Part
from stages.scores import measure


@pytest.fixture
def make_decided(make_comparison):
    """A factory of binary comparisons from what each loss decides rightly: by loss, bool (n_seeds, n_rows).

    Every seed tests all rows but the first two, of which one is of each class. `labels` are the classes (n_rows,),
    half of each unless given; `failed` names by loss the seeds that failed.
    """

    def make(right, *, labels=None, failed=None, margin=None, headline="accuracy"):
        n_seeds, n_rows = next(iter(right.values())).shape
        labels = np.arange(n_rows) % 2 if labels is None else labels
        made = make_comparison(*right, n_seeds=n_seeds, headline=headline)
        parts = np.full((1, n_rows), Part.TEST, np.uint8)
        parts[:, :2] = Part.TRAIN
        runs = [
            _run(run, right[run.loss.name], labels, parts[0] == Part.TEST, (failed or {}).get(run.loss.name, []))
            for run in made.runs
        ]
        plan = replace(made.plan, parts=parts, split_of=np.zeros(n_seeds, int))
        return replace(made, runs=runs, labels=labels, plan=plan, features=None, own_margin=margin)

    return make


def _run(run, right, labels, tested, failed):
    decided = np.where(right, labels, 1 - labels)
    sure = 0.1 + 0.8 * decided if run.loss.outputs_probability else 0.8 * (2 * decided - 1)
    outputs = sure[..., None].astype(np.float32)
    scores = [
        pd.DataFrame({"seed": run.seeds, "part": part, "metric": metric, "value": values})
        for part, rows in (("train", ~tested), ("test", tested))
        for metric, values in measure.score(run.loss, labels[rows], outputs[:, rows]).items()
    ]
    table = pd.concat(scores, ignore_index=True)
    table.loc[table["seed"].isin(failed), "value"] = np.nan
    return replace(run, outputs=outputs, scores=table, failed=failed)
