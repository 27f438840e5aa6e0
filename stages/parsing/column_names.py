"""Names of columns, which match whatever their blanks and however their accents are encoded."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from stages.basics.cli import UserError
from stages.params.source import EVERY, Table
from stages.parsing.column_kinds import UNSEEN

NO_NAME = re.compile(r"Unnamed: \d+")  # as columns without a heading are called


def find(name: str, columns: Iterable[str]) -> str | None:
    """The column that a name means: the one called so, else the only one that reads so; None where there is none."""
    columns = list(columns)
    if name in columns:
        return name
    alike = [column for column in columns if _plain(column) == _plain(name)]
    return alike[0] if len(alike) == 1 else None


def by_column(settings: dict[str, object], columns: Iterable[str]) -> dict[str, object]:
    """Settings by the columns that their names mean; those of other names are left out."""
    columns = list(columns)
    return {column: value for name, value in settings.items() if (column := find(name, columns)) is not None}


def words_for_nothing(source: Table, column: str) -> tuple[str | int | float, ...]:
    """What the parameters say that stands for nothing in a column."""
    return *source.missing.get(EVERY, []), *by_column(source.missing, [column]).get(column, [])


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).translate(UNSEEN).split())


def check_unique(names: list[str], path: Path) -> None:
    """Refuse names of columns of which one stands twice."""
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UserError(f"{path}: column '{twice[0]}' stands twice; rename one")


def filled(table: pd.DataFrame) -> list[str]:
    """The columns but those without a name and a value, as behind a delimiter at the end of each line."""
    return [name for name in table if not (NO_NAME.fullmatch(str(name)) and table[name].isna().all())]
