"""Between every HTTP client and the network, from the first open cassette to the last.

Each library has a module that says which of its methods are replaced, and by what. It is imported
when the library is there.
Which cassette answers is decided by `Scope`, so that several may be open at once. A library that is
imported only inside the block is patched when it arrives; none is imported for the purpose.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any, TypeAlias

from harness._on_import import OnImport
from harness._scope import Scope
from harness.cassettes._cassette import Cassette
from harness.errors import CassetteError
from harness.network import loud

Replacement: TypeAlias = tuple[Any, str, Callable[..., Any]]


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


_LIBRARIES = {
    "httpx": ("httpx_transport", partial(governing, "httpx")),
    "httpx2": ("httpx_transport", partial(governing, "httpx2")),
    "aiohttp": ("aiohttp_client", partial(governing, "aiohttp")),
    "http.client": ("http_client", governing),  # which library it is, it sees itself
    "urllib3.connection": ("http_client", governing),
    "httplib2": ("http_client", governing),
    "tornado.simple_httpclient": ("vcr_stubs", partial(governing, "tornado")),
    "tornado.curl_httpclient": ("vcr_stubs", partial(governing, "tornado")),
}


def _replacements(library: ModuleType) -> Iterator[Replacement]:
    home, asked = _LIBRARIES[library.__name__]
    found: Iterator[Replacement] = import_module(f"harness.cassettes._clients.{home}").replacements(
        library, asked
    )
    return found


class _Patch:
    """The replaced methods, while a cassette is open."""

    def __init__(self) -> None:
        self._originals: list[Replacement] = []
        self._made: dict[ModuleType, list[tuple[Replacement, Replacement]]] = {}
        self._arrivals = OnImport(_LIBRARIES, self._library_arrived)
        self._lock = threading.RLock()

    def install(self) -> None:
        with self._lock:
            self._arrivals.begin()

    def _library_arrived(self, library: ModuleType) -> None:
        with self._lock:
            for original, stand_in in self._pairs(library):
                self._originals.append(original)
                setattr(*stand_in)

    def _pairs(self, library: ModuleType) -> list[tuple[Replacement, Replacement]]:
        """Return what is replaced, and by what: made anew if somebody else has replaced it too."""
        known = self._made.get(library, [])
        if not known or any(getattr(owner, name) is not was for (owner, name, was), _ in known):
            known = self._made[library] = [
                ((owner, name, getattr(owner, name)), (owner, name, method))
                for owner, name, method in _replacements(library)
            ]
        return known

    def remove(self) -> None:
        with self._lock:
            self._arrivals.end()
            while self._originals:
                setattr(*self._originals.pop())


_patch = _Patch()
scope: Scope[Cassette] = Scope("harness_cassette", _patch.install, _patch.remove)
