"""Winners whose networks learned nothing: their files hold all else, and tests say what their networks put out."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from stages import generate, scale
from stages.execution import refit
from stages.execution.units import units
from stages.features import pipelines
from stages.params.load import load_params
from stages.records import winners
from stages.records.winners import Recommended
from stages.winners import facts, packing
from stages.winners.predictor import Predictor
from tests.projects import run_all


def write_winners(folder: Path, params: Mapping, write_tables: Callable[[Path], None]) -> Path:
    """Write the winner of the first loss of each comparison, its networks of one layer with random weights.

    Args:
        folder: where; it is given back.
        params: what is in params.yaml, each comparison with ``hidden: []``.
        write_tables: writes the tables into a folder.
    """
    run_all(folder, params, {}, write_tables, generate, scale)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        loaded, rng = load_params(), np.random.default_rng(0)
        headlines = loaded.report.headline
        for unit in {unit.settings.comparison: unit for unit in reversed(units(loaded))}.values():
            name = unit.settings.comparison
            encoder = pipelines.read(name)[0]
            run = SimpleNamespace(
                settings=unit.settings, loss=unit.loss, n_epochs=1, learning_rate=0.1, schedule="constant"
            )
            refitted = refit.unit_of(run, unit.table)
            n_outputs = unit.loss.n_outputs(unit.table.n_classes, unit.table.n_targets)
            shapes = [(unit.table.features.shape[1], n_outputs), (n_outputs,)]
            weights = [rng.normal(size=(winners.N_NETWORKS, *shape)).astype(np.float32) for shape in shapes]
            told = Recommended(unit.loss.name, headlines[name], 1.0, beats_constant=True)
            made = facts.winner_of(refitted, winners.N_NETWORKS, told, cells=True)
            path = winners.path_of(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            packing.pack(path, made, encoder, weights, refitted.to_train.scaling)
    return folder


def predictor_of(folder: Path, name: str, outputs: np.ndarray) -> Predictor:
    """The predictor of a comparison whose networks put out what is given, float32 (n_networks, n_rows, n_outputs)."""
    predictor = Predictor(folder / f"data/winners/{name}.pyz")
    predictor.ready = lambda _: outputs.astype(np.float32)
    return predictor
