"""What size is trained within a budget, in words."""

from stages.records.settings import LOOK, Within


def planned(within: Within, n_rows: int, n_seeds: int) -> str:
    """What all would take, and what is trained instead.

    Args:
        within: what size is trained.
        n_rows: that train each seed where none are left out.
        n_seeds: at most.
    """
    of_all = f" of {n_rows:,}" if n_rows > within.rows else ""
    first = f"{min(LOOK, n_seeds)} seeds at first" if n_seeds > LOOK else f"{n_seeds} seeds"
    return (
        f"the full plan would take {duration(within.minutes)}; planned for {within.budget}: "
        f"{within.rows:,}{of_all} rows, {first}, {steps(within)}"
    )


def trained(within: Within, n_rows: int) -> str:
    """In a sentence: what size was trained, and what all would have taken.

    Args:
        within: what size it was.
        n_rows: rows of the dataset.
    """
    halved = ""
    if within.tuning_rows < within.rows:
        halved = (
            f" Learning rates were halved on {within.tuning_rows:,} of them with {within.tuning_seeds} seeds, and the "
            "best two checked on all."
        )
    return (
        f"The budget is {within.budget}; all rows, seeds and epochs would take {duration(within.minutes)}. So each "
        f"seed trains on {within.rows:,} rows, drawn from the {n_rows:,} for all losses alike, with {steps(within)}."
        f"{halved} What is said holds for networks that learn from so many rows."
    )


def steps(within: Within) -> str:
    """For how many steps networks are trained."""
    few, most = within.horizons[0], within.horizons[-1]
    return f"{most:,} steps" if few == most else f"horizons of {few:,} to {most:,} steps"


def duration(minutes: float) -> str:
    """A time for people: 48 min, 3 h, or 2 h 30 min."""
    hours, rest = divmod(max(1, round(minutes)), 60)
    if hours >= 10 or not rest:
        return f"{hours:,} h" if hours else "1 min"
    return f"{hours} h {rest} min" if hours else f"{rest} min"
