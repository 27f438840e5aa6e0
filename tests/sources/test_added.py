"""What is added to reading is one file: a check, a kind of file; or one line: a date form, a spelling of numbers."""

import re

import pytest

from stages import checks
from stages.checks import every
from stages.parsing import date_grammar, file_kinds, kinds, numbers
from stages.wording.findings import in_words
from tests.sources.test_odd_tables import X, lines, load

Y = [round(0.7 * row * row % 5, 2) for row in range(30)]

CHECK = """
from stages.records.findings import Finding

def find(seen):
    values = {name: seen.columns[name][0] for name in seen.features if seen.columns[name][1] == "number"}
    below = {name: [row + 1 for row in range(len(each)) if each[row] < 0] for name, each in values.items()}
    return [Finding("negative", name, ["-1"], rows[:3], len(rows)) for name, rows in below.items() if rows]
"""

KIND = """
from stages.parsing.file_kinds import Held, as_csv

NAME, KEYS = "Fixed", ()

def matches(path, start):
    return path.suffix == ".fixed"

def read(path, source, key):
    return Held(as_csv([line[:6].strip(), line[6:].strip()] for line in path.read_text().splitlines()))
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def added(tmp_path, monkeypatch):
    """Put a module into a package, whose modules are found anew; afterwards it is gone."""
    caches = []

    def add(package, name, code, cache):
        (tmp_path / "added").mkdir()
        (tmp_path / "added" / f"{name}.py").write_text(code, encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path / "added")])
        cache.cache_clear()
        caches.append(cache)

    yield add
    for cache in caches:
        cache.cache_clear()


def test_a_check_is_one_file_and_is_said_before_it_has_a_sentence(added):
    added(checks, "negative_numbers", CHECK, every.checks)
    _, description = load(lines("a,x,y", [-1 if row in (4, 8) else 2 + row % 7 for row in range(30)], X, Y))
    [finding] = [each for each in description.findings if each.kind == "negative"]
    assert in_words(finding) == in_words(finding, cells=False) == "a: negative in 2 rows (rows 5, 9)"


def test_a_kind_of_file_is_one_file(added):
    added(kinds, "fixed_width", KIND, file_kinds._kinds)
    text = "\n".join(["x     y", *(f"{x:<6}{y}" for x, y in zip(X, Y, strict=True))])
    table, _ = load(text, file="own.fixed")
    assert table["x"].tolist() == X
    assert table["target"].tolist() == Y


def test_a_date_form_is_a_line_in_the_grammar(monkeypatch):
    days = [f"day {row + 1} of 03/2025" for row in range(30)]
    text = lines("when,x,y", days, X, Y)
    assert load(text)[1].columns[0].kind == "category"
    form = r"day (?P<day>\d\d?) of (?P<month>\d\d)/(?P<year>\d{4})"
    patterns = [*date_grammar._patterns(), re.compile(form)]
    for remembered in (date_grammar.match, date_grammar.moment, date_grammar._patterns):
        remembered.cache_clear()
    monkeypatch.setattr(date_grammar, "_patterns", lambda: patterns)
    table, description = load(text)
    for remembered in (date_grammar.match, date_grammar.moment):
        remembered.cache_clear()
    assert description.columns[0].kind == "date"
    assert [f"{day:%Y-%m-%d}" for day in table["when"]] == [f"2025-03-{row + 1:02}" for row in range(30)]


def test_a_spelling_of_numbers_is_a_word_in_the_grammar(monkeypatch):
    text = lines("price,x,y", [f"$ {row}.5 gross" if row % 2 else f"$ {row}" for row in range(30)], X, Y)
    assert load(text)[1].columns[0].kind == "category"
    monkeypatch.setitem(numbers._SCALES, "gross", 2)
    remembered = numbers._pattern, numbers._looked, numbers._look_again
    for each in remembered:
        each.cache_clear()
    table, description = load(text)
    monkeypatch.undo()
    for each in remembered:
        each.cache_clear()
    assert description.columns[0].kind == "number"
    assert table["price"].tolist() == [100 * row + 50 if row % 2 else row for row in range(30)]
