"""How many seeds a comparison had, in sentences: why no more, and how to train more."""

from stages.reporting.formats import listed
from stages.verdicts.comparison import Comparison
from stages.wording.looks import looks

MORE = 60  # seeds, at least, that are invited where so far there were fewer


def how_many(comparison: Comparison) -> str:
    """Where seeds came in looks, a sentence on how many there were, and why no more; else empty."""
    if not (look := comparison.outcome.look):
        return ""
    ended: dict[int, list[str]] = {}
    for run in comparison.runs:
        if len(run.seeds) < look.n_seeds:
            ended.setdefault(len(run.seeds), []).append(run.loss.name)
    beaten = "worse than all that could be recommended"
    sooner = "".join(f"; {listed(ended[n])} ended after {n}, {beaten}" for n in sorted(ended))
    return f"Seeds came in looks of ten: {looks(look.n_seeds, look.at_most, look.ended)}{sooner}."


def how_to_train_more(comparison: Comparison) -> str:
    """The command that trains more seeds of an undecided comparison, with verdicts that err in 5 % all the same."""
    key, n_seeds = comparison.seeds_key, len(comparison.seeds)
    if comparison.runs[0].settings.within:
        return f"a larger `budget`, and `make budget COMPARISON={comparison.name}`"
    if (look := comparison.outcome.look) and look.ended == "most":
        return f"`dvc exp run -S {key}.at_most={2 * n_seeds}`"
    if look:  # a margin of the user's own, which training does not know
        return f"`dvc exp run -S {key}={2 * n_seeds}`"
    at_most = max(MORE, -(-2 * n_seeds // 10) * 10)
    return f"`dvc exp run -S '{key}={{at_most: {at_most}}}'`"
