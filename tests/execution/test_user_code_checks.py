from dataclasses import replace

import numpy as np
import pytest
import yaml

from stages import generate, scale
from stages import train as stage
from stages.basics import paths
from stages.basics.cli import UserError
from stages.execution import user_code_checks as trials
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss
from stages.params.load import load_params
from stages.records import plans, runs
from stages.records.plans import Part
from stages.training import fitting, probes
from stages.training.backend import keras
from stages.training.networks import Network
from stages.training.unit import Table, Unit
from tests.training.units import make_plan, make_settings, seen

HEAD = "import keras\nimport numpy as np\nimport tensorflow as tf\nfrom keras import layers, ops\n\n\n"
N_TRAIN = {"regression": 24, "binary": 23, "multiclass": 22}
USUAL = {"regression": "mse", "binary": "binary_crossentropy", "multiclass": "categorical_crossentropy"}


@pytest.fixture
def write(write_own):
    """Write a file of the user's own that has what it needs imported."""
    return lambda name, text: write_own(name, HEAD + text)


def unit(loss=None, *, task="regression", model=None, n_features=3, n_targets=1, seeds=2, n_rows=None):
    """A unit of work on made-up rows of three features."""
    rng, n = np.random.default_rng(0), n_rows or N_TRAIN[task]
    labels = rng.normal(size=(n, n_targets)) if task == "regression" else np.arange(n) % (2 + (task == "multiclass"))
    features = rng.normal(size=(n, n_features)).astype(np.float32)
    table = Table(features, labels, {"regression": 0, "binary": 2, "multiclass": 3}[task])
    settings = make_settings(
        loss or LOSSES[USUAL[task]],
        comparison="houses",
        model=model,
        hidden=[4],
        epochs=1,
        batch_size=8,
        optimizer={"name": "SGD", "learning_rate": 0.01},
        seeds=range(seeds),
    )
    return Unit(settings, table, make_plan(table, task, seeds, n_train=n))


def refused(tried):
    """The one line that a unit is refused with."""
    with pytest.raises(UserError) as raised:
        trials.try_unit(tried)
    [line] = str(raised.value).splitlines()
    return line


def own(targets="value", activation="linear"):
    return Loss("own", "mine:own", targets, activation)


GOOD_LOSSES = {
    "pinball": (
        own(),
        {},
        "e = y_true - y_pred\n    return ops.mean(ops.maximum(0.9 * e, -0.1 * e), axis=-1)",
    ),
    "vectors": (own(), {"n_targets": 2}, "return ops.mean(ops.abs(y_true - y_pred) ** 1.5, axis=-1)"),
    "tensorflow": (own(), {}, "return tf.reduce_sum(tf.square(y_true - y_pred), axis=-1)"),
    "one row": (own(), {"n_rows": 1}, "return ops.square(y_true - y_pred)[:, 0]"),
    "some rows without gradient": (own(), {}, "return ops.mean(ops.relu(y_pred - y_true), axis=-1)"),
    "zero_one": (
        own("zero_one", "sigmoid"),
        {"task": "binary"},
        "return -ops.mean(y_true * ops.log(y_pred) + (1 - y_true) * ops.log(1 - y_pred), axis=-1)",
    ),
    "plus_minus_one": (
        own("plus_minus_one", "tanh"),
        {"task": "binary"},
        "return ops.mean(ops.relu(1 - y_true * y_pred), axis=-1)",
    ),
    "one_hot": (own("one_hot", "softmax"), {"task": "multiclass"}, "return ops.sum((y_true - y_pred) ** 2, axis=-1)"),
    "class_index": (
        own("class_index", "softmax"),
        {"task": "multiclass"},
        "return -ops.log(ops.take_along_axis(y_pred, y_true[:, None], axis=-1))[:, 0]",
    ),
    "Keras' own of two classes": (
        own("zero_one", "sigmoid"),
        {"task": "binary"},
        "return keras.losses.binary_crossentropy(y_true, y_pred)",
    ),
    "Keras' own of several classes": (
        own("class_index", "softmax"),
        {"task": "multiclass"},
        "return 2 * ops.sparse_categorical_crossentropy(y_true, y_pred)",
    ),
    "rows picked": (own(), {}, "return ops.square(tf.gather(y_pred, tf.range(tf.shape(y_pred)[0])) - y_true)[:, 0]"),
}


