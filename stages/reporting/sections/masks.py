"""Some images with their masks, and what each loss gives for them, where rows may be shown."""

from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import ListedColormap

from stages.records.runs import Run
from stages.reporting import top_losses
from stages.reporting.drawing import rows
from stages.reporting.drawing.plots import Grid, plain
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.scores import decisions
from stages.verdicts.comparison import Comparison

TEMPLATE = """
{{ figures }}
"""
N_IMAGES, N_LOSSES = 4, 6  # that are shown at most
CLASSES = ("#222222", "#FFFFFF", "#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00")
MISSED, WRONG = "#0072B2", "#E69F00"
_SIDE = 1.15  # inches of an image


class Masked(NamedTuple):
    """Images with masks.

    Attributes:
        images: (n_images, height, width, 1 or 3), from 0 to 1.
        truth: (n_images, height, width) class indices.
        decided: by loss the same as they are decided.
        n_classes: number of classes.
    """

    images: np.ndarray
    truth: np.ndarray
    decided: dict[str, np.ndarray]
    n_classes: int


def _content(subject: Subject, report: Report) -> dict[str, Any] | None:
    return {} if report.cells and _can_be_drawn(subject[0]) else None


def _can_be_drawn(comparison: Comparison) -> bool:
    facts = comparison.description.arrays
    is_image = facts is not None and facts.kind == "images" and facts.shape[-1] in (1, 3)
    return is_image and bool(comparison.description.target_shape and comparison.description.classes)


def _data(subject: Subject) -> Masked:
    [comparison] = subject
    runs = [run for run in top_losses.runs(comparison) if run.finished.any()][:N_LOSSES]
    tested = np.flatnonzero(comparison.plan.tested.any(axis=0))
    # from the smallest mask to the largest, evenly many images apart
    sizes = (comparison.labels[tested] > 0).mean(axis=(1, 2))
    in_order = tested[np.argsort(sizes, kind="stable")]
    some = in_order[np.linspace(0, len(in_order) - 1, min(N_IMAGES, len(in_order))).round().astype(int)]
    facts = comparison.description.arrays
    images = np.stack([rows.shown_image(comparison.arrays[row], (facts.low, facts.high)) for row in some])
    decided = {run.loss.name: np.stack([_decided(comparison, run, row) for row in some]) for run in runs}
    return Masked(images, comparison.labels[some], decided, comparison.description.n_classes)


def _decided(comparison: Comparison, run: Run, row: int) -> np.ndarray:
    """What the first seed that tests an image decides of it (height, width): of those that did not fail, if any."""
    tests = comparison.plan.tested[: len(run.seeds), row]
    [seed, *_] = [*np.flatnonzero(tests & run.finished), *np.flatnonzero(run.finished)]
    thresholds = comparison.outcome.thresholds.get(run.loss.name)
    outputs = run.outputs[seed, row].astype(np.float64)
    return run.loss.decide(outputs) if thresholds is None else decisions.decide(run.loss, outputs, thresholds[seed])


def _grid(data: Masked) -> Grid:
    n_images, n_columns = len(data.images), 2 + len(data.decided)
    return Grid(0.3 + _SIDE * n_columns, 0.6 + _SIDE * n_images, n_images, n_columns)


def _draw(axes: np.ndarray, data: Masked) -> None:
    for line, image, truth in zip(axes, data.images, data.truth, strict=True):
        for ax in line:
            ax.set(xticks=[], yticks=[])
            ax.grid(visible=False)
        rows.image(line[0], image)
        _mask(line[1], truth, ListedColormap(CLASSES[: data.n_classes]))
    for place, decided in enumerate(data.decided.values(), start=2):
        for ax, truth, of_image in zip(axes[:, place], data.truth, decided, strict=True):
            if data.n_classes == 2:  # 0 and 1 where it is right, 2 where class 1 is missed, 3 where it is not
                marked = np.where(of_image == truth, truth, 2 + of_image)
                _mask(ax, marked, ListedColormap([*CLASSES[:2], MISSED, WRONG]))
            else:
                _mask(ax, of_image, ListedColormap(CLASSES[: data.n_classes]))
    for ax, name in zip(axes[0], ("image", "mask", *data.decided), strict=True):
        ax.set_title(plain(name).replace("_", "_\n"), fontsize="small")


def _mask(ax: Any, classes: np.ndarray, colors: ListedColormap) -> None:
    ax.imshow(classes % colors.N, cmap=colors, vmin=-0.5, vmax=colors.N - 0.5, interpolation="nearest")


SECTION = Section(
    part="details",
    order=35,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="masks",
            alt="Some test images of {comparison}, their masks, and what a network of each loss decides",
            heading="Images, masks, and what each loss gives",
            legend="from the smallest mask to the largest; each loss by the first network that tests the image; of two "
            "classes white is found, blue is missed, orange is what is not there",
            data=_data,
            grid=_grid,
            draw=_draw,
        ),
    ),
)
