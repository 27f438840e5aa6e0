"""Arrays as bytes, in NumPy's ``.npz``: numbers and texts, and nothing that runs when it is read."""

import io
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np

# what NumPy raises of a file that is damaged or none of its own; the last of one in a zip that is encrypted
DAMAGE = (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


class NotArraysError(Exception):
    """Bytes that are something else, or arrays cut short."""


def to_bytes(arrays: Mapping[str, np.ndarray]) -> memoryview:
    """Write arrays; equal arrays give equal bytes.

    Raises:
        TypeError: an array holds Python objects.
    """
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"{name} holds Python objects, which are no data")
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getbuffer()


def from_bytes(content: bytes) -> dict[str, np.ndarray]:
    """Read arrays.

    Raises:
        NotArraysError: it is none of what `to_bytes` writes.
    """
    try:
        with np.lib.npyio.NpzFile(io.BytesIO(content), allow_pickle=False) as loaded:
            arrays = {name: loaded[name] for name in loaded.files}
    except DAMAGE as error:
        raise NotArraysError(f"no arrays: {error}") from error
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # a member of another kind comes as bytes
            raise NotArraysError(f"{name} is no array")
    return arrays


def packed(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    """What to write of values (n_seeds, n_rows, …) of floats: rows that are NaN in all take no room.

    Args:
        name: of the array; those that say which rows there are begin with it.
        values: the values.
    """
    known = known_in(values)
    if known.all():
        return {name: values}
    return {name: values[known], f"{name}_known": np.packbits(known, axis=1), f"{name}_rows": np.array(known.shape[1])}


def unpacked(name: str, written: Mapping[str, np.ndarray]) -> np.ndarray:
    """The values of which `packed` gave what is written, whatever is written beside them."""
    values = written[name]
    if f"{name}_known" not in written:
        return values
    known = np.unpackbits(written[f"{name}_known"], axis=1, count=int(written[f"{name}_rows"])).astype(bool)
    every = np.full((*known.shape, *values.shape[1:]), np.nan, values.dtype)
    every[known] = values
    return every


def known_in(values: np.ndarray) -> np.ndarray:
    """Bool (n_seeds, n_rows): where values (n_seeds, n_rows, …) are not all NaN."""
    return ~np.isnan(values).all(axis=tuple(range(2, values.ndim)))