@pytest.mark.thorough
@pytest.mark.parametrize(
    "case",
    [
        "class_index",
        *(pytest.param(case, marks=pytest.mark.endurance) for case in GOOD_LOSSES if case != "class_index"),
    ],
)
def test_a_loss_with_a_value_and_a_gradient_for_each_row_passes(write, case):
    loss, data, body = GOOD_LOSSES[case]
    write("mine", f"def own(y_true, y_pred):\n    {body}\n")
    trials.try_unit(unit(loss, **data))


NO_GRADIENT = "gradient: it has none; every step from y_pred must be an operation that has one"
NO_SLOPE = "gradient: it is 0 for every one of 24 train rows, so nothing would be learned"
ONE_EACH = "one value for each row, (24,), is needed"
OF_A_BATCH = (
    ". Take means over the last axis alone (axis=-1); what exists for a whole batch only says so: "
    "per: batch beside loss:"
)
BAD_LOSSES = {
    "scalar": ("return ops.mean((y_true - y_pred) ** 2)", f"shape: it gave () for 24 rows; {ONE_EACH}{OF_A_BATCH}"),
    "column": ("return (y_true - y_pred) ** 2", f"shape: it gave (24, 1) for 24 rows; {ONE_EACH}"),
    "fewer": ("return ops.mean((y_true - y_pred) ** 2, axis=-1)[1:]", f"shape: it gave (23,) for 24 rows; {ONE_EACH}"),
    "each with each": ("return y_true - ops.transpose(y_pred)", f"shape: it gave (24, 24) for 24 rows; {ONE_EACH}"),
    "nan": (
        "return ops.mean(ops.sqrt(-1 - y_pred**2), axis=-1)",
        "finite: its value is nan for a train row and an untrained network",
    ),
    "infinite": (
        "return ops.mean(ops.abs(y_true - y_pred) / 0.0, axis=-1)",
        "finite: its value is inf for a train row and an untrained network",
    ),
    "steep": (
        "return ops.mean(ops.sqrt(0 * y_pred), axis=-1)",
        "finite: its gradient is nan for a train row and an untrained network",
    ),
    "stopped": ("return tf.stop_gradient(ops.mean((y_true - y_pred) ** 2, axis=-1))", NO_GRADIENT),
    "numpy": ("return np.mean((y_true.numpy() - y_pred.numpy()) ** 2, axis=-1)", NO_GRADIENT),
    "without y_pred": ("return ops.mean(y_true**2, axis=-1)", NO_GRADIENT),
    "flat": ("return ops.mean(0 * (y_true - y_pred) ** 2, axis=-1)", NO_SLOPE),
    "far away": ("return ops.mean(ops.relu(y_pred - 1000), axis=-1)", NO_SLOPE),
    "raising": ("raise ValueError('first line\\nsecond line')", "calling it failed: ValueError: first line"),
    "rows mixed": (
        "return ops.mean(ops.square(y_true[:, 0] - y_pred), axis=-1)",
        f"shape: a row's value is another when the row stands alone; rows are mixed on the way{OF_A_BATCH}",
    ),
    "raising without a word": ("raise RuntimeError", "calling it failed: RuntimeError: no message"),
    "undefined": ("return delta * y_pred", "calling it failed: NameError: name 'delta' is not defined"),
}


@pytest.mark.parametrize("case", BAD_LOSSES)
def test_a_loss_that_does_not_pass_is_refused_in_a_line_that_names_the_check(write, case):
    body, told = BAD_LOSSES[case]
    write("mine", f"def own(y_true, y_pred):\n    {body}\n")
    assert refused(unit(own())) == f"params.yaml: comparisons.houses: loss mine:own is refused: {told}"


