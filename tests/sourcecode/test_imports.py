import pytest

from stages.sourcecode import imports


@pytest.fixture
def write(tmp_path):
    """Write a file, by its path below a folder."""

    def one(name, text=""):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return one


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("import json", {"json"}),
        ("import xml.dom as d, sys", {"xml.dom", "sys"}),
        ("from a import b as c, d", {"a", "a.b", "a.d"}),
        ("from . import b", {"room.inner", "room.inner.b"}),
        ("from .. import b", {"room", "room.b"}),
        ("from ..near.deep import b", {"room.near.deep", "room.near.deep.b"}),
        ("def late():\n    from a import b", {"a", "a.b"}),
        ("x = 'import json'", set()),
        ("this is no Python", set()),
    ],
)
def test_what_a_file_imports_is_found_by_its_full_name_wherever_it_stands(write, tmp_path, line, names):
    assert imports.names_imported(write("room/inner/own.py", line), tmp_path) == names


def test_what_runs_with_a_file_is_what_it_imports_and_what_that_imports_with_their_packages(write, tmp_path):
    first = write("room/first.py", "import json\nfrom room.inner import second")
    others = [
        write("room/__init__.py"),
        write("room/inner/__init__.py", "from room import third"),
        write("room/inner/second.py", "import room.first"),
        write("room/third.py"),
    ]
    write("room/fourth.py", "from room import first")
    assert imports.files_imported(first, tmp_path) == set(others[1:3])
    assert imports.files_reached([first], tmp_path) == {first, *others}


def test_of_a_package_that_is_looked_through_all_modules_are_imported(write, tmp_path):
    line = "import pkgutil\nfrom room import parts\nfound = list(pkgutil.iter_modules(parts.__path__, 'room.parts.'))"
    for name in ("one", "two", "_hidden", "__init__"):
        write(f"room/parts/{name}.py")
    found = imports.files_imported(write("room/first.py", line), tmp_path)
    assert {file.name for file in found} == {"one.py", "two.py", "__init__.py"}
