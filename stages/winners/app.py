"""What runs when the file of a winner does: ``python houses.pyz new.csv [predictions.csv]``."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from stages.basics import cli, files
from stages.basics.cli import UserError
from stages.basics.words import counted, number
from stages.records import datasets
from stages.tables import column_names, new_rows, reading
from stages.winners.predictor import Predictions, Predictor


def output_for(file: Path) -> Path:
    """Where the predictions of a file go: beside it."""
    name = file.name
    for ending in (".gz", ".bz2", ".xz"):
        name = name.removesuffix(ending)
    return file.with_name(f"{Path(name).stem}-predictions.csv")


def predict_file(predictor: Predictor, file: Path, out: Path) -> None:
    """Read new rows, predict them and write both.

    Raises:
        UserError: the rows cannot be read, or hold none of the columns.
    """
    if out.resolve() == file.resolve():
        raise UserError(f"{out} is the file of the rows; give the predictions another place")
    winner = predictor.winner
    names = [each.name for each in winner.inputs]
    rows, written = reading.read_new(file, predictor.source, winner.description.csv, names)
    if not len(rows):
        raise UserError(f"{file} holds no rows below its heading")
    predicted = predictor.predict(rows, written.decimal)
    table = predicted.table
    numbers = table.select_dtypes("number").columns
    table[numbers] = table[numbers].astype(np.float32)  # more digits say nothing
    table.columns = datasets.unique(list(table.columns), list(rows.columns))
    delimiter = written.delimiter if len(written.delimiter) == 1 else ","
    with files.replacing(out) as temporary:
        pd.concat([rows, table], axis=1).to_csv(
            temporary, index=False, sep=delimiter, decimal=written.decimal if delimiter != written.decimal else "."
        )
    settings = winner.settings
    networks = f"the average of {counted(len(settings.seeds), 'network')} trained on {winner.n_rows:,} rows"
    cli.say(f"predict: {settings.comparison}: {settings.loss.name}, {networks}; {winner.recommended}")
    for line in [*predicted.notes, *_unused(predictor, rows), *_scores(predictor, rows, predicted, written.decimal)]:
        cli.say(f"predict: {line}")
    cli.say(f"predict: {counted(len(rows), 'row')} in {out}")


def _unused(predictor: Predictor, rows: pd.DataFrame) -> list[str]:
    """That columns are there that training did not have, or left out."""
    winner = predictor.winner
    names = [*(each.name for each in winner.inputs), *winner.description.targets]
    used = {column_names.find(name, rows.columns) for name in names}
    unused = [name for name in rows.columns if name not in used]
    more = f" and {len(unused) - 10:,} more" if len(unused) > 10 else ""
    return [f"not used: {', '.join(unused[:10])}{more}"] if unused else []


def _scores(predictor: Predictor, rows: pd.DataFrame, predicted: Predictions, decimal: str) -> list[str]:
    """How good the predictions are, where the rows have a target."""
    winner = predictor.winner
    found = [column_names.find(name, rows.columns) for name in winner.description.targets]
    if None in found:
        return []
    truth = new_rows.targets(rows[found], winner.description, predictor.source, decimal)
    known = ~np.isnan(truth).any(axis=1)
    if not known.any():
        return []
    from stages.scores import measure, names

    labels = truth[known, 0].astype(np.int64) if winner.description.classes else truth[known]
    loss, also = winner.settings.loss, [name for name in winner.settings.also_scored if not names.is_own(name)]
    scores = measure.score(loss, labels, predicted.outputs[None, known], also=also)
    shown = {name: values[0] for name, values in scores.items() if name in (winner.score, *_USUAL)}
    told = ", ".join(f"{name} {number(value)}" for name, value in shown.items() if np.isfinite(value))
    in_report = f"; {winner.score} {number(winner.expected)} on test rows" if winner.expected is not None else ""
    n_rows, targets = counted(int(known.sum()), "row"), ", ".join(winner.description.targets)
    return [f"{n_rows} with {targets}: {told} (rows that it learned from say nothing of new ones{in_report})"]


_USUAL = ("rmse", "mae", "accuracy")


def main(file: Path) -> None:
    """Predict the rows of the file that the command line names.

    Args:
        file: of the winner.
    """
    match sys.argv[1:]:
        case [rows]:
            out = output_for(Path(rows))
        case [rows, given]:
            out = Path(given) if given else output_for(Path(rows))
        case _:
            raise UserError(f"usage: python {file.name} new.csv [predictions.csv]")
    predict_file(Predictor(file), Path(rows), out)
