import warnings
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from stages.records.store import Store
from stages.reporting.drawing import plots, svg
from stages.reporting.drawing.save import save
from stages.reporting.sections import forest
from tests.reporting.drawn import draw, drawn, names, pictures


def test_no_difference_is_drawn_to_a_baseline_that_never_finished(make_comparison):
    comparison = make_comparison("mse", "mae", failed=(0, 1, 2))
    assert comparison.outcome.margin == pytest.approx(0.05 * 0.5 / 3)
    assert forest.rows([comparison]) == []


def test_each_comparison_has_the_figures_that_suit_it(make_comparison, make_tuning):
    assert names(make_comparison("mse", "mae"))[:-1] == [
        "regression-losses",
        "forest",
        *(f"regression-{name}" for name in ("scores", "epochs", "predicted", "punishment", "mse-curves", "mae-curves")),
    ]
    assert names(make_comparison("hinge", tuning=make_tuning("accuracy")))[:-1] == [
        f"circles-{name}" for name in ("tuning", "scores", "epochs", "regions", "punishment", "hinge-curves")
    ]


def test_a_dataset_is_drawn_once(make_comparison):
    comparisons = [make_comparison("mse"), make_comparison("mse", comparison="fair", dataset="regression")]
    every = names(*comparisons)
    assert every.count("regression-data") == 1
    assert len(set(every)) == len(every)


def test_every_loss_has_a_chart_of_rates_whose_scales_are_alike_where_one_score_chose(make_comparison, make_tuning):
    axes = drawn(make_comparison("mse", "mae", tuning=make_tuning("mse")))["regression-tuning"].axes
    assert [ax.get_title() for ax in axes] == ["mse", "mae"]
    assert [ax.get_ylabel() for ax in axes] == ["validation mean squared error\n(scaled target)", ""]
    assert axes[0].get_ylim() == axes[1].get_ylim()
    own = drawn(make_comparison("mse", "mae", tuning=make_tuning("loss")))["regression-tuning"].axes
    assert [ax.get_ylabel() for ax in own] == ["validation loss", "validation loss"]


def test_predictions_far_beyond_the_target_do_not_flatten_the_others(make_comparison):
    comparison = make_comparison("mse", "mae")
    comparison.runs[1].outputs[0, 4] = 1e6
    one, other = drawn(comparison)["regression-predicted"].axes
    assert one.get_xlabel() == "actual (target units)"
    assert other.get_xlabel() == "actual (target units)\n1 of 9 points far beyond"
    assert other.get_ylim()[1] < 10


def test_predictions_and_targets_are_drawn_in_target_units(make_comparison):
    comparison = make_comparison("mse", center=100.0, spread=10.0)
    figures = drawn(comparison)
    points = figures["regression-predicted"].axes[0].collections[0].get_offsets()
    # test targets -0.5, 0 and 0.5; seed 0 is off by 0.1
    np.testing.assert_allclose(points[:3], [[95, 96], [100, 101], [105, 106]])
    bars = figures["regression-data"].axes[0].patches
    assert (bars[0].get_x(), bars[-1].get_x() + bars[-1].get_width()) == (pytest.approx(90), pytest.approx(112.5))


def test_failed_seeds_are_not_drawn_in_curves_nor_predictions(make_comparison):
    figures = drawn(make_comparison("mse", failed=(1,)))
    assert len(figures["regression-mse-curves"].axes[0].collections[0].get_segments()) == 2
    assert len(figures["regression-predicted"].axes[0].collections[0].get_offsets()) == 2 * 3


def test_a_failed_seed_whose_outputs_are_finite_is_not_drawn_among_predictions(make_comparison):
    comparison = make_comparison("mse")
    comparison.runs[0].failed.append(1)
    points = drawn(comparison)["regression-predicted"].axes[0].collections[0].get_offsets()
    # seeds 0 and 2 are off by 0.1 and 0.3
    np.testing.assert_allclose(points[:, 1] - points[:, 0], [0.1] * 3 + [0.3] * 3, rtol=1e-5)


def test_each_seed_is_drawn_on_the_rows_that_it_tests(make_comparison):
    comparison = make_comparison("mse", n_splits=3)
    comparison.plan.parts[1] = [2, 2, 0, 0, 0, 0, 0]
    points = drawn(comparison)["regression-predicted"].axes[0].collections[0].get_offsets()
    # the second seed is off by 0.2
    np.testing.assert_allclose(points[:, 0], [-0.5, 0, 0.5, -1, -0.5, -0.5, 0, 0.5])
    np.testing.assert_allclose(points[3:5, 1], [-0.8, -0.3], rtol=1e-5)


def test_failed_seeds_have_no_vote_in_the_regions(make_comparison):
    comparison = make_comparison("hinge", "squared_hinge", failed=(1,))
    for run in comparison.runs:
        run.regions.decisions[1] = 1
    shown = drawn(comparison)["circles-regions"].axes[0].images[0].get_array()
    # all others agree: as dense as it gets, in one colour
    assert np.unique(shown.reshape(-1, 4), axis=0).shape == (1, 4)
    np.testing.assert_allclose(shown[..., 3], 0.6)


def test_regions_without_a_seed_that_votes_say_so(make_comparison):
    comparison = make_comparison("hinge", "squared_hinge")
    comparison.runs[0].failed.extend([0, 1, 2])
    none, all_ = drawn(comparison)["circles-regions"].axes
    assert (none.get_title(), none.get_xlabel(), len(none.images)) == ("hinge", "every seed failed", 0)
    assert len(all_.images) == 1


