"""What is read of a project: which losses suit its table, and what came of those that were trained."""

import contextlib
from typing import Any

from pydantic import ValidationError

from stages.basics.section import Section
from stages.interactive.project import Project
from stages.offers.judging import judge
from stages.params import seeds
from stages.params.explain import findings
from stages.params.load import ParamsError, check_data
from stages.params.schema import Comparison, Dataset, Params, Train
from stages.scores import catalogue
from stages.verdicts import comparison


def with_offered_losses(values: dict[str, Any], project: Project) -> dict[str, Any]:
    """Parameters with the losses that suit the project's table, as ``make try`` lists them.

    Args:
        values: what ``params.yaml`` holds, without the losses.
        project: with the table.

    Raises:
        UserError: the other keys hold mistakes, or the table cannot be read, encoded or split.
    """
    name = project.name
    entry, rest = values["datasets"][name], {**values["comparisons"][name], "losses": ["mse"]}
    dataset = _checked(Dataset, entry, f"datasets.{name}")
    written = _checked(Comparison, rest, f"comparisons.{name}")
    judged = judge(
        name,
        project.folder / project.table,
        dataset,
        n_seeds=seeds.most(written.seeds),
        batch_size=written.batch_size or Train().batch_size,
    )
    if judged.dataset != dataset:  # the only columns to learn from tell rows apart
        entry["source"]["columns"] = judged.dataset.source.columns
    losses = [offer.entry for offer in judged.offers if offer.is_made]
    return {**values, "comparisons": {name: {**rest, "losses": losses}}}


def _checked(kind: type[Section], entry: dict[str, Any], key: str) -> Any:
    try:
        return kind.model_validate(entry)
    except ValidationError as error:
        raise ParamsError(mistake.below(key) for mistake in findings(error, entry)) from error


def read(params: Params, project: Project) -> comparison.Comparison:
    """What was trained in a project.

    Raises:
        UserError: the score that decides is not defined for it.
    """
    name, headline = project.name, params.report.headline.get(project.name)
    # a score of the user's own is code of the project
    within = contextlib.chdir(project.folder) if catalogue.is_own(headline or "") else contextlib.nullcontext()
    with within:
        trained = comparison.read(
            name,
            name,
            params.selected()[name],
            headline=headline,
            baseline=params.baseline(name),
            margin=params.report.margin.get(name),
            other_names=params.other_names(name),
            cost=params.comparisons[name].cost,
            project=project.folder,
        )
        check_data(params, {name: trained.description})
        trained.outcome  # noqa: B018 - judged here, where the user's own score is found
    return trained
