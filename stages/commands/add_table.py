"""Add a table to ``params.yaml``: a dataset, and a comparison of the losses that fit its target.

python -m stages.commands.add_table FILE TARGET [NAME]     what ``make try FILE=… TARGET=… [AS=…]`` runs

The file is copied to ``data/external`` unless it is there. Nothing that exists is changed.
"""

import filecmp
import re
import shlex
import shutil
import sys
from pathlib import Path

import yaml

from stages import scale
from stages.basics import cli, files, paths
from stages.basics.cli import UserError
from stages.losses import catalogue, validity
from stages.losses.catalogue import LOSSES
from stages.losses.validity import Seen, Validity
from stages.params.load import load_params, parse_params
from stages.params.schema import Dataset, Params
from stages.params.source import Table
from stages.records import datasets
from stages.records.datasets import PART, Description
from stages.tables import describe as tables

USAGE = "usage: make try FILE=houses.csv TARGET=price   (AS=name gives the dataset another name than its file's)"


def name_for(file: Path) -> str:
    """A dataset's name made from its file's: what is not allowed in one becomes ``_``."""
    stem = file.name.split(".")[0] or file.stem
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")


def judge(name: str, file: Path, target: str, batch_size: int) -> tuple[Description, dict[str, Validity], list[str]]:
    """What a table's target makes for a problem, what each loss for it comes to, and by which dates rows are sorted."""
    dataset = Dataset(source=Table(file=file.as_posix(), target=target))
    table, description = tables.load(name, dataset)
    try:
        _, masks = scale.split(name, dataset, table, description)
    except UserError as error:
        why = str(error).removeprefix(f"{paths.PARAMS}: datasets.{name}.split: ")
        raise UserError(f"{file} cannot be split as is usual, so add it by hand with another split: {why}") from error
    scaled, fold, _ = scale.scale(table, description, dataset.scale, masks[0])
    labels = datasets.labels_of(scaled[scaled[PART] == "train"], description)
    seen = Seen(labels, description, fold.spread, batch_size)
    names = catalogue.names_for(description.task)
    dates = [column.name for column in description.columns if column.kind == "date"]
    in_order = [column for column in dates if table[column].is_monotonic_increasing and table[column].nunique() > 1]
    return description, {loss: validity.judge(LOSSES[loss], seen) for loss in names}, in_order


def with_entries(text: str, name: str, file: Path, target: str, losses: list[str]) -> str:
    """The text of ``params.yaml`` with a dataset and a comparison more; all else stays as it is."""
    text = with_entry(text, "datasets", name, {"source": {"file": file.as_posix(), "target": target}})
    return with_entry(text, "comparisons", name, {"losses": losses})


def with_entry(text: str, section: str, name: str, entry: dict[str, object]) -> str:
    """A YAML text with one entry more at the end of a section; every other letter stays as it is.

    Args:
        text: a mapping that has the section, which is a mapping with an entry or more.
        section: name of the section.
        name: of the entry.
        entry: its keys, whose values are written in one line each.
    """
    [node] = [value for key, value in yaml.compose(text, yaml.SafeLoader).value if key.value == section]
    if node.flow_style:
        end = node.end_mark.index - 1
        comma = "" if text[:end].rstrip().endswith((",", "{")) else ", "
        return f"{text[:end].rstrip()}{comma}{_inline({name: entry})[1:-1]}{text[end:]}"
    newline = "\r\n" if "\r\n" in text else "\n"
    outer, inner = " " * node.value[0][0].start_mark.column, " " * _step(node)
    lines = [f"{outer}{_inline({name: 0})[1:-4]}:"]
    lines += [f"{outer}{inner}{_inline({key: value})[1:-1]}" for key, value in entry.items()]
    end = _end(node)
    start = text.find("\n", end) + 1
    if not start:
        return text + newline + newline.join(lines) + newline
    return text[:start] + "".join(line + newline for line in lines) + text[start:]


def _inline(value: object) -> str:
    """A value in one line of YAML, in quotes where it would be taken for something else."""
    return yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=1e9).strip()


def _step(node: yaml.MappingNode) -> int:
    """By how many columns the keys within a mapping's entries stand further in."""
    for key, value in node.value:
        if isinstance(value, yaml.MappingNode) and not value.flow_style and value.value:
            return value.value[0][0].start_mark.column - key.start_mark.column
    return 2


def _end(node: yaml.Node) -> int:
    """Where a node's last letter is: a block's own end mark lies behind the comments after it."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        # a text over several lines ends before the next one begins
        return node.end_mark.index - (isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"))
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _check_name(name: str, wanted: Params) -> None:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        raise UserError(f"'{name}' cannot name a dataset; name it with letters, digits, '_', '-' and '.': AS=houses")
    for section in ("datasets", "comparisons"):
        if name in getattr(wanted, section):
            raise UserError(f"{paths.PARAMS}: {section}.{name} is there already and stays as it is; give another: AS=…")


def _destination(file: Path) -> Path:
    """Where the file is to be for DVC to see it."""
    if not file.is_file():
        raise UserError(f"{file} is not a file; {USAGE}")
    inside = file.resolve()
    if inside.is_relative_to(paths.EXTERNAL.resolve()):
        return paths.EXTERNAL / inside.relative_to(paths.EXTERNAL.resolve())
    there = paths.EXTERNAL / file.name
    if there.exists() and not filecmp.cmp(file, there, shallow=False):
        raise UserError(f"{there} is there already and is another file; rename {file}")
    return there


def main() -> None:
    """Add what the command line names."""
    given = [argument for argument in sys.argv[1:] if argument]
    if len(given) not in (2, 3):
        raise UserError(USAGE)
    file, target = Path(given[0]), given[1]
    destination = _destination(file)
    wanted = load_params()
    name = given[2] if len(given) == 3 else name_for(file)
    _check_name(name, wanted)
    description, judged, in_order = judge(name, file, target, wanted.train.batch_size)
    fitting = [loss for loss, told in judged.items() if told.level == "fits"]
    text = with_entries(paths.PARAMS.read_bytes().decode("utf-8"), name, destination, target, fitting)
    added = parse_params(text)
    if not destination.exists():
        with files.replacing(destination) as temporary:
            shutil.copyfile(file, temporary)
    with files.replacing(paths.PARAMS) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
    cli.say(f"try: {description.inference(name)}")
    if in_order:
        cli.say(
            f"try: rows are sorted by {in_order[0]}, and those that test are drawn from all of them; to predict "
            f"later ones from earlier: split: {{method: first}} under datasets.{name} in {paths.PARAMS}"
        )
    for loss, why in judged.items():
        if loss not in fitting:
            cli.say(f"try: left out: {loss} {why}")
    cli.say(f"try: added datasets.{name} and comparisons.{name} ({', '.join(fitting)}) to {paths.PARAMS}")
    if name not in added.selected():
        cli.say(f"try: loss: in {paths.PARAMS} selects none of them; write loss: all")
    cli.say(f"try: to keep the table in DVC, not in git: dvc add {shlex.quote(destination.as_posix())}")
    cli.say("try: next: make, then read reports/report.md")


if __name__ == "__main__":
    cli.run(main)
