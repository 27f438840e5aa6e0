"""What a caller gets for a mistake: its line, and in a notebook nothing of where in our code it was noticed."""

from stages.basics.cli import UserError


class CompareError(UserError):
    """A mistake in what was asked for, or in the table: one line for each thing to mend."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it."""
        return [f"CompareError: {self}"]
