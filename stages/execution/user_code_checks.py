"""What a user's own loss or network must pass before it is trained; the error says which check failed."""

from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from stages.basics import paths
from stages.execution.own_code import losses
from stages.execution.own_code.trial import TOLERANCE, Trial
from stages.losses.validity import OUTPUTS
from stages.records.plans import Part, Plan, Scaling
from stages.training.backend import keras, tf
from stages.training.chunk import Candidate
from stages.training.fitting import fit, replicas_of
from stages.training.networks import CustomNetwork, save_model
from stages.training.probes import objective, punishment
from stages.training.scales import shared_features, shared_targets
from stages.training.unit import Unit

BATCH, LEFT = 32, 7  # train rows that a trial looks at: a batch, and a last one that is smaller
SEEDS = 2  # copies of a network that a trial trains together


def try_unit(unit: Unit) -> None:
    """Check the user's own loss and network of a unit on a few of its train rows.

    Raises:
        UserError: one does not pass.
    """
    names = [
        *([f"model {unit.settings.model}"] if unit.settings.model else []),
        *([f"loss {unit.loss.function}"] if unit.loss.is_custom else []),
    ]
    if not names:
        return
    trial = Trial(f"{paths.PARAMS}: comparisons.{unit.settings.comparison}: {' with '.join(names)} is refused")
    few = few_rows(unit)
    if unit.settings.model:
        _try_network(few, trial)
    if unit.loss.is_custom:
        losses.check(few, *_seen(few), trial)
    _try_training(few, trial)
    if unit.loss.is_custom:
        with trial.step("calling it on made-up rows", through_ours=True):
            for ask in (punishment, objective):
                ask(unit.loss, unit.table.n_classes, unit.table.n_targets, unit.columns)


def few_rows(unit: Unit) -> Unit:
    """The unit with two of its seeds and a few of their train rows, from the lowest target to the highest.

    All rows of it train, on the scale of the first seed; its learning rate is the lowest.
    """
    plan, table, split = unit.plan, unit.table, unit.plan.split_of[0]
    trained = plan.rows(0, Part.TRAIN, Part.VALIDATION)
    labels = table.labels[trained]
    by_target = trained[np.argsort(labels.reshape(len(labels), -1)[:, 0], kind="stable")]
    few = by_target[np.linspace(0, len(by_target) - 1, min(BATCH + LEFT, len(by_target))).round().astype(int)]
    seeds = unit.settings.seeds[:SEEDS]
    optimizer = unit.settings.optimizer.at(float(np.min(unit.settings.optimizer.learning_rate)))
    scaling = Scaling(*(getattr(plan.to_train, field.name)[[split]] for field in fields(Scaling)))
    return Unit(
        unit.settings.model_copy(update={"seeds": seeds, "optimizer": optimizer, "batch_size": BATCH}),
        table.take(few),
        Plan(
            method=plan.method,
            n_folds=0,
            fixed=True,
            parts=np.full((1, len(few)), Part.TRAIN, np.uint8),
            split_of=np.zeros(len(seeds), np.int64),
            to_tune=scaling,
            to_train=scaling,
        ),
        None if unit.columns is None else unit.columns[few],
    )


def _seen(unit: Unit) -> tuple[np.ndarray, np.ndarray]:
    """Features and targets of all rows as a network sees them, scaled."""
    rows, view = unit.rows, unit.to_train
    return shared_features(rows.features, view)[0], shared_targets(rows.targets, view)[0]


