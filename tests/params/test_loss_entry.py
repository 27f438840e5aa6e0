import copy
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.basics.cli import UserError
from stages.losses import catalogue
from stages.losses.catalogue import LOSSES
from stages.params import loss_entry as entries
from stages.params.load import check_data, load_params
from stages.params.loss_entry import EntryError
from stages.records.datasets import Description

OF_REGRESSION = "mse, mae, msle, mape, huber, log_cosh, poisson, cosine_similarity"
OF_BINARY = "binary_crossentropy, hinge, squared_hinge, binary_focal_crossentropy, dice, tversky"
OF_ANY = ", ".join(LOSSES)
OF_VALUES = "linear, softplus, relu, exponential, sigmoid, tanh"
NAME = "letters, digits, '_', '-' and '.', not starting with '-' or '.'"
FOCAL = {"gamma": 2.0, "alpha": 0.25, "apply_class_balancing": False, "label_smoothing": 0.0}
PINBALL = {"loss": "my_losses:pinball", "as": "pinball90", "targets": "value"}
HUBER_SMALL = {"loss": "huber", "delta": 0.2, "as": "huber_small"}


def refused(entry, task=None):
    """The lines that an entry is refused with."""
    with pytest.raises(EntryError) as raised:
        entries.resolve(entry, task)
    return list(raised.value.lines)


@pytest.mark.parametrize("name", LOSSES)
def test_a_name_asks_for_the_row_of_the_catalogue(name):
    assert entries.resolve(name, LOSSES[name].task) == LOSSES[name]
    assert entries.resolve({"loss": name}, None) == LOSSES[name]


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
        ({"loss": "huber", "delta": "1e-1"}, "huber", "linear", {"delta": 0.1}),  # YAML 1.1 takes 1e-1 for text
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
    loss = entries.resolve(entry, None)
    given = entry if isinstance(entry, str) else entry["loss"]
    row = LOSSES[catalogue.canonical_name(given)]
    assert (loss.name, loss.activation, loss.parameters) == (name, activation, parameters)
    assert all(type(value) is type(row.parameters[key]) for key, value in loss.parameters.items())
    for what in ("function", "targets", "task", "aliases", "activations", "limits", "target_range", "per_row"):
        assert getattr(loss, what) == getattr(row, what)


def test_resolving_leaves_the_catalogue_as_it_is():
    before = copy.deepcopy(LOSSES["huber"].parameters)
    entries.resolve(HUBER_SMALL, None)
    assert entries.resolve("huber", None).parameters == LOSSES["huber"].parameters == before


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
    loss = entries.resolve({"loss": "mine:cost", "targets": targets, "activation": given}, task)
    assert (loss.name, loss.function, loss.is_custom, loss.per_row) == ("cost", "mine:cost", True, True)
    assert (loss.task, loss.targets, loss.activation, loss.parameters) == (task, targets, activation, {})


def test_a_users_own_loss_is_called_by_its_function_or_by_as():
    assert entries.resolve({"loss": "my_losses:pinball", "targets": "value"}, None).name == "pinball"
    assert entries.resolve(PINBALL, "regression").name == "pinball90"


