"""The report in git has the structure that the code writes now; its last digits may be another processor's.

That is known of the report that comes with the project. One of a user's own tables and settings takes its place in git.
"""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from stages.reporting import data_files, page, registry
from stages.reporting.registry import Report
from stages.reporting.texts import published
from stages.verdicts.comparison import by_dataset


@pytest.fixture
def comparisons(make_comparison, make_tuning, loaded):
    """The comparisons of the default parameters, with made-up runs."""
    made = []
    for name, losses in loaded.selected().items():
        setup = loaded.setup(name)
        made.append(
            make_comparison(
                *[loss.name for loss in losses],
                n_splits=1 if setup.split.method == "first" else 3,
                comparison=name,
                dataset=setup.dataset,
                tuning=make_tuning() if len(setup.optimizer.rates()) > 1 else None,
            )
        )
    return by_dataset(made)


@pytest.fixture(autouse=True)
def made_with_the_default_parameters(root, defaults_read):
    stages = yaml.safe_load((root / "dvc.lock").read_text(encoding="utf-8"))["stages"]
    if stages.get("settings", {}).get("params", {}).get("params.yaml") != defaults_read:
        pytest.skip("reports/ is of other parameters than the default ones")


def headings(text):
    return re.findall(r"^#+ .+$|<summary>.+</summary>", text, re.MULTILINE)


def heads_of_tables(text):
    """The kinds of tables: which loss is named, and how many tables there are of a kind, depends on what came out."""
    return {re.sub("`[^`]+`", "`…`", head) for head in re.findall(r"^(\|.+\|)\n\|---", text, re.MULTILINE)}


def images(text):
    return re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)


@pytest.mark.parametrize("part", [headings, images], ids=lambda part: part.__name__)
def test_the_report_in_git_has_what_the_code_writes(root, monkeypatch, comparisons, part):
    monkeypatch.chdir(root)
    assert part((root / "reports/report.md").read_text()) == part(page.markdown(Report(comparisons, published.read())))


def test_the_report_in_git_has_the_tables_that_the_code_writes(root, monkeypatch, comparisons):
    monkeypatch.chdir(root)
    written = page.markdown(Report(comparisons, published.read()))
    assert heads_of_tables((root / "reports/report.md").read_text()) >= heads_of_tables(written)


def test_the_figures_in_git_are_those_that_the_code_draws(root, monkeypatch, comparisons):
    monkeypatch.chdir(root)
    drawn = {picture.file for picture in registry.pictures(Report(comparisons, published.read()))}
    # what a run of other parameters has left beside them is not in git
    command = ["git", "ls-files", "reports/figures"]
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert {Path(line).name for line in listed.splitlines()} == drawn


@pytest.mark.parametrize("name", ["results", "pairs", "curves", "tuning"])
def test_the_tables_in_git_have_the_columns_that_the_code_writes(root, name, comparisons):
    with (root / f"reports/{name}.csv").open() as file:
        assert file.readline().strip().split(",") == list(getattr(data_files, name)(comparisons))


def test_the_page_in_git_is_under_two_megabytes(root):
    assert (root / "reports/report.html").stat().st_size < 2_000_000
