"""Predict rows as a user has them, from the file of a winner alone: see `records.winners` for what it holds."""

import io
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from stages.basics.cli import UserError
from stages.losses import framing
from stages.params.source import Table
from stages.records import winners
from stages.records.plans import Scaling
from stages.tables import new_rows
from stages.usercode import loading
from stages.usercode.isolation import IsolatedCode

if TYPE_CHECKING:
    import keras

PACKAGE = __name__.split(".")[0]  # in the file the code has another name than in the project
_SHOWN = Path(winners.CUSTOM)  # what messages call the folder of the user's own code


@dataclass(frozen=True)
class Predictions:
    """What a winner predicts.

    Attributes:
        table: one line for each row: `Winner.outputs`.
        outputs: float64 (n_rows, n_outputs), the mean of the networks' outputs, values in target units.
        notes: in a line each, what of the rows is not as it was in training.
    """

    table: pd.DataFrame
    outputs: np.ndarray
    notes: list[str]


class Predictor:
    """A winner, read from its file.

    Attributes:
        winner: what it is.
    """

    def __init__(self, file: Path) -> None:
        self._name, self._own_code = file.name, None
        with zipfile.ZipFile(file) as archive:
            self.winner = winners.ADAPTER.validate_json(archive.read(winners.FACTS))
            self._encoder = _Unpickler(io.BytesIO(archive.read("encoder.pickle"))).load()
            if self.winner.settings.model:
                self._own_code = IsolatedCode(archive, winners.CUSTOM, self.winner.modules, PACKAGE)
            arrays = np.load(io.BytesIO(archive.read("networks.npz")))
            self._scaling = Scaling(**{field.name: arrays[field.name] for field in fields(Scaling)})
            self._weights = [arrays[f"weight_{number}"] for number in range(len(arrays.files) - len(fields(Scaling)))]
        source = self.winner.settings.data.source
        # what a generator makes has a heading and numbers, as any table
        self.source = Table(**(source if "file" in source else {"file": "-", "target": "target"}))

    def predict(self, rows: pd.DataFrame, decimal: str = ".") -> Predictions:
        """Predict rows.

        Args:
            rows: (n_rows, n_columns) with the columns of the table that it learned from, values or texts; others are
                not used.
            decimal: the decimal mark of numbers that are texts.

        Raises:
            UserError: none of the columns is there, or the user's own network failed.
        """
        new = new_rows.as_trained(
            rows.reset_index(drop=True), self.winner.inputs, self.source, self._known, decimal=decimal
        )
        if not new.n_present:
            names = ", ".join(each.name for each in self.winner.inputs)
            raise UserError(f"none of the columns is there that it predicts from: {names}")
        outputs = self._in_units(self._outputs(self._encoder.transform(new.table)))
        table, mean = self._told(outputs)
        return Predictions(table, mean, new.notes)

    def _outputs(self, features: np.ndarray) -> np.ndarray:
        """What the networks give for features, (n_networks, n_rows, n_outputs)."""
        try:
            return self.ready(features)
        except Exception as error:
            if self._own_code is None or (line := loading.failure(error, self._own_code.folder, _SHOWN)) is None:
                raise
            raise UserError(f"{self._name}: {self.winner.settings.model} failed in {line}") from error

    @cached_property
    def ready(self) -> Callable[[np.ndarray], np.ndarray]:
        """The networks, which take seconds to make ready: see `ensemble.predict`."""
        from stages.training import ensemble

        return ensemble.predict(self._network(), self._weights, self._scaling)

    def _network(self) -> "keras.Model":
        from stages.training.networks import Network

        settings, loss, description = self.winner.settings, self.winner.settings.loss, self.winner.description
        n_outputs = loss.n_outputs(description.n_classes, description.n_targets)
        if settings.model:
            name, _, function = settings.model.partition(":")
            build = getattr(self._own_code.module(name), function)
            return build(self.winner.n_inputs, n_outputs, loss.activation)
        return Network.of(settings, self.winner.n_inputs, n_outputs).build(0)

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
            scaled = outputs * self._scaling.target_spread[0] + self._scaling.target_center[0]
            return framing.restored(loss.framing, scaled)
        if loss.outputs_probability and loss.task == "multiclass":
            return outputs / outputs.sum(axis=-1, keepdims=True)
        return outputs

    def _told(self, outputs: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
        """What is told of outputs (n_networks, n_rows, n_outputs); and their mean (n_rows, n_outputs)."""
        winner, loss, mean = self.winner, self.winner.settings.loss, outputs.mean(axis=0)
        if loss.task == "regression":
            columns = np.stack([mean, _spread(outputs)], axis=-1).reshape(len(mean), -1)
            return pd.DataFrame(columns, columns=winner.outputs), mean
        if not loss.outputs_probability:
            each = np.eye(winner.description.n_classes)[loss.decide(outputs)]
        else:
            each = outputs if loss.task == "multiclass" else np.concatenate([1 - outputs, outputs], axis=-1)
        decided = loss.decide(mean)
        of_decided = np.take_along_axis(each, decided[None, :, None], axis=-1)[..., 0]
        names, (prediction, spread, *shares) = np.array(winner.description.classes, object), winner.outputs
        told = {prediction: names[decided], spread: _spread(of_decided)}
        return pd.DataFrame(told | dict(zip(shares, each.mean(axis=0).T, strict=True))), mean


def _spread(values: np.ndarray) -> np.ndarray:
    """The standard deviation over networks, (n_networks, ...); NaN where there is one."""
    return values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1:], np.nan)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """A class or function, those of the project's by what it is called here."""
        package, _, rest = module.partition(".")
        return super().find_class(f"{PACKAGE}.{rest}" if package == "stages" else module, name)
