"""Stage `settings`: check ``params.yaml``, and write apart what each later stage depends on.

A stage then runs again when what it reads has changed, and no key has to stand in ``params.yaml`` for DVC to find it.
"""

import yaml

from stages.basics import cli, files, paths
from stages.params import experiment
from stages.params.load import check_params, read_values
from stages.params.parts import READS, part


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
