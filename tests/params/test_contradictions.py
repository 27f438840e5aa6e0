"""What contradicts itself across keys of params.yaml, or does not fit the data."""

from dataclasses import replace

import pytest

from stages.params.contradictions import contradictions_with_data, no_row_to_test
from stages.params.load import ParamsError, check_data
from stages.records.array_facts import ArrayFacts
from stages.records.datasets import Description


def one(mistakes):
    """The key, kind and value of the only mistake."""
    [mistake] = mistakes
    return mistake.key, mistake.kind, mistake.value


@pytest.mark.parametrize(
    ("value", "kind", "at_fault", "nearest"),
    [
        ("hing", "unknown_selection", "hing", "hinge"),
        (["mse", "focal"], "unknown_selection", "focal", None),
        ("huber_smal", "unknown_selection", "huber_smal", "huber_small"),
        ([], "nothing_selected", [], None),
        (["all", "mse"], "all_stands_alone", "all", None),
    ],
)
def test_a_loss_that_is_not_compared_cannot_be_selected(mistakes, value, kind, at_fault, nearest):
    [mistake] = mistakes({"loss": value})
    assert (mistake.key, mistake.kind, mistake.value) == ("loss", kind, at_fault)
    if nearest:
        assert mistake.nearest == nearest


@pytest.mark.parametrize(
    ("baseline", "kind", "value", "nearest"),
    [
        ("hing", "not_compared", "hing", "hinge"),
        ({"circle": "hinge"}, "unknown_comparison", "circle", "circles"),
        ({"circles": "mse"}, "not_compared_here", "mse", None),
        ({"houses": "huber"}, "not_compared_here", "huber", "huber_small"),
    ],
)
def test_a_baseline_that_is_not_compared_is_refused(mistakes, baseline, kind, value, nearest):
    [mistake] = mistakes({"report.baseline": baseline})
    assert mistake.key == ".".join(["report.baseline", *(baseline if isinstance(baseline, dict) else [])])
    assert (mistake.kind, mistake.value, mistake.nearest) == (kind, value, nearest)


@pytest.mark.parametrize(("section", "value"), [("headline", "rmse"), ("margin", 0.1)])
def test_what_is_said_of_no_comparison_is_refused(mistakes, section, value):
    [mistake] = mistakes({f"report.{section}": {"house": value}})
    assert (mistake.key, mistake.kind, mistake.nearest) == (f"report.{section}.house", "unknown_comparison", "houses")


def test_a_comparison_has_a_dataset(mistakes):
    [mistake] = mistakes({"comparisons.circle": {"losses": ["hinge"]}})
    assert (mistake.key, mistake.kind, mistake.nearest) == ("comparisons.circle", "unknown_dataset", "circles")
    [mistake] = mistakes({"comparisons.circle.dataset": "circlets"})
    assert (mistake.key, mistake.kind, mistake.nearest) == ("comparisons.circle.dataset", "unknown_dataset", "circles")


@pytest.mark.parametrize(("train", "n_rows"), [(9, 9), (10, 9), (1, 1)])
def test_a_split_that_leaves_no_row_to_test_is_refused(train, n_rows):
    [mistake] = no_row_to_test("split", train, n_rows)
    assert (mistake.key, mistake.kind, mistake.value) == ("split.train", "no_row_to_test", train)
    assert mistake.facts == {"most": n_rows - 1, "n_rows": n_rows}


@pytest.mark.parametrize(("train", "n_rows"), [(8, 9), (0.99, 1)])
def test_a_split_that_leaves_rows_to_test_or_is_a_share_is_not(train, n_rows):
    assert list(no_row_to_test("split", train, n_rows)) == []


@pytest.mark.parametrize("train", [1000, 1001])
def test_the_rows_of_a_generator_are_known_before_they_are_made(mistakes, train):
    assert one(mistakes({"datasets.blobs.split.train": train})) == (
        "datasets.blobs.split.train",
        "no_row_to_test",
        train,
    )


def test_the_task_of_a_generator_is_known(mistakes):
    wrong = mistakes({"datasets.blobs.task": "regression", "report.headline": {"blobs": "accuracy"}})
    assert [(mistake.key, mistake.kind) for mistake in wrong] == [
        ("datasets.blobs.task", "wrong_source_task"),
        *((f"comparisons.blobs.losses[{index}]", "wrong_task") for index in range(3)),
        ("report.headline.blobs", "unknown_score"),
    ]


def test_a_dataset_of_two_classes_is_a_binary_task(mistakes, check):
    edits = {"datasets.blobs.source.centers": 2, "report.headline": {}}
    [mistake] = mistakes(edits)
    assert (mistake.key, mistake.facts["own_task"]) == ("datasets.blobs.task", "binary")
    edits |= {"datasets.blobs.task": "binary", "comparisons.blobs.losses": ["hinge"]}
    assert check(edits).datasets["blobs"].known_task == "binary"


