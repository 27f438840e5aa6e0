from dataclasses import replace

import numpy as np
import pytest

from stages.execution import cutting
from stages.execution.tuning import first_candidates, horizons, next_rate, selection, tune, variants
from stages.execution.unit_training import planned_cost
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss
from stages.records.plans import Part, Plan, Scaling
from stages.records.settings import Within
from stages.training.chunk import Candidate
from stages.training.unit import Table, Unit
from tests.training.units import keras_history, make_plan, make_unit, run_alone


@pytest.mark.parametrize(
    ("headline", "loss", "expected"),
    [
        ("mse", "huber", "mse"),
        ("rmse", "mae", "rmse"),
        ("mae", "mse", "mae"),
        ("r2", "mse", "loss"),
        ("accuracy", "hinge", "loss"),
        ("accuracy", "kl_divergence", "log_loss"),
        ("log_loss", "dice", "log_loss"),
        ("brier", "binary_crossentropy", "brier"),
        ("balanced_accuracy", "binary_crossentropy", "log_loss"),
        ("f1", "binary_focal_crossentropy", "log_loss"),
        ("my_scores:cost", "binary_crossentropy", "log_loss"),
        ("my_scores:cost", "mse", "loss"),
        ("accuracy", "dice", "loss"),
        ("recall_1", "hinge", "loss"),
        ("roc_auc", "hinge", "loss"),
    ],
)
def test_the_score_that_decides_also_chooses_where_it_is_a_mean_over_rows_and_not_one_of_decisions(
    headline, loss, expected
):
    assert selection(headline, LOSSES[loss]) == expected


def test_weights_of_classes_choose_by_what_is_trained_with_not_by_log_loss_which_takes_them_for_an_error():
    weighted = replace(LOSSES["binary_crossentropy"], class_weight="auto")
    assert selection("f1", weighted) == "loss"
    assert selection("log_loss", weighted) == "log_loss"


def test_where_decisions_are_by_the_losses_own_rule_accuracy_chooses_parameters():
    focal = replace(LOSSES["binary_focal_crossentropy"], options={"gamma": (1, 2)})
    assert selection("accuracy", focal, by_rule=True) == "accuracy"
    assert selection("accuracy", focal) == "log_loss"


def test_log_loss_chooses_only_between_probabilities():
    assert selection("log_loss", Loss("own", "mine:own", "zero_one", "sigmoid")) == "log_loss"
    assert selection("log_loss", Loss("own", "mine:own", "one_hot", "linear")) == "loss"


@pytest.mark.parametrize(
    ("loss", "options", "headline", "expected"),
    [
        ("huber", {"delta": (0.5, 1)}, "r2", "mse"),
        ("huber", {"delta": (0.5, 1)}, "mae", "mae"),
        ("binary_focal_crossentropy", {"gamma": (1, 2)}, "roc_auc", "log_loss"),
        ("hinge", {"activation": ("tanh", "linear")}, "roc_auc", "loss"),
    ],
)
def test_losses_with_parameters_to_choose_from_are_never_compared_by_their_own_value(loss, options, headline, expected):
    assert selection(headline, replace(LOSSES[loss], options=options)) == expected


def test_horizons_are_a_ninth_a_third_and_all_of_the_epochs():
    found = [horizons(tuned_unit("mse", epochs=each)) for each in (90, 100, 10, 3, 1)]
    assert found == [[10, 30, 90], [11, 33, 100], [1, 3, 10], [1, 3], [1]]


def test_a_rate_beyond_the_list_follows_by_the_same_factor():
    assert [next_rate(0.1, 0.3), next_rate(0.003, 0.001), next_rate(0.0003, 0.0001)] == [0.9, 0.000333333, 3.33333e-5]


def tuned_unit(name, rates=(0.01, 0.1), schedule=("cosine", "constant"), options=None, **changes):
    optimizer = {"name": "SGD", "learning_rate": rates, "momentum": 0.9, "schedule": schedule}
    unit = make_unit(name, **{"rates": rates, "optimizer": optimizer, **changes})
    loss = replace(unit.loss, options=options or {})
    return replace(unit, settings=unit.settings.model_copy(update={"loss": loss}))


