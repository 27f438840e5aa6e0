"""Judge the losses for a table or arrays: read them, divide their rows, and see which can learn the target."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from stages.arrays.source import ArraySource
from stages.basics import paths
from stages.basics.cli import UserError
from stages.features import encoding, planning
from stages.offers.losses import Offer, offers
from stages.params.schema import Dataset
from stages.records import datasets, plans
from stages.records.datasets import Description, Treatment
from stages.sources import arrays, describe

AT_MOST = 60  # seeds of a comparison for which nobody chose a number, fewer where they settle it


class SplitError(UserError):
    """The rows of a table cannot be divided as they are where nobody says how."""


@dataclass(frozen=True)
class Judged:
    """What a table comes to.

    Attributes:
        dataset: how it is read.
        description: what it is.
        table: the features and the target.
        treatments: what is done to each column; empty for arrays.
        offers: the losses for its task, and whether each can learn from it.
    """

    dataset: Dataset
    description: Description
    table: pd.DataFrame
    treatments: list[Treatment]
    offers: list[Offer]


def judge(name: str, file: Path, dataset: Dataset, *, n_seeds: int, batch_size: int) -> Judged:
    """Judge the losses for a table's target on the train rows of the seeds.

    Args:
        name: of the dataset.
        file: where the table, or the file or folder of arrays, is now.
        dataset: its entry in the parameters, which may name another file.
        n_seeds: how many seeds divide the rows.
        batch_size: rows per step.

    Raises:
        UserError: the table cannot be read or encoded.
        SplitError: its rows cannot be divided.
    """
    if isinstance(dataset.source, ArraySource):
        return _judge_arrays(name, file, dataset, n_seeds=n_seeds, batch_size=batch_size)
    placed = dataset.source.file
    dataset = _reading(dataset, file=file.as_posix())
    table, description = _load(name, dataset)
    if all(column.kind == "identifier" for column in description.columns):
        # there is nothing else to learn from
        dataset = _reading(dataset, columns={column.name: "number" for column in description.columns})
        table, description = _load(name, dataset)
    treatments = encoding.fit(table, description.columns, dataset.scale.features).treatments
    offered = _offered(name, dataset, table, description, n_seeds=n_seeds, batch_size=batch_size)
    return Judged(_reading(dataset, file=placed), description, table, treatments, offered)


def _judge_arrays(name: str, file: Path, dataset: Dataset, *, n_seeds: int, batch_size: int) -> Judged:
    """As `judge`, of arrays, whose features are only looked at."""
    key = dataset.source.OF_FILES
    here = _reading(dataset, **({key: file.as_posix()} if key else {}))
    table, description = arrays.load(name, here, {f"datasets.{name}.split": dataset.split})
    offered = _offered(name, dataset, table, description, n_seeds=n_seeds, batch_size=batch_size)
    return Judged(dataset, description, table, [], offered)


def _offered(
    name: str, dataset: Dataset, table: pd.DataFrame, description: Description, *, n_seeds: int, batch_size: int
) -> list[Offer]:
    """The losses for a target, judged on the train rows of the seeds."""
    labels, key = datasets.labels_of(table, description), f"{paths.PARAMS}: datasets.{name}.split"
    try:
        plan = planning.plan_targets(
            table, description, split=dataset.split, scale=dataset.scale, n_seeds=n_seeds, key=key
        )
    except UserError as error:
        raise SplitError(str(error).removeprefix(f"{key}: ")) from error
    seen = list(plans.seen_by_losses(plan, description, labels, batch_size))
    of_kinds = {target: target in description.yes_no for target in description.targets} if description.yes_no else None
    kind = {"is_ordered": description.is_ordered, "of_kinds": of_kinds, "period": description.period}
    return offers(description.task, labels, seen, **kind)


def _load(name: str, dataset: Dataset) -> tuple[pd.DataFrame, Description]:
    return describe.load(name, dataset, {f"datasets.{name}.split": dataset.split})


def _reading(dataset: Dataset, **settings: object) -> Dataset:
    """A dataset whose source has other settings."""
    return dataset.model_copy(update={"source": dataset.source.model_copy(update=settings)})
