"""Each loss's own threshold: chosen on rows that it is not scored on, alike for outputs that rank rows alike."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import balanced_accuracy_score, cohen_kappa_score, f1_score

from stages.losses.catalogue import LOSSES
from stages.reporting import data_files
from stages.reporting.formats import plus_minus
from stages.reporting.sections import thresholds as thresholds_section
from stages.reporting.texts.verdict_text import verdict, verdict_cell
from stages.scores import catalogue, decisions
from stages.verdicts.held_out import shifts, thresholds
from stages.verdicts.held_out.rows import HeldOut, Unseen
from tests.verdicts.shifted import drawn

BCE, HINGE, SOFTMAX = LOSSES["binary_crossentropy"], LOSSES["hinge"], LOSSES["categorical_crossentropy"]
LINEAR = replace(HINGE, activation="linear")


def chosen(score, loss, labels, outputs, **settings):
    settings = {"n_classes": max(outputs.shape[1], 2), "weights": None, "clusters": None, "seed": 0} | settings
    own = HeldOut(np.arange(len(labels)), outputs)
    return thresholds.choose(catalogue.find(score, loss.task), loss, labels, own, **settings)


def test_rows_of_one_class_above_all_others_are_cut_between_the_two():
    labels = np.array([0] * 30 + [1] * 20)
    outputs = np.concatenate([np.linspace(0.01, 0.1, 30), np.linspace(0.2, 0.4, 20)])
    [threshold] = chosen("balanced_accuracy", BCE, labels, outputs[:, None])
    assert 0.1 < threshold < 0.2


def test_the_best_threshold_for_balanced_accuracy_is_where_odds_are_those_of_the_classes():
    labels, odds = drawn(20_000)
    [threshold] = chosen("balanced_accuracy", BCE, labels, expit(odds)[:, None])
    assert threshold == pytest.approx(0.1, abs=0.02)
    assert chosen("accuracy", BCE, labels, expit(odds)[:, None])[0] == pytest.approx(0.5, abs=0.07)


@pytest.mark.parametrize(("score", "by_sklearn"), [("balanced_accuracy", balanced_accuracy_score), ("f1", f1_score)])
def test_it_is_as_good_on_fresh_rows_as_the_best_of_them(score, by_sklearn):
    labels, odds = drawn(2000)
    [threshold] = chosen(score, BCE, labels, expit(odds)[:, None])
    fresh, theirs = drawn(50_000, seed=1)
    best = max(by_sklearn(fresh, expit(theirs) >= cut) for cut in np.linspace(0.02, 0.6, 60))
    assert by_sklearn(fresh, expit(theirs) >= threshold) > best - 0.01


@pytest.mark.parametrize("score", ["balanced_accuracy", "f1", "accuracy", "recall_1", "recall_0"])
def test_outputs_that_rank_rows_alike_get_the_same_decisions_whatever_their_unit(score):
    labels, odds = drawn(500)
    made = []
    for loss, each in ((BCE, expit(odds)), (BCE, expit(odds + 2.5)), (LINEAR, 3 * odds - 4)):
        threshold = chosen(score, loss, labels, each[:, None])
        made.append(decisions.decide(loss, each[:, None], threshold))
    assert 0 < made[0].sum() < 500
    assert (made[0] == made[1]).mean() > 0.995
    assert (made[0] == made[2]).mean() > 0.995


def test_for_recall_as_many_rows_are_flagged_as_are_positive():
    labels, odds = drawn(1000)
    threshold = chosen("recall_1", BCE, labels, expit(odds)[:, None])
    assert decisions.decide(BCE, expit(odds)[:, None], threshold).sum() == labels.sum()


def test_for_recall_of_one_of_several_classes_as_many_are_decided_as_it_as_are_of_it():
    generator = np.random.default_rng(0)
    labels = generator.choice(3, 900, p=[0.7, 0.2, 0.1])
    outputs = generator.dirichlet([1, 1, 1], 900) + 0.5 * np.eye(3)[labels]
    threshold = chosen("recall_2", SOFTMAX, labels, outputs)
    assert (decisions.decide(SOFTMAX, outputs, threshold) == 2).sum() == (labels == 2).sum()


def test_offsets_of_several_classes_undo_a_shift_of_their_outputs():
    generator = np.random.default_rng(0)
    labels = generator.choice(3, 3000, p=[0.85, 0.1, 0.05])
    strengths = 1.5 * np.eye(3)[labels] + generator.normal(size=(3000, 3))
    likelihood = 1.5 * strengths  # of each class; with the classes' shares the log-probabilities
    probabilities = np.exp(likelihood + np.log([0.85, 0.1, 0.05]))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    offsets = chosen("balanced_accuracy", SOFTMAX, labels, probabilities)
    decided = decisions.decide(SOFTMAX, probabilities, offsets)
    best = balanced_accuracy_score(labels, likelihood.argmax(axis=1))
    assert balanced_accuracy_score(labels, probabilities.argmax(axis=1)) < best - 0.15
    assert balanced_accuracy_score(labels, decided) > best - 0.01


def test_the_largest_output_stays_the_rule_where_no_other_is_better():
    labels = np.arange(60) % 3
    assert chosen("accuracy", SOFTMAX, labels, np.eye(3)[labels] * 0.9 + 0.03) == pytest.approx(np.zeros(3))


def test_weights_count_as_copies_do():
    labels, odds = drawn(400)
    counts = np.where(labels == 1, 3, 1)
    weighed = chosen("accuracy", BCE, labels, expit(odds)[:, None], weights=counts.astype(float))
    copied = chosen("accuracy", BCE, labels.repeat(counts), expit(odds)[:, None].repeat(counts, axis=0))
    assert weighed[0] == pytest.approx(copied[0], abs=0.06)
    assert weighed[0] < chosen("accuracy", BCE, labels, expit(odds)[:, None])[0] - 0.1


def test_it_is_the_same_each_time_and_its_resamples_those_of_the_seed():
    labels, odds = drawn(300)
    first, again, other = (chosen("f1", BCE, labels, expit(odds)[:, None], seed=seed)[0] for seed in (0, 0, 1))
    assert first == again != other


def test_none_is_chosen_where_a_class_has_no_row():
    assert chosen("balanced_accuracy", BCE, np.zeros(20, int), np.linspace(0, 1, 20)[:, None]) is None


def test_a_seed_is_given_rows_that_it_is_not_scored_on_from_networks_that_did_not_learn_from_them():
    outputs = np.arange(12.0).reshape(3, 4, 1)  # of seed s and row r, 4 s + r
    tested = np.array([[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]], bool)
    own = Unseen(outputs, tested).for_seed(1, tested[1])
    assert own.rows.tolist() == [0, 2, 3]
    assert own.outputs[:, 0].tolist() == [0, 10, 3]
    failed = Unseen(outputs, tested & np.array([[True], [True], [False]])).for_seed(1, tested[1])
    assert failed.rows.tolist() == [0, 3]


def test_for_new_rows_outputs_are_averaged_over_the_seeds_that_tested_a_row():
    outputs, tested = np.array([[1.0, 2.0], [5.0, 7.0]])[..., None], np.array([[1, 0], [1, 1]], bool)
    own = Unseen(outputs, tested).for_new_rows()
    assert own.rows.tolist() == [0, 1]
    assert own.outputs[:, 0].tolist() == [3, 7]


def test_what_is_ahead_at_one_half_only_is_not_better_at_thresholds_of_their_own(make_shifted):
    outcome = make_shifted().outcome
    pair = "binary_focal_crossentropy", "binary_crossentropy"
    assert outcome.by_rule.pairs[pair].verdict == "better"
    assert outcome.pairs[pair].verdict in ("equivalent", "inconclusive")
    gained = outcome.summaries["binary_crossentropy"].mean - outcome.by_rule.summaries["binary_crossentropy"].mean
    assert gained > 0.05


def test_the_score_is_that_of_decisions_at_the_threshold_of_each_seed(make_shifted):
    comparison = make_shifted()
    [run, _] = comparison.runs
    for seed, score in enumerate(comparison.outcome.scores[run.loss.name]):
        rows = comparison.plan.tested[seed]
        [threshold] = comparison.outcome.thresholds[run.loss.name][seed]
        decided = run.outputs[seed, rows, 0] >= threshold
        assert balanced_accuracy_score(comparison.labels[rows], decided) == pytest.approx(score)


def test_results_hold_scores_at_own_thresholds_also_of_a_loss_that_was_settled_sooner(make_shifted):
    comparison = make_shifted()
    first, second = comparison.runs
    sooner = replace(
        second,
        settings=second.settings.model_copy(update={"seeds": second.seeds[:5]}),
        outputs=second.outputs[:5],
        scores=second.scores[second.scores["seed"] < 5],
    )
    comparison = replace(comparison, runs=[first, sooner])
    table = data_files.results([comparison]).query("metric == 'balanced_accuracy at its own threshold'")
    assert table.groupby("loss")["seed"].apply(list).to_dict() == {
        first.loss.name: list(first.seeds),
        sooner.loss.name: [0, 1, 2, 3, 4],
    }
    assert table["value"].tolist() == [
        value for run in comparison.runs for value in comparison.outcome.scores[run.loss.name]
    ]


def test_a_threshold_knows_nothing_of_the_rows_that_its_seed_is_scored_on(make_shifted):
    comparison = make_shifted()
    tested = comparison.plan.tested[3]
    turned = replace(comparison, labels=np.where(tested, 1 - comparison.labels, comparison.labels))
    for loss, before in comparison.outcome.thresholds.items():
        after = turned.outcome.thresholds[loss]
        assert after[3] == before[3]
        assert (after[:3] != before[:3]).all()


def test_new_rows_are_decided_at_the_threshold_of_the_mean_of_networks(make_shifted):
    comparison = make_shifted()
    [threshold] = comparison.outcome.to_use
    of_seeds = comparison.outcome.thresholds[comparison.outcome.advice.best]
    assert threshold == pytest.approx(np.median(of_seeds), abs=0.05)


def test_comparisons_at_one_given_rate_and_scores_of_no_decisions_keep_the_losses_own_rule(make_shifted):
    given = {"optimizer": {"name": "SGD", "learning_rate": 0.01, "momentum": 0.9}}
    for comparison in (make_shifted(settings=given), make_shifted(headline="log_loss")):
        assert comparison.outcome.by_rule is None
        assert comparison.outcome.to_use is None
        assert comparison.outcome.thresholds == {}


def test_the_verdict_says_what_is_ahead_at_one_half_only_and_why(make_shifted):
    comparison = make_shifted()
    said = str(verdict(comparison))
    assert "At 0.5 `binary_focal_crossentropy` (0.8" in said
    assert "ahead at 0.5 only; its outputs are shifted" in said
    pair = comparison.outcome.pairs["binary_focal_crossentropy", "binary_crossentropy"]
    assert "ahead at 0.5 only; its outputs are shifted" in str(verdict_cell(comparison, pair))


def test_it_is_no_shift_where_losses_decide_alike_by_their_own_rule_or_the_lead_is_not_lost_by_thresholds(make_shifted):
    comparison = make_shifted()
    outcome, pair = comparison.outcome, ("binary_focal_crossentropy", "binary_crossentropy")
    assert shifts.explains(outcome, *pair)
    assert outcome.by_rule.shares[pair[0]][1] > 2 * outcome.by_rule.shares[pair[1]][1]
    alike = replace(outcome.by_rule, shares=dict.fromkeys(pair, np.array([0.8, 0.2])))
    kept = dict(outcome.pairs)
    kept[pair] = replace(outcome.by_rule.pairs[pair], verdict="inconclusive")  # as far ahead, and less sure
    for other in (replace(outcome, by_rule=alike), replace(outcome, pairs=outcome.pairs | kept)):
        assert not shifts.explains(other, *pair)
        vars(comparison)["outcome"] = other
        said = str(verdict_cell(comparison, other.pairs[pair]))
        left = {"equivalent": "does not matter", "inconclusive": "is not sure", "worse": "is the other way round"}
        expected = f"ahead at 0.5 only; at thresholds of their own the difference {left[other.pairs[pair].verdict]}"
        assert expected in said
        assert expected in str(verdict(comparison))
        assert "shifted" not in said


def test_the_report_shows_each_threshold_and_the_score_at_one_half_beside_it(make_shifted):
    comparison = make_shifted()
    [table] = [each["table"] for each in [thresholds_section.SECTION.content([comparison], None)]]
    assert table.head[1:] == (
        "threshold",
        "balanced_accuracy there",
        "balanced_accuracy at 0.5",
        "verdict at 0.5",
    )
    by_rule = comparison.outcome.by_rule.summaries["binary_focal_crossentropy"]
    assert table.rows[1][3] == plus_minus(by_rule)


@pytest.mark.parametrize("score", ["quadratic_kappa", "rank_error"])
def test_ranks_that_are_drawn_to_the_middle_are_decided_by_cuts_between_them(score):
    rank_mse = LOSSES["rank_mse"]

    def shrunk(n_rows, seed):
        generator = np.random.default_rng(seed)
        labels = generator.integers(0, 5, n_rows)
        ranks = 2 + 0.4 * (labels - 2) + 0.15 * generator.normal(size=n_rows)
        return labels, ranks, rank_mse.decode(ranks[:, None], 5)

    labels, _, outputs = shrunk(400, seed=0)
    offsets = chosen(score, rank_mse, labels, outputs)
    fresh, ranks, theirs = shrunk(20_000, seed=1)
    kappa = cohen_kappa_score(fresh, decisions.decide(rank_mse, theirs, offsets), weights="quadratic")
    best = cohen_kappa_score(fresh, np.digitize(ranks, 2 + 0.4 * np.array([-1.5, -0.5, 0.5, 1.5])), weights="quadratic")
    assert kappa > best - 0.01 > cohen_kappa_score(fresh, rank_mse.decide(theirs), weights="quadratic") + 0.05
