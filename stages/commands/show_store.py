"""Look at the unit store, or empty it.

make store            where it is, and how full
make store EMPTY=1    remove all that is in it: everything is then trained again when it is asked for
"""

import sys

from stages.basics import cli, words
from stages.records import store
from stages.records.store import Store


def looked_at(kept: Store | None) -> list[str]:
    """Lines that say where a store is and how full."""
    if kept is None:
        return ["the store is switched off: LOSSLAB_STORE is empty"]
    held = (
        f"{words.counted(len(kept.files()), 'entry', 'entries')}, {_size(kept.size())} of at most {_size(kept.limit)}"
    )
    return [f"the store: {kept.folder}", f"{held}; empty it with: make store EMPTY=1"]


def emptied(kept: Store | None) -> list[str]:
    """Empty a store; a line that says so."""
    if kept is None:
        return looked_at(kept)
    return [f"the store: {words.counted(kept.empty(), 'entry', 'entries')} removed from {kept.folder}"]


def _size(n_bytes: int) -> str:
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if n_bytes >= unit:
            return f"{n_bytes / unit:.3g} {name}"
    return f"{n_bytes / 1000:.3g} kB"


def main() -> None:
    """Print what was asked for: with the argument ``empty``, after emptying it."""
    kept = store.from_environment()
    for line in (emptied if sys.argv[1:] == ["empty"] else looked_at)(kept):
        cli.say(line)


if __name__ == "__main__":
    cli.run(main)
