"""Mistakes in where a dataset's rows come from that no single key shows."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from stages.arrays.source import ArraySource
from stages.basics import paths
from stages.losses import catalogue
from stages.params.explain import Mistake
from stages.params.schema import Dataset, Params
from stages.params.source import Generator, MakeBlobs, Table
from stages.records import networks
from stages.records.datasets import Description
from stages.scores import catalogue as scores
from stages.scores import choosing


def find(key: str, dataset: Dataset) -> Iterator[Mistake]:
    """What contradicts itself in a dataset's source, or does not go with it.

    Args:
        key: path of the dataset's key.
        dataset: its parameters.
    """
    source = dataset.source
    if dataset.order:
        yield from _order(f"{key}.order", dataset)
    if dataset.period:
        yield from _period(f"{key}.period", dataset)
    if isinstance(source, Table):
        yield from _table(f"{key}.source", source)
        return
    if isinstance(source, ArraySource):
        yield from _arrays(key, dataset, source)
        return
    for given, value in (("positive", dataset.positive), ("order", dataset.order)):
        if value is not None:
            yield Mistake(f"{key}.{given}", "names_without_table", facts={"generator": source.generator})
    n_classes, task = source.target_classes(), catalogue.task_of(source.target_classes())
    if dataset.task not in (None, task):
        target = f"{n_classes} classes" if n_classes else "values"
        facts = {"generator": source.generator, "target": target, "own_task": task}
        yield Mistake(f"{key}.task", "wrong_source_task", dataset.task, facts=facts)
    if isinstance(source, MakeBlobs) and source.center_box[0] > source.center_box[1]:
        low, high = source.center_box
        yield Mistake(f"{key}.source.center_box", "upside_down", [low, high], facts={"low": low, "high": high})


def of_positions(params: Params, name: str, description: Description) -> Iterator[Mistake]:
    """What of a comparison does not go with a target at each position of a row, or needs one.

    Args:
        params: the parameters.
        name: of the comparison.
        description: what its dataset is.
    """
    comparison, headline = params.comparisons[name], params.report.headline.get(name)
    score = scores.find(headline, description.task) if headline else None
    if score and not score.goes_with(has_positions=description.has_positions):
        of_masks, of_labels = score.of_positions == "alone", score.of_labels == "alone"
        kind = "needs_positions" if of_masks else "needs_labels" if of_labels else "one_class_a_row"
        yield Mistake(f"report.headline.{name}", kind, headline)
    own = choosing.of_period(description.period) if description.period else headline
    if headline and choosing.is_on_circle(headline) and headline != own:
        yield Mistake(f"report.headline.{name}", "period_of_score", headline, facts={"own": own})
    if description.has_positions is True and networks.augmented(comparison.network):
        yield Mistake(f"comparisons.{name}.network.augment", "augment_of_positions")
    if not description.target_shape:
        return
    if comparison.cost:
        yield Mistake(f"comparisons.{name}.cost", "one_class_a_row", "cost")
    if comparison.references:
        yield Mistake(f"comparisons.{name}.references", "references_of_positions")
    for index, entry in enumerate(comparison.losses):
        if isinstance(entry, dict) and entry.get("class_weight"):
            yield Mistake(f"comparisons.{name}.losses[{index}].class_weight", "one_class_a_row", "class_weight")
    if params.setup(name).split.method == "stratified":
        yield Mistake(params.split_key(name), "one_class_a_row", "stratified")


def _order(key: str, dataset: Dataset) -> Iterator[Mistake]:
    for name in dict.fromkeys(dataset.order):
        if dataset.order.count(name) > 1:
            yield Mistake(key, "class_twice", name)
    if dataset.task not in (None, "multiclass"):
        yield Mistake(key, "order_of_task", facts={"task": dataset.task})


def _period(key: str, dataset: Dataset) -> Iterator[Mistake]:
    """What does not go with a target that begins anew."""
    source = dataset.source
    if isinstance(source, Generator):
        yield Mistake(key, "period_without_table", facts={"generator": source.generator})
        return
    if dataset.order or dataset.task not in (None, "regression"):
        yield Mistake(key, "period_of_classes")
    targets = source.target if isinstance(source, Table) else getattr(source, "targets", [])
    if len(targets) > 1:
        yield Mistake(key, "period_of_several", facts={"n_targets": len(targets)})
    if isinstance(source, Table) and source.exposure:
        yield Mistake(key, "period_and_exposure")


def _arrays(key: str, dataset: Dataset, source: ArraySource) -> Iterator[Mistake]:
    if source.place is not None:
        yield from _outside(f"{key}.source.{source.OF_FILES}", source.place)
    for name in set(source.feature_names) & set(source.targets):
        yield Mistake(f"{key}.source.features", "feature_is_target", name)
    if dataset.scale.features == "robust":
        yield Mistake(f"{key}.scale.features", "scale_of_channels", dataset.scale.features)


def _outside(key: str, place: str) -> Iterator[Mistake]:
    """That a file is not where DVC sees it change."""
    path = PurePosixPath(place)
    if not path.is_relative_to(paths.EXTERNAL) or ".." in path.parts or path == paths.EXTERNAL:
        yield Mistake(key, "file_outside", place, facts={"folder": paths.EXTERNAL})


def _table(key: str, source: Table) -> Iterator[Mistake]:
    yield from _outside(f"{key}.file", source.file)
    for column in dict.fromkeys(source.target):
        if column in source.drop:
            yield Mistake(f"{key}.drop", "target_dropped", column)
        if source.target.count(column) > 1:
            yield Mistake(f"{key}.target", "target_twice", column)
        for name in ("weight", "exposure"):
            if column == getattr(source, name):
                yield Mistake(f"{key}.{name}", "weight_is_target", column)
    if source.exposure and source.weight:
        yield Mistake(f"{key}.weight", "weight_and_exposure", source.weight)
