"""Read stream chunks of every shape: what mode, whose namespace, which payload.

A chunk's shape depends on how `stream` was called: a bare payload, `(mode, payload)`,
`(namespace, payload)`, `(namespace, mode, payload)`, or a typed part (`version="v2"`). Interrupts
come inside chunks of `updates` and `values`, in another place in each version; here they become
chunks of their own, so that a transcript does not depend on the version.

Streams that no graph made have shapes, too: the chunks of an LCEL chain, the dicts of
`astream_events`, and server-sent events.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from langchain_core.messages import BaseMessage, messages_from_dict
from langchain_core.runnables import Runnable

from harness.transcript._model import INTERRUPT, Payload

_INTERRUPT_KEY = "__interrupt__"
_OUTPUT = "output"  # the mode of a chunk that no graph streamed
_EVENTS = "events"
_SERVER_SENT = "sse"
_LINE_END = re.compile(r"\r\n|\n|\r")


class Chunk(NamedTuple):
    """One chunk with its parts told apart."""

    namespace: tuple[str, ...]
    mode: str
    payload: Payload


@dataclass(frozen=True)
class Shape:
    """How one call of `stream` or `astream` shapes its chunks.

    Args:
        mode: The only mode, if chunks do not name theirs.
        subgraphs: Whether chunks name their namespace.
        typed: Whether chunks are typed parts.
    """

    mode: str | None = None
    subgraphs: bool = False
    typed: bool = False

    @classmethod
    def of(cls, graph: object, arguments: Mapping[str, Any]) -> Shape | PlainShape:
        """The shape of what `graph.stream(..., **arguments)` yields."""
        if not streams_modes(graph):
            return PlainShape()
        mode = arguments.get("stream_mode") or getattr(graph, "stream_mode", "updates")
        return cls(
            mode=mode if isinstance(mode, str) else None,
            subgraphs=bool(arguments.get("subgraphs")),
            typed=arguments.get("version", "v1") == "v2",
        )

    def read(self, chunk: Payload) -> Iterator[Chunk]:
        """Take a chunk apart; an interrupt in it becomes a chunk of its own."""
        if self.typed:
            yield from parted(
                Chunk(tuple(chunk["ns"]), chunk["type"], chunk["data"]), chunk.get("interrupts", ())
            )
            return
        namespace: tuple[str, ...] = ()
        mode, payload = self.mode, chunk
        if self.subgraphs:
            namespace, *rest = chunk
            payload = rest[-1]
            mode = self.mode or rest[0]
        elif mode is None:
            mode, payload = chunk[:2]  # a remote graph adds the id of the event
        yield from parted(Chunk(tuple(namespace), str(mode), payload), ())


class PlainShape:
    """Chunks of anything that is no graph: what they are shows how to keep them."""

    def read(self, chunk: Payload) -> Iterator[Chunk]:
        """A message is kept as `messages` mode has it; so is one in an event of a model."""
        if isinstance(chunk, BaseMessage):
            yield Chunk((), "messages", (chunk, {}))
        elif isinstance(chunk, dict) and {"event", "data", "run_id"} <= chunk.keys():
            yield _of_event(chunk)
        else:
            yield Chunk((), _OUTPUT, chunk)


@dataclass
class ServerSentShape:
    """Bytes or text of a server-sent-events endpoint, cut anywhere; data that is JSON is parsed."""

    _rest: bytes = b""
    _lines: list[str] = field(default_factory=list)

    def read(self, chunk: bytes | str) -> Iterator[Chunk]:
        """Yield the events that are whole by now."""
        self._rest += chunk.encode() if isinstance(chunk, str) else chunk
        # A lone "\r" at the end may be half a line end.
        whole = self._rest[:-1] if self._rest.endswith(b"\r") else self._rest
        cut = max(whole.rfind(b"\n"), whole.rfind(b"\r")) + 1
        self._rest, whole = self._rest[cut:], self._rest[:cut]
        for line in _LINE_END.split(whole.decode())[:-1]:
            if line:
                self._lines.append(line)
            elif self._lines:
                yield self._event()

    def _event(self) -> Chunk:
        fields: dict[str, Any] = {}
        for line in self._lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            known = fields.get(name or "comment")
            fields[name or "comment"] = value if known is None else f"{known}\n{value}"
        self._lines = []
        with suppress(KeyError, ValueError):
            fields["data"] = json.loads(fields["data"])
        return Chunk((), _SERVER_SENT, fields)


def unbound(graph: object) -> Any:
    """The graph itself, where a config or other arguments are bound to it."""
    while (bound := getattr(graph, "bound", None)) is not None and hasattr(bound, "stream"):
        graph = bound
    return graph


def streams_modes(graph: object) -> bool:
    """Whether the object has stream modes: a graph has, a chain of LangChain has not."""
    graph = unbound(graph)
    if not isinstance(graph, Runnable):
        return True
    return "stream_mode" in inspect.signature(graph.stream).parameters


def parted(chunk: Chunk, interrupts: tuple[Any, ...]) -> Iterator[Chunk]:
    """Yield a chunk, and what it says of interrupts as a chunk of its own."""
    payload = chunk.payload
    if chunk.mode == "messages":
        payload = _message_pair(payload)
    elif chunk.mode in ("updates", "values") and isinstance(payload, dict):
        interrupts = tuple(payload.get(_INTERRUPT_KEY, interrupts))
        if _INTERRUPT_KEY in payload:
            payload = {key: item for key, item in payload.items() if key != _INTERRUPT_KEY}
    if payload or chunk.mode != "updates" or not interrupts:
        yield chunk._replace(payload=payload)
    if interrupts:
        yield Chunk(chunk.namespace, INTERRUPT, interrupts)


def _message_pair(payload: Payload) -> Payload:
    """A pair from a remote graph holds its message as JSON."""
    match payload:
        case (dict() as message, dict() as metadata) if "type" in message:
            return messages_from_dict([{"type": message["type"], "data": message}])[0], metadata
    return payload


def _of_event(event: dict[str, Any]) -> Chunk:
    """An event of `astream_events`; a token as messages mode has it, the rest as its metadata."""
    match event:
        case {"event": "on_chat_model_stream", "data": {"chunk": BaseMessage() as message, **more}}:
            rest = {key: item for key, item in event.items() if key != "data"}
            return Chunk((), "messages", (message, {**rest, "data": more} if more else rest))
    return Chunk((), _EVENTS, event)
