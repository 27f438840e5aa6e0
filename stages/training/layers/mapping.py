"""Operations on the replica axis that TensorFlow's `vectorized_map` has no mapping for, or a slow one.

A convolution whose filters differ between replicas becomes one grouped convolution, a group for each replica; where
all replicas see the same rows, a plain one with as many more filters. Random numbers are drawn for each replica from
its own state, as it would draw them alone. What has no mapping here or there is done replica by replica.

TensorFlow keeps its mappings in a registry by the operation's name, which this module adds to when it is imported.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from tensorflow.python.ops.parallel_for import pfor

from stages.training.backend import tf

_REGISTRY: dict[str, Callable] = pfor._pfor_converter_registry
_USUAL_CONVOLUTION, _USUAL_PRODUCT = _REGISTRY["Conv2D"], _REGISTRY["BatchMatMulV2"]
_USUAL_SLICE = _REGISTRY["StridedSlice"]
_MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
# by what maps a program, the splits that it has made: of a tensor into so many parts
_SPLITS: WeakKeyDictionary[Any, dict[tuple[Any, int], list[tf.Tensor]]] = WeakKeyDictionary()
# attributes of an operation that decide nothing of its result here
_LEFT_OUT = {"use_cudnn_on_gpu", "T"}


def _attributes(replica: Any) -> dict[str, Any]:
    """The attributes of a convolution, as TensorFlow's functions take them."""
    attributes = {name: replica.get_attr(name) for name in replica.op.node_def.attr if name not in _LEFT_OUT}
    return {name: value for name, value in attributes.items() if not name.startswith("_")}


def _beside(stacked: tf.Tensor) -> tf.Tensor:
    """Channels of all replicas beside each other: (n_replicas, ..., n) becomes (..., n_replicas * n)."""
    rank, shape = stacked.shape.rank, tf.shape(stacked)
    moved = tf.transpose(stacked, [*range(1, rank - 1), 0, rank - 1])
    merged = tf.reshape(moved, tf.concat([shape[1:-1], [-1]], 0))
    n_replicas, n_channels = stacked.shape[0], stacked.shape[-1]
    known = n_replicas * n_channels if n_replicas and n_channels else None
    merged.set_shape([*stacked.shape[1:-1], known])
    return merged


