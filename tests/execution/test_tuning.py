from dataclasses import replace

import numpy as np
import pytest

from stages.execution import tuning
from stages.execution.tuning import choose, next_rate, selection, tune
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss
from stages.records.plans import Part
from stages.training import chunk
from stages.training.unit import Table
from tests.training.units import in_turn, keras_history, make_plan, make_unit


@pytest.mark.parametrize(
    ("headline", "loss", "expected"),
    [
        ("mse", "huber", "mse"),
        ("rmse", "mae", "rmse"),
        ("mae", "mse", "mae"),
        ("r2", "mse", "loss"),
        ("accuracy", "hinge", "accuracy"),
        ("accuracy", "kl_divergence", "accuracy"),
        ("log_loss", "dice", "log_loss"),
        ("balanced_accuracy", "binary_crossentropy", "loss"),
        ("recall_1", "hinge", "loss"),
        ("roc_auc", "hinge", "loss"),
    ],
)
def test_the_score_that_decides_also_chooses_where_it_is_a_mean_over_rows(headline, loss, expected):
    assert selection(headline, LOSSES[loss]) == expected


def test_log_loss_chooses_only_between_probabilities():
    assert selection("log_loss", Loss("own", "mine:own", "zero_one", "sigmoid")) == "log_loss"
    assert selection("log_loss", Loss("own", "mine:own", "one_hot", "linear")) == "loss"


@pytest.mark.parametrize(
    ("curves", "n_failed", "higher_is_better", "expected"),
    [
        ([[3, 2, 2], [4, 1, 5]], [0, 0], False, (1, 1)),
        ([[3, 2, 2], [4, 1, 5]], [0, 0], True, (1, 2)),
        # of equals the fewest epochs, then a rate at no end of the list, then the lowest
        ([[3, 2, 2], [4, 2, 2]], [0, 0], False, (0, 1)),
        ([[5, 5, 2], [5, 2, 2]], [0, 0], False, (1, 1)),
        ([[0, 0, 1], [0, 1, 1], [0, 1, 1], [0, 0, 1]], [0] * 4, True, (1, 1)),
        ([[0, 1, 1], [0, 1, 1], [0, 0, 1], [0, 1, 1]], [0] * 4, True, (1, 1)),
        ([[0, 1, 1], [0, 0, 1], [0, 0, 1], [0, 1, 1]], [0] * 4, True, (0, 1)),
        ([[0, 1, 1], [1, 1, 1], [0, 0, 1], [0, 1, 1]], [0, 1, 0, 0], True, (0, 1)),
        ([[3, 2, 4], [0, 0, 0]], [0, 1], False, (0, 1)),  # one failed seed makes a rate the worst
        ([[3, 2, 4], [0, 1, 9]], [2, 1], True, (1, 2)),
        ([[np.nan] * 3, [5, np.nan, 7]], [1, 1], False, (1, 0)),
        ([[np.nan] * 3, [np.nan] * 3], [3, 3], True, (0, 2)),
    ],
)
def test_the_best_mean_of_the_rates_with_the_fewest_failed_seeds_is_chosen(
    curves, n_failed, higher_is_better, expected
):
    chosen = choose(np.array(curves, float), np.array(n_failed), higher_is_better=higher_is_better)
    assert chosen == expected


def test_a_rate_beyond_the_list_follows_by_the_same_factor():
    assert [next_rate(0.1, 0.3), next_rate(0.003, 0.001), next_rate(0.0003, 0.0001)] == [0.9, 0.000333333, 3.33333e-5]


