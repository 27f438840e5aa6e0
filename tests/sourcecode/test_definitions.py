import pytest

from stages.sourcecode.definitions import ALL, hashes

FIRST = """'''A module.'''
import json
import numpy as np
from room import far, tools
from room.near import Part, unused_here
from room.errors import refuse

WIDTH = 3
HEIGHT, DEPTH = 1, 2
_UNUSED = 4
print("this runs")


def begin(x: int = WIDTH) -> Part:
    '''What begins.'''
    from room.late import help_late  # a comment

    if x < HEIGHT:
        raise ValueError(f"x must not be below {HEIGHT}")
    return Part(np.sin(x), tools.cut(x), help_late(x))


def other():
    return far.away()
"""
FILES = {
    "room/__init__.py": "'''A room.'''",
    "room/first.py": FIRST,
    "room/near.py": "class Part:\n    '''A part.'''\n    size = 1\n\n\ndef unused_here():\n    return 5\n",
    "room/tools.py": "import json\nDEPTH = 2\n\n\ndef cut(x):\n    return x / DEPTH\n\n\ndef saw(x):\n    return -x\n",
    "room/late.py": "from room import whole\n\n\ndef help_late(x):\n    return getattr(whole, 'f' + 'g')(x)\n",
    "room/whole.py": "def fg(x):\n    return x * 7\n",
    "room/far.py": "def away():\n    return 6\n",
    "room/errors.py": "def refuse():\n    return 'no'\n",
}


@pytest.fixture
def reached(tmp_path):
    """Hashes of what `begin` reaches, after a change of a file."""

    def of(name="room/first.py", old="", new="", **how):
        assert old in FILES[name]
        changed = {name: FILES[name].replace(old, new)} if old else {}
        for path, text in (FILES | changed).items():
            file = tmp_path / path
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return hashes([("room.first", "begin")], root=tmp_path, **how)

    return of


def test_what_is_reached_is_what_names_stand_for_also_in_functions_and_modules_that_are_used_as_a_whole(reached):
    assert set(reached()) == {f"room/{name}.py" for name in ("first", "near", "tools", "late", "whole")}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("room/first.py", "WIDTH = 3", "WIDTH = 4"),
        ("room/first.py", "HEIGHT, DEPTH = 1, 2", "HEIGHT, DEPTH = 2, 2"),
        ("room/first.py", "x < HEIGHT", "x <= HEIGHT"),
        ("room/first.py", "this runs", "that runs"),
        ("room/first.py", "import numpy as np", "import jax.numpy as np"),
        ("room/near.py", "size = 1", "size = 2"),
        ("room/tools.py", "DEPTH = 2", "DEPTH = 3"),
        ("room/tools.py", "x / DEPTH", "x // DEPTH"),
        ("room/late.py", "'f' + 'g'", "'g' + 'f'"),
        ("room/whole.py", "x * 7", "x * 8"),
    ],
)
def test_a_change_in_a_definition_that_is_reached_changes_the_hash_of_its_module_and_of_no_other(
    reached, name, old, new
):
    before, after = reached(), reached(name, old, new)
    assert {file for file in before if before[file] != after[file]} == {name}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("room/first.py", "'''What begins.'''", "'''Something else.'''"),
        ("room/first.py", "    '''What begins.'''\n", ""),
        ("room/first.py", "'''A module.'''", ""),
        ("room/first.py", "  # a comment", "  # another"),
        ("room/first.py", "WIDTH = 3", "WIDTH = (\n    3\n)"),
        ("room/first.py", "x must not be below", "too low:"),
        ("room/first.py", "_UNUSED = 4", "_UNUSED = 5"),
        ("room/first.py", "return far.away()", "return far.away() + 1"),
        ("room/first.py", "import json\n", ""),
        ("room/near.py", "'''A part.'''", "'''A piece.'''"),
        ("room/near.py", "return 5", "return 6"),
        ("room/tools.py", "return -x", "return x"),
        ("room/far.py", "return 6", "return 7"),
        ("room/errors.py", "'no'", "'never'"),
        ("room/__init__.py", "A room", "A hall"),
    ],
)
def test_words_comments_layout_and_what_is_not_reached_change_nothing(reached, name, old, new):
    assert reached(name, old, new) == reached()


def test_a_module_that_is_apart_does_not_count_nor_what_is_reached_through_it_alone(reached):
    assert set(reached(apart=["room.late"])) == {f"room/{name}.py" for name in ("first", "near", "tools")}
    assert reached("room/whole.py", "x * 7", "x * 8", apart=["room.late"]) == reached(apart=["room.late"])


@pytest.mark.parametrize(("one", "two"), [("{**a, 'b': c}", "{'b': a, **c}"), ("f(x, y=1)", "f(x, z=1)"), ("1", "1.0")])
def test_what_differs_in_what_it_does_differs_in_its_hash(tmp_path, one, two):
    digests = []
    for text in (one, two):
        (tmp_path / "own.py").write_text(f"def begin(a, c, x, f):\n    return {text}\n", encoding="utf-8")
        digests.append(hashes([("own", "begin")], root=tmp_path))
    assert digests[0] != digests[1]


def test_all_of_a_module_is_all_that_it_defines_and_imports(reached, tmp_path):
    reached()
    every = hashes([("room.first", ALL)], root=tmp_path)
    assert set(every) == set(FILES) - {"room/__init__.py"}  # in which is no code


def test_a_definition_that_is_not_there_is_an_error(reached, tmp_path):
    reached()
    for module, name in (("room.first", "ended"), ("room.nowhere", "begin")):
        with pytest.raises(LookupError, match=name):
            hashes([(module, name)], root=tmp_path)
