"""Between an HTTP client and the network: plays a cassette, or listens while one is recorded.

`HTTPTransport.handle_request` and its async twin are patched on their classes, in `httpx` and in
its fork `httpx2` (which openai 3 and anthropic 2 use), from the first open cassette to the last.
Which cassette answers is decided by `Scope`, so that several may be open at once. A library that
is imported only inside the block is patched when it arrives; none is imported for the purpose.
"""

from __future__ import annotations

import functools
import importlib.abc
import importlib.machinery
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeAlias

from harness._scope import Scope
from harness.cassettes._cassette import Cassette
from harness.cassettes._decode import decoded_request_body
from harness.cassettes._model import Headers, RecordedRequest
from harness.cassettes._player import Player
from harness.cassettes._record import Take
from harness.cassettes._sse import pieces
from harness.errors import CassetteError, CassetteMissError
from harness.network import loud

_LIBRARIES = ("httpx", "httpx2")
_METHODS = (("HTTPTransport", "handle_request"), ("AsyncHTTPTransport", "handle_async_request"))

_Library: TypeAlias = Any  # httpx or httpx2: the same names, the same meaning
_Request: TypeAlias = Any
_Response: TypeAlias = Any


def _sync_method(library: _Library, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def handle_request(transport: Any, request: _Request) -> _Response:
        cassette = governing()
        if cassette is None:
            return original(transport, request)
        request.read()
        answer = cassette.ask(_value_of(request))
        if isinstance(answer, Player):
            answer.arrive()
            return _played(library, answer)
        if answer is None:
            return original(transport, request)
        with _noting_what_ends_it(library, answer):
            response = original(transport, request)
        return _tapped(library, response, answer)

    return handle_request


def _async_method(library: _Library, original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def handle_async_request(transport: Any, request: _Request) -> _Response:
        cassette = governing()
        if cassette is None:
            return await original(transport, request)
        await request.aread()
        answer = cassette.ask(_value_of(request))
        if isinstance(answer, Player):
            try:
                await answer.aarrive()
            except BaseException:
                answer.leave()
                raise
            return _played(library, answer)
        if answer is None:
            return await original(transport, request)
        with _noting_what_ends_it(library, answer):
            response = await original(transport, request)
        return _tapped(library, response, answer)

    return handle_async_request


@contextmanager
def _noting_what_ends_it(library: _Library, take: Take) -> Iterator[None]:
    """Let the take know if waiting for a piece ends with an error, or is given up."""
    try:
        yield
    except library.TransportError as error:
        end = "timeout" if isinstance(error, library.TimeoutException) else "reset"
        take.finish(end, f"{type(error).__name__}: {error}")
        raise
    except BaseException:
        take.finish("dropped")
        raise


def governing() -> Cassette | None:
    """Return the open cassette to which the caller belongs."""
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
    return found[0] if found else None


def _value_of(request: _Request) -> RecordedRequest:
    headers = _headers_of(request)
    body = decoded_request_body(request.content, headers)
    return RecordedRequest(request.method.upper(), str(request.url), headers, body)


def _headers_of(message: Any) -> Headers:
    return tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in message.headers.raw)


def _played(library: _Library, player: Player) -> _Response:
    recorded = player.interaction.response
    if recorded.timing is not None and not recorded.timing.answered:
        player.leave()
        raise _end_of(library, player)
    stream = _stream_class(library, _PlayedStream)(library, player)
    return library.Response(
        recorded.status,
        headers=list(recorded.headers),
        stream=stream,
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": recorded.reason.encode()},
    )


def _tapped(library: _Library, response: _Response, take: Take) -> _Response:
    take.begin(response.status_code, response.reason_phrase, _headers_of(response))
    response.stream = _stream_class(library, _TappedStream)(library, response.stream, take)
    return response


class _PlayedStream:
    """The body of a played response: its pieces, then its end."""

    def __init__(self, library: _Library, player: Player) -> None:
        self._library = library
        self._player = player

    def __iter__(self) -> Iterator[bytes]:
        for piece, _ in pieces(self._player.interaction.response):
            self._player.arrive()
            yield piece
        self._player.arrive()
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece, _ in pieces(self._player.interaction.response):
            await self._player.aarrive()
            yield piece
        await self._player.aarrive()
        self._end()

    def _end(self) -> None:
        timing = self._player.interaction.response.timing
        if timing is not None and timing.end != "complete":
            raise _end_of(self._library, self._player)

    def close(self) -> None:
        self._player.leave()

    async def aclose(self) -> None:
        self._player.leave()


class _TappedStream:
    """The body of a live response: every piece goes on at once, and the take notes it."""

    def __init__(self, library: _Library, stream: Any, take: Take) -> None:
        self._library = library
        self._stream = stream
        self._take = take

    def __iter__(self) -> Iterator[bytes]:
        with _noting_what_ends_it(self._library, self._take):
            for piece in self._stream:
                self._take.piece(piece)
                yield piece
        self._take.finish("complete")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _noting_what_ends_it(self._library, self._take):
            async for piece in self._stream:
                self._take.piece(piece)
                yield piece
        self._take.finish("complete")

    def close(self) -> None:
        self._take.finish("dropped")
        self._stream.close()

    async def aclose(self) -> None:
        self._take.finish("dropped")
        await self._stream.aclose()


@functools.cache
def _stream_class(library: _Library, own: type) -> type:
    """Make one of our streams a stream of the library, which checks for its own classes."""
    return type(own.__name__, (own, library.AsyncByteStream, library.SyncByteStream), {})


def _end_of(library: _Library, player: Player) -> Exception:
    """Return what the client saw when the recorded response ended."""
    timing = player.interaction.response.timing
    if timing is None or timing.end == "dropped":
        return read_too_far(player)
    name, _, message = timing.error.partition(": ")
    error: Exception = getattr(library, name, library.ReadError)(message)
    return error


def read_too_far(player: Player) -> Exception:
    """Return the error for a program that reads on where the recorded one stopped."""
    response = player.interaction.response
    return loud(
        CassetteMissError(
            f"{player.label} was recorded only to byte {len(response.body)}: its reader stopped "
            "there\n  this program reads on; to record what follows: --record-mode=rewrite"
        )
    )


class _Finder(importlib.abc.MetaPathFinder):
    """Patches a library when it is imported while a cassette is open."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in _LIBRARIES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _patch.library_arrived(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]  # of this import only
        return spec


class _Patch:
    """The patched methods, while a cassette is open."""

    def __init__(self) -> None:
        self._originals: list[tuple[type, str, Callable[..., Any]]] = []
        self._finder = _Finder()
        self._lock = threading.RLock()
        self._is_on = False

    def install(self) -> None:
        with self._lock:
            self._is_on = True
            sys.meta_path.insert(0, self._finder)
            for name in _LIBRARIES:
                if library := sys.modules.get(name):
                    self.library_arrived(library)

    def library_arrived(self, library: _Library) -> None:
        with self._lock:
            for (class_name, method), wrap in zip(
                _METHODS, (_sync_method, _async_method), strict=True
            ):
                transport = getattr(library, class_name, None)
                if self._is_on and transport is not None:
                    original = getattr(transport, method)
                    self._originals.append((transport, method, original))
                    setattr(transport, method, wrap(library, original))

    def remove(self) -> None:
        with self._lock:
            self._is_on = False
            sys.meta_path.remove(self._finder)
            while self._originals:
                transport, method, original = self._originals.pop()
                setattr(transport, method, original)


_patch = _Patch()
scope: Scope[Cassette] = Scope("harness_cassette", _patch.install, _patch.remove)
