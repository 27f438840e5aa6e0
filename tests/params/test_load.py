import datetime
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.basics import suggest as mistakes
from stages.basics.cli import UserError
from stages.params.load import load_params

COMPARED = (
    "mse, msle, mae, binary_crossentropy, hinge, squared_hinge, "
    "categorical_crossentropy, sparse_categorical_crossentropy, kl_divergence"
)
BINARY = "binary_crossentropy, hinge, squared_hinge"
OF_BINARY = f"{BINARY}, binary_focal_crossentropy, dice, tversky"
OF_REGRESSION = "mse, mae, msle, mape, huber, log_cosh, poisson, cosine_similarity"
ROWS = "rows (a whole number, 1 or more) or a share (above 0, below 1)"
MULTICLASS = "categorical_crossentropy, sparse_categorical_crossentropy, kl_divergence"
SECTIONS = "loss, datasets, comparisons, train, track, report"
NAME = "letters, digits, '_', '-' and '.', not starting with '-' or '.'"
SOURCE = "datasets.blobs.source"
REMOVED = object()


def edit(given, path, value):
    """Set or remove the key at a path of names between dots."""
    *above, last = path.split(".")
    for name in above:
        given = given[name]
    if value is REMOVED:
        del given[last]
    else:
        given[last] = value


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Write a params.yaml, from text, bytes or what it holds, and load it as a stage does."""
    monkeypatch.chdir(tmp_path)

    def write_and_load(content):
        if isinstance(content, bytes):
            Path("params.yaml").write_bytes(content)
        else:
            text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
            Path("params.yaml").write_text(text, encoding="utf-8")
        return load_params()

    return write_and_load


@pytest.fixture
def lines(load):
    """The lines that a params.yaml is refused with."""

    def refused(content):
        with pytest.raises(UserError) as raised:
            load(content)
        return str(raised.value).splitlines()

    return refused


MISTAKES = [
    # the selector
    ("loss", "hing", f"loss: 'hing' is not a loss; did you mean 'hinge'? Allowed: all, {COMPARED}"),
    ("loss", ["mse", "focal"], f"loss: 'focal' is not a loss. Allowed: all, {COMPARED}"),
    ("loss", [], f"loss: is empty; allowed: all, or any of {COMPARED}"),
    ("loss", 3, "loss: 3 given; allowed: all, one loss's name, or a list of names"),
    ("loss", None, "loss: nothing given; allowed: all, one loss's name, or a list of names"),
    ("loss", {"all": 1}, "loss: a mapping given; allowed: all, one loss's name, or a list of names"),
    ("loss", ["mse", None], "loss[1]: nothing given; allowed: a name"),
    ("loss", ["all", "mse"], "loss: 'all' stands alone, without other names"),
    ("loss", REMOVED, "loss: is missing"),
    # keys
    ("trian", {}, f"'trian' is not a key here; did you mean 'train'? Keys: {SECTIONS}"),
    (
        "comparisons.circles.epoch",
        5,
        "comparisons.circles: 'epoch' is not a key here; did you mean 'epochs'? Keys: hidden, activation, "
        "dropout, batch_norm, model, epochs, batch_size, optimizer, losses",
    ),
    (
        "train.optimizer.lr",
        0.1,
        "train.optimizer: 'lr' is not a key here. Keys: name, learning_rate, momentum, nesterov",
    ),
    ("train", REMOVED, "train: is missing"),
    ("track", None, "track: nothing given; allowed: a mapping of keys to values"),
    # datasets
    ("datasets", [], "datasets: a list given; allowed: a mapping of keys to values"),
    ("datasets", {}, "datasets: is empty; allowed: at least one"),
    ("datasets.blobs.split.train", 0, f"datasets.blobs.split.train: 0 given; allowed: {ROWS}"),
    (
        "datasets.blobs.split.train",
        1000,
        "datasets.blobs.split.train: 1000 leaves no row to test; allowed: 1 to 999 (there are 1000 rows)",
    ),
    (
        "datasets.circles.split.train",
        1001,
        "datasets.circles.split.train: 1001 leaves no row to test; allowed: 1 to 999 (there are 1000 rows)",
    ),
    ("datasets.blobs.split", 500, "datasets.blobs.split: 500 given; allowed: a mapping of keys to values"),
    (
        "datasets.blobs.scale.features",
        "standart",
        "datasets.blobs.scale.features: 'standart' is not allowed here; did you mean 'standard'? "
        "Allowed: none, standard, minmax, robust",
    ),
    (
        "datasets.blobs.scale.target",
        "standard",
        "datasets.blobs.scale.target: 'standard' scales values, and the target is classes; allowed: none",
    ),
    (
        "datasets.blobs.scale.fit_on",
        "test",
        "datasets.blobs.scale.fit_on: 'test' is not allowed here. Allowed: train, all",
    ),
    # generators
    (
        f"{SOURCE}.generator",
        "make_blob",
        f"{SOURCE}: 'make_blob' is not a generator; did you mean 'make_blobs'? "
        "Allowed: make_regression, make_circles, make_blobs",
    ),
    (
        f"{SOURCE}.generator",
        REMOVED,
        f"{SOURCE}: is neither a generator nor a file; allowed: {{generator: …}} or {{file: …, target: …}}",
    ),
    (
        f"{SOURCE}.n_sample",
        5,
        f"{SOURCE}: 'n_sample' is not a key here; did you mean 'n_samples'? Keys: generator, n_samples, "
        "n_features, centers, cluster_std, center_box, shuffle, random_state",
    ),
    (f"{SOURCE}.random_state", REMOVED, f"{SOURCE}.random_state: is missing"),
    (f"{SOURCE}.random_state", -1, f"{SOURCE}.random_state: -1 given; allowed: 0 or more"),
    (f"{SOURCE}.n_samples", "many", f"{SOURCE}.n_samples: 'many' given; allowed: a whole number"),
    (f"{SOURCE}.n_samples", 1e3, f"{SOURCE}.n_samples: 1000.0 given; allowed: a whole number"),
    (f"{SOURCE}.centers", 1, f"{SOURCE}.centers: 1 given; allowed: 2 or more"),
    (f"{SOURCE}.cluster_std", math.nan, f"{SOURCE}.cluster_std: nan given; allowed: a number"),
    (f"{SOURCE}.cluster_std", math.inf, f"{SOURCE}.cluster_std: inf given; allowed: a number"),
    (f"{SOURCE}.cluster_std", True, f"{SOURCE}.cluster_std: True given; allowed: a number"),
    (f"{SOURCE}.cluster_std", -0.5, f"{SOURCE}.cluster_std: -0.5 given; allowed: 0 or more"),
    (f"{SOURCE}.shuffle", "maybe", f"{SOURCE}.shuffle: 'maybe' given; allowed: true or false"),
    (f"{SOURCE}.center_box", 3, f"{SOURCE}.center_box: 3 given; allowed: a list"),
    (f"{SOURCE}.center_box", [1, 2, 3], f"{SOURCE}.center_box: a list given; allowed: 2 at most"),
    (f"{SOURCE}.center_box", [1], f"{SOURCE}.center_box[1]: is missing"),
    (f"{SOURCE}.center_box", [1, "a"], f"{SOURCE}.center_box[1]: 'a' given; allowed: a number"),
    (
        f"{SOURCE}.center_box",
        [1, -1],
        f"{SOURCE}.center_box: [1.0, -1.0] is upside down; allowed: [low, high]",
    ),
    (
        "datasets.regression.source.tail_strength",
        2,
        "datasets.regression.source.tail_strength: 2 given; allowed: 1 or less",
    ),
    ("datasets.circles.source.factor", 1, "datasets.circles.source.factor: 1 given; allowed: below 1"),
    # comparisons
    ("comparisons", {}, "comparisons: is empty; allowed: at least one"),
    (
        "comparisons.circle",
        {"hidden": [1], "epochs": 1, "losses": ["hinge"]},
        "comparisons.circle: 'circle' is not a dataset; did you mean 'circles'? Datasets: regression, circles, blobs",
    ),
    ("comparisons.circles.epochs", -5, "comparisons.circles.epochs: -5 given; allowed: 1 or more"),
    ("comparisons.circles.epochs", 1.5, "comparisons.circles.epochs: 1.5 given; allowed: a whole number"),
    ("comparisons.circles.epochs", True, "comparisons.circles.epochs: True given; allowed: a whole number"),
    ("comparisons.circles.hidden", 50, "comparisons.circles.hidden: 50 given; allowed: a list"),
    ("comparisons.circles.hidden", [50, 0], "comparisons.circles.hidden[1]: 0 given; allowed: 1 or more"),
    ("comparisons.circles.losses", [], "comparisons.circles.losses: is empty; allowed: at least one"),
    ("comparisons.circles.losses", "hinge", "comparisons.circles.losses: 'hinge' given; allowed: a list"),
    (
        "comparisons.circles.losses",
        ["binary_crossentropy", "hing"],
        "comparisons.circles.losses[1]: 'hing' is not a loss; did you mean 'hinge'? "
        f"Losses for a binary task: {OF_BINARY}",
    ),
    (
        "comparisons.circles.losses",
        ["hinge", "mse"],
        f"comparisons.circles.losses[1]: 'mse' is a loss for a regression task; losses for a binary task: {OF_BINARY}",
    ),
    (
        "comparisons.circles.losses",
        ["bce", "hinge", "binary_crossentropy"],
        "comparisons.circles.losses[2]: 'binary_crossentropy' is the same loss as 'bce'; "
        "list each once, or name one with as:",
    ),
    # training and tracking
    ("train.seeds", 0, "train.seeds: 0 given; allowed: 1 or more"),
    ("train.seeds", "thirty", "train.seeds: 'thirty' given; allowed: a whole number"),
    ("train.batch_size", 0, "train.batch_size: 0 given; allowed: 1 or more"),
    ("train.optimizer", "SGD", "train.optimizer: 'SGD' given; allowed: a mapping of keys to values"),
    ("train.optimizer.learning_rate", 0, "train.optimizer.learning_rate: 0 given; allowed: above 0"),
    ("train.optimizer.learning_rate", "fast", "train.optimizer.learning_rate: 'fast' given; allowed: a number"),
    ("train.optimizer.momentum", 2, "train.optimizer.momentum: 2 given; allowed: 1 or less"),
    ("track.experiment", "../x", f"track.experiment: '../x' given; allowed: {NAME}"),
    (
        "report.baseline",
        "hing",
        f"report.baseline: 'hing' is not a loss compared; did you mean 'hinge'? Allowed: first, {COMPARED}",
    ),
    ("report.baseline", 3, "report.baseline: 3 given; allowed: first, a loss's name, or a mapping of datasets to them"),
    (
        "report.baseline",
        {"circle": "hinge"},
        "report.baseline.circle: 'circle' is not a comparison; did you mean 'circles'? "
        "Comparisons: regression, circles, blobs",
    ),
    (
        "report.baseline",
        {"circles": "mse"},
        f"report.baseline.circles: 'mse' is not a loss compared here. Allowed: first, {BINARY}",
    ),
    ("report.margin", {"circles": 0}, "report.margin.circles: 0 given; allowed: above 0"),
    ("report.margin", 0.1, "report.margin: 0.1 given; allowed: a mapping of keys to values"),
    (
        "report.margin",
        {"circle": 0.1},
        "report.margin.circle: 'circle' is not a comparison; did you mean 'circles'? "
        "Comparisons: regression, circles, blobs",
    ),
    (
        "track.experiment",
        datetime.date(2020, 1, 1),
        "track.experiment: 2020-01-01 given; allowed: a name",
    ),
    ("track.experiment", "", f"track.experiment: '' given; allowed: {NAME}"),
]


@pytest.mark.parametrize(
    ("path", "value", "line"),
    MISTAKES,
    ids=[f"{path}-{'removed' if value is REMOVED else value}" for path, value, _ in MISTAKES],
)
def test_one_mistake_is_told_in_one_line(defaults, lines, path, value, line):
    edit(defaults, path, value)
    assert lines(defaults) == [f"params.yaml: {line}"]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "datasets.blobs.task",
            "regression",
            [
                "datasets.blobs.task: 'regression' does not fit make_blobs, which gives 3 classes; allowed: multiclass",
                *(
                    f"comparisons.blobs.losses[{i}]: '{name}' is a loss for a multiclass task; "
                    f"losses for a regression task: {OF_REGRESSION}"
                    for i, name in enumerate(MULTICLASS.split(", "))
                ),
                "report.headline.blobs: 'accuracy' is not a score. Scores of a regression task: rmse, mse, mae, r2",
            ],
        ),
        (
            "datasets.my data",
            {},
            [
                f"datasets.my data: 'my data' given; allowed: {NAME}",
                "datasets.my data.source: is missing",
            ],
        ),
        (
            "datasets",
            REMOVED,
            ["datasets: is missing"],
        ),
        (
            "train",
            {"seeds": -1, "batch_size": 2.5, "optimizer": {"name": "SGD", "learning_rate": [], "nesterov": "si"}},
            [
                "train.seeds: -1 given; allowed: 1 or more",
                "train.batch_size: 2.5 given; allowed: a whole number",
                "train.optimizer.learning_rate: a list given; allowed: a number",
                "train.optimizer.nesterov: 'si' given; allowed: true or false",
            ],
        ),
    ],
    ids=["task", "name", "datasets", "train"],
)
def test_every_mistake_has_its_line(defaults, lines, path, value, expected):
    edit(defaults, path, value)
    assert lines(defaults) == [f"params.yaml: {line}" for line in expected]


def test_a_dataset_of_two_classes_is_a_binary_task(defaults, load, lines):
    edit(defaults, f"{SOURCE}.centers", 2)
    assert lines(defaults) == [
        "params.yaml: datasets.blobs.task: 'multiclass' does not fit make_blobs, which gives 2 classes; allowed: binary"
    ]
    edit(defaults, "datasets.blobs.task", "binary")
    edit(defaults, "comparisons.blobs.losses", ["hinge"])
    assert load(defaults).datasets["blobs"].task == "binary"


def test_two_losses_whose_figures_would_be_one_are_refused(defaults, lines):
    defaults["datasets"]["circles-wide"] = defaults["datasets"]["circles"]
    losses = [{"loss": "hinge", "as": "wide-hinge"}]
    defaults["comparisons"] |= {"circles-wide": {"losses": ["bce", "hinge"]}, "circles": {"losses": losses}}
    assert lines(defaults) == [
        "params.yaml: comparisons.circles-wide.losses[1]: 'hinge' makes the figure "
        "circles-wide-hinge-curves.png, and so does a loss of circles; give it another name with as:"
    ]


def test_a_loss_in_no_comparison_cannot_be_selected(defaults, lines):
    edit(defaults, "comparisons.circles.losses", ["hinge"])
    edit(defaults, "loss", "bce")
    compared = COMPARED.replace("binary_crossentropy, ", "").replace(", squared_hinge", "")
    assert lines(defaults) == [
        f"params.yaml: loss: 'bce' is in no comparison; allowed: all, or any of {compared}",
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("loss: [", "params.yaml, line 1, column 8: not YAML: expected the node content, but found '<stream end>'"),
        ("loss: all\ntrain: a: b", "params.yaml, line 2, column 9: not YAML: mapping values are not allowed here"),
        ("\tloss: all", "params.yaml, line 1, column 1: not YAML: found character '\\t' that cannot start any token"),
        ("", f"params.yaml: the keys {SECTIONS} are needed; the file holds nothing"),
        ("- all", f"params.yaml: the keys {SECTIONS} are needed; the file holds a list"),
        ("all", f"params.yaml: the keys {SECTIONS} are needed; the file holds 'all'"),
        (b"loss: \xff", "params.yaml: not UTF-8 text (byte 6)"),
        ("loss: all\ntrain: {}\nloss: mse", "params.yaml, line 3, column 1: not YAML: the key 'loss' stands twice"),
        ("a: {b: 1, c: 2, b: 3}", "params.yaml, line 1, column 17: not YAML: the key 'b' stands twice"),
    ],
    ids=["bracket", "colon", "tab", "empty", "list", "word", "bytes", "twice", "twice in one line"],
)
def test_a_file_that_is_no_mapping_is_refused(lines, content, line):
    assert lines(content) == [line]


def test_a_missing_file_tells_where_to_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as raised:
        load_params()
    assert str(raised.value) == "params.yaml is missing; run this in the project's folder"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("loss: 2020-13-45", "month must be in 1..12"),
        (f"loss: {'9' * 5000}", "Exceeds the limit (4300 digits) for integer string conversion"),
        ("[" * 5000, "maximum recursion depth exceeded"),
    ],
    ids=["a day that is none", "a number of 5000 digits", "5000 brackets"],
)
def test_yaml_that_cannot_be_built_is_refused(lines, content, why):
    [line] = lines(content)
    assert line.startswith(f"params.yaml: not YAML: {why}")


@pytest.mark.parametrize(
    ("name", "key", "shown"),
    [(2024, ".2024", "2024"), (None, "", "nothing"), (datetime.date(2020, 1, 1), "", "2020-01-01")],
    ids=str,
)
def test_a_name_that_is_no_text_is_refused(defaults, lines, name, key, shown):
    defaults["comparisons"][name] = {"hidden": ["wide"], "epochs": 1, "losses": ["mse"]}
    first, second = lines(defaults)
    assert first == f"params.yaml: comparisons{key}: {shown} given; allowed: a name"
    assert second.endswith(": 'wide' given; allowed: a whole number")


@pytest.mark.parametrize(
    ("loss", "selected"),
    [
        ("all", {"regression": ["mse", "msle", "mae"], "circles": BINARY.split(", "), "blobs": MULTICLASS.split(", ")}),
        ("msle", {"regression": ["msle"]}),
        ("MeanSquaredError", {"regression": ["mse"]}),
        (["mae", "kld", "mean_squared_error"], {"regression": ["mse", "mae"], "blobs": ["kl_divergence"]}),
    ],
    ids=str,
)
def test_the_selector_picks_losses_of_each_comparison_in_its_order(defaults, load, loss, selected):
    edit(defaults, "loss", loss)
    found = {dataset: [row.name for row in rows] for dataset, rows in load(defaults).selected().items()}
    assert found == selected


@pytest.mark.parametrize(
    ("baseline", "loss", "expected"),
    [
        ("first", "all", "binary_crossentropy"),
        ("SquaredHinge", "all", "squared_hinge"),
        ("mse", "all", "binary_crossentropy"),  # compared on another dataset
        ({"circles": "hinge", "blobs": "first"}, "all", "hinge"),
        ({"blobs": "kld"}, "all", "binary_crossentropy"),
        ({"circles": "bce"}, ["squared_hinge", "hinge"], "hinge"),  # not selected: the first that is
    ],
    ids=str,
)
def test_the_baseline_is_the_loss_chosen_or_else_the_first_selected(defaults, load, baseline, loss, expected):
    edit(defaults, "report.baseline", baseline)
    edit(defaults, "loss", loss)
    assert load(defaults).baseline("circles") == expected


def test_what_is_left_out_has_a_default(defaults, load):
    for path in ("track", "report", "train.seeds", "train.batch_size", "datasets.regression.scale"):
        edit(defaults, path, REMOVED)
    loaded = load(defaults)
    assert (loaded.train.seeds, loaded.train.batch_size, loaded.track.experiment) == (30, 32, "losslab")
    assert (loaded.report.baseline, loaded.report.margin) == ("first", {})
    # a scaler fitted on test rows leaks
    assert loaded.datasets["regression"].scale.fit_on == "train"


def test_parameters_once_loaded_do_not_change(defaults, load):
    with pytest.raises(ValueError, match="frozen"):
        load(defaults).train.seeds = 1


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        ({"name": "SGD"}, {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False}),
        (
            {"name": "Adam", "learning_rate": "1e-3"},  # YAML 1.1 takes 1e-3 for text
            {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7, "amsgrad": False},
        ),
        (
            {"name": "RMSprop", "centered": True},
            {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": True},
        ),
    ],
    ids=lambda value: value.get("name"),
)
def test_each_optimizer_has_its_own_settings(defaults, load, optimizer, expected):
    edit(defaults, "train.optimizer", optimizer)
    assert load(defaults).train.optimizer.model_dump(exclude={"name"}) == expected


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "nothing"), ("a", "'a'"), (3, "3"), (0.5, "0.5"), ([1], "a list"), ({"a": 1}, "a mapping")],
)
def test_a_value_is_shown_as_it_was_written_or_by_its_kind(value, shown):
    assert mistakes.show(value) == shown


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("SDG", "'SDG' is not a name; did you mean 'SGD'? Names: SGD, Adam"),
        ("sgd", "'sgd' is not a name; did you mean 'SGD'? Names: SGD, Adam"),
        ("momentum", "'momentum' is not a name. Names: SGD, Adam"),
        (7, "'7' is not a name. Names: SGD, Adam"),
    ],
)
def test_the_nearest_name_is_suggested_whatever_its_case(given, told):
    assert mistakes.not_one_of(given, ["SGD", "Adam"], "a name", "Names") == told


def _paths(value, path=()):
    """The paths of every key and item below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield (*path, key)
        yield from _paths(below, (*path, key))


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.sampled_from([10**400, math.nan, math.inf, -math.inf, 1e-320, "", "all", "mse", "hinge", "1e-3", "none", "é"])
    | st.text(max_size=4)
    | st.dates()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