BATCH = {"targets": "zero_one", "activation": "sigmoid", "per_row": False}
SEEING = {"targets": "zero_one", "activation": "sigmoid", "columns": ("cost",)}
F1 = "return 1 - 2 * ops.sum(y_true * y_pred) / ops.sum(y_true + y_pred)"
PAIRS = (
    "pairs = ops.cast(y_true > ops.transpose(y_true), 'float32')\n"
    "    return ops.sum(pairs * ops.relu(1 - y_pred + ops.transpose(y_pred))) / ops.sum(pairs)"
)
ONE = "one value for the whole batch, (), is needed; a loss with a value for each row needs no per:"
WEIGHED = (
    "it takes weights, and gives a value for each row; what a row counts is multiplied with its value anyway, "
    "so leave weights out (per: batch is for losses that have one value for a whole batch)"
)
UNNAMED = "it takes columns, and none are named; columns: [name] beside loss: names those that it sees"
NOTHING = "; where there is nothing to compare, give 0 by a finite gradient: divide by ops.maximum(n_pairs, 1)"


@pytest.mark.parametrize(
    ("traits", "arguments", "body", "told"),
    [
        (BATCH, "", "return ops.mean(y_pred - y_true, axis=-1)", f"shape: it gave (23,) for a batch of 23 rows; {ONE}"),
        (BATCH, "", PAIRS, f"finite: its value is nan for a batch of one row and an untrained network{NOTHING}"),
        (BATCH, ", weights", F1, "weights: its value is the same whatever rows count; weigh them, or leave them out"),
        (SEEING, "", "return y_pred[:, 0]", "it takes no columns; a function (y_true, y_pred, columns) is needed"),
        (SEEING, ", columns", "return columns['costs'] * y_pred[:, 0]", "calling it failed: KeyError: 'costs'"),
        (SEEING, ", columns, weights", "return y_pred[:, 0]", WEIGHED),
        ({**SEEING, "columns": None}, ", columns", "return y_pred[:, 0]", UNNAMED),
    ],
    ids=["rows of a batch", "no pairs", "vain weights", "no columns", "other columns", "weights of rows", "none named"],
)  # fmt: skip
def test_a_loss_that_sees_more_and_does_not_pass_is_refused_in_a_line(write, traits, arguments, body, told):
    write("mine", f"def own(y_true, y_pred{arguments}):\n    {body}\n")
    tried = unit(Loss("own", "mine:own", **traits), task="binary")
    columns = np.ones((len(tried.table.labels), 1), np.float32) if traits.get("columns") else None
    assert refused(replace(tried, columns=columns)) == (
        f"params.yaml: comparisons.houses: loss mine:own is refused: {told}"
    )


def test_a_loss_of_a_batch_that_is_told_no_weights_is_refused_where_rows_count_differently(write):
    write("mine", f"def own(y_true, y_pred):\n    {F1}\n")
    tried = unit(Loss("own", "mine:own", **BATCH), task="binary")
    weighed = replace(tried, table=replace(tried.table, weights=np.linspace(0.5, 1.5, len(tried.table.labels))))
    assert "refused: rows count differently, and it has one value for a whole batch" in refused(weighed)


@pytest.mark.thorough
def test_losses_that_see_more_pass(write):
    write("mine", f"def own(y_true, y_pred):\n    {F1}\n\n\ndef seeing(y_true, y_pred, columns):\n"
          "    return columns['cost'] * ops.square(y_true - y_pred)[:, 0]\n")  # fmt: skip
    trials.try_unit(unit(Loss("own", "mine:own", **BATCH), task="binary"))
    tried = unit(Loss("seeing", "mine:seeing", **SEEING), task="binary")
    trials.try_unit(replace(tried, columns=np.ones((len(tried.table.labels), 1), np.float32)))


