"""A comparison: one dataset, the runs of several losses on it, and how they are judged."""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.losses import validity
from stages.losses.loss import Loss, Task
from stages.losses.validity import Validity
from stages.records import datasets, plans, runs
from stages.records.datasets import Description, Encoded
from stages.records.plans import Part, Plan
from stages.records.runs import Run
from stages.scores import measure, names
from stages.scores.names import Score
from stages.verdicts import pairs
from stages.verdicts.pairs import Pair
from stages.verdicts.statistics import Summary, summarise

IMBALANCED = 3  # classes are unequal where the largest has so many times the rows of the smallest


@dataclass(frozen=True)
class Comparison:
    """One dataset and the runs that are compared on it.

    Attributes:
        name: of the comparison.
        runs: in the order of the parameters.
        encoded: what the dataset is and what was done to its columns.
        features: float64 (n_rows, n_features) in their own units, NaN where missing; None but in a plane.
        targets: (n_rows, n_targets) values in target units, or (n_rows,) class indices.
        plan: which rows each seed trains, validates and tests on, and how it scales them.
        score: the score that decides between losses.
        baseline: the loss that the others are compared with.
        validity: by loss, whether it can learn from this dataset.
        own_margin: the user's margin; None for the default.
    """

    name: str
    runs: list[Run]
    encoded: Encoded
    features: pd.DataFrame | None
    targets: np.ndarray
    plan: Plan
    score: Score
    baseline: str
    validity: dict[str, Validity]
    own_margin: float | None = None

    @property
    def description(self) -> Description:
        """What the dataset is."""
        return self.encoded.description

    @property
    def task(self) -> Task:
        """The kind of problem."""
        return self.description.task

    @property
    def headline(self) -> str:
        """The name of the score that decides between losses."""
        return self.score.name

    @property
    def epoch_metric(self) -> str:
        """The score that is followed epoch by epoch."""
        return self.runs[0].loss.epoch_metric

    @property
    def losses(self) -> list[str]:
        """The names of the losses."""
        return [run.loss.name for run in self.runs]

    @property
    def seeds(self) -> list[int]:
        """The seeds, which are the same for every loss."""
        return self.runs[0].seeds

    @property
    def is_plane(self) -> bool:
        """Whether there are classes and two features, so that decisions can be drawn in the plane."""
        return self.runs[0].regions is not None

    @property
    def n_rows(self) -> int:
        """Rows of the dataset."""
        return len(self.targets)

    def labels(self, split: int, *parts: Part) -> np.ndarray:
        """The targets of a split's rows in these parts: (n_rows, n_targets) in target units, or class indices."""
        return self.targets[self.plan.split_rows(split, *parts)]

    def scaled_labels(self, split: int, *parts: Part) -> np.ndarray:
        """The same as the losses see them: values are scaled."""
        labels, scaling = self.labels(split, *parts), self.plan.to_train
        if self.task != "regression":
            return labels
        return (labels - scaling.target_center[split]) / scaling.target_spread[split]

    @property
    def class_sizes(self) -> np.ndarray:
        """Rows of each class: (n_classes,)."""
        return np.bincount(self.targets, minlength=self.description.n_classes)

    @property
    def is_imbalanced(self) -> bool:
        """Whether classes are so unequal that accuracy says little."""
        return self.task != "regression" and self.class_sizes.max() >= IMBALANCED * self.class_sizes.min()

    def scores(self, part: str) -> dict[str, np.ndarray]:
        """The headline score of every loss: (n_seeds,), NaN where a seed failed."""
        return {run.loss.name: run.values(self.headline, part) for run in self.runs}

    def summaries(self, part: str) -> dict[str, Summary]:
        """The headline score of every loss over its seeds."""
        return {loss: summarise(values) for loss, values in self.scores(part).items()}

    @cached_property
    def margin(self) -> float:
        """Differences of the headline score within ± this do not matter in practice."""
        if self.own_margin is not None:
            return self.own_margin
        baseline = self.scores("test")[self.baseline]
        return pairs.default_margin(baseline, self.constant, higher_is_better=self.score.higher_is_better)

    @property
    def lowest(self) -> float:
        """The lowest headline score of any seed; 0 where none is below."""
        return float(min(values[np.isfinite(values)].min(initial=0) for values in self.scores("test").values()))

    @cached_property
    def constant(self) -> float | None:
        """The test score of a prediction that is the same for every row; None where there is none that says anything.

        It is the mean over seeds, each with the constant that its own train rows suggest.
        """
        scaling = self.plan.to_train
        scored = [
            measure.score_constant(
                self.headline,
                self.task,
                self.scaled_labels(split, Part.TRAIN, Part.VALIDATION),
                self.scaled_labels(split, Part.TEST),
                self.description.n_classes,
                center=scaling.target_center[split],
                spread=scaling.target_spread[split],
            )
            for split in range(self.plan.n_splits)
        ]
        if any(score is None for score in scored):
            return None
        return float(np.mean(np.array(scored)[self.plan.split_of]))

    @cached_property
    def pairs(self) -> dict[tuple[str, str], Pair]:
        """For every ordered pair (loss, against), how their headline scores compare on the test rows."""
        return pairs.compare(
            self.scores("test"),
            higher_is_better=self.score.higher_is_better,
            margin=self.margin,
            same_objective={
                frozenset((a.loss.name, b.loss.name))
                for a, b in itertools.combinations(self.runs, 2)
                if same_objective(a, b)
            },
            generator=np.random.default_rng(0),
        )

    def against_baseline(self) -> list[Pair]:
        """Every other loss against the baseline."""
        return [self.pairs[loss, self.baseline] for loss in self.losses if loss != self.baseline]

    def each_pair(self) -> list[Pair]:
        """Every pair once."""
        return [self.pairs[pair] for pair in itertools.combinations(self.losses, 2)]

    @property
    def metrics(self) -> list[str]:
        """Every score that any of the losses has, but the one that only the published figures need, and recalls."""
        every = dict.fromkeys(metric for run in self.runs for metric in run.scores["metric"])
        return [name for name in every if name != "rounded_accuracy" and not name.startswith("recall_")]

    @property
    def seeds_needed(self) -> int:
        """The fewest seeds that can give a verdict here."""
        return max([pairs.seeds_needed(1), *(pair.seeds_needed for pair in self.pairs.values())])

    @property
    def share_below_zero(self) -> float:
        """The share of the scaled train targets that are below 0, in the split where it is the largest."""
        train = (self.scaled_labels(split, Part.TRAIN, Part.VALIDATION) for split in range(self.plan.n_splits))
        return float(max((labels < 0).mean() for labels in train))


