from dataclasses import replace
from typing import NamedTuple, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.preprocessing import MinMaxScaler

from stages.losses import validity
from stages.losses.catalogue import LOSSES, names_for
from stages.losses.loss import Loss
from stages.losses.validity import Kind, Reason, Seen, Validity
from stages.wording.validity import _SENTENCES, in_words, reasons

FOCAL = LOSSES["binary_focal_crossentropy"].parameters
OWN = Loss("own", "mine:f", "value", "linear")
PER_BATCH = "it has one value for each batch of {}, so it depends on the batch size"


class Said(NamedTuple):
    """A judgement with its reasons in words."""

    level: str
    reasons: tuple[str, ...] = ()


def judge(loss, seen):
    judged = validity.judge(loss, seen)
    return Said(judged.level, tuple(reasons(judged)))


def on_values(loss, values, spread=(1.0,)):
    """Judge a loss, or a name of the catalogue's, on the scaled targets of the train rows."""
    rows = np.array(values, np.float64)
    seen = Seen(rows if rows.ndim == 2 else rows[:, None], "regression", [], list(spread), batch_size=4)
    return judge(LOSSES.get(loss, loss) if isinstance(loss, str) else loss, seen)


def on_classes(loss, labels, classes="ab", batch_size=1, *, is_ordered=True):
    """Judge a loss on the classes of the train rows."""
    task = "binary" if len(classes) == 2 else "multiclass"
    seen = Seen(np.array(labels), task, list(classes), [], batch_size, is_ordered=is_ordered)
    return judge(LOSSES[loss] if isinstance(loss, str) else loss, seen)


def with_output(name, activation):
    return replace(LOSSES[name], activation=activation)


FITS = Said("fits", ())


@pytest.mark.parametrize("name", ["mse", "mae", "log_cosh", "huber"])
@pytest.mark.parametrize("values", [[-2, -1, 0, 3], [-1, -2], [0, 0], [[1, -1], [0, 2]]], ids=str)
def test_a_loss_for_any_values_fits_whatever_they_are(name, values):
    assert on_values(name, values) == FITS