HOUSES = """
source: {file: data/external/houses-*.csv, target: [price], features: [rooms, 3], drop: [id], encoding: utf-8}
split: {method: group, column: street, folds: 3}
scale: {target: minmax}
"""
HOUSES_COMPARED = """
losses: [mse, {loss: huber, delta: 0.2, as: huber_small}, {loss: my_losses:pinball, as: pinball90, targets: value}]
dropout: 0.2
optimizer: {name: Adam}
"""


@settings(max_examples=100, deadline=None, derandomize=True)
@given(data=st.data())
def test_whatever_is_edited_either_loads_or_is_refused_in_lines(defaults_text, tmp_path_factory, data):
    edited = yaml.safe_load(defaults_text)
    edited["datasets"]["houses"] = yaml.safe_load(HOUSES)
    edited["comparisons"]["houses"] = yaml.safe_load(HOUSES_COMPARED)
    for _ in range(data.draw(st.integers(1, 3))):
        paths = list(_paths(edited))
        if not paths:
            break
        *above, key = data.draw(st.sampled_from(paths))
        inside = edited
        for part in above:
            inside = inside[part]
        match data.draw(st.sampled_from(["set", "remove", "add", "copy"])):
            case "set":
                inside[key] = data.draw(VALUES)
            case "remove":
                del inside[key]
            case "add" if isinstance(inside, dict):
                inside[data.draw(st.text(max_size=3) | st.sampled_from(["target", "circles", "noise"]))] = data.draw(
                    VALUES
                )
            case _:
                source = edited
                for part in data.draw(st.sampled_from(paths)):
                    source = source[part]
                inside[key] = yaml.safe_load(yaml.safe_dump(source))
    path = tmp_path_factory.getbasetemp() / "params.yaml"
    path.write_text(yaml.safe_dump(edited, allow_unicode=True), encoding="utf-8")
    try:
        loaded, refusal = load_params(path), None
    except UserError as error:
        loaded, refusal = None, str(error)
    if loaded:
        assert loaded.selected()
        assert set(loaded.selected()) <= set(loaded.datasets)
    else:
        assert refusal.startswith(str(path))