def test_many_features_and_classes_are_shown_by_their_sizes(make_comparison):
    comparison = replace(make_comparison("kl_divergence"), features=None)
    figures = drawn(comparison)
    assert "blobs-regions" not in figures
    assert [bar.get_width() for bar in figures["blobs-data"].axes[0].patches] == [4, 4, 3]


@pytest.mark.parametrize("loss", ["mse", "hinge", "kl_divergence"])
def test_where_every_seed_failed_nothing_of_a_seed_is_drawn(make_comparison, tmp_path, loss):
    comparison, axes = make_comparison(loss, failed=(0, 1, 2)), {}
    for name, figure in drawn(comparison).items():
        figure.savefig(tmp_path / f"{name}.svg")
        axes[name.partition("-")[2]] = figure.axes
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
    assert not any("reliability" in name for name in names(make_comparison("hinge", "squared_hinge")))
    assert not any("reliability" in name for name in names(make_comparison("mse", "mae")))


def saved(every, folder, store=None):
    """Save figures; what is in the files, by name."""
    folder.mkdir()
    assert sorted(save(every, folder, store)) == sorted(picture.file for picture in every)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_figures_are_the_same_bytes_each_time(make_comparison, tmp_path):
    every = pictures(make_comparison("mse", "mae"))
    assert saved(every, tmp_path / "one") == saved(every, tmp_path / "two")


def test_text_in_a_figure_stays_text_in_every_script_without_a_warning(make_comparison, tmp_path):
    comparison = make_comparison("hinge")
    comparison.features.columns = ["年収", "रोगी"]
    every = [picture for picture in pictures(comparison) if picture.file == "circles-data.svg"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        [drawing] = saved(every, tmp_path / "figures").values()
    assert all(f">{name}</text>" in drawing.decode() for name in ("年収", "रोगी", "class 0"))


def test_digits_are_left_out_of_coordinates_and_not_of_labels():
    shape = '<path d="M 1.23456 0.5000001 L 10 2"/><text transform="translate(7.77777 3)">0.00125</text>'
    assert svg.compact(shape) == '<path d="M 1.23 0.5 L 10 2"/><text transform="translate(7.78 3)">0.00125</text>'


def test_only_figures_whose_arrays_changed_are_drawn_anew(make_comparison, tmp_path):
    store = Store(tmp_path / "store")
    first, other = make_comparison("mse"), make_comparison("hinge")
    before = saved(pictures(first, other), tmp_path / "before", store)
    marked = b"kept, not drawn"
    assert store.files() == []  # where units are
    kept = Store(tmp_path / "store" / ".figures")
    for path in kept.files():
        kept.put(path.name, {"svg": np.frombuffer(marked, np.uint8)})
    other.features.iloc[:] += 0.01
    after = saved(pictures(first, other), tmp_path / "after", store)
    changed = {name for name, drawing in after.items() if drawing != marked}
    assert set(before) == set(after)
    assert changed == {"circles-data.svg", "circles-regions.svg"}


def test_a_kept_figure_that_was_damaged_is_drawn_anew(make_comparison, tmp_path):
    store, every = Store(tmp_path / "store"), pictures(make_comparison("mse"))
    before = saved(every, tmp_path / "before", store)
    for path in (tmp_path / "store" / ".figures").iterdir():
        path.write_bytes(b"damaged")
    assert saved(every, tmp_path / "after", store) == before


@pytest.mark.parametrize("infinite", [slice(0, 3), slice(None)], ids=["somewhere", "everywhere"])
def test_what_a_loss_punishes_is_drawn_where_it_is_finite(make_comparison, tmp_path, infinite):
    comparison = make_comparison("mse", "mae")
    curve = comparison.runs[1].punishment
    values = curve["value"].to_numpy(copy=True)
    values[infinite] = np.inf
    run = replace(comparison.runs[1], punishment=curve.assign(value=values))
    figure = drawn(replace(comparison, runs=[comparison.runs[0], run]))["regression-punishment"]
    figure.savefig(tmp_path / "drawn.svg")
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
        [picture] = [each for each in pictures(comparison) if each.file == "circles-tuning.svg"]
        figure = draw(picture)
        figure.savefig(tmp_path / "tuning.svg")
    # the labels of the first axes begin at the edge of the figure, and the last axes end at the other
    first, last = figure.axes[0].get_tightbbox(), figure.axes[-1].get_tightbbox()
    assert first.x0 < 0.02 * figure.bbox.width
    assert last.x1 > 0.95 * figure.bbox.width


def test_for_one_new_table_beside_six_its_figures_alone_are_drawn(make_comparison, tmp_path):
    store = Store(tmp_path / "store")

    def another(number):
        comparison = make_comparison("mse", "mae")
        runs = [replace(run, outputs=run.outputs + number / 100) for run in comparison.runs]
        return replace(comparison, name=f"t{number}", dataset=f"t{number}", runs=runs)

    six, new = [another(number) for number in range(6)], another(6)
    before = saved(pictures(*six), tmp_path / "before", store)
    kept = Store(tmp_path / "store" / ".figures")
    for path in kept.files():
        kept.put(path.name, {"svg": np.frombuffer(b"kept, not drawn", np.uint8)})
    after = saved(pictures(*six, new), tmp_path / "after", store)
    drawn = {name for name, drawing in after.items() if drawing != b"kept, not drawn"}
    of_the_new = {picture.file for picture in pictures(new)}
    assert drawn <= of_the_new
    assert {"t6-losses.svg", "t6-predicted.svg", "forest.svg"} <= drawn
    assert set(after) == set(before) | of_the_new
