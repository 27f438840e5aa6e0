"""A trial of what is the user's own: what fails becomes one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from stages.basics.cli import UserError
from stages.usercode import loading

TOLERANCE = 1e-4


class Trial:
    """Runs the user's own code step by step; an error becomes one line that says where it stands and what was done."""

    def __init__(self, where: str) -> None:
        self._where = where

    @contextmanager
    def step(self, doing: str, *, through_ours: bool = False) -> Iterator[None]:
        """A block that runs the user's own code.

        Args:
            doing: what it does, in words.
            through_ours: whether code of ours stands between; what that raises by itself is a mistake of ours.
        """
        try:
            yield
        except UserError:
            raise
        except (Exception, SystemExit) as error:
            if through_ours and loading.is_ours(error):
                raise
            raise UserError(f"{self._where}: {doing} failed: {type(error).__name__}: {loading.cause(error)}") from error

    def refuse(self, reason: str) -> NoReturn:
        """Refuse it for a reason in words."""
        raise UserError(f"{self._where}: {reason}")


def not_finite(values: Any) -> float:
    """The first of some numbers that is not finite."""
    array = np.asarray(values)
    return float(array[~np.isfinite(array)].flat[0])
