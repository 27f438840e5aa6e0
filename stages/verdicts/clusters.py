"""Which rows count as one: those of a group or equal ones, as the plan says, and neighbours in the order of time.

Rows that are alike say less than as many rows that are not. Taken for independent they give 23 to 31 % false calls at
5 % in groups, and 23 and 53 % in time (where a row's difference correlates by 0.5 and 0.8 with the row before it).

How long time remembers is not known, so rows in its order are divided into ten blocks, whose sums are nearly
independent where a block is much longer than that; with more, shorter blocks they are less so.
"""

import numpy as np

BLOCKS = 10
# intervals are a little too narrow below: 85 % hold the truth with ten groups of unequal size, 90 % with twenty
FEWEST_GROUPS = 20
# 88, 91 and 93 % do with 100, 160 and 250 test rows that correlate by 0.8 with the row before
FEWEST_IN_TIME = 150


def blocks(tested: np.ndarray) -> np.ndarray:
    """The block of each row, integers (n_rows,): ten of neighbours among the rows that any seed tests.

    Args:
        tested: bool (n_seeds, n_rows), of rows in the order of time.
    """
    numbers = np.zeros(tested.shape[1], int)
    for block, rows in enumerate(np.array_split(np.flatnonzero(tested.any(axis=0)), BLOCKS)):
        numbers[rows] = block
    return numbers
