"""Train one chunk: all that needs TensorFlow, from arrays to arrays, so that it can be done anywhere."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from stages.basics import arrays
from stages.basics.cli import UserError
from stages.training.chunk import LOSS, Chunk, Result, title
from stages.training.fitting import fit, replicas_of, stayed_finite
from stages.training.keras_parts import kept_loss, make_optimizer
from stages.training.networks import save_model
from stages.training.origins import train_each
from stages.training.probes import constant_losses, objective, punishment
from stages.training.replicas import Replicas
from stages.training.scoring import score_seeds, scored_by
from stages.training.unit import Unit
from stages.training.views import View
from stages.usercode import loading

NEAREST = 2.0**-11  # to 0 and 1 of a probability that is kept as float16: what it has between 1 and the next number
GRID = 100  # points along each side of the grid that shows a two-dimensional problem's regions


def train(chunk: Chunk, on_epoch: Callable[[int], None] = lambda _: None) -> Result:
    """Train a chunk. What comes out depends on the chunk alone; Keras' global random generators are reseeded.

    Args:
        chunk: what to train.
        on_epoch: called with the number of epochs done.

    Returns:
        Arrays by name. Of tuning: ``values`` float32 (n_epochs, n_seeds, n_candidates), the validation score of each
        epoch (of a root its square), and ``finished`` bool (n_seeds, n_candidates). To use: ``weight_0`` and so
        on, the values (n_seeds, *shape) of each variable, and ``finished`` bool (n_seeds,). Else what a run is made of,
        of the outputs those of rows that are scored, as `arrays.packed` has them.
        And ``seconds``, how long it took, and ``told`` (n_told, 2), now and then the epochs that were done and after
        how many seconds.

    Raises:
        UserError: the user's own loss or network failed.
    """
    started, times = time.perf_counter(), []

    def tell(epoch: int) -> None:
        times.append((epoch, time.perf_counter() - started))
        on_epoch(epoch)

    try:
        how = _tune if chunk.is_tuning else _to_use if chunk.is_to_use else _finish
        used = _used(chunk.unit)
        few = chunk if used is None else replace(chunk, unit=chunk.unit.of_rows(used))
        result = train_each(few, how, tell)
    except (Exception, SystemExit) as error:
        if isinstance(error, UserError) or (line := loading.failure(error)) is None:
            raise
        raise UserError(f"{title(chunk)}: training failed in {line}") from error
    if "outputs" in result:
        result |= arrays.packed("outputs", _of_all(result["outputs"], used, len(chunk.unit.table.labels)))
    # in memory as they come back from a file, as sums add in that order
    result = {name: np.array(array, order="C") for name, array in result.items()}
    return result | {"seconds": np.array(time.perf_counter() - started), "told": np.array(times)}


def _used(unit: Unit) -> np.ndarray | None:
    """The numbers of the rows that a unit uses; None where all are to be held, as where features are in memory."""
    used = unit.used
    return None if used.all() or not isinstance(unit.table.features, np.memmap) else np.flatnonzero(used)


def _of_all(outputs: np.ndarray, used: np.ndarray | None, n_rows: int) -> np.ndarray:
    """The outputs (n_seeds, n_rows, …) of all rows, NaN of those that are not used."""
    if used is None:
        return outputs
    every = np.full((len(outputs), n_rows, *outputs.shape[2:]), np.nan, outputs.dtype)
    every[:, used] = outputs
    return every


def _tune(chunk: Chunk, on_epoch: Callable[[int], None]) -> Result:
    unit, seeds = chunk.unit, chunk.unit.settings.seeds
    by_loss = unit.settings.selected_by == LOSS
    score = unit.loss.epoch_metric if by_loss else unit.settings.selected_by
    with replicas_of(unit, seeds, chunk.candidates, score) as replicas:
        history = fit(replicas, unit, unit.to_tune, seeds, epochs=chunk.epochs, on_epoch=on_epoch)
        finished = stayed_finite([*vars(history).values(), *replicas.weights])
    values = history.val_loss if by_loss else history.val_metric
    shape = len(seeds), len(chunk.candidates)
    return {"values": values.T.reshape(-1, *shape), "finished": finished.reshape(shape)}


def _to_use(chunk: Chunk, on_epoch: Callable[[int], None]) -> Result:
    unit, seeds = chunk.unit, chunk.unit.settings.seeds
    with replicas_of(unit, seeds, chunk.candidates, unit.loss.epoch_metric) as replicas:
        history = fit(replicas, unit, unit.to_train, seeds, epochs=chunk.epochs, on_epoch=on_epoch)
        weights = replicas.weights
    # no row is left to be measured on
    finished = stayed_finite([history.loss, history.metric, *weights])
    return {**{f"weight_{number}": array for number, array in enumerate(weights)}, "finished": finished}


def _finish(chunk: Chunk, on_epoch: Callable[[int], None]) -> Result:
    unit, table, view, seeds = chunk.unit, chunk.unit.table, chunk.unit.to_train, chunk.unit.settings.seeds
    regions: Result = {}
    with replicas_of(unit, seeds, chunk.candidates, unit.loss.epoch_metric) as replicas:
        history = fit(replicas, unit, view, seeds, epochs=chunk.epochs, on_epoch=on_epoch)
        outputs = unit.loss.decode(replicas.predict(table.features, view, unit.plan.scored), table.n_classes)
        weights, outputs = replicas.weights, as_kept(unit, unit.in_units_of_the_plan(outputs))
        if table.n_classes and table.n_inputs == 2 and table.features.dtype == np.float64 and not table.positions:
            regions = _regions(replicas, unit, view)
    finished = stayed_finite([*vars(history).values(), *weights])
    scores = score_seeds(unit, outputs, finished)
    result = {
        **vars(history),
        "outputs": outputs,
        "finished": finished,
        "constant_loss": constant_losses(unit, view),
        "scores": np.array(list(scores.values())),
        "score_names": np.array(list(scores)),
        "scored_by": np.array(scored_by(unit)),
        **regions,
    }
    if chunk.is_first:
        about = unit.loss, table.n_classes, table.n_targets, unit.columns
        punished = punishment(*about)
        result |= {f"punishment_{name}": punished[name].to_numpy() for name in ("x", "value")}
        result["punishment_case"] = punished["case"].to_numpy(str)
        result["objective"] = objective(*about)
        result["model"] = np.frombuffer(_model(chunk, view, [array[0] for array in weights]), np.uint8)
    return result


def as_kept(unit: Unit, outputs: np.ndarray) -> np.ndarray:
    """Outputs (n_seeds, n_rows, …, n_outputs) in the type in which they are kept, and scored.

    Classes of positions, which are many, as float16; probabilities then not nearer to 0 and 1 than it has digits for.
    """
    if not (unit.table.positions and unit.table.n_classes):
        return outputs
    kept = np.empty(outputs.shape, np.float16)
    for place, of_seed in enumerate(outputs):  # one after the other, since they are many
        kept[place] = np.clip(of_seed, NEAREST, 1 - NEAREST) if unit.loss.outputs_probability else of_seed
    return kept


def _regions(replicas: Replicas, unit: Unit, view: View) -> Result:
    """The class that each seed decides for over a grid of the plane."""
    features = unit.table.features
    low, high = np.nanmin(features, axis=0), np.nanmax(features, axis=0)
    margin = 0.05 * (high - low)
    x, y = np.linspace(low - margin, high + margin, GRID, dtype=np.float32).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    decisions = unit.loss.decide(unit.loss.decode(replicas.predict(grid, view), unit.table.n_classes))
    kind = np.int8 if unit.table.n_classes <= np.iinfo(np.int8).max + 1 else np.int16
    return {"regions_x": x, "regions_y": y, "regions_decisions": decisions.astype(kind).reshape(-1, GRID, GRID)}


def _model(chunk: Chunk, view: View, values: list[np.ndarray]) -> bytes:
    """The file of the first seed's model, its variables of these values, compiled as it was trained."""
    unit, [candidate, *_] = chunk.unit, chunk.candidates
    model = unit.network().build(unit.settings.seeds[0])
    for variable, value in zip(model.variables, values, strict=True):
        variable.assign(value)
    optimizer = make_optimizer(
        unit.settings.optimizer.at(candidate.rate, candidate.schedule),
        n_steps=chunk.epochs * view.n_steps(unit.settings.batch_size),
    )
    model.compile(optimizer, kept_loss(unit.loss))
    optimizer.build(model.trainable_variables)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        save_model(model, path)
        return path.read_bytes()
