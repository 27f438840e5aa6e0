"""A chapter of the report: one dataset, what was published of it, and the comparisons made on it."""

from dataclasses import dataclass

from stages.basics.markup import Markdown, code
from stages.records import datasets, findings_text
from stages.reporting import columns_text, published, section, setup_text
from stages.reporting.markdown import Image, Table
from stages.reporting.published import Published, Reference
from stages.reporting.section import Section
from stages.verdicts.comparison import Comparison

SHOWN_COLUMNS = 40  # more are counted


@dataclass(frozen=True)
class Columns:
    """What was done to the columns of a user's table.

    Attributes:
        table: the columns by what was done to them.
        odd: what is odd about them.
        pipelines: the files that do it to new rows, one for each comparison.
    """

    table: Table
    odd: list[str]
    pipelines: Markdown


@dataclass(frozen=True)
class Chapter:
    """All that a chapter prints.

    Attributes:
        dataset: its name.
        source: where the rows come from, and what is predicted.
        data: the figure of the target, or of the classes.
        columns: of a user's table.
        published: our scores beside the published ones, where any were published.
        sections: one for each comparison.
    """

    dataset: str
    source: Markdown
    data: Image
    columns: Columns | None
    published: Published | None
    sections: list[Section]


def chapters(
    comparisons: list[Comparison], reference: Reference, explained: set[tuple[str, str]], *, cells: bool
) -> list[Chapter]:
    """A chapter for each dataset, in the order of the comparisons.

    Args:
        comparisons: at least one.
        reference: the published comparison.
        explained: the losses, with their comparisons, for which a later chapter says more.
        cells: whether what the cells of tables hold may be quoted.
    """
    by_dataset: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        by_dataset.setdefault(comparison.dataset, []).append(comparison)
    return [_chapter(on_it, reference, explained, cells=cells) for on_it in by_dataset.values()]


def _chapter(on_it: list[Comparison], reference: Reference, explained: set[tuple[str, str]], *, cells: bool) -> Chapter:
    first, settings = on_it[0], on_it[0].runs[0].settings
    shown = "The distribution of the target over all rows" if first.task == "regression" else "The rows by class"
    return Chapter(
        dataset=first.dataset,
        source=setup_text.source(first.dataset, settings.data.source, len(first.labels), first.encoded),
        data=Image(f"{shown} of {first.dataset}", f"{first.dataset}-data.png"),
        columns=_columns(on_it, cells=cells) if first.description.files else None,
        published=published.beside(reference, on_it),
        sections=[section.section(comparison, explained) for comparison in on_it],
    )


def _columns(on_it: list[Comparison], *, cells: bool) -> Columns:
    rows = []
    for (kind, done), columns in columns_text.treatments(on_it[0].encoded.treatments, cells=cells).items():
        names = ", ".join(map(code, columns[:SHOWN_COLUMNS]))
        more = f" and {len(columns) - SHOWN_COLUMNS:,} more" if len(columns) > SHOWN_COLUMNS else ""
        rows.append((Markdown(names + more), kind, done))
    pipelines = Markdown(", ".join(code(str(datasets.pipeline_path(comparison.name))) for comparison in on_it))
    odd = [findings_text.in_words(finding, cells=cells) for finding in on_it[0].description.findings]
    return Columns(Table(("columns", "kind", "what was done"), rows), odd, pipelines)
