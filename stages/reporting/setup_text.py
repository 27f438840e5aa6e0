"""What a chapter of the report says of its dataset, its network and its losses, in sentences."""

from stages.basics.words import counted
from stages.losses import catalogue
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss
from stages.records import wording
from stages.reporting.formats import code, number
from stages.verdicts.comparison import Comparison


def setup(comparison: Comparison) -> str:
    """The dataset, its split and scaling, and the network, in one paragraph."""
    return " ".join(say(comparison) for say in (source, split, scaling, network))


def source(comparison: Comparison) -> str:
    """Where the rows come from, and what is predicted."""
    description = comparison.description
    if not description.files:
        generator, columns = comparison.runs[0].settings.data.source["generator"], len(description.columns)
        return f"{comparison.n_rows:,} rows made by scikit-learn's `{generator}`, {columns} features."
    first, *others = map(code, description.files)
    files = f"{first} and {len(others)} more files" if len(others) > 1 else " and ".join([first, *others])
    written = f" ({wording.csv_format(description.csv)})" if description.csv else ""
    parts = [f"{comparison.n_rows:,} rows of {files}{written}"]
    if without := description.n_read - comparison.n_rows:
        parts.append(f"{without:,} without a target {'was' if without == 1 else 'were'} left out")
    target = f"{' and '.join(map(code, description.targets))}, a {comparison.task} task"
    if description.inferred:
        target += f" because of its {wording.inferred(description.inferred)}"
        target += f" ({wording.other_tasks(comparison.name, description)})" if description.other_tasks else ""
    if comparison.task == "binary":
        target += f"; class 0 is {code(description.classes[0])}, class 1 {code(description.classes[1])}"
    return f"{'; '.join(parts)}. Target: {target}. {wording.became_inputs(comparison.scaled.folds[0].treatments)}."


def split(comparison: Comparison) -> str:
    """Which rows train and which test."""
    folds, method = comparison.scaled.folds, comparison.scaled.method
    n_train, n_test = folds[0].n_train, folds[0].n_test
    settings = comparison.runs[0].settings.data.split
    kept = f"rows with the same {code(settings.column)} stay together" if method == "group" else ""
    alike = "each class alike" if comparison.description.classes and method in ("stratified", "kfold") else ""
    how = "; ".join(part for part in (kept, alike) if part)
    if len(folds) > 1:
        seeds = len(comparison.seeds)
        used = f"{counted(seeds, 'seed')} take turns on them" + (
            f", so {len(folds) - seeds} are not used" if seeds < len(folds) else ""
        )
        return (
            f"Split into {len(folds)} folds{f' ({how})' if how else ''}: each tests once while the others train; "
            f"{used}."
        )
    if method == "first":
        return f"The first {n_train:,} train, the other {n_test:,} test."
    return f"{n_train:,} rows drawn at random train{f' ({how})' if how else ''}, the other {n_test:,} test."


def scaling(comparison: Comparison) -> str:
    """How features and target are scaled."""
    settings = comparison.runs[0].settings.data.scale
    target = "none" if comparison.description.classes else settings.target or "standard"
    fitted = "all rows" if settings.fit_on == "all" else "the train rows"
    fitted += " of each fold" if len(comparison.scaled.folds) > 1 and settings.fit_on != "all" else ""
    on = "" if (settings.features, target) == ("none", "none") else f", fitted on {fitted}"
    of_target = "" if comparison.description.classes else f"; target: scaling {target}"
    return f"Features: scaling {settings.features}{of_target}{on}."


def network(comparison: Comparison) -> str:
    """The network, and how it is trained."""
    settings, inputs = comparison.runs[0].settings, comparison.scaled.folds[0].n_inputs
    optimizer = settings.optimizer
    if settings.model:
        layers = f"{code(settings.model)} in `stages/custom`, {inputs:,} inputs"
    else:
        more = [
            part
            for part, is_used in (
                ("normalised over the batch", settings.batch_norm),
                (f"dropout {settings.dropout:g}", settings.dropout),
            )
            if is_used
        ]
        extra = f" ({', '.join(more)})" if more else ""
        hidden = "".join(f" → {units} {settings.hidden_activation}{extra}" for units in settings.hidden)
        layers = f"{inputs:,} inputs{hidden} → output"
    return (
        f"Network: {layers}; {counted(settings.epochs, 'epoch')} of batches of {settings.batch_size}, "
        f"{optimizer.name} with learning rate {number(optimizer.learning_rate)}."
    )


def loss_in_full(loss: Loss) -> str:
    """What a loss is, where its name alone does not say it: its function and the parameters that are not usual."""
    usual = LOSSES.get(catalogue.canonical_name(loss.function) or "")
    if usual is None:
        return loss.function
    unusual = [
        f"{key} {catalogue.shown(value)}" for key, value in loss.parameters.items() if value != usual.parameters[key]
    ]
    named = usual.name if loss.name != usual.name else ""
    return " ".join(part for part in (named, ", ".join(unusual)) if part)
