"""The page that `dvc plots` makes of our files, templates and frame: DVC puts all of it into scripts as it is."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import vl_convert
import yaml
from dvc_render.html import render_html
from dvc_render.vega import VegaRenderer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.basics.cli import UserError
from stages.params.load import parse_params
from stages.reporting import data_files, registry
from stages.reporting.drawing import panel, plots

EVIL = "</script><img src=x onerror=alert(1)>{plot_divs}"
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True).filter(str.isascii)


class Page(HTMLParser):
    """The tags of a page and what its scripts are."""

    def __init__(self, html):
        super().__init__()
        self.html, self.tags, self.scripts = html, [], []
        self.feed(html)

    def handle_starttag(self, tag, _):
        self.tags.append(tag)

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "script" and data.strip():
            self.scripts.append(data)


def tables_of(comparison):
    """What `dvc plots` draws, by the names of the files."""
    drawn = {kind: getattr(data_files, kind)([comparison]) for kind in ("curves", "scores", "tuning")}
    figures = [
        figure for section in registry.sections() for figure in section.figures if figure.name == data_files.FIRST
    ]
    first = [picture for figure in figures for picture in figure.pictures([comparison])]
    return drawn | {"losses": data_files.losses(first)}


def charts(root):
    """What `dvc plots` draws itself, by its name; beside that it shows the report's figures."""
    *named, figures = yaml.safe_load((root / "dvc.yaml").read_text())["plots"]
    assert figures == "reports/figures"
    return {name: plot for one in named for name, plot in one.items()}


@pytest.fixture
def shown(root, tmp_path, make_comparison, make_tuning):
    """What `dvc plots` shows of a comparison of two losses: its page, by the names of the comparison and the losses."""
    plots = charts(root)
    usual = make_comparison("hinge", "squared_hinge", tuning=make_tuning("accuracy"))
    description = replace(usual.description, classes=[EVIL, "yes"], targets=[EVIL], files=[EVIL])
    usual = replace(usual, encoded=replace(usual.encoded, description=description))

    def show(name, losses):
        runs = [
            replace(run, settings=run.settings.model_copy(update={"loss": replace(run.loss, name=loss)}))
            for run, loss in zip(usual.runs, losses, strict=True)
        ]
        comparison = replace(usual, name=name, runs=runs, own_baseline=losses[0])
        renderers = []
        for title, plot in plots.items():
            [(file, y)] = plot["y"].items()
            table = tables_of(comparison)[Path(file).stem]
            rows = [row | {"rev": "workspace"} for row in json.loads(table.to_json(orient="records"))]
            of_dvc = {"template": plot["template"], "template_dir": str(root / ".dvc/plots"), "x": plot["x"], "y": y}
            renderers.append(VegaRenderer(rows, title, **of_dvc))
        out = tmp_path / "plots" / "index.html"
        render_html(renderers, out, html_template=root / ".dvc/plots/page.html")
        return Page(out.read_text())

    return show


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names, st.lists(names, min_size=2, max_size=2, unique=True))
def test_whatever_is_called_as_it_may_be_is_data_in_it_and_nothing_more(shown, name, losses):
    page, usual = shown(name, losses), shown("usual", ["one", "two"])
    assert page.tags == usual.tags
    _, *scripts = page.scripts
    specs = [json.loads(re.search(r"var spec = (.*);\s*vegaEmbed\(", script)[1]) for script in scripts]
    rows = [spec["data"]["values"] for spec in specs]
    assert {row["panel"] for row in rows[2]} == {f"{name}: {loss}" for loss in losses}
    assert [{row["loss"] for row in each} for each in rows] == [set(losses)] * 4


@pytest.mark.parametrize("kind", ["losses", "scores", "curves", "tuning"])
def test_two_experiments_have_the_colours_of_the_report_and_each_a_dash_or_a_mark_in_the_legend(
    root, make_comparison, make_tuning, kind
):
    losses = ["mse", "mae"]
    comparison = make_comparison(*losses, tuning=make_tuning())
    table = tables_of(comparison)[kind]
    rows = json.loads(table.to_json(orient="records"))
    both = [row | {"rev": name} for name in ("workspace", "ten-seeds") for row in rows]
    [plot] = [plot for plot in charts(root).values() if f"reports/{kind}.csv" in plot["y"]]
    [y] = plot["y"].values()
    of_dvc = {"template": plot["template"], "template_dir": str(root / ".dvc/plots"), "x": plot["x"], "y": y}
    drawn = vl_convert.vegalite_to_svg(VegaRenderer(both, kind, **of_dvc).get_filled_template())
    for name in ("workspace", "ten-seeds"):
        assert f">{name}</text>" in drawn
    if kind == "losses":  # by their verdicts, as on the first screen
        assert {panel.mark_of("best")[0], panel.mark_of("equivalent")[0]} & set(re.findall(r"#\w{6}", drawn))
        assert ">recommended</text>" in drawn
    else:
        assert set(plots.colors_of(losses).values()) <= set(re.findall(r"#\w{6}", drawn))
    assert ("stroke-dasharray" in drawn) == (kind != "scores")


def test_no_text_of_a_table_is_in_it(shown):
    assert "onerror" not in shown("usual", ["one", "two"]).html


@pytest.mark.parametrize("where", ["comparisons", "datasets", "as"])
def test_nothing_may_be_called_what_would_end_a_script(defaults, where):
    if where == "as":
        defaults["comparisons"]["circles"]["losses"].append({"loss": "hinge", "as": EVIL})
    else:
        defaults[where] = {EVIL: defaults[where]["circles"]}
    with pytest.raises(UserError, match=re.escape("params.yaml")):
        parse_params(yaml.safe_dump(defaults))


def test_a_browser_fetches_nothing_for_it(root):
    [policy] = re.findall(r'"Content-Security-Policy" content="([^"]*)"', (root / ".dvc/plots/page.html").read_text())
    assert policy.split("; ")[0] == "default-src 'none'"
    assert not re.search(r"https?:|\*", policy)