TOGETHER = "training two copies together failed: "


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return ops.mean((y_true - y_pred) ** 2, axis=-1) + 0 * len(y_true.numpy())", f"{TOGETHER}AttributeError: "),
        ("return y_pred[:, 0] ** 2 if ops.mean(y_pred) > -1e9 else y_pred[:, 0]", f"{TOGETHER}"),
        ("return ops.reshape((y_true - y_pred) ** 2, (-1 if len(y_true) == 1 else 39,))", f"{TOGETHER}"),
        (
            "return ops.mean((y_true - y_pred) ** 2, axis=-1) * (1 + 1e-5 * keras.random.normal(()))",
            "training it twice from the same seed gives two results; draw random numbers from a ",
        ),
    ],
    ids=["values asked for", "a branch", "one size of batches", "random"],
)
@pytest.mark.endurance
def test_a_loss_that_goes_alone_and_not_in_training_is_refused_in_a_line(write, body, told):
    write("mine", f"def own(y_true, y_pred):\n    {body}\n")
    assert refused(unit(own(), n_rows=50)).startswith(
        f"params.yaml: comparisons.houses: loss mine:own is refused: {told}"
    )


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("task", ["regression", "binary"])
@pytest.mark.endurance
def test_a_loss_is_tried_on_rows_of_every_kind_however_they_are_sorted(write, task, reverse):
    write("mine", "def own(y_true, y_pred):\n    return ops.mean(ops.relu(y_true) * (2 - y_pred) ** 2, axis=-1)\n")
    tried = unit(own() if task == "regression" else own("zero_one", "sigmoid"), task=task, n_rows=1000)
    labels = np.sort(tried.table.labels, axis=0)
    if task == "binary":
        labels[:-3] = 0  # three rows of class 1
    table = replace(tried.table, labels=labels[::-1] if reverse else labels)
    trials.try_unit(replace(tried, table=table))


@pytest.mark.thorough
def test_a_loss_that_not_every_target_can_be_given_is_refused_before_it_trains(write):
    body = "tf.debugging.assert_greater(y_true, -10.0, 'no such target')\n    return ops.square(y_true - y_pred)[:, 0]"
    write("mine", f"def own(y_true, y_pred):\n    {body}\n")
    assert "refused: calling it on made-up rows failed: InvalidArgumentError: " in refused(unit(own()))


def test_a_loss_that_takes_other_arguments_is_refused(write):
    write("mine", "def own(y_true, y_pred, quantile):\n    return y_pred[:, 0]\n")
    assert refused(unit(own())) == (
        "params.yaml: comparisons.houses: loss mine:own is refused: calling it failed: "
        "TypeError: own() missing 1 required positional argument: 'quantile'"
    )


@pytest.mark.parametrize("base", ["object", "keras.losses.Loss"])
def test_a_class_is_no_loss(write, base):
    write("mine", f"class own({base}):\n    def call(self, y_true, y_pred):\n        return y_pred[:, 0]\n")
    assert refused(unit(own())) == (
        "params.yaml: comparisons.houses: loss mine:own is refused: "
        "it is a class; a function (y_true, y_pred) is needed"
    )


def test_a_file_or_function_that_is_not_there_is_told_before_anything_is_tried(write):
    write("mine", "def won(y_true, y_pred):\n    return y_pred[:, 0]\n")
    assert refused(unit(own())).startswith("stages/custom/mine.py: 'own' is not a function here; did you mean 'won'? ")
    assert refused(unit(model="my_models:deep")) == (
        "stages/custom/my_models.py is missing, where 'my_models' is looked for and DVC sees it change; there are: mine"
    )


def test_losses_of_the_catalogue_and_our_own_network_need_no_trial(monkeypatch):
    monkeypatch.setattr(Unit, "network", lambda *_: pytest.fail("built"))
    trials.try_unit(unit())


@pytest.mark.parametrize(("module", "name"), [(fitting, "batch_orders"), (probes, "_values")])
def test_a_mistake_of_ours_in_a_trial_is_not_taken_for_the_users(write, monkeypatch, module, name):
    write("mine", f"def own(y_true, y_pred):\n    {GOOD_LOSSES['pinball'][-1]}\n")
    monkeypatch.delattr(module, name)
    with pytest.raises(NameError, match=name):
        trials.try_unit(unit(own()))