def tuned(unit):
    return run_alone(lambda train: tune(unit, train))


class Answers:
    """Trains nothing: what a candidate costs at each epoch is a function's; it notes what was asked for."""

    def __init__(self, cost):
        self.cost, self.asked, self.chunks, self.seen = cost, [], [], []

    async def __call__(self, chunks):
        results = []
        for chunk in chunks:
            self.asked += [(each, chunk.epochs) for each in dict.fromkeys(chunk.candidates)]
            self.chunks.append(chunk.epochs)
            self.seen.append(chunk)
            n_seeds = len(chunk.unit.settings.seeds)
            noise = np.random.default_rng(0).normal(0, 1e-6, n_seeds)
            values = [[self.cost(each, epoch, chunk.epochs) + noise for each in chunk.candidates]
                      for epoch in range(1, chunk.epochs + 1)]  # fmt: skip
            values = np.array(values, np.float32).transpose(0, 2, 1)
            results.append({"values": values, "finished": np.isfinite(values).all(axis=0)})
        return results


RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)


def answered(unit, cost):
    answers = Answers(cost)

    async def work():
        return await tune(unit, answers)

    return run_alone(lambda _: work()), answers.asked


def test_the_better_half_goes_on_and_the_best_two_of_each_schedule_are_trained_to_the_end(monkeypatch):
    monkeypatch.setattr(cutting, "TRACING", 0)  # chunks are not filled up
    unit = tuned_unit("mse", RATES, epochs=90, seeds=range(12))

    def cost(candidate, epoch, _):  # best at 0.03, whatever the horizon; longer is better at first
        return abs(np.log(candidate.rate / 0.03)) + 0.1 * (candidate.schedule == "constant") + 1 / min(epoch, 30)

    found, asked = answered(unit, cost)
    by_horizon = {horizon: [each for each, epochs in asked if epochs == horizon] for horizon in (10, 30, 90)}
    assert len(by_horizon[10]) == 12
    assert {each.rate for each in by_horizon[30] if each.schedule == "cosine"} == {0.01, 0.03, 0.1}
    assert {(each.rate, each.schedule) for each in by_horizon[90]} == {
        (rate, schedule) for rate in (0.03, 0.01) for schedule in ("cosine", "constant")
    }
    assert (found.rate, found.schedule, found.epochs, found.n_seeds) == (0.03, "cosine", 30, 10)
    assert not found.at_edge
    assert sum(epochs for _, epochs in asked) * 10 == planned_cost(unit)


def test_tuning_an_output_costs_less_than_half_of_the_grid_of_all_rates_with_thirty_seeds():
    unit = tuned_unit("hinge", RATES, epochs=99, seeds=range(30), options={"activation": ("tanh", "linear")})
    full_grid = len(RATES) * 30 * 99
    assert planned_cost(unit) / len(variants(unit)) <= 0.45 * full_grid


def test_a_rate_that_stays_is_trained_no_longer_once_it_is_best_before_the_last_third():
    _, asked = answered(tuned_unit("mse", RATES, epochs=90), lambda each, epoch, _: each.rate + abs(epoch - 15))
    assert {each.schedule for each, epochs in asked if epochs == 90} == {"cosine"}


def test_of_equals_the_shortest_horizon_is_taken_and_nothing_is_extended():
    found, asked = answered(tuned_unit("mse", RATES, epochs=90), lambda each, *_: float(each.rate != 0.03))
    assert (found.rate, found.epochs, found.at_last_epoch) == (0.03, 1, False)
    assert found.schedule == "constant"
    assert {rate.rate for rate, _ in asked} == set(RATES)
    assert max(epochs for _, epochs in asked) == 90


