"""The standard library's http.client, and what is built on it: urllib3, requests, boto3, httplib2.

`connect` puts a gate where the socket would be. It reads what is sent, and when the request is
whole it asks the cassette. In a replay the other end is a player that writes HTTP, and no socket is
made. Else the gate opens the connection, hands on what was sent, and notes what the socket receives
while it is received. Everything above the socket is the library's own.
"""

from __future__ import annotations

import builtins
import functools
import http.client
import io
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import h11

from harness.cassettes._cassette import Cassette
from harness.cassettes._clients.wire import LAST_CHUNK, chunk, has_body, head
from harness.cassettes._format.decode import decoded_request_body
from harness.cassettes._model import Headers, RecordedRequest
from harness.cassettes._record import Take, left_by
from harness.cassettes._sse import pieces
from harness.cassettes._timing.player import Player

_Connection: TypeAlias = Any  # http.client.HTTPConnection, or a class that is made of it
_Governing: TypeAlias = Callable[[str], Cassette | None]
_CONNECTIONS = {
    "http.client": ("HTTPConnection", "HTTPSConnection"),
    "urllib3.connection": ("HTTPConnection", "HTTPSConnection"),
    "httplib2": ("HTTPConnectionWithTimeout", "HTTPSConnectionWithTimeout"),
}
_OF_A_CONNECTION = (
    "ConnectionResetError",
    "BrokenPipeError",
    "RemoteProtocolError",
    "TimeoutError",
)
"""What may happen before an answer comes, but only to a connection that was made."""

_LIBRARIES = {"botocore": "boto3", "urllib3": "urllib3", "httplib2": "httplib2"}


def replacements(
    module: Any, governing: _Governing
) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    """Yield the methods to replace: class, name, and what stands in for it."""
    for name in _CONNECTIONS[module.__name__]:
        owner = getattr(module, name, None)  # without ssl there is no HTTPSConnection
        if owner is not None:
            yield owner, "connect", _connect(owner.connect, governing)
    if module.__name__ == "http.client":  # `http` may not know it yet, if it is just being imported
        owner = module.HTTPConnection
        yield owner, "putrequest", _putrequest(owner.putrequest, governing)


def _connect(original: Callable[..., Any], governing: _Governing) -> Callable[..., Any]:
    @functools.wraps(original)
    def connect(connection: _Connection) -> Any:
        # A class that wraps the socket which we would make needs a real one.
        is_outermost = getattr(type(connection).connect, "__wrapped__", None) is original
        opens = isinstance(connection.sock, _Gate)
        if opens or not is_outermost or governing(_library_of(connection)) is None:
            return original(connection)
        connection.sock = _Gate(connection, governing, functools.partial(original, connection))
        if hasattr(connection, "is_verified"):  # urllib3 would warn; the true value comes with TLS
            connection.is_verified = True
        return None

    return connect


def _putrequest(original: Callable[..., Any], governing: _Governing) -> Callable[..., Any]:
    @functools.wraps(original)
    def putrequest(connection: _Connection, *args: Any, **kwargs: Any) -> Any:
        """Begin a request, perhaps on a connection that was kept from the one before."""
        sock = connection.sock
        if isinstance(sock, _Gate):
            connection.sock = sock = sock.socket
        if sock is not None and governing(_library_of(connection)) is not None:
            connection.sock = _Gate(connection, governing, connection.connect, sock)
        return original(connection, *args, **kwargs)

    return putrequest


def _library_of(connection: _Connection) -> str:
    """Return vcrpy's name for the library whose connection it is."""
    package = type(connection).__module__.partition(".")[0]
    return _LIBRARIES.get(package, "httplib")


