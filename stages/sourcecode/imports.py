"""What Python files import, themselves and by what they import. Nothing of them is run."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """What one name of an ``import`` stands for.

    Attributes:
        module: the full name of a module.
        name: what is taken from it, defined in it or a module below it; None for the module itself.
        called: what the code calls it.
    """

    module: str
    name: str | None
    called: str


def imports_in(nodes: Iterable[ast.AST], package: Sequence[str]) -> Iterator[Import]:
    """The imports among parts of a file's syntax tree.

    Args:
        nodes: the parts.
        package: the names of the packages that the file is in, from the outermost.
    """
    for node in nodes:
        match node:
            case ast.Import(names=names):
                yield from (Import(alias.name, None, alias.asname or alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                above = package[: len(package) - level + 1] if level else ()
                base = ".".join([*above, *([module] if module else [])])
                yield from (Import(base, alias.name, alias.asname or alias.name) for alias in names)


def names_imported(file: Path, root: Path = Path()) -> set[str]:
    """The full names of what a file imports; of ``from a import b`` both a and a.b, which may be a module.

    Where ``pkgutil.iter_modules`` looks through an imported package, all modules in it are imported too.

    Args:
        file: the file; one that is no Python imports nothing.
        root: the folder that the outermost package is in.
    """
    every, looked_through = _read(file.read_bytes(), file.relative_to(root).parts[:-1])
    names = {statement.module for statement in every} | {_full(statement) for statement in every}
    packages = [_full(statement) for statement in every if statement.called in looked_through]
    inside = (file for package in packages for file in root.joinpath(*package.split(".")).glob("[!_]*.py"))
    return names | {".".join(file.relative_to(root).with_suffix("").parts) for file in inside}


@cache  # several winners hold the same hundred files
def _read(content: bytes, package: tuple[str, ...]) -> tuple[list[Import], set[str]]:
    """The imports of a file of this content, in a package, and what it calls the packages that it looks through."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return [], set()
    nodes = list(ast.walk(tree))
    return list(imports_in(nodes, package)), set(_looked_through(nodes))


def _full(statement: Import) -> str:
    return f"{statement.module}.{statement.name}" if statement.name else statement.module


def _looked_through(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """What code calls the packages that it looks through for modules."""
    for node in nodes:
        match node:
            case ast.Call(
                func=ast.Attribute(attr="iter_modules"),
                args=[ast.Attribute(value=ast.Name(id=name), attr="__path__"), *_],
            ):
                yield name


def file_of(module: str, root: Path) -> Path | None:
    """The file of a module, or of a package, by its full name; None where there is none in the folder."""
    place = root.joinpath(*module.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def files_imported(file: Path, root: Path) -> set[Path]:
    """The files in a folder that a file imports itself."""
    files = {file_of(name, root) for name in names_imported(file, root) if name}
    return {file for file in files if file}


def files_reached(first: Iterable[Path], root: Path) -> set[Path]:
    """The files in a folder that run when these do: themselves, what they import, what that imports, and packages."""
    reached: set[Path] = set()
    waiting = list(first)
    while waiting:
        if (file := waiting.pop()) not in reached:
            reached.add(file)
            above = (parent / "__init__.py" for parent in file.parents if parent.is_relative_to(root))
            waiting += [*files_imported(file, root), *(file for file in above if file.is_file())]
    return reached