def right(targets, outputs):
    """Whether a decision by the sign is right: (n_rows,)."""
    return ((targets >= 0) == (outputs >= 0))[:, 0]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "score", "optimizer", "metric"),
    [
        ("mse", "rmse", "Adam", "mse"),
        pytest.param("hinge", "accuracy", "RMSprop", right, marks=pytest.mark.endurance),
        pytest.param("categorical_crossentropy", "log_loss", "SGD", None, marks=pytest.mark.endurance),
        ("dice", "loss", "SGD", None),
    ],
)
def test_curves_are_the_mean_over_seeds_of_what_keras_measures_on_validation_rows(
    name, score, optimizer, metric, monkeypatch
):
    monkeypatch.setattr(tuning, "EXTENSIONS", 0)
    rates = (0.003, 0.05)
    unit = make_unit(
        name,
        rates=rates,
        n_splits=2,
        seeds=(4, 0),
        selected_by=score,
        optimizer={"name": optimizer, "learning_rate": rates},
    )
    chosen = in_turn(tune(unit))
    for rate in rates:
        histories = []
        for place in range(2):
            _, history = keras_history(
                unit,
                place,
                (Part.TRAIN,),
                (Part.VALIDATION,),
                scaling=unit.plan.to_tune,
                epochs=3,
                rate=rate,
                metric=[metric] if metric else [],
            )
            histories.append(history[f"val_{getattr(metric, '__name__', metric) or 'loss'}"])
        expected = np.mean(histories, axis=0)
        if score == "rmse":  # one scaled unit is two target units
            expected = 2 * np.sqrt(expected)
        [at] = np.flatnonzero(np.isclose(chosen.rates, rate))
        np.testing.assert_allclose(chosen.curves[at], expected, rtol=0, atol=1e-5, err_msg=str(rate))
    best = np.argmax(chosen.curves) if score == "accuracy" else np.argmin(chosen.curves)
    rate, epoch = np.unravel_index(best, chosen.curves.shape)
    assert (chosen.rate, chosen.epochs) == (chosen.rates[rate], epoch + 1)
    assert (chosen.score, chosen.n_failed.sum()) == (score, 0)


def test_where_all_rates_reach_the_best_score_the_soonest_inside_the_list_is_taken_and_none_is_added():
    rates = (0.1, 0.3, 1.0, 3.0)
    unit = make_unit("binary_crossentropy", rates=rates, epochs=20, selected_by="accuracy", hidden=[])
    # a row's class is the sign of its first feature, which every rate finds out
    features = np.random.default_rng(1).choice([-1.0, 1.0], unit.table.features.shape)
    table = Table(features, (features[:, 0] > 0).astype(int), 2)
    chosen = in_turn(tune(replace(unit, table=table, plan=make_plan(table, "binary", 3))))
    assert (chosen.curves.max(axis=1) == 1).all()
    assert (chosen.curves == 1).argmax(axis=1).tolist() == [3, 2, 0, 0]  # the epoch at which each is right everywhere
    assert (chosen.rate, chosen.epochs, chosen.at_edge, tuple(chosen.rates)) == (1.0, 1, False, rates)


@pytest.mark.thorough
def test_a_best_rate_at_the_end_of_the_list_extends_it_at_most_three_times():
    too_low = in_turn(tune(make_unit("mse", rates=(1e-6, 1e-5), epochs=2)))
    np.testing.assert_allclose(too_low.rates, [1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
    assert (too_low.rate, too_low.at_edge, too_low.at_last_epoch) == (0.01, True, True)
    too_high = in_turn(tune(make_unit("mae", rates=(1.0, 10.0), epochs=2)))
    assert too_high.rates[:-2].max() < 1
    assert too_high.curves.shape == (len(too_high.rates), 2)
    assert np.nanmin(too_high.curves) == too_high.curves[list(too_high.rates).index(too_high.rate), too_high.epochs - 1]


def test_a_list_of_one_rate_is_not_extended_and_its_epochs_are_chosen():
    chosen = in_turn(tune(make_unit("mse", rates=(0.05,))))
    assert (chosen.rates.tolist(), chosen.rate, chosen.at_edge) == ([0.05], 0.05, False)


def test_a_rate_at_which_seeds_fail_has_no_curve_and_is_not_chosen():
    chosen = in_turn(tune(make_unit("mse", rates=(0.01, 0.05, 1e12))))
    assert chosen.n_failed.tolist() == [0, 0, 3]
    assert np.isnan(chosen.curves[2]).all()
    assert chosen.rate < 1


@pytest.mark.thorough
def test_where_every_seed_fails_at_every_rate_the_lowest_is_taken_for_all_epochs():
    chosen = in_turn(tune(make_unit("mse", rates=(1e20, 1e21))))
    assert (chosen.n_failed > 0).all()
    assert (chosen.rate, chosen.epochs) == (chosen.rates[0], 3)
    assert chosen.at_edge


@pytest.mark.endurance
def test_seeds_that_do_not_fit_into_memory_together_are_tuned_one_after_another(monkeypatch):
    unit = make_unit("mae", rates=(0.01, 0.05), n_splits=2)
    together = in_turn(tune(unit))
    monkeypatch.setattr(chunk, "WEIGHTS", 200)
    in_turns = in_turn(tune(unit))
    np.testing.assert_allclose(in_turns.curves, together.curves, rtol=1e-5)
    assert (in_turns.rate, in_turns.epochs) == (together.rate, together.epochs)
