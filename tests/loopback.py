"""A provider on loopback: an HTTP server that says when each piece of an answer is sent.

It speaks as much of OpenAI's and Anthropic's API as the tests need, and misbehaves on request.
Every piece is one HTTP chunk, flushed by itself, so that a client sees the cuts that are asked for.
"""

from __future__ import annotations

import gzip
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

Step: TypeAlias = "bytes | float | threading.Event"
"""Bytes are sent, a number of seconds is slept, an event is waited for (5 s at most)."""


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the server does with one request.

    Args:
        steps: The pieces of the body, with the waits between them.
        status: The status code.
        headers: Besides `content-type`, which is that of an event stream unless it stands here.
            With a `content-length`, the body is not sent in chunks.
        end: `complete`, `cut` (closed in the middle of the body) or `reset` (a TCP reset).
    """

    steps: Sequence[Step]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    end: str = "complete"

    def delayed(self, seconds: float) -> Reply:
        """Return the same reply with a wait before each piece."""
        steps: list[Step] = []
        for step in self.steps:
            steps += [seconds, step]
        return Reply(steps, self.status, self.headers, self.end)


Answer: TypeAlias = Callable[[Request], Reply]


@dataclass
class Server:
    """A running server: its address, what it was asked, and how often it waited in vain."""

    url: str
    requests: list[Request] = field(default_factory=list)
    waited_in_vain: int = 0


@contextmanager
def serve(answer: Answer | Iterable[Reply]) -> Iterator[Server]:
    """Answer on loopback until the block ends, by a function or by replies in their order."""
    if not callable(answer):
        replies = iter(answer)
        lock = threading.Lock()

        def answer_in_order(_: Request) -> Reply:
            with lock:
                spent = plain_json({"error": {"message": "the test has no reply left"}}, 400)
                return next(replies, spent)

        answer = answer_in_order
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    http.answer = answer  # type: ignore[attr-defined]
    http.record = Server(f"http://127.0.0.1:{http.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield http.record  # type: ignore[attr-defined]
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def openai_chat(
    tokens: Iterable[str], *, model: str = "gpt-4o-mini", reply_id: str = "chatcmpl-1"
) -> Reply:
    """Stream a chat completion, one event per token."""
    base = {"id": reply_id, "object": "chat.completion.chunk", "created": 1, "model": model}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return sse({**base, "choices": [choice]})

    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
    return Reply(
        [
            chunk({"role": "assistant", "content": ""}),
            *(chunk({"content": token}) for token in tokens),
            chunk({}, "stop"),
            sse({**base, "choices": [], "usage": usage}),
            b"data: [DONE]\n\n",
        ]
    )


def anthropic_message(tokens: Iterable[str], *, model: str = "claude-haiku-4-5") -> Reply:
    """Stream a message, one event per token."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }
    text = {"type": "text", "text": ""}
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": text},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {**text, "type": "text_delta"}}
            | {"delta": {"type": "text_delta", "text": token}}
            for token in tokens
        ),
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 4}},
        {"type": "message_stop"},
    ]
    return Reply([sse(event, event["type"]) for event in events])


def plain_json(value: Any, status: int = 200, **headers: str) -> Reply:
    """Answer without streaming."""
    fields = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(
        [json.dumps(value).encode()], status, {"content-type": "application/json"} | fields
    )


def gzipped(reply: Reply) -> Reply:
    """Compress the whole body and send it in two pieces."""
    body = gzip.compress(b"".join(step for step in reply.steps if isinstance(step, bytes)))
    half = len(body) // 2
    headers = {**reply.headers, "content-encoding": "gzip"}
    return Reply([body[:half], body[half:]], reply.status, headers, reply.end)


def sse(data: Any, event: str | None = None) -> bytes:
    """One server-sent event."""
    name = f"event: {event}\n" if event else ""
    return f"{name}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        request = Request(self.command, self.path, dict(self.headers), body)
        self.server.record.requests.append(request)  # type: ignore[attr-defined]
        reply: Reply = self.server.answer(request)  # type: ignore[attr-defined]
        self.send_response_only(reply.status)  # no date and no version: they would be recorded
        headers = {
            "connection": "close",  # clients that outlive a test would warn of what they left open
            "content-type": "text/event-stream",
            "transfer-encoding": "chunked",
        }
        self._is_chunked = "content-length" not in reply.headers
        if not self._is_chunked:
            del headers["transfer-encoding"]
        for name, value in (headers | reply.headers).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for step in reply.steps:
                self._take(step)
            self._finish(reply.end)
        except (BrokenPipeError, ConnectionResetError):  # the client left
            self.close_connection = True

    do_GET = do_HEAD = do_POST  # noqa: N815  # the names are the protocol of the base class

    def _take(self, step: Step) -> None:
        if isinstance(step, bytes):
            framed = b"%x\r\n%s\r\n" % (len(step), step)
            self.wfile.write(framed if self._is_chunked else step)
        elif isinstance(step, threading.Event):
            self.server.record.waited_in_vain += not step.wait(5)  # type: ignore[attr-defined]
        else:
            time.sleep(step)

    def _finish(self, end: str) -> None:
        if end == "complete":
            self.wfile.write(b"0\r\n\r\n" if self._is_chunked else b"")
            return
        self.close_connection = True
        if end == "reset":
            time.sleep(0.05)  # let the client read what was sent: a reset throws it away
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            os.close(self.connection.detach())  # without the polite shutdown of the base class

    def log_message(self, *args: object) -> None:
        """Say nothing: the output belongs to the tests."""
