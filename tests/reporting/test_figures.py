import multiprocessing
import warnings
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from stages.reporting import figures, plots


def drawings(comparison):
    """What makes each figure of a comparison, by file name."""
    return {drawing.name: drawing.make for drawing in figures.of_comparison(comparison)}


def drawn(comparison):
    """Every figure of a comparison, by file name."""
    return {name: make() for name, make in drawings(comparison).items()}


def test_no_difference_is_drawn_to_a_baseline_that_never_finished(make_comparison):
    comparison = make_comparison("mse", "mae", failed=(0, 1, 2))
    assert comparison.outcome.margin == pytest.approx(0.05 * 0.5 / 3)
    assert figures.forest_rows([comparison]) == []


def test_each_comparison_has_the_figures_that_suit_it(make_comparison, make_tuning):
    assert list(drawings(make_comparison("mse", "mae"))) == [
        f"regression-{name}.png" for name in ("scores", "epochs", "punishment", "predicted", "mse-curves", "mae-curves")
    ]
    assert list(drawings(make_comparison("hinge", tuning=make_tuning("accuracy")))) == [
        f"circles-{name}.png" for name in ("scores", "epochs", "punishment", "tuning", "regions", "hinge-curves")
    ]


def test_a_dataset_is_drawn_once(make_comparison):
    comparisons = [make_comparison("mse"), make_comparison("mse", comparison="fair", dataset="regression")]
    names = [drawing.name for drawing in figures.drawings(comparisons)]
    assert names.count("regression-data.png") == 1
    assert len(set(names)) == len(names)


def data(comparison):
    """The axes of the figure of a comparison's dataset."""
    return figures.drawings([comparison])[0].make().axes[0]


def test_rates_are_drawn_in_one_chart_where_all_were_chosen_by_one_score(make_comparison, make_tuning):
    comparison = make_comparison("mse", "mae", tuning=make_tuning("mse"))
    [axes] = drawn(comparison)["regression-tuning.png"].axes
    assert axes.get_ylabel() == "validation mean squared error (scaled\ntarget)"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["mse", "mae"]
    own = drawn(make_comparison("mse", "mae", tuning=make_tuning("loss")))["regression-tuning.png"].axes
    assert [ax.get_title() for ax in own] == ["mse", "mae"]


def test_predictions_far_beyond_the_target_do_not_flatten_the_others(make_comparison):
    comparison = make_comparison("mse", "mae")
    comparison.runs[1].outputs[0, 4] = 1e6
    one, other = drawn(comparison)["regression-predicted.png"].axes
    assert one.get_xlabel() == "actual (target units)"
    assert other.get_xlabel() == "actual (target units)\n1 of 9 points far beyond"
    assert other.get_ylim()[1] < 10


def test_predictions_and_targets_are_drawn_in_target_units(make_comparison):
    comparison = make_comparison("mse", center=100.0, spread=10.0)
    drawn = {name: draw().axes[0] for name, draw in drawings(comparison).items()}
    points = drawn["regression-predicted.png"].collections[0].get_offsets()
    # test targets -0.5, 0 and 0.5; seed 0 is off by 0.1
    np.testing.assert_allclose(points[:3], [[95, 96], [100, 101], [105, 106]])
    bars = data(comparison).patches
    assert (bars[0].get_x(), bars[-1].get_x() + bars[-1].get_width()) == (pytest.approx(90), pytest.approx(112.5))


def test_failed_seeds_are_not_drawn_in_curves_nor_predictions(make_comparison):
    drawn = {name: draw() for name, draw in drawings(make_comparison("mse", failed=(1,))).items()}
    assert len(drawn["regression-mse-curves.png"].axes[0].collections[0].get_segments()) == 2
    assert len(drawn["regression-predicted.png"].axes[0].collections[0].get_offsets()) == 2 * 3


def test_a_failed_seed_whose_outputs_are_finite_is_not_drawn_among_predictions(make_comparison):
    comparison = make_comparison("mse")
    comparison.runs[0].failed.append(1)
    points = drawn(comparison)["regression-predicted.png"].axes[0].collections[0].get_offsets()
    # seeds 0 and 2 are off by 0.1 and 0.3
    np.testing.assert_allclose(points[:, 1] - points[:, 0], [0.1] * 3 + [0.3] * 3, rtol=1e-5)


def test_each_seed_is_drawn_on_the_rows_that_it_tests(make_comparison):
    comparison = make_comparison("mse", n_splits=3)
    comparison.plan.parts[1] = [2, 2, 0, 0, 0, 0, 0]
    points = drawn(comparison)["regression-predicted.png"].axes[0].collections[0].get_offsets()
    # the second seed is off by 0.2
    np.testing.assert_allclose(points[:, 0], [-0.5, 0, 0.5, -1, -0.5, -0.5, 0, 0.5])
    np.testing.assert_allclose(points[3:5, 1], [-0.8, -0.3], rtol=1e-5)


def test_failed_seeds_have_no_vote_in_the_regions(make_comparison):
    comparison = make_comparison("hinge", "squared_hinge", failed=(1,))
    for run in comparison.runs:
        run.regions.decisions[1] = 1
    shown = drawn(comparison)["circles-regions.png"].axes[0].images[0].get_array()
    # all others agree: as dense as it gets, in one colour
    assert np.unique(shown.reshape(-1, 4), axis=0).shape == (1, 4)
    np.testing.assert_allclose(shown[..., 3], 0.6)


def test_regions_without_a_seed_that_votes_say_so(make_comparison):
    comparison = make_comparison("hinge", "squared_hinge")
    comparison.runs[0].failed.extend([0, 1, 2])
    none, all_ = drawn(comparison)["circles-regions.png"].axes
    assert (none.get_title(), none.get_xlabel(), len(none.images)) == ("hinge", "every seed failed", 0)
    assert len(all_.images) == 1


