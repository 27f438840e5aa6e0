"""How much a network calculates and holds for a row, which decides how many train at once."""

import math
from dataclasses import dataclass

from stages.training.backend import keras


@dataclass(frozen=True)
class Sizes:
    """What one network comes to.

    Attributes:
        weights: numbers in its variables.
        products: multiplications for a row, forward.
        numbers: that its layers give for a row.
    """

    weights: int
    products: int
    numbers: int


def of_model(model: keras.Model) -> Sizes:
    """Count what a model comes to.

    Args:
        model: one with an input and layers of known shape; what is not known of a layer counts as 1.
    """
    products, numbers = 0, 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            inside = of_model(layer)
            products, numbers = products + inside.products, numbers + inside.numbers
            continue
        shape = _shape(layer, "output")
        kernels = sum(math.prod(variable.shape) for variable in layer.trainable_variables if len(variable.shape) > 1)
        # a recurrent layer goes through all its steps, whatever it gives
        steps = _shape(layer, "input")[:1] if isinstance(layer, keras.layers.RNN) else shape[:-1]
        products += kernels * math.prod(steps)
        numbers += math.prod(shape)
        if isinstance(layer, keras.layers.RNN):
            numbers += math.prod(steps) * layer.cell.units * _GATES
        if isinstance(layer, keras.layers.MultiHeadAttention):
            pairs = math.prod(shape[:-1]) ** 2
            products, numbers = products + 2 * pairs * shape[-1], numbers + 2 * pairs * layer.num_heads
    return Sizes(sum(math.prod(variable.shape) for variable in model.variables), max(1, products), numbers)


_GATES = 8  # numbers for each unit and step that a recurrent layer keeps for its gradient


def _shape(layer: keras.layers.Layer, what: str) -> tuple[int, ...]:
    """The shape of a layer's input or output for a row, where there is one."""
    tensor = getattr(layer, what, None)
    first = tensor[0] if isinstance(tensor, list | tuple) and tensor else tensor
    return tuple(length or 1 for length in getattr(first, "shape", (None, 1))[1:])