@pytest.mark.parametrize(
    ("loss", "values", "level", "reason"),
    [
        (
            "msle",
            [0, 1, 2],
            "works, but",
            "predictions below 0 have no gradient; activation: softplus keeps them above",
        ),
        (
            with_output("msle", "tanh"),
            [0, 0.5],
            "works, but",
            "predictions below 0 have no gradient; activation: softplus keeps them above",
        ),
        (
            "poisson",
            [-0.1, 0, 1, 2],
            "cannot",
            "25 % of the scaled targets are below 0, where it is not defined; scale the target by minmax",
        ),
        (
            "mape",
            [-1, -2, 3],
            "works, but",
            "the scaled targets lie on both sides of 0, and it divides by how far from it they are",
        ),
        ("mape", [0, 1, 2], "works, but", "it divides by 1 target at 0, which outweigh all others"),
        ("mape", [0, 1e-9, -1e-9, 1], "works, but", "it divides by 3 targets at 0, which outweigh all others"),
        ("mape", [0, 1e-8], "cannot", "all targets are 0, and it divides by them"),
        # the median size is 1, and one of ten is below a tenth of it
        (
            "mape",
            [0.09, 1, 1, 1, 1, 1, 1, 1, 1, 5],
            "works, but",
            "10 % of the scaled targets are so near 0 that each weighs over 10 others",
        ),
        (
            "cosine_similarity",
            [-1, 0, 1],
            "cannot",
            "the target is one column, of which it sees no more than the sign",
        ),
        (
            "cosine_similarity",
            [[1, 2], [3, 4]],
            "works, but",
            "it learns the direction of the target, not its length",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Loss) else str(value),
)
def test_targets_that_a_loss_is_not_made_for_are_told(loss, values, level, reason):
    assert on_values(loss, values) == Said(level, (reason,))


@pytest.mark.parametrize(
    ("loss", "gradient"),
    [(LOSSES["msle"], ", where predictions have no gradient,"), (with_output("msle", "softplus"), "")],
    ids=["linear", "softplus"],
)
@pytest.mark.parametrize(
    ("values", "share"),
    # the share is of all values of all columns
    [([-1, 0, 1, 2], "25 %"), ([[-1, 1, 2], [3, 4, 5]], "17 %")],
    ids=str,
)
def test_targets_that_a_logarithm_is_clipped_for_are_told(loss, gradient, values, share):
    told = f"{share} of the scaled targets are below 0{gradient} and all count as 0"
    assert on_values(loss, values) == Said("works, but", (told,))


@pytest.mark.parametrize("loss", [LOSSES["msle"], with_output("msle", "softplus")], ids=["linear", "softplus"])
def test_a_logarithm_tells_nothing_apart_where_every_target_is_clipped(loss):
    told = "all scaled targets are below 0, and all count as 0"
    assert on_values(loss, [-1, -2]) == Said("cannot", (told,))


@pytest.mark.parametrize(
    ("loss", "values", "told"),
    [
        (LOSSES["mse"], [-20, 20], "20 (root mean square), and its steps grow with the error, so training may fail"),
        (LOSSES["mse"], [[0, 0], [0, 3000]], "1,500 (root mean square), and its steps grow with the error"),
        (with_output("msle", "softplus"), [30, 30], "30 (root mean square), and its steps shrink"),
        (LOSSES["poisson"], [2000, 2000], "2,000 (root mean square), and its steps shrink"),
    ],
)
def test_targets_too_large_for_weights_that_begin_near_0_are_told(loss, values, told):
    judged = on_values(loss, values)
    assert judged.level == "works, but"
    assert judged.reasons[-1].startswith(f"the scaled targets are of size {told}")
    assert judged.reasons[-1].endswith("; scale the target")


@pytest.mark.parametrize(
    ("loss", "values"),
    [
        (LOSSES["mse"], [-10, 10]),
        (LOSSES["mae"], [-1e6, 1e6]),
        (LOSSES["huber"], [-1e6, 1e6]),
        (LOSSES["poisson"], [900, 900]),
        (with_output("mse", "sigmoid"), [0.0, 1 + 1e-15]),  # scaled to 0 to 1, but for rounding
    ],
    ids=lambda value: value.name if isinstance(value, Loss) else str(value),
)
def test_targets_of_a_size_that_a_loss_learns_from_fit(loss, values):
    assert on_values(loss, values) == FITS


@pytest.mark.parametrize(
    ("loss", "values"),
    [
        *((with_output("msle", output), [0, 1, 2]) for output in ("softplus", "relu", "exponential")),
        (with_output("msle", "sigmoid"), [0, 0.5, 1]),
        ("poisson", [0, 1, 2]),
        ("poisson", [[0, 1], [2, 3]]),
        (with_output("poisson", "exponential"), [0, 0]),
        ("mape", [-1, -2, -3]),
        ("mape", [0.1, 1, 1, 1]),  # a tenth of the median is not below it
        ("mape", [0.01] + [1] * 199),  # one of 200 rows is no word worth
    ],
    ids=lambda value: value.name if isinstance(value, Loss) else str(value)[:20],
)
def test_targets_that_a_loss_is_made_for_fit(loss, values):
    assert on_values(loss, values) == FITS


@pytest.mark.parametrize(
    ("activation", "values", "level", "where"),
    [
        ("softplus", [-1, 0, 1, 2], "works, but", "25 % of the scaled targets are below 0"),
        ("relu", [-1, -2, 1, 2], "works, but", "50 % of the scaled targets are below 0"),
        ("exponential", [-1, -2], "cannot", "100 % of the scaled targets are below 0"),
        ("sigmoid", [-1, 0, 1, 2], "works, but", "50 % of the scaled targets are outside 0 to 1"),
        ("sigmoid", [-1, 2], "cannot", "100 % of the scaled targets are outside 0 to 1"),
        ("tanh", [-1, 0, 1, 2], "works, but", "25 % of the scaled targets are outside -1 to 1"),
        ("tanh", [[-2, 2], [3, -3]], "cannot", "100 % of the scaled targets are outside -1 to 1"),
    ],
)
@pytest.mark.parametrize("loss", [LOSSES["mse"], LOSSES["huber"], OWN], ids=lambda loss: loss.name)
def test_targets_that_the_output_cannot_give_are_told(loss, activation, values, level, where):
    told = Said(level, (f"{where}, which {activation} cannot give",))
    assert on_values(replace(loss, activation=activation), values) == told


@pytest.mark.parametrize(
    ("name", "activation", "values", "told"),
    [
        ("mape", "sigmoid", [-1, -2], "100 % of the scaled targets are outside 0 to 1, which sigmoid cannot give"),
        ("msle", "sigmoid", [2, 3], "100 % of the scaled targets are outside 0 to 1, which sigmoid cannot give"),
        ("mape", "softplus", [-1, -2], "100 % of the scaled targets are below 0, which softplus cannot give"),
    ],
)
def test_a_loss_with_a_trap_of_its_own_is_held_against_its_output_too(name, activation, values, told):
    assert on_values(with_output(name, activation), values) == Said("cannot", (told,))


def test_targets_that_count_as_0_are_no_trouble_for_an_output_that_gives_none_below():
    judged = on_values(with_output("msle", "softplus"), [-1, 1, 2, 3])
    assert judged.reasons == ("25 % of the scaled targets are below 0 and all count as 0",)


@pytest.mark.parametrize("activation", ["softplus", "relu", "exponential", "sigmoid", "tanh", "linear"])
def test_targets_that_the_output_can_give_fit(activation):
    assert on_values(with_output("mse", activation), [0, 0.5, 1]) == FITS


@pytest.mark.parametrize(
    ("delta", "spread", "told"),
    [
        (1.0, 2.5, "delta 1, in scaled units, is 2.5 in the target's own"),
        (0.2, 12345.678, "delta 0.2, in scaled units, is 2,469 in the target's own"),
        (0.2, 100.0, "delta 0.2, in scaled units, is 20 in the target's own"),
    ],
)
def test_the_delta_of_a_loss_that_fits_is_told_in_the_targets_own_units(delta, spread, told):
    loss = replace(LOSSES["huber"], parameters={"delta": delta})
    assert on_values(loss, [-1, 1], spread=[spread]) == Said("fits", (told,))


@pytest.mark.parametrize(("name", "told"), [("mae", True), ("gaussian", True), ("von_mises", False)])
def test_a_loss_of_plain_values_fits_hours_and_is_told_what_it_does_not_see(name, told):
    judged = judge(LOSSES[name], Seen(np.array([[1.0], [23.0]]), "regression", [], [1.0], batch_size=4, period=24.0))
    line = "to it both ends of a turn of 24 are far apart, which here are neighbours"
    assert judged == Said("fits", (line,) if told else ())


def test_a_delta_in_the_targets_own_units_already_is_not_told_again():
    assert on_values("huber", [-1, 1], spread=[1.0]) == FITS
    # several columns have no one unit
    assert on_values("huber", [[-1, 1]], spread=[2.0, 3.0]) == FITS


def test_what_a_loss_that_works_is_told_of_is_no_remark():
    told = on_values(with_output("huber", "tanh"), [0, 2], spread=[2.0])
    assert told == Said("works, but", ("50 % of the scaled targets are outside -1 to 1, which tanh cannot give",))


@pytest.mark.parametrize("name", names_for("binary"))
def test_a_binary_loss_cannot_learn_from_one_class(name):
    assert on_classes(name, [0, 0, 0]) == Said("cannot", ("all train rows are of class 'a'",))
    assert on_classes(name, [1]) == Said("cannot", ("all train rows are of class 'b'",))


@pytest.mark.parametrize("name", names_for("multiclass"))
def test_a_multiclass_loss_cannot_learn_from_one_class_and_is_told_of_those_without_a_row(name):
    assert on_classes(name, [0, 1, 2, 0], "abc") == FITS
    assert on_classes(name, [2, 2], "abc") == Said("cannot", ("all train rows are of class 'c'",))
    assert on_classes(name, [0, 2, 2], "abc") == Said("works, but", ("class 'b' has no train row",))


@pytest.mark.parametrize("name", names_for("multiclass"))
def test_a_loss_of_classes_in_an_order_cannot_learn_from_others(name):
    without_order = Said("cannot", ("it is for classes in an order, and the dataset names none",))
    expected = without_order if name in ("rank_mse", "cumulative_link") else FITS
    assert on_classes(name, [0, 1, 2, 0], "abc", is_ordered=False) == expected


@pytest.mark.parametrize("name", ["binary_crossentropy", "hinge", "squared_hinge", "binary_focal_crossentropy"])
def test_a_loss_of_single_rows_fits_however_rare_a_class_is(name):
    assert on_classes(name, [0] * 99 + [1], batch_size=32) == FITS


@pytest.mark.parametrize("name", ["dice", "tversky"])
@pytest.mark.parametrize(
    ("labels", "batch_size", "more"),
    [
        # batches of one row: as many are without a positive row as there are negative rows
        ([0, 0, 0, 1], 1, ", and 75 % of the batches hold no row of class 'b'"),
        ([0] * 9 + [1], 1, ", and 90 % of the batches hold no row of class 'b'"),
        # of the 6 pairs of four rows, 3 are without the positive one
        ([0, 0, 0, 1], 2, ", and 50 % of the batches hold no row of class 'b'"),
        # a batch that holds all rows holds the positive one
        ([0, 0, 0, 1], 4, ""),
        ([0, 0, 0, 1], 32, ""),
        # 0.99 ** 32 = 0.725; without putting rows back 0.721
        ([0] * 990 + [1] * 10, 32, ", and 72 % of the batches hold no row of class 'b'"),
        # 0.5 ** 32 is nothing
        ([0] * 100 + [1] * 100, 32, ""),
        # the rarer class 0 does not matter to it
        ([0] + [1] * 199, 1, ""),
    ],
    ids=["1 of 4", "1 of 10", "2 of 4", "4 of 4", "more than there are", "1 %", "half", "most"],
)
def test_a_loss_of_whole_batches_is_told_how_many_hold_no_row_of_class_1(name, labels, batch_size, more):
    assert on_classes(name, labels, batch_size=batch_size) == Said("works, but", (PER_BATCH.format(batch_size) + more,))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, FITS),
        ({"gamma": 3.0, "label_smoothing": 0.1}, FITS),
        ({"alpha": 0.5}, Said("works, but", ("alpha acts only with apply_class_balancing: true",))),
        ({"alpha": 0.5, "apply_class_balancing": True}, FITS),
    ],
    ids=str,
)
def test_a_focal_alpha_that_does_nothing_is_told(changes, told):
    loss = replace(LOSSES["binary_focal_crossentropy"], parameters=FOCAL | changes)
    assert on_classes(loss, [0, 1]) == told


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_for_another_task_cannot(name):
    task = LOSSES[name].task
    told = Said("cannot", (f"it is for a {task} task",))
    judged = {
        "regression": on_values(name, [[0.5, 1], [1, 2]]),
        "binary": on_classes(name, [0, 1]),
        "multiclass": on_classes(name, [0, 1, 2], "abc"),
    }
    assert {of for of, found in judged.items() if found == told} == set(judged) - {task}


