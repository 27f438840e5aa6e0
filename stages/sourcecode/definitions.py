"""What of the project's code a function reaches, definition by definition, and a hash of it.

A definition counts as its syntax tree, so that comments, layout and docstrings do not; nor does what an error says.
It reaches what its names stand for, in its own module or imported; of a module, what runs when that is imported.
"""

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from stages.basics.turns import IMPORTING
from stages.sourcecode.imports import file_of, imports_in

ROOT = Path(__file__).parents[2]
ALL = "*"  # every definition of a module
_RUN = ""  # what of a module is no definition, and runs when it is imported

# the full name of a module, and a name that it defines
Definition = tuple[str, str]
# a name that code uses, and the attribute of it; None for the name as a whole
Use = tuple[str, str | None]


class _Code(NamedTuple):
    """Some statements: their syntax, the same for all that differ in words alone, and the names that they use."""

    text: str
    uses: frozenset[Use]


class _Module(NamedTuple):
    """A module: its statements by the name that they define, and what its imports stand for, by name."""

    code: dict[str, _Code]
    imports: dict[str, tuple[str, str | None]]


def hashes(first: Iterable[Definition], *, apart: Collection[str] = (), root: Path = ROOT) -> dict[str, str]:
    """By file, a hash of those of its definitions that are reached.

    Args:
        first: from where.
        apart: modules that do not count, nor what is reached through them alone.
        root: the folder that the project's package is in.

    Raises:
        LookupError: there is no such definition.
    """
    project = _Project(root)
    digests = {}
    for module, names in sorted(project.reached(first, apart).items()):
        code, imports = project.module(module)
        digest = sha256()
        for name in sorted(names & code.keys()):
            text, uses = code[name]
            brought = sorted(f"{used}: {imports[used]}" for used in {used for used, _ in uses} & imports.keys())
            digest.update("\n".join([name, text, *brought, ""]).encode())
        if names & code.keys():
            digests[project.path(module)] = digest.hexdigest()
    return digests


class _Project:
    """The modules below one folder, each looked for once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._modules: dict[str, _Module | None] = {}

    def module(self, name: str) -> _Module | None:
        """A module by its full name; None of what is no module of the project."""
        if name not in self._modules:
            file = file_of(name, self._root)
            package = file.relative_to(self._root).parts[:-1] if file else ()
            self._modules[name] = _parsed(file.read_bytes(), package) if file else None
        return self._modules[name]

    def path(self, name: str) -> str:
        """Where a module is in the project."""
        return file_of(name, self._root).relative_to(self._root).as_posix()

    def reached(self, first: Iterable[Definition], apart: Collection[str]) -> dict[str, set[str]]:
        """By module the names of what is reached: see `hashes`."""
        reached: dict[str, set[str]] = defaultdict(set)
        waiting = list(first)
        for module, name in waiting:
            if (source := self.module(module)) is None or name not in {ALL, *source.code}:
                raise LookupError(f"{module} defines no '{name}'")
        while waiting:
            module, name = waiting.pop()
            if module in apart or name in reached[module] or (source := self.module(module)) is None:
                continue
            reached[module].add(name)
            parts = module.split(".")
            waiting += [(".".join(parts[:n]), _RUN) for n in range(1, len(parts) + 1)]
            waiting += self._reached_by(module, source, name)
        return {module: names for module, names in reached.items() if names}

    def _reached_by(self, module: str, source: _Module, name: str) -> Iterator[Definition]:
        """What a definition reaches itself."""
        if name == ALL:
            yield from ((module, defined) for defined in (*source.code, *source.imports))
        elif name in source.code:
            for used, attribute in source.code[name].uses:
                if used in source.code:
                    yield module, used
                elif used in source.imports:
                    yield self._meant(*source.imports[used], attribute)
        elif name in source.imports:
            yield self._meant(*source.imports[name], None)
        elif name != _RUN:  # of a package, a module in it
            yield f"{module}.{name}", ALL

    def _meant(self, module: str, name: str | None, attribute: str | None) -> Definition:
        """What an import brings: a definition, or of a module this attribute, or all where it is used as a whole."""
        below = f"{module}.{name}" if name else module
        return (below, attribute or ALL) if name is None or self.module(below) else (module, name)


@cache
def _parsed(source: bytes, package: tuple[str, ...]) -> _Module:
    with IMPORTING:
        tree = ast.parse(source)
    statements: dict[str, list[ast.stmt]] = defaultdict(list)
    for statement in tree.body:
        for name in _names_of(statement):
            statements[name].append(statement)
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    code = {name: _code_of(every, imports) for name, every in statements.items()}
    return _Module(
        code, {statement.called: (statement.module, statement.name) for statement in imports_in(imports, package)}
    )


def _names_of(statement: ast.stmt) -> list[str]:
    """What a statement of a module defines."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):  # a docstring
            return []
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets) if all(isinstance(target, ast.Name | ast.Tuple) for target in targets):
            return [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return [_RUN]


def _code_of(statements: list[ast.stmt], imports: list[ast.AST]) -> _Code:
    writer = _Writer(imports)
    writer.write(statements)
    return _Code(" ".join(writer.words), frozenset(writer.uses))


class _Writer:
    """Writes syntax trees, and collects what they use and import."""

    def __init__(self, imports: list[ast.AST]) -> None:
        self.words: list[str] = []
        self.uses: set[Use] = set()
        self._imports = imports

    def write(self, statements: list[ast.stmt]) -> None:
        """Write statements, without docstrings."""
        self._write_field("", statements)

    def _write_node(self, node: ast.AST) -> None:
        kind = type(node)
        if kind is ast.Name:
            self.uses.add((node.id, None))
            self.words.append(node.id)
        elif kind is ast.Constant:
            self.words.append(repr(node.value))
        elif kind is ast.Raise and type(node.exc) is ast.Call:  # what an error says decides no result
            self.words.append("Raise")
            self._write_node(node.exc.func)
        elif kind is ast.Attribute and type(node.value) is ast.Name:
            self.uses.add((node.value.id, node.attr))
            self.words.append(f"{node.value.id}.{node.attr}")
        elif kind is ast.Import or kind is ast.ImportFrom:
            self._imports.append(node)
        else:
            self.words.append(f"{kind.__name__}(")
            for field in kind._fields:
                self._write_field(field, getattr(node, field, None))
            self.words.append(")")

    def _write_field(self, field: str, value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                self._write_field(field, "" if item is None else item)
        elif isinstance(value, ast.AST):
            is_docstring = type(value) is ast.Expr and type(value.value) is ast.Constant
            if field != "ctx" and not is_docstring:
                self.words.append(field)
                self._write_node(value)
        elif value is not None:
            self.words.append(f"{field}={value!r}")
