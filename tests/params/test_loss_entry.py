import copy
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.losses import catalogue
from stages.losses.catalogue import LOSSES, names_for
from stages.params import loss_entry
from stages.params.explain import in_words
from stages.params.loss_entry import EntryError

FOCAL = {"gamma": 2.0, "alpha": 0.25, "apply_class_balancing": False, "label_smoothing": 0.0}
PINBALL = {"loss": "my_losses:pinball", "as": "pinball90", "targets": "value"}
HUBER_SMALL = {"loss": "huber", "delta": 0.2, "as": "huber_small"}


def refused(entry, task=None):
    """The mistakes that an entry is refused with."""
    with pytest.raises(EntryError) as raised:
        loss_entry.resolve(entry, task)
    return raised.value.mistakes


@pytest.mark.parametrize("name", LOSSES)
def test_a_name_asks_for_the_row_of_the_catalogue(name):
    assert loss_entry.resolve(name, LOSSES[name].task) == LOSSES[name]
    assert loss_entry.resolve({"loss": name}, None) == LOSSES[name]


@pytest.mark.parametrize(
    ("entry", "name", "activation", "parameters"),
    [
        ("mean_squared_error", "mse", "linear", {}),
        ("MSE", "mse", "linear", {}),
        ("MeanSquaredError", "mse", "linear", {}),
        ("bce", "binary_crossentropy", "sigmoid", {"label_smoothing": 0.0}),
        ({"loss": "kld", "as": "kl"}, "kl", "softmax", {}),
        ("huber", "huber", "linear", {"delta": 1.0}),
        ({"loss": "Huber", "delta": 2}, "huber", "linear", {"delta": 2.0}),
        (HUBER_SMALL, "huber_small", "linear", {"delta": 0.2}),
        ({"loss": "huber", "delta": "1e-1"}, "huber", "linear", {"delta": 0.1}),  # in quotes
        ({"loss": "msle", "activation": "softplus"}, "msle", "softplus", {}),
        ({"loss": "hinge", "activation": "linear", "as": "hinge-2.0"}, "hinge-2.0", "linear", {}),
        ({"loss": "poisson", "activation": "exponential", "as": None}, "poisson", "exponential", {}),
        (
            {"loss": "binary_focal_crossentropy", "alpha": 1, "apply_class_balancing": True},
            "binary_focal_crossentropy",
            "sigmoid",
            FOCAL | {"alpha": 1.0, "apply_class_balancing": True},
        ),
        ({"loss": "tversky", "alpha": 0, "beta": 3}, "tversky", "sigmoid", {"alpha": 0.0, "beta": 3.0}),
    ],
    ids=str,
)
def test_what_an_entry_says_differs_from_the_row_and_nothing_else(entry, name, activation, parameters):
    loss = loss_entry.resolve(entry, None)
    given = entry if isinstance(entry, str) else entry["loss"]
    row = LOSSES[catalogue.canonical_name(given)]
    assert (loss.name, loss.activation, loss.parameters) == (name, activation, parameters)
    assert all(type(value) is type(row.parameters[key]) for key, value in loss.parameters.items())
    for what in ("function", "targets", "task", "aliases", "activations", "limits", "target_range", "per_row"):
        assert getattr(loss, what) == getattr(row, what)


@pytest.mark.parametrize(
    ("entry", "target_transform", "activation"),
    [
        ({"loss": "msle", "target": "ratio"}, "ratio", "softplus"),
        ({"loss": "mape", "target": "ratio"}, "ratio", "softplus"),
        ({"loss": "poisson", "target": "ratio"}, "ratio", "softplus"),
        ({"loss": "poisson", "target": "ratio", "activation": "exponential"}, "ratio", "exponential"),
        ({"loss": "msle", "target": "ratio", "activation": "linear"}, "ratio", "linear"),
        ({"loss": "msle", "target": "none"}, "none", "softplus"),
        ({"loss": "msle", "target": "standard"}, "standard", "linear"),
        ({"loss": "mse", "target": "log", "as": "mse_log"}, "log", "linear"),
        ({"loss": "mse", "target": "ratio"}, "ratio", "linear"),
        ({"loss": "mse", "target": None}, None, "linear"),
        (PINBALL | {"target": "log"}, "log", "linear"),
        ("mse", None, "linear"),
    ],
    ids=str,
)
def test_a_loss_brings_its_target_transform_and_the_output_that_suits_it(entry, target_transform, activation):
    loss = loss_entry.resolve(entry, "regression")
    assert (loss.target_transform, loss.activation) == (target_transform, activation)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"loss": "mse", "target": "lgo"}, "target: 'lgo' is not allowed here"),
        ({"loss": "hinge", "target": "log"}, "'target' is not a key here"),
        (PINBALL | {"targets": "zero_one", "target": "log"}, "target: 'log' is for values, and targets: zero_one are"),
    ],
    ids=str,
)
def test_a_target_transform_that_cannot_be_had_is_refused(entry, line):
    [mistake] = refused(entry)
    assert in_words(mistake).startswith(line)


