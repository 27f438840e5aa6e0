"""A project of one table, in a temporary folder, in which stages run as the pipeline runs them, without DVC."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow

from stages.basics import paths, progress
from stages.basics.cli import UserError
from stages.parsing.column_names import check_unique
from stages.records import store

CODE = Path(__file__).parents[2]  # the folder with the package `stages`
_PATIENCE = 10  # seconds that a stage has to end in, when the caller stops it


class Project:
    """A project's folder, which is removed when nothing refers to this any more.

    Attributes:
        folder: where it is.
        name: of its dataset and its comparison.
        table: where its table is, in the folder.
    """

    def __init__(self, name: str, frame: pd.DataFrame, table: Path) -> None:
        """Make it, with the table and the user's own code.

        Args:
            name: of its dataset and its comparison.
            frame: the table.
            table: where to write it, in the folder.

        Raises:
            UserError: the frame cannot be written as a table.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="losslab-")).resolve()
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self.name, self.table = name, table
        own_code = next((path for path in (Path.cwd(), CODE) if (path / paths.CUSTOM).is_dir()), None)
        if own_code:
            without = shutil.ignore_patterns("__pycache__")
            shutil.copytree(own_code / paths.CUSTOM, self.folder / paths.CUSTOM, ignore=without)
        self._environment = _environment(self.folder)  # of now: the caller may go to another folder later
        (self.folder / table).parent.mkdir(parents=True)
        _write(frame, self.folder / table)

    def write_params(self, values: dict[str, Any]) -> None:
        """Write ``params.yaml``: as JSON, which is YAML, so that every text stays a text."""
        (self.folder / paths.PARAMS).write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")

    def run(self, stage: str) -> list[str]:
        """Run a stage in a process of its own, and show how far it is.

        Returns:
            The lines that it says.

        Raises:
            UserError: the stage says what is wrong, or was killed.
        """
        with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as wrong:
            reading, writing = os.pipe()
            with os.fdopen(reading, encoding="utf-8") as shown:
                try:
                    process = subprocess.Popen(
                        [sys.executable, "-m", f"stages.{stage}"],
                        cwd=self.folder,
                        env=self._environment | {progress.PIPE: str(writing)},
                        stdin=subprocess.DEVNULL,
                        stdout=printed,
                        stderr=wrong,
                        pass_fds=[writing],
                    )
                finally:
                    os.close(writing)
                try:
                    progress.show_from(shown)
                    process.wait()
                finally:
                    _end(process)
            lines, mistake = (_text(file) for file in (printed, wrong))
        if process.returncode < 0:
            by = signal.Signals(-process.returncode).name
            raise UserError(f"stage {stage} was ended by {by}; what was trained by then is kept, so call it again")
        if process.returncode:
            if "Traceback (most recent call last)" in mistake:
                raise RuntimeError(f"stage {stage} failed:\n{mistake}")
            raise UserError(*mistake.strip().split("\n"))
        return lines.splitlines()


def _environment(folder: Path) -> dict[str, str]:
    """The environment of a stage: this one, without DVC's, with the store of the folder that the caller works in."""
    kept = store.from_environment()
    others = {name: value for name, value in os.environ.items() if not name.startswith("DVC_")}
    path = os.pathsep.join([str(CODE), *filter(None, [os.environ.get("PYTHONPATH")])])
    where = {"DVC_ROOT": str(folder), "PYTHONPATH": path}
    return others | where | {"LOSSLAB_STORE": str(kept.folder.absolute()) if kept else ""}


def _end(process: subprocess.Popen) -> None:
    """End a stage that the caller stopped; one that has ended stays so."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _text(file: Any) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def named(frame: Any) -> pd.DataFrame:
    """A frame whose columns have texts for names, as those of files have.

    Raises:
        UserError: it is no frame, or its columns have several names each.
    """
    if not isinstance(frame, pd.DataFrame):
        raise UserError(f"frame: a pandas DataFrame is needed; {type(frame).__name__} given")
    if frame.columns.nlevels > 1:
        raise UserError("frame: its columns have several levels; one name for each is needed: frame.columns = […]")
    frame = frame.set_axis([str(name) for name in frame.columns], axis="columns")
    frame.attrs = {}
    return frame


def _write(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as Parquet, without its index."""
    frame = named(frame)
    check_unique(list(frame.columns), Path("the frame"))
    try:
        frame.to_parquet(path, index=False)
    except (pyarrow.ArrowException, ValueError, TypeError) as error:
        for column in frame:
            _check_column(frame[column], path)
        raise UserError(f"frame: it cannot be written as a table: {str(error).splitlines()[0]}") from error


def _check_column(column: pd.Series, path: Path) -> None:
    """Refuse a column that cannot be written."""
    try:
        column.to_frame().to_parquet(path, index=False)
    except (pyarrow.ArrowException, ValueError, TypeError) as error:
        kinds = ", ".join(sorted({type(value).__name__ for value in column.dropna()})[:4])
        raise UserError(
            f"frame: column '{column.name}' holds what no table has in one column ({kinds}); "
            f"make texts of it: frame.astype({{'{column.name}': str}})"
        ) from error