MISTAKES = [
    # the loss
    ("hing", None, f": 'hing' is not a loss; did you mean 'hinge'? Losses: {OF_ANY}"),
    ("HINGE", None, f": 'HINGE' is not a loss; did you mean 'hinge'? Losses: {OF_ANY}"),
    ("hing", "binary", f": 'hing' is not a loss; did you mean 'hinge'? Losses for a binary task: {OF_BINARY}"),
    ("zzz", "regression", f": 'zzz' is not a loss. Losses for a regression task: {OF_REGRESSION}"),
    ("all", None, f": 'all' is not a loss. Losses: {OF_ANY}"),
    ("", None, f": '' is not a loss. Losses: {OF_ANY}"),
    ({"loss": "hubr", "delta": -1}, None, f": 'hubr' is not a loss; did you mean 'huber'? Losses: {OF_ANY}"),
    ({}, None, ".loss: is missing"),
    ({"as": "mine", "delta": 3}, "binary", ".loss: is missing"),
    ({"loss": None}, None, ".loss: nothing given; allowed: a loss's name"),
    ({"loss": 3}, None, ".loss: 3 given; allowed: a loss's name"),
    ({"loss": ["mse"]}, None, ".loss: a list given; allowed: a loss's name"),
    # its task
    ("mse", "binary", f": 'mse' is a loss for a regression task; losses for a binary task: {OF_BINARY}"),
    (HUBER_SMALL, "binary", f": 'huber' is a loss for a regression task; losses for a binary task: {OF_BINARY}"),
    (
        PINBALL,
        "binary",
        f": 'my_losses:pinball' is a loss for a regression task; losses for a binary task: {OF_BINARY}",
    ),
    (
        {"loss": "m:f", "targets": "plus_minus_one"},
        "regression",
        f": 'm:f' is a loss for a binary task; losses for a regression task: {OF_REGRESSION}",
    ),
    # its keys
    (
        {"loss": "huber", "dleta": 0.2},
        None,
        ": 'dleta' is not a key here; did you mean 'delta'? Keys: loss, activation, as, delta",
    ),
    ({"loss": "mse", "delta": 1}, None, ": 'delta' is not a key here. Keys: loss, activation, as"),
    ({"loss": "mse", "targets": "value"}, None, ": 'targets' is not a key here. Keys: loss, activation, as"),
    (PINBALL | {"quantile": 0.9}, None, ": 'quantile' is not a key here. Keys: loss, targets, activation, as"),
    # its parameters
    ({"loss": "huber", "delta": 0}, None, ".delta: 0 given; allowed: above 0"),
    ({"loss": "huber", "delta": "small"}, None, ".delta: 'small' given; allowed: a number"),
    ({"loss": "huber", "delta": True}, None, ".delta: True given; allowed: a number"),
    ({"loss": "huber", "delta": None}, None, ".delta: nothing given; allowed: a number"),
    ({"loss": "huber", "delta": math.nan}, None, ".delta: nan given; allowed: a number"),
    ({"loss": "huber", "delta": math.inf}, None, ".delta: inf given; allowed: a number"),
    ({"loss": "huber", "delta": [1]}, None, ".delta: a list given; allowed: a number"),
    ({"loss": "bce", "label_smoothing": 1}, None, ".label_smoothing: 1 given; allowed: below 1"),
    ({"loss": "bce", "label_smoothing": -0.1}, None, ".label_smoothing: -0.1 given; allowed: 0 or more"),
    ({"loss": "binary_focal_crossentropy", "alpha": 1.5}, None, ".alpha: 1.5 given; allowed: 1 or less"),
    (
        {"loss": "binary_focal_crossentropy", "apply_class_balancing": "maybe"},
        None,
        ".apply_class_balancing: 'maybe' given; allowed: true or false",
    ),
    ({"loss": "categorical_generalized_cross_entropy", "q": 0}, None, ".q: 0 given; allowed: above 0"),
    ({"loss": "categorical_generalized_cross_entropy", "q": 1}, None, ".q: 1 given; allowed: below 1"),
    ({"loss": "tversky", "beta": -1}, None, ".beta: -1 given; allowed: 0 or more"),
    # its activation
    ({"loss": "poisson", "activation": None}, None, ".activation: nothing given; allowed: softplus, exponential"),
    ({"loss": "poisson", "activation": ["x"]}, None, ".activation: a list given; allowed: softplus, exponential"),
    (
        {"loss": "mse", "activation": "softmax"},
        None,
        f".activation: 'softmax' is not allowed here. Allowed: {OF_VALUES}",
    ),
    (
        {"loss": "mse", "activation": "soft_plus"},
        None,
        f".activation: 'soft_plus' is not allowed here; did you mean 'softplus'? Allowed: {OF_VALUES}",
    ),
    (
        {"loss": "hinge", "activation": "sigmoid"},
        None,
        ".activation: 'sigmoid' is not allowed here. Allowed: tanh, linear",
    ),
    (
        {"loss": "poisson", "activation": "linear"},
        None,
        ".activation: 'linear' is not allowed here. Allowed: softplus, exponential",
    ),
    (
        PINBALL | {"activation": "softmax"},
        None,
        f".activation: 'softmax' does not suit targets value; allowed: {OF_VALUES}",
    ),
    (
        {"loss": "m:f", "targets": "class_index", "activation": "sigmoid"},
        None,
        ".activation: 'sigmoid' does not suit targets class_index; allowed: softmax, linear",
    ),
    (
        PINBALL | {"activation": "step"},
        None,
        f".activation: 'step' is not allowed here. Allowed: {OF_VALUES}, softmax",
    ),
    # its own name
    ({"loss": "huber", "as": "mse"}, None, ".as: 'mse' has a meaning of its own; choose another name"),
    ({"loss": "huber", "as": "Huber"}, None, ".as: 'Huber' has a meaning of its own; choose another name"),
    ({"loss": "huber", "as": "first"}, None, ".as: 'first' has a meaning of its own; choose another name"),
    ({"loss": "m:mse", "targets": "value"}, None, ".as: 'mse' has a meaning of its own; choose another name"),
    ({"loss": "huber", "as": "all"}, None, ".as: 'all' has a meaning of its own; choose another name"),
    (PINBALL | {"as": "kld"}, None, ".as: 'kld' has a meaning of its own; choose another name"),
    ({"loss": "huber", "as": "../x"}, None, f".as: '../x' given; allowed: {NAME}"),
    ({"loss": "huber", "as": "two words"}, None, f".as: 'two words' given; allowed: {NAME}"),
    ({"loss": "huber", "as": ""}, None, f".as: '' given; allowed: {NAME}"),
    ({"loss": "huber", "as": 3}, None, ".as: 3 given; allowed: a name"),
    # a user's own
    ("my_losses:pinball", None, ".targets: is missing"),
    ({"loss": "my_losses:pinball"}, "regression", ".targets: is missing"),
    (
        {"loss": "m:f", "targets": "values"},
        None,
        ".targets: 'values' is not allowed here; did you mean 'value'? "
        "Allowed: value, zero_one, plus_minus_one, one_hot, class_index",
    ),
    *(
        (
            {"loss": reference, "targets": "value"},
            None,
            f".loss: '{reference}' given; allowed: module:function, as in my_losses:pinball",
        )
        for reference in (":", ":f", "m:", "m:f:g", "m:été", "m.py:f", "my-losses:f", "m:f()", "a b:f", "m: f")
    ),
]