@pytest.mark.parametrize(
    ("given", "weights"),
    [
        ("auto", "auto"),
        ({"no": 1, "yes": 5.5}, {"no": 1.0, "yes": 5.5}),
        ({0: 1, 1: 3}, {"0": 1.0, "1": 3.0}),
        ({True: 2}, {"true": 2.0}),
        (None, None),
    ],
    ids=str,
)
def test_classes_are_weighed_by_their_names(given, weights):
    loss = loss_entry.resolve({"loss": "binary_crossentropy", "class_weight": given, "as": "weighted"}, "binary")
    assert (loss.name, loss.class_weight) == ("weighted", weights)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"loss": "hinge", "class_weight": "balanced"}, "class_weight: 'balanced' given; allowed: auto, or a mapping"),
        ({"loss": "hinge", "class_weight": {"no": -1}}, "class_weight.no: -1 given; allowed: 0 or more"),
        ({"loss": "dice", "class_weight": "auto"}, "class_weight: 'dice' has one value for a whole batch"),
        ({"loss": "mse", "class_weight": "auto"}, "'class_weight' is not a key here"),
        (PINBALL | {"class_weight": "auto"}, "class_weight: weighs classes, and targets: value are none"),
    ],
    ids=str,
)
def test_weights_of_classes_that_cannot_be_had_are_refused(entry, line):
    [mistake] = refused(entry)
    assert in_words(mistake).startswith(line)


def test_resolving_leaves_the_catalogue_as_it_is():
    before = copy.deepcopy(LOSSES["huber"].parameters)
    loss_entry.resolve(HUBER_SMALL, None)
    assert loss_entry.resolve("huber", None).parameters == LOSSES["huber"].parameters == before


@pytest.mark.parametrize(
    ("targets", "given", "task", "activation"),
    [
        ("value", None, "regression", "linear"),
        ("value", "exponential", "regression", "exponential"),
        ("zero_one", None, "binary", "sigmoid"),
        ("plus_minus_one", None, "binary", "tanh"),
        ("plus_minus_one", "linear", "binary", "linear"),
        ("one_hot", None, "multiclass", "softmax"),
        ("one_hot", "linear", "multiclass", "linear"),
        ("class_index", None, "multiclass", "softmax"),
    ],
)
def test_the_targets_of_a_users_own_loss_say_its_task_and_its_usual_activation(targets, given, task, activation):
    loss = loss_entry.resolve({"loss": "mine:cost", "targets": targets, "activation": given}, task)
    assert (loss.name, loss.function, loss.is_custom, loss.per_row) == ("cost", "mine:cost", True, True)
    assert (loss.task, loss.targets, loss.activation, loss.parameters) == (task, targets, activation, {})


def test_a_users_own_loss_is_called_by_its_function_or_by_as():
    assert loss_entry.resolve({"loss": "my_losses:squares", "targets": "value"}, None).name == "squares"
    assert loss_entry.resolve(PINBALL, "regression").name == "pinball90"


