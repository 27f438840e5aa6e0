"""What a dataset is, and what became of its rows and columns, in words."""

import textwrap
from collections.abc import Iterator, Mapping

from stages.basics import paths
from stages.basics.words import counted, yaml_word
from stages.records.array_facts import ArrayFacts, Input
from stages.records.datasets import CsvFormat, Description, Inference, Treatment
from stages.records.plans import Part, Plan

SHOWN = 60  # characters of a text in a column that are shown
SHOWN_COLUMNS = 10  # of those that are left out or cannot be scaled; more are counted
SHOWN_CLASSES = 5  # more are not named where a task is explained
SHOWN_CLASS = 40  # characters of a class's name there

_LEFT_OUT = {
    "identifier": "it only tells rows apart",
    "empty": "nothing in it",
    "constant": "constant",
    "rare": "every text is rare, so it only tells rows apart",
}


def rows_read(name: str, n_rows: int, description: Description) -> str:
    """What was read of a table, and how the task was found out where the parameters do not say it."""
    first, *others = description.files or [""]
    files = f"{first} and {len(others)} more" if others else first
    written = f" ({csv_format(description.csv)})" if description.csv else ""
    rows = rows_of(n_rows, description) if description.arrays else f"{n_rows:,} rows"
    parts = [f"{rows} in {files}" if description.arrays and files else f"{rows} of {files}{written}" if files else rows]
    if without := description.n_without_target(n_rows):
        parts.append(f"{without:,} without a target left out")
    if description.n_weightless:
        parts.append(f"{description.n_weightless:,} that weigh 0 left out")
    if description.inferred:
        parts.append(task(name, description))
    if about := positive(name, description):
        parts.append(about)
    if description.is_ordered:
        parts.append(f"classes in the order {in_order(description)}")
    if description.period:
        parts.append(on_circle(description))
    return "; ".join(parts)


def csv_format(csv: CsvFormat) -> str:
    """How a CSV file was taken to be written."""
    grouped = f"thousands {csv.thousands!r}, " if csv.thousands else ""
    return f"delimiter {csv.delimiter!r}, decimal {csv.decimal!r}, {grouped}{csv.encoding}"


def inferred(inference: Inference) -> str:
    """What of a target decided the task."""
    match inference.values:
        case "values":
            return "two different values"
        case "target columns" | "yes/no columns":
            return f"{inference.count:,} {inference.values}"
        case "both kinds":
            return f"{inference.count:,} columns of numbers and of yes/no"
    return f"{inference.count:,} different {inference.values}"


def other_tasks(name: str, description: Description) -> str:
    """What to write for another task than the one inferred for a dataset."""
    return f"for another: task: {' or '.join(description.other_tasks)} under datasets.{name} in {paths.PARAMS}"


def task(name: str, description: Description) -> str:
    """Why the task of a dataset was taken to be what it is, and what to write for another."""
    some = [textwrap.shorten(name, SHOWN_CLASS, placeholder="…") for name in description.classes[:SHOWN_CLASSES]]
    more = ", …" * (len(description.classes) > SHOWN_CLASSES)
    classes = f" ({', '.join(some)}{more})" if some else ""
    targets, why = " and ".join(description.targets), inferred(description.inferred)
    classes += "".join(f"; {name} is 0 for {no}, 1 for {yes}" for name, (no, yes) in description.yes_no.items())
    line = f"{targets}: {why}{classes}, so the task is {description.task}"
    return f"{line} ({other_tasks(name, description)})" if description.other_tasks else line


def on_circle(description: Description) -> str:
    """That the values of the target begin anew, and how they are predicted."""
    begins, period = description.turn_begins, description.period
    turn = f"from {begins:g} to below {begins + period:g}"
    return f"{description.targets[0]} begins anew after {period:g}; predicted {turn}"


def in_order(description: Description) -> str:
    """The classes from the lowest to the highest."""
    shown = [textwrap.shorten(name, SHOWN_CLASS, placeholder="…") for name in description.classes]
    return " < ".join(shown if len(shown) <= 2 * SHOWN_CLASSES else [*shown[:SHOWN_CLASSES], "…", shown[-1]])


def positive(name: str, description: Description) -> str:
    """Which of two classes the scores are about and what to write for the other; empty where no reason was needed."""
    if description.positive is None:
        return ""
    other, chosen = (yaml_word(textwrap.shorten(name, SHOWN_CLASS, placeholder="…")) for name in description.classes)
    key = f"positive: {other} under datasets.{name} in {paths.PARAMS}"
    return f"scores are about {chosen} (class 1), {description.positive} (for the other: {key})"


def left_out(treatment: Treatment, *, cells: bool = True) -> str:
    """Why a column is no input of the network.

    Args:
        treatment: of the column.
        cells: whether what cells hold may be quoted.
    """
    if treatment.left_out == "always":
        if not cells:
            return "always the same text"
        return f"always {textwrap.shorten(repr(treatment.value), SHOWN, placeholder='…')}"
    return _LEFT_OUT[treatment.left_out]


