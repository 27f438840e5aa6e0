"""Read a comparison: its dataset, its plan and its runs."""

from collections.abc import Iterable

import numpy as np

from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.losses import validity
from stages.losses.loss import Loss
from stages.records import datasets, plans, runs
from stages.records.runs import Run
from stages.scores import catalogue, choosing
from stages.scores.score import Score
from stages.verdicts.comparison import Comparison, class_sizes


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

    Raises:
        UserError: a file is missing or damaged, or the headline score is not defined for these runs.
    """
    encoded = datasets.read_encoded(dataset)
    description = encoded.description
    labels, plan = datasets.read_labels(dataset, description), plans.read_plan(name)
    trained = [runs.read(name, loss.name) for loss in losses]
    sizes = class_sizes(labels, description).tolist()
    headline = headline or choosing.default_headline(description.task, description.n_targets, sizes, losses)
    score = catalogue.find(headline, description.task)
    check_headline(trained, score)
    plan = plan.first(max(len(run.seeds) for run in trained))
    in_the_plane = trained[0].regions is not None
    seen = list(plans.seen_by_losses(plan, description, labels, trained[0].settings.batch_size))
    return Comparison(
        name=name,
        dataset=dataset,
        runs=trained,
        encoded=encoded,
        features=datasets.read_features(dataset, description) if in_the_plane else None,
        labels=labels,
        plan=plan,
        score=score,
        validity=validity.judge_all(losses, seen),
        own_baseline=baseline,
        own_margin=margin,
        other_names=other_names or {},
        weights=datasets.read_weights(dataset, description),
        seeds_key=seeds_key,
    )


def check_headline(trained: Iterable[Run], score: Score) -> None:
    """Check that the score which is to decide is defined for all runs.

    Raises:
        UserError: it is not.
    """
    for run in trained:
        values, key = run.values(score.name, "test"), f"{paths.PARAMS}: report.headline.{run.comparison}"
        if not len(values):
            known = list(dict.fromkeys(run.scores["metric"]))
            no_score = suggest.not_one_of(score.name, known, f"a score of '{run.loss.name}'", "Scores")
            raise UserError(f"{key}: {no_score}")
        if np.isnan(values[run.finished]).any():
            raise UserError(
                f"{key}: '{score.name}' is not defined on the test rows of {run.comparison}; choose another score"
            )