@pytest.mark.parametrize(("entry", "task", "line"), MISTAKES, ids=[str(entry) for entry, _, _ in MISTAKES])
def test_a_mistake_in_an_entry_is_told_in_one_line(entry, task, line):
    assert refused(entry, task) == [line]


def test_every_parameter_that_is_wrong_has_its_line():
    given = {"loss": "binary_focal_crossentropy", "gamma": -1, "alpha": 2, "label_smoothing": "no"}
    assert refused(given) == [
        ".gamma: -1 given; allowed: 0 or more",
        ".alpha: 2 given; allowed: 1 or less",
        ".label_smoothing: 'no' given; allowed: a number",
    ]


@pytest.mark.parametrize(
    ("listed", "task", "lines"),
    [
        (["mse", "mae", HUBER_SMALL, PINBALL], None, []),
        (["huber", HUBER_SMALL, HUBER_SMALL | {"as": "again"}], "regression", []),
        ([{"loss": "mse", "as": "one"}, {"loss": "mse", "as": "other"}], None, []),
        (
            ["mse", "mae", "MeanSquaredError"],
            None,
            ["[2]: 'MeanSquaredError' is the same loss as 'mse'; list each once, or name one with as:"],
        ),
        (
            ["mse", "hinge", "mae"],
            None,
            [": losses of one task are compared; 'mse' for a regression task and 'hinge' for a binary task"],
        ),
        (
            ["hinge", PINBALL, "kld"],
            None,
            [
                ": losses of one task are compared; 'hinge' for a binary task and "
                "'my_losses:pinball' for a regression task and 'kld' for a multiclass task"
            ],
        ),
        (
            [{"loss": "huber", "as": "mine"}, {"loss": "mae", "as": "mine"}],
            None,
            ["[1]: 'mae' goes by the name 'mine', as 'huber' does; name one with as:"],
        ),
        (
            ["hing", {"loss": "huber", "delta": 0}, "bce"],
            None,
            [
                f"[0]: 'hing' is not a loss; did you mean 'hinge'? Losses: {OF_ANY}",
                "[1].delta: 0 given; allowed: above 0",
            ],
        ),
    ],
    ids=str,
)
def test_the_losses_of_a_comparison_are_of_one_task_and_each_has_its_own_name(listed, task, lines):
    assert list(entries.find_mistakes(listed, task)) == lines


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


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    entry=st.sampled_from(WORDS)
    | st.dictionaries(st.sampled_from(KEYS), SCALARS | st.sampled_from(WORDS) | st.lists(SCALARS, max_size=2))
    | st.fixed_dictionaries({"loss": st.sampled_from(WORDS)}, optional=dict.fromkeys(KEYS[1:], SCALARS)),
    task=st.none() | st.sampled_from(["regression", "binary", "multiclass"]),
)
def test_whatever_an_entry_holds_it_is_a_loss_of_the_task_or_refused_in_lines(entry, task):
    try:
        loss, lines = entries.resolve(entry, task), ()
    except EntryError as error:
        loss, lines = None, error.lines
    assert bool(loss) != bool(lines)
    assert all(line.startswith((".", ": ")) and "\n" not in line for line in lines)
    if loss:
        assert task in (None, loss.task)
        assert loss.activation in loss.activations
        assert all(math.isfinite(value) for value in loss.parameters.values())
        assert catalogue.from_settings(catalogue.settings_of(loss)).parameters == loss.parameters


