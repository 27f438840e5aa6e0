"""The picture of the first screen: losses, best first, in the score's own units."""

import itertools

import numpy as np
import pytest

from stages.reporting.drawing import panel, plots
from stages.reporting.drawing.panel import Panel, Row
from tests.reporting.drawn import draw, pictures

ROWS = [
    Row("log_cosh", 15752.0, "15,750", 15600.0, 15910.0, "equivalent"),
    Row("mse", 15776.0, "15,780", 15776.0, 15776.0, "best"),
    Row("mape", 17163.0, "17,160", 16900.0, 17420.0, "worse"),
]


def drawn(rows, margin=789.0, best=15776.0):
    """The axes of a panel, laid out as they are saved."""
    made = Panel(rows, best, margin, "root mean squared error (target units)", higher_is_better=False)
    figure, axes = plots.Grid(panel.WIDTH, panel.height(made)).figure()
    panel.draw(axes[0, 0], made)
    figure.set_layout_engine("constrained")
    figure.draw_without_rendering()
    return axes[0, 0]


def marks(axes):
    return [line for line in axes.lines if line.get_marker() not in ("None", "", None)]


def test_losses_stand_from_top_to_bottom_with_their_scores_and_intervals():
    axes = drawn(ROWS)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["log_cosh", "mse", "mape"]
    assert [text.get_text() for text in axes.texts] == ["15,750", "15,780", "17,160"]
    assert [line.get_xdata()[0] for line in marks(axes)] == [15752, 15776, 17163]
    bars = [list(line.get_xdata()) for line in axes.lines if line not in marks(axes)]
    assert [15600.0, 15910.0] in bars
    [band] = axes.patches
    assert (band.get_x(), band.get_x() + band.get_width()) == (15776 - 789, 15776 + 789)


def test_verdicts_are_told_apart_without_colour():
    verdicts = enumerate(["best", "worse", "equivalent", "inconclusive"])
    rows = [Row(verdict, 1.0 + number / 10, "1", 0.9, 1.4, verdict) for number, verdict in verdicts]
    assert len({line.get_marker() for line in marks(drawn(rows, margin=0.1, best=1.0))}) == 4


def test_a_key_says_what_the_marks_that_are_drawn_the_bars_and_the_band_stand_for():
    def key(rows, margin):
        [legend] = drawn(rows, margin=margin).figure.legends
        return [text.get_text() for text in legend.get_texts()]

    bars, line = "95 % interval", "bar misses it: worse"
    assert key(ROWS, 789.0) == ["use this", "as good", "worse", bars, "bar inside it: as good", line]
    assert key([ROWS[1]], 0.0) == ["use this"]
    assert key([ROWS[1], Row("mae", 16000.0, "16,000", 15700.0, 16300.0, "inconclusive")], 0.0) == [
        "use this",
        "may be as good",
        bars,
        line,
    ]
    better = [ROWS[1], Row("mae", 15000.0, "15,000", 14900.0, 15100.0, "better")]
    assert key(better, 0.0) == ["use this", "better", bars, "bar misses it: differs"]
    legend = drawn([*ROWS, Row("mae", 16000.0, "16,000", 15700.0, 16300.0, "inconclusive")]).figure.legends[0]
    figure = legend.figure.bbox
    box = legend.get_window_extent()
    assert (figure.x0 <= box.x0, box.x1 <= figure.x1 + 1, figure.y0 - 1 <= box.y0) == (True, True, True)


def test_one_loss_far_off_does_not_squash_the_others():
    near = [Row(f"loss_{i}", 1 + 0.01 * i, "1", 0.98 + 0.01 * i, 1.02 + 0.01 * i, "inconclusive") for i in range(5)]
    axes = drawn([*near, Row("far", 1e6, "1,000,000", 9e5, 1.1e6, "worse")], margin=0.02, best=1.0)
    assert axes.get_xlim()[1] < 1.3
    assert [line.get_marker() for line in marks(axes)][-1] == ">"
    positions = [axes.transData.transform((row.value, 0))[0] for row in near]
    assert np.diff(positions).min() > 10  # pixels


def test_an_interval_that_goes_on_beyond_the_axis_ends_in_an_arrow():
    near = [Row(f"loss_{i}", 1 + 0.01 * i, "1", 0.98 + 0.01 * i, 1.02 + 0.01 * i, "inconclusive") for i in range(4)]
    axes = drawn([*near, Row("wide", 1.02, "1", -5.0, 7.0, "inconclusive")], margin=0.02, best=1.0)
    low, high = axes.get_xlim()
    at_edges = [(line.get_marker(), line.get_xdata()[0]) for line in marks(axes) if line.get_marker() in "<>"]
    assert at_edges == [("<", low), (">", high)]
    assert all(line.get_marker() not in "<>" for line in marks(drawn(near, margin=0.02, best=1.0)))


