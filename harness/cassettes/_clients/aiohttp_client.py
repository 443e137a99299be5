"""aiohttp: played by its own parser from a connection without a socket, or listened to.

`BaseConnector.connect` is replaced. In a replay it returns a connection whose other end is a player
that writes HTTP; everything above the socket is aiohttp's own. In a recording it notes what is
asked, and the response's stream tells each piece that it is fed.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from harness.cassettes._cassette import Cassette
from harness.cassettes._clients.wire import LAST_CHUNK, chunk, has_body, head
from harness.cassettes._format.decode import decoded_request_body
from harness.cassettes._model import RecordedRequest
from harness.cassettes._record import Take, left_by
from harness.cassettes._sse import pieces
from harness.cassettes._timing.player import Player

_Library: TypeAlias = Any  # aiohttp

_asked: WeakKeyDictionary[Any, Take] = WeakKeyDictionary()  # by connection
_streams: dict[
    int, Take
] = {}  # by the identity of an open stream, which cannot be weakly referenced


def replacements(
    library: _Library, governing: Callable[[], Cassette | None]
) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    """Yield the methods to replace: class, name, and what stands in for it."""
    connector, response = library.connector.BaseConnector, library.ClientResponse
    stream = library.streams.StreamReader
    yield connector, "connect", _connect(library, connector.connect, governing)
    yield response, "start", _start(response.start)
    yield response, "close", _leave(response.close)
    yield response, "release", _leave(response.release)
    yield stream, "feed_data", _feed_data(stream.feed_data)
    yield stream, "feed_eof", _feed_eof(stream.feed_eof)
    yield stream, "set_exception", _set_exception(stream.set_exception)


def _connect(
    library: _Library, original: Callable[..., Any], governing: Callable[[], Cassette | None]
) -> Callable[..., Any]:
    @functools.wraps(original)
    async def connect(connector: Any, req: Any, *args: Any, **kwargs: Any) -> Any:
        cassette = governing()
        if cassette is None:
            return await original(connector, req, *args, **kwargs)
        answer = cassette.ask(await _value_of(req))
        if isinstance(answer, Player):
            return _played(library, connector, req, answer)
        if answer is None:
            return await original(connector, req, *args, **kwargs)
        try:
            connection = await original(connector, req, *args, **kwargs)
        except (OSError, asyncio.TimeoutError) as error:
            answer.finish(*_end_of(error))
            raise
        except BaseException as error:
            answer.finish(left_by(error))
            raise
        _asked[connection] = answer
        return connection

    return connect


async def _value_of(req: Any) -> RecordedRequest:
    headers = tuple((str(name), str(value)) for name, value in req.headers.items())
    body = req.body
    if hasattr(body, "as_bytes"):
        body = await body.as_bytes()
    elif not isinstance(body, bytes | bytearray):
        body = getattr(body, "_value", b"")
    plain = decoded_request_body(bytes(body or b""), headers)
    return RecordedRequest(req.method.upper(), str(req.url), headers, plain)


# -- playing ---------------------------------------------------------------------------------


def _played(library: _Library, connector: Any, req: Any, player: Player) -> Any:
    loop = asyncio.get_running_loop()
    protocol = library.client_proto.ResponseHandler(loop)
    transport = _NoSocket(player)
    protocol.connection_made(transport)
    # it starts when aiohttp has told the protocol what it expects, and waits for the answer
    transport.feeding = loop.create_task(_feed(library, protocol, player, req))
    return library.connector.Connection(connector, req.connection_key, protocol, loop)


class _NoSocket(asyncio.Transport):
    """A transport that goes nowhere; the player feeds the protocol."""

    def __init__(self, player: Player) -> None:
        super().__init__()
        self._player = player
        self._is_closing = False
        self.feeding: asyncio.Task[None] | None = None

    def write(self, data: Any) -> None:
        """Take the request, which the cassette has seen already."""

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True
        self._player.leave()
        if self.feeding is not None:
            self.feeding.cancel()

    abort = close

    def pause_reading(self) -> None:
        """Do nothing: the player waits for its reader."""

    def resume_reading(self) -> None:
        """Do nothing."""


async def _feed(library: _Library, protocol: Any, player: Player, req: Any) -> None:
    method = req.method
    response = player.interaction.response
    timing = response.timing
    try:
        await player.aarrive()
        if timing is None or timing.answered:
            protocol.data_received(head(response, method))
            for piece in pieces(response) if has_body(response, method) else ():
                await player.aarrive()
                protocol.data_received(chunk(piece))
            await player.aarrive()
        if timing is None or timing.end == "complete":
            protocol.data_received(LAST_CHUNK if has_body(response, method) else b"")
            return
        error = player.read_too_far() if timing.was_left else _error_of(library, player, req)
    except Exception as problem:  # noqa: BLE001  # the reader has to see it, whatever it is
        error = problem
    player.leave()
    payload = getattr(protocol, "_payload", None)
    if payload is not None:
        payload.set_exception(error)
    protocol.set_exception(error)
    protocol.close()


def _error_of(library: _Library, player: Player, req: Any) -> Exception:
    timing = player.interaction.response.timing
    name, _, message = (timing.error if timing is not None else "").partition(": ")
    kind = getattr(library, name, library.ClientPayloadError)
    if issubclass(kind, library.ClientConnectorError | library.ClientConnectorCertificateError):
        # its text is made of the address, and of what the system said in brackets at the end
        said = message.rpartition("[")[2].removesuffix("]")
        return kind(req.connection_key, OSError(0, said))  # type: ignore[no-any-return]
    try:
        error: Exception = kind(message)
    except TypeError:  # some take more than a message
        error = library.ClientPayloadError(f"{name}: {message}")
    return error


# -- recording -------------------------------------------------------------------------------


def _start(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    async def start(response: Any, connection: Any) -> Any:
        take = _asked.pop(connection, None)
        if take is None:
            return await original(response, connection)
        try:
            await original(response, connection)
        except Exception as error:
            take.finish(*_end_of(error))
            raise
        except BaseException as error:
            take.finish(left_by(error))
            raise
        fields = ((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.raw_headers)
        take.begin(response.status, response.reason or "", tuple(fields), is_decoded=True)
        content = response.content
        for piece in getattr(content, "_buffer", ()):  # what came together with the head
            take.piece(piece)
        if content.is_eof():
            take.finish("complete")
        else:
            _streams[id(content)] = take
        return response

    return start


def _leave(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def leave(response: Any) -> Any:
        take = _streams.pop(id(response.content), None)
        if take is not None:
            take.finish(left_by(sys.exc_info()[1]))  # `async with` leaves in the midst of an error
        return original(response)

    return leave


def _feed_data(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def feed_data(stream: Any, data: bytes, *args: Any) -> Any:
        take = _streams.get(id(stream))
        if take is not None and data:
            take.piece(bytes(data))
        return original(stream, data, *args)

    return feed_data


def _feed_eof(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def feed_eof(stream: Any) -> Any:
        take = _streams.pop(id(stream), None)
        if take is not None:
            take.finish("complete")
        return original(stream)

    return feed_eof


def _set_exception(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def set_exception(stream: Any, error: Any, *args: Any) -> Any:
        take = _streams.pop(id(stream), None)
        if take is not None:
            take.finish(*_end_of(error))
        return original(stream, error, *args)

    return set_exception


def _end_of(error: Any) -> tuple[str, str]:
    end = "timeout" if isinstance(error, asyncio.TimeoutError) else "reset"
    name = error.__name__ if isinstance(error, type) else type(error).__name__
    return end, f"{name}: {error}"