# through the whole file


HOUSES = {"source": {"file": "data/external/houses.csv", "target": "price"}}
COMPARED = ["mse", HUBER_SMALL, PINBALL]


@pytest.fixture
def load(tmp_path, monkeypatch, defaults):
    """Add a table to the project's parameters, edit them, and load them as a stage does."""
    monkeypatch.chdir(tmp_path)
    defaults["datasets"]["houses"] = copy.deepcopy(HOUSES)
    defaults["comparisons"]["houses"] = {"losses": copy.deepcopy(COMPARED)}

    def edit_and_load(*path, value=None):
        inside = defaults
        for key in path[:-1]:
            inside = inside.setdefault(key, {})
        if path:
            inside[path[-1]] = value
        Path("params.yaml").write_text(yaml.safe_dump(defaults, sort_keys=False), encoding="utf-8")
        return load_params()

    return edit_and_load


@pytest.fixture
def lines(load):
    """The lines that the edited parameters are refused with."""

    def refused_with(*path, value):
        with pytest.raises(UserError) as raised:
            load(*path, value=value)
        return str(raised.value).splitlines()

    return refused_with


def names(selected):
    return {dataset: [loss.name for loss in losses] for dataset, losses in selected.items()}


@pytest.mark.parametrize(
    ("loss", "selected"),
    [
        ("huber_small", {"houses": ["huber_small"]}),
        (["pinball90", "MSE"], {"regression": ["mse"], "houses": ["mse", "pinball90"]}),
    ],
    ids=str,
)
def test_a_loss_is_selected_by_the_name_it_was_given(load, loss, selected):
    assert names(load("loss", value=loss).selected()) == selected


def test_the_function_of_a_loss_that_goes_by_another_name_selects_nothing(lines):
    [line] = lines("loss", value="huber")
    assert line.startswith("params.yaml: loss: 'huber' is in no comparison; allowed: all, or any of mse, ")
    assert line.endswith(", huber_small, pinball90")
    [line] = lines("loss", value="huber_smal")
    assert line.startswith("params.yaml: loss: 'huber_smal' is not a loss; did you mean 'huber_small'? Allowed: all, ")


def test_every_comparison_keeps_what_its_entries_say(load):
    [mse, small, own] = load().compared()["houses"]
    assert (mse.parameters, small.parameters, own.function) == ({}, {"delta": 0.2}, "my_losses:pinball")


