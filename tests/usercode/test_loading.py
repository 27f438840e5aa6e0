import sys

import pytest

from stages.basics.cli import UserError
from stages.usercode import imports, loading


def refused(reference):
    """The one line that a reference is refused with."""
    with pytest.raises(UserError) as raised:
        loading.find(reference)
    [line] = str(raised.value).splitlines()
    return line


def test_a_function_is_found_by_its_file_and_its_name(write_own):
    write_own("mine", "def double(x):\n    return 2 * x\n\n\ndef half(x):\n    return x / 2\n")
    assert loading.find("mine:double")(21) == 42
    assert loading.find("mine:half")(21) == 10.5


@pytest.mark.parametrize(
    "what", ["class found:\n    pass\n", "found = lambda: 3\n", "from math import sqrt as found\n"]
)
def test_whatever_can_be_called_is_a_function(write_own, what):
    write_own("mine", what)
    assert callable(loading.find("mine:found"))


def test_a_file_may_import_its_neighbours(write_own):
    write_own("neighbour_of_mine", "def double(x):\n    return 2 * x\n")
    write_own("mine", "import neighbour_of_mine\n\n\ndef fourfold(x):\n    return 2 * neighbour_of_mine.double(x)\n")
    assert loading.find("mine:fourfold")(1) == 4


def test_a_file_runs_once_however_many_of_its_functions_are_asked_for(write_own, capsys):
    write_own("mine", "print('runs')\n\n\ndef one():\n    pass\n\n\ndef other():\n    pass\n")
    assert loading.find("mine:one") is loading.find("mine:one")
    loading.find("mine:other")
    assert capsys.readouterr().out == "runs\n"


def test_a_file_does_not_take_the_place_of_a_module_of_the_same_name(write_own):
    import json

    write_own("json", "def dumps(value):\n    return 'mine'\n")
    assert loading.find("json:dumps")({}) == "mine"
    assert sys.modules["json"] is json


def test_a_missing_file_is_told_with_those_that_are_there(write_own):
    assert refused("my_loses:pinball") == (
        "stages/custom/my_loses.py is missing, where 'my_loses' is looked for and DVC sees it change"
    )
    write_own("my_models", "")
    write_own("my_losses", "")
    assert refused("my_loses:pinball") == (
        "stages/custom/my_loses.py is missing, where 'my_loses' is looked for and DVC sees it change; "
        "there are: my_losses, my_models"
    )


def test_a_file_that_was_missing_is_found_when_it_is_there(write_own):
    refused("mine:f")
    write_own("mine", "def f():\n    return 1\n")
    assert loading.find("mine:f")() == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "def pinball():\n    pass\n\n\ndef other():\n    pass\n",
            "'pinbal' is not a function here; did you mean 'pinball'? There are: pinball, other",
        ),
        ("def other():\n    pass\n", "'pinbal' is not a function here. There are: other"),
        ("class pinball:\n    pass\n\n\ndef other():\n    pass\n", "'pinbal' is not a function here. There are: other"),
        ("def _pinball():\n    pass\n", "there is no function 'pinbal'"),
        ("pinbal = 3\n", "there is no function 'pinbal'"),
        ("", "there is no function 'pinbal'"),
    ],
    ids=["near", "far", "class", "private", "number", "empty"],
)
def test_a_missing_function_is_told_with_the_nearest(write_own, text, line):
    write_own("mine", text)
    assert refused("mine:pinbal") == f"stages/custom/mine.py: {line}"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("raise ValueError('first line\\nsecond line')\n", "ValueError: first line"),
        ("raise ValueError\n", "ValueError: no message"),
        ("raise KeyError('a')\n", "KeyError: 'a'"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
        ("import no_such_package\n", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("def f(:\n    pass\n", "SyntaxError: invalid syntax (mine.py, line 1)"),
        ("x = undefined\n", "NameError: name 'undefined' is not defined"),
    ],
    ids=["two lines", "no message", "key", "zero", "import", "syntax", "name"],
)
def test_a_file_that_cannot_be_run_is_told_with_its_error_and_no_more(write_own, text, error):
    write_own("mine", text)
    assert refused("mine:f") == f"stages/custom/mine.py cannot be run: {error}"


