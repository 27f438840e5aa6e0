"""A folder of images, in which the folder that an image is in names its class."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from stages.arrays.source import FEATURES, NAMES, ArraySource, Given, Rows
from stages.basics.cli import UserError
from stages.basics.ranges import Positive
from stages.records.array_facts import ArrayFacts
from stages.records.findings import SHOWN_ROWS, Finding

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")
PARTS = ("train", "training", "test", "testing", "val", "valid", "validation")  # names of folders that are no classes
_MODES = {"grey": "L", "colour": "RGB"}
_GREY = ("1", "L", "LA", "La", "I", "F")  # Pillow's modes of one channel; those of 16 bits begin with I;16


class Source(ArraySource):
    """Images by class: ``cells/sick/1.png``, ``cells/well/2.png``.

    Attributes:
        images: the folder, in ``data/external``, with a folder in it for each class.
        size: rows and columns of pixels to which all are brought.
        colours: whether each is one channel, ``grey``, or three, ``colour``; as the images are when not given.
        target: the ``class`` that the folders name; or the ``features``.
    """

    OF_FILES: ClassVar[str | None] = "images"

    images: str
    size: tuple[Positive, Positive] = (32, 32)
    colours: Literal["grey", "colour"] | None = None
    target: Literal["class", "features"] = "class"

    @classmethod
    def takes(cls, path: Path) -> bool:
        """Whether it is a folder with folders in it of which one holds an image."""
        return path.is_dir() and any(_is_image(file) for file in path.glob("*/*"))

    @classmethod
    def entry(cls, path: Path, place: str, target: str) -> dict[str, Any]:
        """What ``make try`` writes: the size is that of the images where they have one, at most 64."""
        if target not in ("", "class", FEATURES):
            raise UserError(
                f"TARGET={target}: what the folders of {path} name is called class: TARGET=class; the images "
                f"themselves: TARGET={FEATURES}"
            )
        looked = _look([file for files in _classes(path).values() for file in files])
        [((width, height), _)] = looked.sizes.most_common(1)
        factor = min(1.0, 64 / max(width, height))
        size = [max(1, round(height * factor)), max(1, round(width * factor))]
        return {"images": place, "size": size}

    def give(self, named: Iterable[str], key: str) -> Given:
        """Read those of all classes, each brought to one size as it is read."""
        path = Path(self.images)
        if not path.is_dir():
            raise UserError(f"{key}.images: {path} is no folder; it holds a folder of images for each class")
        if asked := list(named):
            raise UserError(f"{key}: a folder of images has no '{asked[0]}'; it has class alone")
        of_class = _classes(path)
        if len(of_class) < 2:
            held = f"the one class {next(iter(of_class))}" if of_class else "no folder with images"
            raise UserError(f"{key}.images: {path} holds {held}; it holds a folder of images for each of 2 classes")
        files = [file for each in of_class.values() for file in each]
        looked = _look(files)
        rows = _rows(files, (self.size[0], self.size[1]), self._mode(looked.modes))
        names = np.repeat(list(of_class), [len(each) for each in of_class.values()])
        findings = [*self._resized(looked.sizes), *looked.left_out(path), *_passed_over(path)]
        return Given(rows, {"class": names}, [path.as_posix()], "images", findings)

    @classmethod
    def new(cls, path: Path, facts: ArrayFacts, learned: ArraySource) -> Given | None:
        """New images: one, or all in a folder and the folders in it, brought to the size and colours of training."""
        files = _in_order(file for file in ([path] if path.is_file() else path.rglob("*")) if _is_image(file))
        if not files or facts.kind != "images":
            return None
        height, width, n_channels = facts.shape
        if n_channels not in (1, 3):
            raise UserError(
                f"{path} holds images, and networks learned from {n_channels} channels; give arrays, as .npz"
            )
        names = [file.relative_to(path).as_posix() if path.is_dir() else file.name for file in files]
        beside: dict[str, np.ndarray] = {NAMES: np.array(names)}
        if isinstance(learned, cls) and all("/" in name for name in names):
            beside["class"] = np.array([name.split("/")[0] for name in names])
        return Given(_rows(files, (height, width), "L" if n_channels == 1 else "RGB"), beside, [path.as_posix()])

    def _mode(self, modes: Counter) -> str:
        """Pillow's mode to which all are brought."""
        if self.colours:
            return _MODES[self.colours]
        return "L" if all(mode in _GREY or mode.startswith("I;16") for mode in modes) else "RGB"

    def _resized(self, sizes: Counter) -> list[Finding]:
        """That images have other sizes than that to which they are brought."""
        height, width = self.size
        if set(sizes) == {(width, height)}:
            return []
        ends = [" × ".join(f"{side:,}" for side in reversed(size)) for size in (min(sizes), max(sizes))]
        n_other = sum(count for size, count in sizes.items() if size != (width, height))
        return [Finding("resized", "", ends, n_rows=n_other, n_of=sizes.total(), read_as=f"{height} × {width}")]


def _in_order(files: Iterable[Path]) -> list[Path]:
    """Files by their names, ``2.png`` before ``10.png``."""
    return sorted(files, key=lambda file: [(part.isdecimal(), part.zfill(20)) for part in _PARTS.split(str(file))])


