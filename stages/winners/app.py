"""What runs when the file of a winner does: ``python houses.pyz new.csv [predictions.csv]``."""

import csv
import sys
from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd

from stages.basics import cli, files
from stages.basics.cli import UserError
from stages.basics.words import between, counted, number, printable
from stages.parsing import column_names, reading
from stages.records import datasets
from stages.records.settings import Settings
from stages.records.winners import Recommended, Winner
from stages.scores import catalogue, decisions, measure
from stages.scores.calibration import Calibration
from stages.sources import new_rows
from stages.winners import new_arrays, positions
from stages.winners.predictor import Predictions, Predictor

SHOWN_ROWS = 3  # of the predictions, in the terminal
LONGEST = 30  # letters of a cell there


def output_for(file: Path, ending: str = ".csv") -> Path:
    """Where the predictions of a file go: beside it."""
    name = file.name
    for packed in (".gz", ".bz2", ".xz"):
        name = name.removesuffix(packed)
    return file.with_name(f"{Path(name).stem}-predictions{ending}")


def predict_file(predictor: Predictor, file: Path, out: Path) -> None:
    """Read new rows, predict them and write both.

    Raises:
        UserError: the rows cannot be read, hold none of the columns, or the predictions cannot go there.
    """
    winner, truth = predictor.winner, None
    _check(out, file, winner)
    if winner.description.arrays:
        new, rows, truth = new_arrays.read(predictor, file)
    else:
        new = reading.read_new(file, predictor.source, winner.description.csv, winner.columns)
        rows = new.rows
    if not len(rows):
        raise UserError(f"{file} holds no rows below its heading")
    predicted = predictor.predict(rows, new.written.decimal)
    lines = [
        *predicted.notes,
        *_threshold(winner),
        *_calibration(winner),
        *_unused(predictor, new),
        *_scores_of(predictor, new, predicted, truth),
    ]
    replaces = " (it replaces the file that was there)" if out.exists() else ""
    if predicted.arrays:
        _write_arrays(out, new, predicted.arrays)
    else:
        _write(out, new, predicted.table, winner.names_decided)
    settings = winner.settings
    networks = f"the average of {counted(len(settings.seeds), 'network')} trained on {winner.n_rows:,} rows"
    cli.say(f"predict: {settings.comparison}: {settings.loss.name}, {networks}{doubt(winner)}")
    for line in lines:
        cli.say(f"predict: {line}")
    some = f", the first {SHOWN_ROWS} of them" if len(rows) > SHOWN_ROWS else ""
    cli.say(f"predict: {counted(len(rows), 'row')} in {out}{replaces}{some}:")
    for line in first_rows(predicted.table):
        cli.say(line)


def first_rows(table: pd.DataFrame) -> list[str]:
    """The first rows of a table in lines of at most 80 letters, numbered from 1; of many columns the first."""
    texts = [["row", *map(str, table.columns)]]
    for row, cells in enumerate(table.head(SHOWN_ROWS).to_numpy(), start=1):
        texts.append([str(row), *("" if pd.isna(cell) else str(cell) for cell in cells)])
    columns = [[printable(text[:LONGEST]) for text in column] for column in zip(*texts, strict=True)]
    lines = [""] * len(texts)
    for column in columns:
        width = max(map(len, column))
        if len(lines[0]) + 2 + width > cli.WIDEST:
            break
        lines = [f"{line}  {cell:>{width}}" for line, cell in zip(lines, column, strict=True)]
    return lines


def doubt(winner: Winner) -> str:
    """What speaks against using it; empty where nothing does."""
    return "" if winner.recommended.beats_constant else "; not surely better than a constant prediction"


def ending(winner: Winner) -> str:
    """What the file of predictions ends in."""
    return ".npz" if winner.description.has_positions is True else ".csv"


