"""How every kind of mistake is told: the one place that knows the wording."""

import pytest

from stages.params.explain import ALLOWED, SENTENCES, Mistake, in_words

NAMES = ("mse", "mae")
WORDING = [
    ({"kind": "activation_unsuited", "names": NAMES, "facts": {"targets": "value"}},
     "'msa' does not suit targets value; allowed: mse, mae"),
    ({"kind": "all_stands_alone"}, "'all' stands alone, without other names"),
    ({"kind": "baseline_type", "value": 3},
     "3 given; allowed: recommended, first, a loss's name, or a mapping of comparisons to them"),
    ({"kind": "bool_parsing", "value": "maybe"}, "'maybe' given; allowed: true or false"),
    ({"kind": "bool_type", "value": [1]}, "a list given; allowed: true or false"),
    ({"kind": "budget_type", "value": 10}, "10 given; allowed: none, or minutes or hours, as in 10m or 2h"),
    ({"kind": "class_split", "value": "stratified", "names": ("first", "kfold")},
     "'stratified' needs classes, and the target is values; allowed: first, kfold"),
    ({"kind": "column_without_group", "facts": {"method": "shuffle"}},
     "goes with method: group; the method is shuffle"),
    ({"kind": "cost_and_headline", "facts": {"name": "flats"}},
     "decides, and so would report.headline.flats; leave one of the two out"),
    ({"kind": "cost_by_kind", "facts": {"n_classes": 3, "first": "a", "second": "b"}},
     "goes by kind of error, of which 3 classes have more than two; "
     "give it by class and what it is taken for: {a: {b: 100}, …}"),
    ({"kind": "cost_type", "value": 3},
     "3 given; allowed: numbers, 0 or more, of which not all are 0: by kind of error, as in "
     "{missed: 100, false_alarm: 1}, or by class and what it is taken for, as in {ill: {well: 100}, well: {ill: 1}}; "
     "a column's name in the place of a number, or alone, is what each row holds there"),
    ({"kind": "cost_without_table", "value": "amount", "facts": {"generator": "make_circles"}},
     "'amount' needs a table's column; make_circles has none"),
    ({"kind": "cost_without_classes"}, "is for classes, and the target is values; leave it out"),
    ({"kind": "delimiter_type", "value": "(("},
     "'((' given; allowed: one letter that is no quote, or a regular expression without groups"),
    ({"kind": "dict_type", "value": [1]}, "a list given; allowed: a mapping of keys to values"),
    ({"kind": "encoding_type", "value": "utf-88"},
     "'utf-88' given; allowed: a name that Python knows an encoding by, as in utf-8, cp1252 or latin-1"),
    ({"kind": "entry_type", "value": None}, "nothing given; allowed: a loss's name, or a mapping with the key loss"),
    ({"kind": "file_outside", "value": "a.csv", "facts": {"folder": "data/external"}},
     "'a.csv' is not in data/external, where DVC sees it change; copy it there, "
     "or let this do it: make try FILE=… TARGET=…"),
    ({"kind": "finite_number", "value": float("nan")}, "nan given; allowed: a number"),
    ({"kind": "float_parsing", "value": "fast"}, "'fast' given; allowed: a number"),
    ({"kind": "float_type", "value": {}}, "a mapping given; allowed: a number"),
    ({"kind": "fixed_without_draw", "value": True, "facts": {"method": "kfold"}},
     "goes with method: shuffle, stratified or group, without folds; the method is kfold"),
    ({"kind": "folds_and_train"}, "folds say how many rows train; leave one of the two out"),
    ({"kind": "folds_without_method", "facts": {"method": "first"}},
     "goes with method: kfold or group; the method is first"),
    ({"kind": "origins_without_first", "value": 5, "facts": {"method": "kfold"}},
     "goes with method: first; the method is kfold"),
    ({"kind": "greater_than", "value": 0, "facts": {"gt": 0.0}}, "0 given; allowed: above 0"),
    ({"kind": "greater_than_equal", "value": -1, "facts": {"ge": 2}}, "-1 given; allowed: 2 or more"),
    ({"kind": "group_share", "value": 10},
     "10 given; allowed with method: group: a share of the groups (above 0, below 1)"),
    ({"kind": "group_without_column"}, "is missing; method: group needs the column that names the groups"),
    ({"kind": "copies_without_table", "value": "apart", "facts": {"generator": "make_circles"}},
     "goes with a table; make_circles makes no copies of rows"),
    ({"kind": "group_without_table", "value": "group", "facts": {"generator": "make_circles"}},
     "'group' needs a table's column that names the groups; make_circles has none"),
    ({"kind": "horizons_type", "value": [3, 2]}, "a list given; allowed: steps that rise, as in [2000, 6000, 18000]"),
    ({"kind": "plan_type", "value": "ful"}, "'ful' given; allowed: full, or a mapping of keys to values"),
    ({"kind": "sizes_part", "facts": {"name": "rows", "part": 5000, "most": 4000}},
     "rungs.rows: 5,000 given; allowed: 4,000 at most, as rows says"),
    ({"kind": "kind_type", "value": "text"},
     "'text' given; allowed: number, category, date, or a form of dates as in '%d/%m/%Y'"),
    ({"kind": "less_than", "value": 1.5, "facts": {"lt": 1.0}}, "1.5 given; allowed: below 1"),
    ({"kind": "less_than_equal", "value": 2, "facts": {"le": 0.5}}, "2 given; allowed: 0.5 or less"),
    ({"kind": "list_type", "value": 50}, "50 given; allowed: a list"),
    ({"kind": "literal_error", "names": NAMES}, "'msa' is not allowed here; did you mean 'mse'? Allowed: mse, mae"),
    ({"kind": "literal_type", "value": 3, "names": NAMES}, "3 given; allowed: mse, mae"),
    ({"kind": "loss_reference", "value": "m:"}, "'m:' given; allowed: module:function, as in my_losses:pinball"),
    ({"kind": "loss_type", "value": 3}, "3 given; allowed: a loss's name"),
    ({"kind": "missing"}, "is missing"),
    ({"kind": "model_and_layers", "facts": {"layers": "dropout, hidden"}},
     "builds the whole network; leave out dropout, hidden"),
    ({"kind": "model_attributes_type", "value": 500}, "500 given; allowed: a mapping of keys to values"),
    ({"kind": "model_type", "value": 500}, "500 given; allowed: a mapping of keys to values"),
    ({"kind": "name_taken"}, "'msa' has a meaning of its own; choose another name"),
    ({"kind": "name_twice", "facts": {"name": "mine", "other": "huber"}},
     "'msa' goes by the name 'mine', as 'huber' does; name one with as:"),
    ({"kind": "needs_probability", "value": "log_loss", "facts": {"loss": "hinge"}},
     "'log_loss' needs outputs that are probabilities, and those of 'hinge' are not"),
    ({"kind": "class_unknown", "value": "ys", "names": ("no", "yes")},
     "'ys' is not a class; did you mean 'yes'? Classes: no, yes"),
    ({"kind": "class_weight_type", "value": 3},
     "3 given; allowed: auto, or a mapping of classes to numbers, as in {no: 1, yes: 5}"),
    ({"kind": "weighed_batch", "value": "auto", "facts": {"loss": "dice"}},
     "'dice' has one value for a whole batch, so its rows cannot be weighed; leave it out"),
    ({"kind": "weighed_nothing"}, "no class counts for anything; one needs a weight above 0"),
    ({"kind": "weighed_values"}, "weighs classes, and targets: value are none; leave it out"),
    ({"kind": "weight_is_target", "value": "price"}, "'price' is the target; allowed: other columns"),
    ({"kind": "transformed_classes", "value": "log", "facts": {"targets": "zero_one"}},
     "'log' is for values, and targets: zero_one are classes; leave it out"),
    ({"kind": "no_row_to_test", "value": 9, "facts": {"most": 8, "n_rows": 9}},
     "9 leaves no row to test; allowed: 1 to 8 (there are 9 rows)"),
    ({"kind": "not_compared", "names": NAMES},
     "'msa' is not a loss compared; did you mean 'mse'? Allowed: mse, mae"),
    ({"kind": "not_compared_here", "value": "hinge", "names": NAMES},
     "'hinge' is not a loss compared here. Allowed: mse, mae"),
    ({"kind": "nothing_selected", "names": NAMES}, "is empty; allowed: all, or any of mse, mae"),
    ({"kind": "number_type", "value": True}, "True given; allowed: a number"),
    ({"kind": "one_figure_twice", "value": "hinge", "facts": {"figure": "a-b-hinge-curves.png", "other": "a"}},
     "'hinge' makes the figure a-b-hinge-curves.png, and so does a loss of a; give it another name with as:"),
    ({"kind": "other", "value": 3, "facts": {"message": "what pydantic says"}}, "3 given: what pydantic says"),
    ({"kind": "rates_type", "value": "fast"},
     "'fast' given; allowed: auto, a number above 0, or a list of numbers to choose from"),
    ({"kind": "reference_type", "value": "deep"}, "'deep' given; allowed: module:function, as in my_models:build"),
    ({"kind": "rows_type", "value": 0},
     "0 given; allowed: rows (a whole number, 1 or more) or a share (above 0, below 1)"),
    ({"kind": "names_without_table", "facts": {"generator": "make_circles"}},
     "goes with a table; make_circles has no names of classes"),
    ({"kind": "all_left_out", "value": ["huber"], "names": NAMES, "facts": {"compare": "a, b"}},
     "selects nothing of what compare: a, b leaves; allowed: all, or any of mse, mae"),
    ({"kind": "value_twice", "value": [2, 2], "facts": {"value": 2}}, "2 stands twice"),
    ({"kind": "schedule_twice", "value": ["cosine"] * 2, "facts": {"schedule": "cosine"}}, "cosine stands twice"),
    ({"kind": "rate_twice", "value": [0.1, 0.1], "facts": {"rate": 0.1}}, "0.1 stands twice"),
    ({"kind": "same_loss", "value": "MSE", "facts": {"other": "mse"}},
     "'MSE' is the same loss as 'mse'; list each once, or name one with as:"),
    ({"kind": "scaled_classes", "value": "standard"},
     "'standard' scales values, and the target is classes; allowed: none"),
    ({"kind": "selected_nowhere", "value": "huber", "names": NAMES},
     "'huber' is in no comparison, and its task is that of none; allowed: all, or any of mse, mae"),
    ({"kind": "selector_type", "value": 3}, "3 given; allowed: all, one name, or a list of names"),
    ({"kind": "several_tasks", "facts": {"losses": "'mse' for a regression task and 'hinge' for a binary task"}},
     "losses of one task are compared; 'mse' for a regression task and 'hinge' for a binary task"),
    ({"kind": "scale_of_channels", "value": "robust"},
     "'robust' goes with a table; the channels of arrays are scaled by: none, standard, minmax"),
    ({"kind": "source_unclear", "facts": {"allowed": "{generator: …}"}},
     "is neither a generator nor a file; allowed: {generator: …} or {file: …, target: …}"),
    ({"kind": "string_pattern_mismatch", "value": "../x"},
     "'../x' given; allowed: letters, digits, '_', '-' and '.', not starting with '-' or '.'"),
    ({"kind": "string_too_short", "value": "", "facts": {"min_length": 1}}, "'' given; allowed: 1 or more letters"),
    ({"kind": "string_type", "value": 2024}, "2024 given; allowed: a name"),
    ({"kind": "target_dropped", "value": "price"}, "'price' is the target; allowed: other columns"),
    ({"kind": "target_twice", "value": "price"}, "'price' stands twice"),
    ({"kind": "too_long", "value": [1, 2, 3], "facts": {"max_length": 2}}, "a list given; allowed: 2 at most"),
    ({"kind": "too_short", "value": []}, "is empty; allowed: at least one"),
    ({"kind": "looks_type", "value": 45}, "45 given; allowed: a multiple of 10: seeds come in looks of ten"),
    ({"kind": "seeds_type", "value": "all"},
     "'all' given; allowed: a whole number, or {at_most: 60}: as many as are needed"),
    ({"kind": "tuple_type", "value": 3}, "3 given; allowed: a list"),
    ({"kind": "unknown_comparison", "names": NAMES},
     "'msa' is not a comparison; did you mean 'mse'? Comparisons: mse, mae"),
    ({"kind": "unknown_dataset", "names": NAMES}, "'msa' is not a dataset; did you mean 'mse'? Datasets: mse, mae"),
    ({"kind": "unknown_generator", "names": NAMES}, "'msa' is not a generator; did you mean 'mse'? Allowed: mse, mae"),
    ({"kind": "unknown_key", "names": NAMES}, "'msa' is not a key here; did you mean 'mse'? Keys: mse, mae"),
    ({"kind": "unknown_loss", "names": NAMES}, "'msa' is not a loss; did you mean 'mse'? Losses: mse, mae"),
    ({"kind": "unknown_loss", "names": NAMES, "facts": {"task": "regression"}},
     "'msa' is not a loss; did you mean 'mse'? Losses for a regression task: mse, mae"),
    ({"kind": "unknown_network", "value": "cov", "names": ("dense", "conv")},
     "'cov' is not a kind of network; did you mean 'conv'? Allowed: dense, conv"),
    ({"kind": "unsuited_network", "value": "conv", "names": ("dense",),
      "facts": {"axes": "2 to 4", "dataset": "houses", "has": "one, as of any table"}},
     "'conv' is for rows of 2 to 4 axes, channels included, and a row of houses has one, as of any table; "
     "allowed: dense"),
    ({"kind": "unknown_score", "value": "", "names": NAMES}, "'' is not a score. Scores: mse, mae"),
    ({"kind": "unknown_score", "names": NAMES, "facts": {"task": "regression"}},
     "'msa' is not a score; did you mean 'mse'? Scores of a regression task: mse, mae"),
    ({"kind": "unknown_selection", "names": NAMES}, "'msa' is not a loss; did you mean 'mse'? Allowed: mse, mae"),
    ({"kind": "unknown_task", "names": NAMES},
     "'msa' is not a task; did you mean 'mse'? Tasks: mse, mae; classes in an order may be learned as numbers: "
     "task: regression, and labels: {grade: {low: 1, high: 2}} beside file:"),
    ({"kind": "upside_down", "facts": {"low": 1.0, "high": -0.5}}, "[1, -0.5] is upside down; allowed: [low, high]"),
    ({"kind": "whole_type", "value": 1.5}, "1.5 given; allowed: a whole number"),
    ({"kind": "word_type", "value": True}, "True given; allowed: a text or a number"),
    ({"kind": "wrong_source_task", "value": "regression",
      "facts": {"generator": "make_blobs", "target": "3 classes", "own_task": "multiclass"}},
     "'regression' does not fit make_blobs, which gives 3 classes; allowed: multiclass"),
    ({"kind": "wrong_task", "value": "hinge", "names": NAMES, "facts": {"own_task": "binary", "task": "regression"}},
     "'hinge' is a loss for a binary task; losses for a regression task: mse, mae"),
    ({"kind": "wrong_task", "value": "mse", "names": ("brier", "hinge"),
      "facts": {"own_task": "regression", "task": "binary", "namesakes": {"binary": "brier"}}},
     "'mse' is a loss for a regression task; for a binary task it is 'brier'; losses for a binary task: brier, hinge"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "sentence"), WORDING, ids=[mistake["kind"] for mistake, _ in WORDING])