def without_spread(name: str, flat: Mapping[str, list[str]]) -> Iterator[str]:
    """Lines on columns of a dataset that cannot be scaled as is asked, with what to write for another scale.

    Args:
        name: of the dataset.
        flat: the columns that cannot, by what they are under ``scale``: features or target.
    """
    for key, columns in flat.items():
        if columns:
            more = f" and {len(columns) - SHOWN_COLUMNS:,} more" if len(columns) > SHOWN_COLUMNS else ""
            yield (
                f"robust cannot scale {', '.join(columns[:SHOWN_COLUMNS])}{more}, only shift by the median: the middle "
                f"half of the values are one, so there is no interquartile range (for another: "
                f"scale: {{{key}: standard}} under datasets.{name} in {paths.PARAMS})"
            )


def row(description: Description) -> str:
    """What one row is called: row, image, sequence."""
    return _ROW[description.arrays.kind] if description.arrays else "row"


_ROW = {"arrays": "array", "images": "image", "sequences": "sequence", "vectors": "row"}


def rows_of(n_rows: int, description: Description) -> str:
    """How many rows there are, by what they are: ``1,797 images of 8 × 8 × 1``."""
    of_shape = f" of {shape_of(description.arrays)}" if description.arrays else ""
    return f"{counted(n_rows, row(description))}{of_shape}"


def shape_of(arrays: ArrayFacts | Input) -> str:
    """The shape of a row: of images and sequences the channels are named, of several inputs all are."""
    if isinstance(arrays, ArrayFacts) and arrays.inputs:
        inputs = [f"{one.name} ({_KIND_OF_INPUT[one.kind]}{shape_of(one)})" for one in arrays.inputs]
        return f"{len(inputs)} inputs, {', '.join(inputs)}"
    *axes, channels = arrays.shape
    sizes = " × ".join(f"{size:,}" for size in axes)
    match arrays.kind:
        case "images":
            return f"{sizes} pixels and {counted(channels, 'channel')}"
        case "sequences":
            return f"{counted(axes[0], 'step')} and {counted(channels, 'channel')}"
    if len(arrays.shape) == 1:
        return counted(channels, "number")
    return " × ".join(f"{size:,}" for size in arrays.shape) + " numbers"


_KIND_OF_INPUT = {"arrays": "arrays of ", "images": "images of ", "sequences": "sequences of ", "vectors": ""}


def ends_of(arrays: ArrayFacts) -> str:
    """The smallest number and the largest; of several inputs those of each."""
    if arrays.inputs:
        numbers = [f"of {one.name} from {one.low:.6g} to {one.high:.6g}" for one in arrays.inputs]
        return f"numbers {', '.join(numbers)}"
    return f"numbers from {arrays.low:.6g} to {arrays.high:.6g}"


def scaled_by_channel(arrays: ArrayFacts, method: str) -> str:
    """What is done to arrays before networks see them."""
    filled = "; the mean of the channel stands for what is missing" if arrays.missing else ""
    scaling = {
        "none": "are not scaled",
        "standard": "are scaled to mean 0 and deviation 1 by channel",
        "minmax": "are scaled to 0 to 1 by channel",
    }
    return f"{ends_of(arrays)} {scaling[method]}{filled}"


def became_inputs(treatments: list[Treatment]) -> str:
    """How many columns became how many inputs of the network."""
    n_inputs = sum(treatment.n_inputs for treatment in treatments)
    return f"{counted(len(treatments), 'column')} became {counted(n_inputs, 'input')}"


def became(n_rows: int, description: Description, treatments: list[Treatment], method: str) -> Iterator[str]:
    """Lines that tell what became of what is predicted from.

    Args:
        n_rows: rows that are kept.
        description: what they are.
        treatments: what was done to each column.
        method: how numbers are scaled.
    """
    if description.arrays:
        yield f"{rows_of(n_rows, description)}; {scaled_by_channel(description.arrays, method)}"
        return
    yield f"{n_rows:,} rows; {became_inputs(treatments)}"
    names = [f"{treatment.column} ({left_out(treatment)})" for treatment in treatments if treatment.left_out]
    if names:
        more = f" and {len(names) - SHOWN_COLUMNS:,} more" if len(names) > SHOWN_COLUMNS else ""
        yield f"left out: {', '.join(names[:SHOWN_COLUMNS])}{more}"


def division(plan: Plan, description: Description) -> str:
    """How the rows of a comparison are divided: as in the first split, where others differ."""
    n_test, n_train = (len(plan.rows(0, *parts)) for parts in ((Part.TEST,), (Part.TRAIN, Part.VALIDATION)))
    folds = f", in {plan.n_folds} folds" if plan.n_folds else ""
    if plan.method == "first" and not plan.fixed:
        folds = f", at the first of {plan.n_splits} origins"
    fewer = f"; {fewer_folds(plan, description)}" if plan.wanted_folds else ""
    return f"{n_train:,} {row(description)}s train, {n_test:,} test{folds}{fewer}"


def fewer_folds(plan: Plan, description: Description) -> str:
    """Why there are fewer folds than is usual."""
    row = "different row" if plan.clusters_are == "copies" else "row"
    why = f"the smallest class has {counted(plan.n_folds, row)}" if description.classes else f"there are no more {row}s"
    return f"{plan.n_folds} folds instead of {plan.wanted_folds}, since {why}"
