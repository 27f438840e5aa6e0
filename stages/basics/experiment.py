"""DVC's experiments as a stage sees them: where they run, and the way back."""

import argparse
import os
import subprocess
import tempfile
from pathlib import Path

from stages.basics import paths

WAY_BACK = "git checkout . && dvc checkout; git clean -fdq reports"


def in_workspace() -> bool:
    """Whether this runs in the repository itself, not in a temporary copy of it (queued and temporary experiments)."""
    return paths.root() == Path.cwd()


def runs_in_workspace() -> bool:
    """Whether this is an experiment, and one whose parameters and results stay in the workspace."""
    return bool(os.environ.get("DVC_EXP_NAME")) and in_workspace()


def undo() -> str:
    """Take back what a failed experiment has set in params.yaml, which the next one would inherit from the workspace.

    That is done only where the file is the committed one with what `--set-param` gave, so that the user's own edits
    stay.

    Returns:
        A line for the user; empty where there is nothing to take back.
    """
    overrides = _overrides() if runs_in_workspace() else []
    if not overrides:
        return ""
    if paths.PARAMS.read_bytes() == _committed_with(overrides):
        subprocess.run(["git", "checkout", "--quiet", "HEAD", "--", paths.PARAMS], check=True)
        return "params.yaml is again as it was before this experiment"
    return f"params.yaml holds edits of yours, and still {', '.join(overrides)}, which the next experiment inherits"


def _overrides() -> list[str]:
    """What ``dvc exp run --set-param``, which started this process, was given for params.yaml."""
    import psutil
    from dvc.utils.cli_parse import to_path_overrides

    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-S", "--set-param", action="append", default=[])
    for process in psutil.Process().parents():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        if "exp" in command and "run" in command[command.index("exp") :]:
            given, _ = parser.parse_known_args(command)
            return to_path_overrides(given.set_param).get(str(paths.PARAMS), [])
    return []


def _committed_with(overrides: list[str]) -> bytes:
    """The committed params.yaml as DVC writes it with these values; empty where none is committed."""
    from dvc.utils.hydra import apply_overrides

    committed = subprocess.run(["git", "show", f"HEAD:./{paths.PARAMS}"], capture_output=True, check=False).stdout
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / paths.PARAMS
        copy.write_bytes(committed)
        if committed:
            apply_overrides(copy, overrides)
        return copy.read_bytes()