def test_classes_are_not_scaled(mistakes):
    key = "datasets.blobs.scale.target"
    assert one(mistakes({key: "standard"})) == (key, "scaled_classes", "standard")


def test_a_box_has_its_low_end_first(mistakes):
    key = "datasets.blobs.source.center_box"
    assert one(mistakes({key: [1, -1]})) == (key, "upside_down", [1, -1])


def test_two_losses_whose_figures_would_be_one_are_refused(mistakes, values):
    values["datasets"]["circles-wide"] = values["datasets"]["circles"]
    wide, key = {"loss": "hinge", "as": "wide-hinge"}, "comparisons.circles-wide.losses"
    wrong = mistakes({"comparisons.circles.losses": [wide], key: ["bce", "hinge"]})
    assert one(wrong) == (f"{key}[1]", "one_figure_twice", "hinge")
    assert wrong[0].facts == {"figure": "circles-wide-hinge-curves.png", "other": "circles"}


def test_a_mistake_in_an_entry_is_told_with_its_path(mistakes):
    wrong = mistakes({"comparisons.houses.losses": ["mse", {"loss": "huber", "delta": -1}, "m:f"]})
    assert [(mistake.key, mistake.kind) for mistake in wrong] == [
        ("comparisons.houses.losses[1].delta", "greater_than"),
        ("comparisons.houses.losses[2].targets", "missing"),
    ]


@pytest.mark.parametrize(
    ("split", "key", "kind"),
    [
        ({"method": "shuffle", "folds": 3}, "folds", "folds_without_method"),
        ({"method": "first", "folds": 3}, "folds", "folds_without_method"),
        ({"folds": 3, "train": 0.5}, "train", "folds_and_train"),
        ({"origins": 5}, "origins", "origins_without_first"),
        ({"method": "shuffle", "origins": 5}, "origins", "origins_without_first"),
        ({"method": "first", "origins": 5, "fixed": True}, "fixed", "fixed_without_draw"),
        ({"fixed": True}, "fixed", "fixed_without_draw"),
        ({"method": "first", "fixed": True}, "fixed", "fixed_without_draw"),
        ({"method": "kfold", "fixed": True}, "fixed", "fixed_without_draw"),
        ({"method": "group", "column": "street", "folds": 3, "fixed": True}, "fixed", "fixed_without_draw"),
        ({"method": "kfold", "train": 0.8}, "train", "folds_and_train"),
        ({"method": "kfold", "folds": 3, "train": 10}, "train", "folds_and_train"),
        ({"method": "group", "column": "street", "folds": 3, "train": 0.5}, "train", "folds_and_train"),
        ({"method": "shuffle", "column": "street"}, "column", "column_without_group"),
        ({"column": "street"}, "column", "column_without_group"),
        ({"method": "group"}, "column", "group_without_column"),
        ({"method": "group", "column": "street", "train": 10}, "train", "group_share"),
    ],
    ids=str,
)
def test_a_split_that_contradicts_itself_is_refused(mistakes, split, key, kind):
    for above in ("datasets", "comparisons"):
        path = f"{above}.houses.split"
        assert one(mistakes({"datasets.houses.split": {}, path: split}))[:2] == (f"{path}.{key}", kind)


@pytest.mark.parametrize(
    "split",
    [
        {"method": "kfold"},
        {"folds": 3},
        {"method": "kfold", "folds": 3, "random_state": 7},
        {"method": "group", "column": "street"},
        {"method": "group", "column": "street", "folds": 3},
        {"method": "group", "column": "street", "train": 0.5, "fixed": True},
        {"method": "stratified", "train": 0.5, "fixed": True},
        {"train": 10},
        {"train": 0.5, "fixed": True},
        {"copies": "apart"},
        {"method": "group", "column": "street", "copies": "together"},
    ],
    ids=str,
)
def test_a_split_that_does_not_is_taken(check, split):
    params = check({"datasets.houses.split": split, "comparisons.houses.split": split})
    assert params.datasets["houses"].split.model_dump(include=set(split)) == split


@pytest.mark.parametrize("above", ["datasets", "comparisons"])
def test_a_generator_has_no_groups_and_starts_with_the_first_rows(mistakes, above):
    key = f"{above}.circles.split"
    assert one(mistakes({key: {"method": "group", "column": "x1"}}))[:2] == (f"{key}.method", "group_without_table")
    assert one(mistakes({key: {"folds": 3}}))[:2] == (f"{key}.folds", "folds_without_method")
    assert one(mistakes({key: {"train": 1000}}))[:2] == (f"{key}.train", "no_row_to_test")
    assert one(mistakes({key: {"copies": "apart"}}))[:2] == (f"{key}.copies", "copies_without_table")


