"""What README and the pages of docs say is so: commands, what they print, links, and what is said of the project."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stages.params.load import check_params
from tests import documents
from tests.documents import PAGES, differs
from tests.projects import IS_SET_UP, ROOT, clone_into

# commands that are shown and not run here, and why
NOT_RUN = {
    r"dask (scheduler|worker) |^LOSSLAB_EXECUTOR=dask|KubeCluster|kubectl": "it needs a cluster",
    r"^dvc (add|push|remote)\b|^git add data/external": "it is of a table and a remote of the reader's",
    r"^dvc exp run |^dvc queue |^dvc exp show|^dvc metrics|^dvc plots": "test_pipeline runs experiments",
    r"^mlflow models predict|^export MLFLOW": "tracking/test_registry serves a model",
    r"^python flats\.pyz": "winners/test_user_code runs a winner elsewhere",
    r"^make (setup|lint|test)|^\.ci/run": "they run this test",
}


def test_readme_is_short_and_reads_easily(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) <= 1800
    assert len(text.splitlines()) <= 140
    assert documents.reading_ease(documents.prose(root / "README.md")) >= 50


@pytest.mark.parametrize(
    ("text", "ease"),
    [("The cat sat on the mat.", 116.145), ("Considerable irregularity characterises documentation.", -100)],
)
def test_reading_ease_is_fleschs(text, ease):
    measured = documents.reading_ease(text)
    assert measured == pytest.approx(ease, abs=0.001) if ease > 0 else measured < ease


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_of_the_project_finds_it(page):
    for path, anchor in documents.links(page):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        if anchor and target.suffix == ".md" and target.parent.name != "reports":
            assert anchor in documents.anchors(target), f"{path}#{anchor}"


def test_readme_leads_to_every_page(root):
    named = {(root / path).resolve() for path, _ in documents.links(root / "README.md")}
    assert set(PAGES) - {root / "README.md"} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_is_run_with_what_it_prints_or_listed_with_the_reason(page):
    for command in documents.commands(page):
        is_listed = any(re.search(pattern, command.line) for pattern in NOT_RUN)
        assert command.printed is not None or is_listed, command.line


def test_no_reason_stands_for_nothing():
    lines = [command.line for page in PAGES for command in documents.commands(page)]
    assert [pattern for pattern in NOT_RUN if not any(re.search(pattern, line) for line in lines)] == []


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (["a  b"], "a b\n", True),
        (["a"], "a\nb\n", False),
        (["a", "…"], "a\nb\n", True),
        (["…", "b"], "a\nb\n", True),
        (["…", "c"], "a\nb\n", False),
        (["b"], "a\nb\n", False),
        (["x 1.50, y"], "x 1.47, y", True),
        (["x 1.50, y"], "x 1.77, y", False),
        (["4 rows"], "5 rows", False),
        (["mae, …"], "mae, 10 networks", True),
        (["mae, …"], "mse, 10 networks", False),
        (["1,2.5,…"], "1,2.6,9.9", True),
    ],
)
def test_what_is_shown_is_compared_with_what_is_printed(shown, printed, same):
    assert (differs(shown, printed) is None) == same


@pytest.mark.thorough
def test_every_command_prints_what_is_shown(tmp_path):
    run = clone_into(tmp_path)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    make = f'make() {{ command make --no-print-directory {" ".join(IS_SET_UP)} "$@"; }}'
    shown = [command for page in PAGES for command in documents.commands(page) if command.printed is not None]
    order = {name: place for place, name in enumerate(("README.md", "losses.md", "winner.md", "store.md"))}
    for command in sorted(shown, key=lambda each: order.get(each.page, len(order))):
        done = subprocess.run(
            ["bash", "-c", f"{make}\n{command.line}"],
            cwd=tmp_path,
            env=run.environment | {"LOSSLAB_STORE": str(tmp_path / ".losslab/store"), "COLUMNS": "80"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert differs(command.printed, done.stdout) is None, f"{command.page}: {command.line}\n{done.stdout}"
        if command.line.startswith("make try"):  # what is shown is of this table alone
            params = (tmp_path / "params.yaml").read_text(encoding="utf-8")
            (tmp_path / "params.yaml").write_text(
                re.sub("^compare: all ", "compare: flats ", params, flags=re.MULTILINE)
            )


def entries(page: Path) -> Iterator[dict[str, Any]]:
    """The entries of params.yaml that a page shows, each as whole parameters: of a table where no dataset is said."""
    for block in re.findall(r"^```yaml\n(.+?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        entry = yaml.safe_load(block)
        source = {"file": "data/external/houses.csv", "target": "price"}
        if "losses" in entry:  # of several tasks
            for loss in entry.pop("losses"):
                yield {"datasets": {"a": {"source": source}}, "comparisons": {"a": {"losses": [loss], **entry}}}
            continue
        [named] = [*entry.get("comparisons", {}), *entry.get("report", {}).get("headline", {})]
        entry.setdefault("comparisons", {}).setdefault(named, {"losses": ["brier"]})
        yield {"datasets": {named: {"source": source}}, **entry}


@pytest.mark.parametrize("page", ["docs/losses.md", "docs/tables.md", "stages/custom/README.md"])
def test_entries_that_a_page_shows_are_taken_as_parameters(root, page):
    shown = list(entries(root / page))
    assert shown
    for entry in shown:
        check_params(entry)


def test_make_help_names_every_target(root):
    text = (root / "Makefile").read_text(encoding="utf-8")
    [phony] = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    done = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=root, stdout=subprocess.PIPE, text=True, check=True
    )
    named = re.findall(r"^make ?([\w-]*)", done.stdout, re.MULTILINE)
    assert {name or "all" for name in named} == set(phony.split())
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_the_sample_table_is_the_one_that_is_drawn(root, tmp_path):
    subprocess.run([sys.executable, root / "examples/draw_flats.py", tmp_path], check=True)
    for name in ("flats.csv", "new-flats.csv"):
        assert (tmp_path / name).read_bytes() == (root / "examples" / name).read_bytes()


def test_licence_and_version_are_said_alike_everywhere(root):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    newest = re.findall(r"^## (\S+)", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[0]
    assert project["version"] == cited["version"] == newest
    assert (project["license"], cited["license"]) == ("MIT", "MIT")
    assert project["license-files"] == ["LICENSE"]
    assert "Losslab developers" in (root / "LICENSE").read_text(encoding="utf-8")
    pythons = {each.rpartition(" ")[2] for each in project["classifiers"] if re.search(r"Python :: 3\.\d+$", each)}
    assert pythons == {"3.11", "3.12", "3.13"}


def test_workflows_run_what_there_is(root):
    for file in (root / ".github/workflows").glob("*.yml"):
        for job in yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values():
            for line in (step.get("run", "") for step in job["steps"]):
                for module in re.findall(r"-m (stages[\w.]+)", line):
                    assert (root / f"{module.replace('.', '/')}.py").is_file()
                for target in re.findall(r"make (\w+)", line):
                    assert f"\n{target}:" in (root / "Makefile").read_text(encoding="utf-8")
                if line.startswith(".ci"):
                    assert (root / line).is_file()