def network(body):
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def build(n_features, n_outputs, activation):\n{lines}\n"


START, OUT = "keras.Input((n_features,))", "layers.Dense(n_outputs, activation=activation)"
GOOD_NETWORKS = {
    "wide and deep": f"""
inputs = {START}
deep = layers.Dense(4, activation="relu")(inputs)
return keras.Model(inputs, {OUT}(layers.Concatenate()([inputs, deep])))""",
    "all that keeps something": f"""
return keras.Sequential([
    {START},
    layers.Dense(4, kernel_regularizer="l2"),
    layers.BatchNormalization(),
    layers.Dropout(0.3),
    layers.GaussianNoise(0.1),
    {OUT},
])""",
    "constrained": f"""
return keras.Sequential([{START}, layers.Dense(4, kernel_constraint=keras.constraints.MaxNorm(0.1)), {OUT}])""",
    "a class of its own with inputs and outputs": f"""
class Own(keras.Model):
    pass

inputs = {START}
return Own(inputs, {OUT}(inputs))""",
    "partly frozen": f"""
frozen = layers.Dense(4, trainable=False)
return keras.Sequential([{START}, frozen, {OUT}])""",
    "an own layer with a weight": f"""
class Gate(layers.Layer):
    def build(self, shape):
        self.gate = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.gate

return keras.Sequential([{START}, Gate(), {OUT}])""",
}


@pytest.mark.parametrize("case", GOOD_NETWORKS)
@pytest.mark.endurance
def test_a_network_whose_copies_give_what_it_gives_passes(write, case):
    write("mine", network(GOOD_NETWORKS[case]))
    trials.try_unit(unit(model="mine:build"))


@pytest.mark.parametrize(
    ("task", "n_targets", "n_outputs"), [("regression", 2, 2), ("binary", 1, 1), ("multiclass", 1, 3)]
)
@pytest.mark.endurance
def test_a_network_is_asked_for_the_outputs_that_its_task_needs(write, task, n_targets, n_outputs):
    write("mine", network(f"assert n_outputs == {n_outputs}\nreturn keras.Sequential([{START}, {OUT}])"))
    trials.try_unit(unit(task=task, model="mine:build", n_targets=n_targets))


def test_one_seed_is_enough_for_a_trial(write):
    write("mine", network(f"return keras.Sequential([{START}, {OUT}])"))
    trials.try_unit(unit(model="mine:build", seeds=1))


def test_a_loss_is_tried_on_the_users_own_network(write):
    write(
        "mine",
        network(f"return keras.Sequential([{START}, {OUT}])") + "\n\ndef own(y_true, y_pred):\n    return y_pred\n",
    )
    assert "loss mine:own is refused: shape: it gave (24, 1)" in refused(unit(own(), model="mine:build"))


