"""What the report holds for programs: results, pairs, curves, tuning, metrics and verdicts."""

from typing import Any

import numpy as np
import pandas as pd

from stages.basics.markup import code, plain
from stages.records.references import Reference, as_json
from stages.records.runs import Run
from stages.records.winners import Calibrating, Recommended
from stages.reporting import page, top_losses
from stages.reporting.drawing import panel
from stages.reporting.formats import difference
from stages.reporting.registry import Picture, Report
from stages.reporting.texts import answer_text, published
from stages.reporting.texts.verdict_text import some_learned, surely_beats_constant
from stages.scores import catalogue
from stages.verdicts.advice import cost_of_being_wrong
from stages.verdicts.comparison import Comparison
from stages.verdicts.held_out import residuals
from stages.verdicts.statistics import lacking
from stages.verdicts.tuned import best_of_each_rate

RESULTS = ["comparison", "dataset", "loss", "seed", "part", "metric", "value"]
PAIRS = ["comparison", "loss", "against", "difference", "low", "high", "p", "margin", "verdict", "cost_of_being_wrong"]
FIRST = "losses"  # the name of the figure of the first screen
# of DVC's plots; `axis` is log for errors, whose differences are of orders of magnitude, else linear
LOSSES = ["panel", "loss", "value", "low", "high", "verdict", "color", "axis"]
CURVES = ["panel", "loss", "part", "epoch", "mean", "low", "high", "color", "axis"]
SCORES = ["panel", "loss", "seed", "value", "color", "axis"]
TUNING = ["panel", "loss", "schedule", "learning_rate", "value", "epochs", "chosen", "color", "axis"]


def results(comparisons: list[Comparison]) -> pd.DataFrame:
    """Every score, one row each: the columns `RESULTS`; the value is empty where a seed failed."""
    tables = [
        run.scores.assign(comparison=comparison.name, dataset=comparison.dataset, loss=run.loss.name)
        for comparison in comparisons
        for run in comparison.runs
    ]
    return pd.concat([*tables, *map(_at_own_thresholds, comparisons)])[RESULTS]


def _at_own_thresholds(comparison: Comparison) -> pd.DataFrame:
    """The test score that decides, with decisions at thresholds of each loss's own; none where they are by its rule."""
    tables = [
        pd.DataFrame({"loss": loss, "seed": comparison.seeds[: len(values)], "value": values})
        for loss, values in comparison.outcome.scores.items()
        if loss in comparison.outcome.thresholds
    ]
    named = {"comparison": comparison.name, "dataset": comparison.dataset, "part": "test"}
    metric = f"{comparison.score.name} at its own threshold"
    return pd.concat([table.assign(**named, metric=metric) for table in tables]) if tables else pd.DataFrame()


def pairs(comparisons: list[Comparison]) -> pd.DataFrame:
    """Every pair in both orders: the columns `PAIRS`.

    A positive difference is in favour of the loss, the interval is the 95 % one for new rows, and p is adjusted by
    Holm. The cost of being wrong is the most that any other loss may have over `loss`, the same for all its rows.
    """
    rows = []
    for comparison in comparisons:
        for loss in comparison.losses:
            others = [other for other in comparison.losses if other != loss]
            rivals = [comparison.outcome.pairs[other, loss] for other in others]
            unlike = [pair for pair in rivals if pair.verdict != "same objective"]
            mean = comparison.outcome.summaries[loss].mean
            cost, _ = cost_of_being_wrong(unlike, lacking(mean, higher_is_better=comparison.score.higher_is_better))
            for other in others:
                pair = comparison.outcome.pairs[loss, other]
                numbers = pair.difference, pair.low, pair.high, pair.p, pair.margin
                rows.append((comparison.name, loss, other, *numbers, pair.verdict, cost))
    return pd.DataFrame(rows, columns=PAIRS)


def losses(pictures: list[Picture]) -> pd.DataFrame:
    """What the figure of the first screen draws, for DVC's plots: the columns `LOSSES`, the best loss first."""
    rows = []
    for picture in pictures:
        if picture.figure.name == FIRST:
            drawn: panel.Panel = picture.data
            name = f"{picture.subject[0].name}: {drawn.label}"
            lowest, highest = min(row.low for row in drawn.rows), max(row.value for row in drawn.rows)
            axis = "log" if not drawn.higher_is_better and highest > 10 * lowest > 0 else "linear"
            for row in drawn.rows:
                color, _ = panel.mark_of(row.verdict)
                verdict_on_it = "recommended" if row.verdict == "best" else row.verdict
                rows.append((name, row.loss, row.value, row.low, row.high, verdict_on_it, color, axis))
    return pd.DataFrame(rows, columns=LOSSES)


