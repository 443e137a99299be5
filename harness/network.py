"""Refuse the network, so that a replay which would reach it fails instead.

Connections and name look-ups of Python's `socket` module are refused, whatever client makes them:
httpx, requests, aiohttp, urllib. Unix sockets and socket pairs work as ever; asyncio needs them.
uvloop, which makes its connections in C, is refused them where it is asked. So are anyio and trio,
which try several addresses at once and would hand on a refusal as one of a group of exceptions.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import ipaddress
import re
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from types import ModuleType
from typing import Any

from harness import _tally
from harness._on_import import OnImport
from harness._scope import Scope
from harness.errors import HarnessError, NetworkBlockedError

_INTERNET = {socket.AF_INET, socket.AF_INET6}
_LOOK_UPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
_CALLS = ("connect", "connect_ex", "sendto")


@dataclass(frozen=True)
class _Rule:
    """What one block allows, and the addresses that the allowed names were resolved to."""

    allow: tuple[str | re.Pattern[str], ...]
    resolved: set[str] = field(default_factory=set)

    def allows(self, host: str, port: object) -> bool:
        return host in self.resolved or allows(self.allow, host, port)


def allows(patterns: Iterable[str | re.Pattern[str]], host: str, port: object) -> bool:
    """Whether a host is among those that may be reached, by name or by the begin of its name."""
    names = {host, f"{host}:{port}"}
    if is_loopback(host):
        names |= {"localhost", "127.0.0.1", "::1"}
    return any(
        fnmatch(name, pattern) if isinstance(pattern, str) else pattern.match(name) is not None
        for pattern in patterns
        for name in names
    )


@contextmanager
def block_network(allow: Iterable[str | re.Pattern[str]] = ()) -> Iterator[None]:
    """Refuse every connection and name look-up inside the block.

    Blocks nest: the innermost one of a thread or asyncio task decides. The patched functions are
    restored when the last block is left.

    Args:
        allow: Hosts that may be reached, such as `localhost` (which stands for every loopback
            address), `*.example.org` or `db:5432`; a compiled expression has to match the begin
            of a name.

    Raises:
        NetworkBlockedError: From the call that tries; it names the host and the port.
    """
    entry = _scope.enter(_Rule((allow,) if isinstance(allow, str) else tuple(allow)))
    try:
        yield
    finally:
        _scope.leave(entry)


@contextmanager
def open_network() -> Iterator[None]:
    """Lift the blocks around this one, for a recording inside a replay."""
    entry = _scope.enter(_Rule(("*",)))
    try:
        yield
    finally:
        _scope.leave(entry)


def as_tuple(names: Iterable[str]) -> tuple[str, ...]:
    """Take one name for a list of one, not for a list of its letters."""
    return (names,) if isinstance(names, str) else tuple(names)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def loud(error: HarnessError) -> HarnessError:
    """Return the error as one that the SDKs hand on to the test at once.

    Seen with the real clients, sync and async alike: openai 3 wraps and retries only errors of
    httpx2, so ours arrive as they are. anthropic 2 wraps every exception of a transport in
    `APIConnectionError("Connection error.")` and retries it twice with sleeps, unless it is an
    `AnthropicError`. So ours becomes one where that package is loaded. (openai 2 wraps and retries
    every exception without exception; there ours is the `__cause__` of what the test sees.)
    """
    base = getattr(sys.modules.get("anthropic"), "AnthropicError", None)
    if base is None:
        return error
    return _also(type(error), base)(*error.args)  # type: ignore[arg-type]  # a class is hashable


@functools.cache
def _also(own: type[HarnessError], base: type[Exception]) -> type[HarnessError]:
    names: dict[str, Any] = {
        "__module__": own.__module__,
        "__qualname__": own.__qualname__,
        "__doc__": own.__doc__,
    }
    # another process gets it as ours
    names |= {"__reduce__": lambda error: (own, error.args)}
    return type(own.__name__, (own, base), names)


def _check(what: str, host: object, port: object) -> _Rule | None:
    """Raise unless every rule that governs this code allows the host."""
    name = host.decode() if isinstance(host, bytes) else str(host)
    rules = _scope.governing()
    for rule in rules:
        if not rule.allows(name, port):
            place = f"{name}:{port}" if port not in (None, 0) else name
            _tally.refused(place)
            raise loud(NetworkBlockedError(_REPORT.format(what=what, place=place, host=name)))
    return rules[0] if rules else None


_REPORT = """the network is blocked here: {what} {place}
  a replay plays recorded answers only, and nothing recorded was asked for by this call
  to record it, if it is HTTP: --record-mode=once, or use_cassette(..., record_mode='once')
  to allow it: block_network(allow=['{host}']), or use_cassette(..., allow_hosts=['{host}'])"""


@functools.lru_cache(maxsize=16)  # a suite has a block for each of its tests
def _checked_call(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    verb = "send to" if name == "sendto" else "connect to"

    @functools.wraps(original)
    def call(self: socket.socket, *args: Any) -> Any:
        address = args[-1] if args else None
        if self.family in _INTERNET and isinstance(address, tuple):
            try:
                _check(verb, address[0], address[1])
            except NetworkBlockedError:
                # The clients close a socket that cannot connect only after an OSError.
                if name != "sendto":
                    self.close()
                raise
        return original(self, *args)

    return call


@functools.lru_cache(maxsize=16)
def _checked_look_up(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        port = args[0] if args else kwargs.get("port")
        if _is_no_name(host):
            return original(host, *args, **kwargs)
        rule = _check("look up", host, port)
        found = original(host, *args, **kwargs)
        _note_addresses(rule, found)
        return found

    return look_up


def _note_addresses(rule: _Rule | None, found: Any) -> None:
    """Allow the addresses that an allowed name resolved to; the look-ups answer in three forms."""
    if rule is None:
        return
    if isinstance(found, list):
        rule.resolved.update(str(entry[4][0]) for entry in found)
    else:
        rule.resolved.update([found] if isinstance(found, str) else found[2])


async def _loop_getaddrinfo(self: Any, host: Any, port: Any, **kwargs: Any) -> Any:
    """Stand in for the event loop's look-up, whose worker thread does not know who asks."""
    rule = None if _is_no_name(host) else _check("look up", host, port)
    look_up = functools.partial(_patch.look_ups["getaddrinfo"], host, port, **kwargs)
    found = await self.run_in_executor(None, look_up)
    _note_addresses(rule, found)
    return found