BAD, GOOD = Reason("cannot", "one column"), Reason("fits", "own units", {"delta": 1, "own": 2})
SIGN = "the target is one column, of which it sees no more than the sign"


@pytest.mark.parametrize(
    ("judged", "line"),
    [
        (Validity("fits", ()), "fits"),
        (Validity("fits", (GOOD,)), "fits: delta 1, in scaled units, is 2 in the target's own"),
        (Validity("cannot", (BAD,)), f"cannot learn from it: {SIGN}"),
        (Validity("works, but", (BAD, BAD)), f"works, but: {SIGN}; {SIGN}"),
    ],
)
def test_what_was_judged_reads_as_a_line(judged, line):
    assert in_words(judged) == line


def test_every_kind_of_reason_has_its_words():
    assert set(_SENTENCES) == set(get_args(Kind))


def folds_of(*targets):
    """What a loss sees of folds whose train rows have these scaled targets."""
    return [Seen(np.array(rows, np.float64)[:, None], "regression", [], [1.0], batch_size=8) for rows in targets]


@pytest.mark.parametrize("order", [1, -1])
def test_a_loss_is_judged_on_the_fold_where_it_does_worst(order):
    folds = folds_of([0, 1.0], [-1.0, -1, 1, 2], [-1.0, -2])[::order]
    losses = [LOSSES["msle"], LOSSES["poisson"], LOSSES["mse"], with_output("mae", "tanh")]
    judged = validity.judge_all(losses, folds)
    assert {name: each.level for name, each in judged.items()} == {
        "msle": "cannot",
        "poisson": "cannot",
        "mse": "fits",
        "mae": "works, but",
    }
    assert reasons(judged["msle"])[0].startswith("all scaled targets are below 0,")


