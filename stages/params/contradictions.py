"""Mistakes in the parameters that no single key shows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from stages.arrays.source import ArraySource
from stages.losses import catalogue
from stages.losses.catalogue import LOSSES, known_as
from stages.losses.loss import Task
from stages.params import loss_entry, source_mistakes
from stages.params.explain import Mistake
from stages.params.loss_entry import EntryError
from stages.params.schema import RECOMMENDED, Comparison, Dataset, Params, Split
from stages.params.source import Generator, Source, Table
from stages.records import networks
from stages.records.datasets import Description
from stages.scores import catalogue as scores
from stages.scores import costs
from stages.scores.score import HasPositions


def contradictions(params: Params) -> Iterator[Mistake]:
    """What contradicts itself in the parameters alone."""
    for name, dataset in params.datasets.items():
        yield from _split(f"datasets.{name}.split", dataset.split, dataset.source)
        yield from source_mistakes.find(f"datasets.{name}", dataset)
        yield from _dataset_of_task(f"datasets.{name}", dataset, dataset.known_task)
    for name, comparison in params.comparisons.items():
        key, dataset = f"comparisons.{name}", params.datasets.get(params.dataset_of(name))
        yield from _layers(key, comparison)
        if dataset is None:
            key = f"{key}.dataset" if comparison.dataset else key
            yield Mistake(key, "unknown_dataset", params.dataset_of(name), tuple(params.datasets))
            continue
        if comparison.split:
            yield from _split(f"{key}.split", comparison.split, dataset.source)
        if not isinstance(dataset.source, ArraySource):
            yield from unsuited_network(params, name, [(1,)])
        made = isinstance(dataset.source, Generator)
        sizes = {"n_classes": dataset.source.target_classes(), "n_targets": 1} if made else {}
        yield from _comparison_of_task(key, comparison, dataset.known_task, dataset.period)
        targets = dataset.source.target if isinstance(dataset.source, Table) else []
        for mistake in loss_entry.of_other_targets(comparison.losses, targets, params.dataset_of(name)):
            yield mistake.below(f"{key}.losses")
        yield from _headline(params, name, dataset.known_task, **sizes)
        if not dataset.order and dataset.known_task in (None, "multiclass"):
            yield from _without_order(params, name, key)
        yield from _cost_columns(f"{key}.cost", costs.columns_of(comparison.cost), dataset.source)
    compared = _compared(params)
    yield from _figures(compared)
    yield from _compare(params.compare, compared)
    yield from _selector(params, compared)
    yield from _baseline(params.report.baseline, compared)
    for section, by_name in (("headline", params.report.headline), ("margin", params.report.margin)):
        yield from _comparisons(f"report.{section}", by_name, compared)


def contradictions_with_data(params: Params, descriptions: Mapping[str, Description]) -> Iterator[Mistake]:
    """What does not fit what the datasets turned out to be."""
    for name, description in descriptions.items():
        dataset, task = params.datasets[name], description.task
        on_it = [comparison for comparison in params.comparisons if params.dataset_of(comparison) == name]
        if dataset.known_task is None:
            yield from _dataset_of_task(f"datasets.{name}", dataset, task)
            for comparison in on_it:
                yield from _comparison_of_task(f"comparisons.{comparison}", params.comparisons[comparison], task)
        for comparison in on_it:
            if description.arrays:
                yield from unsuited_network(params, comparison, description.arrays.shapes)
            sizes = {"n_classes": description.n_classes, "n_targets": description.n_targets}
            yield from _headline(params, comparison, task, has_positions=description.has_positions, **sizes)
            yield from _cost(f"comparisons.{comparison}.cost", params, comparison, description)
            yield from _class_weights(f"comparisons.{comparison}.losses", params.comparisons[comparison], description)
            yield from source_mistakes.of_positions(params, comparison, description)


def no_row_to_test(key: str, train: float, n_rows: int) -> Iterator[Mistake]:
    """What is wrong where all of a dataset's rows are to train, or more than there are.

    Args:
        key: path of the key ``split``.
        train: its ``train``: rows, or a share of them.
        n_rows: rows of the dataset.
    """
    if isinstance(train, int) and train >= n_rows:
        yield Mistake(f"{key}.train", "no_row_to_test", train, facts={"most": n_rows - 1, "n_rows": n_rows})


def _split(key: str, split: Split, source: Source) -> Iterator[Mistake]:
    generated = isinstance(source, Generator)
    method = split.method_for(generated=generated, has_classes=False)
    in_folds = method == "kfold" or (method == "group" and split.folds is not None)
    facts = {"method": f"{method} with folds" if method == "group" and in_folds else method}
    if split.folds is not None and not in_folds:
        yield Mistake(f"{key}.folds", "folds_without_method", split.folds, facts=facts)
    if split.origins is not None and method != "first":
        yield Mistake(f"{key}.origins", "origins_without_first", split.origins, facts=facts)
    if "train" in split.model_fields_set and in_folds:
        yield Mistake(f"{key}.train", "folds_and_train", split.train)
    if split.fixed and (in_folds or method == "first"):
        yield Mistake(f"{key}.fixed", "fixed_without_draw", split.fixed, facts=facts)
    if split.column is not None and method != "group":
        yield Mistake(f"{key}.column", "column_without_group", split.column, facts=facts)
    if split.column is None and method == "group":
        yield Mistake(f"{key}.column", "group_without_column")
    if method == "group" and isinstance(split.train, int):
        yield Mistake(f"{key}.train", "group_share", split.train)
    if generated and "copies" in split.model_fields_set:
        yield Mistake(f"{key}.copies", "copies_without_table", split.copies, facts={"generator": source.generator})
    if generated and method == "group":
        yield Mistake(f"{key}.method", "group_without_table", method, facts={"generator": source.generator})
    if generated:
        yield from no_row_to_test(key, split.train, source.n_samples)


def unsuited_network(params: Params, name: str, shapes: Sequence[Sequence[int]]) -> Iterator[Mistake]:
    """A network that does not take the rows of its dataset.

    Args:
        params: the parameters.
        name: of the comparison.
        shapes: of a row, of a table its number of columns alone; or of each of several inputs.
    """
    network, kinds = params.comparisons[name].network, networks.suited(*map(len, shapes))
    if network is None:
        return
    fewest, most = networks.AXES[network.kind]
    every = [f"{len(shape)} ({' × '.join(map(str, shape))})" if len(shape) > 1 else "one" for shape in shapes]
    facts = {
        "axes": f"{fewest} to {most}" if fewest < most else f"{most}",
        "dataset": params.dataset_of(name),
        "has": ", ".join(every) if every != ["one"] else "one, as of any table",
    }
    if network.kind not in kinds:
        yield Mistake(f"comparisons.{name}.network", "unsuited_network", network.kind, tuple(kinds), facts)
    elif networks.augmented(network) and networks.IMAGE_AXES not in map(len, shapes):
        yield Mistake(f"comparisons.{name}.network.augment", "augment_without_images", facts=facts)


def _layers(key: str, comparison: Comparison) -> Iterator[Mistake]:
    layers = {"hidden", "activation", "dropout", "batch_norm", "network"} & comparison.model_fields_set
    if comparison.model and layers:
        yield Mistake(f"{key}.model", "model_and_layers", comparison.model, facts={"layers": ", ".join(sorted(layers))})


def _dataset_of_task(key: str, dataset: Dataset, task: Task | None) -> Iterator[Mistake]:
    """What does not fit a dataset's task; None where only the data tell it."""
    if task in ("binary", "multiclass") and dataset.scale.target not in (None, "none"):
        yield Mistake(f"{key}.scale.target", "scaled_classes", dataset.scale.target)
    yield from _class_split(f"{key}.split", dataset.split, task)


