from dataclasses import replace

import numpy as np
import pytest

from stages.reporting import figures


def drawings(comparison):
    """What makes each figure of a comparison, by file name."""
    return {drawing.name: drawing.make for drawing in figures.of_comparison(comparison)}


def drawn(comparison):
    """Every figure of a comparison, by file name."""
    return {name: make() for name, make in drawings(comparison).items()}


def test_no_difference_is_drawn_to_a_baseline_that_never_finished(make_comparison):
    comparison = make_comparison("mse", "mae", failed=(0, 1, 2))
    assert comparison.margin == pytest.approx(0.05 * 0.5 / 3)
    assert figures.forest_rows([comparison]) == []


def test_each_dataset_has_the_figures_that_suit_it(make_comparison):
    assert list(drawings(make_comparison("mse", "mae"))) == [
        f"regression-{name}.png" for name in ("data", "scores", "punishment", "predicted", "mse-curves", "mae-curves")
    ]
    assert list(drawings(make_comparison("hinge"))) == [
        f"circles-{name}.png" for name in ("data", "scores", "punishment", "regions", "hinge-curves")
    ]


def test_predictions_far_beyond_the_target_do_not_flatten_the_others(make_comparison):
    comparison = make_comparison("mse", "mae")
    comparison.runs[1].outputs[0]["test"][0, 0] = 1e6
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
    bars = drawn["regression-data.png"].patches
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


def test_a_failed_seed_is_left_out_of_the_fold_it_trained_on(make_comparison):
    comparison = make_comparison("mse", n_seeds=5)
    # seeds 0, 2 and 4 train on the first fold, 1 and 3 on the second
    outputs = [{"test": comparison.runs[0].outputs[0]["test"][fold::2]} for fold in range(2)]
    run = replace(comparison.runs[0], outputs=outputs, failed=[2, 3])
    scaled = replace(comparison.scaled, folds=comparison.scaled.folds * 2)
    folds = replace(comparison, runs=[run], scaled=scaled, folds=comparison.folds * 2)
    points = drawn(folds)["regression-predicted.png"].axes[0].collections[0].get_offsets()
    np.testing.assert_allclose(points[:, 1] - points[:, 0], np.repeat([0.1, 0.5, 0.2], 3), rtol=1e-5)


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
    comparison = make_comparison("kl_divergence")
    for run in comparison.runs:
        object.__setattr__(run, "regions", None)
    drawn = drawings(comparison)
    assert list(drawn) == [f"blobs-{name}.png" for name in ("data", "scores", "punishment", "kl_divergence-curves")]
    assert [bar.get_width() for bar in drawn["blobs-data.png"]().axes[0].patches] == [4, 4, 3]


@pytest.mark.parametrize("loss", ["mse", "hinge", "kl_divergence"])
@pytest.mark.filterwarnings("error")
def test_figures_can_be_drawn_when_every_seed_failed(make_comparison, tmp_path, loss):
    for name, draw in drawings(make_comparison(loss, failed=(0, 1, 2))).items():
        draw().savefig(tmp_path / name)