@pytest.mark.parametrize("baseline", ["huber_small", {"houses": "huber_small"}], ids=str)
def test_a_baseline_may_be_a_name_given_with_as(load, baseline):
    loaded = load("report", "baseline", value=baseline)
    assert (loaded.baseline("houses"), loaded.baseline("regression")) == ("huber_small", "mse")


def test_a_baseline_that_is_not_compared_is_refused(lines):
    assert lines("report", "baseline", value={"houses": "huber"}) == [
        "params.yaml: report.baseline.houses: 'huber' is not a loss compared here; did you mean 'huber_small'? "
        "Allowed: first, mse, huber_small, pinball90"
    ]


def test_a_mistake_in_an_entry_is_told_with_its_path(lines):
    assert lines("comparisons", "houses", "losses", value=["mse", {"loss": "huber", "delta": -1}, 3.5]) == [
        "params.yaml: comparisons.houses.losses[2]: 3.5 given; allowed: a loss's name, or a mapping with the key loss"
    ]
    assert lines("comparisons", "houses", "losses", value=["mse", {"loss": "huber", "delta": -1}, "m:f"]) == [
        "params.yaml: comparisons.houses.losses[1].delta: -1 given; allowed: above 0",
        "params.yaml: comparisons.houses.losses[2].targets: is missing",
    ]


@pytest.mark.parametrize("entry", [None, ["mse"], {1: 2}], ids=str)
def test_what_is_no_entry_is_refused(lines, entry):
    shown = {"NoneType": "nothing", "list": "a list", "dict": "a mapping"}[type(entry).__name__]
    assert lines("comparisons", "houses", "losses", value=[entry]) == [
        f"params.yaml: comparisons.houses.losses[0]: {shown} given; "
        "allowed: a loss's name, or a mapping with the key loss"
    ]


def described(task, *, classes=(), targets=("price",)):
    """What a table was found out to be."""
    return Description(
        task=task,
        inferred=None,
        other_tasks=[],
        classes=list(classes),
        targets=list(targets),
        files=["data/external/houses.csv"],
        csv=None,
        n_read=9,
        columns=[],
    )


@pytest.mark.parametrize(
    ("headline", "found", "allowed"),
    [
        ("recall_1", described("binary", classes=["no", "yes"]), True),
        ("recall_2", described("binary", classes=["no", "yes"]), False),
        ("cosine_similarity", described("regression", targets=["east", "north"]), True),
        ("cosine_similarity", described("regression"), False),
    ],
)
def test_a_headline_is_held_against_what_the_table_is(load, headline, found, allowed):
    losses = ["hinge"] if found.task == "binary" else ["mse"]
    load("comparisons", "houses", "losses", value=losses)
    wanted = load("report", "headline", value={"houses": headline})
    if allowed:
        check_data(wanted, {"houses": found})
    else:
        with pytest.raises(UserError, match=f"report.headline.houses: '{headline}' is not a score"):
            check_data(wanted, {"houses": found})


def test_when_the_table_tells_its_task_losses_for_another_are_refused(load):
    wanted = load()
    check_data(wanted, {"houses": described("regression")})
    with pytest.raises(UserError) as raised:
        check_data(wanted, {"houses": described("binary", classes=["no", "yes"])})
    assert str(raised.value).splitlines() == [
        f"params.yaml: comparisons.houses.losses[{index}]: '{given}' is a loss for a regression task; "
        f"losses for a binary task: {OF_BINARY}"
        for index, given in enumerate(["mse", "huber", "my_losses:pinball"])
    ]


OF_TASK = {
    "regression": "Scores of a regression task: rmse, mse, mae, r2",
    "circles": "Scores of a binary task: accuracy, balanced_accuracy, roc_auc, f1, log_loss",
    "blobs": "Scores of a multiclass task: accuracy, balanced_accuracy, f1_macro, log_loss",
    "houses": "Scores: rmse, mse, mae, r2, cosine_similarity, accuracy, balanced_accuracy, roc_auc, f1, log_loss, "
    "f1_macro",
}


