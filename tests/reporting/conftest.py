"""Comparisons whose losses decide given rows rightly."""

import re
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
    half of each unless given; `failed` names by loss the seeds that failed. A number behind the name of a loss, as
    in ``hinge_7``, makes a variant of it.
    """

    def make(right, *, labels=None, failed=None, margin=None, headline="accuracy"):
        n_seeds, n_rows = next(iter(right.values())).shape
        labels = np.arange(n_rows) % 2 if labels is None else labels
        kinds = {name: re.sub(r"_\d+$", "", name) for name in right}
        made = make_comparison(*dict.fromkeys(kinds.values()), n_seeds=n_seeds, headline=headline)
        of_kind = {run.loss.name: run for run in made.runs}
        parts = np.full((1, n_rows), Part.TEST, np.uint8)
        parts[:, :2] = Part.TRAIN
        runs = [
            _run(_called(of_kind[kind], name), right[name], labels, parts[0] == Part.TEST, (failed or {}).get(name, []))
            for name, kind in kinds.items()
        ]
        plan = replace(made.plan, parts=parts, split_of=np.zeros(n_seeds, int))
        validity = {name: made.validity[kind] for name, kind in kinds.items()}
        changed = {"labels": labels, "plan": plan, "features": None, "own_margin": margin, "validity": validity}
        return replace(made, runs=runs, own_baseline=next(iter(right)), **changed)

    return make


def _called(run, name):
    """The same run under another name of its loss, which with a number is another objective."""
    settings = run.settings.model_copy(update={"loss": replace(run.loss, name=name)})
    number = re.search(r"\d+$", name)
    return replace(run, settings=settings, objective=run.objective ** (1 + int(number[0]) / 99 if number else 1))


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


@pytest.fixture
def make_crowd(make_comparison):
    """A factory of comparisons of many losses: copies of one loss, each a little worse than the one before it.

    Those in `failed` lost a seed. What they are off varies by row and seed, so that no interval is empty.
    """

    def make(name, n_losses, *, failed=(), n_seeds=5, **changes):
        made = make_comparison(name, n_seeds=n_seeds, **changes)
        rng = np.random.default_rng(0)
        noise = np.abs(rng.normal(size=made.runs[0].outputs.shape))
        runs = []
        for number in range(n_losses):
            run = _called(made.runs[0], f"{name}_{number}")
            outputs = (run.outputs + 0.02 * (number + 1) * noise).astype(np.float32)
            if run.loss.outputs_probability:
                outputs = np.minimum(outputs, 0.99)
            lost = [1] if number in failed else []
            runs.append(with_scores(replace(run, outputs=outputs, failed=lost), made))
        baseline = runs[-1].loss.name
        validity = {run.loss.name: made.validity[name] for run in runs}
        return replace(made, runs=runs, own_baseline=baseline, validity=validity)

    return make


def with_scores(run, comparison):
    tested = comparison.plan.tested[0]
    scores = [
        pd.DataFrame({"seed": run.seeds, "part": part, "metric": metric, "value": values})
        for part, rows in (("train", ~tested), ("test", tested))
        for metric, values in measure.score(run.loss, comparison.labels[rows], run.outputs[:, rows]).items()
    ]
    table = pd.concat(scores, ignore_index=True)
    table.loc[table["seed"].isin(run.failed), "value"] = np.nan
    return replace(run, scores=table)
