"""Know when a module is imported, so that what is patched later than others is patched, too."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Collection, Sequence
from types import ModuleType


class OnImport(importlib.abc.MetaPathFinder):
    """Tells of modules: at once of those that are there, of the others when they are imported.

    Args:
        names: Of the modules; none of them is imported for the purpose.
        arrived: Called with each of them.
    """

    def __init__(self, names: Collection[str], arrived: Callable[[ModuleType], None]) -> None:
        self._names = names
        self._arrived = arrived
        self._is_on = False

    def begin(self) -> None:
        """Tell from now on."""
        self._is_on = True
        sys.meta_path.insert(0, self)
        for name in self._names:
            if module := sys.modules.get(name):
                self._arrived(module)

    def end(self) -> None:
        """Tell no more."""
        self._is_on = False
        sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Let the module be found as ever, and tell of it when it has been executed."""
        if fullname not in self._names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            if self._is_on:
                self._arrived(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # of this import only
        return spec
