"""tornado's clients, and connection classes of the user's own: played by vcrpy's stubs.

The stubs ask an adapter to our cassettes. Such a client has the whole body at once, as with vcrpy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from harness.cassettes._cassette import Cassette
from harness.cassettes._format.decode import decoded_request_body
from harness.cassettes._model import Headers, RecordedRequest
from harness.cassettes._record import Take
from harness.cassettes._sse import pieces
from harness.cassettes._timing.player import Player

_CLIENTS = {
    "tornado.simple_httpclient": "SimpleAsyncHTTPClient",
    "tornado.curl_httpclient": "CurlAsyncHTTPClient",
}


def replacements(
    module: Any, governing: Callable[[], Cassette | None]
) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    """Yield the methods to replace: class, name, and what stands in for it."""
    from vcr.stubs.tornado_stubs import vcr_fetch_impl  # type: ignore[import-untyped]  # noqa: PLC0415  # slow

    client = getattr(module, _CLIENTS[module.__name__])
    yield client, "fetch_impl", vcr_fetch_impl(_Adapter(governing), client.fetch_impl)


def patched(triples: Sequence[tuple[Any, str, Any]]) -> ExitStack:
    """Put connection classes of the user's, made as vcrpy's stubs are, where they belong.

    They ask no cassette: what they send goes out through `http.client`, which does.
    """
    from vcr.patch import CassettePatcherBuilder  # type: ignore[import-untyped]  # noqa: PLC0415 - slow

    builder = CassettePatcherBuilder(_Adapter(lambda: None))
    with ExitStack() as stack:
        for patcher in builder._build_patchers_from_mock_triples(triples):  # noqa: SLF001
            stack.enter_context(patcher)
        return stack.pop_all()


class _Adapter:
    """As much of vcrpy's cassette as its stubs use."""

    write_protected = False
    skip_patchers = ()
    custom_patches = ()
    _path = ""

    def __init__(self, governing: Callable[[], Cassette | None]) -> None:
        self._governing = governing
        self._lock = threading.Lock()

    def can_play_response_for(self, request: Any) -> bool:
        """Ask our cassette, once for each request."""
        with self._lock:
            if not hasattr(request, "harness_answer"):
                cassette = self._governing()
                request.harness_answer = cassette and cassette.ask(_value_of(request))
        return isinstance(request.harness_answer, Player)

    def play_response(self, request: Any) -> dict[str, Any]:
        """Return the whole answer, when its last piece has come."""
        player: Player = request.harness_answer
        response = player.interaction.response
        player.arrive()
        for _ in pieces(response):
            player.arrive()
        player.arrive()
        if response.timing is not None and response.timing.end != "complete":
            player.leave()
            if response.timing.was_left:
                raise player.read_too_far()
            kind = TimeoutError if response.timing.end == "timeout" else ConnectionResetError
            raise kind(response.timing.error)
        fields: dict[str, list[str]] = {}
        for name, value in response.headers:
            fields.setdefault(name, []).append(value)
        return {
            "status": {"code": response.status, "message": response.reason},
            "headers": fields,
            "body": {"string": response.body},
        }

    def append(self, request: Any, response: dict[str, Any]) -> None:
        """Note the answer of the server."""
        take = request.harness_answer
        if isinstance(take, Take):
            status = response["status"]
            take.begin(status["code"], status["message"] or "", _fields(response["headers"]))
            take.piece(response["body"]["string"])
            take.finish("complete")

    def filter_request(self, request: Any) -> Any:
        """Leave every request as it is."""
        return request


def _value_of(request: Any) -> RecordedRequest:
    headers = _fields(dict(request.headers))
    body = request.body_bytes if hasattr(request, "body_bytes") else request.body
    if hasattr(body, "read"):
        body = body.read()
    body = body.encode() if isinstance(body, str) else bytes(body or b"")
    return RecordedRequest(
        request.method.upper(), request.uri, headers, decoded_request_body(body, headers)
    )


def _fields(fields: dict[str, Any]) -> Headers:
    return tuple(
        (_text(name), _text(value))
        for name, values in fields.items()
        for value in (values if isinstance(values, list | tuple) else [values])
    )


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