@pytest.mark.parametrize("above", ["datasets", "comparisons"])
def test_values_are_not_split_by_class(mistakes, above):
    key = f"{above}.regression.split"
    [mistake] = mistakes({key: {"method": "stratified", "train": 500}})
    assert (mistake.key, mistake.kind) == (f"{key}.method", "class_split")
    assert "stratified" not in mistake.names


@pytest.mark.parametrize(
    "layers", [{"hidden": [3]}, {"hidden": [3], "dropout": 0.0, "batch_norm": False, "activation": "relu"}], ids=len
)
def test_a_users_own_network_goes_without_the_keys_of_ours(mistakes, check, layers):
    compared = {"losses": ["mse"], "model": "my_models:deep"}
    [mistake] = mistakes({"comparisons.houses": compared | layers})
    assert (mistake.key, mistake.kind) == ("comparisons.houses.model", "model_and_layers")
    assert mistake.facts == {"layers": ", ".join(sorted(layers))}
    assert check({"comparisons.houses": compared}).comparisons["houses"].model == "my_models:deep"


@pytest.mark.parametrize(
    "file",
    [
        "houses.csv",
        "/tmp/houses.csv",
        "data/raw/houses.csv",
        "data/external/../x.csv",
        "~/houses.csv",
        "data/externals/x.csv",
    ],
)
def test_a_file_where_dvc_does_not_see_it_change_is_refused(mistakes, file):
    key = "datasets.houses.source.file"
    assert one(mistakes({key: file})) == (key, "file_outside", file)


@pytest.mark.parametrize(
    "file", ["data/external/a/b.csv", "./data/external/houses.csv", "data/external/houses-*.csv", "data/external/é.csv"]
)
def test_a_file_or_files_in_the_folder_that_dvc_watches_are_taken(check, file):
    assert check({"datasets.houses.source.file": file}).datasets["houses"].source.file == file


def test_a_target_stands_once_and_is_not_left_out(mistakes):
    source = {"file": "data/external/houses.csv", "target": ["price", "price"]}
    assert one(mistakes({"datasets.houses.source": source}))[:2] == ("datasets.houses.source.target", "target_twice")
    source |= {"target": "price", "drop": ["id", "price"]}
    [mistake] = mistakes({"datasets.houses.source": source})
    assert (mistake.key, mistake.kind, mistake.value) == ("datasets.houses.source.drop", "target_dropped", "price")


@pytest.mark.parametrize(
    ("name", "headline"),
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
def test_a_score_of_the_task_may_decide(check, name, headline):
    assert check({"report.headline": {name: headline}}).report.headline == {name: headline}


@pytest.mark.parametrize(
    ("name", "headline", "nearest"),
    [
        ("regression", "accuracy", "sign_accuracy"),
        ("regression", "log_loss", None),
        ("regression", "recall_2", None),
        ("regression", "mde", "mse"),
        ("circles", "rmse", None),
        ("circles", "acuracy", "accuracy"),
        ("circles", "recall_x", None),
        ("blobs", "f1_makro", "f1_macro"),
        ("blobs", "recall_3", None),  # its classes are 0, 1 and 2
        ("houses", "rsme", "rmse"),
        ("houses", "", None),
        ("houses", "circular_error", "circular_error_24"),
        ("houses", "interval_score_120", "interval_score_80"),
    ],
)
def test_a_score_that_the_task_has_not_is_refused(mistakes, name, headline, nearest):
    [mistake] = mistakes({"report.headline": {name: headline}})
    assert (mistake.key, mistake.kind, mistake.nearest) == (f"report.headline.{name}", "unknown_score", nearest)


def test_log_loss_decides_only_where_every_output_is_a_probability(mistakes):
    [mistake] = mistakes({"report.headline": {"circles": "log_loss"}, "comparisons.circles.losses": ["bce", "hinge"]})
    assert (mistake.key, mistake.kind, mistake.facts) == (
        "report.headline.circles",
        "needs_probability",
        {"loss": "hinge"},
    )


def test_log_loss_is_refused_by_the_output_and_not_by_the_name_of_a_loss(mistakes, check):
    flat = {"loss": "categorical_hinge", "activation": "linear", "as": "flat"}
    edits = {"report.headline": {"blobs": "log_loss"}, "comparisons.blobs.losses": ["kld", flat]}
    [mistake] = mistakes(edits)
    assert (mistake.kind, mistake.facts) == ("needs_probability", {"loss": "flat"})
    check({"comparisons.blobs.losses": ["kld", flat | {"activation": "softmax"}]})


def described(task, *, classes=(), targets=("price",)):
    """What a table turned out to be."""
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
    ("headline", "description", "allowed"),
    [
        ("recall_1", described("binary", classes=["no", "yes"]), True),
        ("recall_2", described("binary", classes=["no", "yes"]), False),
        ("cosine_similarity", described("regression", targets=["east", "north"]), True),
        ("cosine_similarity", described("regression"), False),
    ],
)
def test_a_headline_is_held_against_what_the_table_is(check, headline, description, allowed):
    losses = ["hinge"] if description.task == "binary" else ["mse"]
    params = check({"comparisons.houses.losses": losses, "report.headline": {"houses": headline}})
    if allowed:
        check_data(params, {"houses": description})
    else:
        with pytest.raises(ParamsError) as raised:
            check_data(params, {"houses": description})
        assert one(raised.value.mistakes) == ("report.headline.houses", "unknown_score", headline)


