import numpy as np
import pytest

from stages.verdicts.advice import advise
from stages.verdicts.pairs import compare
from stages.verdicts.settling import look_at
from tests.verdicts.designs import crossed, folds

LOOKS = (10, 20, 30, 40, 50, 60)
N_ROWS = 200


def look(errors, *, spread, of_rows=0.0, n_seeds=20, margin=0.05, of_cells=0.0, sooner=(), design=None):
    """What a look comes to at losses with these mean errors, whose seeds and rows spread independently."""
    generator = np.random.default_rng(3)
    values = {
        loss: error
        + spread * generator.normal(size=(n_seeds, 1))
        + of_rows * generator.normal(size=N_ROWS)
        + of_cells * generator.normal(size=(n_seeds, N_ROWS))
        for loss, error in errors.items()
    }
    values = {loss: own[:10] if loss in sooner else own for loss, own in values.items()}
    pairs = compare(
        values,
        design or crossed(n_seeds, N_ROWS),
        higher_is_better=False,
        margin=margin,
        same_objective=set(),
        worst=9,
        n_looks=len(LOOKS),
    )
    return look_at(list(values), pairs, advise(list(values), pairs), LOOKS)


def test_a_comparison_is_settled_where_all_others_are_worse_or_equivalent():
    made = look({"mse": 1, "mae": 1, "huber": 2}, spread=0.01)
    assert (made.n_seeds, made.at_most, made.ended, made.going) == (20, 60, "settled", ())


def test_a_loss_that_is_worse_than_all_that_may_be_recommended_goes_on_no_longer():
    made = look({"mse": 1, "msle": 3, "mae": 1.02}, spread=0.2)
    assert (made.ended, made.going) == (None, ("mse", "mae"))


def test_a_loss_that_is_worse_than_the_best_alone_goes_on():
    # worse than mse, but not than mae, which may still be recommended
    made = look({"mse": 1, "mae": 1.2, "huber": 1.42}, spread=0.35)
    assert made.going == ("mse", "mae", "huber")


def test_pairs_of_a_loss_that_ended_are_of_the_seeds_that_both_have():
    made = look({"mse": 1, "msle": 3, "mae": 1.02}, spread=0.2, sooner=("msle",))
    assert (made.n_seeds, made.going) == (20, ("mse", "mae"))


def test_at_the_most_a_comparison_ends_whatever_is_open():
    made = look({"mse": 1, "mae": 1.01}, spread=0.5, n_seeds=60)
    assert (made.ended, made.going) == ("most", ())


@pytest.mark.parametrize("design", ["crossed", "folds"])
def test_a_comparison_ends_where_only_more_rows_would_tell(design):
    known = {"design": folds(20, N_ROWS, 10)} if design == "folds" else {}
    assert look({"mse": 1, "mae": 1.01}, spread=0.01, of_rows=3, **known).ended == "rows"
    # rows differ as much, but otherwise under every seed: more seeds average that
    assert look({"mse": 1, "mae": 1.01}, spread=0.01, of_cells=3, **known).ended is None


def test_of_one_partition_nothing_is_known_of_what_more_seeds_would_bring_so_it_goes_on():
    made = look({"mse": 1, "mae": 1.01}, spread=0.01, of_rows=3, n_seeds=10, design=folds(10, N_ROWS, 10))
    assert (made.n_seeds, made.ended) == (10, None)