def test_many_features_and_classes_are_shown_by_their_sizes(make_comparison):
    comparison = replace(make_comparison("kl_divergence"), features=None)
    assert "blobs-regions.png" not in drawings(comparison)
    assert [bar.get_width() for bar in data(comparison).patches] == [4, 4, 3]


@pytest.mark.parametrize("loss", ["mse", "hinge", "kl_divergence"])
def test_where_every_seed_failed_nothing_of_a_seed_is_drawn(make_comparison, tmp_path, loss):
    comparison, axes = make_comparison(loss, failed=(0, 1, 2)), {}
    for name, figure in drawn(comparison).items():
        figure.savefig(tmp_path / name)
        axes[name.partition("-")[2].removesuffix(".png")] = figure.axes
    [scores] = axes["scores"]
    assert [text.get_text() for text in scores.texts] == ["3 failed"]
    assert [len(points.get_offsets()) for points in scores.collections] == [0]
    for name in {"epochs", f"{loss}-curves"}:
        assert not any(each.lines or each.collections for each in axes[name])
    of_seeds = {"mse": "predicted", "hinge": "regions", "kl_divergence": "reliability"}[loss]
    [own] = axes[of_seeds]
    assert sum(len(points.get_offsets()) for points in own.collections) == 0
    assert not own.images
    # what depends on no seed is there
    [line] = axes["punishment"][0].lines
    np.testing.assert_array_equal(line.get_ydata(), comparison.runs[0].punishment["value"])


@pytest.mark.parametrize(
    ("losses", "drawn_for"),
    [
        (("binary_crossentropy", "hinge"), ["binary_crossentropy"]),
        (("categorical_crossentropy", "kl_divergence"), ["categorical_crossentropy", "kl_divergence"]),
    ],
)
def test_reliability_is_drawn_for_losses_that_give_probabilities(make_comparison, losses, drawn_for):
    comparison = make_comparison(*losses)
    [figure] = [figure for name, figure in drawn(comparison).items() if "reliability" in name]
    assert [axes.get_title() for axes in figure.axes if axes.get_title()] == drawn_for


def test_losses_without_probabilities_have_no_reliability(make_comparison):
    assert not any("reliability" in name for name in drawings(make_comparison("hinge", "squared_hinge")))
    assert not any("reliability" in name for name in drawings(make_comparison("mse", "mae")))


def test_a_figure_that_is_saved_is_what_matplotlib_saves(make_comparison, tmp_path):
    every = figures.of_comparison(make_comparison("mse", "mae"))
    (tmp_path / "ours").mkdir()
    figures.save(every, tmp_path / "ours")
    for drawing in every:
        with mpl.rc_context(plots.STYLE):
            drawing.make().savefig(tmp_path / drawing.name)
        assert (tmp_path / "ours" / drawing.name).read_bytes() == (tmp_path / drawing.name).read_bytes()


@pytest.mark.parametrize("infinite", [slice(0, 3), slice(None)], ids=["somewhere", "everywhere"])
def test_what_a_loss_punishes_is_drawn_where_it_is_finite(make_comparison, tmp_path, infinite):
    comparison = make_comparison("mse", "mae")
    curve = comparison.runs[1].punishment
    values = curve["value"].to_numpy(copy=True)
    values[infinite] = np.inf
    run = replace(comparison.runs[1], punishment=curve.assign(value=values))
    figure = drawings(replace(comparison, runs=[comparison.runs[0], run]))["regression-punishment.png"]()
    figure.savefig(tmp_path / "drawn.png")
    expected = np.where(np.isinf(values), np.nan, values)
    for axes in figure.axes:
        lines = {line.get_color(): line.get_ydata() for line in axes.lines}
        other, own = lines.values()
        np.testing.assert_array_equal(own if axes.get_title() == "mae" else other, expected)
        assert np.isfinite(axes.get_ylim()).all()


@pytest.mark.parametrize("score", ["loss", "accuracy"])
def test_charts_of_many_rates_fill_their_figure(make_comparison, make_tuning, tmp_path, score):
    rates = 0.001 * 3.0 ** np.arange(9)
    curves = np.linspace(0.10675, 0.10661, 9)[:, None] * np.ones((9, 4))
    tuning = make_tuning(score, rates=rates, curves=curves, n_failed=np.zeros(9, int), rate=rates[7])
    losses = ("binary_crossentropy", "hinge", "squared_hinge", "binary_focal_crossentropy")
    comparison = make_comparison(*losses, tuning=tuning)
    with warnings.catch_warnings(), mpl.rc_context(plots.STYLE):
        warnings.simplefilter("error")  # of Matplotlib, that there was no room for the axes
        figure = drawings(comparison)["circles-tuning.png"]()
        figure.savefig(tmp_path / "tuning.png")
    # the labels of the first axes begin at the edge of the figure, and the last axes end at the other
    first, last = figure.axes[0].get_tightbbox(), figure.axes[-1].get_tightbbox()
    assert first.x0 < 0.02 * figure.bbox.width
    assert last.x1 > 0.95 * figure.bbox.width


class OnlyHere:
    """What makes a figure, and cannot be sent to another process."""

    def __call__(self):
        return plots.new(2, 2)[0]

    def __reduce__(self):
        raise AssertionError("sent to another process")


@pytest.mark.skipif(multiprocessing.get_start_method() != "fork", reason="processes begin with nothing here")
def test_what_is_drawn_is_not_sent_to_the_processes_that_draw_once_more_for_each_figure(tmp_path):
    figures.save([figures.Drawing(f"{name}.png", OnlyHere()) for name in "abc"], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "b.png", "c.png"]
