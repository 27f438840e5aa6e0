"""Rows that are images or sequences, as figures show them."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from stages.records.array_facts import ArrayFacts
from stages.reporting import registry
from stages.reporting.drawing import plots, rows
from stages.reporting.registry import Report
from stages.reporting.texts import setup_text

RNG = np.random.default_rng(0)


@pytest.fixture
def shown(make_comparison):
    """A comparison whose rows are arrays of a shape."""

    def make(loss, kind, shape, classes=()):
        comparison = make_comparison(loss)
        facts = ArrayFacts(kind, list(shape), "float32", -1.0, 1.0)
        changes = {"arrays": facts, "files": ["data/external/x.npz"]} | ({"classes": list(classes)} if classes else {})
        description = replace(comparison.description, **changes)
        arrays = RNG.uniform(-1, 1, (len(comparison.labels), *shape)).astype(np.float32)
        return replace(comparison, encoded=replace(comparison.encoded, description=description), arrays=arrays)

    return make


def drawn(data):
    grid = rows.grid(data)
    with mpl.rc_context(plots.STYLE):
        figure = Figure((grid.width, grid.height))
        axes = figure.subplots(grid.n_rows, grid.n_columns, squeeze=False)
        rows.draw(axes, data)
        figure.canvas.draw()
    return axes


def test_images_stand_beside_their_class_whatever_it_is_called(shown):
    comparison = shown("binary_crossentropy", "images", (4, 5, 1), classes=["$x_", "b" * 40])
    data = rows.examples(comparison)
    for label, group in enumerate(data.rows):
        first = np.flatnonzero(comparison.labels == label)[: rows.EACH]
        np.testing.assert_array_equal(group, comparison.arrays[first])
    axes = drawn(data)
    assert [ax[0].get_ylabel() for ax in axes] == [plots.plain("$x_"), "b" * rows.LONGEST]
    np.testing.assert_allclose(axes[0, 0].images[0].get_array(), (data.rows[0][0][..., 0] + 1) / 2)


def test_sequences_stand_in_the_order_of_their_target(shown):
    comparison = shown("mse", "sequences", (6, 2))
    data = rows.examples(comparison)
    by_target = np.argsort(comparison.labels[:, 0], kind="stable")
    np.testing.assert_array_equal(data.rows[0][0], comparison.arrays[by_target[0]])
    np.testing.assert_array_equal(data.rows[0][-1], comparison.arrays[by_target[-1]])
    [axes] = drawn(data)
    assert [len(ax.lines) for ax in axes] == [2] * len(axes)
    assert float(axes[0].get_xlabel()) == pytest.approx(comparison.labels.min(), rel=1e-3)


@pytest.mark.parametrize(("kind", "shape"), [("vectors", (4,)), ("images", (4, 4, 2)), ("arrays", (2, 2, 2, 2))])
def test_what_is_no_picture_is_not_drawn(shown, kind, shape):
    assert not rows.can_be_drawn(shown("mse", kind, shape))


@pytest.mark.parametrize("cells", [True, False])
def test_rows_and_their_numbers_are_shown_where_cells_may_be(shown, cells):
    comparison = shown("mse", "images", (4, 5, 1))
    report = Report([comparison], None, cells=cells)
    [section] = [each for each in registry.sections() if each.order == 20 and each.part == "data"]
    assert (section.content([comparison], report) is not None) == cells
    text = setup_text.source("x", {}, 7, comparison.encoded, cells=cells)
    assert text.startswith("7 images of 4 × 5 pixels and 1 channel in `data/external/x.npz`")
    assert ("with numbers from -1 to 1" in text) == cells
