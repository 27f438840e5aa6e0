"""The report as Markdown: its parts, one after the other."""

from stages.basics.markup import text
from stages.reporting import registry
from stages.reporting.markdown import blocks, render
from stages.reporting.registry import Part, Picture, Report, Subject

TITLE = "# Which loss?"


def markdown(report: Report) -> str:
    """The report as Markdown, its images relative to it."""
    lines, headed = [TITLE], set()
    for part, subject, sections in registry.printed(report):
        bodies = []
        for section, content in sections:
            pictures = [picture for figure in section.figures for picture in figure.pictures(subject)]
            bodies.append(render(section.template, **content, figures=blocks(map(_figure, pictures))))
        if any(bodies):
            if part.heading and part.heading not in headed:
                headed.add(part.heading)
                lines.append(f"## {part.heading}")
            lines += [*_heading(part, subject), *bodies]
    return blocks(lines) + "\n"


def heading_of(part: Part, subject: Subject) -> str:
    """The heading of a subject within a part; empty for none."""
    return part.of_each.format(comparison=subject[0].name, dataset=subject[0].dataset)


def _heading(part: Part, subject: Subject) -> list[str]:
    return [f"### {text(heading_of(part, subject))}"] if part.of_each else []


def _figure(picture: Picture) -> str:
    return f"{text(picture.heading)}\n\n{picture.image}" if picture.heading else str(picture.image)
