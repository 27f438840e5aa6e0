"""A loss for each of several targets: what an entry comes to, and what cannot be had."""

import pytest

from stages.params import loss_entry
from stages.params.compound.heads import possible
from stages.params.explain import in_words
from stages.params.load import ParamsError, check_params
from stages.params.loss_entry import EntryError

BOTH = {"price": "mse", "sold": "binary_crossentropy"}


def params(entry, target=("price", "sold")):
    source = {"file": "data/external/flats.csv", "target": list(target)}
    return {"datasets": {"flats": {"source": source}}, "comparisons": {"flats": {"losses": ["mse", entry]}}}


def test_a_loss_for_each_target_is_one_loss_with_a_weight_for_each():
    loss = loss_entry.resolve({"losses": BOTH}, "regression")
    assert (loss.name, loss.task, loss.heads) == (
        "mse_and_binary_crossentropy",
        "regression",
        {"price": "linear", "sold": "sigmoid"},
    )
    assert (loss.parameters, loss.options) == ({"weight of price": 1.0, "weight of sold": 1.0}, {})
    chosen = loss_entry.resolve({"losses": BOTH, "weights": [1, [0.1, 1, 10]], "as": "both"}, "regression")
    assert (chosen.name, chosen.options) == ("both", {"weight of sold": (0.1, 1, 10)})
    by_name = loss_entry.resolve({"losses": BOTH, "weights": {"sold": [0.1, 1, 10]}, "as": "both"}, "regression")
    assert by_name == chosen


def test_it_estimates_the_mean_where_all_its_losses_do():
    assert loss_entry.resolve({"losses": BOTH}, None).estimates == "mean"
    assert loss_entry.resolve({"losses": {**BOTH, "price": "mae"}}, None).estimates is None


def test_losses_of_targets_follow_the_order_of_the_dataset():
    setup = check_params(params({"losses": BOTH, "weights": [1, 5]}, target=("sold", "price"))).setup("flats")
    assert setup.losses[1].heads == {"sold": "sigmoid", "price": "linear"}
    assert setup.losses[1].parameters == {"weight of sold": 5, "weight of price": 1}


@pytest.mark.parametrize(
    ("entry", "key", "kind"),
    [
        ({"losses": {"price": "mse"}}, "losses", "too_few"),
        ({"losses": ["mse", "mae"]}, "losses", "dict_type"),
        ({"losses": {**BOTH, "sold": "hinge"}}, "losses.sold", "head_unsuited"),
        ({"losses": {**BOTH, "sold": "categorical_crossentropy"}}, "losses.sold", "head_unsuited"),
        ({"losses": {**BOTH, "price": {"loss": "mse", "target": "log"}}}, "losses.price", "head_unsuited"),
        ({"losses": {**BOTH, "price": {"loss": "huber", "delta": [1, 2]}}}, "losses.price", "head_unsuited"),
        ({"losses": {**BOTH, "price": "mine:loss"}}, "losses.price", "head_of_own"),
        ({"losses": {**BOTH, "price": "msee"}}, "losses.price", "unknown_loss"),
        ({"losses": {**BOTH, "price": {"delta": 1}}}, "losses.price.loss", "missing"),
        ({"losses": BOTH, "weights": [1]}, "weights", "sum_weights"),
        ({"losses": BOTH, "weights": [1, 0]}, "weights[1]", "greater_than"),
        ({"losses": BOTH, "weights": [1, [1, 1]]}, "weights[1]", "value_twice"),
        ({"losses": BOTH, "weights": {"sold": []}}, "weights.sold", "too_short"),
        ({"losses": BOTH, "weights": {"salt": 1}}, "weights", "head_unknown"),
        ({"losses": BOTH, "loss": "mse"}, "", "unknown_key"),
        ({"losses": BOTH, "as": "mse"}, "as", "name_taken"),
    ],
)
def test_what_cannot_be_a_loss_of_several_targets_is_refused_with_its_place(entry, key, kind):
    with pytest.raises(EntryError) as error:
        loss_entry.resolve(entry, "regression")
    assert [(mistake.key, mistake.kind) for mistake in error.value.mistakes] == [(key, kind)]
    assert "\n" not in in_words(error.value.mistakes[0])


@pytest.mark.parametrize(
    ("entry", "target", "line"),
    [
        (
            {"losses": {"price": "mse", "sald": "brier"}},
            ("price", "sold"),
            "comparisons.flats.losses[1].losses: 'sald' is not a target; did you mean 'sold'? Targets: price, sold",
        ),
        (
            {"losses": BOTH},
            ("price", "sold", "area"),
            "comparisons.flats.losses[1].losses: has no loss for 'area'; each of several targets needs one",
        ),
        (
            {"losses": BOTH},
            ("price",),
            "comparisons.flats.losses[1].losses: goes with several columns, as in target: [price, sold], and flats has "
            "one target",
        ),
    ],
)
def test_targets_that_are_not_the_datasets_are_named(entry, target, line):
    with pytest.raises(ParamsError) as error:
        check_params(params(entry, target))
    assert line in str(error.value)


def test_losses_of_numbers_and_of_probabilities_are_possible():
    assert {"mse", "mae", "huber", "log_cosh", "pinball", "binary_crossentropy", "brier"} <= set(possible())
    assert not {"hinge", "dice", "poisson", "quantiles", "gaussian", "categorical_crossentropy"} & set(possible())


def labels(entry, target=("sport", "news", "art")):
    source = {"file": "data/external/posts.csv", "target": list(target)}
    return {"datasets": {"posts": {"source": source}}, "comparisons": {"posts": {"losses": [entry]}}}


@pytest.mark.parametrize("weights", [[1, 5, 1], {"news": 5}])
def test_weights_of_labels_stand_in_the_order_of_the_targets_or_by_name(weights):
    [loss] = check_params(labels({"loss": "binary_crossentropy", "weights": weights})).setup("posts").losses
    assert loss.label_weights == (1.0, 5.0, 1.0)


@pytest.mark.parametrize(
    ("weights", "target", "line"),
    [
        ([1, 5], ("sport", "news", "art"), "2 given for 3 targets; each needs one, or name some: {sport: 2}"),
        ({"new": 5}, ("sport", "news", "art"), "'new' is not a target; did you mean 'news'? Targets: sport, news, art"),
        ([1, 5], ("sport",), "goes with several yes/no columns, as in target: [sport, news]; of classes: class_weight"),
    ],
)
def test_weights_that_are_not_of_the_labels_are_refused_in_a_line(weights, target, line):
    with pytest.raises(ParamsError) as error:
        check_params(labels({"loss": "brier", "weights": weights}, target))
    assert str(error.value) == f"params.yaml: comparisons.posts.losses[0].weights: {line}"


@pytest.mark.parametrize("loss", ["dice", "categorical_crossentropy", "mse"])
def test_what_has_no_value_for_each_label_has_no_weights_of_labels(loss):
    with pytest.raises(EntryError) as error:
        loss_entry.resolve({"loss": loss, "weights": [1, 2]}, None)
    assert [(mistake.key, mistake.kind) for mistake in error.value.mistakes] == [("", "unknown_key")]


def test_a_sum_and_one_of_several_targets_take_no_weights_of_labels():
    weighed = {"loss": "binary_crossentropy", "weights": [1, 2]}
    for entry, kind in (
        ({"sum": [weighed, "brier"]}, "sum_unlike"),
        ({"losses": {**BOTH, "sold": weighed}}, "head_unsuited"),
    ):
        with pytest.raises(EntryError) as error:
            loss_entry.resolve(entry, None)
        assert [mistake.kind for mistake in error.value.mistakes] == [kind]
