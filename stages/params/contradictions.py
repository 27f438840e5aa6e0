"""Mistakes in the parameters that no single key shows: a line for each, which begins with the key's path."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from stages.basics import paths
from stages.basics import suggest as mistakes
from stages.losses import catalogue
from stages.losses.catalogue import Task
from stages.params import loss_entry as entries
from stages.params.loss_entry import EntryError
from stages.params.schema import Comparison, Dataset, Params, Split
from stages.params.source import MakeBlobs, Table
from stages.records.datasets import Description
from stages.scores import names as scores


def contradictions(params: Params) -> Iterator[str]:
    """What contradicts itself in the parameters alone."""
    for name, dataset in params.datasets.items():
        yield from _dataset(f"datasets.{name}", dataset)
        if name not in params.comparisons:
            yield from _task(params, name, dataset.known_task)
    for name, comparison in params.comparisons.items():
        yield from _network(f"comparisons.{name}", comparison)
        if name not in params.datasets:
            yield f"comparisons.{name}: " + mistakes.not_one_of(name, params.datasets, "a dataset", "Datasets")
        else:
            yield from _task(params, name, params.datasets[name].known_task)
    yield from _figures(params)
    yield from _selector(params)
    yield from _report(params)


def contradictions_with_data(params: Params, found: Mapping[str, Description]) -> Iterator[str]:
    """What does not fit what was found out of the datasets."""
    for name, description in found.items():
        if params.datasets[name].known_task is None:
            yield from _task(params, name, description.task)
        if name in params.comparisons:
            sizes = {"n_classes": description.n_classes, "n_targets": description.n_targets}
            yield from _headline(params, name, description.task, **sizes)


def _dataset(key: str, dataset: Dataset) -> Iterator[str]:
    source, split = dataset.source, dataset.split
    yield from _split(f"{key}.split", split)
    if isinstance(source, Table):
        path = PurePosixPath(source.file)
        if not path.is_relative_to(paths.EXTERNAL) or ".." in path.parts or path == paths.EXTERNAL:
            yield (
                f"{key}.source.file: '{source.file}' is not in {paths.EXTERNAL}, where DVC sees it change; "
                "copy it there, or let this do it: make try FILE=… TARGET=…"
            )
        for column in dict.fromkeys(source.target):
            if column in source.drop:
                yield f"{key}.source.drop: '{column}' is the target; allowed: other columns"
            if source.target.count(column) > 1:
                yield f"{key}.source.target: '{column}' stands twice"
        return
    if split.method == "group":
        yield f"{key}.split.method: 'group' needs a table's column that names the groups; {source.generator} has none"
    n_classes = source.n_classes()
    task: Task = "regression" if not n_classes else "binary" if n_classes == 2 else "multiclass"
    if dataset.task not in (None, task):
        target = f"{n_classes} classes" if n_classes else "values"
        yield f"{key}.task: '{dataset.task}' does not fit {source.generator}, which gives {target}; allowed: {task}"
    if isinstance(split.train, int) and split.train >= source.n_samples:
        yield (
            f"{key}.split.train: {split.train} leaves no row to test; "
            f"allowed: 1 to {source.n_samples - 1} (there are {source.n_samples} rows)"
        )
    if isinstance(source, MakeBlobs) and source.center_box[0] > source.center_box[1]:
        yield f"{key}.source.center_box: {list(source.center_box)} is upside down; allowed: [low, high]"


def _split(key: str, split: Split) -> Iterator[str]:
    method, given = split.method, split.model_fields_set
    in_folds = method == "kfold" or (method == "group" and split.folds is not None)
    if split.folds is not None and method not in ("kfold", "group"):
        yield f"{key}.folds: goes with method: kfold or group; the method is {method or 'not given'}"
    if "train" in given and in_folds:
        yield f"{key}.train: folds say how many rows train; leave one of the two out"
    if split.column is not None and method != "group":
        yield f"{key}.column: goes with method: group; the method is {method or 'not given'}"
    if split.column is None and method == "group":
        yield f"{key}.column: is missing; method: group needs the column that names the groups"
    if method == "group" and isinstance(split.train, int):
        yield f"{key}.train: {split.train} given; allowed with method: group: a share of the groups (above 0, below 1)"


def _network(key: str, comparison: Comparison) -> Iterator[str]:
    layers = {"hidden", "activation", "dropout", "batch_norm"} & comparison.model_fields_set
    if comparison.model and layers:
        yield f"{key}.model: builds the whole network; leave out {', '.join(sorted(layers))}"


def _task(params: Params, name: str, task: Task | None) -> Iterator[str]:
    """What does not fit the task of a dataset; None where only the data tell it."""
    dataset, comparison = params.datasets[name], params.comparisons.get(name)
    if task in ("binary", "multiclass") and dataset.scale.target not in (None, "none"):
        yield (
            f"datasets.{name}.scale.target: '{dataset.scale.target}' scales values, and the target is classes; "
            "allowed: none"
        )
    if task == "regression" and dataset.split.method == "stratified":
        yield (
            f"datasets.{name}.split.method: 'stratified' needs classes, and the target is values; "
            "allowed: first, shuffle, kfold, group"
        )
    if comparison:
        yield from (f"comparisons.{name}.losses{line}" for line in entries.find_mistakes(comparison.losses, task))
        source = dataset.source
        sizes = {} if isinstance(source, Table) else {"n_classes": source.n_classes(), "n_targets": 1}
        yield from _headline(params, name, task, **sizes)


def _headline(
    params: Params, name: str, task: Task | None, *, n_classes: int | None = None, n_targets: int | None = None
) -> Iterator[str]:
    headline, key = params.report.headline.get(name), f"report.headline.{name}"
    if headline is None:
        return
    score = scores.find(headline, task, n_classes=n_classes, n_targets=n_targets)
    if score is None:
        heading = f"Scores of a {task} task" if task else "Scores"
        yield f"{key}: " + mistakes.not_one_of(headline, scores.names_for(task, n_targets), "a score", heading)
    elif score.needs_probability:
        for entry in params.comparisons[name].losses:
            try:
                loss = entries.resolve(entry, task)
            except EntryError:
                continue
            if not loss.outputs_probability:
                yield f"{key}: '{headline}' needs outputs that are probabilities, and those of '{loss.name}' are not"


def _compared(params: Params) -> dict[str, list[str]]:
    """The names of the losses of every comparison; an entry that cannot be had goes by what was given."""
    found: dict[str, list[str]] = {}
    for name, comparison in params.comparisons.items():
        found[name] = []
        for entry in comparison.losses:
            try:
                found[name].append(entries.resolve(entry, None).name)
            except EntryError:
                found[name].append(str(entry if isinstance(entry, str) else entry.get("loss")))
    return found


def _figures(params: Params) -> Iterator[str]:
    """Names that would be one in the name of a figure, ``<dataset>-<loss>-curves.png``."""
    seen: dict[str, str] = {}
    for name, losses in _compared(params).items():
        for index, loss in enumerate(losses):
            first = seen.setdefault(f"{name}-{loss}", name)
            if first != name:
                yield (
                    f"comparisons.{name}.losses[{index}]: '{loss}' makes the figure {name}-{loss}-curves.png, and so "
                    f"does a loss of {first}; give it another name with as:"
                )


def _selector(params: Params) -> Iterator[str]:
    if params.loss == ["all"]:
        return
    compared = list(dict.fromkeys(name for names in _compared(params).values() for name in names))
    if not params.loss:
        yield f"loss: is empty; allowed: all, or any of {', '.join(compared)}"
    for given in params.loss:
        name = catalogue.canonical_name(given) or given
        if name == "all":
            yield "loss: 'all' stands alone, without other names"
        elif name not in compared and catalogue.canonical_name(name) is None:
            yield "loss: " + mistakes.not_one_of(given, ["all", *compared], "a loss", "Allowed")
        elif name not in compared:
            yield f"loss: '{given}' is in no comparison; allowed: all, or any of {', '.join(compared)}"


def _report(params: Params) -> Iterator[str]:
    compared = _compared(params)
    chosen = params.report.baseline
    if isinstance(chosen, str):
        allowed = list(dict.fromkeys(name for names in compared.values() for name in names))
        if chosen != "first" and (catalogue.canonical_name(chosen) or chosen) not in allowed:
            yield "report.baseline: " + mistakes.not_one_of(chosen, ["first", *allowed], "a loss compared", "Allowed")
    else:
        for dataset, name in chosen.items():
            key = f"report.baseline.{dataset}: "
            if dataset not in compared:
                yield key + mistakes.not_one_of(dataset, compared, "a comparison", "Comparisons")
            elif name != "first" and (catalogue.canonical_name(name) or name) not in compared[dataset]:
                yield key + mistakes.not_one_of(name, ["first", *compared[dataset]], "a loss compared here", "Allowed")
    for section, by_dataset in (("headline", params.report.headline), ("margin", params.report.margin)):
        for dataset in by_dataset:
            if dataset not in compared:
                yield f"report.{section}.{dataset}: " + mistakes.not_one_of(
                    dataset, compared, "a comparison", "Comparisons"
                )
