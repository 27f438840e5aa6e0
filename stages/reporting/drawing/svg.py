"""A figure as SVG: text stays text, which a reader's own fonts write in every script, and pictures in it are small."""

import base64
import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

from stages.reporting.drawing import plots
from stages.reporting.drawing.plots import Grid

COLORS = 12  # of a picture within a figure
DPI = 84  # of such a picture
_PICTURE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
_COORDINATES = re.compile(r' (?:d|x|y)="[^"]*"|translate\([^)]*\)')
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_NOT_NEEDED = re.compile(
    r"<metadata>.*?</metadata>|<!--.*?-->|<!DOCTYPE[^>]*>|^ +|(?<=<g) id=\"[^\"]*\"| transform=\"rotate\(-0 [^)]*\)\"",
    re.DOTALL | re.MULTILINE,
)


class Shown(Figure):
    """A figure that a notebook shows as the report does."""

    def _repr_svg_(self) -> str:
        with _style():
            return _svg(self)


def figure(draw: Callable[[np.ndarray, Any], None], grid: Grid, data: Any) -> Figure:
    """A figure as an object, to be shown or saved in any way, with the style of the report."""
    with _style():
        drawing, axes = grid.figure(Shown)
        draw(axes, data)
        plots.group_thousands(drawing)
        drawing.draw_without_rendering()  # ticks take the style that holds when they are first drawn
    return drawing


def drawn(draw: Callable[[np.ndarray, Any], None], grid: Grid, data: Any) -> str:
    """A figure as SVG, the same text for the same data."""
    with _style():
        drawing, axes = grid.figure()
        draw(axes, data)
        plots.group_thousands(drawing)
        _lay_out(drawing)
        return _svg(drawing)


def _lay_out(drawing: Figure) -> None:
    """Lay a figure out for good: where it has no layout left to do, it is drawn once where it would be twice."""
    FigureCanvasSVG(drawing)
    drawing.set_dpi(DPI)
    drawing.get_layout_engine().execute(drawing)
    with mpl.rc_context({"figure.constrained_layout.use": False}):
        drawing.set_layout_engine(None)


def _svg(drawing: Figure) -> str:
    file = io.StringIO()
    drawing.savefig(file, format="svg", dpi=DPI, metadata={"Date": None})
    return compact(file.getvalue())


@contextmanager
def _style() -> Iterator[None]:
    """The style in which figures are made and saved."""
    with mpl.rc_context(plots.STYLE), warnings.catch_warnings():
        # of letters that the font for measuring lacks: whoever reads it has a font of theirs
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def compact(text: str) -> str:
    """An SVG without what nobody sees: comments, digits beyond the second, colours of pictures beyond `COLORS`."""
    text = _PICTURE.sub(lambda match: f"data:image/png;base64,{_small(match[1])}", _NOT_NEEDED.sub("", text))
    return _COORDINATES.sub(lambda match: _NUMBER.sub(_rounded, match[0].replace(" \n", " ").replace("\n", "")), text)


def _rounded(number: re.Match) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _small(picture: str) -> str:
    file = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        image.convert("RGBA").quantize(COLORS, Image.Quantize.FASTOCTREE).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
