"""The user's own losses and models: functions in the files of ``stages/custom``."""

import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.usercode import imports


def find(reference: str) -> Callable:
    """The function that ``module:function`` names.

    Raises:
        UserError: there is no such file or function, or the file cannot be run.
    """
    name, _, function = reference.partition(":")
    module = _load(name, paths.CUSTOM.resolve())
    value = getattr(module, function, None)
    if not callable(value):
        functions = [key for key, value in vars(module).items() if _is_own_function(key, value, module)]
        raise UserError(
            f"{paths.CUSTOM / name}.py: "
            + (
                suggest.not_one_of(function, functions, "a function here", "There are")
                if functions
                else f"there is no function '{function}'"
            )
        )
    return value


def failure(error: BaseException, folder: Path = paths.CUSTOM, shown: Path = paths.CUSTOM) -> str | None:
    """Where the user's own code failed, and how, in one line; None for an error of other code.

    Args:
        error: what was raised.
        folder: where the user's own code is.
        shown: what the line calls this folder.
    """
    folder = folder.resolve()
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if (file := Path(frame.filename).resolve()).is_relative_to(folder):
            place = shown / file.relative_to(folder)
            return f"{place}, line {frame.lineno}: {type(error).__name__}: {cause(error)}"
    return None


def is_ours(error: BaseException) -> bool:
    """Whether an error was raised by a module of the project, and not by the user's own code or a library."""
    last = Path(traceback.extract_tb(error.__traceback__)[-1].filename).resolve()
    return last.is_relative_to(Path(__file__).parents[1]) and not last.is_relative_to(paths.CUSTOM.resolve())


def cause(error: BaseException) -> str:
    """The line of an error's message that says what is wrong, where Keras and TensorFlow put others around it."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no message"]
    if lines[0].startswith("in user code"):
        return lines[-1]
    while len(lines) > 1 and (lines[0].startswith("Exception encountered") or lines[0].endswith("Error encountered:")):
        lines = lines[1:]
    if lines[0].endswith("was created by passing"):  # a layer without get_config; what it needs is in the lines after
        return " ".join(lines[:4])
    return lines[0]


def files_of(reference: str) -> list[Path]:
    """The files that decide what ``module:function`` does: its own, and those of the folder that it imports.

    Raises:
        UserError: one imports a file that DVC does not see change.
    """
    return imports.files_from(paths.CUSTOM / f"{reference.partition(':')[0]}.py")


def _is_own_function(name: str, value: object, module: ModuleType) -> bool:
    """Whether a module defines a public function under a name, rather than importing it."""
    is_own = getattr(value, "__module__", None) == module.__name__
    return is_own and callable(value) and not inspect.isclass(value) and not name.startswith("_")


@cache
def _load(name: str, folder: Path) -> ModuleType:
    path = paths.CUSTOM / f"{name}.py"
    if not path.is_file():
        others = ", ".join(sorted(file.stem for file in paths.CUSTOM.glob("*.py")))
        there_are = f"; there are: {others}" if others else ""
        raise UserError(f"{path} is missing, where '{name}' is looked for and DVC sees it change{there_are}")
    imports.files_from(path)
    # files of the folder may import each other
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    # not under its plain name, which may be that of an installed module, as in json.py
    spec = importlib.util.spec_from_file_location(f"stages.custom.{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[spec.name]
        raise UserError(f"{path} cannot be run: {type(error).__name__}: {cause(error)}") from error
    return module