def read(name: str, losses: list[Loss], *, headline: str | None, baseline: str, margin: float | None) -> Comparison:
    """Read a dataset and its runs, each file once.

    Args:
        name: of the comparison.
        losses: those that are compared.
        headline: name of the score that decides; None for the default.
        baseline: the loss that the others are compared with.
        margin: differences that do not matter; None for the default.

    Raises:
        UserError: a file is missing or damaged, or the headline score is not defined for these runs.
    """
    trained = [runs.read(name, loss.name) for loss in losses]
    dataset = trained[0].settings.dataset
    encoded, plan = datasets.read_encoded(dataset), plans.read_plan(name)
    description = encoded.description
    targets = datasets.read_labels(dataset, description)
    headline = headline or names.default_headline(description.task, description.n_targets)
    score = names.find(headline, description.task)
    for run in trained:
        _check_headline(run, score)
    features = datasets.read_features(dataset, description) if trained[0].regions is not None else None
    seen = plans.seen_by_losses(plan, description, targets, trained[0].settings.batch_size)
    judged = validity.judge_all(losses, seen)
    return Comparison(name, trained, encoded, features, targets, plan, score, baseline, judged, margin)


def _check_headline(run: Run, score: Score) -> None:
    values, key = run.values(score.name, "test"), f"{paths.PARAMS}: report.headline.{run.dataset}"
    if not len(values):
        known = list(dict.fromkeys(run.scores["metric"]))
        raise UserError(f"{key}: " + suggest.not_one_of(score.name, known, f"a score of '{run.loss.name}'", "Scores"))
    if np.isnan(values[run.finished]).any():
        raise UserError(f"{key}: '{score.name}' is not defined on the test rows of {run.dataset}; choose another score")


def same_objective(a: Run, b: Run) -> bool:
    """Whether two losses have the same values on the same rows, but for rounding and clipping."""
    ours, theirs = a.objective, b.objective
    if a.loss.activation != b.loss.activation or ours.shape != theirs.shape or not np.isfinite(ours).any():
        return False
    # Keras' clipping comes to some 1e-6 for each class
    return np.allclose(ours, theirs, rtol=1e-5, atol=1e-4, equal_nan=True)