def _check(out: Path, file: Path, winner: Winner) -> None:
    """Refuse places where predictions would take that of something else, or could not be read."""
    if out.resolve() == file.resolve():
        raise UserError(f"{out} is the file of the rows; give the predictions another place")
    if out.is_dir():
        raise UserError(f"{out} is a folder; name a file in it, as {out / output_for(file, ending(winner)).name}")
    if winner.description.has_positions is True:
        if out.suffix.lower() not in (".npz", ".npy"):
            raise UserError(
                f"{out}: what is predicted are arrays; name a file that ends in .npz, or .npy for them alone"
            )
        return
    if out.suffix.lower() in _NO_CSV:
        raise UserError(f"{out}: predictions are written as CSV; name a file that ends in .csv")


def _write(out: Path, new: reading.NewFile, table: pd.DataFrame, classes: list[str]) -> None:
    """Write the rows as they came, delimiter, decimal mark and encoding too, and the predictions beside them."""
    table = table.set_axis(datasets.unique(list(table.columns), list(new.cells.columns)), axis=1)
    delimiter = new.written.delimiter if len(new.written.delimiter) == 1 else ","
    ours, encoding, quoting = [*table.columns, *classes], new.encoding, new.quoting
    try:
        "".join(ours).encode(encoding)
    except UnicodeEncodeError:
        encoding = "utf-8-sig"
    if any(mark in text for text in ours for mark in (delimiter, "\n", "\r")):
        quoting = csv.QUOTE_MINIMAL
    with files.replacing(out) as temporary:
        pd.concat([new.cells, table], axis=1).to_csv(
            temporary,
            index=False,
            sep=delimiter,
            decimal=new.written.decimal if delimiter != new.written.decimal else ".",
            encoding=encoding,
            quoting=quoting,
        )


def _write_arrays(out: Path, new: reading.NewFile, arrays: dict[str, np.ndarray]) -> None:
    """Write the predictions of each position of each row; for images of a folder their names too."""
    with files.replacing(out) as temporary, temporary.open("wb") as file:
        if out.suffix.lower() == ".npy":
            np.save(file, arrays["prediction"])
        else:
            names = {"image": new.cells["image"].to_numpy(str)} if "image" in new.cells else {}
            np.savez_compressed(file, **arrays, **names)


def _threshold(winner: Winner) -> list[str]:
    """A line with the threshold by which classes are decided; none where the loss's own rule decides."""
    if winner.threshold is None:
        return []
    loss, classes = winner.settings.loss, winner.description.classes
    best = f"the best for {winner.recommended.score} on rows that networks had not learned from"
    if loss.task == "multiclass":
        offsets = ", ".join(f"{name} {offset:+.3g}" for name, offset in zip(classes, winner.threshold, strict=True))
        what = "logarithms of probabilities" if loss.outputs_probability else "outputs"
        return [f"a class is decided by the largest of the {what} after these offsets: {offsets} ({best})"]
    what, threshold = "a probability" if loss.outputs_probability else "an output", winner.threshold[0]
    if winner.description.has_positions == "labels":
        cuts = [
            f"{number(cut)} ({name})" for cut, name in zip(winner.threshold, winner.description.targets, strict=True)
        ]
        return [f"{classes[1]} is decided from {what} of {', '.join(cuts)} on, {best}"]
    if winner.calibration:
        calibration = Calibration(winner.calibration.slope, tuple(winner.calibration.offsets))
        threshold = calibration.probabilities(decisions.strengths(loss, np.array([threshold])))[1]
        what = "a probability"
    return [f"{classes[1]} is decided from {what} of {number(threshold)} on, {best}"]


def _calibration(winner: Winner) -> list[str]:
    """That probabilities are calibrated, where they are."""
    if winner.calibration is None:
        return []
    if not winner.calibration.log_loss:
        return ["probabilities are made of the networks' outputs, by a fit on rows that they had not learned from"]
    before, after = map(number, winner.calibration.log_loss)
    return [
        f"probabilities are calibrated: on rows that networks had not learned from, log loss {before} became {after}"
    ]


