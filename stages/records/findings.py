"""What is odd about a user's table, as facts; `stages.wording.findings` puts them into words."""

from dataclasses import dataclass, field
from typing import Literal

SHOWN_ROWS = 3  # of the rows and values that are odd

Odd = Literal[
    "written",  # numbers with signs, in groups of digits or as times, which were read as numbers
    "odd texts",  # nearly all are numbers; the others were taken for missing
    "mixed",  # most are numbers or dates; it stays a column of texts
    "doubtful",  # texts that may be numbers in two ways; they stay texts
    "perhaps grouped",  # numbers whose dot may part thousands
    "perhaps dates",  # whole numbers that may be dates
    "far",  # a value far from all others
    "infinite",  # numbers beyond those that networks calculate with, which were taken for missing
    "copies",  # rows that are equal to others in all that is learned from, and stay with them
    "copies apart",  # the same, divided like other rows
    "groups",  # values that each stand in several rows, which are alike in the target
    "falls",  # dates that do not rise with the rows, where the first are to train
    "newest first",  # the same, where they fall throughout
    "weightless",  # rows that weigh 0, which were left out
    "tells",  # it tells the target all but exactly
    "identifier",  # left out, since it only tells rows apart
    "kept",  # named like an identifier, yet it tells the target
    "alike",  # texts that differ by capitals, accents or blanks alone
    "century",  # dates with years of two digits
    "day or month",  # dates whose day and month may change places
    "preamble",  # lines before the heading, which were left out
    "heading again",  # rows that repeat the heading, which were left out
    "units",  # a row of units, which was left out
    "total",  # a row of sums, which was left out
    "perhaps total",  # a row that is called a total
    "no heading",  # a heading of numbers
    "sheets",  # more sheets than the one that was read
    "hidden sheets",  # sheets that are hidden, which were passed over
    "merged",  # cells that are merged over rows, whose value each of these has
    "encoding",  # letters that another encoding makes others of
]


@dataclass(frozen=True)
class Finding:
    """One thing that is odd about a table or a column.

    Attributes:
        kind: what is odd.
        column: its name as the table has it; empty where it is about the whole table.
        examples: the first few odd values, as they are written.
        rows: the row of each, counted from 1 for the first row below the heading.
        n_rows: in how many rows it is odd.
        n_of: among how many, where that tells something.
        read_as: what the first value was taken for, where that is not what is written.
        files: of a table in several files, the file of each row, or the one file where there are no rows.
        n_more_files: in how many other files the same is odd.
    """

    kind: Odd
    column: str = ""
    examples: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    n_rows: int = 0
    n_of: int = 0
    read_as: str = ""
    files: list[str] = field(default_factory=list)
    n_more_files: int = 0
