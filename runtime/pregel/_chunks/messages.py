"""`messages` mode: tokens of models, wherever in the graph they are called.

A callback handler that rides along in the config of every task. Because it is a streaming
handler, langchain-core streams a model even when the node calls `.invoke`. There are three places
where a message comes from, and a set of ids that keeps them from repeating each other:

1. every chunk of a model that streams;
2. the whole message of a model that did not stream;
3. messages that a node returns, if nobody has seen their id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, LLMResult
from langchain_core.tracers._streaming import _StreamingCallbackHandler
from pydantic import BaseModel

from runtime.pregel._chunks.handler import StreamHandler
from runtime.types import Command

if TYPE_CHECKING:
    from runtime.pregel._chunks.sink import Emit, Namespace
    from runtime.pregel._task import Task
    from runtime.turns import Turns

__all__ = ("MessagesHandler",)


class MessagesHandler(StreamHandler, _StreamingCallbackHandler[Any]):
    """Turns model callbacks and node results into `messages` chunks.

    Args:
        emit: Takes `(namespace, "messages", (message, metadata))`.
        subgraphs: Whether messages of graphs inside this one are wanted.
        ns: The namespace of the graph that is streamed.
        turns: Gives ids to messages that have none.

    Attributes:
        full_metadata: Whether messages that nodes return carry what tokens carry of the graph.
    """

    ignore_agent = True

    def __init__(self, emit: Emit, subgraphs: bool, ns: Namespace, turns: Turns) -> None:
        super().__init__(emit, subgraphs, ns)
        self._turns = turns
        self._runs: dict[UUID, tuple[Namespace, dict[str, Any]]] = {}
        self._seen: set[str] = set()
        self.full_metadata = False

    def tap_output_iter(self, run_id: UUID, output: Any) -> Any:
        """Leave the output of other runnables alone."""
        return output

    def tap_output_aiter(self, run_id: UUID, output: Any) -> Any:
        """Leave the output of other runnables alone."""
        return output

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Note where in the graph a model was called, if its messages are wanted."""
        ns = self.origin(metadata, tags)
        if ns is None or metadata is None:
            return
        # the tags that langchain-core gives the steps of a chain say nothing to the reader
        if shown := [tag for tag in tags or () if not tag.startswith("seq:step")]:
            metadata["tags"] = shown
        self._runs[run_id] = (ns, metadata)

    def on_llm_new_token(
        self,
        token: str | list[Any],
        *,
        chunk: Any = None,
        run_id: UUID,
        **kwargs: Any,
    ) -> None:
        """Emit a chunk of a model that streams."""
        origin = self._runs.get(run_id)
        if origin is not None and isinstance(chunk, ChatGenerationChunk):
            message = chunk.message
            if message.id is None:
                message.id = self._turns.message_id()
            self._seen.add(message.id)
            self._emit(origin[0], "messages", (message, origin[1]))

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Emit the message of a model that did not stream."""
        origin = self._runs.pop(run_id, None)
        if origin is not None and response.generations and response.generations[0]:
            generation = response.generations[0][0]
            if isinstance(generation, ChatGeneration):
                self._emit_unseen(*origin, generation.message)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Forget a model call that failed."""
        self._runs.pop(run_id, None)

    def push(self, task: Task, message: BaseMessage) -> None:
        """Emit a message that a node pushes by hand, seen or not."""
        if message.id is not None and self.wants(task.run.ns):
            self._seen.add(message.id)
            self._emit(task.run.ns, "messages", (message, task.config["metadata"]))

    def on_node_start(self, task: Task, given: Any) -> None:
        """Take the messages that a node is given as seen: returning them emits nothing."""
        if self.wants(_place(task)):
            for message in _messages_in(given):
                if message.id is not None:
                    self._seen.add(message.id)

    def on_node_end(
        self, task: Task, output: Any, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Emit the messages that a node returned and that nobody has seen."""
        ns = _place(task)
        if not self.wants(ns):
            return
        if isinstance(output, Command):
            parts = [output.update]
        elif isinstance(output, (list, tuple)) and any(isinstance(o, Command) for o in output):
            parts = [o.update if isinstance(o, Command) else o for o in output]
        else:
            parts = [output]
        found = [message for part in parts for message in _messages_in(part)]
        if not found:
            return
        if metadata is None:
            metadata = self._metadata_of(task)
        for message in found:
            self._emit_unseen(ns, dict(metadata), message)

    def _metadata_of(self, task: Task) -> dict[str, Any]:
        metadata = {**task.run.config["metadata"], "ls_integration": "langgraph"}
        metadata.update(task.config["metadata"])
        if self.full_metadata:
            metadata["checkpoint_ns"] = task.ns
            if tags := task.config["tags"]:
                metadata["tags"] = tags
        return metadata

    def _emit_unseen(self, ns: Namespace, metadata: dict[str, Any], message: BaseMessage) -> None:
        if message.id is not None and message.id in self._seen:
            return
        if message.id is None:
            message.id = self._turns.message_id()
        self._seen.add(message.id)
        self._emit(ns, "messages", (message, metadata))


def _place(task: Task) -> Namespace:
    """Return the namespace of the graph that a task belongs to."""
    if task.called_by is not None:
        return task.run.ns
    return tuple(task.ns.split("|")[:-1])  # for an error handler, that of the failed task


def _messages_in(state: Any) -> list[BaseMessage]:
    """Return the messages in a state or an update: the values, or members of their lists."""
    if isinstance(state, BaseMessage):
        return [state]
    if isinstance(state, Mapping):
        values: Sequence[Any] = list(state.values())
    elif isinstance(state, BaseModel):
        values = [getattr(state, name) for name in type(state).model_fields]
    elif is_dataclass(state) and not isinstance(state, type):
        values = [getattr(state, f.name) for f in fields(state)]
    elif isinstance(state, Sequence) and not isinstance(state, str):
        return [value for value in state if isinstance(value, BaseMessage)]
    else:
        return []
    found = []
    for value in values:
        if isinstance(value, BaseMessage):
            found.append(value)
        elif isinstance(value, (list, tuple)):
            found.extend(item for item in value if isinstance(item, BaseMessage))
    return found
