"""Predict new rows with the network to use of a dataset.

python -m stages.commands.predict DATASET FILE [OUT [COMPARISON]]
    what ``make predict DATASET=… FILE=… [OUT=…] [COMPARISON=…]`` runs
"""

import os
import sys

from stages.basics import cli, paths, suggest
from stages.basics.cli import UserError
from stages.params.load import load_params
from stages.params.schema import Params
from stages.records import winners

USAGE = "make help names every key; usage: make predict DATASET=houses FILE=new.csv"


def comparison_of(dataset: str, params: Params) -> str:
    """The comparison whose verdict is for new rows: the first of a dataset whose losses are tuned, else its first.

    Args:
        dataset: its name, or that of a comparison, which is then meant.
        params: the parameters.

    Raises:
        UserError: there is no such dataset, or nothing is compared on it.
    """
    comparisons = [name for name in params.comparisons if params.dataset_of(name) == dataset]
    if dataset not in params.datasets:
        if dataset in params.comparisons:
            return dataset
        raise UserError(suggest.not_one_of(dataset, params.datasets, f"a dataset of {paths.PARAMS}", "There are"))
    if not comparisons:
        raise UserError(f"{paths.PARAMS}: no comparison is on {dataset}, so no network was trained for it")
    return next((name for name in comparisons if len(params.setup(name).optimizer.rates()) > 1), comparisons[0])


def main() -> None:
    """Predict what the command line names, by the file of the winner."""
    dataset, file, out, comparison = [*sys.argv[1:], "", "", "", ""][:4]
    if not (dataset or comparison) or not file or len(sys.argv) > 5:
        raise UserError(USAGE)
    params = load_params()
    if comparison and comparison not in params.comparisons:
        raise UserError(
            suggest.not_one_of(comparison, params.comparisons, f"a comparison of {paths.PARAMS}", "There are")
        )
    name = comparison or comparison_of(dataset, params)
    path = winners.path_of(name)
    if not path.is_file():
        raise UserError(f"{path} is not there: nothing was trained for {name} yet, or every network failed; run: make")
    os.execv(sys.executable, [sys.executable, str(path), file, out])  # noqa: S606 (no shell is wanted)


if __name__ == "__main__":
    cli.run(main)
