"""The caller's keywords as keys of ``params.yaml``, and what stages say in the caller's keywords."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.offers.judging import AT_MOST
from stages.params.schema import Comparison, Dataset
from stages.params.source import Table

# keywords by where they stand in params.yaml; `split` stands with the dataset
_OF_COMPARISON = [*Comparison.model_fields.keys() - {"dataset", "losses", "split"}]
_OF_DATASET = [*Dataset.model_fields.keys() - {"source"}]
_OF_FILES = {"file", "target", "delimiter", "encoding", "decimal", "quoting", "skip", "header", "sheet"}
_OF_SOURCE = [*Table.model_fields.keys() - _OF_FILES]
_OF_REPORT = ["headline", "baseline", "margin"]
KEYWORDS = sorted(["losses", "name", *_OF_COMPARISON, *_OF_DATASET, *_OF_SOURCE, *_OF_REPORT])
FRAME = paths.EXTERNAL / "frame.parquet"  # where the table is, in the project's folder
# what others call them
_MEANT = {
    "score": "headline",
    "metric": "headline",
    "network": "hidden",
    "groups": "split",
    "learning_rate": "optimizer",
}


def values(name: str, target: Any, losses: Any, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """What ``params.yaml`` holds for a comparison of losses on one table.

    Args:
        name: of the dataset and the comparison.
        target: the column to predict, or several.
        losses: as they stand under ``losses``.
        keywords: the others.

    Raises:
        UserError: a keyword is none.
    """
    for key in keywords:
        if key not in KEYWORDS:
            raise UserError(_unknown(key))
    keywords = {key: _plain(value) for key, value in keywords.items()}

    def some(keys: Iterable[str]) -> dict[str, Any]:
        return {key: keywords[key] for key in keys if key in keywords}

    return {
        "datasets": {
            name: {
                "source": {"file": FRAME.as_posix(), "target": _plain(target), **some(_OF_SOURCE)},
                **some(_OF_DATASET),
            }
        },
        "comparisons": {name: {"losses": _plain(losses), "seeds": {"at_most": AT_MOST}, **some(_OF_COMPARISON)}},
        "report": {key: {name: value} for key, value in some(_OF_REPORT).items()},
    }


def _unknown(key: str) -> str:
    if meant := _MEANT.get(key):
        return f"{key}: no keyword; it is called {meant}, as in {paths.PARAMS}. Keywords: {', '.join(KEYWORDS)}"
    return f"{key}: no keyword{suggest.nearest(key, KEYWORDS)} Keywords: {', '.join(KEYWORDS)}"


def _plain(value: Any) -> Any:
    """A value as YAML has it: lists for tuples and arrays, Python's numbers for NumPy's."""
    match value:
        case np.generic():
            return value.item()
        case np.ndarray() | pd.Index() | pd.Series() | tuple() | range():
            return [_plain(item) for item in value]
        case list():
            return [_plain(item) for item in value]
        case Mapping():
            return {_plain(key): _plain(item) for key, item in value.items()}
    return value


def in_keywords(line: str, name: str) -> str:
    """What a stage says of a comparison, with the caller's keywords in the place of paths in ``params.yaml``.

    Args:
        line: the line.
        name: of the dataset and the comparison.
    """
    its_name = re.escape(name)
    line = re.sub(rf"(?:/\S*/)?{re.escape(FRAME.as_posix())}", "the frame", line)
    line = re.sub(rf" under datasets\.{its_name} in {paths.PARAMS}| beside (?:file|source):", "", line)
    line = re.sub(rf"\bdatasets\.{its_name}\.source: ", "frame: ", line)
    line = re.sub(rf"\b(?:datasets|comparisons)\.{its_name}\.(?:source\.)?", "", line)
    line = re.sub(rf"\breport\.(headline|baseline|margin)(?:\.{its_name}\b)?", r"\1", line)
    line = re.sub(rf"^(?:datasets|comparisons)\.{its_name}: ", "name: ", line.removeprefix(f"{paths.PARAMS}: "))
    line = re.sub(rf"^budget: {its_name}: ", "", line)
    return re.sub(rf"^(?:generate|scale|train|winner|predict): (?:{its_name}: )?", "", line)


def is_summary(line: str) -> bool:
    """Whether a stage says no more than what it wrote, and where; of a plan its numbers, which a sentence follows."""
    is_plan = re.match(r"#|budget: (?!\S+: )|plan:|minutes:|  ", line) is not None
    return is_plan or re.search(rf" in {paths.EXTERNAL.parent}/\w+$", line) is not None
