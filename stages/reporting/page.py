"""The report as Markdown: its parts, one after the other."""

from stages.basics.markup import text
from stages.reporting import registry
from stages.reporting.markdown import blocks, render
from stages.reporting.registry import Part, Picture, Printed, Report, Subject

TITLE = "# Which loss?"


def markdown(report: Report) -> str:
    """The report as Markdown, its images relative to it."""
    lines, headed = [TITLE], set()
    for part, subject, sections in registry.printed(report):
        bodies = _bodies(subject, sections)
        if any(bodies):
            if part.heading and part.heading not in headed:
                headed.add(part.heading)
                lines.append(f"## {part.heading}")
            lines += [*_heading(part, subject), *bodies]
    return blocks(lines) + "\n"


def first_screens(report: Report, *, figures: bool = True) -> str:
    """The first screen of each comparison as Markdown, to stand alone, with or without figures."""
    parts = [part for part in registry.PARTS if part.name == "answer"]
    every = (_bodies(subject, sections, figures=figures) for _, subject, sections in registry.printed(report, parts))
    return blocks(body for bodies in every for body in bodies) + "\n"


def _bodies(subject: Subject, sections: list[Printed], *, figures: bool = True) -> list[str]:
    """The texts of sections that have something to say of a subject."""
    bodies = []
    for section, content in sections:
        pictures = [picture for figure in section.figures for picture in figure.pictures(subject) if figures]
        bodies.append(render(section.template, **content, figures=blocks(map(_figure, pictures))))
    return bodies


def heading_of(part: Part, subject: Subject) -> str:
    """The heading of a subject within a part; empty for none."""
    return part.of_each.format(comparison=subject[0].name, dataset=subject[0].dataset)


def _heading(part: Part, subject: Subject) -> list[str]:
    return [f"### {text(heading_of(part, subject))}"] if part.of_each else []


def _figure(picture: Picture) -> str:
    return f"{text(picture.heading)}\n\n{picture.image}" if picture.heading else str(picture.image)
