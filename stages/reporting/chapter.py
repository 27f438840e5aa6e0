"""A chapter of the report: one dataset and the losses compared on it."""

from dataclasses import dataclass

import numpy as np

from stages.basics.words import counted
from stages.losses.validity import percent
from stages.records import datasets
from stages.reporting import columns_text, setup_text
from stages.reporting.formats import code, difference, number, p_cell, plus_minus, whole_percent
from stages.reporting.markdown import Image, Table
from stages.verdicts.comparison import Comparison

SHOWN_COLUMNS = 40  # more are counted


@dataclass(frozen=True)
class Columns:
    """What was done to the columns of a user's table.

    Attributes:
        fitted_on: the rows that decided it.
        table: the columns by what was done to them.
        odd: what is odd about them.
        pipeline: the file that does it to new rows.
    """

    fitted_on: str
    table: Table
    odd: list[str]
    pipeline: str


@dataclass(frozen=True)
class Pairs:
    """Every pair of losses, and the difference that does not matter."""

    table: Table
    margin: str


@dataclass(frozen=True)
class Figures:
    """The figures that show all losses of a chapter; of the last two at most one, as suits the task."""

    data: Image
    scores: Image
    punishment: Image
    regions: Image | None
    predicted: Image | None


@dataclass(frozen=True)
class Chapter:
    """All that a chapter prints.

    Attributes:
        name: of the comparison.
        headline: the score that decides.
        losses: each loss, whether it suits the data, and its scores.
        interval: what the ± in that table is; empty for a single seed.
        constant: the score of a constant prediction; empty where there is none.
        remarks: of losses that suit the data badly, or with a reservation.
        imbalance: that classes are unequal; empty where they are not.
        setup: the dataset, its split and scaling, and the network.
        figures: those that show all losses.
        columns: of a user's table.
        pairs: of two losses or more.
        epoch_metric: the score that is followed epoch by epoch.
        curves: a figure for each loss, by its name.
        scores: every score of every loss.
        scores_note: what to know of them.
        recalls: the recall of each class, where there are classes.
    """

    name: str
    headline: str
    losses: Table
    interval: str
    constant: str
    remarks: list[str]
    imbalance: str
    setup: str
    figures: Figures
    columns: Columns | None
    pairs: Pairs | None
    epoch_metric: str
    curves: dict[str, Image]
    scores: Table
    scores_note: str
    recalls: Table | None


def chapter(comparison: Comparison, explained: set[tuple[str, str]]) -> Chapter:
    """Fill every part of a chapter.

    Args:
        comparison: what it is about.
        explained: the losses, with their datasets, for which a later chapter says more.
    """
    name, headline, constant = comparison.name, comparison.headline, comparison.constant
    several, regression = len(comparison.seeds) > 1, comparison.task == "regression"
    return Chapter(
        name=name,
        headline=headline,
        losses=_losses(comparison),
        interval=", ± the half width of the 95 % interval of that mean (Student's t)" if several else "",
        constant="" if constant is None else f" A constant prediction has a test {headline} of {number(constant)}.",
        remarks=_remarks(comparison, explained),
        imbalance=_imbalance(comparison) if comparison.is_imbalanced else "",
        setup=setup_text.setup(comparison),
        figures=_figures(comparison),
        columns=_columns(comparison) if comparison.description.files else None,
        pairs=Pairs(_pairs(comparison), number(comparison.margin)) if comparison.pairs else None,
        epoch_metric=comparison.epoch_metric,
        curves={loss: _curves(comparison, loss) for loss in comparison.losses},
        scores=_scores(comparison),
        scores_note=(
            "`mse` is on the scaled target; `rmse` and `mae` are in the target's own units."
            if regression
            else "A dash stands where the score is not defined: `log_loss` needs outputs that are probabilities."
        ),
        recalls=None if regression else _recalls(comparison),
    )


def _losses(comparison: Comparison) -> Table:
    train, test = (comparison.summaries(part) for part in ("train", "test"))
    rows = []
    for run in comparison.runs:
        loss, in_full = run.loss.name, setup_text.loss_in_full(run.loss)
        rows.append(
            (
                f"`{loss}`" + (f" = {in_full}" if in_full else ""),
                run.loss.activation,
                run.loss.targets.replace("_", " "),
                comparison.validity[loss].level,
                plus_minus(train[loss]),
                plus_minus(test[loss]),
                f"{len(run.failed)} of {len(run.seeds)}",
            )
        )
    headline = comparison.headline
    head = ("loss", "output activation", "targets", "on this data", f"train {headline}", f"test {headline}")
    return Table((*head, "failed seeds"), rows)


