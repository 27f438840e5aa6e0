"""What a chapter of the report says of its dataset, its network and its losses, in sentences."""

from typing import Any

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted
from stages.records.datasets import Description, Encoded
from stages.records.networks import Attention, Augment, Conv, Recurrent, Shaped, augmented
from stages.records.plans import Part, Plan
from stages.records.settings import OptimizerSettings, ScaleSettings, Settings, SplitSettings
from stages.reporting.formats import rate
from stages.reporting.markdown import Table
from stages.reporting.texts import cluster_text, looks_text, tuning_text
from stages.verdicts.comparison import Comparison
from stages.wording import budgets, datasets

_COPIES = {"together": "copies of a row stay together", "apart": "copies of a row are divided like other rows"}
TRANSFORMED = (
    "A loss with a framing of its own learns another target, as stands beside its name; what it predicts is put back, "
    "and all losses are scored on the same rows in the same units."
)


def rows_count(comparison: Comparison) -> str:
    """By what rows count."""
    weight = code(comparison.description.weight)
    return f"Each row counts by its {weight}, divided by the mean: in training, validation and every score."


def setup(comparison: Comparison) -> Table:
    """How rows are split and scaled, and the network and its training, a row each."""
    settings, description, plan = comparison.runs[0].settings, comparison.description, comparison.plan
    of_rows = [
        split(plan, description, settings.data.split),
        budgets.trained(settings.within, len(comparison.labels)) if settings.within else "",
        cluster_text.what_counts(comparison),
        looks_text.how_many(comparison),
        rows_count(comparison) if comparison.weights is not None else "",
    ]
    rows = [
        ("rows", " ".join(filter(None, of_rows))),
        ("scaling", scaling(plan, description, settings.data.scale)),
        ("network", network(settings, comparison.encoded.n_inputs)),
        ("training", training(settings)),
    ]
    if comparison.is_tuned:
        rows.append(("tuning", tuning_text.how_chosen(comparison)))
    if any(run.loss.target_transform for run in comparison.runs):
        rows.append(("targets", TRANSFORMED))
    return Table(("what", "how"), [(name, Markdown(sentences)) for name, sentences in rows])


def source(name: str, settings: dict[str, Any], n_rows: int, encoded: Encoded, *, cells: bool = True) -> Markdown:
    """Where the rows of a dataset come from, and what is predicted; what they hold is said where `cells` may be."""
    description = encoded.description
    if description.is_generated:
        columns = len(description.columns)
        return Markdown(f"{n_rows:,} rows made by scikit-learn's `{settings['generator']}`, {columns} features.")
    of_arrays = description.arrays is not None
    parts = [_arrays(settings, n_rows, description, cells=cells) if of_arrays else _table(description, n_rows)]
    if without := description.n_without_target(n_rows):
        parts.append(f"{without:,} without a target {'was' if without == 1 else 'were'} left out")
    if weightless := description.n_weightless:
        parts.append(f"{weightless:,} that {'weighs 0 was' if weightless == 1 else 'weigh 0 were'} left out")
    target = " and ".join(map(code, description.targets))
    if exposure := settings.get("exposure"):
        target += f" divided by {code(exposure)}, by which each row counts"
    target += f", a {description.task} task"
    target += f" whose values begin anew after {description.period:g}" if description.period else ""
    if description.inferred:
        target += f" because of its {datasets.inferred(description.inferred)}"
        target += f" ({text(datasets.other_tasks(name, description))})" if description.other_tasks else ""
    if description.task == "binary":
        negative, positive = map(code, description.classes)
        target += f"; class 0 is {negative}, class 1, which scores are about, {positive}"
        target += f" ({description.positive})" if description.positive else ""
    became = f" {datasets.became_inputs(encoded.treatments)}." if description.arrays is None else ""
    return Markdown(f"{'; '.join(parts)}. Target: {target}.{became}")


def _table(description: Description, n_rows: int) -> str:
    first, *others = map(code, description.files)
    files = f"{first} and {len(others)} more files" if len(others) > 1 else " and ".join([first, *others])
    written = f" ({text(datasets.csv_format(description.csv))})" if description.csv else ""
    return f"{n_rows:,} rows of {files}{written}"


def _arrays(settings: dict[str, Any], n_rows: int, description: Description, *, cells: bool) -> str:
    rows, arrays = datasets.rows_of(n_rows, description), description.arrays
    where = f"in {code(description.files[0])}" if description.files else f"made by {code(settings['generator'])}"
    return f"{rows} {where}" + (f", with {datasets.ends_of(arrays)}" if cells else "")


