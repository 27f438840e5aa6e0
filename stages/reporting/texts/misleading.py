"""Scores of a report that do not mean what they seem to: the accuracy of hinge losses, MSLE below 0."""

from dataclasses import dataclass

import numpy as np

from stages.basics.markup import Markdown, code
from stages.basics.words import number
from stages.losses.validity import OUTPUTS
from stages.records import plans
from stages.records.runs import Run
from stages.reporting.formats import whole_percent
from stages.reporting.markdown import Table
from stages.verdicts.comparison import Comparison


@dataclass(frozen=True)
class Clipped:
    """A loss that counts targets below 0 as 0, in a comparison that has some.

    Attributes:
        comparison: its name.
        loss: its name.
        share: of the train targets that are below 0, in percent.
        no_gradient: what becomes of predictions below 0, if anything.
        spread: from where to where its test scores go over the seeds.
    """

    comparison: str
    loss: str
    share: str
    no_gradient: str
    spread: Markdown


@dataclass(frozen=True)
class Misleading:
    """What a reader of the scores should know.

    Attributes:
        hinges: the accuracy of hinge losses under two rules; None where there are none.
        clipped: losses that see part of the data as 0.
    """

    hinges: Table | None
    clipped: list[Clipped]

    @classmethod
    def of(cls, comparisons: list[Comparison]) -> "Misleading":
        """What misleads in these comparisons."""
        rows = [
            (
                comparison.name,
                code(run.loss.name),
                _median(run, "rounded_accuracy"),
                Markdown(f"**{_median(run, 'accuracy')}**"),
            )
            for comparison in comparisons
            for run in comparison.runs
            if run.loss.targets == "plus_minus_one" and not run.loss.is_custom and run.finished.any()
            if len(run.values("rounded_accuracy", "test"))
        ]
        head = ("comparison", "loss", "rounded output equals target", "sign of the output")
        clipped = [
            _clipped(comparison, run)
            for comparison in comparisons
            for run in comparison.runs
            if run.loss.target_range == "clipped below 0"
            and not run.loss.target_transform
            and _share_below_zero(comparison)
        ]
        return cls(Table(head, rows) if rows else None, clipped)

    @property
    def explained(self) -> set[tuple[str, str]]:
        """The losses, with their comparisons, of which it is explained what they do below 0."""
        return {(clip.comparison, clip.loss) for clip in self.clipped}


def _median(run: Run, metric: str) -> str:
    return number(float(np.nanmedian(run.values(metric, "test"))))


def _clipped(comparison: Comparison, run: Run) -> Clipped:
    positive = OUTPUTS.get(run.loss.activation, (-np.inf,))[0] >= 0
    values = run.values("mse", "test")
    values = values[np.isfinite(values)]
    return Clipped(
        comparison=comparison.name,
        loss=run.loss.name,
        share=whole_percent(_share_below_zero(comparison)),
        no_gradient="" if positive else ", and a negative prediction has no gradient",
        spread=_spread(comparison.name, values) if len(values) > 1 else Markdown(),
    )


def _share_below_zero(comparison: Comparison) -> float:
    """The share of the scaled train targets that are below 0, on the split where it is the largest."""
    batch_size = comparison.runs[0].settings.batch_size
    splits = plans.seen_by_losses(comparison.plan, comparison.description, comparison.labels, batch_size)
    return float(max((seen.labels < 0).mean() for seen in splits))


def _spread(name: str, values: np.ndarray) -> Markdown:
    ends = f"from {number(values.min())} to {number(values.max())}"
    return Markdown(f"Over the seeds of {code(name)} the test mse goes {ends}. ")
