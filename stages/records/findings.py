"""What is odd about a user's table, as facts; `stages.wording.findings` puts them into words."""

from dataclasses import dataclass, field

SHOWN_ROWS = 3  # of the rows and values that are odd


@dataclass(frozen=True)
class Finding:
    """One thing that is odd about a table or a column.

    Attributes:
        kind: what is odd, by a name that its sentence has too.
        column: its name as the table has it; empty where it is about the whole table.
        examples: the first few odd values, as they are written.
        rows: the row of each, counted from 1 for the first row below the heading.
        n_rows: in how many rows it is odd.
        n_of: among how many, where that tells something.
        read_as: what the first value was taken for, where that is not what is written.
        files: of a table in several files, the file of each row, or the one file where there are no rows.
        n_more_files: in how many other files the same is odd.
    """

    kind: str
    column: str = ""
    examples: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    n_rows: int = 0
    n_of: int = 0
    read_as: str = ""
    files: list[str] = field(default_factory=list)
    n_more_files: int = 0
