"""Add a table to ``params.yaml``: a dataset, and a comparison of the losses that fit its target.

python -m stages.commands.add_table FILE TARGET [NAME]     what ``make try FILE=… TARGET=… [AS=…]`` runs

The file is copied to ``data/external`` unless it is there. Nothing that exists is changed.
"""

import filecmp
import io
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from ruamel.yaml import YAML

from stages.basics import cli, files, paths
from stages.basics.cli import UserError
from stages.losses import catalogue, validity
from stages.losses.catalogue import LOSSES
from stages.losses.validity import Validity
from stages.params.load import load_params, parse_params
from stages.params.schema import Dataset, Params
from stages.params.source import Table
from stages.records import datasets, plans, wording
from stages.records.datasets import Description
from stages.tables import describe, encoding, planning

USAGE = "usage: make try FILE=houses.csv TARGET=price   (AS=name gives the dataset another name than its file's)"


def name_for(file: Path) -> str:
    """A dataset's name made from its file's: what is not allowed in one becomes ``_``."""
    stem = file.name.split(".")[0] or file.stem
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")


@dataclass(frozen=True)
class Judged:
    """What a table comes to.

    Attributes:
        description: what it is.
        losses: by name, whether a loss for its task can learn from it.
        sorted_by: the columns of dates that its rows are sorted by.
    """

    description: Description
    losses: dict[str, Validity]
    sorted_by: list[str]


def judge(name: str, file: Path, target: str, *, n_seeds: int, batch_size: int) -> Judged:
    """Judge the losses for a table's target on the train rows of the seeds.

    Raises:
        UserError: the table cannot be read, encoded or split as is usual.
    """
    dataset = Dataset(source=Table(file=file.as_posix(), target=target))
    table, description = describe.load(name, dataset, {})
    encoding.fit(table, description.columns, dataset.scale.features)
    labels, key = datasets.labels_of(table, description), f"{paths.PARAMS}: datasets.{name}.split"
    try:
        plan = planning.plan_targets(
            table, description, split=dataset.split, scale=dataset.scale, n_seeds=n_seeds, key=key
        )
    except UserError as error:
        why = str(error).removeprefix(f"{key}: ")
        raise UserError(f"{file} cannot be split as is usual, so add it by hand with another split: {why}") from error
    losses = [LOSSES[loss] for loss in catalogue.names_for(description.task)]
    judged = validity.judge_all(losses, plans.seen_by_losses(plan, description, labels, batch_size))
    dates = [column.name for column in description.columns if column.kind == "date"]
    sorted_by = [column for column in dates if table[column].is_monotonic_increasing and table[column].nunique() > 1]
    return Judged(description, judged, sorted_by)


def with_entries(text: str, name: str, file: Path, target: str, losses: list[str]) -> str:
    """The text of ``params.yaml`` with a dataset and a comparison added; everything else stays as it is."""
    text = with_entry(text, "datasets", name, {"source": {"file": file.as_posix(), "target": target}})
    return with_entry(text, "comparisons", name, {"losses": losses})


def with_entry(text: str, section: str, name: str, entry: dict[str, object]) -> str:
    """A YAML text with an entry added at the end of a section; every other letter stays as it is.

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
    writer, text = YAML(typ="safe", pure=True), io.StringIO()
    writer.default_flow_style, writer.width, writer.sort_base_mapping_type_on_output = True, 10**9, False
    writer.dump(value, text)
    return text.getvalue().strip()


def _step(node: yaml.MappingNode) -> int:
    """By how many columns the keys of a section's entries are indented."""
    for key, value in node.value:
        if isinstance(value, yaml.MappingNode) and not value.flow_style and value.value:
            return value.value[0][0].start_mark.column - key.start_mark.column
    return 2


def _end(node: yaml.Node) -> int:
    """The position of a node's last letter, which is before the comments that follow it.

    YAML's own mark of where a block ends lies behind those comments, so the end is that of the last value in it.
    """
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
    """The place of a file in ``data/external``, where DVC sees it change."""
    if not file.is_file():
        raise UserError(f"{file} is not a file; {USAGE}")
    inside = file.resolve()
    if inside.is_relative_to(paths.EXTERNAL.resolve()):
        return paths.EXTERNAL / inside.relative_to(paths.EXTERNAL.resolve())
    destination = paths.EXTERNAL / file.name
    if destination.exists() and not filecmp.cmp(file, destination, shallow=False):
        raise UserError(f"{destination} is there already and is another file; rename {file}")
    return destination


def summary(name: str, judged: Judged, fitting: list[str]) -> Iterator[str]:
    """Lines that tell what a table was taken to be, and why losses were left out."""
    yield wording.task(name, judged.description)
    if judged.sorted_by:
        yield (
            f"rows are sorted by {judged.sorted_by[0]}, and those that test are drawn from all of them; to predict "
            f"later ones from earlier: split: {{method: first}} under datasets.{name} in {paths.PARAMS}"
        )
    for loss, validity_of_loss in judged.losses.items():
        if loss not in fitting:
            yield f"left out: {loss} {validity_of_loss}"
    yield f"added datasets.{name} and comparisons.{name} ({', '.join(fitting)}) to {paths.PARAMS}"


def main() -> None:
    """Add the table that the command line names."""
    arguments = [argument for argument in sys.argv[1:] if argument]
    if len(arguments) not in (2, 3):
        raise UserError(USAGE)
    file, target = Path(arguments[0]), arguments[1]
    destination = _destination(file)
    wanted = load_params()
    name = arguments[2] if len(arguments) == 3 else name_for(file)
    _check_name(name, wanted)
    judged = judge(name, file, target, n_seeds=wanted.train.seeds, batch_size=wanted.train.batch_size)
    fitting = [loss for loss, each in judged.losses.items() if each.level == "fits"]
    text = with_entries(paths.PARAMS.read_bytes().decode("utf-8"), name, destination, target, fitting)
    added = parse_params(text)
    if not destination.exists():
        with files.replacing(destination) as temporary:
            shutil.copyfile(file, temporary)
    with files.replacing(paths.PARAMS) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
    for line in summary(name, judged, fitting):
        cli.say(f"try: {line}")
    if name not in added.selected():
        cli.say(f"try: loss: in {paths.PARAMS} selects none of them; write loss: all")
    cli.say(f"try: to keep the table in DVC, not in git: dvc add {shlex.quote(destination.as_posix())}")
    cli.say("try: next: make, then read reports/report.md")


if __name__ == "__main__":
    cli.run(main)
