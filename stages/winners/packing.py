"""Pack the file of a winner: the same bytes for the same winner."""

import importlib.metadata
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import fields
from hashlib import sha256
from pathlib import Path

import numpy as np
from sklearn.compose import ColumnTransformer

from stages.basics import paths
from stages.features import pipelines
from stages.records import winners
from stages.records.datasets import Description
from stages.records.plans import Scaling
from stages.records.winners import Winner
from stages.sourcecode.imports import file_of, files_reached, names_imported
from stages.usercode import imports

PROJECT = Path(__file__).parents[2]
PACKAGES = (
    *("charset-normalizer", "keras", "numpy", "pandas", "pyarrow", "pydantic", "python-calamine", "scikit-learn"),
    *("scipy", "tensorflow"),
)
# what runs when the file does, and what that imports by its name
_KINDS = ("stages/arrays/kinds", "stages/parsing/kinds")
_CODE = (
    "stages/winners/app.py",
    *(f"{kinds}/{file.name}" for kinds in _KINDS for file in PROJECT.glob(f"{kinds}/*.py")),
)
_IMPORT = re.compile(rb"^(\s*(?:from|import) )stages(?=[.\s])", re.MULTILINE)
_MAIN = '''"""The network to use for {name}. In a terminal: python {file} {new} [predictions.csv]

In Python, whatever the working directory:

    winner = runpy.run_path("{file}")["load"]()
    winner.predict(rows).table    # rows: {rows}
"""

import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent
sys.path.insert(0, str(FILE))
from {package}.basics import cli
from {package}.winners import app, predictor

sys.path.remove(str(FILE))


def load():
    """What predicts."""
    return predictor.Predictor(FILE)


if __name__ == "__main__":
    cli.run(lambda: app.main(FILE))
'''


# what a winner takes: rows of a table, or arrays
_TAKES = {
    False: {"rows": "a DataFrame with the columns of the table that it learned from", "new": "new.csv"},
    True: {"rows": "an array of the rows (n_rows, …) as it learned from such", "new": "new.npz"},
}


def requirements(description: Description) -> list[str]:
    """The packages that a winner needs, with the versions that made it; where it predicts from images, Pillow too."""
    images = ["pillow"] if description.arrays and description.arrays.kind == "images" else []
    return [f"{name}=={importlib.metadata.version(name)}" for name in sorted([*PACKAGES, *images])]


def pack(
    path: Path, winner: Winner, encoder: ColumnTransformer | None, weights: list[np.ndarray], scaling: Scaling
) -> None:
    """Write the file.

    Args:
        path: where.
        winner: what it is.
        encoder: makes numbers of rows as ``data/raw`` holds them; None where they are arrays.
        weights: of each variable of the network the values (n_networks, *shape).
        scaling: of one split, fitted on all rows; the target's as its loss has it.
    """
    arrays = {field.name: getattr(scaling, field.name) for field in fields(Scaling)}
    networks = io.BytesIO()
    np.savez(networks, **arrays, **{f"weight_{number}": array for number, array in enumerate(weights)})
    custom_files = imports.every_file() if winner.settings.model else []
    code = {file: (PROJECT / file).read_bytes() for file in _reached(custom_files)}
    content = {
        winners.FACTS: winners.ADAPTER.dump_json(winner, indent=2),
        "networks.npz": networks.getvalue(),
        **({"encoder.json": pipelines.to_json(encoder)} if encoder else {}),
        "requirements.txt": "".join(f"{line}\n" for line in winner.requirements).encode(),
        **{f"{winners.CUSTOM}{file.relative_to(paths.CUSTOM).as_posix()}": file.read_bytes() for file in custom_files},
    }
    # the code of each file is a package of its own, so that several can be loaded beside each other
    package = f"losslab_{_digest(content | code)}"
    main = _MAIN.format(name=winner.settings.comparison, file=path.name, package=package, **_TAKES[encoder is None])
    renamed = rf"\1{package}".encode()
    code = {file.replace("stages", package, 1): _IMPORT.sub(renamed, text) for file, text in code.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in {"__main__.py": main, **content, **code}.items():
            archive.writestr(zipfile.ZipInfo(name), member, zipfile.ZIP_DEFLATED)


def _reached(custom_files: Iterable[Path]) -> list[str]:
    """The project's modules that run when a winner does, those included that the user's own files import."""
    names = {name for file in custom_files if file.suffix == ".py" for name in names_imported(file)}
    of_own = (file_of(name, PROJECT) for name in names if name.startswith("stages."))
    files = files_reached([*(PROJECT / file for file in _CODE), *(file for file in of_own if file)], PROJECT)
    return sorted(file.relative_to(PROJECT).as_posix() for file in files)


def _digest(members: Mapping[str, bytes]) -> str:
    """A few hexadecimal digits that tell files apart by what is in them."""
    digest = sha256()
    for name, member in members.items():
        digest.update(f"{name} {len(member)} ".encode() + member)
    return digest.hexdigest()[:16]
