import io

import matplotlib as mpl
import numpy as np
import pytest

from stages.reporting.drawing import charts, plots
from stages.reporting.drawing.charts import ForestRow

COLORS = plots.colors_of(["mse", "mae", "msle"])


@pytest.fixture
def axes():
    return plots.Grid(4, 3).figure()[1][0, 0]


def drawn(axes):
    """Draw for good, so that ticks and colours are known."""
    axes.figure.savefig(io.BytesIO())
    return axes


def test_a_loss_has_one_colour_in_every_figure(axes):
    colors = plots.colors_of(["mse", "msle"])
    charts.final_scores(axes, {"msle": np.array([0.5]), "mse": np.array([0.25])}, colors, "score", log=False)
    found = [mpl.colors.to_hex(points.get_facecolor()[0]) for points in axes.collections]
    assert found == [colors[name].lower() for name in ("msle", "mse")]


def test_a_curve_has_every_seed_the_mean_and_the_middle_of_the_seeds(axes):
    train = np.array([[4.0, 1.0, 0.5], [2.0, 3.0, 0.5]])
    test = train + 1
    assert charts.curve(axes, train, test, "loss (mse)", log=False) is axes
    assert [line.get_label() for line in axes.lines] == ["train", "test"]
    for line, values, color in zip(axes.lines, (train, test), (charts.TRAIN, charts.TEST), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        np.testing.assert_allclose(line.get_ydata(), values.mean(axis=0))
        assert line.get_color() == color
    seeds, band = axes.collections[:2]
    assert [segment[:, 1].tolist() for segment in seeds.get_segments()] == train.tolist()
    # between 10 % and 90 % of the way from the lower seed to the higher
    low, high = band.get_paths()[0].vertices[:, 1].min(), band.get_paths()[0].vertices[:, 1].max()
    assert (low, high) == (0.5, pytest.approx(3.8))
    assert axes.get_ylabel() == "loss (mse)"


@pytest.mark.parametrize("log", [True, False])
def test_a_scale_is_logarithmic_when_asked_for(axes, log):
    scale = "log" if log else "linear"
    charts.curve(axes, np.ones((2, 3)), np.ones((2, 3)), "loss", log=log)
    assert axes.get_yscale() == scale
    other = plots.Grid(4, 3).figure()[1][0, 0]
    charts.final_scores(other, {"mse": np.array([0.5, 1])}, COLORS, "score", log=log)
    assert other.get_xscale() == scale


def test_final_scores_show_every_seed_the_mean_and_how_many_failed(axes):
    scores = {"mse": np.array([1.0, 2.0, 6.0]), "mae": np.array([np.nan, 4.0, np.nan]), "msle": np.full(3, np.nan)}
    assert charts.final_scores(axes, scores, COLORS, "test mse", log=False) is axes
    assert [points.get_offsets()[:, 0].tolist() for points in axes.collections] == [[1, 2, 6], [4], []]
    assert [line.get_xdata()[0] for line in axes.lines] == [3, 4]
    assert [text.get_text() for text in axes.texts] == ["2 failed", "3 failed"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["mse", "mae", "msle"]
    assert axes.get_xlabel() == "test mse"


@pytest.mark.parametrize("log", [True, False])
def test_final_scores_can_be_drawn_when_every_seed_failed(axes, log):
    charts.final_scores(axes, {"mse": np.full(3, np.nan)}, COLORS, "score", log=log)
    assert [text.get_text() for text in drawn(axes).texts] == ["3 failed"]


def test_final_scores_are_drawn_alike_every_time():
    offsets = []
    for _ in range(2):
        axes = plots.Grid(4, 3).figure()[1][0, 0]
        charts.final_scores(axes, {"mse": np.array([1.0, 2.0])}, COLORS, "score", log=False)
        offsets.append(axes.collections[0].get_offsets().tolist())
    assert offsets[0] == offsets[1]


def rows(*ends, verdict="inconclusive"):
    """Lines of a forest plot with intervals between these ends."""
    return [
        ForestRow(f"circles: {low} to {high}", (low + high) / 2, low, high, verdict, "binary_crossentropy")
        for low, high in ends
    ]


def shown_ticks(axes):
    """The ticks within the axes, and which of them have a name."""
    low, high = axes.get_xlim()
    return {
        float(place): label.get_text()
        for place, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        if low <= place <= high
    }


def test_a_forest_shows_the_interval_the_difference_and_the_verdict_of_each_loss(axes):
    charts.forest(axes, rows((-3, -2), verdict="worse") + rows((0, 0.5), verdict="equivalent"))
    lines = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]
    assert [list(line) for line in lines[1:]] == [[-3, -2], [0, 0.5]]  # after that at 0
    assert [text.get_text() for text in axes.texts] == ["worse than binary_crossentropy", "equivalent"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["circles: -3 to -2", "circles: 0 to 0.5"]


def test_verdicts_have_colours_and_marks_of_their_own(axes):
    charts.forest(axes, rows((-3, -2), verdict="worse") + rows((2, 3), verdict="better") + rows((-1, 2)))
    marks = [line for line in axes.lines if line.get_marker() not in ("None", None)]
    assert len({line.get_color() for line in marks}) == len({line.get_marker() for line in marks}) == 3


def test_differences_that_are_near_have_ticks_where_they_are(axes):
    charts.forest(axes, rows((-0.4, 0.2), (0.1, 0.6)))
    assert axes.get_xscale() == "linear"
    low, high = axes.get_xlim()
    assert (low < -1.4, high > 1.4, high < 2) == (True, True, True)
    assert len(shown_ticks(drawn(axes))) >= 4


@pytest.mark.parametrize("furthest", [20, 300, 5_000, 10**7])
def test_far_differences_have_ticks_up_to_them_of_which_no_two_names_lie_over_each_other(axes, furthest):
    charts.forest(axes, rows((-furthest, -furthest / 2), (0.1, 0.6)))
    ticks = shown_ticks(drawn(axes))
    assert min(ticks) <= -furthest / 10
    assert axes.get_xlim()[1] < 3
    named = [label for label in ticks.values() if label]
    assert 3 <= len(named) <= 12


def test_a_forest_can_be_drawn_of_what_has_no_interval(axes):
    charts.forest(axes, [ForestRow("a", -2.0, np.nan, np.nan, "too few seeds", "b")])
    assert axes.get_xlim()[0] < -2


def test_every_loss_is_in_one_chart_with_its_median_and_the_middle_of_its_seeds(axes):
    seeds = np.array([[4.0, 1.0], [2.0, 0.0], [3.0, 5.0]])
    curves = {"mse": seeds, "mae": seeds[:, :1], "msle": np.empty((0, 2))}
    assert charts.side_by_side(axes, curves, COLORS, "test mse", log=False) is axes
    mse, _, mae, _ = axes.lines
    assert mse.get_xydata().tolist() == [[1, 3], [2, 1]]
    assert mae.get_xydata().tolist() == [[1, 3]]
    band = axes.collections[0].get_paths()[0].vertices[:, 1]
    # 10 % and 90 % of the way between seeds that are sorted
    assert (band.min(), band.max()) == (pytest.approx(0.2), pytest.approx(4.2))
    assert axes.get_legend_handles_labels()[1] == ["mse", "mae"]
    colors = plots.colors_of(list(curves))
    assert [mpl.colors.to_hex(line.get_color()) for line in (mse, mae)] == [
        colors[name].lower() for name in ("mse", "mae")
    ]


def test_reliability_is_the_share_that_happened_beside_the_mean_probability_of_each_bin():
    [[axes]] = plots.Grid(3, 3).figure()[1]
    forecast, happened = np.array([0.1, 0.12, 0.95, 1.0]), np.array([False, True, True, True])
    charts.reliability(axes, forecast, happened, np.array([1.0, 3.0, 1.0, 1.0]), "black")
    _, line = axes.lines
    np.testing.assert_allclose(line.get_xdata(), [(0.1 + 3 * 0.12) / 4, 0.975])
    np.testing.assert_allclose(line.get_ydata(), [0.75, 1])


def test_a_loss_whose_name_begins_with_an_underscore_is_in_the_legend(axes):
    curves = {"_own": np.ones((2, 3)), "mse": np.ones((2, 3))}
    charts.side_by_side(axes, curves, {"_own": "#000000", "mse": "#999933"}, "test mse", log=False)
    axes.legend()
    assert [text.get_text().strip() for text in axes.get_legend().get_texts()] == ["_own", "mse"]