def _comparison_of_task(
    key: str, comparison: Comparison, task: Task | None, period: float | None = None
) -> Iterator[Mistake]:
    """What does not fit the task of a comparison's dataset, None where only the data tell it, and its period."""
    if comparison.split:
        yield from _class_split(f"{key}.split", comparison.split, task)
    for mistake in loss_entry.find_mistakes(comparison.losses, task, period):
        yield mistake.below(f"{key}.losses")


def _without_order(params: Params, name: str, key: str) -> Iterator[Mistake]:
    """Losses and a score that are for classes in an order, where the dataset names none."""
    for index, entry in enumerate(params.comparisons[name].losses):
        try:
            loss = loss_entry.resolve(entry, None)
        except EntryError:
            continue
        if loss.needs_order:
            yield Mistake(f"{key}.losses[{index}]", "no_order", loss.name, facts={"name": params.dataset_of(name)})
    headline = params.report.headline.get(name)
    score = headline and scores.find(headline, "multiclass")
    if score and score.needs_order:
        yield Mistake(f"report.headline.{name}", "no_order", headline, facts={"name": params.dataset_of(name)})


def _cost_columns(key: str, columns: list[str], source: Source) -> Iterator[Mistake]:
    """Columns that are to say what decisions cost and cannot."""
    for column in columns:
        if not isinstance(source, Table):
            made_by = source.mark() if isinstance(source, ArraySource) else source.generator
            yield Mistake(key, "cost_without_table", column, facts={"generator": made_by})
        elif column in source.target:
            yield Mistake(key, "weight_is_target", column)


