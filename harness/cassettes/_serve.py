"""A cassette as a server on loopback, for clients in any language.

It answers as the provider did: the same pieces, each one HTTP chunk, at the same times, with the
same end. Concurrent requests are held to the recorded order, as in a replay. When an interaction is
asked for again after it was played, all of them may be played anew.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from harness.cassettes._cassette import Cassette, Options
from harness.cassettes._format.decode import decoded_request_body
from harness.cassettes._model import Interaction, RecordedRequest, put_together
from harness.cassettes._sse import pieces
from harness.cassettes._timing.player import Player
from harness.errors import CassetteError, CassetteMissError

_MATCH_ON = ("method", "path", "query", "body")
_SILENCE = 60.0
"""For how many seconds a response that timed out in the recording keeps its client waiting."""


@dataclass(frozen=True)
class LogEntry:
    """What became of one request.

    Args:
        what: `hit` (it is answered), `sent` (the answer ended as recorded), `left` (its client did
            not wait for that), `stop` (the recorded order could not be followed) or `miss`.
        request: Such as `POST /v1/chat/completions`.
        interaction: What answers, by the name that the server was given for it.
        reason: For a miss or a stop.
        offsets: When each piece was sent, in seconds after the request came.
    """

    what: str
    request: str
    interaction: str = ""
    reason: str = ""
    offsets: tuple[float, ...] = ()

    def __str__(self) -> str:
        about = " ".join(self.reason.split()) or self.interaction
        if self.what in {"sent", "left"}:
            last = f"{self.offsets[-1]:.3f}" if self.offsets else "0"
            about += f", {len(self.offsets)} pieces in {last} s"
        return f"{self.what:4} {self.request}: {about}"


Log = Callable[[LogEntry], None]


@contextmanager
def serving(
    interactions: Sequence[Interaction],
    *,
    names: Sequence[str] = (),
    port: int = 0,
    realtime: bool = True,
    speed: float = 1.0,
    log: Log = lambda _: None,
) -> Iterator[str]:
    """Serve recorded interactions on loopback until the block ends.

    Args:
        interactions: From one cassette or several.
        names: How the log calls each of them; by default by their number.
        port: Where to listen; 0 for a free one.
        realtime: Whether to answer at the recorded times, or as fast as possible.
        speed: How many times as fast as recorded.
        log: Gets an entry when a request came and when its answer ended, or why there was none.

    Yields:
        The address, such as `http://127.0.0.1:8080`.
    """
    items = put_together(interactions)
    options = Options(match_on=_MATCH_ON, realtime=realtime, speed=speed)
    server = _Server(("127.0.0.1", port), _Handler)
    server.source = _Source(items, options)
    server.log = log
    server.names = names or [f"interaction {item.index}" for item in items]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Source:
    """Where answers come from: a cassette, and a fresh one when it was played."""

    def __init__(self, items: Sequence[Interaction], options: Options) -> None:
        self._items = items
        self._options = options
        self._lock = threading.Lock()
        self._cassette = self._fresh()

    def ask(self, request: RecordedRequest) -> Player:
        with self._lock:
            try:
                player = self._cassette.ask(request)
            except CassetteMissError:
                fresh = self._fresh()
                player = fresh.ask(request)  # what misses there, too, is a miss
                self._cassette = fresh
        if not isinstance(player, Player):
            raise CassetteError("a cassette that plays answered with something else")
        return player

    def _fresh(self) -> Cassette:
        return Cassette(None, self._items, records=False, options=self._options)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    source: _Source
    log: Log
    names: Sequence[str]

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.over = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _answer(self) -> None:
        self._asked = time.perf_counter()
        self._sent: list[float] = []
        try:
            request = self._request()
            player = self.server.source.ask(request)
        except (ValueError, CassetteError) as error:
            self._log("miss", reason=str(error))
            self._refuse(str(error))
            return
        name = self.server.names[player.interaction.index]
        self._log("hit", name)
        try:
            self._play(player)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
            self._log("left", name)
        except CassetteError as error:  # the client asks in another order than the recorded one
            self._log("stop", name, str(error))
            self._break_off("reset")
        else:
            self._log("sent", name)
        finally:
            player.leave()

    def _log(self, what: str, interaction: str = "", reason: str = "") -> None:
        request = f"{self.command} {self.path}"
        self.server.log(LogEntry(what, request, interaction, reason, tuple(self._sent)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer  # noqa: N815  # the names are the protocol of the base class

    def _request(self) -> RecordedRequest:
        headers = tuple(self.headers.items())
        url = f"http://{self.headers.get('host', '127.0.0.1')}{self.path}"
        body = decoded_request_body(self._body(), headers)
        return RecordedRequest(self.command, url, headers, body)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", "").lower():
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            continue  # trailers
        return body

    def _play(self, player: Player) -> None:
        response = player.interaction.response
        end = response.timing.end if response.timing is not None else "complete"
        player.arrive()
        if response.timing is not None and not response.timing.answered:
            self._break_off(end)
            return
        self.send_response_only(response.status, response.reason)
        has_body = self.command != "HEAD" and response.status not in {204, 304}
        ours = {"connection", *(("content-length", "transfer-encoding") if has_body else ())}
        for name, value in response.headers:
            if name.lower() not in ours:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        if has_body:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        for piece in pieces(response) if has_body else ():
            player.arrive()
            self._sent.append(round(time.perf_counter() - self._asked, 4))
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        player.arrive()
        if end == "complete" and has_body:
            self.wfile.write(b"0\r\n\r\n")
        elif end != "complete":
            self._break_off(end)

    def _break_off(self, end: str) -> None:
        """End without an end, as the recorded response did."""
        self.close_connection = True
        if end == "timeout":
            self.server.over.wait(_SILENCE)
        elif end == "reset":
            self.server.over.wait(0.05)  # let the client read what was sent: a reset discards it
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            os.close(self.connection.detach())

    def _refuse(self, why: str) -> None:
        body = json.dumps({"error": {"message": why, "type": "cassette_miss"}}).encode()
        self.send_response_only(404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        with suppress(BrokenPipeError, ConnectionResetError):
            self.end_headers()
            self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Say nothing; what matters is logged by `log`."""
