import io

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings

from stages.losses.catalogue import names_for
from stages.records.runs import Regions
from stages.reporting.drawing import plots
from tests.pages import seen, texts


@pytest.fixture
def axes():
    return plots.Grid(4, 3).figure()[1][0, 0]


def plane(points):
    """Features of a two-dimensional problem: (n_rows, 2)."""
    return pd.DataFrame(points, columns=["width", "height"])


def drawn(axes):
    """Draw for good, so that colours mapped from values are known."""
    axes.figure.savefig(io.BytesIO())
    return axes


def test_a_figure_has_the_size_and_the_axes_asked_for():
    figure, axes = plots.Grid(6, 2.5, 2, 3, sharex=True).figure()
    assert tuple(figure.get_size_inches()) == (6, 2.5)
    assert axes.shape == (2, 3)
    axes[0, 0].set_xlim(0, 7)
    assert axes[1, 0].get_xlim() == (0, 7)


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_losses_that_are_compared_have_colours_of_their_own(task):
    names = names_for(task)
    for some in (names[:10], names[-10:], names[::2][:10]):
        colors = plots.colors_of(some)
        assert len(set(colors.values())) == len(some)
        assert all(colors[name] == plots.colors_of([name])[name] for name in set(some) & set(names[:10]))


def test_a_variant_and_a_loss_of_ones_own_have_colours_that_the_others_have_not():
    alone, together = plots.colors_of(["huber"]), plots.colors_of(["mse", "huber_small", "huber", "pinball90"])
    assert together["huber"] == alone["huber"]  # the same on every page
    assert len(set(together.values())) == 4
    many = [f"own_{i}" for i in range(20)]
    assert set(plots.colors_of(many)) == set(many)


def test_classes_are_told_apart_by_colour_and_by_mark(axes):
    features = plane(np.arange(8.0).reshape(4, 2))
    assert plots.classes(axes, features, np.array([1, 0, 1, 2]), ["no", "yes", "$?$"]) is axes
    # what stands between dollars is no formula
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["class no", "class yes", r"class \$?\$"]
    np.testing.assert_array_equal(axes.collections[1].get_offsets(), features.iloc[[0, 2]])
    assert len({tuple(points.get_facecolor()[0]) for points in axes.collections}) == 3
    assert len({points.get_paths()[0].vertices.tobytes() for points in axes.collections}) == 3
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("width", "height")


def test_more_classes_than_colours_can_be_drawn(axes):
    plots.classes(axes, plane(np.zeros((12, 2))), np.arange(12), list("abcdefghijkl"))
    assert len(axes.collections) == 12
    assert axes.get_legend() is None  # it would hide the points


def test_a_target_is_shown_with_its_units_and_all_its_rows(axes):
    assert plots.target(axes, np.linspace(-3, 3, 50), "price (own units)") is axes
    assert sum(bar.get_height() for bar in axes.patches) == 50
    assert axes.get_xlabel() == "price (own units)"


def test_the_size_of_each_class_is_its_number_of_rows(axes):
    assert plots.class_sizes(axes, np.array([2, 0, 2, 2, 1]), ["a", "b", "c"]) is axes
    assert [bar.get_width() for bar in axes.patches] == [1, 1, 3]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]


def test_of_too_many_classes_the_largest_are_shown(axes):
    labels = np.repeat(np.arange(100), np.arange(100) + 1)
    plots.class_sizes(axes, labels, [f"c{i}" for i in range(100)])
    assert [bar.get_width() for bar in axes.patches] == list(range(41, 101))


def decided(*seeds):
    return Regions(np.array([0.0, 10.0]), np.array([0.0, 20.0]), np.array(seeds, np.int8))


def test_a_region_has_the_colour_of_the_class_most_seeds_give_paler_where_they_disagree(axes):
    seeds = ([[0, 1], [1, 2]],) * 3 + ([[0, 0], [2, 2]],)
    plots.regions(axes, decided(*seeds), plane(np.zeros((3, 2))), np.array([0, 1, 2]), "hinge")
    first, second, third = (mpl.colors.to_rgb(color) for color in plots._CLASSES[:3])
    expected = [[(*first, 0.6), (*second, 0.475)], [(*second, 0.475), (*third, 0.6)]]
    np.testing.assert_allclose(axes.images[0].get_array(), expected)
    assert (axes.images[0].origin, axes.images[0].get_extent()) == ("lower", [0, 10, 0, 20])
    assert axes.get_title() == "hinge"