def _apart(beside: tf.Tensor, n_replicas: tf.Tensor) -> tf.Tensor:
    """The reverse of `_beside`."""
    rank, shape = beside.shape.rank, tf.shape(beside)
    split = tf.reshape(beside, tf.concat([shape[:-1], [n_replicas], shape[-1:] // n_replicas], 0))
    return tf.transpose(split, [rank - 1, *range(rank - 1), rank])


def _convolution(replica: Any) -> Any:
    """Map `Conv2D`; filters (n_replicas, height, width, channels, filters) become groups of one convolution."""
    (rows, rows_differ, _), (filters, filters_differ, _) = replica.input(0), replica.input(1)
    if not filters_differ or not _is_plain(replica, rows if not rows_differ else rows[0], filters[0]):
        return _USUAL_CONVOLUTION(replica)
    outputs = tf.raw_ops.Conv2D(
        input=_beside(rows) if rows_differ else rows, filter=_beside(filters), **_attributes(replica)
    )
    return pfor.wrap(_apart(outputs, replica.pfor.loop_len_vector[0]), True)


def _is_plain(replica: Any, rows: tf.Tensor, filters: tf.Tensor) -> bool:
    """Whether a convolution has its channels last and sees all of them in every filter."""
    return replica.get_attr("data_format") == b"NHWC" and rows.shape[-1] == filters.shape[-2] is not None


def _transposed(replica: Any) -> Any:
    """Map `Conv2DBackpropInput`, which transposed convolutions are."""
    sizes = replica.unstacked_input(0)
    (filters, filters_differ, _), (rows, rows_differ, _) = replica.input(1), replica.input(2)
    if not filters_differ or not rows_differ or replica.get_attr("data_format") != b"NHWC":
        return pfor._fallback_converter(replica, warn=False)
    n_replicas = replica.pfor.loop_len_vector[0]
    outputs = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.concat([sizes[:3], sizes[3:] * n_replicas], 0),
        filter=_beside(filters),
        out_backprop=_beside(rows),
        **_attributes(replica),
    )
    return pfor.wrap(_apart(outputs, n_replicas), True)


def _product(replica: Any) -> Any:
    """Map `BatchMatMulV2`: where a replica multiplies all its rows by one matrix, they are the rows of one product.

    TensorFlow would multiply each row of a sequence by a copy of the matrix, thousands of small products.
    """
    (rows, rows_differ, _), (matrix, matrix_differs, _) = replica.input(0), replica.input(1)
    is_one = rows_differ and matrix_differs and matrix.shape.rank == 3 and rows.shape.rank > 3
    if not is_one or replica.get_attr("adj_x"):
        return _USUAL_PRODUCT(replica)
    shape, is_turned = tf.shape(rows), replica.get_attr("adj_y")
    flat = tf.reshape(rows, tf.stack([shape[0], -1, shape[-1]]))
    products = tf.matmul(flat, matrix, adjoint_b=is_turned)
    width = tf.shape(matrix)[1 if is_turned else 2]
    return pfor.wrap(tf.reshape(products, tf.concat([shape[:-1], [width]], 0)), True)


def _part(replica: Any) -> Any:
    """Map `StridedSlice`: equal parts of the last axis, as the gates of a GRU are, are parts of one split.

    Its gradient puts them beside each other, where that of slices adds up as many arrays that are mostly 0.
    """
    (values, differ, _), bounds = replica.input(0), [replica.input(place) for place in (1, 2, 3)]
    place = None if not differ or any(differs for _, differs, _ in bounds) else _place(replica, values.shape[1:])
    if place is None:
        return _USUAL_SLICE(replica)
    number, n_parts = place
    splits = _SPLITS.setdefault(replica.pfor, {})
    key = values.ref(), n_parts
    if key not in splits:
        splits[key] = tf.split(values, n_parts, axis=-1)
    return pfor.wrap(splits[key][number], True)


def _place(replica: Any, shape: tf.TensorShape) -> tuple[int, int] | None:
    """Which of how many equal parts of the last axis a slice is; None where it is none."""
    begin, end, strides = (tf.get_static_value(replica.input(place).t) for place in (1, 2, 3))
    rank, masks = shape.rank, {name: replica.get_attr(f"{name}_mask") for name in _MASKS}
    if any(value is None for value in (begin, end, strides, rank)) or not rank or len(begin) != rank:
        return None
    width, last = shape[-1], rank - 1
    all_else = (1 << last) - 1
    is_whole = masks["begin"] & masks["end"] & all_else == all_else
    if width is None or not is_whole or (strides != 1).any() or any(masks[name] for name in _MASKS[2:]):
        return None
    first = 0 if masks["begin"] >> last else int(begin[-1])
    behind = width if masks["end"] >> last else int(end[-1])
    size = behind - first
    is_part = 0 <= first < behind <= width and size < width and not width % size and not first % size
    return (first // size, width // size) if is_part else None


def _one_by_one(replica: Any) -> Any:
    """Map what is cheap and takes one state at a time: an operation for each replica, beside each other."""
    known = tf.get_static_value(replica.pfor.loop_len_vector)
    if known is None:
        return pfor._fallback_converter(replica, warn=False)
    n_replicas = int(known[0])
    inputs = [
        tf.unstack(value.t, num=n_replicas) if value.is_stacked else [value.t] * n_replicas for value in replica.inputs
    ]
    types = [output.dtype for output in replica.outputs]
    attributes = dict(replica.op.node_def.attr)
    every = [
        pfor._create_op(replica.op_type, list(inputs_of), types, attributes).outputs
        for inputs_of in zip(*inputs, strict=True)
    ]
    return [pfor.wrap(tf.stack(list(outputs)), True) for outputs in zip(*every, strict=True)]


def _rows_of_all(*positions: int) -> Callable:
    """Map what treats rows alike: the rows of all replicas as one batch, those of the inputs at these positions."""

    def mapping(replica: Any) -> Any:
        return pfor._convert_flatten_batch(replica, replica.op_type, list(positions))

    return mapping


def for_each(function: Callable, of_replicas: Any) -> Any:
    """Call a function of one replica's tensors for all replicas at once.

    Args:
        function: of tensors, or a structure of them.
        of_replicas: the same with a leading axis, (n_replicas, ...).

    Returns:
        What it gives, with that axis.
    """
    return tf.vectorized_map(function, of_replicas)


@contextmanager
def noting_unmapped() -> Iterator[list[tuple[str, str]]]:
    """Note, while programs are traced, what is done replica by replica: the path and the kind of each operation."""
    noted, usual = [], pfor._fallback_converter

    def note(replica: Any, *arguments: Any, **more: Any) -> Any:
        noted.append((replica.op.name, replica.op_type))
        return usual(replica, *arguments, **more)

    pfor._fallback_converter = note
    try:
        yield noted
    finally:
        pfor._fallback_converter = usual


_RANDOM = ("GetKeyCounter", "UniformV2", "UniformIntV2", "UniformFullIntV2", "NormalV2")
_REGISTRY |= {
    "Conv2D": _convolution,
    "Conv2DBackpropInput": _transposed,
    "BatchMatMulV2": _product,
    "StridedSlice": _part,
    "ResizeBilinear": _rows_of_all(0),
    "ResizeNearestNeighbor": _rows_of_all(0),
    "ResizeBicubic": _rows_of_all(0),
    "ImageProjectiveTransformV3": _rows_of_all(0, 1),
    "StatelessTruncatedNormalV2": _one_by_one,
    **{f"StatelessRandom{kind}": _one_by_one for kind in _RANDOM},
}
