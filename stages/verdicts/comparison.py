"""A comparison: one dataset, the runs of several losses on it, and how they are judged."""

import itertools
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from stages.losses.loss import Task
from stages.losses.objectives import usual
from stages.losses.validity import Validity
from stages.records import plans
from stages.records.datasets import Description, Encoded
from stages.records.plans import Part, Plan
from stages.records.runs import Run
from stages.scores import choosing, row_values
from stages.scores.score import Score
from stages.verdicts import clusters, objectives, pairs
from stages.verdicts.advice import Advice, advise
from stages.verdicts.design import Design
from stages.verdicts.intervals import Estimate
from stages.verdicts.pairs import Pair
from stages.verdicts.statistics import Summary, gain_over_constant, scores_of, summarise, summarise_for_new_rows


@dataclass(frozen=True)
class Comparison:
    """One dataset and the runs that are compared on it.

    Attributes:
        name: of the comparison.
        dataset: name of the dataset.
        runs: in the order of the parameters.
        encoded: what the dataset is and what was done to its columns.
        features: (n_rows, 2) in their own units, where there are classes in a plane; else None.
        labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices.
        plan: which rows each seed trains and tests on.
        score: the score that decides between losses.
        validity: by loss, whether it can learn from this dataset.
        own_baseline: the loss that the user compares the others with; None for the one that is recommended.
        own_margin: the user's margin; None for the default.
        other_names: of the losses that stand for several names of one objective, the names that were not trained.
        weights: (n_rows,) what each row counts; None where all count alike.
    """

    name: str
    dataset: str
    runs: list[Run]
    encoded: Encoded
    features: pd.DataFrame | None
    labels: np.ndarray
    plan: Plan
    score: Score
    validity: dict[str, Validity]
    own_baseline: str | None = None
    own_margin: float | None = None
    other_names: dict[str, list[str]] = field(default_factory=dict)
    weights: np.ndarray | None = None

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
    def is_tuned(self) -> bool:
        """Whether each loss has the learning rate and the number of epochs that are best for it."""
        return any(run.tuning for run in self.runs)

    @property
    def n_rows(self) -> int:
        """Rows of the dataset."""
        return len(self.labels)

    @cached_property
    def tested(self) -> np.ndarray:
        """Bool (n_seeds, n_rows): which rows each seed tests on."""
        return (self.plan.parts == Part.TEST)[self.plan.split_of]

    @property
    def trained(self) -> np.ndarray:
        """Bool (n_seeds, n_rows): which rows each seed trains on in the end."""
        return (self.plan.parts <= Part.VALIDATION)[self.plan.split_of]

    @property
    def target_scaling(self) -> dict[str, np.ndarray | float]:
        """``center`` and ``spread``, each (n_seeds, n_targets), which put a seed's outputs into target units."""
        if self.task != "regression":
            return {"center": 0.0, "spread": 1.0}
        scaling, split_of = self.plan.to_train, self.plan.split_of
        return {"center": scaling.target_center[split_of], "spread": scaling.target_spread[split_of]}

    @property
    def class_sizes(self) -> np.ndarray:
        """Rows of each class: (n_classes,)."""
        return class_sizes(self.labels, self.description)

    @property
    def has_unequal_classes(self) -> bool:
        """Whether classes are so unequal that accuracy says little."""
        return choosing.are_unequal(self.class_sizes.tolist())

    @property
    def is_misleading(self) -> bool:
        """Whether accuracy decides although it says little."""
        return self.headline == "accuracy" and self.has_unequal_classes

    @cached_property
    def values(self) -> dict[str, np.ndarray]:
        """For each loss the row values of the headline score, (n_seeds, n_rows): NaN where not tested or failed."""
        values = {}
        for run in self.runs:
            values[run.loss.name] = row_values.row_values(
                self.headline,
                run.loss,
                self.labels,
                run.outputs,
                self.tested,
                **self.target_scaling,
                weights=self.weights,
            )
            values[run.loss.name][~run.finished] = np.nan
        return values

    @property
    def is_in_time(self) -> bool:
        """Whether rows are in the order of time, where neighbours are alike: those of a table, that are not drawn."""
        return self.plan.method == "first" and bool(self.description.files)

    @cached_property
    def design(self) -> Design:
        """Which rows each seed tests, which of them count as one, and how far one can tell two losses apart."""
        rows = clusters.blocks(self.tested) if self.is_in_time else self.plan.clusters
        reach = row_values.reach(self.headline, self.labels, self.tested)
        return Design(self.tested, reach, rows, self.is_in_time)

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """The test score of every loss, for new seeds and new rows."""
        return {loss: summarise_for_new_rows(values, self.design) for loss, values in self.values.items()}

    @property
    def train_summaries(self) -> dict[str, Summary]:
        """The train score of every loss, over its seeds."""
        return {run.loss.name: summarise(run.values(self.headline, "train")) for run in self.runs}

    def scores(self) -> dict[str, np.ndarray]:
        """The test score of every loss: (n_seeds,), NaN where a seed failed."""
        return {run.loss.name: np.where(run.finished, run.values(self.headline, "test"), np.nan) for run in self.runs}

    @cached_property
    def margin(self) -> float:
        """Differences of the headline score within ± this do not matter in practice."""
        if self.own_margin is not None:
            return self.own_margin
        scores = list(self.scores().values())
        return pairs.default_margin(scores, self.constant, higher_is_better=self.score.higher_is_better)

    @property
    def worst(self) -> float:
        """What a failed seed counts as when losses are compared."""
        return pairs.worst_score(self.scores(), self.constant, higher_is_better=self.score.higher_is_better)

    @cached_property
    def constant_values(self) -> np.ndarray | None:
        """Row values (n_seeds, n_rows) of a prediction that is the same for every row; None where it says nothing."""
        return row_values.constant_values(
            self.headline,
            self.task,
            self.labels,
            self.trained,
            self.tested,
            n_classes=self.description.n_classes,
            **self.target_scaling,
            weights=self.weights,
        )

    @property
    def constant(self) -> float | None:
        """The test score of such a prediction, the mean over seeds."""
        if self.constant_values is None:
            return None
        return float(scores_of(self.constant_values, self.tested).mean())

    def gain(self, loss: str) -> Estimate | None:
        """How much better a loss does than a constant prediction; None where one of the two has no score."""
        if self.constant_values is None:
            return None
        values, higher_is_better = self.values[loss], self.score.higher_is_better
        return gain_over_constant(values, self.constant_values, self.design, higher_is_better=higher_is_better)

    @cached_property
    def pairs(self) -> dict[tuple[str, str], Pair]:
        """For every ordered pair (loss, against), how their headline scores compare."""
        return pairs.compare(
            self.values,
            self.design,
            higher_is_better=self.score.higher_is_better,
            margin=self.margin,
            same_objective={
                frozenset((a.loss.name, b.loss.name))
                for a, b in itertools.combinations(self.runs, 2)
                if objectives.factor(a, b) is not None
            },
            worst=self.worst,
        )

    def factor(self, loss: str, other: str) -> float | None:
        """How many times the other a loss is; None where it is another objective."""
        [ours], [theirs] = ([run for run in self.runs if run.loss.name == name] for name in (loss, other))
        return objectives.factor(ours, theirs)

    @cached_property
    def advice(self) -> Advice:
        """Which loss to train with; of equals, one that finished."""
        finished_first = sorted(self.losses, key=lambda loss: not self.summaries[loss].n)
        return advise(finished_first, self.pairs, usual(run.loss for run in self.runs), self.lacking)

    @property
    def baseline(self) -> str:
        """The loss that the others are compared with."""
        return self.own_baseline or self.advice.best

    @property
    def names(self) -> list[str]:
        """The names of the losses, and the other names of their objectives."""
        return [*self.losses, *(name for names in self.other_names.values() for name in names)]

    def trained_as(self, name: str) -> str:
        """The loss that was trained for a name: another name of its objective, or itself."""
        return next((loss for loss, others in self.other_names.items() if name in others), name)

    def lacking(self, loss: str) -> float:
        """How far a loss's mean test score is from a perfect one: 0 for errors, 1 for other scores."""
        mean = self.summaries[loss].mean
        return float(max(1 - mean if self.score.higher_is_better else mean, 0.0)) if np.isfinite(mean) else np.inf

    def against_baseline(self, losses: list[str]) -> list[Pair]:
        """Each of these losses against the baseline, if it is another."""
        return [self.pairs[loss, self.baseline] for loss in losses if loss != self.baseline]

    def each_pair(self, losses: list[str]) -> list[Pair]:
        """Every pair of these losses once."""
        return [self.pairs[pair] for pair in itertools.combinations(losses, 2)]

    @property
    def metrics(self) -> list[str]:
        """Every score that any of the losses has, but the one that only the published figures need, and recalls."""
        every = dict.fromkeys(metric for run in self.runs for metric in run.scores["metric"])
        return [name for name in every if name != "rounded_accuracy" and not name.startswith("recall_")]

    @property
    def share_below_zero(self) -> float:
        """The share of the scaled train targets that are below 0, on the split where it is the largest."""
        seen = plans.seen_by_losses(self.plan, self.description, self.labels, self.runs[0].settings.batch_size)
        return float(max((each.labels < 0).mean() for each in seen))


def class_sizes(labels: np.ndarray, description: Description) -> np.ndarray:
    """Rows of each class (n_classes,); empty for values."""
    return np.bincount(labels, minlength=description.n_classes) if description.classes else np.empty(0, np.int64)


def by_dataset(comparisons: list[Comparison]) -> list[Comparison]:
    """The comparisons in their order, those on one dataset one after the other."""
    datasets_in_order = list(dict.fromkeys(comparison.dataset for comparison in comparisons))
    return sorted(comparisons, key=lambda comparison: datasets_in_order.index(comparison.dataset))
