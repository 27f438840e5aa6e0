"""How the learning rate and the epochs of each loss were chosen, in sentences."""

from collections.abc import Iterator

from stages.basics.markup import Markdown, text
from stages.basics.words import counted
from stages.records.runs import Tuning
from stages.reporting.formats import listed, rate
from stages.verdicts.comparison import Comparison


def how_chosen(comparison: Comparison) -> Markdown:
    """By what the learning rate and the epochs were chosen."""
    tuned = [run for run in comparison.runs if run.tuning]
    rates = sorted({float(each) for run in tuned for each in run.tuning.rates})
    by: dict[str, list[str]] = {}
    for run in tuned:
        by.setdefault(run.tuning.score, []).append(run.loss.name)
    own = by.pop("loss", [])
    scores = [f"the mean validation {text(score)}" for score in by]
    if own:
        scores.append("each loss's own validation loss" if not by else f"the validation loss itself ({listed(own)})")
    seeds = counted(len(comparison.seeds), "seed")
    return Markdown(
        f"Learning rate and epochs were chosen by {' and '.join(scores)} over {seeds}, at the rates "
        f"{', '.join(map(rate, rates))}, on a fifth of each seed's train rows; "
        "then each seed trained on all its train rows."
    )


def doubts(comparison: Comparison) -> list[Markdown]:
    """Sentences on losses whose best rate or number of epochs may lie beyond those tried, one for those alike."""
    alike: dict[str, list[str]] = {}
    for run in comparison.runs:
        for doubt in _doubts(run.tuning) if run.tuning else ():
            alike.setdefault(doubt, []).append(run.loss.name)
    return [
        Markdown(doubt.format(losses=listed(losses), verb="is" if len(losses) == 1 else "are"))
        for doubt, losses in alike.items()
    ]


def _doubts(tuning: Tuning) -> Iterator[str]:
    if tuning.at_edge:
        end = "smallest" if tuning.rate == min(tuning.rates) else "largest"
        yield f"{{losses}} {{verb}} best at the {end} learning rate that was tried, {rate(tuning.rate)}."
    if tuning.at_last_epoch:
        epochs = counted(tuning.epochs, "epoch")
        yield f"{{losses}} {{verb}} best at the last of {epochs}; more may be better."
    if failing := [rate(each) for each, n_failed in zip(tuning.rates, tuning.n_failed, strict=True) if n_failed]:
        yield f"Seeds of {{losses}} failed at a learning rate of {', '.join(failing)}, which counts as worst."
