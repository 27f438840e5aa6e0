import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.reporting.texts.verdict_text import caution, verdict
from stages.verdicts.pairs import FEWEST_SEEDS

N_SEEDS, N_ROWS = 5, 402


def share(generator, accuracy, n_seeds=N_SEEDS, n_rows=N_ROWS):
    """Rows that are decided rightly with some probability, the same for every seed but for one row in fifty."""
    right = generator.random(n_rows) < accuracy
    return np.where(generator.random((n_seeds, n_rows)) < 0.02, ~right, right)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def test_one_loss_alone_gets_no_verdict(make_decided, generator):
    text = str(verdict(make_decided({"hinge": share(generator, 0.9)})))
    assert re.fullmatch(
        r"\*\*Nothing to compare: `hinge` alone was trained.\*\* Its test accuracy is 0\.\d+ ± 0\.\d+\.", text
    )


def test_one_loss_alone_that_learned_nothing_is_set_beside_a_constant_prediction(make_decided, generator):
    text = str(verdict(make_decided({"hinge": share(generator, 0.4)})))
    assert text.endswith("; that of a constant prediction, 0.5, it does not surely beat.")


def test_where_every_seed_failed_a_remedy_is_named(make_decided, generator):
    right, every = share(generator, 0.9), list(range(N_SEEDS))
    losses = {"hinge": right, "squared_hinge": right}
    expected = "**No answer: every network failed.** A smaller learning rate or another scaling may help."
    assert str(verdict(make_decided(losses, failed=dict.fromkeys(losses, every)))) == expected


def test_too_few_seeds_cannot_say_how_sure_the_best_mean_is(make_decided, generator):
    losses = {"hinge": share(generator, 0.9, 1), "squared_hinge": share(generator, 0.7, 1)}
    statement = verdict(make_decided(losses))
    assert statement.answer == "**Use `hinge`.** No loss is clearly the best: `squared_hinge` may be as good."


def test_a_loss_that_all_others_are_worse_than_is_the_one_to_train_with(make_decided, generator):
    losses = {"binary_crossentropy": share(generator, 0.75), "hinge": share(generator, 0.95)}
    statement = verdict(make_decided(losses))
    assert statement.lead == "Use `hinge`; avoid `binary_crossentropy`."
    assert re.fullmatch(r"The mean test accuracy of `hinge` is 0\.\d+ ± 0\.\d+, the best\.", statement.reasons[0])


def undecided(make_decided, n_seeds=N_SEEDS, **settings):
    """Two losses of which one is right on 30 rows where the other is not, and wrong on 20."""
    first = np.ones((n_seeds, N_ROWS), bool)
    first[:, -60:] = False  # which both get wrong
    second = first.copy()
    first[:, 10:30], second[:, 40:70] = False, False
    return make_decided({"hinge": first, "squared_hinge": second}, margin=0.001, **settings)


def test_a_difference_that_is_due_to_the_rows_is_settled_by_more_rows(make_decided):
    comparison = undecided(make_decided)
    assert comparison.outcome.pairs["hinge", "squared_hinge"].verdict == "inconclusive"
    statement = verdict(comparison)
    assert statement.answer == "**Use `hinge`.** No loss is clearly the best: `squared_hinge` may be as good."
    assert "More rows, not more seeds, would tell `squared_hinge` from `hinge`: 400 test rows are too few." in (
        statement.reasons
    )


def test_what_holds_on_these_very_rows_is_said_to_hold_on_them_alone(make_decided):
    # every seed has the same difference: 10 of 400 rows
    assert (
        "On these very rows `hinge` is ahead of `squared_hinge` (by 0.025, +0.0250 to +0.0250), which says nothing of "
        "others." in verdict(undecided(make_decided)).reasons
    )


def test_losses_that_differ_by_less_than_matters_may_all_be_taken(make_decided, generator):
    right = share(generator, 0.9)
    comparison = make_decided({"hinge": right, "squared_hinge": right}, margin=0.2)
    assert verdict(comparison).answer == "**Use `hinge`, which has the best score.** `squared_hinge` is as good."


def test_the_usual_loss_is_kept_where_another_is_better_by_less_than_matters(make_decided, generator):
    right = share(generator, 0.9)
    better = right.copy()
    better[:, np.flatnonzero(~right[0])[:2]] = True
    comparison = make_decided({"hinge": better, "binary_crossentropy": right}, margin=0.2)
    statement = verdict(comparison)
    assert comparison.outcome.advice.leader == "hinge"
    assert statement.answer == "**Use `binary_crossentropy`, the usual loss.** `hinge` is as good."
    assert re.match(
        r"`binary_crossentropy`, the usual loss, has a mean test accuracy of 0\.\d+ ± 0\.\d+; `hinge` has the best, "
        r"0\.\d+ ± 0\.\d+, no difference that matters\.",
        statement.reasons[0],
    )


def test_names_of_one_objective_that_were_trained_once_are_all_recommended(make_decided, generator):
    names = {"dice": ["tversky", "dice_2"]}
    one = "`tversky` and `dice_2` are other names of `dice`, one objective, which was trained once."
    alone = replace(make_decided({"dice": share(generator, 0.9)}), other_names=names)
    statement = verdict(alone)
    assert statement.answer == "**Use `dice`.** `tversky` and `dice_2` are other names of it."
    assert one in statement.reasons
    useless = replace(make_decided({"dice": share(generator, 0.4)}), other_names=names)
    assert verdict(useless).lead == "Nothing to compare: `dice` alone was trained."
    assert one in verdict(useless).reasons
    losses = {"dice": share(generator, 0.9), "hinge": share(generator, 0.7)}
    assert one in verdict(replace(make_decided(losses), other_names=names)).reasons