MISTAKES = [
    # the loss
    ("hing", None, "", "unknown_loss"),
    ("HINGE", None, "", "unknown_loss"),
    ("zzz", "regression", "", "unknown_loss"),
    ("all", None, "", "unknown_loss"),
    ("", None, "", "unknown_loss"),
    ({"loss": "hubr", "delta": -1}, None, "", "unknown_loss"),
    ({}, None, "loss", "missing"),
    ({"as": "mine", "delta": 3}, "binary", "loss", "missing"),
    ({"loss": None}, None, "loss", "loss_type"),
    ({"loss": 3}, None, "loss", "loss_type"),
    ({"loss": ["mse"]}, None, "loss", "loss_type"),
    # its task
    ("mse", "binary", "", "wrong_task"),
    (HUBER_SMALL, "binary", "", "wrong_task"),
    (PINBALL, "binary", "", "wrong_task"),
    ({"loss": "m:f", "targets": "plus_minus_one"}, "regression", "", "wrong_task"),
    # its keys
    ({"loss": "huber", "dleta": 0.2}, None, "", "unknown_key"),
    ({"loss": "mse", "delta": 1}, None, "", "unknown_key"),
    ({"loss": "mse", "targets": "value"}, None, "", "unknown_key"),
    (PINBALL | {"quantile": 0.9}, None, "", "unknown_key"),
    # its parameters
    ({"loss": "huber", "delta": 0}, None, "delta", "greater_than"),
    ({"loss": "huber", "delta": "small"}, None, "delta", "float_parsing"),
    ({"loss": "huber", "delta": True}, None, "delta", "number_type"),
    ({"loss": "huber", "delta": None}, None, "delta", "float_type"),
    ({"loss": "huber", "delta": math.nan}, None, "delta", "finite_number"),
    ({"loss": "huber", "delta": math.inf}, None, "delta", "finite_number"),
    ({"loss": "huber", "delta": []}, None, "delta", "too_short"),
    ({"loss": "huber", "delta": [1, 0]}, None, "delta[1]", "greater_than"),
    ({"loss": "huber", "delta": [1, 2, 1]}, None, "delta", "value_twice"),
    ({"loss": "bce", "label_smoothing": 1}, None, "label_smoothing", "less_than"),
    ({"loss": "bce", "label_smoothing": -0.1}, None, "label_smoothing", "greater_than_equal"),
    ({"loss": "binary_focal_crossentropy", "alpha": 1.5}, None, "alpha", "less_than_equal"),
    (
        {"loss": "binary_focal_crossentropy", "apply_class_balancing": "maybe"},
        None,
        "apply_class_balancing",
        "bool_parsing",
    ),
    ({"loss": "categorical_generalized_cross_entropy", "q": 0}, None, "q", "greater_than"),
    ({"loss": "categorical_generalized_cross_entropy", "q": 1}, None, "q", "less_than"),
    ({"loss": "tversky", "beta": -1}, None, "beta", "greater_than_equal"),
    # its activation
    ({"loss": "poisson", "activation": []}, None, "activation", "too_short"),
    ({"loss": "poisson", "activation": ["x"]}, None, "activation[0]", "literal_error"),
    ({"loss": "pinball", "quantile": [0.1, 0.9]}, None, "quantile", "float_type"),
    *(({"loss": "pinball", "quantiles": given}, None, "quantiles", "shares_type") for given in ([0.9, 0.1], [0.5], [])),
    ({"loss": "pinball", "quantile": 0.5, "quantiles": [0.1, 0.9]}, None, "", "unknown_key"),
    ({"loss": "gaussian", "target": "log"}, None, "target", "literal_error"),
    ({"loss": "hurdle", "target": "standard"}, None, "target", "literal_error"),
    ({"loss": "linex", "slope": 0}, None, "slope", "zero_type"),
    ({"loss": "tweedie", "power": 2}, None, "power", "less_than"),
    ({"loss": "mse", "activation": "softmax"}, None, "activation", "literal_error"),
    ({"loss": "hinge", "activation": "sigmoid"}, None, "activation", "literal_error"),
    ({"loss": "poisson", "activation": "linear"}, None, "activation", "literal_error"),
    (PINBALL | {"activation": "softmax"}, None, "activation", "activation_unsuited"),
    (
        {"loss": "m:f", "targets": "class_index", "activation": "sigmoid"},
        None,
        "activation",
        "activation_unsuited",
    ),
    (PINBALL | {"activation": "step"}, None, "activation", "literal_error"),
    # its own name
    *(({"loss": "huber", "as": name}, None, "as", "name_taken") for name in ("mse", "Huber", "first", "all")),
    (PINBALL | {"as": "kld"}, None, "as", "name_taken"),
    *(({"loss": "huber", "as": name}, None, "as", "string_pattern_mismatch") for name in ("../x", "two words", "")),
    ({"loss": "huber", "as": 3}, None, "as", "string_type"),
    # a user's own
    ("my_losses:pinball", None, "targets", "missing"),
    ({"loss": "my_losses:pinball"}, "regression", "targets", "missing"),
    ({"loss": "m:f", "targets": "values"}, None, "targets", "literal_error"),
    *(
        ({"loss": reference, "targets": "value"}, None, "loss", "loss_reference")
        for reference in (":", ":f", "m:", "m:f:g", "m:été", "m.py:f", "my-losses:f", "m:f()", "a b:f", "m: f")
    ),
]


