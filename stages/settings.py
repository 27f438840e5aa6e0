"""Stage `settings`: check ``params.yaml``, and write apart what each later stage depends on.

A stage then runs again when what it reads has changed, and no key has to stand in ``params.yaml`` for DVC to find it.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from stages.basics import cli, files, paths
from stages.params import experiment
from stages.params.load import check_params, read_values

# `track` depends on the whole file: it tells what an experiment has changed in it
READS = {
    "generate": ("datasets", "comparisons"),
    "scale": ("datasets", "comparisons", "train.seeds"),
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
    found = {}
    for key in keys:
        section, _, name = key.partition(".")
        value = values.get(section)
        if name:
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            found[key] = value
    return found


def main() -> None:
    """Write ``data/settings/<stage>.yaml``."""
    values = read_values()
    check_params(values)
    with files.replacing(paths.SETTINGS) as folder:
        folder.mkdir()
        for stage, keys in READS.items():
            written = yaml.safe_dump(part(values, keys), sort_keys=False, allow_unicode=True)
            (folder / f"{stage}.yaml").write_text(written, encoding="utf-8")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
