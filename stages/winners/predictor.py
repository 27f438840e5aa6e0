"""Predict rows as a user has them, from the file of a winner alone: see `records.winners` for what it holds."""

import io
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from stages.basics.cli import UserError
from stages.basics.words import counted, printable
from stages.features import pipelines
from stages.losses import target_transform
from stages.losses.outputs import LEVELS, in_turn, shorter_way
from stages.params.source import SOURCE, Table
from stages.records import winners
from stages.records.array_facts import inputs_of
from stages.records.plans import Scaling
from stages.scores import decisions
from stages.scores.calibration import Calibration
from stages.scores.costs import cheapest, of_rows
from stages.sources import array_rows, new_rows
from stages.sources.array_rows import ArrayRows
from stages.usercode import loading
from stages.usercode.isolation import IsolatedCode
from stages.winners import labels, positions

if TYPE_CHECKING:
    import keras

DIGITS = 8  # of a float32, as the outputs of networks are, more say nothing
PACKAGE = __name__.split(".")[0]  # in the file the code has another name than in the project
_SHOWN = Path(winners.CUSTOM)  # what messages call the folder of the user's own code


@dataclass(frozen=True)
class Predictions:
    """What a winner predicts.

    Attributes:
        table: one line for each row: `Winner.outputs`.
        outputs: float64 (n_rows, n_outputs), what the table says as outputs of the loss, to be scored: the values that
            are predicted, of rows with an exposure per one of it, the probabilities, or the votes, of two classes the
            share of class 1 less that of class 0.
        decided: (n_rows,) the indices of the classes that are decided; None for values.
        notes: in a line each, what of the rows is not as it was in training.
        arrays: where each position of a row has a target, what is predicted of them: see `positions.Answers`; the table
            then sums up each row, and the axes of positions stand behind that of rows in all others.
    """

    table: pd.DataFrame
    outputs: np.ndarray
    notes: list[str]
    decided: np.ndarray | None = None
    arrays: dict[str, np.ndarray] = field(default_factory=dict)


