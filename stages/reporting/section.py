"""A section of a chapter: one comparison, its verdict, its scores and its figures."""

import itertools
from dataclasses import dataclass

import numpy as np

from stages.basics.markup import Markdown, code, text
from stages.basics.words import number
from stages.losses.validity import percent
from stages.records.runs import Run
from stages.reporting import astray_text, crowd, loss_text, setup_text, tuning_text, winner_text
from stages.reporting.formats import difference, interval, listed, p_cell, plus_minus, rate_of
from stages.reporting.markdown import Image, Table
from stages.reporting.verdict_text import caution, verdict
from stages.scores import choosing
from stages.verdicts.comparison import Comparison, class_sizes, is_misleading
from stages.verdicts.pairs import Pair
from stages.verdicts.statistics import summarise


@dataclass(frozen=True)
class Pairs:
    """Every pair of losses, and the difference that does not matter."""

    table: Table
    margin: str


@dataclass(frozen=True)
class Figures:
    """The figures that show all losses; some suit only some tasks, and tuning is shown where there was any."""

    scores: Image
    epochs: Image
    punishment: Image
    tuning: Image | None
    regions: Image | None
    reliability: Image | None
    predicted: Image | None


@dataclass(frozen=True)
class Section:
    """All that the section of one comparison prints.

    Attributes:
        heading: what links lead to.
        headline: the score that decides.
        verdict: which loss to train with, and why.
        setup: the split, the scaling, the network and its training.
        tuning: how the learning rate and the epochs were chosen; empty where they were not.
        to_use: how new rows are predicted; empty where they cannot be.
        who: which losses are shown, where there are too many for all.
        losses: each loss, how it was trained, and its scores.
        others: the same for losses that are not shown.
        interval: what the ± in that table is; empty for a single seed.
        constant: the score of a constant prediction; empty where there is none.
        remarks: on losses that suit the data badly, classes that are unequal, rates at an edge, seeds that went astray.
        figures: those that show all losses.
        pairs: of two losses or more.
        epoch_metric: the score that is followed epoch by epoch.
        curves: a figure for each loss, by its name.
        scores: every score of every loss.
        scores_note: what to know of them.
        recalls: the recall of each class, where there are classes.
    """

    heading: str
    headline: str
    verdict: Markdown
    setup: Markdown
    tuning: Markdown
    to_use: Markdown
    who: Markdown
    losses: Table
    others: Table | None
    interval: str
    constant: Markdown
    remarks: list[Markdown]
    figures: Figures
    pairs: Pairs | None
    epoch_metric: str
    curves: dict[str, Image]
    scores: Table
    scores_note: Markdown
    recalls: Table | None


_NOTE_ON_VALUES = Markdown("`mse` is on the scaled target; `rmse` and `mae` are in the target's own units.")
_NOTE_ON_CLASSES = Markdown(
    "A dash stands where the score is not defined: `log_loss` needs outputs that are probabilities."
)


def heading(comparison: Comparison) -> str:
    """The heading of a comparison's section, which no dataset's chapter has."""
    return f"Comparison {comparison.name}"


def section(comparison: Comparison, explained: set[tuple[str, str]]) -> Section:
    """Fill every part of a section.

    Args:
        comparison: what it is about.
        explained: the losses, with their comparisons, for which a later chapter says more.
    """
    headline, constant = comparison.score.name, comparison.outcome.constant
    others = [run for run in comparison.runs if run.loss.name in crowd.others(comparison)]
    several, regression = len(comparison.seeds) > 1, comparison.task == "regression"
    return Section(
        heading=heading(comparison),
        headline=headline,
        verdict=Markdown(verdict(comparison)),
        setup=setup_text.setup(comparison),
        tuning=tuning_text.how_chosen(comparison) if comparison.is_tuned else Markdown(),
        to_use=winner_text.to_use(comparison),
        who=crowd.who(comparison),
        losses=_losses(comparison, crowd.runs(comparison)),
        others=_losses(comparison, others) if others else None,
        interval=", ± the half width of their 95 % interval: of train scores for new seeds, of test scores for new "
        "seeds and rows"
        if several
        else "",
        constant=Markdown()
        if constant is None
        else Markdown(f" A constant prediction has a test {text(headline)} of {number(constant)}."),
        remarks=_remarks(comparison, explained),
        figures=_figures(comparison),
        pairs=Pairs(_pairs(comparison), number(comparison.outcome.margin)) if comparison.outcome.pairs else None,
        epoch_metric=comparison.epoch_metric,
        curves={loss: _curves(comparison, loss) for loss in crowd.shown(comparison)},
        scores=_scores(comparison),
        scores_note=_NOTE_ON_VALUES if regression else _NOTE_ON_CLASSES,
        recalls=None if regression else _recalls(comparison),
    )


def verdict_cell(comparison: Comparison, pair: Pair) -> Markdown:
    """The verdict on a pair, with what makes it doubtful."""
    doubt = caution(comparison, pair)
    return Markdown(f"**{pair.verdict}**" + (f" ({doubt})" if doubt else ""))


