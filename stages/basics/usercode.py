"""The user's own losses and models: functions in the files of ``stages/custom``."""

import importlib.util
import inspect
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

from stages.basics import paths
from stages.basics import suggest as mistakes
from stages.basics.cli import UserError


def find(reference: str) -> Callable:
    """The function that ``module:function`` names.

    Raises:
        UserError: there is no such file or function, or the file cannot be run.
    """
    name, _, function = reference.partition(":")
    module = _load(name, paths.CUSTOM.resolve())
    found = getattr(module, function, None)
    if not callable(found):
        there = [
            key
            for key, value in vars(module).items()
            if getattr(value, "__module__", None) == module.__name__
            and callable(value)
            and not inspect.isclass(value)
            and not key.startswith("_")
        ]
        told = (
            mistakes.not_one_of(function, there, "a function here", "There are")
            if there
            else f"there is no function '{function}'"
        )
        raise UserError(f"{paths.CUSTOM / name}.py: {told}")
    return found


@cache
def _load(name: str, folder: Path) -> ModuleType:
    path = paths.CUSTOM / f"{name}.py"
    if not path.is_file():
        there = sorted(file.stem for file in paths.CUSTOM.glob("*.py"))
        told = f"; there are: {', '.join(there)}" if there else ""
        raise UserError(f"{path} is missing, where '{name}' is looked for and DVC sees it change{told}")
    # files of the folder may import each other
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    # a name of its own, as the user's may be that of a module there is
    spec = importlib.util.spec_from_file_location(f"stages.custom.{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[spec.name]
        message = (str(error).strip() or "no message").splitlines()[0]
        raise UserError(f"{path} cannot be run: {type(error).__name__}: {message}") from error
    return module
