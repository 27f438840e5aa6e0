"""Comparisons of losses whose outputs differ by a shift."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from stages.records.plans import Part
from stages.scores import measure
from tests.verdicts.shifted import drawn

TUNED = {"optimizer": {"name": "SGD", "learning_rate": [0.01, 0.1], "momentum": 0.9}}


@pytest.fixture
def make_shifted(make_comparison):
    """A factory of comparisons of cross-entropy and a loss whose outputs rank rows alike but are shifted, in folds."""

    def make(*, n_rows=600, n_seeds=10, headline="balanced_accuracy", settings=TUNED):
        made = make_comparison("binary_crossentropy", "binary_focal_crossentropy", n_seeds=n_seeds, headline=headline)
        labels, odds = drawn(n_rows)
        fold = np.random.default_rng(0).permutation(n_rows) % n_seeds
        parts = np.where(np.arange(n_seeds)[:, None] == fold, Part.TEST, Part.TRAIN).astype(np.uint8)
        scaling = made.plan.to_train.repeated(n_seeds)
        plan = replace(made.plan, method="kfold", fixed=False, parts=parts, split_of=np.arange(n_seeds))
        plan = replace(plan, to_tune=scaling, to_train=scaling)
        runs = []
        for number, (run, shift) in enumerate(zip(made.runs, (0, 2.2), strict=True)):
            noise = 0.2 * np.random.default_rng(number).normal(size=(n_seeds, n_rows))
            outputs = expit(odds + shift + noise)[..., None].astype(np.float32)
            own = run.settings.model_validate(run.settings.model_dump() | settings)
            scored = [
                measure.score(run.loss, labels[rows], outputs[[seed]][:, rows])
                for seed, rows in enumerate(parts == Part.TEST)
            ]
            table = pd.DataFrame(
                [
                    (seed, part, headline, each[headline][0])
                    for part in ("train", "test")
                    for seed, each in enumerate(scored)
                ],
                columns=["seed", "part", "metric", "value"],
            )
            runs.append(replace(run, settings=own, outputs=outputs, scores=table))
        return replace(made, runs=runs, labels=labels, plan=plan, features=None, own_baseline=None)

    return make
