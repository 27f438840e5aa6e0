"""What MLflow runs where a winner is served: a copy of this beside the winner's file, without the project."""

import logging
import runpy
from typing import Any

import mlflow
import pandas as pd

_logger = logging.getLogger("losslab")


class Served(mlflow.pyfunc.PythonModel):
    """Predicts rows as a user has them."""

    def load_context(self, context: Any) -> None:
        """Load the winner's file."""
        self._winner = runpy.run_path(context.artifacts["winner"])["load"]()

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:  # noqa: ARG002
        """What it predicts; what of the rows is not as it was in training is logged."""
        predicted = self._winner.predict(model_input)
        for note in predicted.notes:
            _logger.warning(note)
        return predicted.table


mlflow.models.set_model(Served())