def _cost(key: str, params: Params, name: str, description: Description) -> Iterator[Mistake]:
    """Costs of values, of classes that there are not, and beside another score that is to decide."""
    if (cost := params.comparisons[name].cost) is None:
        return
    if name in params.report.headline:
        yield Mistake(key, "cost_and_headline", facts={"name": name})
    classes = tuple(description.classes)
    if not classes:
        yield Mistake(key, "cost_without_classes")
    elif isinstance(cost, str):
        pass  # an error of any kind costs what its row says
    elif set(cost) <= {costs.MISSED, costs.FALSE_ALARM}:
        if len(classes) > 2:
            facts = {"n_classes": len(classes), "first": classes[0], "second": classes[1]}
            yield Mistake(key, "cost_by_kind", facts=facts)
    else:
        named = dict.fromkeys([*cost, *(name for taken in cost.values() for name in taken)])
        yield from (Mistake(key, "class_unknown", name, classes) for name in named if name not in classes)


def _class_weights(key: str, comparison: Comparison, description: Description) -> Iterator[Mistake]:
    """Classes that are given a weight and are none, and weights of which none counts."""
    for index, entry in enumerate(comparison.losses):
        weights = entry.get("class_weight") if isinstance(entry, dict) else None
        if isinstance(weights, dict):
            loss, own_key = loss_entry.resolve(entry, description.task), f"{key}[{index}].class_weight"
            for name in loss.class_weight:
                if name not in description.classes:
                    yield Mistake(own_key, "class_unknown", name, tuple(description.classes))
            if not any(loss.class_weight.get(name, 1) for name in description.classes):
                yield Mistake(own_key, "weighed_nothing", weights)


def _class_split(key: str, split: Split, task: Task | None) -> Iterator[Mistake]:
    if task == "regression" and split.method == "stratified":
        names = ("first", "shuffle", "kfold", "group")
        yield Mistake(f"{key}.method", "class_split", split.method, names)


def _headline(
    params: Params, name: str, task: Task | None, *, has_positions: HasPositions = False, **sizes: int
) -> Iterator[Mistake]:
    headline, key = params.report.headline.get(name), f"report.headline.{name}"
    if headline is None:
        return
    score = scores.find(headline, task, **sizes)
    if score is None:
        names = tuple(scores.known_names(task, sizes.get("n_targets"), has_positions=has_positions))
        yield Mistake(key, "unknown_score", headline, names, {"task": task})
    elif score.needs_probability:
        for entry in params.comparisons[name].losses:
            try:
                loss = loss_entry.resolve(entry, task)
            except EntryError:
                continue
            if not loss.outputs_probability:
                yield Mistake(key, "needs_probability", headline, facts={"loss": loss.name})


def _compared(params: Params) -> dict[str, list[str]]:
    """The names of the losses of every comparison; an entry that cannot be had goes by what stands in the file."""
    names: dict[str, list[str]] = {}
    for name, comparison in params.comparisons.items():
        names[name] = []
        for entry in comparison.losses:
            try:
                names[name].append(loss_entry.resolve(entry, None).name)
            except EntryError:
                names[name].append(str(entry if isinstance(entry, str) else entry.get("as", entry.get("loss"))))
    return names


