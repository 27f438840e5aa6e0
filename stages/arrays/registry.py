"""All kinds of source that give arrays."""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from stages.arrays.source import ArraySource


@cache
def kinds() -> dict[str, type[ArraySource]]:
    """The kinds by what tells them apart, in the order of their modules' names."""
    package = importlib.import_module(f"{__package__}.kinds")
    modules = (importlib.import_module(f"{package.__name__}.{each.name}") for each in _modules(package.__path__))
    return {module.Source.mark(): module.Source for module in modules}


def _modules(path: list[str]) -> list[pkgutil.ModuleInfo]:
    return sorted(pkgutil.iter_modules(path), key=lambda each: each.name)


def kind_of(path: Path) -> type[ArraySource] | None:
    """The kind of a file or folder of a user's, or of a generator that has this name; None where it is neither."""
    if not path.exists():
        kind = kinds().get(path.as_posix())
        return kind if kind and not kind.OF_FILES else None
    return next((kind for kind in kinds().values() if kind.takes(path)), None)