def test_a_file_that_was_mended_is_run_again(write_own):
    write_own("mine", "raise ValueError\n")
    refused("mine:f")
    write_own("mine", "def f():\n    return 'mended'\n")
    assert loading.find("mine:f")() == "mended"


def test_a_dataclass_in_a_file_with_postponed_annotations_can_be_made(write_own):
    write_own(
        "mine",
        "from __future__ import annotations\n\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Setting:\n"
        "    share: float = 0.9\n\n\ndef share():\n    return Setting().share\n",
    )
    assert loading.find("mine:share")() == 0.9


def test_a_file_that_ends_the_program_is_refused(write_own):
    write_own("mine", "import sys\n\nsys.exit('bye')\n")
    assert refused("mine:own") == "stages/custom/mine.py cannot be run: SystemExit: bye"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("import helper", "'helper' from helper.py"),
        ("from helper import double", "'helper' from helper.py"),
        ("import own.deep", "'own' from own"),
        ("from stages.parsing import reading", "'stages.parsing' from stages/parsing"),
    ],
)
@pytest.mark.parametrize("indent", ["", "def later():\n    "], ids=["at once", "when called"])
def test_what_lies_outside_of_the_folder_is_refused_for_dvc_would_not_see_it_change(
    write_own, tmp_path, line, what, indent
):
    (tmp_path / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "deep.py").write_text("")
    write_own("mine", f"{indent}{line}\n")
    assert refused("mine:find") == (
        f"stages/custom/mine.py imports {what}, which DVC does not see change, so results would stay as "
        "they were; move it into stages/custom, or install it as a package"
    )


def test_what_a_neighbour_imports_from_outside_is_refused_too(write_own, tmp_path):
    (tmp_path / "helper.py").write_text("")
    write_own("near_mine", "import helper\n")
    write_own("mine", "import near_mine\n")
    assert refused("mine:find").startswith("stages/custom/near_mine.py imports 'helper' from helper.py, which DVC")


@pytest.mark.parametrize(
    "line",
    ["import near_mine", "from . import near_mine", "from .near_mine import x", "from stages.custom import near_mine"],
)
def test_the_files_that_decide_are_found_however_they_are_imported(write_own, line):
    write_own("near_mine", "x = 1\n")
    write_own(
        "mine", f"import sys, numpy, keras.ops\nfrom stages.losses import estimand\n{line}\ndef one():\n    pass\n"
    )
    assert [path.name for path in loading.files_of("mine:one")] == ["mine.py", "near_mine.py"]


def test_a_file_that_cannot_be_read_as_python_is_told(write_own):
    write_own("mine", "def one(:\n")
    assert "mine.py cannot be run: SyntaxError" in refused("mine:one")


def test_a_package_is_no_less_found_for_a_folder_of_the_project_of_its_name(write_own, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "stages/custom/data").mkdir()
    write_own("data/__init__", "x = 1\n")
    write_own("mine", "from data import x\n\n\ndef one():\n    return x\n")
    assert loading.find("mine:one")() == 1
    assert [path.as_posix() for path in loading.files_of("mine:one")] == [
        "stages/custom/data/__init__.py",
        "stages/custom/mine.py",
    ]


def test_plain_names_are_those_that_nothing_else_is_called_like(write_own, tmp_path):
    (tmp_path / "stages/custom/blocks").mkdir()
    for name in ("mine", "json", "numpy", "sys", "blocks/dense"):
        write_own(name, "")
    assert imports.plain_names() == ["blocks", "mine"]


def test_every_file_of_the_folder_is_listed_but_what_python_keeps_there(write_own, tmp_path):
    folder = tmp_path / "stages/custom"
    (folder / "blocks/__pycache__").mkdir(parents=True)
    for name in ("blocks/__pycache__/a.pyc", "blocks/data.csv", "costs.json"):
        (folder / name).write_bytes(b"")
    write_own("mine", "")
    found = [path.relative_to("stages/custom").as_posix() for path in imports.every_file()]
    assert found == ["blocks/data.csv", "costs.json", "mine.py"]