ONE_OUTPUT = (
    "one tensor is needed; for several target columns join them by keras.layers.Concatenate(), "
    "else give keras.Model one of them"
)
NOT_ALONE = "its copies do not give what it gives alone; it keeps something that is not a variable"
BAD_NETWORKS = {
    "number": ("return 3", "it gave int; a keras.Model is needed"),
    "nothing": ("pass", "it gave NoneType; a keras.Model is needed"),
    "layer": (f"return {OUT}", "it gave Dense; a keras.Model is needed"),
    "input": (
        f"return keras.Sequential([keras.Input((7,)), {OUT}])",
        "its input has the shape (None, 7); (None, 3) is needed",
    ),
    "output": (
        f"return keras.Sequential([{START}, layers.Dense(2)])",
        "its output has the shape (None, 2); (None, 1) is needed",
    ),
    "fixed batch": (
        f"return keras.Sequential([keras.Input(batch_shape=(8, n_features)), {OUT}])",
        "its input has the shape (8, 3); (None, 3) is needed",
    ),
    "two outputs": (
        f"inputs = {START}\nreturn keras.Model(inputs, [{OUT}(inputs), {OUT}(inputs)])",
        f"its output is a list; {ONE_OUTPUT}",
    ),
    "unbuilt": (
        f"return keras.Sequential([{OUT}])",
        "its model is not built; begin with keras.Input((n_features,))",
    ),
    "no weights": (
        f"return keras.Sequential([{START}, layers.Lambda(lambda x: x[:, :1])])",
        "it has no weights to train",
    ),
    "all frozen": (
        f"model = keras.Sequential([{START}, {OUT}])\nmodel.trainable = False\nreturn model",
        "it has no weights to train",
    ),
    "shapes by seed": (
        f"units = int(np.random.randint(2, 1000))\nreturn keras.Sequential([{START}, layers.Dense(units), {OUT}])",
        "its variables have other shapes for another seed",
    ),
    "layers by seed": (
        f"more = [layers.Dense(3) for _ in range(np.random.randint(1, 40))]\n"
        f"return keras.Sequential([{START}, *more, {OUT}])",
        "its variables have other shapes for another seed",
    ),
    "a number drawn": (
        f"factor = float(np.random.normal())\nreturn keras.Sequential([{START}, layers.Rescaling(factor), {OUT}])",
        NOT_ALONE,
    ),
    "a TensorFlow variable": (
        f"""
class Scaled(layers.Layer):
    def __init__(self):
        super().__init__()
        self.factor = tf.Variable(np.random.normal(), dtype="float32")

    def call(self, inputs):
        return inputs * self.factor

return keras.Sequential([{START}, Scaled(), {OUT}])""",
        NOT_ALONE,
    ),
    "a counter of Python's": (
        f"""
class Counting(layers.Layer):
    calls = 0

    def call(self, inputs):
        self.calls += 1
        return inputs * self.calls

return keras.Sequential([{START}, Counting(), {OUT}])""",
        NOT_ALONE,
    ),
    "a class of its own": (
        """
class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.last = layers.Dense(n_outputs)

    def call(self, inputs):
        return self.last(inputs)

model = Own()
model.build((None, n_features))
return model""",
        "its input has no shape; make it with keras.Input and keras.Model or Sequential",
    ),
    "steps of its own": (
        f"""
class Own(keras.Model):
    def train_step(self, data):
        return super().train_step(data)

inputs = {START}
return Own(inputs, {OUT}(inputs))""",
        "its class has a train_step of its own, which is not used",
    ),
    "a loss of its own": (
        f"""
class Own(keras.Sequential):
    def compute_loss(self, *args, **settings):
        return 2 * super().compute_loss(*args, **settings)

return Own([{START}, {OUT}])""",
        "its class has a compute_loss of its own, which is not used",
    ),
    "a layer without get_config": (
        f"""
class Through(layers.Layer):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, inputs):
        return self.function(inputs)

return keras.Sequential([{START}, Through(ops.tanh), {OUT}])""",
        "saving it failed: NotImplementedError: Object Through was created by passing non-serializable argument "
        "values in `__init__()`, and therefore the object must override `get_config()` in order to be serializable. "
        "Please implement `get_config()`.",
    ),
    "a get_config that fails": (
        f"""
class Own(layers.Layer):
    def call(self, inputs):
        return 2 * inputs

    def get_config(self):
        raise ValueError("not this one")

return keras.Sequential([{START}, Own(), {OUT}])""",
        "saving it failed: ValueError: not this one",
    ),
    "named outputs": (
        f"inputs = {START}\nreturn keras.Model(inputs, {{'price': {OUT}(inputs)}})",
        f"its output is a dict; {ONE_OUTPUT}",
    ),
    "another type": (
        f"return keras.Sequential([{START}, layers.Dense(n_outputs, dtype='float64')])",
        "its output is float64; float32 is needed",
    ),
    "random": (
        f"""
class Shaken(layers.Layer):
    def call(self, inputs, training=None):
        return inputs + 0.01 * keras.random.normal((3,)) if training else inputs

return keras.Sequential([{START}, Shaken(), {OUT}])""",
        "training it twice from the same seed gives two results; draw random numbers from a "
        "keras.random.SeedGenerator that a layer holds",
    ),
    "raising": ("raise ValueError('first line\\nsecond line')", "building it failed: ValueError: first line"),
    "undefined": ("return layer", "building it failed: NameError: name 'layer' is not defined"),
    "impossible": (
        f"return keras.Sequential([{START}, layers.Dense(4, 'relux'), {OUT}])",
        "building it failed: ValueError: Could not interpret activation function identifier: relux",
    ),
}