def _unused(predictor: Predictor, new: reading.NewFile) -> list[str]:
    """That columns are there that training did not have, or left out."""
    winner, columns = predictor.winner, list(new.rows.columns)
    if winner.description.arrays:
        return []
    names = [
        *winner.columns,
        *winner.description.targets,
        *filter(None, [predictor.source.counts]),
    ]
    used = {column_names.find(name, columns) for name in names}
    headings = zip(columns, new.cells.columns, strict=True)
    unused = [heading.strip() or "a column without a heading" for name, heading in headings if name not in used]
    more = f" and {len(unused) - 10:,} more" if len(unused) > 10 else ""
    return [f"not used: {', '.join(unused[:10])}{more}"] if unused else []


def _scores(predictor: Predictor, new: reading.NewFile, predicted: Predictions) -> list[str]:
    """How good the predictions are, where the rows have a target."""
    winner, columns = predictor.winner, list(new.rows.columns)
    description, loss, targets = winner.description, winner.settings.loss, ", ".join(winner.description.targets)
    headings = [column_names.find(name, columns) for name in description.targets]
    if None in headings:
        return []
    if any(columns.count(name) > 1 for name in headings):
        return [f"{targets} stands twice, so the predictions are not scored"]
    truth = new_rows.targets(new.rows[headings], description, predictor.source, new.written.decimal)
    weights, weighted = _weights(predictor, new)
    if winner.exposure:  # rates are scored, each row by what it was observed for
        truth = truth / np.where(weights > 0, weights, np.nan)[:, None]
    outputs = predicted.outputs.reshape(len(truth), np.prod(predicted.outputs.shape[1:], dtype=int))
    known = np.isfinite(truth).all(axis=1) & np.isfinite(outputs).all(axis=1) & (weights >= 0)
    if not weights[known].any():
        return []
    labels, outputs, scale = truth[known], predicted.outputs[None, known], {}
    if description.classes:
        labels = labels.astype(np.int8) if description.has_positions == "labels" else labels[:, 0].astype(np.int64)
    else:
        scale = {"center": np.array(winner.target_center), "spread": np.array(winner.target_spread)}
        center, spread = loss.output.scale(**scale)
        outputs = (outputs - center) / spread
        if winner.residuals:
            scale["residuals"] = np.array(winner.residuals)
    counted_as, decided = weights[known] if weighted else None, predicted.decided
    decided = None if decided is None else decided[None, known]
    scale |= {"weights": counted_as, "decided": decided}
    return _in_words(winner, f"{counted(int(known.sum()), 'row')} with {targets}{weighted}", labels, outputs, **scale)


def _scores_of(
    predictor: Predictor, new: reading.NewFile, predicted: Predictions, truth: np.ndarray | None
) -> list[str]:
    """How good the predictions are, whatever is predicted: by the rows, or by what stands beside them (n_rows, …)."""
    winner = predictor.winner
    if winner.description.target_shape and not winner.description.classes:
        return [f"error: root of the mean squared difference from the row, {_middle(predicted.table['error'])}"]
    return _scores(predictor, new, predicted) if truth is None else _scores_of_masks(winner, truth, predicted)


def _middle(errors: pd.Series) -> str:
    """Where errors lie."""
    return f"from {number(errors.min())} to {number(errors.max())}, {number(errors.median())} in the middle"


def _scores_of_masks(winner: Winner, truth: np.ndarray, predicted: Predictions) -> list[str]:
    """How good the predictions are by the masks (n_rows, …) that stand beside the rows."""
    name = winner.description.targets[0]
    if (labels := positions.classes_of(truth, winner)) is None:
        return [f"{name} beside them is of other classes or another size, so the predictions are not scored"]
    outputs, decided = predicted.outputs[None], predicted.decided[None]
    return _in_words(winner, f"{counted(len(labels), 'row')} with {name}", labels, outputs, decided=decided)


def _in_words(winner: Winner, rows: str, labels: np.ndarray, outputs: np.ndarray, **settings: Any) -> list[str]:
    """The scores of rows in words; settings are those of `measure.score`."""
    recommended = winner.recommended
    also = [name for name in winner.settings.also_scored if not catalogue.is_own(name)]
    scores = measure.score(winner.settings.loss, labels, outputs, also=also, **settings)
    shown = {name: values[0] for name, values in scores.items() if name in (recommended.score, *_USUAL)}
    written = ", ".join(f"{name} {number(value)}" for name, value in shown.items() if np.isfinite(value))
    learned = f"rows that it learned from say nothing of new ones{_on_test_rows(recommended)}"
    return [f"{rows}: {written} ({learned})"]


