"""What plain Keras predicts with the weights in a winner's file."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit, softmax
from sklearn.preprocessing import StandardScaler

from stages.features import pipelines
from stages.records import datasets
from stages.records.winners import Winner
from stages.training.networks import Network
from stages.winners.predictor import Predictor


def the_file(project: Path, name: str) -> Path:
    """The winner of a comparison."""
    return project / f"data/winners/{name}.pyz"


def by_keras(project: Path, name: str) -> tuple[np.ndarray, pd.DataFrame]:
    """What plain Keras predicts for the rows of training, (n_networks, n_rows, n_outputs), and these rows."""
    with zipfile.ZipFile(the_file(project, name)) as archive, archive.open("networks.npz") as file:
        arrays = dict(np.load(file))
    made = Predictor(the_file(project, name)).winner
    rows, _ = datasets.read_raw(made.settings.dataset)
    encoder = pipelines.read(name)[0]
    features = encoder.transform(rows)
    scaled = features.copy()
    n_numbers = sum(kind in ("number", "date") for kind in (own.kind for own in made.inputs))
    filled = np.where(np.isnan(features), np.nanmedian(features, axis=0), features)
    scaled[:, :n_numbers] = StandardScaler().fit_transform(filled[:, :n_numbers])
    settings, loss = made.settings, made.settings.loss
    n_outputs = loss.n_outputs(made.description.n_classes, made.description.n_targets)
    network = Network(
        scaled.shape[1],
        settings.hidden,
        n_outputs,
        loss.activation,
        dropout=settings.dropout,
        batch_norm=settings.batch_norm,
    ).build(0)
    outputs = []
    for index in range(10):
        for number, variable in enumerate(network.variables):
            variable.assign(arrays[f"weight_{number}"][index])
        outputs.append(network.predict(scaled.astype(np.float32), verbose=0))
    return np.array(outputs, np.float64), rows


def probabilities(winner: Winner, outputs: np.ndarray) -> np.ndarray:
    """Of each class (..., n_classes), of what networks gave (..., n_outputs): calibrated where the winner's are."""
    loss, calibration = winner.settings.loss, winner.calibration
    if loss.task == "binary":
        of_one = outputs[..., 0]
        if calibration:
            log_odds = logit(of_one) if loss.outputs_probability else of_one
            of_one = expit(calibration.slope * log_odds + calibration.offsets[1])
        return np.stack([1 - of_one, of_one], axis=-1)
    if not calibration:
        return outputs
    strengths = np.log(np.maximum(outputs, np.finfo(float).eps)) if loss.outputs_probability else outputs
    return softmax(calibration.slope * strengths + calibration.offsets, axis=-1)
