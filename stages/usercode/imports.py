"""What the files of ``stages/custom`` import, and where that lies: DVC has to see it change."""

import ast
import sysconfig
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from sys import builtin_module_names

from stages.basics import paths
from stages.basics.cli import UserError

# packages of the project that every stage with code of the user's own depends on
_WATCHED = ("basics", "custom", "losses", "params", "records", "scores", "usercode")


def files_from(first: Path) -> list[Path]:
    """A file of the folder, and the others of the folder that it imports, themselves or by one of these.

    Raises:
        UserError: one imports a file that DVC does not see change.
    """
    wanted, waiting = set(), [first]
    while waiting:
        if (path := waiting.pop()) not in wanted and path.is_file():
            wanted.add(path)
            for name in imported(path):
                waiting += _files_of(name, path)
    return sorted(wanted)


def every_file() -> list[Path]:
    """All files of the folder: code may read any of them, and import one by a name that no syntax tree shows."""
    return sorted(path for path in paths.CUSTOM.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def plain_names() -> list[str]:
    """The modules and packages of the folder that ``import name`` finds: those that nothing else is called like."""
    names = {path.stem for path in paths.CUSTOM.glob("*") if path.is_dir() or path.suffix == ".py"}
    return sorted(name for name in names if name not in builtin_module_names and _elsewhere(name) is None)


def imported(path: Path) -> Iterator[str]:
    """The full names of what a file imports; of ``from a import b`` both a and a.b, which may be a module."""
    package = [*paths.CUSTOM.parts, *path.relative_to(paths.CUSTOM).parts[:-1]]
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return  # which is told when it is run
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package[: len(package) - level + 1] if level else []
                base = ".".join([*above, *([module] if module else [])])
                yield from (base, *(f"{base}.{alias.name}" for alias in names))


def _files_of(name: str, importer: Path) -> list[Path]:
    """The files of the folder that a name of a module means: none where it is installed."""
    parts = name.split(".")
    if tuple(parts[:2]) == paths.CUSTOM.parts:
        return _inside(paths.CUSTOM.joinpath(*parts[2:]))
    if parts[0] == paths.CUSTOM.parts[0]:
        if len(parts) > 1 and parts[1] not in _WATCHED:
            raise _unseen(importer, name, Path(*parts[:2]))
        return []
    if parts[0] in builtin_module_names:
        return []
    if (place := _elsewhere(parts[0])) is not None:
        if _is_installed(place):
            return []
        raise _unseen(importer, parts[0], place)
    return _inside(paths.CUSTOM.joinpath(*parts)) + _inside(paths.CUSTOM / parts[0])


def _elsewhere(name: str) -> Path | None:
    """Where ``import name`` finds something outside of the folder."""
    # as when a stage runs: the project's folder is searched first, and stages/custom last
    spec = PathFinder.find_spec(name, [str(Path.cwd())]) or PathFinder.find_spec(name)
    if spec is None or (spec.origin is None and _is_code(paths.CUSTOM / name)):
        return None  # a folder without __init__.py gives way to a module
    place = Path(spec.origin or next(iter(spec.submodule_search_locations))).resolve()
    return None if place.is_relative_to(paths.CUSTOM.resolve()) else place


def _is_code(place: Path) -> bool:
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


def _inside(place: Path) -> list[Path]:
    """The file of a module in the folder, or all of a package there."""
    return [place.with_suffix(".py")] if not place.is_dir() else sorted(place.rglob("*.py"))


def _is_installed(place: Path) -> bool:
    library = {Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib")}
    is_package = {"site-packages", "dist-packages"} & set(place.parts)
    return bool(is_package) or any(place.is_relative_to(each) for each in library)


def _unseen(importer: Path, name: str, place: Path) -> UserError:
    shown = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else place
    return UserError(
        f"{importer} imports '{name}' from {shown}, which DVC does not see change, so results would stay as they were; "
        f"move it into {paths.CUSTOM}, or install it as a package"
    )