def _on_test_rows(recommended: Recommended) -> str:
    """What to expect of new rows: the scores of averaged networks, and of one, on rows they did not learn from."""
    one = f"{number(recommended.mean)} for one network"
    if recommended.averaged is None or recommended.averaged_over is None:
        return f"; on test rows {recommended.score} {one}"
    several = f"averages of {between(*recommended.averaged_over)} networks"
    return f"; on test rows {recommended.score} {number(recommended.averaged)} for {several}, {one}"


def _weights(predictor: Predictor, new: reading.NewFile) -> tuple[np.ndarray, str]:
    """What each row counts, NaN where that is not known, and how to say so; 1 where the rows do not have it."""
    columns, weight = list(new.rows.columns), predictor.source.counts
    name = column_names.find(weight, columns) if weight else None
    if name is None or columns.count(name) > 1:
        return np.ones(len(new.rows)), ""
    return new_rows.numbers(new.rows[name], predictor.source, new.written.decimal), f", weighted by {name}"


_USUAL = ("rmse", "mae", "accuracy", "dice")
_NO_CSV = (".xlsx", ".xls", ".xlsb", ".ods", ".parquet", ".pq", ".json", ".jsonl", ".pyz")


def usage(winner: Winner, name: str) -> str:
    """What the file of a winner does, what it takes and what it gives."""
    arrays, new = winner.description.arrays, "new.csv" if winner.description.arrays is None else "new.npz"
    inputs = ", ".join(f"{printable(column.name)} ({column.kind})" for column in winner.inputs)
    about = (
        f"Predicts {', '.join(winner.description.targets)} of new rows: {winner.settings.loss.name}, the average of "
        f"{counted(len(winner.settings.seeds), 'network')} trained on {winner.n_rows:,} rows."
    )
    gives = f"Writes the rows and beside them {', '.join(winner.outputs)}: to predictions.csv, else beside {new}."
    if winner.description.has_positions is True:
        what = "prediction, p and spread" if winner.description.classes else "prediction and spread"
        gives = f"Writes arrays: {what} of each position: to predictions.npz, else beside {new}."
    costs = f", and what decisions cost from {printable(', '.join(winner.cost_columns))}" if winner.cost_columns else ""
    reads = f"Reads {new_arrays.wanted(arrays)}." if arrays else f"Reads the columns {inputs}{costs}."
    parts = [
        f"usage: python {name} {new} [predictions{ending(winner)}]",
        about,
        _trained(winner.settings),
        reads,
        gives,
    ]
    return "\n\n".join(fill(printable(part), cli.WIDEST, break_on_hyphens=False) for part in parts)


def _trained(settings: Settings) -> str:
    """How its networks were trained."""
    optimizer, epochs = settings.optimizer, counted(settings.epochs, "epoch")
    falls = ", which falls to 0 along half a cosine (CosineDecay)" if optimizer.schedule == "cosine" else ""
    norm = optimizer.arguments.get("global_clipnorm")
    cut = f", gradients cut by global_clipnorm={norm:g}" if norm else ""
    return (
        f"Trained for {epochs} of batches of {settings.batch_size} by {optimizer.name} at a learning rate of "
        f"{optimizer.learning_rate:.6g}{falls}{cut}."
    )


def main(file: Path) -> None:
    """Predict the rows of the file that the command line names.

    Args:
        file: of the winner.
    """
    match sys.argv[1:]:
        case ["-h" | "--help"]:
            for line in usage(Predictor(file).winner, file.name).splitlines():
                cli.say(line)
            return
        case [rows]:
            out = None
        case [rows, given]:
            out = Path(given) if given else None
        case _:
            raise UserError(f"usage: python {file.name} new.csv [predictions.csv]")
    predictor = Predictor(file)
    predict_file(predictor, Path(rows), out or output_for(Path(rows), ending(predictor.winner)))
