"""A row that counts k is as k rows that are copies of one another, in every score and in all that is said of it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from stages.records.plans import Part
from stages.scores import catalogue, costs, measure
from stages.scores.catalogue import SCORES
from stages.verdicts.averaged import averaged
from stages.verdicts.held_out.calibrated import calibrate
from stages.verdicts.outcome import judge
from tests.verdicts.conftest import TUNED

LOSSES_OF = {
    "regression": ("mse", "mae"),
    "binary": ("binary_crossentropy", "binary_focal_crossentropy"),
    "multiclass": ("categorical_crossentropy", "categorical_focal_crossentropy"),
}
N_CLASSES = {"regression": 0, "binary": 2, "multiclass": 3}
N_SEEDS, N_ROWS = 4, 28
PRICES = costs.of_classes({"missed": 7, "false_alarm": "price"}, ["no", "yes"])
OF_ROWS = [score for score in SCORES.values() if score.goes_with(has_positions=False)]
CASES = [(task, score.name) for task in LOSSES_OF for score in OF_ROWS if task in score.tasks]
CASES += [("regression", "pinball_0.9"), ("regression", "my_costs:squares")]
CASES += [("binary", "recall_1"), ("binary", "my_costs:missed"), ("binary", "cost"), ("multiclass", "recall_2")]

OWN = """
def squares(truth, predicted):
    return ((truth - predicted) ** 2).sum(axis=-1) if truth.ndim > 1 else (truth - predicted) ** 2


def missed(truth, decided):
    return 1.0 * (truth != decided) + 3 * (truth > decided)