def test_a_best_at_an_end_of_the_rates_extends_them_by_up_to_three():
    found, asked = answered(tuned_unit("mse", (0.01, 0.1), "cosine", epochs=9), lambda each, *_: 1 / each.rate)
    assert sorted({each.rate for each, _ in asked}) == [0.01, 0.1, 1.0, 10.0, 100.0]
    assert (found.rate, found.at_edge) == (100.0, True)
    found, _ = answered(tuned_unit("mse", (0.01, 0.1), "cosine", epochs=9), lambda each, *_: abs(each.rate - 1e-3))
    assert (found.rate, found.at_edge) == (0.001, False)


def test_a_best_at_the_longest_horizon_is_trained_for_three_times_as_long_once():
    found, asked = answered(
        tuned_unit("mse", RATES, "cosine", epochs=90), lambda each, _, horizon: (each.rate != 0.03) + 1 / horizon
    )
    assert [each for each in asked if each[1] > 90] == [(Candidate(0.03, "cosine"), 270)]
    assert (found.epochs, found.at_last_epoch) == (270, True)


def test_more_epochs_than_were_asked_for_are_taken_only_where_they_are_clearly_ahead():
    differ = np.tile([-0.01, 0.009], 5)  # between seeds, of which there are ten: lower on the whole by chance

    def cost(candidate, _, horizon):
        return (candidate.rate != 0.03) + 1 / min(horizon, 90) + (horizon > 90) * differ

    found, asked = answered(tuned_unit("mse", RATES, "cosine", epochs=90, seeds=range(10)), cost)
    assert max(epochs for _, epochs in asked) == max(found.horizons) == 270
    assert found.reached.argmin() == found.horizons.argmax()
    assert (found.rate, found.epochs, found.at_last_epoch, found.firmness) == (0.03, 90, False, 1)


def test_the_next_lower_rate_is_trained_for_the_horizon_of_the_best(monkeypatch):
    monkeypatch.setattr(cutting, "TRACING", 0)

    def cost(candidate, _, horizon):  # the longer, the lower is the best rate
        best = {1: 0.1, 3: 0.1, 9: 0.01}.get(horizon, 0.01)
        return abs(np.log(candidate.rate / best)) + (100 / horizon)

    found, asked = answered(tuned_unit("mse", RATES, "cosine", epochs=9), cost)
    # 0.1 and 0.3 get to the longest horizon; the best lies below them
    assert {each.rate for each, horizon in asked if horizon == 9} == {0.3, 0.1, 0.03}
    assert found.rate == 0.03


def test_where_a_chunk_has_room_the_next_lower_rate_is_trained_in_it_and_by_no_program_of_its_own():
    answers = Answers(lambda each, epoch, _: abs(np.log(each.rate / 0.1)) - 0.01 * min(epoch, 9))

    async def work():
        return await tune(tuned_unit("mse", RATES, epochs=9), answers)

    found = run_alone(lambda _: work())
    assert answers.chunks.count(9) == 1
    assert {(each.rate, each.schedule) for each, epochs in answers.asked if epochs == 9} == {
        (rate, schedule) for rate in (0.3, 0.1, 0.03) for schedule in ("cosine", "constant")
    }
    assert found.rate == 0.1


def test_a_candidate_of_which_a_seed_failed_is_taken_only_where_there_is_none_with_fewer():
    def cost(candidate, *_):
        return np.nan if candidate.rate == 0.1 else 5.0

    found, _ = answered(tuned_unit("mse", (0.01, 0.1), "cosine", epochs=9), cost)
    assert found.rate != 0.1
    assert found.n_failed[found.rates == 0.1].tolist() == [3]
    assert np.isnan(found.curves[found.rates == 0.1]).all()
    everywhere, _ = answered(tuned_unit("mse", (0.01, 0.1), "cosine", epochs=9), lambda *_: np.nan)
    assert (everywhere.n_failed == 3).all()
    assert everywhere.rate in everywhere.rates


