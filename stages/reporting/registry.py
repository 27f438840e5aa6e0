"""What the report is made of: its parts, the sections that stand in them, and the figures that sections show.

A section is a module of `sections`, found by being there: it holds a `SECTION` with its text, its template and its
figures. To add a section is to add a module; to add a figure is to add a row to the `figures` of its section.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from stages.records.runs import Run
from stages.reporting import sections as package
from stages.reporting import top_losses
from stages.reporting.drawing.plots import Grid
from stages.reporting.markdown import Image
from stages.reporting.texts.answer_text import how_trained
from stages.reporting.texts.published import Reference, differences
from stages.verdicts.comparison import Comparison


@dataclass(frozen=True)
class Report:
    """What a report is about.

    Attributes:
        comparisons: at least one, those on one dataset one after the other.
        reference: the published comparison.
        cells: whether what the cells of tables hold may be quoted.
        predict: what to type for the predictions of new rows, with the comparison's name and a file in braces.
        is_linked: whether first screens stand above the other parts, to which they lead.
    """

    comparisons: list[Comparison]
    reference: Reference
    cells: bool = True
    predict: str = "make predict COMPARISON={comparison} FILE={file}"
    is_linked: bool = True

    @property
    def of_datasets(self) -> list[list[Comparison]]:
        """The comparisons, those on one dataset together."""
        by_dataset: dict[str, list[Comparison]] = {}
        for comparison in self.comparisons:
            by_dataset.setdefault(comparison.dataset, []).append(comparison)
        return list(by_dataset.values())

    def trained_otherwise(self, comparison: Comparison) -> list[Comparison]:
        """The comparisons on the same rows where rates are chosen for each loss and here are not, or the reverse."""
        [on_it] = [group for group in self.of_datasets if comparison in group]
        return [other for other in on_it if other.is_tuned is not comparison.is_tuned]

    def training(self, comparison: Comparison) -> str:
        """How a comparison is trained, in words; empty where none on the same rows is trained otherwise."""
        if not self.trained_otherwise(comparison):
            return ""
        is_published = self.is_published(comparison) and not differences(self.reference, comparison.runs[0])
        return how_trained(comparison, as_published=is_published)

    def is_published(self, comparison: Comparison) -> bool:
        """Whether something was published on the losses of a comparison, on its dataset."""
        published = self.reference.scores.get(comparison.dataset, {})
        return any(loss in published for loss in comparison.losses)


# what one section is about: all comparisons, those on one dataset, or a single one
Subject = list[Comparison]


@dataclass(frozen=True)
class Part:
    """A part of the report.

    Attributes:
        name: by which sections say where they stand.
        subjects: what its sections are about, one after the other: each has all sections of the part.
        heading: of the part; empty for none.
        of_each: the heading of each subject, with its name in braces; empty for none.
    """

    name: str
    subjects: Callable[[Report], list[Subject]]
    heading: str = ""
    of_each: str = ""


def _whole(report: Report) -> list[Subject]:
    return [report.comparisons]


def _alone(report: Report) -> list[Subject]:
    return [[comparison] for comparison in report.comparisons]


PARTS = (
    # a user's own tables come first
    Part("answer", lambda report: [[one] for one in report.comparisons if not report.is_published(one)]),
    Part("claims", _whole),
    Part("answer", lambda report: [[one] for one in report.comparisons if report.is_published(one)]),
    Part("over all", _whole, heading="Over all tables"),
    Part("all sure", _whole, heading="How sure"),
    Part("sure", _alone, of_each="How sure: {comparison}"),
    Part("details", _alone, heading="Details", of_each="Details: {comparison}"),
    Part("published", lambda report: report.of_datasets, heading="Published figures"),
    Part("data", lambda report: report.of_datasets, heading="Your data", of_each="The data: {dataset}"),
    Part("method", _whole),
)


@dataclass(frozen=True)
class Figure:
    """A figure: what it shows, when, and how it is drawn.

    What is in braces in texts is of the comparison: ``{comparison}``, ``{dataset}``, ``{headline}``, ``{metric}``, and
    ``{loss}`` where there is one for each loss.

    Attributes:
        name: of its file, behind the name of what it is about.
        alt: what it shows, for those who cannot see it.
        heading: what stands above it, in at most eight words.
        legend: what its marks mean, which stands beside the heading of the first such figure alone.
        data: the arrays that are drawn, from what the figure is about, with the run where there is one for each loss;
            all that the drawing depends on, since it is drawn anew only where they changed.
        grid: the axes for them.
        draw: draws them on these axes, (n_rows, n_columns).
        applies: whether there is such a figure.
        about: the name of what it is about, which is the beginning of its file's name; empty for the whole report.
        of_losses: whether there is one for each loss that is shown.
    """

    name: str
    alt: str
    heading: str
    data: Callable[..., Any]
    grid: Callable[[Any], Grid]
    draw: Callable[[np.ndarray, Any], None]
    applies: Callable[[Subject], bool] = lambda _: True
    about: str = "{comparison}"
    of_losses: bool = False
    legend: str = ""

    def pictures(self, subject: Subject) -> list["Picture"]:
        """The figure of a subject, or of each of its losses."""
        if not self.applies(subject):
            return []
        if self.of_losses:
            return [Picture(self, subject, run) for run in top_losses.runs(subject[0])]
        return [Picture(self, subject)]


@dataclass(frozen=True)
class Picture:
    """A figure of something: of a subject, and where there is one for each loss of its run."""

    figure: Figure
    subject: Subject
    run: Run | None = None

    @property
    def file(self) -> str:
        """The name of its file."""
        names = [self.figure.about, *(["{loss}"] if self.run else []), self.figure.name]
        return f"{'-'.join(filter(None, names)).format(**self._words)}.svg"

    @property
    def image(self) -> Image:
        """What shows it in the report."""
        return Image(self.figure.alt.format(**self._words), self.file)

    @property
    def heading(self) -> str:
        """What stands above it."""
        return self.figure.heading.format(**self._words)

    @property
    def data(self) -> Any:
        """The arrays that are drawn."""
        return self.figure.data(self.subject, self.run) if self.run else self.figure.data(self.subject)

    @property
    def _words(self) -> dict[str, str]:
        first = self.subject[0]
        return {
            "comparison": first.name,
            "dataset": first.dataset,
            "headline": first.score.name,
            "metric": first.epoch_metric,
            "loss": self.run.loss.name if self.run else "",
        }


@dataclass(frozen=True)
class Section:
    """A section: its text, as a template and what it prints, and its figures.

    Attributes:
        part: where it stands, one of `PARTS`.
        order: its place among the sections of the part: the smaller comes first.
        template: Markdown, in which ``figures`` are all figures of the section that apply, each below its heading.
        content: what the template prints, of what the section is about; None where there is nothing to say.
        figures: the rows of the registry that this section shows.
    """

    part: str
    order: int
    template: str
    content: Callable[[Subject, Report], dict[str, Any] | None]
    figures: tuple[Figure, ...] = ()


@cache
def sections() -> tuple[Section, ...]:
    """Every section, in the order of the report within its part."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."))
    found_sections = [importlib.import_module(name).SECTION for name in names]
    return tuple(sorted(found_sections, key=lambda section: section.order))


Printed = tuple[Section, dict[str, Any]]  # a section, and what its template prints


def printed(report: Report, parts: Sequence[Part] = PARTS) -> Iterator[tuple[Part, Subject, list[Printed]]]:
    """What the report prints: for each part and subject, the sections with something to say and what they say."""
    for part in parts:
        for subject in part.subjects(report):
            of_part = [section for section in sections() if section.part == part.name]
            contents = [(section, section.content(subject, report)) for section in of_part]
            yield part, subject, [(section, content) for section, content in contents if content is not None]


def each_picture(report: Report) -> Iterator[Picture]:
    """Every figure of the report, in its order, each as soon as it can be told."""
    for _, subject, sections in printed(report):
        for section, _ in sections:
            for figure in section.figures:
                yield from figure.pictures(subject)


def pictures(report: Report) -> list[Picture]:
    """Every figure of the report, in its order."""
    return list(each_picture(report))
