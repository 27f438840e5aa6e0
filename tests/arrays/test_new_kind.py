"""To add another kind of source is to add one file."""

import shutil
import subprocess
import sys

import numpy as np
import pytest

KIND = '''"""Rows of numbers that count."""

from collections.abc import Iterable
from typing import Literal

import numpy as np

from stages.arrays.source import ArraySource, Given, Rows


class Source(ArraySource):
    """Counts.

    Attributes:
        n_samples: rows.
        target: what is predicted.
    """

    generator: Literal["counts"]
    n_samples: int = 40
    target: Literal["parity"] = "parity"

    def give(self, named: Iterable[str], key: str) -> Given:
        """Count."""
        rows = np.arange(self.n_samples * 6.0).reshape(-1, 3, 2)
        return Given(Rows.of(rows), {"parity": np.arange(self.n_samples) % 2}, kind="sequences")
'''
PARAMS = """datasets:
  own: {source: {generator: counts, n_samples: 30}}
comparisons:
  own: {losses: [binary_crossentropy], optimizer: {name: SGD, learning_rate: 0.1}, seeds: 2, epochs: 1}
"""


@pytest.mark.thorough
def test_one_file_more_is_another_kind_of_source(root, tmp_path):
    shutil.copytree(root / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__", "custom"))
    (tmp_path / "stages/arrays/kinds/counts.py").write_text(KIND, encoding="utf-8")
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    code = (
        "from stages import generate, scale\ngenerate.main()\nscale.main()\n"
        "from stages.commands import show_losses\nimport sys\nsys.argv = ['', 'own']\nshow_losses.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "generate: own: 30 sequences of 3 steps and 2 channels; parity: two different values (0, 1)" in done.stdout
    assert np.load(tmp_path / "data/scaled/own.npy").shape == (30, 3, 2)
    assert "binary_crossentropy" in done.stdout
    (tmp_path / "params.yaml").write_text(PARAMS.replace("counts", "count"), encoding="utf-8")
    code = "from stages.params.load import load_params\nload_params()"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "'count' is not a generator; did you mean 'counts'?" in done.stderr