"""


@pytest.fixture(autouse=True)
def _own_file(write_own):
    write_own("my_costs", OWN)


@dataclass(frozen=True)
class Rows:
    """Rows of a table and what the networks of two losses give for them.

    Attributes:
        labels: (n_rows, 2) values, or (n_rows,) class indices.
        outputs: float32 (2, n_seeds, n_rows, n_outputs).
        price: (n_rows,) what a false alarm costs.
        parts: uint8 (n_seeds, n_rows).
        weights: (n_rows,) what each row counts; None where all count alike.
        copies: (n_rows,) of which row each is a copy; None where none is.
    """

    labels: np.ndarray
    outputs: np.ndarray
    price: np.ndarray
    parts: np.ndarray
    weights: np.ndarray | None = None
    copies: np.ndarray | None = None

    def repeated(self):
        """The same, each as often as it counts."""
        which = np.repeat(np.arange(len(self.labels)), self.weights.astype(int))
        return Rows(self.labels[which], self.outputs[:, :, which], self.price[which], self.parts[:, which], None, which)


def drawn(task, generator):
    """Rows that are tested in turn, of which the outputs know something; each counts one to three."""
    n_classes, others = N_CLASSES[task], np.arange(N_ROWS) % N_SEEDS != np.arange(N_SEEDS)[:, None]
    parts = np.where(others, Part.TRAIN, Part.TEST).astype(np.uint8)
    rest = {
        "price": generator.gamma(2, size=N_ROWS),
        "parts": parts,
        "weights": generator.integers(1, 4, N_ROWS).astype(float),
    }
    if not n_classes:
        labels = generator.gamma(2, 3, (N_ROWS, 2))
        noise = generator.normal(0, 0.4, (2, N_SEEDS, N_ROWS, 2)) + generator.normal(0, 0.4, (2, 1, N_ROWS, 2))
        return Rows(labels, ((labels - 6) / 4 + noise).astype(np.float32), **rest)
    labels = np.append(np.repeat(np.arange(n_classes), 4), generator.integers(n_classes, size=N_ROWS - 4 * n_classes))
    sums = generator.normal(size=(2, N_SEEDS, N_ROWS, n_classes)) + np.eye(n_classes)[labels]
    outputs = np.exp(sums) / np.exp(sums).sum(axis=-1, keepdims=True)
    return Rows(labels, (outputs[..., 1:] if task == "binary" else outputs).astype(np.float32), **rest)


def judged(comparison, name, rows):
    """What is said of rows: the outcome, and by loss its average and its calibrated scores."""
    score = costs.score(PRICES, {"price": rows.price}) if name == "cost" else catalogue.find(name, None, any_use=True)
    runs = [
        replace(run, outputs=outputs, scores=scored(run, name, rows, outputs))
        for run, outputs in zip(comparison.runs, rows.outputs, strict=True)
    ]
    plan = replace(
        comparison.plan,
        method="kfold",
        fixed=False,
        parts=rows.parts,
        split_of=np.arange(N_SEEDS),
        to_train=comparison.plan.to_train.repeated(N_SEEDS),
        clusters=rows.copies,
        clusters_are=None if rows.copies is None else "copies",
    )
    outcome, said = judge(runs, score, plan, comparison.description, rows.labels, weights=rows.weights), {}
    for run in runs:
        loss, data = run.loss.name, (plan, rows.labels)
        if not score.costs:
            thresholds = outcome.thresholds.get(loss)
            average = averaged(run, score, *data, weights=rows.weights, thresholds=thresholds)
            said[f"{loss} averaged"] = average and average.score
        if name == "log_loss":
            scores = calibrate(run, *data, rows.weights).scores
            said |= {f"{loss} calibrated, {score}": of_seeds for score, of_seeds in scores.items()}
    return outcome, said


def scored(run, name, rows, outputs):
    """The scores of a run, as a table of results has them."""
    scaling = {"center": np.full(2, 6.0), "spread": np.full(2, 4.0)} if run.loss.task == "regression" else {}
    also, lines = () if name == "cost" else (name,), []
    for seed, of_rows in enumerate(rows.parts):
        for part, which in (("train", of_rows != Part.TEST), ("test", of_rows == Part.TEST)):
            counted = None if rows.weights is None else rows.weights[which]
            given = rows.labels[which], outputs[[seed]][:, which]
            found = measure.score(run.loss, *given, also=also, weights=counted, **scaling)
            lines += [(seed, part, metric, value[0]) for metric, value in found.items()]
    return pd.DataFrame(lines, columns=["seed", "part", "metric", "value"])


def facts(outcome):
    """The numbers that are said, by name."""
    pairs = outcome.pairs.items()
    return {
        **{f"scores of {loss}": scores for loss, scores in outcome.scores.items()},
        **{f"summary of {loss}": (one.mean, one.sd, one.half_width) for loss, one in outcome.summaries.items()},
        **{f"train of {loss}": (one.mean, one.sd, one.half_width) for loss, one in outcome.train.items()},
        **{f"gain of {loss}": gain and (gain.mean, *gain.interval()) for loss, gain in outcome.gains.items()},
        **{f"shares of {loss}": shares for loss, shares in outcome.shares.items()},
        **{f"thresholds of {loss}": thresholds for loss, thresholds in outcome.thresholds.items()},
        **{f"pair {names}": (pair.difference, pair.low, pair.high, pair.p, pair.n_telling) for names, pair in pairs},
        "constant": outcome.constant,
        "margin": outcome.margin,
        "worst": outcome.worst,
        "to use": outcome.to_use,
    }


@pytest.mark.parametrize(("task", "name"), CASES)
@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],  # a smaller seed is no simpler one
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 10**6))
def test_a_row_that_counts_k_is_as_k_copies_of_it(task, name, make_comparison, seed):
    comparison = make_comparison(*LOSSES_OF[task], n_seeds=N_SEEDS, center=6.0, spread=4.0, **TUNED)
    if task == "regression":
        comparison = replace(comparison, plan=replace(comparison.plan, to_train=_of_two(comparison.plan.to_train)))
    rows = drawn(task, np.random.default_rng(seed))
    (outcome, said), (again, said_again) = (judged(comparison, name, each) for each in (rows, rows.repeated()))
    assert [pair.verdict for pair in again.pairs.values()] == [pair.verdict for pair in outcome.pairs.values()]
    assert again.advice.best == outcome.advice.best
    expected, found = facts(outcome) | said, facts(again) | said_again
    assert found.keys() == expected.keys()
    for fact, numbers in expected.items():
        if numbers is None:
            assert found[fact] is None, fact
        else:
            # calibrations are where a search ends
            rtol = 1e-4 if "calibrated" in fact or name == "cost" else 1e-6
            np.testing.assert_allclose(found[fact], numbers, rtol=rtol, atol=1e-7, err_msg=fact)


def _of_two(scaling):
    columns = {name: np.repeat(getattr(scaling, name), 2, axis=1) for name in ("target_center", "target_spread")}
    return replace(scaling, **columns)