@functools.lru_cache(maxsize=16)
def _checked_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    """Stand in for the way in which an event loop connects that does not use Python's sockets."""

    @functools.wraps(original)
    async def create_connection(
        self: Any, protocol_factory: Any, host: Any = None, port: Any = None, **kwargs: Any
    ) -> Any:
        if host is not None:
            _check("connect to", host, port)
        return await original(self, protocol_factory, host, port, **kwargs)

    return create_connection


@functools.lru_cache(maxsize=16)
def _checked_function(original: Callable[..., Any]) -> Callable[..., Any]:
    """Stand in for a function that connects to a host and a port, its first two parameters."""
    signature = inspect.signature(original)

    @functools.wraps(original)
    async def connect(*args: Any, **kwargs: Any) -> Any:
        host, port, *_ = signature.bind(*args, **kwargs).arguments.values()
        _check("connect to", host, port)
        return await original(*args, **kwargs)

    return connect


_CONNECTING = {"anyio": "connect_tcp", "trio": "open_tcp_stream"}


def _is_no_name(host: Any) -> bool:
    """Whether there is nothing to look up: an address, or a server that binds to all of them."""
    if not host:
        return True
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return True


class _Patch:
    """The patched functions, while a block is open."""

    def __init__(self) -> None:
        self.look_ups: dict[str, Any] = {}
        self.calls: dict[str, Any] = {}
        self._loop_look_up: Any = None
        self._uvloop: Any = None  # its class of loops, if it is there
        self._functions: list[tuple[ModuleType, str, Any]] = []
        self._arrivals = OnImport(("uvloop", *_CONNECTING), self._library_arrived)

    def install(self) -> None:
        for name in _LOOK_UPS:
            self.look_ups[name] = getattr(socket, name)
            setattr(socket, name, _checked_look_up(self.look_ups[name]))
        for name in _CALLS:
            # `socket.socket` inherits these from C, unless somebody else has put a guard there.
            self.calls[name] = vars(socket.socket).get(name)
            setattr(socket.socket, name, _checked_call(name, getattr(socket.socket, name)))
        loop = asyncio.BaseEventLoop
        self._loop_look_up = loop.getaddrinfo
        loop.getaddrinfo = _loop_getaddrinfo  # type: ignore[method-assign]  # restored below
        self._arrivals.begin()

    def _library_arrived(self, library: ModuleType) -> None:
        if (name := _CONNECTING.get(library.__name__)) is not None:
            original = getattr(library, name)
            self._functions.append((library, name, original))
            setattr(library, name, _checked_function(original))
            return
        self._uvloop = library.Loop  # it inherits both from C
        self._uvloop.getaddrinfo = _loop_getaddrinfo
        self._uvloop.create_connection = _checked_connection(self._uvloop.create_connection)

    def remove(self) -> None:
        self._arrivals.end()
        while self._functions:
            setattr(*self._functions.pop())
        for name in _LOOK_UPS:
            setattr(socket, name, self.look_ups.pop(name))
        for name in _CALLS:
            before = self.calls.pop(name)
            if before is None:
                delattr(socket.socket, name)
            else:
                setattr(socket.socket, name, before)
        asyncio.BaseEventLoop.getaddrinfo = self._loop_look_up  # type: ignore[method-assign]
        if self._uvloop is not None:
            del self._uvloop.getaddrinfo, self._uvloop.create_connection
            self._uvloop = None


_patch = _Patch()
_scope: Scope[_Rule] = Scope("harness_network", _patch.install, _patch.remove)