class _Gate:
    """Stands where the socket of a connection would be, for one request.

    Args:
        connection: Whose socket it is.
        governing: Tells which cassette to ask.
        opens: Makes the socket; it becomes that of the connection.
        opened: A socket that is there already.
    """

    def __init__(
        self,
        connection: _Connection,
        governing: _Governing,
        opens: Callable[..., Any],
        opened: Any = None,
    ) -> None:
        self.socket = opened
        self._connection = connection
        self._governing = governing
        self._opens = opens
        self._timeout: tuple[Any, ...] = ()
        self._sent = bytearray()
        self._reader: Any = None
        self._is_over = False
        self._request = h11.Connection(h11.SERVER)
        self._events: list[Any] = []

    # -- what http.client does with a socket ---------------------------------------------------

    def sendall(self, data: Any) -> None:
        """Take a part of the request; with the last one the cassette is asked."""
        if self._is_over:  # the connection was kept, and no cassette is open any more
            self.socket.sendall(data)
            return
        self._sent += data
        self._request.receive_data(bytes(data))
        while (event := self._request.next_event()) is not h11.NEED_DATA:
            self._events.append(event)
            if type(event) is h11.EndOfMessage:
                self._ask()
                return

    send = sendall

    def makefile(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the response is read from."""
        if self._is_over:
            return self.socket.makefile(*args, **kwargs)
        if self._reader is None:
            raise http.client.HTTPException("a response was asked for before the request was sent")
        self._is_over = True
        return self._reader

    def settimeout(self, *value: Any) -> None:
        self._timeout = value
        if self.socket is not None:
            self.socket.settimeout(*value)

    def setsockopt(self, *_: Any) -> None:
        """Do nothing: there may be no socket."""

    def shutdown(self, *args: Any) -> None:
        if self.socket is not None:
            self.socket.shutdown(*args)

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()

    def fileno(self) -> int:
        return -1 if self.socket is None else int(self.socket.fileno())

    def __getattr__(self, name: str) -> Any:
        """Be the real socket in everything else, such as the certificate of the server."""
        if self.socket is None:
            raise AttributeError(f"{name}: a request of a cassette has no socket before it is sent")
        return getattr(self.socket, name)

    # -- the cassette --------------------------------------------------------------------------

    def _ask(self) -> None:
        cassette = self._governing(_library_of(self._connection))
        request = self._value()
        answer = cassette.ask(request) if cassette is not None else None
        if isinstance(answer, Player):
            if error := _refusal(answer, self._connection):
                raise error
            self._reader = io.BufferedReader(_Played(answer, request.method))
            return
        try:
            self._open()
            self.socket.sendall(self._sent)
        except BaseException as error:
            if isinstance(answer, Take):
                _end(answer, error)
            raise
        if answer is None:
            self._reader = self.socket.makefile("rb")
        else:
            received = self.socket.makefile("rb", buffering=0)
            self._reader = io.BufferedReader(_Tapped(received, answer, self._events))

    def _open(self) -> None:
        if self.socket is not None:
            return
        try:
            self._opens()
            self.socket = self._connection.sock
        finally:
            self._connection.sock = self
        if self._timeout:
            self.socket.settimeout(*self._timeout)

    def _value(self) -> RecordedRequest:
        sent = self._events[0]
        headers = _fields(sent.headers)
        body = b"".join(bytes(e.data) for e in self._events if type(e) is h11.Data)
        target = sent.target.decode("latin-1")
        if target.startswith("/"):
            target = _origin(self._connection) + target
        method = sent.method.decode().upper()
        return RecordedRequest(method, target, headers, decoded_request_body(body, headers))


def _origin(connection: _Connection) -> str:
    """Return scheme, host and port, also of a request that goes through a proxy's tunnel."""
    tunnel = getattr(connection, "_tunnel_host", None)
    host = tunnel or connection.host
    port = connection._tunnel_port if tunnel else connection.port  # noqa: SLF001  # no public name
    is_https = tunnel or connection.default_port == http.client.HTTPS_PORT
    scheme, usual = ("https", 443) if is_https else ("http", 80)
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}" + ("" if port in {None, usual} else f":{port}")


def _fields(headers: Any) -> Headers:
    raw = headers.raw_items() if hasattr(headers, "raw_items") else headers
    return tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in raw)


# -- playing ---------------------------------------------------------------------------------


