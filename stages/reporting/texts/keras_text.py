"""The lines of Keras to type: the optimizer and the loss that were trained with."""

from stages.basics.markup import Markdown, code, text
from stages.losses import catalogue
from stages.losses.catalogue import LOSSES
from stages.losses.formulas import FORMULAS
from stages.losses.loss import Loss
from stages.records.runs import Run
from stages.reporting.formats import rate

# losses of the catalogue that Keras has no string for, though a class
_NO_STRING = frozenset({"categorical_generalized_cross_entropy"})
_NOT_IN_KERAS = frozenset(FORMULAS)
_TARGETS = {
    "plus_minus_one": "targets −1 and 1",
    "one_hot": "one-hot targets",
    "class_index": "class numbers",
    "rank": "targets 0, 1, 2, … in the order of the classes",
    "levels": "a target for each class but the last, 1 where a row is above it,",
}


def compiled(run: Run) -> Markdown:
    """The call of `compile` that trains as a run was trained, and for how long."""
    line = f"model.compile({_optimizer(run)}, {_loss(run.loss, run.outputs.ndim - 3)})"
    epochs = f"{run.n_epochs:,} epochs of batches of {run.settings.batch_size}"
    return Markdown(", ".join([_as_code(line), epochs, *_beside(run.loss)]))


def _as_code(line: str) -> str:
    return f"`{line}`"


def _optimizer(run: Run) -> str:
    optimizer = run.settings.optimizer
    falls = run.schedule == "cosine"
    first = f"CosineDecay({rate(run.learning_rate)}, steps)" if falls else rate(run.learning_rate)
    more = [f"{name}={_value(value)}" for name, value in optimizer.arguments.items() if value]
    return f"{optimizer.name}({', '.join([first, *more])})"


def _loss(loss: Loss, n_axes: int = 0) -> str:
    """The loss, of rows with so many axes along which each position has a target."""
    if loss.heads:
        of_each = zip(loss.heads, catalogue.parts_of(loss), loss.parameters.values(), strict=True)
        losses, weights = {}, {}
        for target, (_, part), weight in of_each:
            losses[target], weights[target] = _loss(part), weight
        by_target = ", ".join(f'"{target}": {part}' for target, part in losses.items())
        weighed = ", ".join(f'"{target}": {weight:g}' for target, weight in weights.items())
        return f"{{{by_target}}}, loss_weights={{{weighed}}}"
    if loss.parts:
        terms = [(weight, _loss(part, n_axes)) for weight, part in catalogue.parts_of(loss)]
        calls = [f"{'' if weight == 1 else f'{weight:g} * '}{_call(term)}(y, p)" for weight, term in terms]
        return f"lambda y, p: {' + '.join(calls)}"
    if loss.is_custom:
        return loss.function.partition(":")[2]
    usual = LOSSES[catalogue.canonical_name(loss.function)]
    unusual = [f"{name}={_value(value)}" for name, value in loss.parameters.items() if value != usual.parameters[name]]
    if n_axes and not loss.per_row:  # one value for each row
        unusual.append(f"axis={tuple(range(1, n_axes + 2))}")
    if unusual or usual.name in _NO_STRING or loss.function in _NOT_IN_KERAS:
        return f"{loss.function}({', '.join(unusual)})"
    return f'"{usual.name}"'


def _call(loss: str) -> str:
    """What is called with targets and outputs, of a loss as `compile` takes it."""
    return f"keras.losses.get({loss})" if loss.startswith('"') else loss


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _beside(loss: Loss) -> list[str]:
    """What a network needs besides, where it is not what the task says by itself."""
    parts, row = [], catalogue.row_of(loss)
    if loss.function in _NOT_IN_KERAS:
        parts.append(f"where {code(loss.function)} is by its formula in `stages/losses/formulas.py`, as Keras lacks it")
    is_of_values = row is not None and row.name != catalogue.canonical_name(loss.function)  # by its name in Keras
    if (loss.task == "binary" and loss.targets == "plus_minus_one") or (loss.task == "multiclass" and is_of_values):
        parts.append(f"with {_TARGETS[loss.targets]} and a last layer of {code(loss.activation)}")
    elif loss.task == "multiclass":
        parts.append(f"with {_TARGETS[loss.targets]}")
    elif is_of_values or loss.activation not in ("linear", "sigmoid"):
        parts.append(f"with a last layer of {code(loss.activation)}")
    if loss.targets == "levels":
        parts.append("of units that share their weights and differ in their biases")
    if loss.heads:
        heads = ", ".join(f"{name} ({activation})" for name, activation in loss.heads.items())
        parts.append(f"with an output for each target: {text(heads)}; numbers scaled to mean 0 and deviation 1")
    elif loss.target_transform == "none":
        parts.append("on the target as it is")
    elif loss.target_transform:
        parts.append(f"on the target scaled by {code(loss.target_transform)}")
    if loss.label_weights:
        weights = ", ".join(f"{weight:g}" for weight in loss.label_weights)
        parts.append(f"with the loss of each label times its weight: {weights}")
    if loss.class_weight:
        parts.append("with `class_weight` in `fit`")
    return parts
