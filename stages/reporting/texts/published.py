"""Our scores beside those of the published comparison that the default parameters reproduce."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml
from pydantic import TypeAdapter

from stages.basics import paths
from stages.basics.cli import UserError
from stages.basics.markup import Markdown, code
from stages.losses.catalogue import LOSSES
from stages.records.runs import Run
from stages.reporting.formats import at_place, difference, enumerated, interval, place_of, place_of_ends, power_beside
from stages.reporting.markdown import Table
from stages.reporting.texts import answer_text
from stages.scores import catalogue
from stages.verdicts.comparison import Comparison, names, trained_as
from stages.verdicts.pairs import Pair, Verdict
from stages.verdicts.statistics import lacking


@dataclass(frozen=True)
class Reference:
    """The published comparison.

    Attributes:
        source: who published it, where and when.
        settings: by dataset, what a run must share with the published one to be set beside it.
        metrics: by dataset, the metric that was published.
        scores: by dataset, by loss, by part.
    """

    source: str
    settings: dict[str, dict[str, Any]]
    metrics: dict[str, str]
    scores: dict[str, dict[str, dict[str, float]]]


_REFERENCE = TypeAdapter(Reference)
NOTHING = Reference("", {}, {}, {})  # for a report of which nothing was published


@dataclass(frozen=True)
class Row:
    """One published score and ours: the median and the range over seeds of the same metric."""

    dataset: str
    loss: str
    metric: str
    part: str
    published: float
    median: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the published score, given to three decimals, lies in our range over seeds."""
        return bool(round(self.low, 3) <= self.published <= round(self.high, 3))


@dataclass(frozen=True)
class Claim:
    """What the published scores say of two losses, and what we find.

    Attributes:
        comparison: ours that judges it, where each loss was at its own best if that was tried.
        loss: the one with the best published score.
        against: the other.
        published: the scores of the two.
        verdict: ours on the first against the other.
        scores: of the two, ours.
        why: how the first stands to the other, in words.
        n_seeds: how many networks of each loss it was tried with.
    """

    comparison: Comparison
    loss: str
    against: str
    published: tuple[float, float]
    verdict: Verdict
    scores: str
    why: str
    n_seeds: int

    @property
    def holds(self) -> bool:
        """Whether it is shown to be so."""
        alike = self.published[0] == self.published[1]
        return self.verdict in (("equivalent", "same objective") if alike else ("better",))

    @property
    def answer(self) -> str:
        """Whether it holds, in a word."""
        if self.verdict in ("inconclusive", "too few seeds"):
            return "not proven"
        return "yes" if self.holds else "no"


@dataclass(frozen=True)
class Published:
    """What was published of one dataset, beside ours.

    Attributes:
        source: who published it.
        metric: under which metric.
        otherwise: a sentence for each comparison that was trained otherwise and whose scores are not set beside it.
        scores: published and ours; None where all were trained otherwise.
        inside: how many of them lie inside our range.
        claims: for each loss that is not the best published, whether that holds; None for fewer than two losses.
    """

    source: str
    metric: str
    otherwise: list[str]
    scores: Table | None
    inside: str
    claims: Table | None


