"""Compare losses from a notebook, a terminal or a script: a frame in, an answer out, without DVC.

    from stages.notebook import compare

    answer = compare(frame, "price", losses=["mse", "mae"])

The stages of the pipeline do the work, in a temporary folder. The store keeps what they train, so that it is not
trained again, here or there. See ``docs/notebook.md``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from stages.basics import cli
from stages.basics.cli import UserError
from stages.interactive.answer import Answer
from stages.interactive.errors import CompareError
from stages.interactive.keywords import FRAME, in_keywords, is_summary, values
from stages.interactive.project import Project
from stages.interactive.reading import read, with_offered_losses
from stages.params.load import check_params

__all__ = ["Answer", "CompareError", "compare"]


def compare(
    frame: pd.DataFrame,
    target: str | Sequence[str],
    losses: Sequence[str | Mapping[str, Any]] | None = None,
    *,
    name: str = "table",
    **keywords: Any,
) -> Answer:
    """Say which loss to train a network with on a table.

    Args:
        frame: (n_rows, n_columns) the table; its index is not read.
        target: the column to predict, or several columns of values.
        losses: names, or mappings with the key ``loss``; those that suit the target when not given.
        name: what the answer calls the comparison.
        keywords: keys of ``params.yaml``, with the values that may stand there: of a comparison (``seeds``,
            ``epochs``, ``optimizer``, ``cost``, ``second_run``, …), of a dataset (``task``, ``split``,
            ``scale``, ``positive``, ``order``), of a table (``columns``, ``drop``, ``missing``, ``weight``, …), and
            ``headline``, ``baseline`` and ``margin``.

    Raises:
        CompareError: one line for each mistake, as the pipeline says it.
    """
    try:
        return _compare(frame, target, losses, name, keywords)
    except UserError as error:
        raise CompareError(*dict.fromkeys(in_keywords(line, name) for line in str(error).split("\n"))) from None


def _compare(frame: pd.DataFrame, target: Any, losses: Any, name: str, keywords: Mapping[str, Any]) -> Answer:
    wanted = values(name, target, losses, keywords)
    project = Project(name, frame, FRAME)
    if losses is None:
        wanted = with_offered_losses(wanted, project)
    params = check_params(wanted)
    project.write_params(wanted)
    lines = []
    plan = ["commands.budget"] if params.has_budget(name) else []
    for stage in ("generate", *plan, "scale", "train"):
        printed = [in_keywords(line, name) for line in project.run(stage) if not is_summary(line)]
        for line in printed:
            cli.say(line)
        lines += printed
    return Answer(read(params, project), project, lines)
