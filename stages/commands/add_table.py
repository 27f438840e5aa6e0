"""Add a table or arrays to ``params.yaml``: a dataset, and a comparison of the losses that fit its target.

python -m stages.commands.add_table FILE TARGET [NAME [KEYS]]   what ``make try FILE=… TARGET=… [AS=…] [WITH=…]`` runs

TARGET may be several columns: ``a,b,c``.

The file or folder is copied to ``data/external`` unless it is there; a generator's name stands for what it makes.
Nothing that exists is changed.
"""

import filecmp
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from ruamel.yaml import YAML, YAMLError

from stages.arrays import registry
from stages.basics import cli, files, paths, suggest
from stages.basics.cli import UserError
from stages.basics.words import counted
from stages.budgets import making
from stages.budgets.making import Made, TooShortError
from stages.commands import target_lines
from stages.commands.budget import plan_in_words
from stages.commands.columns_table import columns_table
from stages.commands.params_text import with_entries, with_entry
from stages.features import planning
from stages.offers import judging
from stages.offers.judging import AT_MOST, Judged, SplitError
from stages.params import seeds
from stages.params.budget import path_of
from stages.params.load import load_params, parse_params
from stages.params.schema import Dataset, Params, Train
from stages.wording import findings
from stages.wording.datasets import positive, rows_of, scaled_by_channel, task, without_spread
from stages.wording.validity import in_words

BUDGET = "10m"  # of a table that takes longer, where nobody chose another
USAGE = "make help names every key; usage: make try FILE=houses.csv TARGET=price"


def name_for(file: Path) -> str:
    """A dataset's name made from its file's: what is not allowed in one becomes ``_``."""
    stem = file.name.split(".")[0] or file.stem
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")


def judge(name: str, file: Path, dataset: Dataset, *, n_seeds: int, batch_size: int) -> Judged:
    """Judge the losses for a table's target: see `judging.judge`, whose refusals are said with the way out.

    Raises:
        UserError: the table cannot be read, encoded or split as is usual.
    """
    try:
        return judging.judge(name, file, dataset, n_seeds=n_seeds, batch_size=batch_size)
    except SplitError as error:
        raise UserError(
            f"{file} cannot be split as is usual: {error}: make try … WITH='split: {{method: shuffle}}'"
        ) from error
    except UserError as error:
        if "beside file:" not in str(error):
            raise
        raise UserError(f"{error}; such a key can be given at once: make try … WITH='skip: 2'") from error


def _check_name(name: str, params: Params) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        raise UserError(f"'{name}' cannot name a dataset; name it with letters, digits, '_', '-' and '.': AS=houses")
    if name == "all":
        raise UserError("'all' cannot name a dataset, since it stands for every comparison; give another: AS=…")
    for section in ("datasets", "comparisons"):
        if name in getattr(params, section):
            raise UserError(f"{paths.PARAMS}: {section}.{name} is there already and stays as it is; give another: AS=…")


def _destination(file: Path) -> Path:
    """The place of a file or folder in ``data/external``, where DVC sees it change."""
    if not file.exists():
        made = [name for name, kind in registry.kinds().items() if not kind.OF_FILES]
        near = suggest.nearest_name(file, made)
        raise UserError(f"{file} is not a file; {f'did you mean {near!r}? ' if near else ''}{USAGE}")
    inside = file.resolve()
    if inside.is_relative_to(paths.EXTERNAL.resolve()):
        return paths.EXTERNAL / inside.relative_to(paths.EXTERNAL.resolve())
    destination = paths.EXTERNAL / file.name
    if destination.exists() and not _alike(file, destination):
        raise UserError(f"{destination} is there already and is another file; rename {file}")
    return destination


def _alike(first: Path, second: Path) -> bool:
    """Whether two files, or all files of two folders, are the same."""
    if first.is_dir() != second.is_dir():
        return False
    if first.is_file():
        return filecmp.cmp(first, second, shallow=False)
    names = [{each.relative_to(folder) for each in folder.rglob("*")} for folder in (first, second)]
    if names[0] != names[1]:
        return False
    return all(_alike(first / name, second / name) for name in names[0] if not (first / name).is_dir())