def test_how_firm_a_choice_is_is_the_share_of_resamples_in_which_it_is_the_best():
    unit = tuned_unit("mse", (0.01, 0.1), "cosine", epochs=1, seeds=range(10))
    firm, _ = answered(unit, lambda each, _, horizon: each.rate * horizon)
    assert firm.firmness == 1

    class Noisy(Answers):
        async def __call__(self, chunks):
            results = await super().__call__(chunks)
            for chunk, result in zip(chunks, results, strict=True):
                seeds = np.random.default_rng(int(1000 * chunk.candidates[0].rate)).normal(size=10)
                for i, each in enumerate(chunk.candidates):
                    result["values"][:, :, i] = seeds if each.rate == 0.01 else -seeds + each.rate / 1000
            return results

    doubtful = run_alone(lambda _: tune(unit, Noisy(lambda *_: 0.0)))
    assert 0.4 < doubtful.firmness < 0.95


def test_where_all_rates_come_to_the_same_none_at_an_end_is_chosen_and_the_choice_is_not_called_firm():
    unit = tuned_unit("hinge", (0.05, 0.25, 1.25), epochs=9, seeds=range(10))
    found, _ = answered(unit, lambda *_: 0.178)
    ends = found.rates.min(), found.rates.max()
    assert found.rate not in ends
    assert found.horizons[found.chosen] == 1
    assert found.firmness < 0.2


def test_of_equal_rates_the_one_that_is_soonest_there_does_not_go_before_one_that_is_at_no_end():
    unit = tuned_unit("hinge", (0.05, 0.25, 1.25), "constant", epochs=90, seeds=range(10))
    soon = np.linspace(0.3, 0.178, 5)

    class Sooner(Answers):
        async def __call__(self, chunks):
            results = await super().__call__(chunks)
            for chunk, result in zip(chunks, results, strict=True):
                for i, each in enumerate(chunk.candidates):
                    curve = np.full(chunk.epochs, 0.178)
                    curve[:5] = 0.178 if each.rate == 1.25 else soon
                    result["values"][:, :, i] = curve[:, None]
            return results

    assert run_alone(lambda _: tune(unit, Sooner(lambda *_: 0.178))).rate in (0.05, 0.25)


def test_a_rate_that_stays_is_one_choice_however_long_it_was_trained():
    unit = tuned_unit("mse", (0.001, 0.01, 0.1), "constant", epochs=9, seeds=range(10))
    found, _ = answered(unit, lambda each, *_: abs(np.log10(each.rate) + 2))
    assert (found.rates == 0.01).sum() > 1
    assert found.firmness == 1


def test_every_output_of_a_loss_is_tuned_and_the_best_is_taken():
    unit = tuned_unit("hinge", (0.03,), "cosine", {"activation": ("tanh", "linear")}, epochs=9)
    assert [each.loss.activation for each in variants(unit)] == ["tanh", "linear"]

    class ByOutput(Answers):
        async def __call__(self, chunks):
            results = await super().__call__(chunks)
            for chunk, result in zip(chunks, results, strict=True):
                result["values"] += chunk.unit.loss.activation == "tanh"
            return results

    found = run_alone(lambda _: tune(unit, ByOutput(lambda *_: 1.0)))
    assert found.options == {"activation": "tanh"}  # of accuracy more is better
    assert planned_cost(unit) == 2 * planned_cost(variants(unit)[0])


def test_parameters_of_a_loss_are_candidates_like_rates():
    unit = tuned_unit("huber", (0.01, 0.1), "cosine", {"delta": (0.5, 2.0)}, selected_by="mse", epochs=9)
    assert first_candidates(unit) == [
        Candidate(rate, "cosine", (("delta", delta),)) for rate in (0.01, 0.1) for delta in (0.5, 2.0)
    ]
    found, _ = answered(unit, lambda each, *_: abs(each.rate - 0.01) + dict(each.parameters)["delta"])
    assert (found.rate, found.options) == (0.01, {"delta": 0.5})


