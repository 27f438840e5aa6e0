"""The registry of sections and figures: what is there is found, and what is added is one file."""

import pytest

from stages.reporting import data_files, page, registry
from stages.reporting import sections as package
from stages.reporting.registry import PARTS, Report, sections
from tests.reporting.drawn import NOTHING, draw, names, pictures

ADDED = '''"""A section that is added."""

from stages.reporting.drawing.plots import Grid
from stages.reporting.registry import Figure, Section

TEMPLATE = """
The losses are {{ losses }}.

{{ figures }}
"""


def _content(subject, report):
    return {"losses": ", ".join(subject[0].losses)}


SECTION = Section(
    part="details",
    order=15,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="added",
            alt="What is added of {comparison}",
            heading="What is added",
            data=lambda subject: subject[0].outcome.scores,
            grid=lambda data: Grid(3, 2),
            draw=lambda axes, data: axes[0, 0].bar(list(data), [each.mean() for each in data.values()]),
        ),
    ),
)
'''


@pytest.fixture
def added(tmp_path, monkeypatch):
    """One file that is added to the sections."""
    (tmp_path / "added.py").write_text(ADDED)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    sections.cache_clear()
    yield
    sections.cache_clear()


@pytest.mark.usefixtures("added")
def test_a_section_with_a_figure_is_added_by_one_file(make_comparison):
    comparison = make_comparison("mse", "mae")
    text = page.markdown(Report([comparison], NOTHING))
    expected = (
        "The losses are mse, mae.\n\nWhat is added:\n\n![What is added of regression](figures/regression-added.svg)"
    )
    assert expected in text
    [picture] = [each for each in pictures(comparison) if each.file == "regression-added.svg"]
    assert len(draw(picture).axes[0].patches) == 2
    # and MLflow shows it
    verdicts = data_files.verdicts([comparison], pictures(comparison))
    assert "regression-added.svg" in verdicts["regression"]["figures"]


def test_every_section_stands_in_a_part_and_no_two_at_the_same_place():
    known = {part.name for part in PARTS}
    places = [(section.part, section.order) for section in sections()]
    assert {part for part, _ in places} <= known
    assert len(set(places)) == len(places)


def test_mlflow_is_told_every_figure_but_that_of_all_comparisons(make_comparison, make_tuning):
    one = make_comparison("mse", "mae", tuning=make_tuning())
    other = make_comparison("binary_crossentropy", "hinge")
    verdicts = data_files.verdicts([one, other], pictures(one, other))
    listed = [
        *(name for each in verdicts.values() for name in each["figures"]),
        *(name for each in verdicts.values() for loss in each["losses"].values() for name in loss["figures"]),
    ]
    assert sorted(listed) == sorted(f"{name}.svg" for name in names(one, other) if name != "forest")
    assert verdicts["circles"]["losses"]["hinge"]["figures"] == ["circles-hinge-curves.svg"]
    assert {"circles-reliability.svg", "circles-punishment.svg"} <= set(verdicts["circles"]["figures"])


def test_figures_of_all_sections_have_names_of_their_own():
    every = [figure.name for section in registry.sections() for figure in section.figures]
    assert len(set(every)) == len(every)
