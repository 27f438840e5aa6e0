"""Networks of convolutions, recurrent layers and attention, as Keras models."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from stages.records.array_facts import Inputs
from stages.records.networks import IMAGE_AXES, Attention, Conv, Recurrent, Shaped, augmented, suited
from stages.training.backend import keras
from stages.training.layers import several

NARROWER = 4  # times fewer numbers than a row has, what a convolutional network that is to give it again makes of it

Tensor = keras.KerasTensor
Layers = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Style:
    """What all layers of a network share.

    Attributes:
        activation: of all but the last layer.
        start: the initializer of kernels that suits it.
        dropout: share of a layer's outputs that are dropped while training.
        batch_norm: whether convolutions and dense layers are normalised over the batch, before their activation.
    """

    activation: str
    start: str
    dropout: float
    batch_norm: bool

    def followed(self, layer: keras.layers.Layer, name: str) -> Layers:
        """A layer, what normalises it, its activation, and dropout."""

        def call(rows: Tensor) -> Tensor:
            outputs = layer(rows)
            if self.batch_norm:
                outputs = keras.layers.BatchNormalization(name=f"normal_{name}")(outputs)
            outputs = keras.layers.Activation(self.activation, name=f"activation_{name}")(outputs)
            return self.dropped(outputs, name)

        return call

    def dropped(self, outputs: Tensor, name: str) -> Tensor:
        """Outputs with dropout, where there is any."""
        return keras.layers.Dropout(self.dropout, name=f"dropout_{name}")(outputs) if self.dropout else outputs


@dataclass(frozen=True)
class Outputs:
    """What a network gives of a row.

    Attributes:
        n: outputs, of a row or of each position.
        activation: of the last layer.
        positions: lengths of the axes along which each position has outputs of its own; empty where a row has them.
        is_input: whether it is to give what it is given, so that nothing may pass beside its narrowest layer.
        are_levels: whether they differ in their biases alone, so that one never falls where another rises.
    """

    n: int
    activation: str
    positions: tuple[int, ...] = ()
    is_input: bool = False
    are_levels: bool = False


def build(
    network: Shaped | None,
    shape: tuple[int, ...],
    hidden: tuple[int, ...],
    outputs: Outputs,
    style: Style,
    *,
    inputs: Inputs = (),
) -> keras.Model:
    """Build a network from Keras' global random state.

    Args:
        network: what stands before the dense layers; None for nothing.
        shape: of a row.
        hidden: units of the dense layers.
        outputs: what it gives.
        style: of its layers.
        inputs: of which a row is made, where there are several: each that the kind of network suits has such layers
            of its own.
    """
    rows = keras.Input(shape, name="features")
    if inputs:
        last = _joined(network, rows, inputs, outputs, style)
    else:
        last = rows if network is None else _before(network, rows, outputs, style)
    is_for_each = network is not None and bool(outputs.positions)
    if not is_for_each and len(last.shape) > 2:
        last = keras.layers.Flatten(name="flat")(last)
    for number, units in enumerate(hidden, start=1):
        dense = keras.layers.Dense(units, kernel_initializer=style.start, name=f"hidden_{number}")
        last = style.followed(dense, f"hidden_{number}")(last)
    if is_for_each or not outputs.positions:
        after = (_levels if outputs.are_levels else _dense)(outputs, last)
    else:
        flat = keras.layers.Dense(math.prod(outputs.positions) * outputs.n, name="sums")(last)
        shaped = keras.layers.Reshape((*outputs.positions, outputs.n), name="positions")(flat)
        after = keras.layers.Activation(outputs.activation, name="output")(shaped)
    return keras.Model(rows, after, name="network")


def _joined(network: Shaped | None, rows: Tensor, inputs: Inputs, outputs: Outputs, style: Style) -> Tensor:
    """What the layers of each input give, side by side."""
    if network is None:
        return rows
    branches = []
    for place, part in enumerate(several.apart(rows, inputs).values(), start=1):
        last, shape = part, part.shape[1:]
        if network.kind in suited(len(shape)):
            start = keras.Input(shape)
            branch = keras.Model(start, _before(network, start, outputs, style), name=f"branch_{place}")
            last = branch(part)
        branches.append(keras.layers.Flatten(name=f"flat_{place}")(last))
    return keras.layers.Concatenate(name="joined")(branches)


def _before(network: Shaped, rows: Tensor, outputs: Outputs, style: Style) -> Tensor:
    """The layers of a kind of network, behind those that change images at random while they learn."""
    augment = augmented(network) if len(rows.shape) == 1 + IMAGE_AXES else None
    for layer, arguments in augment.layers if augment else ():
        rows = getattr(keras.layers, layer)(**arguments)(rows)
    return _BEFORE[network.kind](network, rows, outputs, style)


def _dense(outputs: Outputs, last: Tensor) -> Tensor:
    return keras.layers.Dense(outputs.n, activation=outputs.activation, name="output")(last)


def _levels(outputs: Outputs, last: Tensor) -> Tensor:
    """One weighted sum, and a bias of each level (CORAL: Cao, Mirjalili & Raschka 2020)."""
    repeated = keras.layers.RepeatVector(outputs.n, name="levels")(last)
    settings = {"activation": outputs.activation, "name": "output"}
    return keras.layers.EinsumDense("bli,i->bl", output_shape=(outputs.n,), bias_axes="l", **settings)(repeated)


def _conv(network: Conv, rows: Tensor, outputs: Outputs, style: Style) -> Tensor:
    """Convolutions and poolings; where each position has outputs, then as many that undo them."""
    n_axes = len(rows.shape) - 2
    convolution = getattr(keras.layers, f"Conv{n_axes}D")
    pooling = getattr(keras.layers, f"MaxPooling{n_axes}D")
    undone, cropping = getattr(keras.layers, f"UpSampling{n_axes}D"), getattr(keras.layers, f"Cropping{n_axes}D")

    def block(filters: int, name: str) -> Layers:
        layer = convolution(filters, network.kernel, padding="same", kernel_initializer=style.start, name=name)
        return style.followed(layer, name)

    def pooled(before: Tensor, number: int) -> Tensor:
        return pooling(network.pool, padding="same", name=f"pool_{number}")(before)

    before, last = [], rows
    for number, filters in enumerate(network.filters, start=1):
        last = block(filters, f"conv_{number}")(last)
        if not outputs.positions or outputs.is_input or number < len(network.filters):
            before.append((filters, last))
            last = pooled(last, number)
    if outputs.is_input:
        room = max(1, math.prod(rows.shape[1:]) // (NARROWER * math.prod(last.shape[1:-1])))
        # without an activation: where a few filters come to give 0 for all rows, nothing is learned any more
        last = convolution(room, 1, kernel_initializer=style.start, name="code")(last)
    for number, (filters, wanted) in reversed(list(enumerate(before, start=1)) if outputs.positions else []):
        last = undone(network.pool, name=f"undo_{number}")(last)
        # an odd length was rounded up
        over = [(0, have - want) for have, want in zip(last.shape[1:-1], wanted.shape[1:-1], strict=True)]
        if any(more for _, more in over):
            last = cropping(over if n_axes > 1 else over[0], name=f"crop_{number}")(last)
        if not outputs.is_input:
            last = keras.layers.Concatenate(name=f"beside_{number}")([last, wanted])
        last = block(filters, f"conv_back_{number}")(last)
    return last


def _recurrent(network: Recurrent, rows: Tensor, outputs: Outputs, style: Style) -> Tensor:
    """Recurrent layers; the last gives what it holds at the end, or at each step."""
    layer = getattr(keras.layers, network.cell.upper())
    last = rows
    for number, units in enumerate(network.units, start=1):
        every_step = number < len(network.units) or bool(outputs.positions)
        name = f"{network.cell}_{number}"
        last = style.dropped(layer(units, return_sequences=every_step, name=name)(last), name)
    return last


def _attention(network: Attention, rows: Tensor, outputs: Outputs, style: Style) -> Tensor:
    """Self-attention; the mean over positions, or each position."""
    layers, width = keras.layers, network.width
    grid = rows.shape[1:-1]
    if len(grid) == 1:
        # filters see where a sequence begins and ends, so that positions are told apart
        last = layers.Conv1D(width, 3, padding="same", name="positions")(rows)
    else:
        patch = network.patch if not outputs.positions else 1
        last = layers.Conv2D(width, patch, strides=patch, padding="same", name="patches")(rows)
        last = layers.Conv2D(width, 3, padding="same", name="positions")(last)
        last = layers.Reshape((-1, width), name="sequence")(last)
    for number in range(1, network.blocks + 1):
        seen = layers.LayerNormalization(name=f"norm_{number}")(last)
        attended = layers.MultiHeadAttention(network.heads, -(-width // network.heads), name=f"attention_{number}")
        last = layers.Add(name=f"attended_{number}")([last, style.dropped(attended(seen, seen), f"attention_{number}")])
        seen = layers.LayerNormalization(name=f"norm_dense_{number}")(last)
        start, activation = style.start, style.activation
        after = layers.Dense(2 * width, activation=activation, kernel_initializer=start, name=f"widen_{number}")(seen)
        after = style.dropped(layers.Dense(width, name=f"narrow_{number}")(after), f"dense_{number}")
        last = layers.Add(name=f"block_{number}")([last, after])
    if outputs.positions:
        return layers.Reshape((*grid, width), name="grid")(last) if len(grid) > 1 else last
    return layers.GlobalAveragePooling1D(name="mean")(last)


_BEFORE: dict[str, Callable] = {"conv": _conv, "recurrent": _recurrent, "attention": _attention}