def _copy(file: Path, destination: Path) -> None:
    """Copy a file or folder, unless it is there."""
    if not destination.exists():
        with files.replacing(destination) as temporary:
            shutil.copytree(file, temporary) if file.is_dir() else shutil.copyfile(file, temporary)


def _entry(text: str, source: dict[str, object]) -> dict[str, dict[str, object]]:
    """A dataset's entry, with keys that the command line adds.

    Args:
        text: keys of the dataset or its source and their values, as they stand in ``params.yaml`` in one line.
        source: where the rows come from, and what is predicted.

    Raises:
        UserError: the text is no YAML.
    """
    try:
        more = YAML(typ="safe", pure=True).load(f"{{{text}}}")
    except (YAMLError, ValueError) as error:
        raise UserError(
            f"WITH={shlex.quote(text)} is no YAML; write it as in WITH='missing: [-200], skip: 3'"
        ) from error
    of_dataset = {key: value for key, value in more.items() if key in Dataset.model_fields and key != "source"}
    of_source = {key: value for key, value in more.items() if key not in of_dataset}
    return {"source": {**source, **of_source}, **of_dataset}


def summary(name: str, judged: Judged) -> Iterator[str]:
    """Lines that tell what a table was taken to be, and why losses were left out."""
    description = judged.description
    if arrays := description.arrays:
        rows = rows_of(len(judged.table), description)
        yield f"{rows}, kept as {arrays.dtype}; {scaled_by_channel(arrays, judged.dataset.scale.features)}"
        if without := description.n_without_target(len(judged.table)):
            yield f"{counted(without, 'row')} without a target left out"
        if description.n_weightless:
            yield f"{counted(description.n_weightless, 'row')} of the weight 0 left out"
    if description.inferred:
        yield task(name, description)
    if about := positive(name, description):
        yield about
    lines = list(map(findings.in_words, description.findings))
    yield from lines
    of_source = [line for line in lines if "split: {" not in line]
    if not description.arrays and any(mark in line for line in of_source for mark in ("{", "[", "decimal:")):
        yield "what is in brackets goes beside file: in the entry, or: make try … WITH='columns: {week: number}'"
    scale = judged.dataset.scale
    flat = planning.without_spread(judged.treatments, judged.table, description, scale)
    yield from without_spread(name, flat)
    yield from _order(name, judged)
    yield from target_lines.about(name, judged)
    for offer in judged.offers:
        if not offer.is_made:
            yield f"left out: {offer.words} {in_words(offer.validity)}"
        elif offer.validity.level != "fits":
            yield f"{offer.words} {in_words(offer.validity)}"
    added = ", ".join(offer.words for offer in judged.offers if offer.is_made)
    yield f"added datasets.{name} and comparisons.{name} ({added}) to {paths.PARAMS}"


def _order(name: str, judged: Judged) -> Iterator[str]:
    """That rows are sorted by a date, and what to write for a split that keeps their order, where there is none."""
    if judged.dataset.split.method == "first":
        return
    dates = [column.name for column in judged.description.columns if column.kind == "date"]
    present = {column: judged.table[column].dropna() for column in dates}
    rising = [column for column in dates if present[column].is_monotonic_increasing]
    falling = [column for column in dates if present[column].is_monotonic_decreasing and column not in rising]
    for column in [*rising, *falling][:1]:
        if present[column].iloc[0] == present[column].iloc[-1]:
            continue
        first, order = (", newest first", "sort the file the other way and ") if column in falling else ("", "")
        yield (
            f"rows are sorted by {column}{first}, and those that test are drawn from all of them; to predict "
            f"later ones from earlier: {order}split: {{method: first}} under datasets.{name} in {paths.PARAMS}"
        )