def read() -> Reference:
    """The published settings and scores."""
    try:
        return _REFERENCE.validate_python(yaml.safe_load(paths.PUBLISHED.read_text(encoding="utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:  # of the system, of pydantic and of YAML
        raise UserError(f"{paths.PUBLISHED} cannot be read; restore it with: git checkout {paths.PUBLISHED}") from error


def beside(reference: Reference, on_it: list[Comparison]) -> Published | None:
    """What was published of a dataset, beside our comparisons on it; None where nothing was of these losses."""
    dataset = on_it[0].dataset
    published = reference.scores.get(dataset, {})
    if not any(loss in published for comparison in on_it for loss in comparison.losses):
        return None
    rows, otherwise = [], []
    for comparison in on_it:
        if comparison.is_tuned:
            continue  # which is meant to differ
        if differing := differences(reference, comparison.runs[0]):
            why = "; ".join(differing)
            otherwise.append(f"{comparison.name} is not set beside it, as it was trained otherwise: {why}.")
        else:
            rows += [row for run in comparison.runs for row in compare(reference, run)]
    return Published(
        source=reference.source,
        metric=reference.metrics[dataset],
        otherwise=otherwise,
        scores=_table(rows) if rows else None,
        inside=f"{sum(row.inside for row in rows)} of {len(rows)}",
        claims=_claims(reference, on_it),
    )


def claims(reference: Reference, on_it: list[Comparison]) -> list[Claim]:
    """What the published scores of a dataset say of its best loss against each other one, and what we find."""
    scores = _published_of(reference, on_it)
    if len(scores) < 2:
        return []
    best = _best(reference, on_it[0].dataset, scores)
    decides = sorted(on_it, key=lambda comparison: not comparison.is_tuned)
    judgements = []
    for loss in scores:
        judged = [comparison for comparison in decides if {best, loss} <= set(names(comparison))]
        if loss == best or not judged:
            continue
        comparison = judged[0]
        trained = trained_as(comparison, best), trained_as(comparison, loss)
        pair = comparison.outcome.pairs.get(trained)
        verdict = pair.verdict if pair else "same objective"
        finding = _scores(comparison, *trained, pair), how_sure(comparison, pair)
        n_seeds = pair.n_seeds if pair else len(comparison.seeds)
        of_two = scores[best], scores[loss]
        judgements.append(Claim(comparison, best, loss, of_two, verdict, *finding, n_seeds))
    return judgements


def _scores(comparison: Comparison, best: str, loss: str, pair: Pair | None) -> str:
    """The scores of two losses, as they stand on the first screen of their comparison; one where they are one loss."""
    losses = (best,) if pair is None else (best, loss)
    scores = " against ".join(answer_text.score_of(comparison, name) for name in losses)
    return f"{comparison.score.name} {scores}"


def by_old_accuracy(reference: Reference, judged: list[Claim]) -> Markdown:
    """What the losses have by the accuracy that was published, where it decides otherwise; empty where it does not."""
    shares = []
    for claim in judged:
        comparison = claim.comparison
        metric = reference.metrics[comparison.dataset]
        if metric == "rounded_accuracy" and comparison.score.name == "accuracy":
            values = [run.values(metric, "test") for run in comparison.runs if run.loss.name == claim.against]
            shares += [
                f"{code(claim.against)} {np.nanmedian(seeds):.2f}" for seeds in values if np.isfinite(seeds).any()
            ]
    if not shares:
        return Markdown()
    return Markdown(f"Keras' old `accuracy` calls outputs from −0.5 to 0.5 wrong. By it, {enumerated(shares)}.")


def how_sure(comparison: Comparison, pair: Pair | None) -> str:
    """What the difference between the first loss of a pair and the second may be on new rows; None for one loss."""
    if pair is None or pair.verdict == "same objective":
        return "the same loss, by another name"
    mean, other = (comparison.outcome.summaries[loss].mean for loss in (pair.loss, pair.against))
    is_open = pair.low <= 0 and pair.high >= lacking(other, higher_is_better=comparison.score.higher_is_better)
    if pair.verdict == "too few seeds" or not math.isfinite(pair.low) or is_open:
        return "so few seeds or rows cannot say"
    near, far = sorted((abs(pair.low), abs(pair.high)))
    place = place_of_ends(pair.low, pair.high, place_of((pair.high - pair.low) / 2, pair.difference))
    power = power_beside(min(mean, other, key=abs), place, pair.low, pair.high)
    if pair.low * pair.high > 0:
        side = "better" if pair.low > 0 else "worse"
        return f"{at_place(near, place, power)} to {at_place(far, place, power)} {side}"
    return answer_text.may_be(better=pair.high, worse=-pair.low, place=place, power=power)


def _published_of(reference: Reference, on_it: list[Comparison]) -> dict[str, float]:
    """The published test scores of the losses that are compared on a dataset."""
    compared = {name for comparison in on_it for name in names(comparison)}
    known_losses = reference.scores.get(on_it[0].dataset, {})
    return {loss: parts["test"] for loss, parts in known_losses.items() if loss in compared}


def _best(reference: Reference, dataset: str, scores: dict[str, float]) -> str:
    score = catalogue.find(reference.metrics[dataset], None)
    sign = 1 if score is None or score.higher_is_better else -1
    return max(scores, key=lambda loss: sign * scores[loss])


def _claims(reference: Reference, on_it: list[Comparison]) -> Table | None:
    """For each loss but the best as published: by how much it is worse there, and our verdicts."""
    scores = _published_of(reference, on_it)
    if len(scores) < 2:
        return None
    best = _best(reference, on_it[0].dataset, scores)
    rows = []
    for loss, score in scores.items():
        if loss != best:
            than = "as good as" if score == scores[best] else "better than"
            claim = Markdown(f"{code(best)} ({scores[best]:.3f}) {than} {code(loss)} ({score:.3f})")
            rows.append((claim, *(_verdict(comparison, best, loss) for comparison in on_it)))
    columns = [f"{comparison.name}{': each loss at its own best' * comparison.is_tuned}" for comparison in on_it]
    head = ("as published", *columns)
    return Table(head, rows)


def _verdict(comparison: Comparison, loss: str, against: str) -> Markdown:
    """Our verdict on a loss against another, for new rows and where all seeds tested the same rows also on these."""
    trained = trained_as(comparison, loss), trained_as(comparison, against)
    if trained[0] == trained[1] in comparison.losses:
        return Markdown("**same objective**, trained once")
    pair = comparison.outcome.pairs.get(trained)
    if pair is None:
        return Markdown("–")
    on_these_rows = (
        f"; on these very rows {interval(pair.on_these_rows)}" if pair.on_these_rows and pair.n_seeds > 1 else ""
    )
    return Markdown(f"**{pair.verdict}**: {difference(pair)}{on_these_rows}")


def differences(reference: Reference, run: Run) -> list[str]:
    """In what a run's settings differ from the published ones of its dataset; empty where they do not."""
    return _differences(reference.settings.get(run.dataset, {}), run.settings.model_dump(mode="json"))


def compare(reference: Reference, run: Run) -> list[Row]:
    """The published scores of a run's dataset and loss beside ours; empty where none were published.

    A loss with other parameters or another output than the catalogue's is another loss.
    """
    if run.loss != LOSSES.get(run.loss.name):
        return []
    metric = reference.metrics.get(run.dataset, "")
    rows = []
    for part, score in reference.scores.get(run.dataset, {}).get(run.loss.name, {}).items():
        values = run.values(metric, part)
        values = values[np.isfinite(values)]
        if len(values):
            of_seeds = float(np.median(values)), float(values.min()), float(values.max())
            rows.append(Row(run.dataset, run.loss.name, metric, part, score, *of_seeds))
    return rows


def _table(rows: list[Row]) -> Table:
    cells = [
        (
            code(row.loss),
            row.part,
            f"{row.published:.3f}",
            f"{row.median:.3f}",
            f"{row.low:.3f} to {row.high:.3f}",
            "yes" if row.inside else "no",
        )
        for row in rows
    ]
    return Table(("loss", "part", "published", "ours: median", "range", "inside"), cells)


def _differences(published: dict[str, Any], settings: dict[str, Any], path: str = "") -> list[str]:
    differing = []
    for key, value in published.items():
        setting = settings.get(key)
        if isinstance(value, dict):
            differing += _differences(value, setting or {}, f"{path}{key}.")
        elif setting != value:
            differing.append(f"{path}{key} is {setting}, there {value}")
    return differing