@pytest.mark.parametrize(("entry", "task", "key", "kind"), MISTAKES, ids=[str(entry) for entry, *_ in MISTAKES])
def test_an_entry_that_cannot_be_had_is_refused(entry, task, key, kind):
    [mistake] = refused(entry, task)
    assert (mistake.key, mistake.kind) == (key, kind)
    if key:
        name, _, index = key.rstrip("]").partition("[")
        expected = None if kind == "missing" else entry[name]
        assert mistake.value is (expected[int(index)] if index else expected)


def test_a_name_of_its_own_that_a_functions_name_would_be_is_taken_too():
    [mistake] = refused({"loss": "m:mse", "targets": "value"})
    assert (mistake.key, mistake.kind, mistake.value) == ("as", "name_taken", "mse")


@pytest.mark.parametrize(
    ("entry", "task", "nearest"),
    [
        ("hing", None, "hinge"),
        ("HINGE", "binary", "hinge"),
        ("hing", "regression", None),  # which has no such loss
        ({"loss": "huber", "dleta": 0.2}, None, "delta"),
        ({"loss": "mse", "activation": "soft_plus"}, None, "softplus"),
        ({"loss": "m:f", "targets": "values"}, None, "value"),
    ],
)
def test_the_nearest_of_what_is_allowed_there_is_suggested(entry, task, nearest):
    [mistake] = refused(entry, task)
    assert mistake.nearest == nearest


def test_losses_of_the_task_are_allowed_and_no_others():
    assert refused("hing", "binary")[0].names == refused("mse", "binary")[0].names == tuple(names_for("binary"))
    assert refused("hing")[0].names == tuple(LOSSES)


def test_every_parameter_that_is_wrong_is_told():
    wrong = refused({"loss": "binary_focal_crossentropy", "gamma": -1, "alpha": 2, "label_smoothing": "no"})
    assert [(mistake.key, mistake.kind) for mistake in wrong] == [
        ("gamma", "greater_than_equal"),
        ("alpha", "less_than_equal"),
        ("label_smoothing", "float_parsing"),
    ]


@pytest.mark.parametrize(
    ("listed", "task", "expected"),
    [
        (["mse", "mae", HUBER_SMALL, PINBALL], None, []),
        (["huber", HUBER_SMALL, HUBER_SMALL | {"as": "again"}], "regression", []),
        ([{"loss": "mse", "as": "one"}, {"loss": "mse", "as": "other"}], None, []),
        (["mse", "mae", "MeanSquaredError"], None, [("[2]", "same_loss", "MeanSquaredError")]),
        (["mse", "hinge", "mae"], None, [("", "several_tasks", None)]),
        ([{"loss": "huber", "as": "mine"}, {"loss": "mae", "as": "mine"}], None, [("[1]", "name_twice", "mae")]),
        (
            ["hing", {"loss": "huber", "delta": 0}, "bce"],
            None,
            [("[0]", "unknown_loss", "hing"), ("[1].delta", "greater_than", 0)],
        ),
    ],
    ids=str,
)
def test_the_losses_of_a_comparison_are_of_one_task_and_each_has_its_own_name(listed, task, expected):
    wrong = loss_entry.find_mistakes(listed, task)
    assert [(mistake.key, mistake.kind, mistake.value) for mistake in wrong] == expected


