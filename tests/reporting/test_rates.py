import numpy as np
import pytest

from stages.reporting.drawing import plots, rates
from stages.verdicts.tuned import Tried
from tests.reporting.drawn import drawn

RED = "#D55E00"
LINES = {
    ("cosine", 10): [Tried(0.01, "cosine", 3.0, 10), Tried(0.1, "cosine", 2.0, 10)],
    ("cosine", 30): [Tried(0.01, "cosine", 1.0, 30), Tried(0.1, "cosine", np.nan, 30)],
    ("constant", 10): [Tried(0.01, "constant", 4.0, 7)],
}


@pytest.fixture
def axes():
    return plots.Grid(4, 3).figure()[1][0, 0]


def test_schedules_are_told_apart_by_lines_and_horizons_by_marks_and_shades_with_a_ring_around_the_choice(axes):
    assert rates.tuned(axes, LINES, ("cosine", 30, 0.01), RED, "validation mse", log=True) is axes
    lines = {
        (line.get_linestyle(), line.get_marker(), line.get_alpha()): line.get_xydata().tolist()
        for line in axes.lines
        if line.get_markersize() == 4
    }
    short, long = plots.MARKERS[:2]
    assert lines["-", short, 0.3] == [[0.01, 3.0], [0.1, 2.0]]
    assert lines["--", short, 0.3] == [[0.01, 4.0]]
    assert lines["-", long, 1.0][0] == [0.01, 1.0]
    assert [line.get_xydata().tolist() for line in axes.lines if line.get_markersize() == 13] == [[[0.01, 1.0]]]
    assert [line.get_xdata().tolist() for line in axes.lines if line.get_marker() == "x"] == [[0.1]]
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_xlabel()) == ("log", "log", "learning rate")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.01", "0.1"]


def test_the_legend_names_the_schedules_and_horizons_of_all_charts(axes):
    rates.legend(axes, [LINES, {("constant", 90): []}])
    [legend] = axes.figure.legends
    assert [each.get_text() for each in legend.get_texts()] == [
        "falls to 0", "constant", "10 epochs", "30 epochs", "90 epochs"
    ]  # fmt: skip


@pytest.mark.parametrize("width", [3.5, 7, 13])
def test_the_legend_is_no_wider_than_the_figure(width):
    figure, axes = plots.Grid(width, 4).figure()
    rates.legend(axes[0, 0], [{("cosine", horizon): [] for horizon in (11, 33, 100, 300)}, LINES])
    figure.draw_without_rendering()
    assert figure.legends[0].get_window_extent().width <= figure.bbox.width


def test_many_rates_are_not_all_named(axes):
    many = {("cosine", 10): [Tried(float(f"{10 ** (-k / 2):.3g}"), "cosine", 1.0 + k, 10) for k in range(17)]}
    rates.tuned(axes, many, ("cosine", 10, 1.0), RED, "validation mse", log=True)
    assert len(axes.get_xticks()) <= rates.NAMED_RATES


def test_the_chart_of_a_loss_has_a_line_for_each_schedule_and_horizon(make_comparison, make_tuning):
    tuning = make_tuning(
        rates=np.array([0.01, 0.1, 0.01]),
        schedules=np.array(["cosine", "cosine", "constant"]),
        horizons=np.array([2, 4, 4]),
    )
    [axes] = drawn(make_comparison("mse", tuning=tuning))["regression-tuning"].axes
    assert sorted(line.get_linestyle() for line in axes.lines if line.get_markersize() == 4) == ["-", "-", "--"]
