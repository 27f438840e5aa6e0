"""Rows that count one to three, the same as copies, and what is said of both."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stages.records.plans import Part
from stages.scores import catalogue, costs, measure
from stages.verdicts.averaged import averaged
from stages.verdicts.held_out import coverage, residuals
from stages.verdicts.held_out.calibrated import calibrate
from stages.verdicts.outcome import judge

N_SEEDS, N_ROWS = 4, 28
CENTER, SPREAD = 6.0, 4.0  # of values
PRICES = costs.of_classes({"missed": 7, "false_alarm": "price"}, ["no", "yes"])


@dataclass(frozen=True)
class Rows:
    """Rows of a table and what the networks of two losses give for them.

    Attributes:
        labels: (n_rows, n_targets) values, or (n_rows, …) class indices.
        outputs: of each of two losses, float32 (n_seeds, n_rows, …, n_outputs).
        price: (n_rows,) what a false alarm costs.
        parts: uint8 (n_seeds, n_rows).
        weights: (n_rows,) what each row counts; None where all count alike.
        copies: (n_rows,) of which row each is a copy; None where none is.
    """

    labels: np.ndarray
    outputs: list[np.ndarray]
    price: np.ndarray
    parts: np.ndarray
    weights: np.ndarray | None = None
    copies: np.ndarray | None = None

    def repeated(self):
        """The same, each as often as it counts."""
        which = np.repeat(np.arange(len(self.labels)), self.weights.astype(int))
        return Rows(
            self.labels[which],
            [each[:, which] for each in self.outputs],
            self.price[which],
            self.parts[:, which],
            None,
            which,
        )


def beside(generator):
    """What rows have beside labels and outputs: they are tested in turn, and each counts one to three."""
    others = np.arange(N_ROWS) % N_SEEDS != np.arange(N_SEEDS)[:, None]
    return {
        "price": generator.gamma(2, size=N_ROWS),
        "parts": np.where(others, Part.TRAIN, Part.TEST).astype(np.uint8),
        "weights": generator.integers(1, 4, N_ROWS).astype(float),
    }


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
    told = replace(comparison, runs=runs, plan=plan, labels=rows.labels, weights=rows.weights, score=score)
    for run in runs:
        loss, data = run.loss.name, (plan, rows.labels)
        if held := coverage.of_loss(told, run):
            said[f"{loss} intervals"] = held.held, held.width
        if not score.costs:
            thresholds = outcome.thresholds.get(loss)
            missed = residuals.for_new_rows(run, score, *data, rows.weights)
            average = averaged(run, score, *data, weights=rows.weights, thresholds=thresholds, residuals=missed)
            said[f"{loss} averaged"] = average and average.score
        if name == "log_loss" and not comparison.description.target_shape:
            scores = calibrate(run, *data, rows.weights).scores
            said |= {f"{loss} calibrated, {score}": of_seeds for score, of_seeds in scores.items()}
    return outcome, said


def scored(run, name, rows, outputs):
    """The scores of a run, as a table of results has them."""
    n_targets = rows.labels.shape[-1]
    is_values = run.loss.task == "regression"
    scaling = {"center": np.full(n_targets, CENTER), "spread": np.full(n_targets, SPREAD)} if is_values else {}
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


def check(comparison, name, rows):
    """Assert that what is said of rows is what is said of their copies."""
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
