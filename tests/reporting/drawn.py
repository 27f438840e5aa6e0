"""Figures of the report as Matplotlib draws them, before they are files."""

import matplotlib as mpl
from matplotlib.figure import Figure

from stages.reporting import registry
from stages.reporting.drawing import plots
from stages.reporting.registry import Picture, Report
from stages.reporting.texts.published import Reference

NOTHING = Reference("", {}, {}, {})  # was published


def pictures(*comparisons) -> list[Picture]:
    """Every figure of a report."""
    return registry.pictures(Report(list(comparisons), NOTHING))


def names(*comparisons) -> list[str]:
    """Their names, without the ending."""
    return [picture.file.removesuffix(".svg") for picture in pictures(*comparisons)]


def draw(picture: Picture) -> Figure:
    """One of them."""
    with mpl.rc_context(plots.STYLE):
        figure, axes = picture.figure.grid(picture.data).figure()
        picture.figure.draw(axes, picture.data)
    return figure


def drawn(*comparisons) -> dict[str, Figure]:
    """Every figure, by its name."""
    every = pictures(*comparisons)
    return dict(zip(names(*comparisons), map(draw, every), strict=True))