@pytest.mark.parametrize("case", BAD_NETWORKS)
@pytest.mark.endurance
def test_a_network_that_does_not_pass_is_refused_in_a_line_that_names_the_check(write, case):
    body, told = BAD_NETWORKS[case]
    write("mine", network(body))
    assert refused(unit(model="mine:build")) == (
        f"params.yaml: comparisons.houses: model mine:build is refused: {told}"
    )


def test_one_model_for_every_seed_is_refused(write):
    write(
        "mine",
        "MODEL = keras.Sequential([keras.Input((3,)), layers.Dense(1)])\n\n\ndef build(*_):\n    return MODEL\n",
    )
    assert refused(unit(model="mine:build")).endswith(
        "is refused: it gives the same layers for every seed; build new ones each time"
    )


@pytest.mark.parametrize(("task", "activation"), [("binary", "sigmoid"), ("multiclass", "softmax")])
def test_a_network_that_ignores_the_activation_it_is_given_is_refused(write, task, activation):
    write("mine", network(f"return keras.Sequential([{START}, layers.Dense(n_outputs)])"))
    assert refused(unit(task=task, model="mine:build")).endswith(
        f"is refused: its output is not that of {activation}; use the activation that it is given"
    )


def test_a_build_that_takes_other_arguments_is_refused(write):
    write("mine", "def build(n_features, n_outputs):\n    return None\n")
    assert refused(unit(model="mine:build")) == (
        "params.yaml: comparisons.houses: model mine:build is refused: building it failed: "
        "TypeError: build() takes 2 positional arguments but 3 were given"
    )


def test_a_layer_that_cannot_be_copied_is_told_where_it_failed(write):
    layer = """
class Outside(layers.Layer):
    def call(self, inputs):
        return ops.convert_to_tensor(2 * inputs.numpy())

    def compute_output_shape(self, shape):
        return shape
"""
    write("mine", network(f"{layer}\nreturn keras.Sequential([{START}, layers.Dense(2), Outside(), {OUT}])"))
    assert refused(unit(model="mine:build")).startswith(
        "params.yaml: comparisons.houses: model mine:build is refused: training two copies together failed: "
        "AttributeError: "
    )


# through the stages


PRICES = {"generator": "make_regression", "n_samples": 24, "n_features": 3, "noise": 1.0, "random_state": 1}


@pytest.fixture
def trained(write):
    """Write files of the user's own, and take a dataset and a comparison through generate, scale and train."""

    def run_stages(text, comparison):
        write("mine", text)
        settings = {
            "loss": "all",
            "datasets": {"prices": {"source": PRICES, "split": {"method": "first", "train": 16}}},
            "comparisons": {"prices": comparison},
            "train": {"seeds": 2, "batch_size": 16, "optimizer": {"name": "SGD", "learning_rate": 0.1}},
        }
        paths.PARAMS.write_text(yaml.safe_dump(settings), encoding="utf-8")
        generate.main()
        scale.main()
        stage.main()
        [unit] = stage.units(load_params())
        scaling = plans.read_plan("prices").to_train
        parts = {"train": (Part.TRAIN, Part.VALIDATION), "test": (Part.TEST,)}
        return {part: seen(unit, 0, *of, scaling=scaling) for part, of in parts.items()}, unit.plan

    return run_stages


PINBALL = """def pinball(y_true, y_pred):
    error = y_true - y_pred
    return ops.mean(ops.maximum(0.9 * error, -0.1 * error), axis=-1)
"""