def test_where_only_the_loss_is_chosen_it_is_trained_for_as_long_as_the_others():
    optimizer = {"name": "SGD", "learning_rate": 0.01, "momentum": 0.9}
    unit = tuned_unit("huber", None, options={"delta": (0.5, 2.0)}, optimizer=optimizer, selected_by="mse", epochs=9)
    # best after five epochs, and better the longer the horizon
    found, asked = answered(
        unit, lambda each, epoch, horizon: dict(each.parameters)["delta"] + abs(epoch - 5) + 1 / horizon
    )
    assert [(each.rate, epochs) for each, epochs in asked] == [(0.01, 9), (0.01, 9)]
    assert (found.epochs, found.options, found.at_edge, found.at_last_epoch) == (9, {"delta": 0.5}, False, False)


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
def test_curves_are_the_mean_over_seeds_of_what_keras_measures_on_validation_rows(name, score, optimizer, metric):
    rates = (0.003, 0.05)
    optimizer = {"name": optimizer, "learning_rate": rates, "global_clipnorm": 0.3}
    unit = make_unit(name, rates=rates, n_splits=2, seeds=(4, 0), selected_by=score, optimizer=optimizer)
    unit = replace(
        unit,
        settings=unit.settings.model_copy(
            update={"optimizer": unit.settings.optimizer.model_copy(update={"schedule": ("cosine", "constant")})}
        ),
    )
    found = tuned(unit)
    for schedule in ("cosine", "constant"):
        trial, histories = np.flatnonzero((found.horizons == 3) & (found.schedules == schedule))[0], []
        for position in range(2):
            _, history = keras_history(
                unit,
                position,
                (Part.TRAIN,),
                (Part.VALIDATION,),
                scaling=unit.plan.to_tune,
                epochs=3,
                rate=float(found.rates[trial]),
                schedule=found.schedules[trial],
                metric=[metric] if metric else [],
            )
            histories.append(history[f"val_{getattr(metric, '__name__', metric) or 'loss'}"])
        expected = np.mean(histories, axis=0)
        if score == "rmse":  # one scaled unit is two target units
            expected = 2 * np.sqrt(expected)
        np.testing.assert_allclose(found.curves[trial][:3], expected, rtol=0, atol=1e-5, err_msg=str(trial))
    assert (found.score, found.n_failed.sum()) == (score, 0)


def test_where_all_rates_reach_the_best_score_the_soonest_inside_the_list_is_taken():
    rates = (0.1, 0.3, 1.0, 3.0)
    unit = tuned_unit("binary_crossentropy", rates, "constant", epochs=20, selected_by="accuracy", hidden=[])
    # a row's class is the sign of its first feature, which every rate finds out
    features = np.random.default_rng(1).choice([-1.0, 1.0], unit.table.features.shape)
    table = Table(features, (features[:, 0] > 0).astype(int), 2)
    found = tuned(replace(unit, table=table, plan=make_plan(table, "binary", 3)))
    assert (found.rate, found.epochs, found.at_edge) == (1.0, 1, False)


@pytest.mark.thorough
def test_a_rate_at_which_seeds_fail_has_no_curve_and_is_not_chosen():
    found = tuned(tuned_unit("mse", (0.01, 0.05, 1e12), "constant"))
    failing = found.rates > 1e10
    assert (found.n_failed[failing] == 3).all()
    assert np.isnan(found.curves[failing]).all()
    assert found.rate < 1


@pytest.mark.endurance
def test_seeds_that_do_not_fit_into_memory_together_are_tuned_one_after_another(monkeypatch):
    unit = tuned_unit("mae", (0.01, 0.05), n_splits=2)
    together = tuned(unit)
    monkeypatch.setattr(cutting, "WEIGHTS", 200)
    in_turns = tuned(unit)
    np.testing.assert_allclose(in_turns.curves, together.curves, rtol=1e-5)
    assert (in_turns.rate, in_turns.epochs) == (together.rate, together.epochs)


