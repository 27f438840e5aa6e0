"""Look at the unit store, or empty it.

make store            where it is, how full, and what of the current parameters it lacks and why
make store EMPTY=1    remove all that is in it: everything is then trained again when it is asked for
"""

import sys
from collections.abc import Iterator, Sequence

from stages.basics import cli, words
from stages.basics.cli import UserError
from stages.basics.machine import device
from stages.execution.keys import differences
from stages.execution.missing import Missing, first_missing
from stages.execution.units import units
from stages.params.load import check_params, read_values, with_plans
from stages.params.parts import are_written
from stages.records import store
from stages.records.store import Store
from stages.training.unit import Unit
from stages.wording.store import what_is_new


def looked_at(kept: Store | None) -> list[str]:
    """Lines that say where a store is and how full."""
    if kept is None:
        return ["the store is switched off: LOSSLAB_STORE is empty"]
    held = (
        f"{words.counted(len(kept.files()), 'entry', 'entries')}, {_size(kept.size())} of at most {_size(kept.limit)}"
    )
    return [f"the store: {kept.folder}", f"{held}; empty it with: make store EMPTY=1"]


def of_parameters(kept: Store) -> Iterator[str]:
    """Lines that say what of the units of the current parameters a store lacks, and what of them is new."""
    try:
        params = with_plans(check_params(values := read_values()))
        if not are_written(values, "generate", "scale"):
            raise UserError("params.yaml has changed since the rows were scaled; run: dvc repro scale")
        selected = units(params, say=lambda _: None)
    except UserError as error:
        yield from (f"what it lacks is not known yet: {line}" for line in str(error).splitlines())
        return
    yield from _lacking(kept, selected)


def _lacking(kept: Store, selected: Sequence[Unit]) -> Iterator[str]:
    on_device, facts = device(), list(kept.facts())
    missing = {unit.name: first_missing(unit, kept, on_device) for unit in selected}
    n_whole = sum(lacking is None for lacking in missing.values())
    yield f"of the current parameters: {n_whole} of {words.counted(len(selected), 'unit')} in the store"
    for name, lacking in missing.items():
        if lacking is not None:
            yield f"{name}: {_why(lacking, [fact['parts'] for fact in facts if fact['unit'] == name])}"


def _why(missing: Missing, others: Sequence[dict]) -> str:
    place = "in the store in part" if missing.n_before else "not in the store"
    changed = differences(missing.parts, others)
    if new := what_is_new(changed, missing.n_before):
        return f"{place}; what is new: {new}"
    return f"{place}; {'nothing of it' if changed is None else 'the rest'} was not trained yet, or was removed"


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
    is_to_empty = sys.argv[1:] == ["empty"]
    for line in (emptied if is_to_empty else looked_at)(kept):
        cli.say(line)
    if kept is not None and not is_to_empty:
        for line in of_parameters(kept):
            cli.say(line)


if __name__ == "__main__":
    cli.run(main)
