"""What the target of a new table may be, and what to write for it, in lines of ``make try``."""

from collections.abc import Iterator

import numpy as np

from stages.basics import paths
from stages.basics.words import percent, printable
from stages.offers import targets
from stages.offers.judging import Judged
from stages.records import datasets
from stages.wording.datasets import in_order, on_circle


def about(name: str, judged: Judged) -> Iterator[str]:
    """Lines on what else a target may be, with the keys for it.

    Args:
        name: of the dataset.
        judged: what its table comes to.
    """
    for lines in (_shares, _circle, _kind, _ranks):
        yield from lines(name, judged)


def _shares(name: str, judged: Judged) -> Iterator[str]:
    """That a target may be a share, and which losses are offered for it as one."""
    if judged.description.task != "regression" or judged.description.period:
        return
    bounded = [offer.loss.name for offer in judged.offers if offer.is_made and offer.loss.activation == "sigmoid"]
    if bounded:
        yield (
            f"'{judged.description.targets[0]}' lies between 0 and 1 in every row; predictions of {', '.join(bounded)} "
            "do too, those of others may not; if it is no share, take these out: "
            f"comparisons.{name}.losses in {paths.PARAMS}"
        )


def _kind(name: str, judged: Judged) -> Iterator[str]:
    """What else a target of values may be, the losses for that, and the score that is to decide."""
    description = judged.description
    if description.task != "regression" or _period(judged):
        return
    kind = targets.kind_of(datasets.labels_of(judged.table, description))
    if kind is None:
        return
    seen = {
        "counts": "holds small whole numbers, none below 0, and may be a count",
        "many zeros": f"is 0 in {percent(kind.share)} of the rows and above 0 in the others",
    }[kind.kind]
    yield (
        f"'{printable(description.targets[0])}' {seen}; for that there is {', '.join(kind.losses)} under comparisons."
        f"{name}.losses, and to judge by headline: {{{name}: {kind.headline}}} under report in {paths.PARAMS}"
    )


def _circle(name: str, judged: Judged) -> Iterator[str]:
    """That values begin anew after a period, or what to write where they may."""
    description = judged.description
    if description.period:
        yield f"{on_circle(description)}, so errors are the shorter way round"
    elif period := _period(judged):
        yield (
            f"'{printable(description.targets[0])}' may begin anew after {period}, so that {period - 1} is next to 0; "
            "as such it has losses on the circle, judged by the error the shorter way round: "
            f"make try … AS={name}_circle WITH='period: {period}'"
        )


def _period(judged: Judged) -> float | None:
    """After how much a target's values begin anew, or may."""
    description = judged.description
    is_whole = description.inferred is not None and description.inferred.values == "whole numbers"
    if description.period or len(description.targets) > 1 or description.target_shape:
        return description.period
    if description.task != "regression" and not is_whole:
        return None
    values = np.array(description.classes, float) if is_whole and description.classes else None
    values = datasets.labels_of(judged.table, description) if values is None else values
    return targets.period_of(values, description.targets[0])


def _ranks(name: str, judged: Judged) -> Iterator[str]:
    """The order that classes are given, or what to write where they are whole numbers and may have one."""
    description = judged.description
    is_whole = description.inferred is not None and description.inferred.values == "whole numbers"
    if description.is_ordered:
        yield f"classes in the order {in_order(description)}"
    elif is_whole and not description.arrays and not _period(judged):
        first, second, third, *_ = description.classes
        yield (
            f"'{description.targets[0]}' may be grades, of which {first} is nearer to {second} than to {third}; as "
            f"such they have losses of ranks, judged by how many grades a decision is off: make try … AS={name}_graded "
            f"WITH='order: [{', '.join(description.classes)}]'"
        )
