"""What a single key of params.yaml may hold."""

import datetime
import math

import pytest

from stages.params.load import check_params
from stages.params.optimizer import Optimizer
from stages.params.schema import Split
from stages.params.seeds import AtMost, looks

SOURCE = "datasets.blobs.source"
ROWS = (0, -1, 1.0, 1.5, 0.0, True, "half", None)


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("loss", 3, "selector_type"),
        ("loss", None, "selector_type"),
        ("loss", {"all": 1}, "selector_type"),
        ("train", [], "model_type"),
        ("track", "no", "model_type"),
        ("datasets", [], "dict_type"),
        ("datasets", {}, "too_short"),
        *(("datasets.blobs.split.train", rows, "rows_type") for rows in ROWS),
        ("datasets.blobs.split.folds", 1, "greater_than_equal"),
        ("datasets.blobs.split", 500, "model_type"),
        ("datasets.blobs.scale.features", "standart", "literal_error"),
        ("datasets.blobs.scale.features", 3, "literal_type"),
        ("datasets.blobs.scale.fit_on", "test", "literal_error"),
        ("datasets.houses.source.target", [], "too_short"),
        *(
            ("datasets.houses.source.encoding", name, "encoding_type")
            for name in ("utf-88", "rot13", "hex", "base64", "zlib", "idna", "undefined")
        ),
        *(
            ("datasets.houses.source.delimiter", delimiter, "delimiter_type")
            for delimiter in ("((", "(;)|,", "x*", '"', "\n", "\0", "[a")
        ),
        ("datasets.houses.source.delimiter", "", "string_too_short"),
        (f"{SOURCE}.random_state", -1, "greater_than_equal"),
        (f"{SOURCE}.random_state", 2**32, "less_than"),
        (f"{SOURCE}.n_samples", "many", "whole_type"),
        (f"{SOURCE}.n_samples", 1e3, "whole_type"),
        (f"{SOURCE}.centers", 1, "greater_than_equal"),
        (f"{SOURCE}.cluster_std", math.nan, "finite_number"),
        (f"{SOURCE}.cluster_std", math.inf, "finite_number"),
        (f"{SOURCE}.cluster_std", True, "number_type"),
        (f"{SOURCE}.cluster_std", "wide", "float_parsing"),
        (f"{SOURCE}.cluster_std", [1], "float_type"),
        (f"{SOURCE}.cluster_std", -0.5, "greater_than_equal"),
        (f"{SOURCE}.shuffle", "maybe", "bool_parsing"),
        (f"{SOURCE}.shuffle", [True], "bool_type"),
        (f"{SOURCE}.center_box", 3, "tuple_type"),
        (f"{SOURCE}.center_box", [1, 2, 3], "too_long"),
        ("datasets.regression.source.tail_strength", 2, "less_than_equal"),
        ("datasets.circles.source.factor", 1, "less_than"),
        ("comparisons", {}, "too_short"),
        ("comparisons.circles.epochs", -5, "greater_than_equal"),
        ("comparisons.circles.epochs", 1.5, "whole_type"),
        ("comparisons.circles.epochs", True, "whole_type"),
        ("comparisons.circles.hidden", 50, "list_type"),
        ("comparisons.circles.model", "deep", "reference_type"),
        ("comparisons.circles.losses", [], "too_short"),
        ("comparisons.circles.losses", "hinge", "list_type"),
        ("train.seeds", 0, "greater_than_equal"),
        ("train.seeds", "thirty", "seeds_type"),
        ("train.seeds", True, "seeds_type"),
        ("train.batch_size", 0, "greater_than_equal"),
        ("train.optimizer", "SGD", "model_type"),
        ("train.optimizer.name", "SDG", "literal_error"),
        ("train.optimizer.learning_rate", 0, "greater_than"),
        ("train.optimizer.learning_rate", True, "number_type"),
        ("train.optimizer.learning_rate", [], "too_short"),
        ("train.optimizer.learning_rate", {}, "float_type"),
        ("train.optimizer.learning_rate", [0.1, 0.01, 0.1], "rate_twice"),
        ("train.optimizer.beta_1", 1, "less_than"),  # also where another optimizer is named
        ("train.optimizer.learning_rate", "fast", "rates_type"),
        ("train.optimizer.momentum", 2, "less_than_equal"),
        ("track.experiment", "../x", "string_pattern_mismatch"),
        ("track.experiment", "", "string_pattern_mismatch"),
        ("track.experiment", datetime.date(2020, 1, 1), "string_type"),
        ("report.baseline", 3, "baseline_type"),
        ("report.baseline", {"circles": 3}, "baseline_type"),
        ("report.margin", 0.1, "dict_type"),
        ("report.margin.circles", 0, "greater_than"),
    ],
)
def test_a_value_that_may_not_stand_there_is_refused(mistakes, key, value, kind):
    [mistake] = mistakes({key: value})
    assert (mistake.key, mistake.kind) == (key, kind)
    assert mistake.value is value


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("loss", ["mse", None], ("[1]", "string_type", None)),
        ("train.optimizer.learning_rate", [0.1, -1], ("[1]", "greater_than", -1)),
        ("train.optimizer.learning_rate", [0.1, "fast"], ("[1]", "float_parsing", "fast")),
        ("train.optimizer.learning_rate", [[0.1]], ("[0]", "float_type", [0.1])),
        (f"{SOURCE}.center_box", [1], ("[1]", "missing", None)),
        (f"{SOURCE}.center_box", [1, "a"], ("[1]", "float_parsing", "a")),
        ("comparisons.circles.hidden", [50, 0], ("[1]", "greater_than_equal", 0)),
        ("comparisons.circles.losses", ["hinge", 3.5], ("[1]", "entry_type", 3.5)),
        ("comparisons.circles.losses", [None], ("[0]", "entry_type", None)),
        ("comparisons.circles.losses", [{1: 2}], ("[0]", "entry_type", {1: 2})),
        ("datasets.houses.source.target", ["price", 1.5], ("[1]", "string_type", 1.5)),
    ],
)
def test_a_mistake_within_a_list_is_told_by_its_place(mistakes, path, value, expected):
    [mistake] = mistakes({path: value})
    assert (mistake.key, mistake.kind, mistake.value) == (path + expected[0], *expected[1:])