@pytest.mark.parametrize(("headline", "allowed"), [("circular_error_24", True), ("circular_error_12", False)])
def test_an_error_on_a_circle_of_another_period_is_refused(check, headline, allowed):
    params = check({"comparisons.houses.losses": ["mse"], "report.headline": {"houses": headline}})
    mistakes = list(contradictions_with_data(params, {"houses": replace(described("regression"), period=24.0)}))
    kinds = [(mistake.key, mistake.kind) for mistake in mistakes]
    assert kinds == ([] if allowed else [("report.headline.houses", "period_of_score")])


def test_when_the_table_tells_its_task_losses_for_another_are_refused(check):
    params = check()
    check_data(params, {"houses": described("regression")})
    with pytest.raises(ParamsError) as raised:
        check_data(params, {"houses": described("binary", classes=["no", "yes"])})
    assert [(mistake.key, mistake.kind, mistake.value) for mistake in raised.value.mistakes] == [
        (f"comparisons.houses.losses[{index}]", "wrong_task", name)
        for index, name in enumerate(["mse", "huber", "my_losses:pinball"])
    ]


def test_every_comparison_of_a_table_is_held_against_what_the_table_is(check):
    other = {"dataset": "houses", "losses": ["mae"], "split": {"method": "stratified"}}
    params = check({"comparisons.other": other, "report.headline": {"other": "r2", "houses": "rmse"}})
    with pytest.raises(ParamsError) as raised:
        check_data(params, {"houses": described("regression")})
    assert one(raised.value.mistakes) == ("comparisons.other.split.method", "class_split", "stratified")
    with pytest.raises(ParamsError) as raised:
        check_data(params, {"houses": described("binary", classes=["no", "yes"])})
    assert [(mistake.key, mistake.kind) for mistake in raised.value.mistakes] == [
        *((f"comparisons.houses.losses[{index}]", "wrong_task") for index in range(3)),
        ("comparisons.other.losses[0]", "wrong_task"),
        ("report.headline.houses", "unknown_score"),
        ("report.headline.other", "unknown_score"),
    ]


@pytest.mark.parametrize(
    ("shape", "target_shape", "kind"),
    [
        ([8, 8, 1], [], None),
        ([8, 8, 1], [8, 8], "augment_of_positions"),
        ([16, 1], [], "augment_without_images"),
    ],
)
@pytest.mark.parametrize("augment", [{"flip": "horizontal", "rotation": 0.1}, {}])
def test_images_alone_are_changed_at_random_and_those_with_a_target_at_each_pixel_are_not(
    check, shape, target_shape, kind, augment
):
    params = check(
        {
            "datasets.cells": {"source": {"arrays": "data/external/cells.npz"}},
            "comparisons.cells": {"losses": ["bce"], "network": {"kind": "conv", "augment": augment}},
        }
    )
    arrays = ArrayFacts("images" if len(shape) > 2 else "sequences", shape, "float32", 0.0, 1.0)
    turned_out = replace(described("binary", classes=["0", "1"]), arrays=arrays, target_shape=target_shape)
    if kind is None or not augment:
        check_data(params, {"cells": turned_out})
    else:
        with pytest.raises(ParamsError) as raised:
            check_data(params, {"cells": turned_out})
        assert one(raised.value.mistakes) == ("comparisons.cells.network.augment", kind, None)


@pytest.mark.parametrize(
    ("network", "key", "kind"),
    [
        ({"kind": "conv", "augment": {"rotation": 1}}, "augment.rotation", "less_than"),
        ({"kind": "conv", "augment": {"flip": "left"}}, "augment.flip", "literal_error"),
        ({"kind": "attention", "augment": {"rotate": 0.1}}, "augment", "unknown_key"),
        ({"kind": "conv", "augment": ["flip"]}, "augment", "model_type"),
        ({"kind": "recurrent", "augment": {"flip": "vertical"}}, "", "unknown_key"),
    ],
)
def test_how_images_are_changed_is_checked(mistakes, network, key, kind):
    [mistake] = mistakes({"comparisons.houses.network": network})
    assert (mistake.kind, mistake.key.removeprefix("comparisons.houses.network").lstrip(".")) == (kind, key)
