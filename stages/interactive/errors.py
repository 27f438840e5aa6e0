"""The error that a caller gets for a mistake: one line, without a traceback in a notebook."""

from stages.basics.cli import UserError


class CompareError(UserError):
    """A mistake in what was asked for, or in the table: one line for each thing to mend."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it."""
        return [f"CompareError: {self}"]