def _each_once(compared: Mapping[str, list[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in compared.values() for name in names))


def _figures(compared: Mapping[str, list[str]]) -> Iterator[Mistake]:
    """Names that would be one in the name of a figure, ``<comparison>-<loss>-curves.png``."""
    seen: dict[str, str] = {}
    for name, losses in compared.items():
        for index, loss in enumerate(losses):
            first = seen.setdefault(f"{name}-{loss}", name)
            if first != name:
                facts = {"figure": f"{name}-{loss}-curves.png", "other": first}
                yield Mistake(f"comparisons.{name}.losses[{index}]", "one_figure_twice", loss, facts=facts)


def _compare(selected: list[str], compared: Mapping[str, list[str]]) -> Iterator[Mistake]:
    if not selected:
        yield Mistake("compare", "nothing_selected", selected, tuple(compared))
    for name in selected if selected != ["all"] else []:
        if name == "all":
            yield Mistake("compare", "all_stands_alone", name)
        elif name not in compared:
            yield Mistake("compare", "unknown_comparison", name, tuple(compared))


def _selector(params: Params, compared: Mapping[str, list[str]]) -> Iterator[Mistake]:
    if params.loss == ["all"]:
        return
    every, tasks = _each_once(compared), {_task_of(comparison) for comparison in params.comparisons.values()}
    if not params.loss:
        yield Mistake("loss", "nothing_selected", params.loss, every)
    for name in params.loss:
        name_in_catalogue = known_as(name)
        if name == "all":
            yield Mistake("loss", "all_stands_alone", name)
        elif name_in_catalogue not in every and name_in_catalogue not in LOSSES:
            yield Mistake("loss", "unknown_selection", name, ("all", *every))
        elif name_in_catalogue not in every and LOSSES[name_in_catalogue].task not in tasks:
            yield Mistake("loss", "selected_nowhere", name, every, {"namesakes": catalogue.namesakes(name, tasks)})
        elif name_in_catalogue not in every and LOSSES[name_in_catalogue].needs_order and not _ordered(params):
            yield Mistake("loss", "no_order", name, facts={"name": next(iter(params.datasets))})
    selected = {
        name: losses for name, losses in compared.items() if params.compare == ["all"] or name in params.compare
    }
    named, selected_tasks = set(map(known_as, params.loss)), {_task_of(params.comparisons[name]) for name in selected}
    unlisted = {LOSSES[name].task for name in named - set(every) if name in LOSSES}
    if (
        selected
        and params.compare != ["all"]
        and not named & set(_each_once(selected))
        and not unlisted & selected_tasks
    ):
        facts = {"compare": ", ".join(params.compare)}
        yield Mistake("loss", "all_left_out", params.loss, _each_once(selected), facts)


def _ordered(params: Params) -> list[str]:
    """The comparisons that are made on classes in an order."""
    compared = [name for name in params.comparisons if params.compare == ["all"] or name in params.compare]
    of_each = {name: params.datasets.get(params.dataset_of(name)) for name in compared}
    return [name for name, dataset in of_each.items() if dataset and dataset.order]


def _task_of(comparison: Comparison) -> Task | None:
    """The task of a comparison, which is that of its losses."""
    for entry in comparison.losses:
        try:
            return loss_entry.resolve(entry, None).task
        except EntryError:
            continue
    return None


def _baseline(chosen: str | dict[str, str], compared: Mapping[str, list[str]]) -> Iterator[Mistake]:
    if isinstance(chosen, str):
        names = (RECOMMENDED, "first", *_each_once(compared))
        if known_as(chosen) not in names:
            yield Mistake("report.baseline", "not_compared", chosen, names)
        return
    yield from _comparisons("report.baseline", chosen, compared)
    for comparison, name in chosen.items():
        names = (RECOMMENDED, "first", *compared.get(comparison, []))
        if comparison in compared and known_as(name) not in names:
            yield Mistake(f"report.baseline.{comparison}", "not_compared_here", name, names)


def _comparisons(key: str, names: Iterable[str], compared: Mapping[str, list[str]]) -> Iterator[Mistake]:
    for name in names:
        if name not in compared:
            yield Mistake(f"{key}.{name}", "unknown_comparison", name, tuple(compared))
