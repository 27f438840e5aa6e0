from dataclasses import replace

import numpy as np
import pytest

from stages.reporting import page
from stages.reporting.registry import Report
from stages.reporting.sections.references import SECTION
from stages.reporting.texts import answer_text, reference_text
from stages.reporting.texts.published import NOTHING
from stages.reporting.texts.verdict_text import verdict
from tests.verdicts.beside import best_outputs, of_values, off_by, with_references


@pytest.fixture
def comparison(make_comparison):
    return of_values(make_comparison)


def test_the_first_screen_says_what_other_models_give_beside_the_guess(comparison):
    said = answer_text.gives(with_references(comparison, linear=off_by(comparison, 9), boosting=off_by(comparison, 30)))
    assert "; a linear model 8" in said
    assert ", gradient boosting " in said
    assert "networks" not in said  # both are worse


@pytest.mark.parametrize(
    ("size", "said", "reason"),
    [
        (1e-4, "**But a linear model surely does better: ", "is better than the networks of `mse`: difference +"),
        (None, "**But a linear model does as well: ", "is as good as the networks of `mse`: difference 0"),
    ],
)
def test_a_model_that_is_as_good_or_better_is_named_with_how_sure_that_is(comparison, size, said, reason):
    outputs = best_outputs(comparison) if size is None else off_by(comparison, size)
    made = with_references(comparison, linear=outputs)
    assert answer_text.ahead(made).startswith(said)
    [beside], best = made.beside, answer_text.score_of(made, "mse")
    scores = f"{made.score.name} {reference_text.value(beside)}**, the networks {best}."
    assert answer_text.ahead(made).endswith(scores)
    answer = verdict(made).answer
    assert answer_text.in_a_line(made) == f"{answer} {answer_text.ahead(made)}"
    # it stands once, directly behind what to use
    screen = page.first_screens(Report([made], NOTHING))
    assert f"{answer}\n\n{answer_text.ahead(made)}\n\n- " in screen
    assert "linear model" not in answer_text.gives(made)
    [told] = [each for each in verdict(made).reasons if each.startswith("A linear model")]
    assert reason in told


def test_a_model_ahead_by_what_may_be_chance_is_said_to_be_no_more(comparison):
    made = with_references(comparison, boosting=off_by(comparison, 0.29))
    assert made.beside[0].pair.verdict == "inconclusive"
    assert answer_text.ahead(made).startswith("**But gradient boosting may do as well or better: ")
    assert any("which is not sure" in each for each in verdict(made).reasons)


def test_several_models_share_a_sentence(comparison):
    made = with_references(comparison, linear=off_by(comparison, 1e-4), boosting=off_by(comparison, 1e-5))
    assert answer_text.ahead(made).startswith("**But a linear model and gradient boosting surely do better: ")


def test_classes_have_a_logistic_model(make_comparison):
    rings = make_comparison("binary_crossentropy")
    made = with_references(rings, linear=best_outputs(rings))
    assert "But a logistic model may do as well or better: accuracy 1.0" in answer_text.ahead(made)


def test_without_models_nothing_is_said_of_them(comparison):
    assert reference_text.values(comparison) == answer_text.ahead(comparison) == ""
    assert SECTION.content([comparison], Report([comparison], None)) is None


def test_what_learned_from_fewer_rows_or_not_at_all_is_said_in_a_line(comparison):
    made = with_references(comparison, linear=off_by(comparison, 1), boosting=off_by(comparison, 1))
    few = replace(made.references[0], n_learned=1000, n_train=90_000)
    none = replace(made.references[1], problem="its train rows are all of <one> class", outputs=np.empty((0, 0, 0)))
    told = SECTION.content([comparison], Report([replace(made, references=[few, none])], None))
    assert told is None  # of the comparison without them
    told = SECTION.content([replace(made, references=[few, none])], Report([made], None))
    assert "A linear model learned from 1,000 of 90,000 rows, drawn so that it takes seconds." in told["notes"]
    assert "Gradient boosting could not be fitted: its train rows are all of &lt;one&gt; class." in told["notes"]
    assert len(told["table"].rows) == 1