def within_budget(params: Params, name: str, judged: Judged) -> tuple[Made | None, dict[str, object]]:
    """Plan a table's comparison where it has a budget, or would take longer than is usual.

    Returns:
        The plan, and what the comparison is to say: the budget, where it has none yet; where there is time for all,
        that losses which are tuned are tried once more, otherwise.
    """
    facts = name, judged.table, judged.description
    if params.has_budget(name):
        return making.make(params, *facts, budget=params.setup(name).budget), {}
    try:
        made = making.make_where_longer(params, *facts, budget=BUDGET)
    except TooShortError:
        cli.say(f"try: the least there is to train takes longer than {BUDGET}; it has no budget, and takes long")
        return None, {}
    if made:
        return made, {"budget": BUDGET}
    is_new = params.setup(name).optimizer.is_tuned() and not params.asks_for_second_run(name)
    return None, {"second_run": True} if is_new else {}


def _judged(
    name: str, file: Path, entry: dict[str, dict[str, object]], text: str, settings: dict[str, int]
) -> tuple[Dataset, Judged]:
    """The losses for a target; what is no column, but texts between commas, is several of them, as `entry` then says.

    Args:
        name: of the dataset.
        file: of its table.
        entry: of the dataset.
        text: that ``params.yaml`` holds.
        settings: of `judge`.
    """
    dataset, target = (
        parse_params(with_entry(text, "datasets", name, entry)).datasets[name],
        entry["source"].get("target"),
    )
    try:
        return dataset, judge(name, file, dataset, **settings)
    except UserError as error:
        if "," not in str(target) or f"'{target}' is not a column" not in str(error):
            raise
    entry["source"]["target"] = [each.strip() for each in str(target).split(",") if each.strip()]
    dataset = parse_params(with_entry(text, "datasets", name, entry)).datasets[name]
    return dataset, judge(name, file, dataset, **settings)


def main() -> None:
    """Add the table that the command line names."""
    file, target, own_name, more = [*sys.argv[1:], "", "", "", ""][:4]
    kind = registry.kind_of(Path(file)) if file else None
    if not file or not (target or kind) or len(sys.argv) > 5:
        raise UserError(USAGE)
    file = Path(file)
    is_made, params = kind is not None and kind.OF_FILES is None, load_params()
    if file.is_dir() and not kind:
        raise UserError(f"{file} is not a file; {USAGE}")
    destination = file if is_made else _destination(file)
    name, place = own_name or name_for(file), destination.as_posix()
    _check_name(name, params)
    source = kind.entry(file, place, target) if kind else {"file": place, "target": target}
    entry, text = _entry(more, source), paths.PARAMS.read_bytes().decode("utf-8")
    # a number of seeds that the user chose for all comparisons stays in force
    in_looks = {"seeds": {"at_most": AT_MOST}} if params.train.seeds == Train().seeds else {}
    n_seeds = AT_MOST if in_looks else seeds.most(params.train.seeds)
    settings = {"n_seeds": n_seeds, "batch_size": params.train.batch_size}
    dataset, judged = _judged(name, file, entry, text, settings)
    if judged.dataset != dataset and not kind:
        entry["source"]["columns"] = judged.dataset.source.columns
        cli.say("try: the only columns to predict from tell rows apart, so the entry says that they are numbers")
    losses = [offer.entry for offer in judged.offers if offer.is_made]
    added = parse_params(with_entries(text, name, entry, {"losses": losses, **in_looks}))
    made, so_much = within_budget(added, name, judged)
    text = with_entries(text, name, entry, {"losses": losses, **in_looks, **so_much})
    added = parse_params(text)
    if not is_made:
        _copy(file, destination)
    if made:
        making.write(name, made)
    with files.replacing(paths.PARAMS) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
    if not kind:
        Console().print(columns_table(judged.table, judged.description, judged.treatments))
    for line in summary(name, judged):
        cli.say(f"try: {line}")
    if in_looks:
        cli.say(f"try: as many seeds as settle the comparison, at most {AT_MOST}: comparisons.{name}.seeds")
    if made:
        cli.say(f"try: {plan_in_words(added, name, made)}; {path_of(name)} holds the plan")
    if name not in added.selected():
        cli.say(f"try: loss: in {paths.PARAMS} selects none of them; write loss: all")
    if not is_made:
        what = "arrays" if kind else "table"
        cli.say(f"try: to keep the {what} in DVC, not in git: dvc add {shlex.quote(place)}")
    cli.say("try: next: make, then read reports/report.html")


if __name__ == "__main__":
    cli.run(main)
