"""What of ``params.yaml`` each stage depends on: stage `settings` writes it apart."""

from collections.abc import Mapping
from typing import Any

import yaml

from stages.basics import paths

# `track` depends on the whole file: it tells what an experiment has changed in it
READS = {
    "generate": ("datasets", "comparisons"),
    "scale": ("datasets", "comparisons", "train.seeds", "train.budget"),
    "train": ("loss", "compare", "datasets", "comparisons", "train", "report.headline"),
    "report": ("loss", "compare", "datasets", "comparisons", "report"),
    "winner": ("loss", "compare", "datasets", "comparisons", "train", "report.cells"),
}


def part(values: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """What stands under some keys, by key; without those where nothing stands.

    Args:
        values: what ``params.yaml`` holds.
        keys: of the file, or of one of its sections, as ``train.seeds``.
    """
    chosen = {}
    for key in keys:
        section, _, name = key.partition(".")
        value = values.get(section)
        if name:
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            chosen[key] = value
    return chosen


def are_written(values: Mapping[str, Any], *stages: str) -> bool:
    """Whether what these stages depend on was written of the same values.

    Args:
        values: what ``params.yaml`` holds.
        stages: names of stages.
    """
    files = {stage: paths.SETTINGS / f"{stage}.yaml" for stage in stages}
    return all(
        file.is_file() and yaml.safe_load(file.read_text(encoding="utf-8")) == part(values, READS[stage])
        for stage, file in files.items()
    )
