"""A comparison: one dataset, the runs of several losses on it, and what came of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.losses.loss import Loss, Task
from stages.losses.validity import Validity, judge_all
from stages.records import datasets, features, plans, references, runs
from stages.records.datasets import Description, Encoded
from stages.records.plans import Plan
from stages.records.references import Reference
from stages.records.runs import Run
from stages.scores import catalogue, choosing, costs
from stages.scores.costs import Written
from stages.scores.score import Score
from stages.verdicts import references as beside_networks
from stages.verdicts.averaged import Averaged, averaged
from stages.verdicts.held_out import residuals
from stages.verdicts.held_out.cache import NOTHING_KEPT, Cache
from stages.verdicts.held_out.calibrated import Calibrated, calibrate
from stages.verdicts.outcome import Outcome, judge
from stages.verdicts.references import Beside


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
        seeds_key: the path of the key in ``params.yaml`` that says how many seeds train.
        references: models that are no networks, on the splits of the first seeds.
        arrays: what is predicted from where that is arrays, (n_rows, …); None where it is columns.
        cache: of thresholds and calibrations that were fitted before.
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
    seeds_key: str = "train.seeds"
    references: list[Reference] = field(default_factory=list)
    arrays: np.ndarray | None = None
    cache: Cache = NOTHING_KEPT

    @property
    def description(self) -> Description:
        """What the dataset is."""
        return self.encoded.description

    @property
    def task(self) -> Task:
        """The kind of problem."""
        return self.description.task

    @property
    def losses(self) -> list[str]:
        """The names of the losses."""
        return [run.loss.name for run in self.runs]

    @property
    def seeds(self) -> list[int]:
        """The seeds of the losses that have the most; those that were settled sooner have the first of them."""
        return max((run.seeds for run in self.runs), key=len)

    @property
    def epoch_metric(self) -> str:
        """The score that is followed epoch by epoch."""
        return self.runs[0].loss.epoch_metric

    @property
    def is_tuned(self) -> bool:
        """Whether each loss has the learning rate and the number of epochs that are best for it."""
        return any(run.tuning for run in self.runs)

    @cached_property
    def averages(self) -> dict[str, Averaged | None]:
        """By loss, what averages of its networks score; None where no row was tested by two of them, or by costs."""
        if self.score.costs:
            return dict.fromkeys(self.losses)
        data, thresholds = (self.score, self.plan, self.labels), self.outcome.thresholds
        return {
            run.loss.name: averaged(
                run,
                *data,
                weights=self.weights,
                thresholds=thresholds.get(run.loss.name),
                residuals=residuals.for_new_rows(run, *data, self.weights),
            )
            for run in self.runs
        }

    @cached_property
    def outcome(self) -> Outcome:
        """How the losses did, which is judged once."""
        return judge(
            self.runs,
            self.score,
            self.plan,
            self.description,
            self.labels,
            weights=self.weights,
            baseline=self.own_baseline,
            margin=self.own_margin,
            cache=self.cache,
        )

    def by(self, score: Score) -> Outcome:
        """How the losses did by another score, which is judged once."""
        if score.name not in self._by_others:
            rows = (self.plan, self.description, self.labels)
            self._by_others[score.name] = judge(self.runs, score, *rows, weights=self.weights, cache=self.cache)
        return self._by_others[score.name]

    @cached_property
    def _by_others(self) -> dict[str, Outcome]:
        return {}

    @cached_property
    def beside(self) -> list[Beside]:
        """How reference models did against the recommended loss; none where that has no score."""
        best, fitted = self.outcome.advice.best, beside_networks.fitted(self.references)
        if not self.outcome.summaries[best].n or not fitted:
            return []
        [run] = [run for run in self.runs if run.loss.name == best]
        every = [beside_networks.looked_at_once(run), *(beside_networks.as_run(model, run) for model in fitted)]
        rows = (self.plan, self.description, self.labels)
        chosen = {name: thresholds for name, thresholds in self.outcome.thresholds.items() if name == best}
        settings = {"weights": self.weights, "margin": self.own_margin, "cache": self.cache}
        outcome = judge(every, self.score, *rows, **settings, thresholds=chosen)
        called = [other.loss.name for other in every[1:]]
        return [
            Beside(model, outcome.summaries[name], outcome.pairs[name, best], outcome.scores[name])
            for model, name in zip(fitted, called, strict=True)
        ]

    @cached_property
    def calibrated(self) -> dict[str, Calibrated]:
        """By loss, what its probabilities are worth after calibration; none of values, of masks, or that fits not."""
        if self.task == "regression" or self.description.target_shape:
            return {}
        chosen = {run.loss.name: calibrate(run, self.plan, self.labels, self.weights, self.cache) for run in self.runs}
        return {loss: calibration for loss, calibration in chosen.items() if calibration}


def class_sizes(labels: np.ndarray, description: Description) -> np.ndarray:
    """Rows of each class (n_classes,), or where each position of a row has one, positions; empty for values."""
    flat = labels.ravel() if description.classes else np.empty(0, np.int64)
    return np.bincount(flat, minlength=description.n_classes)


def is_misleading(comparison: Comparison) -> bool:
    """Whether accuracy decides although classes are so unequal that it says little."""
    sizes = class_sizes(comparison.labels, comparison.description).tolist()
    return comparison.score.name == "accuracy" and choosing.are_unequal(sizes)


def names(comparison: Comparison) -> list[str]:
    """The names of the losses, and the other names of their objectives."""
    return [*comparison.losses, *(name for others in comparison.other_names.values() for name in others)]


def trained_as(comparison: Comparison, name: str) -> str:
    """The loss that was trained for a name: another name of its objective, or itself."""
    return next((loss for loss, others in comparison.other_names.items() if name in others), name)


def by_dataset(comparisons: list[Comparison]) -> list[Comparison]:
    """The comparisons in their order, those on one dataset one after the other."""
    datasets_in_order = list(dict.fromkeys(comparison.dataset for comparison in comparisons))
    return sorted(comparisons, key=lambda comparison: datasets_in_order.index(comparison.dataset))


def read(
    name: str,
    dataset: str,
    losses: list[Loss],
    *,
    headline: str | None,
    baseline: str | None,
    margin: float | None,
    other_names: dict[str, list[str]] | None = None,
    seeds_key: str = "train.seeds",
    cost: Written | None = None,
    project: Path = paths.HERE,
) -> Comparison:
    """Read a dataset, its plan and its runs, each file once.

    Args:
        name: of the comparison.
        dataset: its name.
        losses: those that are compared.
        headline: name of the score that decides; None for the default.
        baseline: the loss that the others are compared with; None for the one that is recommended.
        margin: differences that do not matter; None for the default.
        other_names: as in `Comparison`.
        seeds_key: as in `Comparison`.
        cost: what wrong decisions cost, as the parameters say it, which then decides; None where it is not said.
        project: its folder.

    Raises:
        UserError: a file is missing or damaged, or the headline score is not defined for these runs.
    """
    encoded = datasets.read_encoded(dataset, project)
    description = encoded.description
    labels, plan = datasets.read_labels(dataset, description, project), plans.read_plan(name, project)
    trained = [runs.read(name, loss.name, project) for loss in losses]
    sizes = class_sizes(labels, description).tolist()
    columns = datasets.read_costs(dataset, costs.columns_of(cost), project)
    score = score_of(headline or default_headline(description, sizes, losses), description, cost, columns)
    check_headline(trained, score)
    plan = plan.first(max(len(run.seeds) for run in trained))
    seen = plans.seen_by_losses(plan, description, labels, trained[0].settings.batch_size)
    return Comparison(
        name=name,
        dataset=dataset,
        runs=trained,
        encoded=encoded,
        features=features.read_columns(dataset, description, project) if trained[0].regions is not None else None,
        labels=labels,
        plan=plan,
        score=score,
        validity=judge_all(losses, list(seen)),
        own_baseline=baseline,
        own_margin=margin,
        other_names=other_names or {},
        weights=datasets.read_weights(dataset, description, project),
        seeds_key=seeds_key,
        references=references.read(name, project),
        arrays=features.read(dataset, description, project) if description.arrays else None,
    )


def default_headline(description: Description, class_sizes: Sequence[int], losses: Sequence[Loss]) -> str:
    """The score that decides where the parameters name none: see `choosing.default_headline`."""
    about = description.task, description.n_targets, class_sizes, losses
    kind = {"is_ordered": description.is_ordered, "has_positions": description.has_positions}
    kind["period"] = description.period
    return choosing.default_headline(*about, **kind)


def score_of(headline: str, description: Description, cost: Written | None, columns: Mapping[str, np.ndarray]) -> Score:
    """The score that decides: the one of this name, or the cost of decisions where the parameters say what that is.

    Args:
        headline: its name.
        description: what the dataset is.
        cost: what wrong decisions cost; None where it is not said.
        columns: by name (n_rows,), those that it names.
    """
    if cost:
        return costs.score(costs.of_classes(cost, description.classes), columns)
    return catalogue.find(headline, description.task)


def check_headline(trained: Iterable[Run], score: Score) -> None:
    """Check that the score which is to decide is defined for all runs.

    Raises:
        UserError: it is not.
    """
    for run in (run for run in trained if score.is_of_outputs(run.loss)):
        values, key = run.values(score.name, "test"), f"{paths.PARAMS}: report.headline.{run.comparison}"
        if not len(values):
            metrics = list(dict.fromkeys(run.scores["metric"]))
            no_score = suggest.not_one_of(score.name, metrics, f"a score of '{run.loss.name}'", "Scores")
            raise UserError(f"{key}: {no_score}")
        if np.isnan(values[run.finished]).any():
            raise UserError(
                f"{key}: '{score.name}' is not defined on the test rows of {run.comparison}; choose another score"
            )