@pytest.mark.parametrize(
    ("dataset", "headline"),
    [
        ("regression", "r2"),
        ("circles", "balanced_accuracy"),
        ("circles", "recall_1"),
        ("blobs", "log_loss"),
        ("blobs", "recall_2"),
        ("houses", "rmse"),
        ("houses", "recall_2"),  # the table may be of three classes
    ],
)
def test_a_score_of_the_task_may_decide(load, dataset, headline):
    assert load("report", "headline", value={dataset: headline}).report.headline == {dataset: headline}


@pytest.mark.parametrize(
    ("dataset", "headline", "near"),
    [
        ("regression", "accuracy", "."),
        ("regression", "log_loss", "."),
        ("regression", "recall_2", "."),
        ("regression", "mde", "; did you mean 'mse'?"),
        ("circles", "rmse", "."),
        ("circles", "acuracy", "; did you mean 'accuracy'?"),
        ("circles", "recall_x", "."),
        ("blobs", "f1_makro", "; did you mean 'f1_macro'?"),
        ("blobs", "recall_3", "."),  # its classes are 0, 1 and 2
        ("houses", "rsme", "; did you mean 'rmse'?"),
        ("houses", "", "."),
    ],
)
def test_a_score_that_the_task_has_not_is_refused(lines, dataset, headline, near):
    assert lines("report", "headline", value={dataset: headline}) == [
        f"params.yaml: report.headline.{dataset}: '{headline}' is not a score{near} {OF_TASK[dataset]}"
    ]


def test_log_loss_decides_only_where_every_output_is_a_probability(lines):
    assert lines("report", "headline", value={"circles": "log_loss"}) == [
        "params.yaml: report.headline.circles: 'log_loss' needs outputs that are probabilities, "
        f"and those of '{loss}' are not"
        for loss in ("hinge", "squared_hinge")
    ]


def test_log_loss_is_refused_by_the_output_and_not_by_the_name_of_a_loss(lines, load):
    flat = {"loss": "categorical_hinge", "activation": "linear", "as": "flat"}
    load("report", "headline", value={"blobs": "log_loss"})
    assert lines("comparisons", "blobs", "losses", value=["kld", flat]) == [
        "params.yaml: report.headline.blobs: 'log_loss' needs outputs that are probabilities, "
        "and those of 'flat' are not"
    ]
    load("comparisons", "blobs", "losses", value=["kld", flat | {"activation": "softmax"}])


@pytest.mark.parametrize(("section", "value"), [("headline", "rmse"), ("margin", 0.1)])
def test_what_is_said_of_no_comparison_is_refused(lines, section, value):
    assert lines("report", section, value={"house": value}) == [
        f"params.yaml: report.{section}.house: 'house' is not a comparison; did you mean 'houses'? "
        "Comparisons: regression, circles, blobs, houses"
    ]


@pytest.mark.parametrize(
    ("split", "line"),
    [
        ({"method": "shuffle", "folds": 3}, "folds: goes with method: kfold or group; the method is shuffle"),
        ({"folds": 3}, "folds: goes with method: kfold or group; the method is not given"),
        (
            {"method": "kfold", "train": 0.8},
            "train: folds say how many rows train; leave one of the two out",
        ),
        (
            {"method": "kfold", "folds": 3, "train": 10},
            "train: folds say how many rows train; leave one of the two out",
        ),
        (
            {"method": "group", "column": "street", "folds": 3, "train": 0.5},
            "train: folds say how many rows train; leave one of the two out",
        ),
        ({"method": "shuffle", "column": "street"}, "column: goes with method: group; the method is shuffle"),
        ({"column": "street"}, "column: goes with method: group; the method is not given"),
        ({"method": "group"}, "column: is missing; method: group needs the column that names the groups"),
        ({"method": "kfold", "folds": 1}, "folds: 1 given; allowed: 2 or more"),
        (
            {"method": "group", "column": "street", "train": 10},
            "train: 10 given; allowed with method: group: a share of the groups (above 0, below 1)",
        ),
        (
            {"method": "fold"},
            "method: 'fold' is not allowed here; did you mean 'kfold'? "
            "Allowed: first, shuffle, stratified, kfold, group",
        ),
    ],
    ids=str,
)
def test_a_split_that_contradicts_itself_is_refused(lines, split, line):
    assert lines("datasets", "houses", "split", value=split) == [f"params.yaml: datasets.houses.split.{line}"]


