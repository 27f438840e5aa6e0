"""The user's own code from the file of a winner, apart from all else that a process has loaded.

Several winners may be loaded in one process, with modules of the same names in them, and the process may have such
modules of its own. So the modules of each winner are below a package that nothing else is called like, and an
``import`` in them, also in a function that runs later, finds there what it found in ``stages/custom``.
"""

import builtins
import importlib
import os
import shutil
import sys
import tempfile
import weakref
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

PROJECT = "stages"
CUSTOM = f"{PROJECT}.custom"


class IsolatedCode:
    """The user's own code of one winner.

    Attributes:
        folder: where its files are, for code that reads data beside itself; it is removed with this object.
    """

    def __init__(self, archive: zipfile.ZipFile, prefix: str, plain: Collection[str], project: str) -> None:
        """Unpack the files.

        Args:
            archive: the file of the winner.
            prefix: what the names of the user's files begin with in it.
            plain: the modules and packages that are imported by their plain names: see `imports.plain_names`.
            project: the package that the project's own code is in.
        """
        folder, self._package = Path(tempfile.mkdtemp(prefix="losslab-")), f"losslab_{uuid4().hex}"
        self.folder = folder / self._package
        self.folder.mkdir()
        for name in archive.namelist():
            if name.startswith(prefix):
                file = self.folder / name.removeprefix(prefix)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.read(name))
        finder = _Finder(self._package, folder, frozenset(plain), project)
        sys.meta_path.insert(0, finder)
        weakref.finalize(self, finder.forget, os.getpid())

    def module(self, name: str) -> ModuleType:
        """The module that ``stages/custom`` has under a name."""
        return importlib.import_module(f"{self._package}.{name}")


class _Finder(MetaPathFinder):
    """Finds the modules of one package, and what they import."""

    def __init__(self, package: str, folder: Path, plain: frozenset[str], project: str) -> None:
        self._package, self._where, self._plain, self._project = package, folder, plain, project
        # what ``import stages`` and ``import importlib`` give
        self._stages, self._importlib = ModuleType(PROJECT), ModuleType("importlib")
        self._stages.__getattr__ = self._of_stages
        vars(self._importlib).update(vars(importlib), import_module=self._import_module)
        self._importlib.__getattr__ = lambda name: getattr(importlib, name)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module, which imports by `_import`; none of another package."""
        if fullname.partition(".")[0] != self._package:
            return None
        spec = PathFinder.find_spec(fullname, path or [str(self._where)], target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path, self._import)
        return spec

    def forget(self, process: int) -> None:
        """Forget the modules and remove their files, unless this is a process that was forked from theirs."""
        sys.meta_path.remove(self)
        for name in [name for name in sys.modules if name.partition(".")[0] == self._package]:
            del sys.modules[name]
        if os.getpid() == process:
            shutil.rmtree(self._where, ignore_errors=True)

    def _real(self, name: str) -> str:
        """What a module is called here that the user's own code calls so."""
        first, _, rest = name.partition(".")
        if first in self._plain:
            return f"{self._package}.{name}"
        if name == CUSTOM or name.startswith(f"{CUSTOM}."):
            return self._package + name.removeprefix(CUSTOM)
        return f"{self._project}.{rest}" if first == PROJECT and rest else name

    def _import(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,  # noqa: A002 - as the builtin has it
        locals: Mapping[str, Any] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """What an ``import`` of the user's own code does: see the builtin ``__import__``."""
        if level == 0 and name in (PROJECT, "importlib"):
            return self._stages if name == PROJECT else self._importlib
        real = name if level else self._real(name)
        module = builtins.__import__(real, globals, locals, fromlist, level)
        first = name.partition(".")[0]
        if level or fromlist:
            return module
        if first in self._plain:
            return sys.modules[f"{self._package}.{first}"]
        return {PROJECT: self._stages, "importlib": self._importlib}.get(first, module)

    def _import_module(self, name: str, package: str | None = None) -> ModuleType:
        """What ``importlib.import_module`` does in the user's own code."""
        return importlib.import_module(self._real(name), package)

    def _of_stages(self, name: str) -> ModuleType:
        try:
            return self._import_module(f"{PROJECT}.{name}")
        except ModuleNotFoundError as error:
            raise AttributeError(f"module '{PROJECT}' has no attribute '{name}'") from error


class _Loader(SourceFileLoader):
    """Loads a module that imports in a way of its own."""

    def __init__(self, fullname: str, path: str, import_: Callable[..., ModuleType]) -> None:
        super().__init__(fullname, path)
        self._import = import_

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": self._import}
        super().exec_module(module)