@pytest.mark.parametrize("path", ["train.seeds", "comparisons.circles.seeds"])
@pytest.mark.parametrize(("value", "kind"), [(45, "looks_type"), (0, "greater_than_equal"), ("all", "whole_type")])
def test_the_most_seeds_are_whole_looks(mistakes, path, value, kind):
    [mistake] = mistakes({path: {"at_most": value}})
    assert (mistake.key, mistake.kind, mistake.value) == (f"{path}.at_most", kind, value)


def test_seeds_are_a_number_or_at_most_some_and_a_comparison_may_have_its_own(check):
    params = check({"train.seeds": {"at_most": 60}, "comparisons.circles.seeds": 20})
    assert [params.setup(name).seeds for name in ("regression", "circles")] == [AtMost(at_most=60), 20]
    assert (looks(AtMost(at_most=30), 2), looks(20, 2)) == ((10, 20, 30), (20,))


def test_a_loss_that_is_compared_with_none_trains_thirty_seeds_or_the_most():
    assert looks(AtMost(at_most=60), 1) == looks(AtMost(at_most=30), 1) == (10, 20, 30)
    assert looks(AtMost(at_most=20), 1) == (10, 20)
    assert looks(45, 1) == (45,)


@pytest.mark.parametrize("path", ["datasets", "comparisons", f"{SOURCE}.random_state", "comparisons.circles.losses"])
def test_what_has_no_default_is_missed(mistakes, path):
    [mistake] = mistakes({path: ...})
    assert (mistake.key, mistake.kind) == (path, "missing")


@pytest.mark.parametrize(
    ("path", "value", "key", "nearest"),
    [
        ("trian", {}, "", "train"),
        ("comparisons.circles.epoch", 5, "comparisons.circles", "epochs"),
        ("train.optimizer.lr", 0.1, "train.optimizer", None),
        ("train.optimizer.momentun", 0.1, "train.optimizer", "momentum"),
        (f"{SOURCE}.n_sample", 5, SOURCE, "n_samples"),
        ("datasets.houses.source.targets", "price", "datasets.houses.source", "target"),
    ],
)
def test_a_key_that_is_not_known_is_refused_with_the_nearest(mistakes, path, value, key, nearest):
    [mistake] = mistakes({path: value})
    assert (mistake.key, mistake.kind, mistake.value) == (key, "unknown_key", path.split(".")[-1])
    assert mistake.nearest == nearest


def test_a_word_that_is_not_allowed_is_refused_with_the_nearest(mistakes):
    [mistake] = mistakes({"datasets.blobs.scale.features": "standart"})
    assert (mistake.nearest, mistake.names) == ("standard", ("none", "standard", "minmax", "robust"))


