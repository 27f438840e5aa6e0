"""Say in Markdown which losses are recommended now and were before; fail where one has changed.

python -m stages.commands.changed BEFORE AFTER     two files verdicts.json, as reports/verdicts.json of two commits
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.basics import cli, files
from stages.basics.cli import UserError
from stages.basics.markup import code


def table(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[list[str], bool]:
    """Lines of a table of comparisons, and whether a loss that was recommended before is no longer.

    Args:
        before: by comparison what ``verdicts.json`` holds of it.
        after: the same, later. A comparison that is new, or is gone, has not changed.
    """
    lines, has_changed = ["| comparison | before | now | |", "|---|---|---|---|"], False
    for name in dict.fromkeys([*before, *after]):
        old, new = (_loss(each[name]) if name in each else None for each in (before, after))
        differs = name in before and name in after and old != new
        has_changed |= differs
        note = "**changed**" if differs else "new" if name not in before else "gone" if name not in after else ""
        lines.append(f"| {code(name)} | {_shown(old)} | {_shown(new)} | {note} |")
    return lines, has_changed


def _loss(verdict: Mapping[str, Any]) -> str:
    """The recommended loss; empty where there is none."""
    return verdict["recommended"]["loss"] if verdict["recommended"] else ""


def _shown(loss: str | None) -> str:
    return "" if loss is None else str(code(loss)) if loss else "none"


def main() -> None:
    """Compare the files that the command line names."""
    if len(sys.argv) != 3:
        raise UserError("usage: python -m stages.commands.changed before.json after.json")
    lines, has_changed = table(*(files.read_json(Path(each), stage="report") for each in sys.argv[1:]))
    for line in lines:
        cli.say(line)
    if has_changed:
        sys.exit(1)


if __name__ == "__main__":
    cli.run(main)