@pytest.mark.parametrize("labels", [[0, 1, 2], [1, 2], [2], list(range(10))], ids=len)
def test_a_test_row_has_the_colour_of_its_class(axes, labels):
    plots.regions(axes, decided([[0, 0], [0, 0]]), plane(np.zeros((len(labels), 2))), np.array(labels), "mae")
    found = [mpl.colors.to_hex(color) for color in drawn(axes).collections[0].get_facecolor()]
    assert found == [plots._CLASSES[label % 8].lower() for label in labels]


def test_predictions_are_drawn_for_every_seed_against_the_line_of_equality(axes):
    actual, values = np.array([-2.0, 3.0, -2.0, 3.0]), np.array([-1.0, 2.0, -3.0, 4.0])
    assert plots.predicted(axes, actual, values, "mae", "#123456") is axes
    assert mpl.colors.to_hex(axes.collections[0].get_facecolor()[0]) == "#123456"
    assert axes.collections[0].get_offsets().tolist() == [[-2, -1], [3, 2], [-2, -3], [3, 4]]
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), [[-2, -2], [3, 3]])
    assert (axes.get_title(), axes.get_xlabel()) == ("mae", "actual (target units)")


def test_predictions_can_be_drawn_when_every_seed_failed(axes):
    plots.predicted(axes, np.empty(0), np.empty(0), "mae", "#123456")
    assert len(drawn(axes).collections[0].get_offsets()) == 0


def test_of_too_many_predictions_some_are_drawn_the_same_every_time():
    offsets = []
    for _ in range(2):
        axes = plots.Grid(4, 3).figure()[1][0, 0]
        actual = np.arange(plots.POINTS + 1000.0)
        plots.predicted(axes, actual, actual + 1, "mae", "#123456")
        offsets.append(axes.collections[0].get_offsets())
    assert len(offsets[0]) == plots.POINTS
    np.testing.assert_array_equal(offsets[0], offsets[1])
    np.testing.assert_array_equal(offsets[0][:, 1], offsets[0][:, 0] + 1)


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")  # which fonts there are is another matter
@settings(max_examples=30)
@given(texts)
@example(r"$\frac{$")
@example(r"\$ and $x")
@example("a\nb\ud800")
def test_a_users_text_is_drawn_as_it_is_and_is_no_formula(value):
    figure, [[points, bars, values]] = plots.Grid(9, 3, 1, 3).figure()
    plots.classes(
        points, pd.DataFrame(np.eye(2), columns=pd.Index([value, "y"], dtype=object)), np.array([0, 1]), [value, "no"]
    )
    plots.class_sizes(bars, np.array([0, 1]), [value, "no"])
    plots.target(values, np.arange(5.0), value)
    figure.savefig(io.BytesIO())
    line = seen(value) if len(seen(value)) <= 40 else f"{seen(value)[:39]}…"
    legend = points.get_legend().get_texts()[0].get_text().removeprefix("class ")
    for shown in (legend, points.get_xlabel(), bars.get_yticklabels()[0].get_text(), values.get_xlabel()):
        assert not mpl.cbook.is_math_text(shown)
        assert shown.replace(r"\$", "$") == line


def test_values_far_off_do_not_squash_the_others_and_are_counted(axes):
    values = np.append(np.random.default_rng(0).lognormal(size=300), [4e4, 5e4])
    plots.target(axes, values, "price (own units)")
    assert sum(bar.get_height() for bar in axes.patches) == 300
    assert axes.get_xlabel() == "price (own units)\n2 rows further off, up to 50,000"


def test_large_numbers_beside_an_axis_are_written_in_full(axes):
    axes.plot([0, 2e6], [0, 0.5])
    plots.group_thousands(axes.figure)
    drawn(axes)
    assert "1,000,000" in [label.get_text() for label in axes.get_xticklabels()]
    assert axes.xaxis.get_offset_text().get_text() == ""
    assert "0.5" in [label.get_text() for label in axes.get_yticklabels()]


def test_large_numbers_beside_a_logarithmic_axis_are_written_in_full(axes):
    axes.plot([0, 1], [2e5, 2e6])
    axes.set_yscale("log")
    plots.group_thousands(axes.figure)
    drawn(axes)
    labels = [
        axes.yaxis.get_major_formatter()(1e6),
        *(label.get_text() for label in axes.get_yticklabels(which="both")),
    ]
    assert "1,000,000" in labels
    assert "200,000" in labels
    assert not any("10^" in label for label in labels)