class Predictor:
    """A winner, read from its file.

    Attributes:
        winner: what it is.
        source: how the table was read that it learned from, or what stands beside arrays.
        array_source: where the arrays came from that it learned from; None where that is a table.
    """

    def __init__(self, file: Path) -> None:
        self._name, self._own_code = file.name, None
        with zipfile.ZipFile(file) as archive:
            self.winner = winners.ADAPTER.validate_json(archive.read(winners.FACTS))
            of_table = self.winner.description.arrays is None
            self._encoder = pipelines.from_json(archive.read("encoder.json")) if of_table else None
            if self.winner.settings.model:
                self._own_code = IsolatedCode(archive, winners.CUSTOM, self.winner.modules, PACKAGE)
            arrays = np.load(io.BytesIO(archive.read("networks.npz")))
            self._scaling = Scaling(**{field.name: arrays[field.name] for field in fields(Scaling)})
            self._weights = [arrays[f"weight_{number}"] for number in range(len(arrays.files) - len(fields(Scaling)))]
        source = self.winner.settings.data.source
        # what a generator makes has a heading and numbers, as any table
        plain = source if "file" in source else {"file": "-", "target": "target"}
        self.source = Table(**plain) if of_table else Table(file="-", target=self.winner.description.targets)
        self.array_source = None if of_table else SOURCE.validate_python(source)

    def predict(self, rows: pd.DataFrame | ArrayRows, decimal: str = ".") -> Predictions:
        """Predict rows.

        Args:
            rows: (n_rows, n_columns) with the columns of the table that it learned from, values or texts; others are
                not used. Or where it learned from arrays (n_rows, …), each of the shape that it learned from; of
                several inputs each by its name.
            decimal: the decimal mark of numbers that are texts.

        Raises:
            UserError: none of the columns is there, one that says what decisions cost is not or holds no such thing,
                the rows are of another shape, or the user's own network failed.
        """
        if arrays := self.winner.description.arrays:
            features, notes = array_rows.as_trained(rows, arrays, self.array_source)
            if self.winner.description.has_positions is True:
                return self._of_positions(features, notes)
            rows = pd.DataFrame(index=range(len(features)))
        else:
            features, notes = self._encoded(rows.reset_index(drop=True), decimal)
        costs = self._costs(rows, decimal)
        outputs = self._outputs(features)
        failed = ~np.isfinite(outputs).all(axis=(0, *range(2, outputs.ndim)))
        in_units = self._in_units(np.where(failed.reshape(-1, *[1] * (outputs.ndim - 2)), 1, outputs))
        if self.winner.description.has_positions == "labels":
            table, scored, decided = labels.answers(self.winner, in_units, self._decide)
        else:
            table, scored, decided = self._answers(in_units, costs)
        if self.winner.exposure:
            table = table.mul(new_rows.exposure(rows, self.winner, self.source, decimal), axis=0)
        table[failed], scored[failed] = np.nan, np.nan
        notes = [*map(printable, notes), *_without_prediction(failed)]
        return Predictions(table.set_index(rows.index), scored, notes, decided)

    def _of_positions(self, features: np.ndarray, notes: list[str]) -> Predictions:
        """What is predicted of each position of rows."""
        answers = positions.answers(
            self.winner, lambda some: self._in_units(self._outputs(some)), self._decide, features
        )
        notes = [*map(printable, notes), *_without_prediction(answers.failed)]
        return Predictions(answers.table, answers.outputs, notes, answers.decided, answers.arrays)

    def _encoded(self, rows: pd.DataFrame, decimal: str) -> tuple[np.ndarray, list[str]]:
        """Rows of a table as numbers, float64 (n_rows, n_inputs), and what of them is not as it was in training."""
        new = new_rows.as_trained(rows, self.winner.inputs, self.source, self._known, decimal=decimal)
        if not new.n_present:
            names = ", ".join(column.name for column in self.winner.inputs)
            raise UserError(f"none of the columns is there that it predicts from: {names}")
        # scikit-learn transforms no fewer than one row
        return self._encoder.transform(new.table) if len(rows) else np.empty((0, self.winner.n_inputs)), new.notes

    def _costs(self, rows: pd.DataFrame, decimal: str) -> np.ndarray | None:
        """What decisions cost, as of `costs.of_rows`; None where nothing does."""
        if self.winner.costs is None:
            return None
        return of_rows(self.winner.costs, new_rows.costs(rows, self.winner, self.source, decimal))

    def _outputs(self, features: np.ndarray) -> np.ndarray:
        """What the networks give for features, (n_networks, n_rows, n_outputs), as `Loss.decode` has them."""
        try:
            return self.winner.settings.loss.decode(self.ready(features), self.winner.description.n_classes)
        except Exception as error:
            if self._own_code is None or (line := loading.failure(error, self._own_code.folder, _SHOWN)) is None:
                raise
            raise UserError(f"{self._name}: {self.winner.settings.model} failed in {line}") from error

    @cached_property
    def ready(self) -> Callable[[np.ndarray], np.ndarray]:
        """The networks, which take seconds to make ready: see `ensemble.predict`."""
        from stages.winners import ensemble

        return ensemble.predict(self._network(), self._weights, self._scaling)

    def _network(self) -> "keras.Model":
        from stages.training.networks import CustomNetwork, Network

        settings, loss, description = self.winner.settings, self.winner.settings.loss, self.winner.description
        n_outputs, inputs = loss.n_outputs(description.n_classes, description.n_targets), inputs_of(description.arrays)
        if settings.model:
            name, _, function = settings.model.partition(":")
            build = getattr(self._own_code.module(name), function)
            shapes = {"n_features": self.winner.n_inputs, "inputs": inputs}
            network = CustomNetwork(settings.model, n_outputs=n_outputs, activation=loss.activation, **shapes)
            return network.built_by(build)
        along = tuple(description.target_shape[: None if description.classes else -1])
        return Network.of(settings, self.winner.n_inputs, n_outputs, along, inputs).build(0)

    @cached_property
    def _known(self) -> dict[str, set[str]]:
        """By column the categories that were there in training."""
        for kind, step, columns in self._encoder.transformers_:
            if kind == "category":
                return dict(zip(columns, map(set, step[-1].categories_), strict=True))
        return {}

    def _in_units(self, outputs: np.ndarray) -> np.ndarray:
        """Outputs (n_networks, n_rows, n_outputs), values in target units, probabilities that add up to 1."""
        outputs, loss = outputs.astype(np.float64), self.winner.settings.loss
        if loss.task == "regression":
            center, spread = loss.output.scale(self._scaling.target_center[0], self._scaling.target_spread[0])
            return target_transform.invert(loss.target_transform, outputs * spread + center)
        if loss.outputs_probability and loss.task == "multiclass":
            return outputs / outputs.sum(axis=-1, keepdims=True)
        return outputs

    def _answers(
        self, outputs: np.ndarray, costs: np.ndarray | None
    ) -> tuple[pd.DataFrame, np.ndarray, np.ndarray | None]:
        """What is answered of outputs (n_networks, n_rows, n_outputs), and that as `outputs` and `decided` have it."""
        winner, loss, mean = self.winner, self.winner.settings.loss, outputs.mean(axis=0)
        if loss.task == "regression":
            unit = self._scaling.target_spread[0]
            unit = target_transform.slope(loss.target_transform, loss.output.point(mean, np), unit)
            mean = _rounded(mean, unit)  # what is written is what is scored
            predicted, spread = (_rounded(values, unit) for values in self._points(mean, outputs))
            columns = [np.stack([predicted, spread], axis=-1).reshape(len(mean), 2 * math.prod(predicted.shape[1:]))]
            if winner.shares:
                columns.append(_rounded(self._quantiles(mean, np.array(winner.shares)), unit))
            numbers = np.concatenate(columns, axis=1)
            if winner.description.yes_no:
                table = labels.beside_numbers(winner, numbers)
            else:
                table = pd.DataFrame(numbers, columns=winner.outputs)
            return table, mean, None
        if winner.calibration:
            calibrated = self._calibrated(mean)
            decided = cheapest(calibrated, costs) if costs is not None else self._decide(mean)
            return self._table(self._calibrated(outputs), calibrated, decided)
        if not loss.outputs_probability:  # networks vote, and the votes decide
            votes = np.eye(winner.description.n_classes)[self._decide(outputs)]
            shares = _rounded(votes.mean(axis=0), 1.0)
            of_one = shares[:, 1:] - shares[:, :1] if loss.task == "binary" else shares
            return self._table(votes, shares, loss.decide(of_one))
        of_networks = outputs if loss.task == "multiclass" else np.concatenate([1 - outputs, outputs], axis=-1)
        shares = _rounded(of_networks.mean(axis=0), 1.0)
        return self._table(of_networks, shares, self._decide(shares[:, 1:] if loss.task == "binary" else shares))

    def _points(self, mean: np.ndarray, outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The values that are predicted, (n_rows, n_targets), and their standard deviation over the networks.

        Args:
            mean: (n_rows, n_numbers) of the networks.
            outputs: (n_networks, n_rows, n_numbers) of each.
        """
        point, period = self.winner.settings.loss.output.point, self.winner.description.period
        predicted, of_networks = point(mean, np), point(outputs, np)
        if not period:
            return predicted, _spread(of_networks)
        around = predicted + shorter_way(of_networks - predicted, period)
        return in_turn(predicted, self.winner.description.turn_begins, period), _spread(around)

    def _quantiles(self, mean: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Quantiles (n_rows, n_shares) of what is predicted, in target units."""
        output, residuals = self.winner.settings.loss.output, self.winner.residuals
        if output.knows_quantiles:
            return output.quantiles(mean, shares)
        return output.point(mean, np) + np.interp(shares, LEVELS, residuals)

    def _table(
        self, of_networks: np.ndarray, shares: np.ndarray, decided: np.ndarray
    ) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """The table of what is answered of classes, and its numbers as `Predictions` has them.

        Args:
            of_networks: (n_networks, n_rows, n_classes) probabilities, or votes.
            shares: (n_rows, n_classes) what they come to together.
            decided: (n_rows,) class indices.
        """
        winner, shares = self.winner, _rounded(shares, 1.0)
        is_vote = not winner.settings.loss.outputs_probability and not winner.calibration
        scored = shares
        if winner.settings.loss.task == "binary":
            scored = shares[:, 1:] - shares[:, :1] if is_vote else shares[:, 1:]
        of_decided = np.take_along_axis(of_networks, decided[None, :, None], axis=-1)[..., 0]
        names, (prediction, spread, *columns) = np.array(winner.description.classes, object), winner.outputs
        answers = {prediction: names[decided], spread: _rounded(_spread(of_decided), 1.0)}
        return pd.DataFrame(answers | dict(zip(columns, shares.T, strict=True))), scored, decided

    def _calibrated(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities (..., n_classes) of outputs (..., n_outputs)."""
        calibration = Calibration(self.winner.calibration.slope, tuple(self.winner.calibration.offsets))
        return calibration.probabilities(decisions.strengths(self.winner.settings.loss, outputs))

    def _decide(self, outputs: np.ndarray) -> np.ndarray:
        """Class indices (...) of outputs (..., n_outputs), at the winner's threshold."""
        loss, threshold = self.winner.settings.loss, self.winner.threshold
        return loss.decide(outputs) if threshold is None else decisions.decide(loss, outputs, np.array(threshold))


def _spread(values: np.ndarray) -> np.ndarray:
    """The standard deviation over networks, (n_networks, ...); NaN where there is one."""
    return values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)


def _rounded(values: np.ndarray, unit: np.ndarray | float) -> np.ndarray:
    """Values to `DIGITS` digits of themselves and of the unit, whichever are more.

    Args:
        values: of any shape.
        unit: what one unit of a network's output comes to there; it broadcasts with `values`.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        more = np.ceil(np.log10(np.maximum(np.nan_to_num(np.abs(values) / unit), 1.0)))
    digits = np.minimum(DIGITS + more, 17).astype(int)
    rounded = [float(f"{value:.{n}g}") for value, n in zip(values.flat, digits.flat, strict=True)]
    return np.array(rounded, np.float64).reshape(values.shape)


def _without_prediction(failed: np.ndarray) -> list[str]:
    """That rows have no prediction, where any has none: bool (n_rows,)."""
    if not failed.any():
        return []
    n_rows, first = counted(int(failed.sum()), "row"), np.flatnonzero(failed)[0] + 1
    return [f"{n_rows} without a prediction (row {first:,} first): the numbers are too large for the networks"]
