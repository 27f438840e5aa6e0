"""Add a table to ``params.yaml``: a dataset, and a comparison of the losses that fit its target.

python -m stages.add FILE TARGET [NAME]     what ``make try FILE=… TARGET=… [AS=…]`` runs

The file is copied to ``data/external`` unless it is there. Nothing that exists is overwritten.
"""

import filecmp
import re
import shlex
import shutil
import sys
from io import StringIO
from pathlib import Path

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from stages import catalogue, cli, datasets, files, params, paths, scale, tables, validity
from stages.catalogue import LOSSES
from stages.cli import UserError
from stages.datasets import SPLIT, Description
from stages.schema import Dataset, Params, Table
from stages.validity import Seen, Validity

USAGE = "usage: make try FILE=houses.csv TARGET=price   (AS=name gives the dataset another name than its file's)"


def name_for(file: Path) -> str:
    """A dataset's name made from its file's: what is not allowed in one becomes ``_``."""
    stem = file.name.split(".")[0] or file.stem
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")


def judge(name: str, file: Path, target: str, batch_size: int) -> tuple[Description, dict[str, Validity]]:
    """What a table's target makes for a problem, and what each loss for it comes to, by the usual settings."""
    dataset = Dataset(source=Table(file=file.as_posix(), target=target))
    table, description = tables.load(name, dataset)
    _, masks = scale.split(name, dataset, table, description)
    scaled, fold, _ = scale.scale(table, description, dataset.scale, masks[0])
    labels = datasets.labels_of(scaled[scaled[SPLIT] == "train"], description)
    seen = Seen(labels, description, fold.spread, batch_size)
    names = catalogue.names_for(description.task)
    return description, {loss: validity.judge(LOSSES[loss], seen) for loss in names}


def with_entries(text: str, name: str, file: Path, target: str, losses: list[str]) -> str:
    """The text of ``params.yaml`` with a dataset and a comparison more; all else stays as it is."""
    editor = YAML()
    editor.width, editor.preserve_quotes = 4096, True
    content = editor.load(text)
    source = CommentedMap(file=_quoted(file.as_posix()), target=_quoted(target))
    listed = CommentedSeq(losses)
    source.fa.set_flow_style()
    listed.fa.set_flow_style()
    content["datasets"][name] = {"source": source}
    content["comparisons"][name] = {"losses": listed}
    written = StringIO()
    editor.dump(content, written)
    return written.getvalue()


def _quoted(text: str) -> str:
    """A text in quotes where YAML would take it for something else."""
    try:
        plain = yaml.safe_load(text) == text
    except yaml.YAMLError:
        plain = False
    return text if plain else DoubleQuotedScalarString(text)


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
    wanted = params.load()
    name = given[2] if len(given) == 3 else name_for(file)
    _check_name(name, wanted)
    description, judged = judge(name, file, target, wanted.train.batch_size)
    fitting = [loss for loss, told in judged.items() if told.level == "fits"]
    text = with_entries(paths.PARAMS.read_text(encoding="utf-8"), name, destination, target, fitting)
    if not destination.exists():
        with files.replacing(destination) as temporary:
            shutil.copyfile(file, temporary)
    with files.replacing(paths.PARAMS) as temporary:
        temporary.write_text(text, encoding="utf-8")
        params.load(temporary)
    told = description.inference(name)
    cli.say(f"try: {told}")
    for loss, why in judged.items():
        if loss not in fitting:
            cli.say(f"try: left out: {loss} {why}")
    cli.say(f"try: added datasets.{name} and comparisons.{name} ({', '.join(fitting)}) to {paths.PARAMS}")
    cli.say(f"try: to keep the table in DVC, not in git: dvc add {shlex.quote(destination.as_posix())}")
    cli.say("try: next: make, then read reports/report.md")


if __name__ == "__main__":
    cli.run(main)
