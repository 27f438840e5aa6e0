"""How many verdicts on losses for unequal classes are about the threshold, on ten tables.

python -m tests.benchmarks.unequal [FOLDER]

Of each table plain cross-entropy, the same with class weights, and focal loss are compared by balanced accuracy and F1,
each at its own best learning rate and epochs. It prints for each table what is better than what at 0.5, and which of
that is left where each loss decides at its own threshold.
"""

import itertools
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets

from stages import generate, scale, train
from stages.params.load import load_params
from stages.scores import catalogue
from stages.verdicts.comparison import Comparison
from stages.verdicts.comparison import read as read_comparison
from stages.verdicts.outcome import Outcome
from tests.projects import run_all

LOSSES = [
    "binary_crossentropy",
    {"loss": "binary_crossentropy", "as": "weighted", "class_weight": "auto"},
    {"loss": "binary_focal_crossentropy", "as": "focal"},
]
SCORES = ("balanced_accuracy", "f1")
SMALL = 800  # rows at most, of those that are drawn


def tables() -> dict[str, pd.DataFrame]:
    """The tables by name, each with a column ``y`` of yes and no."""
    digits, diabetes = datasets.load_digits(), datasets.load_diabetes()
    cancer, wine = datasets.load_breast_cancer(), datasets.load_wine()
    malignant = np.flatnonzero(cancer.target == 0)
    few = np.sort(np.concatenate([malignant[:40], np.flatnonzero(cancer.target == 1)]))
    made = {
        "digits: is it an 8": (digits.data, digits.target == 8),
        "digits: is it a 9": (digits.data, digits.target == 9),
        "diabetes: the highest tenth": (diabetes.data, diabetes.target > np.quantile(diabetes.target, 0.9)),
        "diabetes: the lowest fifth": (diabetes.data, diabetes.target < np.quantile(diabetes.target, 0.2)),
        "tumours: 40 malignant": (cancer.data[few], cancer.target[few] == 0),
        "wine: the third kind": (wine.data, wine.target == 2),
    }
    for number, share in enumerate((0.05, 0.1, 0.2)):
        settings = {"n_informative": 6, "class_sep": 0.8, "flip_y": 0.02, "random_state": number}
        features, labels = datasets.make_classification(SMALL, 12, weights=[1 - share], **settings)
        made[f"drawn: {share:.0%} positives"] = (features, labels == 1)
    features, labels = datasets.make_moons((700, 70), noise=0.3, random_state=0)
    made["drawn: moons, 9% positives"] = (features, labels == 1)
    return {
        name: pd.DataFrame(features).rename(columns="x{}".format).assign(y=np.where(labels, "yes", "no"))
        for name, (features, labels) in made.items()
    }


def compared(folder: Path, n_seeds: int = 30) -> Iterator[tuple[str, Comparison]]:
    """The comparison on each table, trained in a folder."""
    every = tables()
    keys = {f"t{number}": name for number, name in enumerate(every)}
    params = {
        "datasets": {key: {"source": {"file": f"data/external/{key}.csv", "target": "y"}} for key in keys},
        "comparisons": {key: {"hidden": [32], "epochs": 30, "losses": LOSSES} for key in keys},
        "train": {"seeds": n_seeds},
    }

    def write_tables(place: Path) -> None:
        for key, name in keys.items():
            every[name].to_csv(place / f"{key}.csv", index=False)

    def read() -> None:
        loaded = load_params()
        for key, losses in loaded.selected().items():
            settings = {"headline": "balanced_accuracy", "baseline": None, "margin": None}
            read_in.append((keys[key], read_comparison(key, key, losses, **settings)))

    read_in: list[tuple[str, Comparison]] = []
    reader = type("reader", (), {"main": staticmethod(read)})
    run_all(folder, params, {}, write_tables, generate, scale, train, reader)
    yield from read_in


def better(outcome: Outcome) -> list[tuple[str, str]]:
    """The pairs of which the first is better."""
    pairs = itertools.permutations(outcome.summaries, 2)
    return [pair for pair in pairs if outcome.pairs[pair].verdict == "better"]


def lines(comparisons: Iterator[tuple[str, Comparison]]) -> Iterator[str]:
    """The lines of a table in Markdown, and what they come to."""
    yield "| table | score | better at 0.5 | of these, at its own threshold | new there |"
    yield "|---|---|---|---|---|"
    before, left = 0, 0
    for name, comparison in comparisons:
        for score in SCORES:
            outcome = replace(comparison, score=catalogue.find(score, "binary")).outcome
            at_half, own = better(outcome.by_rule), better(outcome)
            kept = [pair for pair in at_half if pair in own]
            before, left = before + len(at_half), left + len(kept)
            cells = (at_half, kept, [pair for pair in own if pair not in at_half])
            yield f"| {name} | {score} | " + " | ".join(map(_listed, cells)) + " |"
    yield f"\n{before} verdicts at 0.5, of which {before - left} vanish"


def _listed(pairs: list[tuple[str, str]]) -> str:
    named = {"binary_crossentropy": "plain"}
    return ", ".join(f"{named.get(a, a)} > {named.get(b, b)}" for a, b in pairs) or "–"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        for line in lines(compared(Path(sys.argv[1] if len(sys.argv) > 1 else temporary))):
            print(line, flush=True)
