"""Between every HTTP client and the network, from the first open cassette to the last.

Each library has a module that says which of its methods are replaced, and by what: httpx and httpx2
`_transport`, aiohttp `_aiohttp`, and all others that vcrpy knows `_vcr_clients`. Which cassette
answers is decided by `Scope`, so that several may be open at once. A library that is imported only
inside the block is patched when it arrives; none is imported for the purpose.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from types import ModuleType
from typing import Any, TypeAlias

from harness._scope import Scope
from harness.cassettes import _aiohttp, _transport, _vcr_clients
from harness.cassettes._cassette import Cassette
from harness.errors import CassetteError
from harness.network import loud

Replacement: TypeAlias = tuple[Any, str, Callable[..., Any]]

_OURS: dict[str, Callable[..., Iterator[Replacement]]] = {
    "httpx": _transport.replacements,
    "httpx2": _transport.replacements,
    "aiohttp": _aiohttp.replacements,
}


def governing(library: str) -> Cassette | None:
    """Return the open cassette to which the caller belongs, unless it skips the library."""
    found = scope.governing()
    if len(found) > 1:
        names = " and ".join(str(cassette.path or "in memory") for cassette in found[:2])
        raise loud(
            CassetteError(
                f"several cassettes are open ({names}) and this thread belongs to none of them\n"
                "  start it in the context of its caller: "
                "Thread(target=contextvars.copy_context().run, args=(function, ...))"
            )
        )
    return found[0] if found and library not in found[0].options.skips else None


def patched(triples: Sequence[tuple[Any, str, Any]]) -> ExitStack:
    """Let connection classes of the user's ask the open cassettes until the stack is closed."""
    return _vcr_clients.patched(triples, governing)


class _Finder(importlib.abc.MetaPathFinder):
    """Patches a library when it is imported while a cassette is open.

    One that is imported by another one (urllib3 by requests) is patched with that, when both are
    whole: vcrpy looks at all of them.
    """

    def __init__(self) -> None:
        self._half_imported: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in _OURS and fullname not in _vcr_clients.LIBRARIES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            self._half_imported.add(fullname)
            try:
                execute(module)
            finally:
                self._half_imported.discard(fullname)
            if fullname in _OURS or not self._half_imported:
                _patch.library_arrived(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # of this import only
        return spec


class _Patch:
    """The replaced methods, while a cassette is open."""

    def __init__(self) -> None:
        self._originals: list[Replacement] = []
        self._others: ExitStack | None = None
        self._finder = _Finder()
        self._lock = threading.RLock()
        self._is_on = False

    def install(self) -> None:
        with self._lock:
            self._is_on = True
            sys.meta_path.insert(0, self._finder)
            others = [name for name in _vcr_clients.LIBRARIES if name in sys.modules]
            for name in (*_OURS, *others[:1]):
                if library := sys.modules.get(name):
                    self.library_arrived(library)

    def library_arrived(self, library: Any) -> None:
        with self._lock:
            if not self._is_on:
                return
            if library.__name__ not in _OURS:
                if self._others is not None:  # it knows only what was there when it was entered
                    self._others.close()
                self._others = _vcr_clients.intercepted(governing)
                return
            asks = partial(governing, library.__name__)
            for owner, name, method in _OURS[library.__name__](library, asks):
                self._originals.append((owner, name, getattr(owner, name)))
                setattr(owner, name, method)

    def remove(self) -> None:
        with self._lock:
            self._is_on = False
            sys.meta_path.remove(self._finder)
            if self._others is not None:
                self._others.close()
                self._others = None
            while self._originals:
                setattr(*self._originals.pop())


_patch = _Patch()
scope: Scope[Cassette] = Scope("harness_cassette", _patch.install, _patch.remove)
