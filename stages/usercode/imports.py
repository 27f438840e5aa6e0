"""The files of ``stages/custom``: what they import and where that lies, as DVC has to see it change, and their hash."""

import sysconfig
from functools import cache
from hashlib import sha256
from importlib.machinery import PathFinder
from pathlib import Path
from sys import builtin_module_names

from stages.basics import paths
from stages.basics.cli import UserError
from stages.sourcecode import definitions
from stages.sourcecode.imports import file_of, names_imported

# packages of the project that every stage with code of the user's own depends on
_WATCHED = ("basics", "custom", "losses", "params", "records", "scores", "usercode")


def files_from(first: Path) -> list[Path]:
    """A file of the folder, and the others of the folder that it imports, themselves or by one of these.

    Raises:
        UserError: one imports a file that DVC does not see change.
    """
    reached, waiting = set(), [first]
    while waiting:
        if (path := waiting.pop()) not in reached and path.is_file():
            reached.add(path)
            for name in sorted(names_imported(path)):
                waiting += _files_of(name, path)
    return sorted(reached)


def every_file() -> list[Path]:
    """All files of the folder: code may read any of them, and import one by a name that no syntax tree shows."""
    return sorted(path for path in paths.CUSTOM.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def hashes() -> dict[str, str]:
    """Hashes of all files of the folder, by name, and of the modules of the project that they use."""
    files = every_file()
    used = {name for file in files if file.suffix == ".py" for name in names_imported(file)}
    modules = sorted(name for name in used if name.startswith("stages.") and file_of(name, definitions.ROOT))
    by_name = {file.as_posix(): _hash(file, file.stat().st_mtime_ns, file.stat().st_size) for file in files}
    return by_name | definitions.hashes([(module, definitions.ALL) for module in modules])


@cache
def _hash(file: Path, changed: int, size: int) -> str:
    del changed, size  # with which it is another file
    return sha256(file.read_bytes()).hexdigest()


def plain_names() -> list[str]:
    """The modules and packages of the folder that ``import name`` finds: those that nothing else is called like."""
    names = {path.stem for path in paths.CUSTOM.glob("*") if path.is_dir() or path.suffix == ".py"}
    return sorted(name for name in names if name not in builtin_module_names and _elsewhere(name) is None)


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
    return bool(is_package) or any(place.is_relative_to(folder) for folder in library)


def _unseen(importer: Path, name: str, place: Path) -> UserError:
    shown = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else place
    return UserError(
        f"{importer} imports '{name}' from {shown}, which DVC does not see change, so results would stay as they were; "
        f"move it into {paths.CUSTOM}, or install it as a package"
    )