def test_a_long_name_has_two_lines_rather_than_an_end_that_is_cut():
    names = ["sparse_categorical_crossentropy", "categorical_crossentropy", "a" * 60, "x_" * 20 + "y" * 20]
    axes = drawn([Row(name, 1.0, "1", 0.9, 1.1, "inconclusive") for name in names], margin=0.1, best=1.0)
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert shown[:2] == ["sparse_categorical_\ncrossentropy", "categorical_crossentropy"]
    assert all(text.endswith("…") and len(text) < 30 for text in shown[2:])


VALUES = [[0.0, 0.0], [1.0], [5.0, 5.0, 5.0], [-3.0, 2.0], [1e-9, 2e-9], [1e12, 3e12]]


@pytest.mark.parametrize("values", VALUES, ids=str)
def test_any_values_are_drawn_within_the_axes(values):
    verdicts = ["best", *["inconclusive"] * len(values)]
    rows = [
        Row("a loss", each, str(each), each, each, verdict) for each, verdict in zip(values, verdicts, strict=False)
    ]
    axes = drawn(rows, margin=0.0, best=values[0])
    low, high = axes.get_xlim()
    assert np.isfinite([low, high]).all()
    assert low < high
    assert all(low <= line.get_xdata()[0] <= high for line in marks(axes))


@pytest.mark.parametrize("width", [0.01, 0.03, 0.07, 0.1, 0.13, 0.3, 0.8])
def test_a_number_on_the_axis_is_where_it_says(width):
    axes = drawn([Row("mae", 0.8, "0.8", 0.8, 0.8 + width, "worse")], margin=0.0, best=0.8)
    low, high = axes.get_xlim()
    ticks = [label for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]
    assert len(ticks) > 1
    assert [float(label.get_text()) for label in ticks] == pytest.approx([tick.get_position()[0] for tick in ticks])


def test_numbers_on_the_axis_have_the_power_of_ten_of_the_recommended_losss_score():
    rows = [Row("mae", 2.3e-6, "2.3e-6", 2.3e-6, 2.3e-6, "best"), Row("mse", 8.6e-6, "8.6e-6", 2e-6, 19e-6, "worse")]
    axes = drawn(rows, margin=1e-7, best=2.3e-6)
    low, high = axes.get_xlim()
    ticks = [label for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]
    assert [label.get_text() for label in ticks] == ["5e-6", "10e-6", "15e-6"]
    assert [float(label.get_text()) for label in ticks] == pytest.approx([tick.get_position()[0] for tick in ticks])


@pytest.mark.parametrize("scale", [1e-8, 1.0, 123_456.0])
@pytest.mark.parametrize("n_losses", [2, 5, 16])
def test_no_label_lies_over_another(scale, n_losses):
    values = [scale * (1 + number / 50) for number in range(n_losses)]
    name = "a_loss_with_a_rather_long_name"
    rows = [Row(f"{name}_{each:g}", each, f"{each:.4g}", scale, scale * 1.1, "worse") for each in values]
    axes = drawn(rows, margin=0.03 * scale, best=scale)
    low, high = axes.get_xlim()
    ticks = [label for label in axes.get_xticklabels() if low <= label.get_position()[0] <= high]
    assert len(ticks) > 1
    texts = [*axes.get_yticklabels(), *ticks, *axes.texts, axes.xaxis.label]
    boxes = [text.get_window_extent() for text in texts]
    assert [(a, b) for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)] == []
    whole = axes.figure.bbox
    assert all(whole.x0 <= box.x0 and box.x1 <= whole.x1 + 1 and whole.y0 <= box.y0 for box in boxes)


def test_the_picture_of_a_comparison_is_of_its_own_scores(make_decided):
    generator = np.random.default_rng(0)
    right = {"hinge": generator.random((5, 402)) < 0.9, "squared_hinge": generator.random((5, 402)) < 0.6}
    comparison = make_decided(right)
    [picture] = [each for each in pictures(comparison) if each.file == "circles-losses.svg"]
    axes = draw(picture).axes[0]
    means = comparison.outcome.summaries
    assert marks(axes)[0].get_xdata()[0] == pytest.approx(means["hinge"].mean)
    assert axes.get_xlabel() == "accuracy (share of rows): more is better"
    pair = comparison.outcome.pairs["squared_hinge", "hinge"]
    row = picture.data.rows[1]
    # positive differences are in favour of the loss: the score is the recommended one's plus the difference
    assert (row.low, row.high) == (means["hinge"].mean + pair.low, means["hinge"].mean + pair.high)


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("accuracy (share of rows)", ["accuracy (share of rows): less is better"]),
        ("mean squared error (scaled target)", ["mean squared error (scaled target):", "less is better"]),
        (
            "balanced accuracy (mean recall of the classes)",
            ["balanced accuracy (mean recall of the", "classes): less is better"],
        ),
    ],
)
def test_a_long_label_breaks_where_its_second_part_begins_if_that_is_enough(label, lines):
    assert panel._label(Panel([], 0.0, 0.0, label, higher_is_better=False)) == lines
