"""MLflow's pages of a comparison: their addresses, and the tags that decide what they show."""

import json
from dataclasses import dataclass

from mlflow.utils.mlflow_tags import (
    MLFLOW_EXPERIMENT_PRIMARY_METRIC_GREATER_IS_BETTER,
    MLFLOW_EXPERIMENT_PRIMARY_METRIC_NAME,
)

from stages.basics import markup
from stages.tracking import contents
from stages.tracking.origin import EXPERIMENT

NOTE = "mlflow.note.content"
COLOR = "mlflow.runColor"
VERDICT = "verdict"  # on a loss, in a word or two
RECOMMENDED = "recommended"
NO_VERDICT = (
    "No verdict yet: the losses were not all trained together in the workspace. Each run's own note holds its own."
)
VIEW = "losslab"  # the name of the view that is shared
VIEW_TAG = f"mlflow.sharedViewState.{VIEW}"


@dataclass(frozen=True)
class Headline:
    """The score that decides between the losses of an experiment, and which way is better."""

    name: str
    higher_is_better: bool


def scores(experiment: str) -> str:
    """The page of an experiment's runs, the best first by the score that decides; within MLflow's own address."""
    return f"#/experiments/{experiment}/runs?viewStateShareKey={VIEW}"


def curves(experiment: str) -> str:
    """The page of an experiment's curves and bars."""
    return f"#/experiments/{experiment}/runs?compareRunsMode=CHART"


def word(verdict: str, tags: dict[str, str], *, last_word: bool) -> str:
    """The verdict on a run in a word or two; that of an experiment beside the workspace, or of some losses, says so."""
    if last_word or verdict != RECOMMENDED:
        return verdict
    return f"{verdict} in {tags[EXPERIMENT]}" if EXPERIMENT in tags else f"{verdict} of some losses"


def tags(experiment: str, verdict: str, headline: Headline) -> dict[str, str]:
    """The tags of an experiment: its note, which is the first screen of the report, and the view of its runs.

    The view's columns tell runs of the same loss apart. They are few, since MLflow puts tags last: the verdict is to be
    in sight.
    """
    score = contents.deciding(headline.name)
    columns = [
        f"metrics.`{score}`",
        f"tags.`{VERDICT}`",
        *(f"params.`{name}`" for name in ("optimizer.learning_rate", "epochs", "seeds")),
        f"tags.`{EXPERIMENT}`",
    ]
    view = {
        "orderByKey": f"metrics.`{score}`",
        "orderByAsc": not headline.higher_is_better,
        "selectedColumns": columns,
    }
    answer, *below = verdict.split("\n\n")
    answer = markup.text(markup.plain(answer))  # lists of experiments show it as it is written
    links = f"[Scores]({scores(experiment)}) · [Curves]({curves(experiment)})"
    return {
        NOTE: "\n\n".join([answer, *map(str.strip, below), links]),
        "mlflow.experimentKind": "custom_model_development",
        MLFLOW_EXPERIMENT_PRIMARY_METRIC_NAME: score,
        MLFLOW_EXPERIMENT_PRIMARY_METRIC_GREATER_IS_BETTER: str(headline.higher_is_better),
        VIEW_TAG: json.dumps(view),  # the last: where it is, all are
    }
