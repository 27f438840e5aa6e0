"""Say in Markdown which losses are recommended now and were before, with the first screens; fail where one has changed.

python -m stages.commands.changed BEFORE AFTER     two files recommended.json, as of two commits

The first screens are those of the report beside the second file.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from stages.basics import cli
from stages.basics.cli import UserError
from stages.basics.markup import code
from stages.records import winners
from stages.records.winners import Recommended

LONGEST = 60_000  # letters: GitHub takes a comment of 65,536


def table(before: Mapping[str, Recommended | None], after: Mapping[str, Recommended | None]) -> tuple[list[str], bool]:
    """Lines of a table of comparisons, and whether a loss that was recommended before is no longer.

    Args:
        before: by comparison the loss that was recommended; None where none was.
        after: the same, later. A comparison that is new, or is gone, has not changed.
    """
    lines, has_changed = ["| comparison | before | now | |", "|---|---|---|---|"], False
    for name in dict.fromkeys([*before, *after]):
        old, new = (_loss(recommended[name]) if name in recommended else "" for recommended in (before, after))
        differs = name in before and name in after and old != new
        has_changed |= differs
        note = "**changed**" if differs else "new" if name not in before else "gone" if name not in after else ""
        lines.append(f"| {code(name)} | {old} | {new} | {note} |")
    return lines, has_changed


def _loss(recommended: Recommended | None) -> str:
    return "none" if recommended is None else str(code(recommended.loss))


def first_screens(report: str) -> str:
    """The first screens of a report, without its pictures and the links within it, which lead nowhere elsewhere.

    Args:
        report: ``report.md``.
    """
    _, _, below_title = report.partition("\n## ")
    screens = re.split(r"^## How sure", f"## {below_title}", maxsplit=1, flags=re.MULTILINE)[0]
    without = re.sub(r"^!\[[^\n]*\n+|^\[[^\n\]]*\]\(#[^\n)]*\)\n+", "", screens, flags=re.MULTILINE)
    text = re.sub(r"( · )?\[[^\]\n]*\]\(#[^)\n]*\)", "", without).strip()
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rpartition(chr(10))[0]}\n…"


def main() -> None:
    """Compare the files that the command line names."""
    if len(sys.argv) != 3:
        raise UserError("usage: python -m stages.commands.changed before.json after.json")
    lines, has_changed = table(*(winners.read_recommended(Path(path)) for path in sys.argv[1:]))
    report = Path(sys.argv[2]).with_name("report.md")
    for line in [
        *lines,
        "",
        *(first_screens(report.read_text(encoding="utf-8")).splitlines() if report.exists() else ()),
    ]:
        cli.say(line)
    if has_changed:
        sys.exit(1)


if __name__ == "__main__":
    cli.run(main)
