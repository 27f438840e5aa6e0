"""Stage `scale`: split every dataset into train and test rows, and scale it."""

from collections.abc import Iterator

import joblib

from stages.basics import cli, files, paths
from stages.basics.cli import UserError
from stages.params.load import load_params
from stages.records import datasets, wording
from stages.records.datasets import Fold, Scaled
from stages.tables import scaling

SHOWN = 10  # columns left out that are named


def summary(name: str, folds: list[Fold]) -> Iterator[str]:
    """Lines that tell how a table was split and scaled; where it has several folds, in the first."""
    first = folds[0]
    rows = f"{first.n_train:,} rows train, {first.n_test:,} test" + f", in {len(folds)} folds" * (len(folds) > 1)
    yield f"scale: {name}: {rows}; {wording.became_inputs(first.treatments)}"
    left_out = [f"{each.column} ({wording.left_out(each)})" for each in first.treatments if each.left_out]
    if left_out:
        more = f" and {len(left_out) - SHOWN:,} more" if len(left_out) > SHOWN else ""
        yield f"scale: {name}: left out: {', '.join(left_out[:SHOWN])}{more}"


def main() -> None:
    """Write ``data/scaled/``, every dataset's folds and what was done to its columns, and ``data/pipelines/``."""
    wanted = load_params().datasets
    for name, dataset in wanted.items():
        table, description = datasets.read_raw(name)
        method, masks = scaling.split(name, dataset, table, description)
        folds = []
        for index, train in enumerate(masks):
            try:
                scaled, fold, pipeline = scaling.scale(table, description, dataset.scale, train)
            except UserError as error:
                raise UserError(f"{paths.PARAMS}: datasets.{name}: {error}") from error
            folds.append(fold)
            files.write_table(datasets.scaled_path(name, index, len(masks)), scaled)
            with files.replacing(datasets.pipeline_path(name, index, len(masks))) as temporary:
                joblib.dump(pipeline, temporary)
        datasets.write_scaled(name, Scaled(description, method, folds))
        if description.files:
            for line in summary(name, folds):
                cli.say(line)
    cli.say(f"scale: {len(wanted)} datasets in {paths.SCALED}")


if __name__ == "__main__":
    cli.run(main)
