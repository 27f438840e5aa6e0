"""Every command and figure of README and docs is held by a test, or `claims.yaml` says why none can hold it.

A new one fails here until a test runs it, or an entry names what holds it.
"""

import re
from pathlib import Path

import pytest
import yaml

from tests import documents
from tests.projects import ROOT

OF_READERS = [page for page in documents.PAGES if page.name not in ("CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = [*OF_READERS, ROOT / "stages/custom/README.md"]
LISTED = yaml.safe_load((ROOT / "tests/claims.yaml").read_text(encoding="utf-8"))
PROGRAMS = "make|dvc|python|mlflow|git|kubectl|dask|rm|jupyter"
COMMAND = re.compile(rf"(?:[A-Z_]+=\S* )*(?:(?:{PROGRAMS}) .+|make|source \S+|\.ci/run)")
IN_WORDS = "two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|hundred|thousand"
FIGURE = re.compile(rf"\d|\b(?:{IN_WORDS}) (?:hundredths|thousandths|seconds|minutes|hours|times|million)")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """What a page says in sentences, tables and shown output: no headings, no blocks of code."""
    text = page.read_text(encoding="utf-8")
    text = _BLOCK.sub(lambda block: "" if block[1] else block[2], text.replace("```text", "```"))
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


def without(text: str, phrases: list[str]) -> str:
    """A text without the phrases: of those that begin a row of a table without all of that row."""
    for phrase in sorted(phrases, key=len, reverse=True):
        if phrase.startswith("| "):
            text = "\n".join(line for line in text.splitlines() if not line.startswith(phrase))
        else:
            text = text.replace(phrase, "")
    return text


def figures(text: str) -> list[str]:
    """The sentences, and rows of tables, that have a figure, which digits within code and addresses are not."""
    plain = re.sub(r"`[^`\n]*`|\]\([^)]*\)", "`", text)
    lines = [[line] if line.startswith("|") else re.split(r"(?<=[.:;]) ", line) for line in plain.splitlines()]
    return [part for parts in lines for part in parts if FIGURE.search(part)]


def commands(page: Path) -> list[str]:
    """What a page says to type within a line."""
    spans = re.findall(r"`([^`\n]+)`", _BLOCK.sub("", page.read_text(encoding="utf-8")))
    return [span.replace("\\|", "|") for span in dict.fromkeys(spans) if COMMAND.fullmatch(span)]


def blocks(page: Path) -> list[str]:
    """The first line of each block of Python or YAML."""
    found = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [f"{language}: {block.splitlines()[0]}" for language, block in found if language in ("python", "yaml")]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_figure_is_held_by_a_test_or_listed(page):
    listed = LISTED["figures"].get(name(page), {})
    assert figures(without(prose(page), [phrase for phrases in listed.values() for phrase in phrases])) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_is_run_by_a_test_or_listed(page):
    shown = {command.line for page in PAGES for command in documents.commands(page)}
    listed = {command for those in LISTED["commands"].values() for command in those}
    assert [command for command in commands(page) if command not in shown | listed] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_of_code_is_run_by_a_test_or_listed(page):
    assert [block for block in blocks(page) if block not in _blocks_listed(page)] == []


def _blocks_listed(page: Path) -> set[str]:
    of_page = LISTED["blocks"].get(name(page), {})
    if isinstance(of_page, str):  # one test reads all blocks of the page
        return set(blocks(page))
    return {block for those in of_page.values() for block in those}


def test_nothing_is_listed_that_no_page_says():
    for page in PAGES:
        text, of_page = prose(page), LISTED["figures"].get(name(page), {})
        assert [phrase for phrases in of_page.values() for phrase in phrases if phrase not in text] == []
        assert _blocks_listed(page) <= set(blocks(page))
    assert set(LISTED["figures"]) | set(LISTED["blocks"]) <= set(map(name, PAGES))
    typed = {command for page in PAGES for command in commands(page)}
    assert {command for those in LISTED["commands"].values() for command in those} <= typed


def test_what_holds_a_claim_is_there():
    of_blocks = [each if isinstance(each, str) else list(each) for each in LISTED["blocks"].values()]
    holders = [*LISTED["commands"], *(holder for page in LISTED["figures"].values() for holder in page)]
    holders += [holder for each in of_blocks for holder in ([each] if isinstance(each, str) else each)]
    assert holders
    for holder in set(holders) - set(LISTED["reasons"]):
        file, _, test = holder.partition("::")
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert (f"\ndef {test}(" in text) if test else file.startswith("benchmarks/"), holder
    assert set(LISTED["reasons"]) <= set(holders)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It takes 3 s.", ["It takes 3 s."]),
        ("It takes thirty seconds. It is quick.", ["It takes thirty seconds."]),
        ("`seeds: 30` is a number.", []),
        ("| a | 5 % |\nNone.", ["| a | 5 % |"]),
        ("[See](docs/2.md).", []),
    ],
)
def test_a_figure_is_a_number_outside_of_code(text, found):
    assert figures(text) == found


def test_a_new_figure_or_command_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("It takes 3 s, and `make all`.\n\n| a row | 5 |\n\n```text\n7 rows\n```\n", encoding="utf-8")
    assert figures(without(prose(page), ["takes 3 s"])) == ["| a row | 5 |", "7 rows"]
    assert figures(without(prose(page), ["takes 3 s", "| a row |", "7 rows"])) == []
    assert commands(page) == ["make all"]
