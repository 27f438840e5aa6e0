"""What is not in ``params.yaml`` as it was when the pipeline last came to its end, and how to bring that back.

DVC writes what ``dvc exp run --set-param`` is given into the workspace, where it stays, and where nobody can tell it
from an edit of the user's own. So nothing is taken back here. `dvc.lock` holds what stood there: the last stage depends
on the whole file, and its entry is written when it ends.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from ruamel.yaml import YAML, YAMLError

from stages.basics import paths
from stages.basics.cli import UserError
from stages.params.load import read_values

LAST_STAGE = "track"
_ABSENT = object()
_ENTRIES = "datasets", "comparisons"  # whose entries are a user's tables


def what_stays() -> list[str]:
    """Lines that say what an experiment leaves in ``params.yaml``, and the way back; none where it leaves nothing."""
    if not os.environ.get("DVC_EXP_NAME") or not paths.in_workspace():
        return []
    try:
        before, after, committed = _of_last_run(), read_values(), _committed()
    except (UserError, YAMLError, OSError):
        return []
    if not isinstance(before, dict) or not isinstance(after, dict):
        return [f"{paths.PARAMS} keeps what this experiment set, until you write it as it was: git diff {paths.PARAMS}"]
    if not (changes := list(_changes(before, after))):
        return []
    # where all that stood and stands there is in a commit; and what is put on git's stash is not lost
    is_committed = committed == before and all(
        _names(section, before) == _names(section, after) for section in _ENTRIES
    )
    back = f"git stash push {paths.PARAMS} &&" if is_committed else "write it there as it was, then:"
    return [
        f"{paths.PARAMS} is not as it was before, and stays so: {', '.join(changes)}",
        f"back to what was before: {back} dvc repro",
    ]


def _committed() -> Any:
    """What the committed ``params.yaml`` holds; None where there is none."""
    shown = subprocess.run(["git", "show", f"HEAD:./{paths.PARAMS}"], capture_output=True, check=False)
    return _read(shown.stdout)


def _of_last_run() -> Any:
    """What ``params.yaml`` held when the last stage last ended; None where that is not known."""
    if not paths.LOCK.is_file():
        return None
    stages = (_read(paths.LOCK.read_bytes()) or {}).get("stages", {})
    return stages.get(LAST_STAGE, {}).get("params", {}).get(str(paths.PARAMS))


def _read(text: bytes) -> Any:
    return YAML(typ="safe").load(text)


def _changes(before: Mapping, after: Mapping, above: tuple[str, ...] = ()) -> Iterator[str]:
    """What differs, as deep as both are mappings; but for datasets and comparisons that are new or gone as a whole."""
    for key in {**before, **after}:
        keys, old, new = (*above, str(key)), before.get(key, _ABSENT), after.get(key, _ABSENT)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _changes(old, new, keys)
        elif old != new and not (len(above) == 1 and above[0] in _ENTRIES and _ABSENT in (old, new)):
            yield f"{'.'.join(keys)}: {_shown(new)} (was {_shown(old)})"


def _names(section: str, values: Mapping) -> set[str]:
    return set(values.get(section) or ())


def _shown(value: Any) -> str:
    """A value as it may stand in the file, in one line."""
    if value is _ABSENT:
        return "not there"
    return yaml.safe_dump(value, default_flow_style=True, width=10**9, allow_unicode=True).removesuffix("...\n").strip()