def curves(comparisons: list[Comparison]) -> pd.DataFrame:
    """A score by epoch, for DVC's plots: its mean, and the band that holds the middle 80 % of the seeds."""
    tables = []
    for comparison in comparisons:
        colors = top_losses.colors(comparison)
        for run in comparison.runs:
            for part, name in (("train", comparison.epoch_metric), ("test", f"val_{comparison.epoch_metric}")):
                values = run.epochs(name)[run.finished]
                if len(values):
                    low, high = np.percentile(values, [10, 90], axis=0)
                    band = {"epoch": range(1, len(low) + 1), "mean": values.mean(axis=0), "low": low, "high": high}
                    named = {"panel": f"{comparison.name}: {run.loss.name}", "loss": run.loss.name, "part": part}
                    look = {"color": colors[run.loss.name], "axis": _axis(comparison.epoch_metric)}
                    tables.append(pd.DataFrame(named | band | look))
    return pd.concat(tables) if tables else pd.DataFrame(columns=CURVES)


def scores(comparisons: list[Comparison]) -> pd.DataFrame:
    """The score that decides, for DVC's plots: a row for every seed that did not fail, with the columns `SCORES`."""
    tables = []
    for comparison in comparisons:
        name, colors = f"{comparison.name}: test {comparison.score.name}", top_losses.colors(comparison)
        for run in comparison.runs:
            values = {"seed": run.seeds, "value": comparison.outcome.scores[run.loss.name]}
            look = {"color": colors[run.loss.name], "axis": _axis(comparison.score.name)}
            tables.append(pd.DataFrame({"panel": name, "loss": run.loss.name} | values | look).dropna())
    return pd.concat(tables)


def _axis(score: str) -> str:
    row = catalogue.find(score, None)
    return "linear" if row and row.higher_is_better else "log"


def tuning(comparisons: list[Comparison]) -> pd.DataFrame:
    """The best validation score at each learning rate and schedule tried, for DVC's plots: the columns `TUNING`."""
    rows = []
    for comparison in comparisons:
        colors = top_losses.colors(comparison)
        for run in comparison.runs:
            if run.tuning:
                rows += _rows_of_tuning(f"{comparison.name}: validation {run.tuning.score}", run, colors[run.loss.name])
    return pd.DataFrame(rows, columns=TUNING)


def _rows_of_tuning(name: str, run: Run, color: str) -> list[tuple]:
    chosen, axis = (run.schedule, run.learning_rate), _axis(run.tuning.score)
    return [
        (name, run.loss.name, *at, tried.value, tried.epochs, at == chosen, color, axis)
        for schedule in ("cosine", "constant")
        for tried in best_of_each_rate(run.tuning, schedule)
        for at in [(schedule, tried.rate)]
    ]


def metrics(comparisons: list[Comparison]) -> dict[str, Any]:
    """DVC's metrics: for each comparison which loss to use, and by loss how it did.

    - ``use``: the recommended loss; with ``score``, its mean test score, ``reference``, the loss that the others are
      held against, ``constant``, the score of the same answer for every row, ``linear`` and ``boosting``, those of
      models that are no networks, and ``cost``, the most that another loss may be better by; each where there is such;
    - ``test_<score>``: the mean test score by loss; where each loss has its own best, also ``learning_rate``,
      ``schedule`` and ``epochs``.
    """
    return {comparison.name: _metrics(comparison) for comparison in comparisons}


def _metrics(comparison: Comparison) -> dict[str, Any]:
    outcome = comparison.outcome
    means = {loss: summary.mean for loss, summary in outcome.summaries.items() if summary.n}
    answer: dict[str, Any] = {}
    if means:
        best = outcome.advice.best
        answer = {"use": best, "score": means.get(best), "reference": outcome.baseline, "constant": outcome.constant}
        answer |= {beside.reference.name: beside.summary.mean for beside in comparison.beside}
        answer["cost"] = outcome.advice.cost if np.isfinite(outcome.advice.cost) else None
    scores = {name: value for name, value in answer.items() if value is not None}
    scores[f"test_{comparison.score.name}"] = means
    if not comparison.is_tuned:
        return scores
    return scores | {
        "learning_rate": {run.loss.name: run.learning_rate for run in comparison.runs},
        "schedule": {run.loss.name: run.schedule for run in comparison.runs},
        "epochs": {run.loss.name: run.n_epochs for run in comparison.runs},
    }


