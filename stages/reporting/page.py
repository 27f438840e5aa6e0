"""The report as Markdown: its parts, one after the other."""

from stages.basics.markup import text
from stages.reporting import registry
from stages.reporting.markdown import Once, blocks, render
from stages.reporting.registry import Part, Picture, Printed, Report, Subject

TITLE = "# Which loss?"


def markdown(report: Report) -> str:
    """The report as Markdown, its images relative to it."""
    lines, headed, once = [TITLE], set(), Once()
    for part, subject, sections in registry.printed(report):
        bodies = _bodies(subject, sections, once)
        if any(bodies):
            if part.heading and part.heading not in headed:
                headed.add(part.heading)
                lines.append(f"## {part.heading}")
            lines += [*_heading(part, subject), *bodies]
    return blocks(lines) + "\n"


def first_screens(report: Report, *, figures: bool = True) -> str:
    """The first screen of each comparison as Markdown, to stand alone, with or without figures."""
    parts = [part for part in registry.PARTS if part.name == "answer"]
    once, printed = Once(), registry.printed(report, parts)
    screens = (_bodies(subject, sections, once, figures=figures) for _, subject, sections in printed)
    return blocks(body for bodies in screens for body in bodies) + "\n"


def _bodies(subject: Subject, sections: list[Printed], once: Once, *, figures: bool = True) -> list[str]:
    """The texts of sections that have something to say of a subject."""
    bodies = []
    for section, content in sections:
        pictures = [picture for figure in section.figures for picture in figure.pictures(subject) if figures]
        drawn = blocks(_figure(picture, once) for picture in pictures)
        bodies.append(render(section.template, **content, figures=drawn, once=once))
    return bodies


def heading_of(part: Part, subject: Subject) -> str:
    """The heading of a subject within a part; empty for none."""
    return part.of_each.format(comparison=subject[0].name, dataset=subject[0].dataset)


def _heading(part: Part, subject: Subject) -> list[str]:
    return [f"### {text(heading_of(part, subject))}"] if part.of_each else []


def _figure(picture: Picture, once: Once) -> str:
    if not picture.heading:
        return str(picture.image)
    legend = once(picture.figure.legend)
    return f"{text(picture.heading)}{f' ({legend})' if legend else ''}:\n\n{picture.image}"