class _Played(io.RawIOBase):
    """What the socket would receive: the response, piece by piece."""

    def __init__(self, player: Player, method: str) -> None:
        super().__init__()
        self._player = player
        self._wire = _wire(player, method)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = next(self._wire, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def close(self) -> None:
        self._player.leave()
        super().close()


def _refusal(player: Player, connection: _Connection) -> Exception | None:
    """Return the error of a connection that was not made, in the words of the library."""
    timing = player.interaction.response.timing
    if timing is None or timing.answered or timing.error.startswith(_OF_A_CONNECTION):
        return None
    player.arrive()
    player.leave()
    error = _error_of(timing.end, timing.error)
    own = getattr(sys.modules.get("urllib3.exceptions"), "NewConnectionError", None)
    is_tls = isinstance(error, ssl.SSLError)
    if (
        own is not None
        and not is_tls
        and type(connection).__module__.startswith(("urllib3.", "botocore."))
    ):
        return own(connection, str(error))  # type: ignore[no-any-return]
    return error


def _wire(player: Player, method: str) -> Iterator[bytes]:
    response = player.interaction.response
    timing = response.timing
    player.arrive()
    if timing is None or timing.answered:
        yield head(response, method)
        for piece in pieces(response) if has_body(response, method) else ():
            player.arrive()
            yield chunk(piece)
        player.arrive()
    if timing is None or timing.end == "complete":
        yield LAST_CHUNK if has_body(response, method) else b""
        return
    player.leave()
    if timing.was_left:
        raise player.read_too_far()
    if error := _error_of(timing.end, timing.error):
        raise error


def _error_of(end: str, told: str) -> OSError | None:
    """Return what the socket raised; None if the server closed the connection politely."""
    name, _, message = told.partition(": ")
    if name == h11.RemoteProtocolError.__name__:
        return None
    kind = next((getattr(m, name) for m in (builtins, socket, ssl) if hasattr(m, name)), None)
    if not (isinstance(kind, type) and issubclass(kind, OSError)):
        kind = TimeoutError if end == "timeout" else ConnectionResetError
    return kind(message)


# -- recording -------------------------------------------------------------------------------


class _Tapped(io.RawIOBase):
    """What the socket receives; the take is told at once."""

    def __init__(self, received: Any, take: Take, request: list[Any]) -> None:
        super().__init__()
        self._received = received
        self._take = take
        self._parser = h11.Connection(h11.CLIENT)
        for event in request:
            self._parser.send(event)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            size: int = self._received.readinto(buffer)
        except BaseException as error:
            _end(self._take, error)
            raise
        self._note(bytes(buffer[:size]))
        return size

    def _note(self, data: bytes) -> None:
        if not self._take.is_open:
            if data:
                self._take.went_on()
            return
        try:
            self._parser.receive_data(data)
            while self._take.is_open:
                event = self._parser.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                self._event(event)
        except h11.RemoteProtocolError as error:  # the client will see it, too
            _end(self._take, error)

    def _event(self, event: Any) -> None:
        if type(event) is h11.Response:
            reason = event.reason.decode("latin-1")
            self._take.begin(event.status_code, reason, _fields(event.headers))
        elif type(event) is h11.Data:
            self._take.piece(bytes(event.data))
        elif type(event) in {h11.EndOfMessage, h11.ConnectionClosed}:
            self._take.finish("complete")

    def close(self) -> None:
        self._take.finish("dropped")
        self._received.close()
        super().close()


def _end(take: Take, error: BaseException) -> None:
    """Note the error that ended a response; of a chain the one that the system raised."""
    root: BaseException | None = error
    while root is not None and not isinstance(root, OSError | h11.RemoteProtocolError):
        root = root.__cause__ or root.__context__
    found = root or error
    if isinstance(found, TimeoutError):
        take.finish("timeout", f"TimeoutError: {found}")
    elif isinstance(found, OSError | h11.RemoteProtocolError):
        take.finish("reset", f"{type(found).__name__}: {found}")
    else:
        take.finish(left_by(found))
