"""Read event streams (`version="v3"`): from events of messages back to what messages mode has.

An event stream says the same as the stream modes, in other words. A transcript is to say the same
of both, so the events become chunks again: text, reasoning and pieces of tool calls as chunks of a
message, what stands at the end of a message (usage, metadata) as its last one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from langchain_core.messages import AIMessageChunk

from harness.transcript._capture.chunks import Chunk, parted
from harness.transcript._model import Payload

TASKS = "tasks"
_WHOLE = ("text", "reasoning", "tool_call_chunk", "server_tool_call_chunk", "tool_call")
"""The blocks whose pieces came before their end says them once more."""


@dataclass
class EventsShape:
    """The events of one run.

    Args:
        modes: The stream modes that are kept; `"lifecycle"` is one, too. None keeps all.
        subgraphs: Whether what graphs inside say is kept.
    """

    modes: Sequence[str] | None
    subgraphs: bool
    _messages: dict[str, _Message] = field(default_factory=dict)

    def read(self, event: Payload) -> Iterator[Chunk]:
        """Yield what an event says, if it is to be kept."""
        mode, params = event["method"], event["params"]
        namespace, data = tuple(params["namespace"]), params["data"]
        kind = "custom" if mode.startswith("custom:") else mode
        if (self.modes is not None and kind not in self.modes) or (
            namespace and not self.subgraphs
        ):
            return
        if mode == "messages":
            said, metadata = data
            if isinstance(said, dict):
                yield from self._hear(namespace, said, dict(metadata))
                return
        yield from parted(Chunk(namespace, mode, data), tuple(params.get("interrupts", ())))

    def _hear(
        self, namespace: tuple[str, ...], said: dict[str, Any], metadata: dict[str, Any]
    ) -> Iterator[Chunk]:
        call = metadata.pop("run_id", "")
        if said["event"] == "message-start":
            self._messages[call] = _Message(said.get("id"))
        message = self._messages.setdefault(call, _Message(None))
        piece = message.piece(said)
        if piece is not None:
            yield Chunk(namespace, "messages", (piece, metadata))


@dataclass
class _Message:
    """A message whose events come one after the other."""

    id: str | None
    _indexes: dict[int, Any] = field(default_factory=dict)

    def piece(self, said: dict[str, Any]) -> AIMessageChunk | None:  # noqa: PLR0911 - a table
        """Return what an event adds to the message, if anything."""
        match said:
            case {"event": "content-block-start", "content": {"type": "tool_call_chunk"} as block}:
                self._indexes[said["index"]] = block.get("index", said["index"])
                return self._tool_call(said["index"], "", block)
            case {"delta": {"type": "text-delta", "text": text}}:
                return AIMessageChunk(content=text, id=self.id)
            case {"delta": {"type": "reasoning-delta", "reasoning": text}}:
                block = {"type": "reasoning", "reasoning": text, "index": said["index"]}
                return AIMessageChunk(content=[block], id=self.id)
            case {"delta": {"type": "tool-call-delta", "args": args}}:
                return self._tool_call(said["index"], args, {})
            case {"event": "content-block-finish", "content": {"type": kind} as block}:
                if kind not in _WHOLE:
                    return AIMessageChunk(content=[{**block, "index": said["index"]}], id=self.id)
                if kind == "tool_call" and said["index"] not in self._indexes:
                    args = json.dumps(block.get("args", {}))
                    return self._tool_call(said["index"], args, block)
            case {"event": "message-finish"}:
                return AIMessageChunk(
                    content="",
                    id=self.id,
                    usage_metadata=said.get("usage"),
                    response_metadata=said.get("metadata") or {},
                    chunk_position="last",
                )
        return None

    def _tool_call(self, index: int, args: str, block: dict[str, Any]) -> AIMessageChunk:
        piece: Any = {
            "type": "tool_call_chunk",
            "index": self._indexes.get(index, index),
            "args": args,
            "id": block.get("id"),
            "name": block.get("name"),
        }
        return AIMessageChunk(content="", tool_call_chunks=[piece], id=self.id)


def listening_for(graph: object, modes: Sequence[str], take: Callable[[Any], None]) -> Any:
    """Return a transformer that has a run stream these modes, and takes the events of tasks.

    Those are in no raw events: the built-in transformers keep them for themselves.

    Args:
        graph: The graph; its own package says what a transformer is.
        modes: The stream modes.
        take: Takes events.
    """

    def take_tasks(event: Any) -> None:
        if event["method"] == TASKS:
            take(event)

    wanted = tuple(mode for mode in modes if mode != "lifecycle")
    return _transformer(graph, take_tasks, required_stream_modes=wanted)


def watching_for(
    graph: object, take: Callable[[Any], None], over: Callable[[BaseException | None], None]
) -> Any:
    """Return a transformer that takes each event of a run, and changes nothing about it.

    Args:
        graph: The graph; its own package says what a transformer is.
        take: Takes events.
        over: Hears that the run has ended, with what it failed with if it did.
    """
    return _transformer(
        graph, take, finalize=lambda self: over(None), fail=lambda self, err: over(err)
    )


def hear_items(run: Any, take: Callable[[Any], None]) -> None:
    """Take the items that transformers make, which no other transformer sees.

    A named channel makes an event of each. Those of the built-in ones tell what other events say.

    Args:
        run: The event stream, of which nothing has been read yet.
        take: Takes events.
    """
    for key, channel in run.extensions.items():
        if vars(run).get(key) is channel or getattr(channel, "name", None) is None:
            continue  # a built-in one, which is an attribute as well; or one that makes no events
        channel.push = _pushing(channel.push, f"custom:{channel.name}", take)


def _pushing(
    push: Callable[[Any], None], method: str, take: Callable[[Any], None]
) -> Callable[[Any], None]:
    def heard(item: Any) -> None:
        take({"method": method, "params": {"namespace": (), "data": item}})
        push(item)

    return heard


def _transformer(graph: object, take: Callable[[Any], None], **members: Any) -> Any:
    """Return a class of transformers, of which the one of the run itself takes its events."""
    streams = import_module(f"{_package_of(graph)}.stream")
    first: list[Any] = []

    def init(self: Any) -> dict[str, Any]:
        first.append(self)
        return {}

    def process(self: Any, event: Any) -> bool:
        if self is first[0]:  # graphs inside have their own
            take(event)
        return True

    members = {"init": init, "process": process, **members}
    return type("Listening", (streams.StreamTransformer,), members)


def _package_of(graph: object) -> str:
    """Return the package that has the graph's event streams."""
    bound = getattr(graph, "bound", graph)
    for kind in type(bound).__mro__:
        package = kind.__module__.partition(".")[0]
        if "stream_events" in vars(kind) and package != "langchain_core":
            return package
    raise TypeError(
        f"cannot capture a {type(graph).__name__} with version='v3': only graphs have such event "
        "streams; of a chain, capture chain.astream_events(...) with acapture_chunks()"
    )