def test_losses_of_one_objective_are_called_so(make_decided, generator):
    right = share(generator, 0.9)
    comparison = make_decided({"hinge": right, "squared_hinge": right}, margin=0.001)
    runs = [replace(run, objective=np.arange(5.0)) for run in comparison.runs]
    statement = verdict(replace(comparison, runs=runs))
    assert statement.answer == "**Use `hinge`.** `squared_hinge` is the same loss."
    assert statement.reasons[1] == "`squared_hinge` is the same objective as `hinge`."


def test_no_loss_is_recommended_where_none_beats_a_constant_prediction(make_decided, generator):
    losses = {"hinge": share(generator, 0.5), "squared_hinge": share(generator, 0.45)}
    statement = verdict(make_decided(losses))
    assert statement.lead == "Use none of these: no loss surely beats the same guess for every row."
    assert statement.reasons[0].endswith("; such a guess has 0.5.")


def test_losses_that_do_no_better_than_a_constant_prediction_are_named(make_decided, generator):
    losses = {"binary_crossentropy": share(generator, 0.9), "hinge": share(generator, 0.5)}
    assert "`hinge` does not surely beat a constant prediction (0.5)." in verdict(make_decided(losses)).reasons


def test_a_loss_of_which_every_seed_failed_is_worse_and_that_is_why(make_decided, generator):
    right = share(generator, 0.9, n_seeds=10)
    statement = verdict(make_decided({"hinge": right, "squared_hinge": right}, failed={"squared_hinge": range(10)}))
    assert statement.lead == "Use `hinge`; avoid `squared_hinge`."


def test_a_loss_that_always_fails_is_never_the_best(make_decided, generator):
    losses = {"hinge": share(generator, 0.99), "squared_hinge": share(generator, 0.2)}
    comparison = make_decided(losses, failed={"hinge": list(range(N_SEEDS))})
    assert comparison.outcome.advice.best == "squared_hinge"


def rare(n_rows=N_ROWS):
    """Labels of which one in twenty is 1; the first two rows, which train, are one of each class."""
    labels = (np.arange(n_rows) % 20 == 1).astype(int)
    labels[0] = 0
    return labels


def test_accuracy_that_says_little_is_said_beside_the_verdict(make_decided, generator):
    losses = {"hinge": share(generator, 0.97), "squared_hinge": share(generator, 0.9)}
    comparison = make_decided(losses, labels=rare())
    assert "Accuracy says little here: always saying `0` is right in 95 %." in verdict(comparison).reasons
    assert caution(comparison, comparison.outcome.pairs["hinge", "squared_hinge"]) == "accuracy says little"
    balanced = make_decided(losses, labels=rare(), headline="balanced_accuracy")
    assert "Accuracy says little" not in str(verdict(balanced))


def test_few_rows_that_tell_are_said_beside_the_verdict(make_decided):
    right = np.ones((N_SEEDS, N_ROWS), bool)
    other = right.copy()
    other[:, 10:16] = False
    comparison = make_decided({"hinge": right, "squared_hinge": other}, margin=0.001)
    assert "are told apart by as few as" in str(verdict(comparison))
    assert caution(comparison, comparison.outcome.pairs["hinge", "squared_hinge"]) == "few rows tell"
    assert caution(undecided(make_decided), undecided(make_decided).outcome.pairs["hinge", "squared_hinge"]) == ""


@pytest.mark.thorough
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    accuracies=st.lists(st.sampled_from([0.4, 0.6, 0.9, 1.0]), min_size=1, max_size=3),
    n_seeds=st.sampled_from([1, 2, 5]),
    n_failed=st.integers(0, 5),
    seed=st.integers(0, 99),
)
def test_a_verdict_is_in_words_whatever_the_scores(make_decided, accuracies, n_seeds, n_failed, seed):
    generator = np.random.default_rng(seed)
    names = ["binary_crossentropy", "hinge", "squared_hinge"]
    losses = {name: share(generator, each, n_seeds, 42) for name, each in zip(names, accuracies, strict=False)}
    failed = {names[0]: list(range(min(n_failed, n_seeds)))}
    comparison = make_decided(losses, failed=failed)
    statement, best = verdict(comparison), f"`{comparison.outcome.advice.best}`"
    text = str(statement)
    assert text.startswith("**")
    assert text.count("**") == 2
    for wrong in ("nan", "inf ", "None", "  "):
        assert wrong not in text
    surely = "surely " * (n_seeds >= FEWEST_SEEDS)
    none = f"Use none of these: no loss {surely}beats the same guess for every row."
    if len(losses) == 1:
        all_failed = n_failed >= n_seeds
        lead = "No answer: every network failed." if all_failed else f"Nothing to compare: {best} alone was trained."
        assert statement.lead == lead
    elif statement.lead == none:
        assert min(accuracies) < 0.9
        assert statement.reasons[0].startswith(f"The best mean is that of {best}, ")
    else:
        assert np.nanmax([summary.mean for summary in comparison.outcome.summaries.values()]) > 0.5
        assert statement.lead.startswith(f"Use {best}")
