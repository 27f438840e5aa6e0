"""How many seeds a comparison had, where they come in looks, in words."""


def looks(n_seeds: int, at_most: int, ended: str | None) -> str:
    """How many seeds a comparison needed where they came in looks, and why it ended: as of `verdicts.settling.Look`."""
    so_many = f"{n_seeds} of at most {at_most} seeds"
    match ended:
        case "settled":
            return f"{so_many} settled every verdict"
        case "rows":
            return f"ended after {so_many}: more would hardly make it surer, only more test rows would"
        case "most":
            return f"{at_most} seeds, the most there are, did not settle every verdict"
    return f"not at its end after {so_many}"
