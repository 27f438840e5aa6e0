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
