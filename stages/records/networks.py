"""What a network is made of, as ``network:`` in the parameters says it and a run's settings keep it.

Between what is described here and the last layer stand the dense layers of ``hidden``.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from stages.basics.ranges import Positive, Share
from stages.basics.section import Section

FIRST_FILTERS = 8  # of a convolutional network whose parameters do not say
LONG, LONGER = 32, 64  # numbers along an axis above which it has a third block of layers, and a fourth


class Dense(Section):
    """Dense layers alone: the numbers of a row stand side by side."""

    kind: Literal["dense"]

    def wider(self) -> "Dense":
        """The same: its layers are those of ``hidden``."""
        return self


class Augment(Section):
    """What is done to an image at random whenever a network learns from it, by Keras' layers, one after the other.

    Attributes:
        flip: along which axes it may be turned over (``RandomFlip``).
        rotation: by what share of a full turn at most, either way (``RandomRotation``).
        translation: by what share of its height and width at most, any way (``RandomTranslation``).
        zoom: by what share of its height and width it may grow or shrink at most (``RandomZoom``).
    """

    flip: Literal["horizontal", "vertical", "horizontal_and_vertical"] | None = None
    rotation: Share | None = None
    translation: Share | None = None
    zoom: Share | None = None

    @property
    def layers(self) -> list[tuple[str, dict[str, Any]]]:
        """The names of Keras' layers, with their arguments."""
        both = "height_factor", "width_factor"
        named = {
            "RandomFlip": {"mode": self.flip},
            "RandomRotation": {"factor": self.rotation},
            "RandomTranslation": dict.fromkeys(both, self.translation),
            "RandomZoom": dict.fromkeys(both[:1], self.zoom),  # the width as the height
        }
        return [(name, arguments) for name, arguments in named.items() if None not in arguments.values()]


class Conv(Section):
    """Blocks of a convolution and a pooling: images, sequences and volumes.

    Where each position of a row has a target of its own, as masks have, the blocks are followed by as many that undo
    the pooling.

    Attributes:
        filters: of each block; when not given, 8, 16 and so on, by the shape of a row.
        kernel: length of a filter along each axis.
        pool: how many positions along each axis become one.
        augment: what is done to images at random before.
    """

    kind: Literal["conv"]
    filters: Annotated[tuple[Positive, ...], Field(min_length=1)] | None = None
    kernel: Positive = 3
    pool: Positive = 2
    augment: Augment | None = None

    def wider(self) -> "Conv":
        """The same with twice the filters."""
        return self.model_copy(update={"filters": tuple(2 * filters for filters in self.filters or ())})


class Recurrent(Section):
    """Recurrent layers, one after the other: sequences.

    Attributes:
        cell: of each layer.
        units: of each layer.
    """

    kind: Literal["recurrent"]
    cell: Literal["gru", "lstm"] = "gru"
    units: Annotated[tuple[Positive, ...], Field(min_length=1)] = (16,)

    def wider(self) -> "Recurrent":
        """The same with twice the units."""
        return self.model_copy(update={"units": tuple(2 * units for units in self.units)})


class Attention(Section):
    """Blocks of self-attention and two dense layers, each added to what it is given: sequences and images.

    Attributes:
        width: numbers of a position.
        heads: of each block's attention.
        blocks: how many.
        patch: of images, how many positions along each axis are taken as one.
        augment: as of `Conv`.
    """

    kind: Literal["attention"]
    width: Positive = 16
    heads: Positive = 2
    blocks: Positive = 1
    patch: Positive = 2
    augment: Augment | None = None

    def wider(self) -> "Attention":
        """The same of twice the width."""
        return self.model_copy(update={"width": 2 * self.width})


IMAGE_AXES = 3  # of a row that is an image, its channels included
_KINDS = {"dense": Dense, "conv": Conv, "recurrent": Recurrent, "attention": Attention}
# how many axes a row may have, its channels included
AXES = {"dense": (1, 9), "conv": (2, 4), "recurrent": (2, 2), "attention": (2, 3)}


def _network(value: Any) -> Any:
    """A kind's name stands for the network of that kind."""
    if isinstance(value, str):
        value = {"kind": value}
    if isinstance(value, dict) and value.get("kind") not in list(_KINDS):
        context = {"value": value.get("kind"), "names": tuple(_KINDS)}
        raise PydanticCustomError("unknown_network", "not a kind of network", context)
    if not isinstance(value, dict | Section):
        raise PydanticCustomError("model_type", "not a mapping")
    return value


def _tag(value: Any) -> str:
    return f"<{value['kind'] if isinstance(value, dict) else value.kind}>"


# the tags are no keys, so that they are not taken for one in the location of pydantic's findings
Shaped = Annotated[
    Annotated[Dense, Tag("<dense>")]
    | Annotated[Conv, Tag("<conv>")]
    | Annotated[Recurrent, Tag("<recurrent>")]
    | Annotated[Attention, Tag("<attention>")],
    Discriminator(_tag),
    BeforeValidator(_network),
]


def suited(*n_axes: int) -> list[str]:
    """The kinds of network that take rows of so many axes, channels included; of several inputs any of them."""
    return [kind for kind, (fewest, most) in AXES.items() if any(fewest <= axes <= most for axes in n_axes)]


def augmented(network: Shaped | None) -> Augment | None:
    """What a network does to images at random; None where it does nothing."""
    augment = getattr(network, "augment", None)
    return augment if augment and augment.layers else None


def settled(network: Shaped | None, shapes: Sequence[Sequence[int]]) -> Shaped | None:
    """A network with all that its parameters leave to the shape of a row; None for dense layers on a table.

    Args:
        network: as the parameters have it; None where they do not say, which is convolutions for images and sequences.
        shapes: of a row, of a table its number of columns alone; or of each of several inputs.
    """
    if network is None:
        network = Conv(kind="conv") if any(len(shape) in (2, 3) for shape in shapes) else Dense(kind="dense")
    if network.kind == "conv" and network.filters is None:
        longest = max((length for shape in shapes for length in shape[:-1]), default=1)
        n_blocks = 1 + (longest >= 2 * network.pool) + (longest > LONG) + (longest > LONGER)
        network = network.model_copy(update={"filters": tuple(FIRST_FILTERS << block for block in range(n_blocks))})
    return None if network.kind == "dense" else network