def test_a_source_is_a_generator_or_a_file(mistakes):
    [mistake] = mistakes({f"{SOURCE}.generator": "make_blob"})
    assert (mistake.key, mistake.kind, mistake.nearest) == (SOURCE, "unknown_generator", "make_blobs")
    [mistake] = mistakes({f"{SOURCE}.generator": ...})
    assert (mistake.key, mistake.kind) == (SOURCE, "source_unclear")


def test_every_mistake_is_told(mistakes):
    optimizer = {"name": "SGD", "learning_rate": "fast", "nesterov": "si"}
    wrong = mistakes({"train": {"seeds": -1, "batch_size": 2.5, "optimizer": optimizer}, "datasets.my data": {}})
    assert [(mistake.key, mistake.kind) for mistake in wrong] == [
        ("datasets.my data", "string_pattern_mismatch"),
        ("datasets.my data.source", "missing"),
        ("train.seeds", "greater_than_equal"),
        ("train.batch_size", "whole_type"),
        ("train.optimizer.learning_rate", "rates_type"),
        ("train.optimizer.nesterov", "bool_parsing"),
    ]


@pytest.mark.parametrize(
    ("name", "key"), [(2024, "comparisons.2024"), (None, "comparisons"), (datetime.date(2020, 1, 1), "comparisons")]
)
def test_a_name_that_is_no_text_is_refused(mistakes, values, name, key):
    values["comparisons"][name] = {"hidden": ["wide"], "losses": ["mse"]}
    first, second = mistakes({})
    assert (first.key, first.kind, first.value) == (key, "string_type", name)
    assert (second.kind, second.value) == ("whole_type", "wide")


def test_what_is_left_out_has_a_default(check):
    params = check(dict.fromkeys(("loss", "compare", "train", "track", "report", "datasets.regression.scale"), ...))
    assert (params.loss, params.compare) == (["all"], ["all"])
    assert (params.train.seeds, params.train.batch_size, params.track.experiment) == (30, 32, "losslab")
    assert params.train.optimizer == Optimizer(name="SGD", momentum=0.9)
    assert (params.report.baseline, params.report.margin) == ("recommended", {})
    # a scaler fitted on test rows leaks
    assert params.datasets["regression"].scale.fit_on == "train"


def test_what_the_projects_own_file_says_is_what_it_means_left_out(values):
    left_out = {key: value for key, value in values.items() if key not in {"loss", "compare", "train", "track"}}
    assert check_params(left_out) == check_params(values)


@pytest.mark.parametrize("section", ["train", "track", "report"])
def test_a_section_without_a_key_is_as_one_that_is_not_there(values, section):
    without = {key: value for key, value in values.items() if key != section}
    assert check_params(without | {section: None}) == check_params(without)


def test_parameters_once_checked_do_not_change(check):
    with pytest.raises(ValueError, match="frozen"):
        check().train.seeds = 1


def names(selected):
    return {name: [loss.name for loss in losses] for name, losses in selected.items()}


@pytest.mark.parametrize(
    ("loss", "selected"),
    [
        ("msle", {"regression": ["msle"]}),
        ("MeanSquaredError", {"regression": ["mse"], "houses": ["mse"]}),
        (["mae", "kld", "mean_absolute_error"], {"regression": ["mae"], "blobs": ["kl_divergence"]}),
        ("huber_small", {"houses": ["huber_small"]}),
        (["pinball90", "MSE"], {"regression": ["mse"], "houses": ["mse", "pinball90"]}),
    ],
    ids=str,
)
def test_the_selector_picks_losses_of_each_comparison_in_its_order(check, loss, selected):
    assert names(check({"loss": loss}).selected()) == selected


def test_all_selects_what_is_compared(check):
    params = check()
    assert params.selected() == params.compared()
    assert {name: len(losses) for name, losses in params.compared().items()} == {
        name: len(comparison.losses) for name, comparison in params.comparisons.items()
    }


def test_every_comparison_keeps_what_its_entries_say(check):
    [mse, small, own] = check().compared()["houses"]
    assert (mse.parameters, small.parameters, own.function) == ({}, {"delta": 0.2}, "my_losses:pinball")