def in_a_budget(unit, **changes):
    """A unit of 200 train rows (twenty of them to choose by) that is tuned within a budget on 50 of them."""
    sizes = {"budget": "1m", "minutes": 9, "rows": 200, "horizons": (20, 60, 180), "tuning_rows": 50, "tuning_seeds": 2}
    settings = unit.settings.model_copy(update={"within": Within(**sizes | changes), "batch_size": 10})
    rng = np.random.default_rng(0)
    parts = np.stack([rng.permutation(np.repeat(list(Part)[:3], [160, 40, 60])) for _ in range(2)]).astype(np.uint8)
    table = Table(rng.normal(size=(260, 5)), rng.normal(size=(260, 1)), 0)
    scaling = Scaling(np.zeros((2, 5)), np.zeros((2, 5)), np.ones((2, 5)), np.zeros((2, 1)), np.ones((2, 1)))
    split_of = np.arange(len(settings.seeds)) % 2
    return Unit(settings, table, Plan("shuffle", 0, False, parts, split_of, scaling, scaling))


def test_within_a_budget_fewer_seeds_halve_on_fewer_rows_and_the_best_two_are_checked_on_all(monkeypatch):
    """Of 50 rows 40 train, 4 steps a pass: 5, 15 and 45 passes. Of 200 160 train: 16 steps, and 180 are 11 passes."""
    monkeypatch.setattr(cutting, "TRACING", 0)
    unit = in_a_budget(tuned_unit("mse", RATES, schedule="cosine", seeds=range(12)))
    answers = Answers(lambda candidate, epoch, _: abs(np.log(candidate.rate / 0.03)) + 1 / epoch)

    async def work():
        return await tune(unit, answers)

    found, sizes = run_alone(lambda _: work()), {}
    for chunk in answers.seen:
        sizes.setdefault(chunk.epochs, set()).add(
            (len(chunk.unit.settings.seeds), *np.bincount(chunk.unit.plan.parts[0], minlength=4)[:3].tolist())
        )
    assert sizes == {5: {(2, 40, 10, 0)}, 15: {(2, 40, 10, 0)}, 45: {(2, 40, 10, 0)}, 11: {(2, 160, 40, 60)}}
    done = sum(len(set(chunk.candidates)) * 2 * chunk.epochs * (0.25 if chunk.epochs != 11 else 1)
               for chunk in answers.seen)  # fmt: skip
    # in passes over all rows; next to what is planned the next lower rate of the best is tried
    assert planned_cost(unit) <= done <= 1.25 * planned_cost(unit)
    checked = {each.rate for each, epochs in answers.asked if epochs == 11}
    assert checked == {0.03, 0.01}
    # 11 passes over 160 rows are 176 steps, which are 9 over the 200 that train in the end
    assert (found.rate, found.epochs, found.n_seeds, found.horizons[found.chosen]) == (0.03, 9, 2, 11)
    assert found.checked.sum() == 2
    assert found.checked[found.chosen]


def test_within_a_budget_no_horizon_is_extended_and_that_more_may_be_better_is_noted():
    unit = in_a_budget(tuned_unit("mse", (0.01, 0.1), schedule="cosine"))
    found, asked = answered(unit, lambda candidate, epoch, _: candidate.rate / epoch)
    assert max(epochs for _, epochs in asked) == 45
    assert found.at_last_epoch


def test_what_all_rows_say_decides_and_not_what_few_said():
    unit = in_a_budget(tuned_unit("mse", (0.01, 0.1), schedule="cosine"))
    on_all = {1, 4, 11}  # passes
    found, asked = answered(unit, lambda candidate, _, horizon: candidate.rate * (-1 if horizon in on_all else 1))
    few, every = ({each.rate for each, epochs in asked if (epochs in on_all) == which} for which in (False, True))
    assert found.rate == max(every)
    assert min(few) < max(every) < max(few)


def test_where_all_rows_halve_nothing_is_checked():
    unit = in_a_budget(tuned_unit("mse", (0.01, 0.1), schedule="cosine"), tuning_rows=200)
    found, asked = answered(unit, lambda candidate, epoch, _: candidate.rate / epoch)
    assert {epochs for _, epochs in asked} == {1, 4, 11}
    assert found.checked is None