def test_of_folds_that_are_as_bad_the_first_gives_the_reasons():
    folds = folds_of([0, 1.0], [-1.0, 1], [-1.0, -1, -1, 1])
    judged = validity.judge_all([with_output("msle", "softplus")], folds)
    assert reasons(judged["msle"])[0].startswith("50 % of the scaled targets are below 0 ")


def test_folds_may_come_one_at_a_time():
    losses = (LOSSES[name] for name in ("poisson", "mape"))
    assert validity.judge_all(losses, iter(folds_of([0.5, 1.0], [0.25, 1.0]))) == {
        "poisson": Validity("fits", ()),
        "mape": Validity("fits", ()),
    }


VALUES = st.floats(-1e6, 1e6, allow_subnormal=False)
COLUMNS = npst.arrays(np.float64, st.tuples(st.integers(1, 30), st.integers(1, 2)), elements=VALUES)
REGRESSION = [
    replace(LOSSES[name], activation=activation)
    for name in names_for("regression")
    for activation in LOSSES[name].activations
]


@settings(deadline=None)
@given(values=COLUMNS, seed=st.integers(0, 99))
def test_the_order_of_the_rows_decides_nothing(values, seed):
    mixed = np.random.default_rng(seed).permutation(values)
    for loss in REGRESSION:
        assert on_values(loss, values, [2.0]) == on_values(loss, mixed, [2.0])


