"""The switch that lets `import langgraph` reach this runtime.

After `install()` the modules of LangGraph itself (`langgraph.graph`, `langgraph.types`, ...) are
those of `runtime`, the very same module objects. `langgraph.checkpoint`, `langgraph.store`,
`langgraph.cache` and what other packages put below `langgraph` stay what they are. So an agent, and
a package built on LangGraph, runs unchanged on this engine, whether or not LangGraph is installed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Final

__all__ = ("install", "installed", "is_installed", "uninstall")

PACKAGE: Final = "langgraph"
OWN: Final = frozenset(
    (
        "_internal",
        "callbacks",
        "channels",
        "config",
        "constants",
        "errors",
        "func",
        "graph",
        "managed",
        "prebuilt",
        "pregel",
        "runtime",
        "stream",
        "types",
        "typing",
        "utils",
        "version",
        "warnings",
    )
)
"""What is LangGraph itself below the package name."""
SAME: Final = frozenset(
    ("runtime.graph._branch", "runtime.prebuilt._tool_call_stream", "runtime.stream._mux")
)
"""Private modules of ours which have what LangGraph's have."""


def install() -> None:
    """Let `import langgraph.graph` and the like reach this runtime, from now on.

    Doing it twice is fine.

    Raises:
        ImportError: A module of LangGraph itself was imported before: whoever did so goes on with
            the other engine, and the two cannot be mixed.
    """
    if is_installed():
        return
    if loaded := sorted(name for name in sys.modules if _is_own(name)):
        first = loaded[0]
        where = getattr(sys.modules[first], "__file__", None) or "an unknown place"
        raise ImportError(
            f"{first} was imported already, from {where} ({len(loaded)} modules of LangGraph in "
            "all), and would go on beside the bundled runtime. Call runtime.as_langgraph.install() "
            "before anything imports langgraph: first thing in the program, or, in tests, with "
            "pytest --graph-engine=bundled."
        )
    sys.meta_path.insert(0, _FINDER)


def uninstall() -> None:
    """Let the next `import langgraph.graph` reach the installed LangGraph again.

    Code that imported this runtime meanwhile keeps it.
    """
    if is_installed():
        sys.meta_path.remove(_FINDER)
        _FINDER.forget()


@contextmanager
def installed() -> Iterator[None]:
    """Install for a while; does nothing where it is installed for good.

    Raises:
        ImportError: As for `install`.
    """
    before = is_installed()
    install()
    try:
        yield
    finally:
        if not before:
            uninstall()


def is_installed() -> bool:
    """Return whether `import langgraph.graph` reaches this runtime."""
    return _FINDER in sys.meta_path


def _is_own(name: str) -> bool:
    """Return whether a module is one of LangGraph itself."""
    package, _, below = name.partition(".")
    return package == PACKAGE and below.partition(".")[0] in OWN


class _Alias(Loader):
    """Loads a module of ours in place of another one."""

    def __init__(self, target: str) -> None:
        self.target = target
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return our module itself."""
        module = import_module(self.target)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Undo what the import system did to it: it has been executed under its own name."""
        module.__spec__ = self._spec


class _Finder(MetaPathFinder):
    """Finds our modules under LangGraph's names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load a module of LangGraph itself; leave the others to other finders.

        Raises:
            ModuleNotFoundError: This runtime has no such module.
        """
        if not _is_own(fullname):
            return None
        name = _ours(fullname)
        if name is None:
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: LangGraph is the bundled runtime here "
                "(runtime.as_langgraph, or pytest --graph-engine=bundled), which has no such "
                "module. Run this on the installed LangGraph.",
                name=fullname,
            )
        return ModuleSpec(fullname, _Alias(name), origin=name)

    def forget(self) -> None:
        """Take back what imports have left behind."""
        for name in sorted(filter(_is_own, sys.modules), reverse=True):
            module = sys.modules.pop(name)
            parent, _, child = name.rpartition(".")
            above = sys.modules.get(parent)
            if above is None or module.__name__ == f"{above.__name__}.{child}":
                continue  # an attribute that our package has anyway
            if getattr(above, child, None) is module:
                delattr(above, child)


def _ours(fullname: str) -> str | None:
    """Return the module that stands for one of LangGraph, if there is any."""
    name = f"runtime.{fullname.partition('.')[2]}"
    spec = find_spec(name)
    if spec is None:
        return None
    # the private parts of two packages have nothing to do with each other
    meant = "._" not in name or name in SAME or "_internal" in Path(spec.origin or "").parts
    return name if meant else None


_FINDER: Final = _Finder()