@pytest.mark.parametrize(
    "split",
    [
        {"method": "kfold"},
        {"method": "kfold", "folds": 3, "random_state": 7},
        {"method": "group", "column": "street"},
        {"method": "group", "column": "street", "folds": 3},
        {"method": "group", "column": "street", "train": 0.5},
        {"method": "stratified", "train": 0.5},
        {"train": 10},
    ],
    ids=str,
)
def test_a_split_that_does_not_is_taken(load, split):
    loaded = load("datasets", "houses", "split", value=split).datasets["houses"].split
    assert loaded.model_dump(include=set(split)) == split


def test_a_generator_has_no_groups(lines):
    assert lines("datasets", "circles", "split", value={"method": "group", "column": "x1"}) == [
        "params.yaml: datasets.circles.split.method: 'group' needs a table's column that names the groups; "
        "make_circles has none"
    ]


def test_values_are_not_split_by_class(lines):
    assert lines("datasets", "regression", "split", value={"method": "stratified", "train": 500}) == [
        "params.yaml: datasets.regression.split.method: 'stratified' needs classes, and the target is values; "
        "allowed: first, shuffle, kfold, group"
    ]


def test_a_users_own_network_goes_without_the_keys_of_ours(lines, load):
    compared = {"losses": ["mse"], "model": "my_models:deep"}
    assert lines("comparisons", "houses", value=compared | {"hidden": [3]}) == [
        "params.yaml: comparisons.houses.model: builds the whole network; leave out hidden"
    ]
    assert lines(
        "comparisons",
        "houses",
        value=compared | {"hidden": [3], "dropout": 0.0, "batch_norm": False, "activation": "relu"},
    ) == [
        "params.yaml: comparisons.houses.model: builds the whole network; "
        "leave out activation, batch_norm, dropout, hidden"
    ]
    assert load("comparisons", "houses", value=compared).comparisons["houses"].model == "my_models:deep"


OUTSIDE = [
    "houses.csv",
    "/tmp/houses.csv",
    "data/raw/houses.csv",
    "data/external/../x.csv",
    "~/houses.csv",
    "data/externals/x.csv",
]


@pytest.mark.parametrize("file", OUTSIDE)
def test_a_file_where_dvc_does_not_see_it_change_is_refused(lines, file):
    assert lines("datasets", "houses", "source", "file", value=file) == [
        f"params.yaml: datasets.houses.source.file: '{file}' is not in data/external, where DVC sees it change; "
        "copy it there, or let this do it: make try FILE=… TARGET=…"
    ]


@pytest.mark.parametrize(
    "file", ["data/external/a/b.csv", "./data/external/houses.csv", "data/external/houses-*.csv", "data/external/é.csv"]
)
def test_a_file_or_files_in_the_folder_that_dvc_watches_are_taken(load, file):
    assert load("datasets", "houses", "source", "file", value=file).datasets["houses"].source.file == file


def test_a_target_stands_once(lines):
    assert lines("datasets", "houses", "source", "target", value=["price", "price"]) == [
        "params.yaml: datasets.houses.source.target: 'price' stands twice"
    ]


def test_a_network_of_ones_own_is_a_module_and_a_function(lines):
    assert lines("comparisons", "houses", value={"losses": ["mse"], "model": "deep"}) == [
        "params.yaml: comparisons.houses.model: 'deep' given; allowed: module:function, as in my_models:build"
    ]


def test_a_name_over_two_lines_is_told_in_one(lines):
    [line] = lines("comparisons", "houses", "losses", value=["foo\nbar"])
    assert line.startswith("params.yaml: comparisons.houses.losses[0]: 'foo\\nbar' is not a loss")


def test_the_target_is_not_among_the_columns_left_out(lines):
    assert lines("datasets", "houses", "source", "drop", value=["id", "price"]) == [
        "params.yaml: datasets.houses.source.drop: 'price' is the target; allowed: other columns"
    ]