@settings(deadline=None)
@given(labels=st.lists(st.integers(0, 2), min_size=1, max_size=30), data=st.data())
def test_the_order_of_the_classes_rows_decides_nothing(labels, data):
    mixed = data.draw(st.permutations(labels))
    for name in names_for("multiclass"):
        assert on_classes(name, labels, "abc") == on_classes(name, mixed, "abc")
    labels, mixed = [min(label, 1) for label in labels], [min(label, 1) for label in mixed]
    for name in names_for("binary"):
        assert on_classes(name, labels, batch_size=5) == on_classes(name, mixed, batch_size=5)


def on_transformed(name, transform, values, activation="softplus"):
    """Judge a loss with a transform of its own, on targets that the dataset scales to mean 0 and deviation 1."""
    rows = np.array(values, np.float64)[:, None]
    scaled = (rows - rows.mean()) / rows.std()
    seen = Seen(scaled, "regression", [], [float(rows.std())], 4, rows)
    return judge(replace(LOSSES[name], target_transform=transform, activation=activation), seen)


@pytest.mark.parametrize("name", ["msle", "mape", "poisson"])
def test_losses_made_for_targets_that_are_never_negative_fit_a_ratio(name):
    assert on_transformed(name, "ratio", [1, 2, 5, 9]) == FITS
    assert (
        on_transformed(name, None, [1, 2, 5, 9], "linear")
        .reasons[0]
        .endswith("; target: ratio beside the loss divides it by its mean instead")
    )


@pytest.mark.parametrize(
    ("name", "target_transform", "values", "reason"),
    [
        ("mse", "log", [-1, 2, 5, 9], "25 % of the targets are below 0, and target: log needs 0 or more"),
        ("mse", "ratio", [-8, 2, 5, -9], "the mean of the targets is -2.5, and target: ratio divides by it"),
        ("poisson", "standard", [1, 2, 3, 6], "50 % of the scaled targets are below 0, where it is not defined"),
    ],
)
def test_a_target_that_cannot_be_transformed_so_is_told(name, target_transform, values, reason):
    judged = on_transformed(name, target_transform, values, "linear")
    assert judged.level == "cannot"
    assert judged.reasons[0].startswith(reason)


def test_a_delta_is_told_in_the_targets_own_units_where_the_transform_has_such():
    assert on_transformed("huber", "none", [1, 2, 5, 9], "linear") == FITS
    assert on_transformed("huber", "log", [1, 2, 5, 9], "linear") == FITS
    assert on_transformed("huber", "ratio", [1, 2, 3, 2], "linear").reasons == (
        "delta 1, in scaled units, is 2 in the target's own",
    )


@settings(deadline=None)
@given(values=COLUMNS)
def test_a_target_that_is_scaled_by_minmax_is_never_out_of_reach_of_poisson_or_softplus(values):
    scaled = MinMaxScaler().fit_transform(values)
    for loss in (LOSSES["poisson"], with_output("mse", "softplus"), with_output("msle", "softplus")):
        assert on_values(loss, scaled) == FITS


@settings(deadline=None)
@given(values=COLUMNS)
def test_a_loss_that_cannot_or_may_not_learn_has_a_reason(values):
    for loss in REGRESSION:
        judged = on_values(loss, values, [2.0])
        assert judged.level == "fits" or judged.reasons
        assert all(reason and "\n" not in reason for reason in judged.reasons)