def split(plan: Plan, description: Description, settings: SplitSettings) -> str:
    """Which rows train and which test; numbers of rows are those of the first seed.

    Args:
        plan: of the comparison.
        description: what its dataset is.
        settings: how the rows were divided.
    """
    n_test, n_train = (len(plan.rows(0, *parts)) for parts in ((Part.TEST,), (Part.TRAIN, Part.VALIDATION)))
    kept = f"rows with the same {code(settings.column)} stay together" if plan.method == "group" else ""
    has_class = bool(description.classes) and not description.target_shape
    alike = "each class alike" if has_class and plan.method in ("stratified", "kfold") else ""
    copies = "" if description.copies is None else _COPIES[settings.copies]
    sentence = ", ".join(filter(None, [kept, alike, copies]))
    remark = f" ({sentence})" if sentence else ""
    if plan.n_folds:
        return _folds(plan, description, remark)
    if plan.method == "first":
        copied = " rows, counting all copies of them," if copies and settings.copies == "together" else ""
        if settings.origins:
            most = len(plan.split_rows(plan.n_splits - 1, Part.TRAIN, Part.VALIDATION))
            return (
                f"Seeds take turns on {settings.origins} origins in time: all that lies before one trains, from "
                f"{n_train:,} to {most:,} rows, and the next {n_test:,} test."
            )
        return f"The first {n_train:,}{copied} train, the other {n_test:,} test."
    drawn = f"{n_train:,} {datasets.row(description)}s drawn at random train{remark}, the other {n_test:,} test"
    return f"{drawn}, the same for every seed." if plan.fixed else f"For each seed {drawn}."


def _folds(plan: Plan, description: Description, remark: str) -> str:
    fewer = f" ({datasets.fewer_folds(plan, description)})" if plan.wanted_folds else ""
    text = f"Divided into {plan.n_folds} folds{remark}{fewer}: each seed tests on one of them and trains on the others"
    if plan.n_seeds > plan.n_folds:
        return f"{text}; after {plan.n_folds} seeds the {datasets.row(description)}s are divided anew."
    unused = plan.n_folds - plan.n_seeds
    return f"{text}; {counted(unused, 'fold')} without a seed." if unused else f"{text}."


def scaling(plan: Plan, description: Description, settings: ScaleSettings) -> str:
    """How features and target are scaled."""
    target = "none" if description.classes else settings.target or "standard"
    fitted = "all rows" if settings.fit_on == "all" else "the train rows"
    fitted += " of each seed" if plan.n_splits > 1 and settings.fit_on != "all" else ""
    on = "" if (settings.features, target) == ("none", "none") else f", fitted on {fitted}"
    of_target = "" if description.classes else f"; target: scaling {target}"
    by = " by channel" if description.arrays and settings.features != "none" else ""
    return f"Features: scaling {settings.features}{by}{of_target}{on}."


def network(settings: Settings, inputs: int) -> str:
    """The network and its number of inputs."""
    if settings.model:
        return f"{code(settings.model)} in `stages/custom`, {counted(inputs, 'input')}."
    more = [
        part
        for part, is_used in (
            ("normalised over the batch", settings.batch_norm),
            (f"dropout {settings.dropout:g}", settings.dropout),
        )
        if is_used
    ]
    extra = f" ({', '.join(more)})" if more else ""
    augment = augmented(settings.network)
    before = f" → {_augmented(augment)}" if augment else ""
    before += "" if settings.network is None else f" → {_before(settings.network)}"
    hidden = before + "".join(f" → {units} {settings.hidden_activation}{extra}" for units in settings.hidden)
    return f"{counted(inputs, 'input')}{hidden} → output."


def _augmented(augment: Augment) -> str:
    """What is done to images at random."""
    kinds = [f"{name} {value}" for name, value in augment.model_dump(exclude_none=True).items()]
    return f"changed at random while training ({', '.join(kinds).replace('_', ' ')})"


def _before(shaped: Shaped) -> str:
    """The layers before the dense ones."""
    match shaped:
        case Conv():
            filters, kernel, pool = ", ".join(map(str, shaped.filters or ())), shaped.kernel, shaped.pool
            return f"convolutions of {filters} filters (kernel {kernel}, pooling {pool})"
        case Recurrent():
            return f"{shaped.cell.upper()} of {', '.join(map(str, shaped.units))} units"
        case Attention():
            blocks, heads = counted(shaped.blocks, "block"), counted(shaped.heads, "head")
            return f"{blocks} of attention ({heads}, width {shaped.width})"
        case _:
            return "dense layers"


def training(settings: Settings) -> str:
    """The optimizer with all its settings, and for how long."""
    batches, optimizer = f"batches of {settings.batch_size}", _optimizer(settings.optimizer)
    if settings.is_tuned:
        return (
            f"{optimizer}, {batches}; each loss with the learning rate, the schedule and the number of "
            f"epochs that are best for it."
        )
    falls = " falling to 0" if settings.optimizer.schedule == "cosine" else ""
    rated = f"learning rate {rate(settings.optimizer.learning_rate)}{falls}"
    return f"{optimizer}, {rated}, {counted(settings.epochs, 'epoch')} of {batches}."


def _optimizer(optimizer: OptimizerSettings) -> str:
    """Its name and every argument that is not off, as ``momentum 0.9``."""
    shown = [
        key.replace("_", " ") if value is True else f"{key.replace('_', ' ')} {value:g}"
        for key, value in optimizer.arguments.items()
        if value
    ]
    return f"{optimizer.name} ({', '.join(shown)})" if shown else optimizer.name