@pytest.mark.parametrize(
    ("baseline", "loss", "expected"),
    [
        ("first", "all", "binary_crossentropy"),
        ("SquaredHinge", "all", "squared_hinge"),
        ("mse", "all", "binary_crossentropy"),  # compared on another dataset
        ({"circles": "hinge", "blobs": "first"}, "all", "hinge"),
        ("recommended", "all", None),
        ({"circles": "recommended", "blobs": "first"}, "all", None),
        ({"blobs": "kld"}, "all", None),
        ({"circles": "bce"}, ["squared_hinge", "hinge"], "hinge"),  # not selected: the first that is
    ],
    ids=str,
)
def test_the_baseline_is_the_loss_chosen_or_the_recommended_or_where_it_is_not_selected_the_first(
    check, baseline, loss, expected
):
    params = check(
        {"report.baseline": baseline, "loss": loss, "comparisons.circles.losses": ["bce", "hinge", "squared_hinge"]}
    )
    assert params.baseline("circles") == expected


@pytest.mark.parametrize("baseline", ["huber_small", {"houses": "huber_small"}], ids=str)
def test_a_baseline_may_be_a_name_chosen_with_as(check, baseline):
    params = check({"report.baseline": baseline})
    elsewhere = None if isinstance(baseline, dict) else "mse"
    assert (params.baseline("houses"), params.baseline("regression")) == ("huber_small", elsewhere)


def test_a_comparison_is_of_the_dataset_of_its_name_and_divides_its_rows_as_that_says(check):
    params = check()
    for name, dataset in params.datasets.items():
        setup = params.setup(name)
        assert (setup.dataset, setup.data, setup.split) == (name, dataset, dataset.split)
        assert params.split_key(name) == f"datasets.{name}.split"


def test_a_comparison_may_name_its_dataset_and_divide_its_rows_otherwise(check):
    fair = {
        "dataset": "circles",
        "split": {"method": "kfold", "folds": 10},
        "batch_size": 8,
        "optimizer": {"name": "Adam"},
        "losses": ["hinge"],
    }
    params = check({"comparisons.fair": fair, "report.baseline": {"fair": "hinge"}})
    setup = params.setup("fair")
    assert (setup.dataset, setup.data) == ("circles", params.datasets["circles"])
    assert (setup.split.method, setup.split.folds, setup.batch_size) == ("kfold", 10, 8)
    assert [loss.name for loss in setup.losses] == ["hinge"]
    assert setup.optimizer.name == "Adam"
    assert params.setup("circles").split == params.datasets["circles"].split
    assert (params.split_key("fair"), params.optimizer_key("fair")) == (
        "comparisons.fair.split",
        "comparisons.fair.optimizer",
    )
    assert check({"loss": "hinge"}).selected().keys() == {"circles", "fair"}


@pytest.mark.parametrize(
    ("split", "generated", "has_classes", "method"),
    [
        ({}, True, False, "first"),
        ({"train": 0.5}, True, True, "first"),
        ({}, False, False, "kfold"),
        ({}, False, True, "kfold"),
        ({"folds": 3}, False, True, "kfold"),
        ({"train": 0.5}, False, False, "shuffle"),
        ({"train": 0.5}, False, True, "stratified"),
        ({"method": "shuffle"}, False, True, "shuffle"),
        ({"method": "kfold"}, True, False, "kfold"),
    ],
    ids=str,
)
def test_where_no_method_is_named_it_is_the_one_that_suits(split, generated, has_classes, method):
    assert Split(**split).method_for(generated=generated, has_classes=has_classes) == method


THREE = ["kl_divergence", "categorical_crossentropy", "sparse_categorical_crossentropy"]


def test_of_several_names_of_one_objective_a_tuned_comparison_trains_the_usual_and_others_train_all(check):
    fair = {"dataset": "blobs", "losses": [*THREE, "categorical_hinge"]}
    fixed = fair | {"optimizer": {"name": "SGD", "learning_rate": 0.01}}
    params = check({"comparisons.fair": fair, "comparisons.fixed": fixed})
    selected = names(params.selected())
    assert selected["fair"] == ["categorical_crossentropy", "categorical_hinge"]
    assert selected["fixed"] == [*THREE, "categorical_hinge"]
    others = ["kl_divergence", "sparse_categorical_crossentropy"]
    assert (params.other_names("fair"), params.other_names("fixed")) == ({"categorical_crossentropy": others}, {})


def test_a_name_that_is_asked_for_alone_is_trained(check):
    params = check({"comparisons.fair": {"dataset": "blobs", "losses": THREE}, "loss": "kl_divergence"})
    assert names(params.selected())["fair"] == ["kl_divergence"]
    assert params.other_names("fair") == {}


def test_a_baseline_may_be_another_name_of_what_is_trained(check):
    fair = {"dataset": "blobs", "losses": [*THREE, "categorical_hinge"]}
    params = check({"comparisons.fair": fair, "report.baseline": {"fair": "kld"}})
    assert params.baseline("fair") == "categorical_crossentropy"