def _remarks(comparison: Comparison, explained: set[tuple[str, str]]) -> list[str]:
    return [
        f"`{loss}` {judged}"
        + (" ([why](#what-some-scores-do-not-mean))" if (comparison.name, loss) in explained else "")
        + "."
        for loss, judged in comparison.validity.items()
        if judged.reasons
    ]


def _imbalance(comparison: Comparison) -> str:
    sizes, classes, n_rows = comparison.class_sizes, comparison.description.classes, comparison.n_rows
    rarest, commonest = int(sizes.argmin()), int(sizes.argmax())
    sentence = (
        f"Classes are unequal: {code(classes[rarest])} has {sizes[rarest]:,} of {n_rows:,} rows "
        f"({percent(sizes[rarest] / n_rows)}), and always saying {code(classes[commonest])} would be right in "
        f"{percent(sizes[commonest] / n_rows)}."
    )
    if comparison.headline == "accuracy":
        sentence += (
            f" Accuracy says little here: `report.headline: {{{comparison.name}: balanced_accuracy}}` in `params.yaml` "
            "judges by the mean recall of the classes, and retrains nothing."
        )
    return sentence


def _figures(comparison: Comparison) -> Figures:
    name, regression = comparison.name, comparison.task == "regression"
    shown = "The distribution of the target over all rows" if regression else "The rows by class"
    final = f"Final test {comparison.headline} of every seed for each loss on {name}"
    regions = Image(f"Decision regions of each loss on {name}", f"{name}-regions.png")
    predicted = Image(f"Predicted against actual target of each loss on {name}", f"{name}-predicted.png")
    return Figures(
        data=Image(f"{shown} of {name}", f"{name}-data.png"),
        scores=Image(final, f"{name}-scores.png"),
        punishment=Image(f"What each loss of {name} punishes", f"{name}-punishment.png"),
        regions=regions if comparison.is_plane else None,
        predicted=predicted if regression else None,
    )


def _curves(comparison: Comparison, loss: str) -> Image:
    shown = f"Loss and {comparison.epoch_metric} by epoch for {loss} on {comparison.name}"
    return Image(shown, f"{comparison.name}-{loss}-curves.png")


def _columns(comparison: Comparison) -> Columns:
    rows = []
    for (kind, done), columns in columns_text.treatments(comparison.scaled.folds).items():
        names = ", ".join(map(code, columns[:SHOWN_COLUMNS]))
        more = f" and {len(columns) - SHOWN_COLUMNS:,} more" if len(columns) > SHOWN_COLUMNS else ""
        rows.append((names + more, kind, done.replace("|", "¦").replace("<", "&lt;")))
    fitted = comparison.runs[0].settings.data.scale.fit_on
    return Columns(
        fitted_on="all rows" if fitted == "all" else "the train rows alone",
        table=Table(("columns", "kind", "what was done"), rows),
        odd=list(map(columns_text.odd, comparison.description.findings)),
        pipeline=str(datasets.pipeline_path(comparison.name, 0, len(comparison.scaled.folds))),
    )


def _pairs(comparison: Comparison) -> Table:
    rows = []
    for pair in comparison.each_pair():
        beats, low, high = map(whole_percent, (pair.beats, pair.beats_low, pair.beats_high))
        rows.append(
            (
                f"`{pair.loss}` − `{pair.against}`",
                difference(pair),
                p_cell(pair.p_holm),
                f"{beats} % ({low} to {high} %)",
                pair.verdict,
                number(pair.detectable) if pair.n_seeds >= pair.seeds_needed else "–",
                f"about {pair.seeds_to_settle:,}" if pair.seeds_to_settle else "–",
            )
        )
    smallest = f"smallest difference found with {counted(len(comparison.seeds), 'seed')}"
    head = ("pair", "difference", "p", "first beats second on", "verdict", smallest, "seeds to settle")
    return Table(head, rows)


def _scores(comparison: Comparison) -> Table:
    rows = [
        (f"`{run.loss.name}`", part, *(_mean(run.values(metric, part)) for metric in comparison.metrics))
        for run in comparison.runs
        for part in ("train", "test")
    ]
    return Table(("loss", "part", *comparison.metrics), rows)


def _recalls(comparison: Comparison) -> Table:
    rows = [
        (
            code(name),
            f"{size:,}",
            *(_mean(run.values(f"recall_{index}", "test")) for run in comparison.runs),
        )
        for index, (name, size) in enumerate(zip(comparison.description.classes, comparison.class_sizes, strict=True))
    ]
    return Table(("class", "rows in all", *(f"`{loss}`" for loss in comparison.losses)), rows)


def _mean(values: np.ndarray) -> str:
    """The mean over the seeds of which there is a value; a dash where there is none."""
    finite = values[np.isfinite(values)]
    return number(finite.mean()) if len(finite) else "–"
