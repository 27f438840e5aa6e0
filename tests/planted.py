"""Pickles that do something when they are read, as whoever wants to harm a project would plant them."""

import io
import pickle
from pathlib import Path

import numpy as np


class Planted:
    """Touches a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple:
        return Path.touch, (self.file,)


def as_pickle(file: Path) -> bytes:
    """A pickle that touches a file."""
    content = pickle.dumps(Planted(file))
    pickle.loads(content)  # it does
    assert file.is_file()
    file.unlink()
    return content


def as_npy(file: Path) -> bytes:
    """The same in a file of NumPy's."""
    content = io.BytesIO()
    np.save(content, np.array([Planted(file)], object), allow_pickle=True)
    return content.getvalue()


def as_npz(file: Path) -> bytes:
    """The same among arrays in a file of NumPy's."""
    content = io.BytesIO()
    np.savez(content, seconds=np.array(1.0), finished=np.array([Planted(file)], object))
    return content.getvalue()


WAYS = [as_pickle, as_npy, as_npz]
