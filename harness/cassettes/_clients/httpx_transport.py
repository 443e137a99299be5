"""httpx, and its fork httpx2 (which openai 3 and anthropic 2 use): played, or listened to.

`HTTPTransport.handle_request` and its async twin are replaced on their classes.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from harness.cassettes._cassette import Cassette
from harness.cassettes._format.decode import decoded_request_body
from harness.cassettes._model import Headers, RecordedRequest
from harness.cassettes._record import Take, left_by
from harness.cassettes._sse import pieces
from harness.cassettes._timing.player import Player

_Library: TypeAlias = Any  # httpx or httpx2: the same names, the same meaning
_Request: TypeAlias = Any
_Response: TypeAlias = Any


def replacements(
    library: _Library, governing: Callable[[], Cassette | None]
) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    """Yield the methods to replace: class, name, and what stands in for it."""
    for name, method, standing_in in (
        ("HTTPTransport", "handle_request", _sync_method),
        ("AsyncHTTPTransport", "handle_async_request", _async_method),
    ):
        transport = getattr(library, name)
        yield transport, method, standing_in(library, getattr(transport, method), governing)


def _sync_method(
    library: _Library, original: Callable[..., Any], governing: Callable[[], Cassette | None]
) -> Callable[..., Any]:
    @functools.wraps(original)
    def handle_request(transport: Any, request: _Request) -> _Response:
        __tracebackhide__ = True
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


def _async_method(
    library: _Library, original: Callable[..., Any], governing: Callable[[], Cassette | None]
) -> Callable[..., Any]:
    @functools.wraps(original)
    async def handle_async_request(transport: Any, request: _Request) -> _Response:
        __tracebackhide__ = True
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
        # A connection belongs to its event loop. A client that outlives its loop (langchain-openai
        # shares one between all loops) must not find it in the pool: "Event loop is closed".
        request.headers["connection"] = "close"
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
    except BaseException as error:
        take.finish(left_by(error))
        raise


def _value_of(request: _Request) -> RecordedRequest:
    headers = _headers_of(request)
    body = decoded_request_body(request.content, headers)
    return RecordedRequest(request.method.upper(), str(request.url), headers, body)


def _headers_of(message: Any) -> Headers:
    return tuple([(k.decode("latin-1"), v.decode("latin-1")) for k, v in message.headers.raw])


def _played(library: _Library, player: Player) -> _Response:
    recorded = player.interaction.response
    if recorded.timing is not None and not recorded.timing.answered:
        player.leave()
        raise _end_of(library, player)
    stream = _stream_class(library, _PlayedStream)(library, player)
    return library.Response(
        recorded.status,
        headers=[
            (k.encode("latin-1", "replace"), v.encode("latin-1", "replace"))
            for k, v in recorded.headers
        ],
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
        arrive = self._player.arrive
        for piece in pieces(self._player.interaction.response):
            arrive()
            yield piece
        arrive()
        self._end()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in pieces(self._player.interaction.response):
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
    if timing is None or timing.was_left:
        return player.read_too_far()
    name, _, message = timing.error.partition(": ")
    error: Exception = getattr(library, name, library.ReadError)(message)
    return error