def _try_network(unit: Unit, trial: Trial) -> None:
    network, seeds = unit.network(), unit.settings.seeds
    with trial.step("building it"):
        models = [network.build(seed) for seed in seeds]
    for model in models:
        _check_kind(model, network, trial)
    if len({id(variable) for model in models for variable in model.variables}) < sum(
        len(model.variables) for model in models
    ):
        trial.refuse("it gives the same layers for every seed; build new ones each time")
    if len({tuple(tuple(variable.shape) for variable in model.variables) for model in models}) > 1:
        trial.refuse("its variables have other shapes for another seed")
    if not models[0].trainable_variables:
        trial.refuse("it has no weights to train")
    features = tf.constant(_seen(unit)[0])
    with trial.step("calling it"):
        outputs = models[0](features, training=False)
    outputs = outputs.numpy()
    if outputs.dtype != np.float32:
        trial.refuse(f"its output is {outputs.dtype}; float32 is needed")
    low, high = OUTPUTS.get(network.activation, (-np.inf, np.inf))
    sums = outputs.sum(axis=-1) if network.activation == "softmax" else np.ones(1)
    if (outputs < low).any() or (outputs > high).any() or not np.allclose(sums, 1, atol=TOLERANCE):
        trial.refuse(f"its output is not that of {network.activation}; use the activation that it is given")
    with TemporaryDirectory() as folder, trial.step("saving it"):
        save_model(models[0], Path(folder) / "model.keras")


def _check_kind(model: object, network: CustomNetwork, trial: Trial) -> None:
    if not isinstance(model, keras.Model):
        trial.refuse(f"it gave {type(model).__name__}; a keras.Model is needed")
    for method in ("train_step", "test_step", "compute_loss"):
        if getattr(type(model), method) is not getattr(keras.Model, method):
            trial.refuse(f"its class has a {method} of its own, which is not used")
    if not model.built:
        trial.refuse("its model is not built; begin with keras.Input((n_features,))")
    for what, needed in (
        ("input", (None, *np.atleast_1d(network.n_features).tolist())),
        ("output", (None, *network.positions, network.n_outputs)),
    ):
        # a model that is a class of its own has neither
        shape = getattr(model, f"{what}_shape", None)
        if shape is None:
            trial.refuse(f"its {what} has no shape; make it with keras.Input and keras.Model or Sequential")
        kind = type(getattr(model, what, None))
        if kind in (dict, list, tuple):
            joined = "; for several target columns join them by keras.layers.Concatenate()" * (what == "output")
            trial.refuse(
                f"its {what} is a {kind.__name__}; one tensor is needed{joined}, else give keras.Model one of them"
            )
        if shape != needed:
            trial.refuse(f"its {what} has the shape {shape}; {needed} is needed")


def _try_training(unit: Unit, trial: Trial) -> None:
    """Train two copies together on a few rows, twice.

    Nothing may fail, both times must give the same, and a copy of the user's own network what it gives alone.
    """
    network, seeds = unit.network(), unit.settings.seeds
    view = replace(unit.to_train, test=unit.to_train.train)

    def train(chance: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        candidates = [Candidate(unit.settings.optimizer.learning_rate)]
        with replicas_of(unit, seeds, candidates, unit.loss.epoch_metric) as replicas:
            keras.utils.set_random_seed(chance)  # so that what draws from the global generator gives another result
            history = fit(replicas, unit, view, seeds, epochs=1, on_epoch=lambda _: None)
            outputs = replicas.predict(unit.table.features, view)
            return np.stack([history.loss, history.val_loss]), outputs, replicas.weights

    with trial.step("training two copies together", through_ours=True):
        once, again = train(chance=1), train(chance=2)
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(once[:2], again[:2], strict=True)):
        trial.refuse(
            "training it twice from the same seed gives two results; draw random numbers from a "
            "keras.random.SeedGenerator that a layer holds"
        )
    if unit.settings.model:
        for seed, one, values in zip(seeds, once[1], zip(*once[2], strict=True), strict=True):
            model = network.build(seed)
            for variable, value in zip(model.variables, values, strict=True):
                variable.assign(value)
            alone = model(tf.constant(_seen(unit)[0]), training=False)
            if not np.allclose(one, alone, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
                trial.refuse("its copies do not give what it gives alone; it keeps something that is not a variable")