def test_a_mistake_is_told_in_these_words(mistake, sentence):
    assert in_words(Mistake(**{"key": "a.b[1]", "value": "msa"} | mistake)) == f"a.b[1]: {sentence}"


def test_every_kind_of_mistake_has_its_words_and_they_are_checked_here():
    assert sorted({mistake["kind"] for mistake, _ in WORDING}) == sorted(ALLOWED | SENTENCES)
    assert not set(ALLOWED) & set(SENTENCES)


def test_a_mistake_in_the_whole_has_no_key():
    assert in_words(Mistake("", "unknown_key", "trian", ("train",))).startswith("'trian' is not a key here; did you")


@pytest.mark.parametrize(
    ("above", "key", "whole"),
    [("a", "b", "a.b"), ("a.b", "[1].c", "a.b[1].c"), ("a[0]", "b", "a[0].b"), ("a", "", "a"), ("[2]", "b", "[2].b")],
)
def test_a_key_below_another_joins_it_as_in_the_file(above, key, whole):
    assert Mistake(key, "missing").below(above) == Mistake(whole, "missing")


@pytest.mark.parametrize(("value", "nearest"), [("msa", "mse"), ("MAE", "mae"), ("hinge", None), (None, None)])
def test_the_nearest_name_is_what_was_probably_meant(value, nearest):
    assert Mistake("a", "unknown_loss", value, NAMES).nearest == nearest