def recommended(comparison: Comparison) -> Recommended | None:
    """For stage `winner`: the loss to train with; None where every seed of every loss failed."""
    if not any(summary.n for summary in comparison.outcome.summaries.values()):
        return None
    loss, threshold = comparison.outcome.advice.best, comparison.outcome.to_use
    mean, beats_constant = comparison.outcome.summaries[loss].mean, surely_beats_constant(comparison, loss)
    average = comparison.averages[loss]
    [run] = [run for run in comparison.runs if run.loss.name == loss]
    missed = residuals.for_new_rows(run, comparison.score, comparison.plan, comparison.labels, comparison.weights)
    return Recommended(
        loss=loss,
        score=comparison.score.name,
        mean=mean,
        beats_constant=beats_constant,
        threshold=None if threshold is None else threshold.tolist(),
        averaged=average.score if average else None,
        averaged_over=(average.fewest, average.most) if average else None,
        calibration=_calibrating(comparison, loss),
        costs=[list(costs) for costs in comparison.score.costs] if comparison.score.costs else None,
        residuals=None if missed is None else missed.tolist(),
    )


def _calibrating(comparison: Comparison, loss: str) -> Calibrating | None:
    """The calibration that makes a loss's probabilities better on new rows; None where none does."""
    calibrated = comparison.calibrated.get(loss)
    is_asked = calibrated and (calibrated.is_better or comparison.score.costs)
    if not is_asked or not (to_use := calibrated.to_use):
        return None
    scores = calibrated.scores["log_loss"]
    before_and_after = (
        [] if calibrated.raw is None else [float(losses[np.isfinite(losses)].mean()) for losses in scores]
    )
    return Calibrating(to_use.slope, list(to_use.offsets), before_and_after)


def verdicts(comparisons: list[Comparison], pictures: list[Picture]) -> dict[str, Any]:
    """What MLflow shows: the score that decides, verdict and figures of each comparison, and what is of each loss.

    Args:
        comparisons: the comparisons.
        pictures: every figure of the report.
    """
    return {comparison.name: _verdict(comparison, pictures) for comparison in comparisons}


def _verdict(comparison: Comparison, pictures: list[Picture]) -> dict[str, Any]:
    # with those of its dataset, and without those of the whole report
    about_it = [picture for picture in pictures if picture.figure.about and comparison in picture.subject]
    colors = top_losses.colors(comparison)
    return {
        "headline": comparison.score.name,
        "higher_is_better": comparison.score.higher_is_better,
        "answer": plain(answer_text.in_a_line(comparison)),
        "verdict": _first_screen(comparison),
        "figures": [picture.file for picture in about_it if picture.run is None],
        "references": {reference.name: _of_reference(comparison, reference) for reference in comparison.references},
        "losses": {
            loss: {
                "verdict": word(comparison, loss),
                "note": _note(comparison, loss),
                "color": colors[loss],
                **_decided(comparison, loss),
                "figures": [picture.file for picture in about_it if picture.run and picture.run.loss.name == loss],
            }
            for loss in comparison.losses
        },
    }


def _of_reference(comparison: Comparison, reference: Reference) -> dict[str, Any]:
    """The verdict on a model that is no network, in a word or two, a note, and the test score of each seed."""
    best = code(comparison.outcome.advice.best)
    for beside in comparison.beside:
        if beside.reference is reference:
            note = f"Against the networks of {best}: {beside.pair.verdict}, difference {difference(beside.pair)}."
            facts = {"verdict": f"reference: {beside.pair.verdict}", "note": note}
            return facts if comparison.outcome.by_rule is None else facts | {"decided": as_json(beside.scores)}
    if reference.problem:
        return {"verdict": "reference: not fitted", "note": f"Could not be fitted: {reference.problem}."}
    return {"verdict": "reference", "note": "The same answer for every row."}


def word(comparison: Comparison, loss: str) -> str:
    """The verdict on a loss in a word or two, against the baseline where a baseline was chosen."""
    outcome = comparison.outcome
    if len(comparison.losses) == 1:
        return "trained alone"
    if loss == outcome.advice.best:
        return "recommended" if some_learned(comparison) else "best, not surely better than a guess"
    return "baseline" if loss == outcome.baseline else outcome.pairs[loss, outcome.baseline].verdict


def _first_screen(comparison: Comparison) -> str:
    """The first screen as Markdown without its heading and its figure: the answer comes first."""
    alone = Report([comparison], published.NOTHING, is_linked=False)
    _, _, below = page.first_screens(alone, figures=False).partition("\n\n")
    return below


def _decided(comparison: Comparison, loss: str) -> dict[str, list[float | None]]:
    """The test score of each seed, None of one that failed, where decisions are not by the loss's own rule."""
    if comparison.outcome.by_rule is None:
        return {}
    return {"decided": as_json(comparison.outcome.scores[loss])}


def _note(comparison: Comparison, loss: str) -> str:
    if len(comparison.losses) == 1:
        return "The only loss that was trained."
    if loss == comparison.outcome.baseline:
        return "The baseline of this comparison." if comparison.own_baseline else "The recommended loss."
    pair = comparison.outcome.pairs[loss, comparison.outcome.baseline]
    what = "baseline" if comparison.own_baseline else "recommended"
    return f"Against the {what} {code(pair.against)}: {pair.verdict}, difference {difference(pair)}."