_PARTS = re.compile(r"(\d+)")


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in ENDINGS and not file.name.startswith(".")


def _classes(path: Path) -> dict[str, list[Path]]:
    """The images of each class, by its name.

    Raises:
        UserError: a class has none.
    """
    of_class: dict[str, list[Path]] = {}
    for folder in sorted(each for each in path.iterdir() if each.is_dir() and not each.name.startswith(".")):
        of_class[folder.name] = _in_order(file for file in folder.rglob("*") if _is_image(file))
        if not of_class[folder.name]:
            raise UserError(f"{folder} holds no image; fill it, or remove it if it is no class")
    if of_class and all(name.lower() in PARTS for name in of_class):
        names = " and ".join(of_class)
        raise UserError(
            f"{path} holds {names}, which are no classes; rows are divided here (split:), so put all images in one "
            f"folder for each class, or give one of the parts: {path / next(iter(of_class))}"
        )
    return of_class


def _passed_over(path: Path) -> list[Finding]:
    """That files are no images."""
    others = [file for file in sorted(path.rglob("*")) if file.is_file() and not _is_image(file)]
    others = [file for file in others if not file.name.startswith(".")]
    names = [file.relative_to(path).as_posix() for file in others[:SHOWN_ROWS]]
    return [Finding("no images", "", names, n_rows=len(others))] if others else []


@dataclass(frozen=True)
class _Looked:
    """What the headings of images say.

    Attributes:
        sizes: how many have each size (width, height).
        modes: how many have each of Pillow's modes.
        transparent: those that have transparent parts.
        several: those that have several frames or pages.
    """

    sizes: Counter = field(default_factory=Counter)
    modes: Counter = field(default_factory=Counter)
    transparent: list[Path] = field(default_factory=list)
    several: list[Path] = field(default_factory=list)

    def left_out(self, path: Path) -> Iterator[Finding]:
        """What of some images is not seen."""
        for kind, files in (("transparent", self.transparent), ("frames", self.several)):
            if files:
                names = [file.relative_to(path).as_posix() for file in files[:SHOWN_ROWS]]
                yield Finding(kind, "", names, n_rows=len(files), n_of=self.sizes.total())


def _look(files: list[Path]) -> _Looked:
    """What the headings of images say."""
    looked = _Looked()
    for file in files:
        with _opened(file) as image:
            looked.sizes[image.size[::-1] if _turns(image) in _ON_ITS_SIDE else image.size] += 1
            looked.modes[image.mode] += 1
            looked.transparent.extend([file] * image.has_transparency_data)
            looked.several.extend([file] * getattr(image, "is_animated", False))
    return looked


def _rows(files: list[Path], size: tuple[int, int], mode: str) -> Rows:
    """Images of one size and mode, uint8 (n_rows, height, width, n_channels)."""
    height, width = size
    n_channels = len(mode) if mode == "RGB" else 1

    def read(some: Any) -> np.ndarray:
        return np.stack([_pixels(files[row], (width, height), mode) for row in np.arange(len(files))[some]])

    return Rows((len(files), height, width, n_channels), np.dtype(np.uint8), read)


def _pixels(file: Path, size: tuple[int, int], mode: str) -> np.ndarray:
    from PIL import Image, ImageOps

    with _opened(file) as image:
        try:
            upright = ImageOps.exif_transpose(image) if _turns(image) != _UPRIGHT else image
            loaded = _eight_bits(upright).convert(mode)
            resized = loaded if loaded.size == size else loaded.resize(size, Image.Resampling.BILINEAR)
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise _broken(file, error) from error
    return np.asarray(resized, np.uint8).reshape(size[1], size[0], -1)


def _turns(image: Any) -> int:
    """How a camera was held, as EXIF numbers it."""
    if "exif" not in image.info and image.format != "TIFF":
        return _UPRIGHT  # of a PNG without, Pillow would look behind its pixels
    return image.getexif().get(_ORIENTATION, _UPRIGHT)


_ORIENTATION, _UPRIGHT, _ON_ITS_SIDE = 0x0112, 1, (5, 6, 7, 8)


def _eight_bits(image: Any) -> Any:
    """An image of 16 bits as one of 8, which Pillow would cut off at 255 instead of scaling it.

    Raises:
        ValueError: it has more bits, and numbers of which none is known to be the brightest.
    """
    from PIL import Image

    if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
        return image
    values, most = np.asarray(image, np.float64), 255.0 if image.mode == "F" else 65535.0
    if not ((values >= 0) & (values <= most)).all() or (values % 1).any():
        ends = f"from {values.min():g} to {values.max():g}"
        raise ValueError(f"its numbers go {ends}, of which none is known as the brightest; save such images as arrays")
    return Image.fromarray((values * (255.0 / most)).round().astype(np.uint8))


def _opened(file: Path) -> Any:
    from PIL import Image, UnidentifiedImageError

    try:
        return Image.open(file)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise _broken(file, error) from error


def _broken(file: Path, error: Exception) -> UserError:
    said = "no image that Pillow knows" if "cannot identify" in str(error) else str(error).splitlines()[0]
    return UserError(f"{file} cannot be read as an image: {said}; mend it, or take it out of the folder")
