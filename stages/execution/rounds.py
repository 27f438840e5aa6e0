"""The rounds in which a unit is trained: it is tuned, if it is, at rates that follow from those before; then trained.

Each round is a list of chunks that do not wait for each other. Who runs them, and where, is another matter.
"""

from collections.abc import Generator

import numpy as np
import pandas as pd

from stages.execution.tuning import tune
from stages.records.runs import Regions, Run, Tuning
from stages.training.chunk import Chunk, Result, cut
from stages.training.scoring import Scores, score_seeds, scored_by, scores_table
from stages.training.unit import Unit


def rounds(unit: Unit) -> Generator[list[Chunk], list[Result], tuple[Run, bytes]]:
    """Train one loss of one comparison with every seed, and score it.

    Yields:
        The chunks of each round; the next wants what they gave, in their order.

    Returns:
        The run, and the file of the first seed's model.
    """
    settings = unit.settings
    tuning = (yield from tune(unit)) if settings.is_tuned else None
    rate, epochs = (tuning.rate, tuning.epochs) if tuning else (settings.optimizer.learning_rate, settings.epochs)
    chunks = cut(unit, [rate], epochs, is_tuning=False)
    results = yield chunks
    return _run(unit, tuning, chunks, results), results[0]["model"].tobytes()


def _run(unit: Unit, tuning: Tuning | None, chunks: list[Chunk], results: list[Result]) -> Run:
    def joined(name: str) -> np.ndarray:
        return np.concatenate([result[name] for result in results])

    first, seeds = results[0], unit.settings.seeds
    regions = ("regions_x", "regions_y")
    return Run(
        settings=unit.settings,
        failed=[seed for seed, ended_well in zip(seeds, joined("finished"), strict=True) if not ended_well],
        history=_history_table(unit, results),
        outputs=joined("outputs"),
        scores=scores_table(unit, _scores(chunks, results)),
        punishment=pd.DataFrame({name: first[f"punishment_{name}"] for name in ("case", "x", "value")}),
        objective=first["objective"],
        regions=Regions(*(first[name] for name in regions), joined("regions_decisions"))
        if regions[0] in first
        else None,
        tuning=tuning,
    )


def _scores(chunks: list[Chunk], results: list[Result]) -> Scores:
    """The scores of all seeds; what was scored by other code is scored again."""
    parts = [
        dict(zip(map(tuple, result["score_names"].tolist()), result["scores"], strict=True))
        if result["scored_by"] == scored_by(chunk.unit)
        else score_seeds(chunk.unit, result["outputs"], result["finished"])
        for chunk, result in zip(chunks, results, strict=True)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _history_table(unit: Unit, results: list[Result]) -> pd.DataFrame:
    """One row per seed and epoch."""
    history = {
        name: np.concatenate([result[name] for result in results])
        for name in ("loss", "val_loss", "metric", "val_metric")
    }
    (n_seeds, n_epochs), metric = history["loss"].shape, unit.loss.epoch_metric
    return pd.DataFrame(
        {
            "seed": np.repeat(unit.settings.seeds, n_epochs),
            "epoch": np.tile(np.arange(1, n_epochs + 1), n_seeds),
            **{name.replace("metric", metric): values.ravel() for name, values in history.items()},
        }
    )
