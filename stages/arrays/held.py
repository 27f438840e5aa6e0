"""Arrays that an ``.npz`` file or a folder of ``.npy`` files holds. Nothing is ever unpickled."""

import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.arrays.source import Given, Rows
from stages.basics import arrays, suggest
from stages.basics.cli import UserError

DAMAGE = (*arrays.DAMAGE, MemoryError)  # the last of a heading that claims more than there is
SHOWN = 8  # arrays that a message names


@dataclass(frozen=True)
class Held:
    """An array of a file, not read yet.

    Attributes:
        name: as its file calls it.
        shape: of all of it.
        dtype: of what is in it.
        read: gives it; from a file of its own mapped to memory.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[], np.ndarray]

    def __str__(self) -> str:
        return f"{self.name} {shown(self.shape)} {self.dtype}"


def shown(shape: tuple[int, ...]) -> str:
    """A shape as people write it: 1,797 × 8 × 8."""
    return " × ".join(f"{size:,}" for size in shape) or "one number"


def look(path: Path) -> dict[str, Held]:
    """The arrays of a file or folder, by name.

    Raises:
        UserError: it is neither, or damaged, or holds none.
    """
    if path.is_dir():
        files = sorted(path.glob("*.npy"))
        every = {file.stem: _of_file(file) for file in files}
    elif path.suffix.lower() == ".npy":
        raise UserError(f"{path} is one array; give the folder that holds those of the features and of the target")
    elif path.is_file():
        every = _of_archive(path)
    else:
        raise UserError(f"{path} is not there; copy it to that place, as .npz or a folder of .npy files")
    if not every:
        raise UserError(f"{path} holds no arrays; allowed: an .npz file, as np.savez writes it, or a folder of .npy")
    return every


def find(every: dict[str, Held], name: str, path: Path, key: str) -> Held:
    """The array of a name.

    Args:
        every: those that there are.
        name: the one that is asked for.
        path: of the file or folder.
        key: path of the key that names it.

    Raises:
        UserError: there is none, or it holds Python objects.
    """
    if name not in every:
        some = ", ".join(map(str, list(every.values())[:SHOWN])) + (", …" if len(every) > SHOWN else "")
        near = suggest.nearest(name, list(every)).rstrip(".")
        raise UserError(f"{key}: {path} holds no array '{name}'{near}; it holds {some}")
    return checked(every[name], path)


def checked(held: Held, path: Path) -> Held:
    """The same array, unless it holds what is no data.

    Raises:
        UserError: it holds Python objects.
    """
    if held.dtype.hasobject:
        raise UserError(
            f"{path}: '{held.name}' holds Python objects, which are never unpickled; save it as numbers or texts, as "
            f"with np.asarray({held.name}.tolist()), all rows of one shape"
        )
    return held


def new_rows(path: Path, names: Sequence[str], targets: Iterable[str]) -> Given:
    """New rows to predict: the arrays of these names, or the only one; and of their targets those that are there.

    Raises:
        UserError: one is not there, has other rows than the first, or holds Python objects.
    """
    is_one = path.suffix.lower() == ".npy" and path.is_file()
    every = {path.stem: _of_file(path)} if is_one else look(path)
    if len(names) > 1:
        chosen = [find(every, name, path, "new rows") for name in names]
    else:
        [only, *others] = every.values()
        chosen = [checked(only, path) if not others else find(every, names[0], path, "new rows")]
    inputs = {each.name: Rows.of(each.read()) for each in chosen}
    lengths = {name: rows.shape[0] if rows.shape else 1 for name, rows in inputs.items()}
    if len(set(lengths.values())) > 1:
        said = " and ".join(f"'{name}' {length:,}" for name, length in lengths.items())
        raise UserError(f"{path}: each row needs all inputs; of rows {said}")
    beside = {
        each: checked(every[each], path).read() for each in targets if each in every and every[each] not in chosen
    }
    [first, *others] = inputs.values()
    return Given(first, beside, [path.as_posix()], inputs=inputs if others else {})


def _of_file(path: Path) -> Held:
    try:
        with path.open("rb") as file:
            shape, _, dtype = _header(file)
        return Held(path.stem, shape, dtype, lambda: _mapped(path))
    except DAMAGE as error:
        raise _refused(path, error) from error


def _mapped(path: Path) -> np.ndarray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except DAMAGE as error:
        raise _refused(path, error) from error


def _of_archive(path: Path) -> dict[str, Held]:
    every = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                if member.endswith(".npy"):
                    with archive.open(member) as file:
                        shape, _, dtype = _header(file)
                    name = member.removesuffix(".npy")
                    every[name] = Held(name, shape, dtype, lambda name=name: _unpacked(path, name))
    except DAMAGE as error:
        raise _refused(path, error) from error
    return every


def _unpacked(path: Path, name: str) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return archive[name]
    except DAMAGE as error:
        raise _refused(path, error) from error


def _header(file: object) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return read(file)


def _refused(path: Path, error: Exception) -> UserError:
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    return UserError(f"{path} cannot be read as NumPy's arrays: {said}; write it again with np.savez or np.save")