def _losses(comparison: Comparison, runs: list[Run]) -> Table:
    headline = comparison.score.name
    rows = []
    for run in runs:
        loss = run.loss.name
        rows.append(
            (
                loss_text.named(run.loss, full=True),
                rate_of(run),
                str(run.n_epochs),
                plus_minus(summarise(run.values(headline, "train"))),
                "; ".join(filter(None, [plus_minus(comparison.outcome.summaries[loss]), loss_text.covers(run)])),
                f"{len(run.failed)} of {len(run.seeds)}",
                comparison.validity[loss].level,
                run.loss.activation,
                run.loss.targets.replace("_", " "),
            )
        )
    trained = ("loss", "learning rate", "epochs", f"train {headline}", f"test {headline}", "failed seeds")
    return Table((*trained, "on this data", "output activation", "targets"), rows)


def _remarks(comparison: Comparison, explained: set[tuple[str, str]]) -> list[Markdown]:
    alike: dict[str, list[str]] = {}
    for loss, judged in comparison.validity.items():
        if judged.reasons:
            why = " ([why](#what-some-scores-do-not-mean))" if (comparison.name, loss) in explained else ""
            alike.setdefault(f"{text(judged)}{why}", []).append(loss)
    remarks = [Markdown(f"{listed(losses)}{':' * (len(losses) > 1)} {judged}.") for judged, losses in alike.items()]
    return remarks + _imbalance(comparison) + tuning_text.doubts(comparison) + astray_text.remarks(comparison)


def _imbalance(comparison: Comparison) -> list[Markdown]:
    classes, n_rows = comparison.description.classes, len(comparison.labels)
    sizes = class_sizes(comparison.labels, comparison.description)
    if not choosing.are_unequal(sizes.tolist()):
        return []
    rarest, commonest = int(sizes.argmin()), int(sizes.argmax())
    sentence = (
        f"Classes are unequal: {code(classes[rarest])} has {sizes[rarest]:,} of {n_rows:,} rows "
        f"({percent(sizes[rarest] / n_rows)}), and always saying {code(classes[commonest])} would be right in "
        f"{percent(sizes[commonest] / n_rows)}."
    )
    if is_misleading(comparison):
        sentence += (
            f" Accuracy says little here: `report.headline: {{{comparison.name}: balanced_accuracy}}` in `params.yaml` "
            "judges by the mean recall of the classes."
        )
    return [Markdown(sentence)]


def _figures(comparison: Comparison) -> Figures:
    name, headline = comparison.name, comparison.score.name

    def image(kind: str, alt: str) -> Image:
        return Image(f"{alt} on {name}", f"{name}-{kind}.png")

    return Figures(
        scores=image("scores", f"Final test {headline} of every seed for each loss"),
        epochs=image("epochs", f"Test {comparison.epoch_metric} by epoch, every loss in one chart,"),
        punishment=image("punishment", "What each loss punishes"),
        tuning=image("tuning", "Validation score against the learning rate for each loss")
        if comparison.is_tuned
        else None,
        regions=image("regions", "Decision regions of each loss") if comparison.features is not None else None,
        reliability=image("reliability", "How often what is given a probability happens, for each loss")
        if any(run.loss.outputs_probability for run in crowd.runs(comparison))
        else None,
        predicted=image("predicted", "Predicted against actual target of each loss")
        if comparison.task == "regression"
        else None,
    )


def _curves(comparison: Comparison, loss: str) -> Image:
    shown = f"Loss and {comparison.epoch_metric} by epoch for {loss} on {comparison.name}"
    return Image(shown, f"{comparison.name}-{loss}-curves.png")


def _pairs(comparison: Comparison) -> Table:
    fixed = comparison.plan.fixed
    rows = []
    for losses in itertools.combinations(crowd.shown(comparison), 2):
        pair = comparison.outcome.pairs[losses]
        names = Markdown(f"{code(pair.loss)} − {code(pair.against)}")
        here = (interval(pair.on_these_rows),) if fixed and pair.on_these_rows else ("–",) * fixed
        rows.append((names, difference(pair), verdict_cell(comparison, pair), p_cell(pair.p), *here))
    head = ("pair", "difference for new rows", "verdict", "p", *(("on these very rows",) * fixed))
    return Table(head, rows)


def _scores(comparison: Comparison) -> Table:
    every = dict.fromkeys(metric for run in comparison.runs for metric in run.scores["metric"])
    # only the published figures need the first, and recalls have a table
    metrics = [name for name in every if name != "rounded_accuracy" and not name.startswith("recall_")]
    rows = [
        (code(run.loss.name), part, *(_mean(run.values(metric, part)) for metric in metrics))
        for run in crowd.runs(comparison)
        for part in ("train", "test")
    ]
    return Table(("loss", "part", *metrics), rows)


def _recalls(comparison: Comparison) -> Table:
    classes, sizes = comparison.description.classes, class_sizes(comparison.labels, comparison.description)
    rows = [
        (
            code(name),
            f"{size:,}",
            *(_mean(run.values(f"recall_{index}", "test")) for run in crowd.runs(comparison)),
        )
        for index, (name, size) in enumerate(zip(classes, sizes, strict=True))
    ]
    return Table(("class", "rows in all", *map(code, crowd.shown(comparison))), rows)


def _mean(values: np.ndarray) -> str:
    """The mean over the seeds of which there is a value; a dash where there is none."""
    finite = values[np.isfinite(values)]
    return number(finite.mean()) if len(finite) else "–"