def test_mse_for_classes_is_told_by_the_name_that_it_has_there():
    [mistake] = refused("mse", "binary")
    assert mistake.facts["namesakes"] == {"binary": "brier"}
    [mistake] = loss_entry.find_mistakes(["categorical_crossentropy", {"loss": "MSE", "as": "squares"}], None)
    assert in_words(mistake) == (
        "losses of one task are compared; 'categorical_crossentropy' for a multiclass task and 'MSE' for a regression "
        "task; for a multiclass task it is 'categorical_brier'"
    )


def test_losses_of_several_tasks_are_told_with_one_of_each():
    [mistake] = loss_entry.find_mistakes(["hinge", PINBALL, "kld"], None)
    assert mistake.facts["losses"] == (
        "'hinge' for a binary task and 'my_losses:pinball' for a regression task and 'kld' for a multiclass task"
    )


SCALARS = st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.sampled_from(["mse", "all", "1e-3", "yes"])
KEYS = ["loss", "as", "activation", "targets", "delta", "alpha", "beta", "gamma", "q", "label_smoothing", "other"]
WORDS = [
    *LOSSES,
    "Huber",
    "kld",
    "m:f",
    "my_losses:pinball",
    "all",
    "hing",
    "name_1",
    ":",
    "linear",
    "softmax",
    "value",
]


@pytest.mark.thorough
@settings(max_examples=300)
@given(
    entry=st.sampled_from(WORDS)
    | st.dictionaries(st.sampled_from(KEYS), SCALARS | st.sampled_from(WORDS) | st.lists(SCALARS, max_size=2))
    | st.fixed_dictionaries({"loss": st.sampled_from(WORDS)}, optional=dict.fromkeys(KEYS[1:], SCALARS)),
    task=st.none() | st.sampled_from(["regression", "binary", "multiclass"]),
)
def test_whatever_an_entry_holds_it_is_a_loss_of_the_task_or_refused(entry, task):
    try:
        loss, mistakes = loss_entry.resolve(entry, task), ()
    except EntryError as error:
        loss, mistakes = None, error.mistakes
    assert bool(loss) != bool(mistakes)
    assert all(in_words(mistake) for mistake in mistakes)
    if loss:
        assert task in (None, loss.task)
        assert loss.activation in loss.activations
        assert np.isfinite(np.hstack([0, *loss.parameters.values()])).all()


def test_a_sum_is_one_loss_with_a_name():
    both = loss_entry.resolve(
        {"sum": ["dice", {"loss": "tversky", "alpha": 0.3}], "weights": [1, 2], "as": "both"}, "binary"
    )
    assert (both.name, both.targets, both.activation, both.per_row) == ("both", "zero_one", "sigmoid", False)
    assert both.parts == ((1.0, "dice", {}), (2.0, "tversky", {"alpha": 0.3, "beta": 0.5}))
    assert loss_entry.resolve({"sum": ["mse", "mae"]}, "regression").name == "mse_and_mae"


@pytest.mark.parametrize(
    ("entry", "key", "kind"),
    [
        ({"sum": ["dice"]}, "sum", "too_few"),
        ({"sum": ["dice", "hinge"]}, "sum[1]", "sum_unlike"),
        ({"sum": ["dice", {"loss": "tversky", "alpha": [0.1, 0.2]}]}, "sum[1]", "sum_unlike"),
        ({"sum": ["dice", "mine:loss"]}, "sum[1]", "sum_of_own"),
        ({"sum": ["dice", "dyce"]}, "sum[1]", "unknown_loss"),
        ({"sum": ["dice", {"delta": 1}]}, "sum[1].loss", "missing"),
        ({"sum": ["dice", "brier"], "weights": [1]}, "weights", "sum_weights"),
        ({"sum": ["dice", "brier"], "weights": [1, 0]}, "weights[1]", "greater_than"),
        ({"sum": ["dice", "brier"], "loss": "dice"}, "", "unknown_key"),
    ],
)
def test_what_cannot_be_summed_is_refused_with_its_place(entry, key, kind):
    with pytest.raises(EntryError) as error:
        loss_entry.resolve(entry, "binary")
    assert [(mistake.key, mistake.kind) for mistake in error.value.mistakes] == [(key, kind)]