def pinball(targets, outputs):
    """The mean over the rows: (n_seeds,)."""
    error = targets - outputs
    return np.maximum(0.9 * error, -0.1 * error).mean(axis=(1, 2))


@pytest.mark.thorough
def test_an_own_loss_trains_as_numpy_does(trained):
    rows, plan = trained(
        PINBALL,
        {
            "hidden": [],
            "epochs": 1,
            "losses": [{"loss": "mine:pinball", "as": "pinball90", "targets": "value"}],
        },
    )
    run = runs.read("prices", "pinball90")
    assert (run.seeds, run.failed, run.loss.function, run.loss.task) == ([0, 1], [], "mine:pinball", "regression")
    features, targets = rows["train"]
    kernel, bias = Network(3, (), 1, "linear").initial_weights((0, 1))
    before = features @ kernel + bias[:, None]
    # one batch of all rows: one step against the mean gradient, −0.9 where the output is too low and 0.1 elsewhere
    slope = np.where(targets > before, -0.9, 0.1) / 16
    kernel = kernel - 0.1 * (features.T @ slope)
    bias = bias - 0.1 * slope.sum(axis=1)
    for part, numbers in (("train", range(16)), ("test", plan.rows(0, Part.TEST))):
        after = rows[part][0] @ kernel + bias[:, None]
        np.testing.assert_allclose(run.outputs[:, numbers], after, rtol=0, atol=1e-5)
    np.testing.assert_allclose(run.epochs("loss")[:, 0], pinball(targets, before), rtol=1e-5)
    np.testing.assert_allclose(run.epochs("val_loss")[:, 0], pinball(rows["test"][1], after), rtol=1e-5)
    # one too low costs 0.9, one too high 0.1
    punished = run.punishment.set_index(["case", "x"])["value"].unstack()
    np.testing.assert_allclose(punished[[-1.0, 0.0, 1.0]], [[0.9, 0, 0.1]] * 2, atol=1e-6)


@pytest.mark.endurance
def test_an_own_network_with_dropout_batch_norm_and_a_penalty_trains_and_is_kept(trained, tmp_path):
    body = f"""
return keras.Sequential([
    {START},
    layers.Dense(4, activation="relu", kernel_regularizer=keras.regularizers.L2(0.05), name="penalised"),
    layers.BatchNormalization(),
    layers.Dropout(0.2),
    {OUT},
])"""
    rows, plan = trained(network(body), {"model": "mine:build", "epochs": 3, "losses": ["mse"]})
    run = runs.read("prices", "mse")
    assert (run.failed, run.settings.model) == ([], "mine:build")
    assert (run.epochs("loss")[:, -1] < run.epochs("loss")[:, 0]).all()
    model = keras.models.load_model(tmp_path / "data/runs/prices/mse/model.keras")
    tested = run.outputs[:, plan.rows(0, Part.TEST)]
    np.testing.assert_allclose(model.predict(rows["test"][0], verbose=0), tested[0], rtol=0, atol=1e-5)
    # what is measured holds the penalty besides
    penalty = 0.05 * (model.get_layer("penalised").kernel.numpy() ** 2).sum()
    error = ((tested[0] - rows["test"][1]) ** 2).mean()
    np.testing.assert_allclose(run.epochs("val_loss")[0, -1], error + penalty, rtol=1e-5)
    # each seed begins and ends elsewhere
    assert not np.allclose(*tested)


def test_what_is_refused_is_not_trained(trained, tmp_path):
    with pytest.raises(UserError) as raised:
        trained(
            "def own(y_true, y_pred):\n    return y_pred\n",
            {"losses": ["mse", {"loss": "mine:own", "targets": "value"}]},
        )
    assert str(raised.value) == (
        "params.yaml: comparisons.prices: loss mine:own is refused: shape: it gave (16, 1) for 16 rows; "
        "one value for each row, (16,), is needed"
    )
    assert not (tmp_path / "data/runs").exists()
    assert load_params().compared()["prices"][1].name == "own"
