"""`messages` of event streams: a message as the events of its parts, instead of chunks of it.

langchain-core can stream such events itself, but not cheaply, and a model that streams them cannot
stream to anybody else. So these are made of the chunks that every streaming model has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.messages import BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, LLMResult

from runtime.pregel._chunks.chunk_events import ChunkEvents, Event
from runtime.pregel._chunks.messages import MessagesHandler

if TYPE_CHECKING:
    from runtime.pregel._chunks.sink import Emit, Namespace
    from runtime.turns import Turns

__all__ = ("MessageEventsHandler",)


class MessageEventsHandler(MessagesHandler):
    """Turns model callbacks and node results into events of messages, and whole messages.

    Args:
        emit: As for `MessagesHandler`.
        subgraphs: As for `MessagesHandler`.
        ns: As for `MessagesHandler`.
        turns: As for `MessagesHandler`.
        same_messages: Whether nodes get the messages of their models as these made them. Otherwise
            they get what the events say, as LangGraph's do: content blocks, under an id that
            names the run of the model.
    """

    def __init__(
        self,
        emit: Emit,
        subgraphs: bool,
        ns: Namespace,
        turns: Turns,
        *,
        same_messages: bool,
    ) -> None:
        super().__init__(emit, subgraphs, ns, turns)
        self._same_messages = same_messages
        self._answers: dict[UUID, ChunkEvents] = {}
        self._told: dict[UUID, tuple[Namespace, dict[str, Any]]] = {}
        self._by_itself: set[UUID] = set()

    def on_llm_new_token(
        self, token: str | list[Any], *, chunk: Any = None, run_id: UUID, **kwargs: Any
    ) -> None:
        """Emit what a chunk adds to the message."""
        if not isinstance(chunk, ChatGenerationChunk):
            return
        answer = self._answers.get(run_id)
        if answer is None:
            own = chunk.message.id if self._same_messages else None
            answer = self._answers[run_id] = ChunkEvents(own or f"lc_run--{run_id}")
        self._tell(run_id, answer.take(chunk))

    def on_stream_event(self, event: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Emit what a model says that a node has stream events, unless its chunks say it."""
        if run_id in self._answers:
            return
        self._by_itself.add(run_id)
        self._tell(run_id, (event,))

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """End the message of a model that streamed; emit that of another one whole."""
        answer = self._answers.pop(run_id, None)
        if answer is None and run_id not in self._by_itself:
            super().on_llm_end(response, run_id=run_id, **kwargs)
            return
        made = response.generations[0][0] if response.generations[0] else None
        generation = made if isinstance(made, ChatGeneration) else None
        if answer is not None:
            ending = answer.end()
            if generation is not None and not self._same_messages:
                generation.message = answer.message() or generation.message
            self._tell(run_id, ending)
        if generation is not None and run_id in self._runs and generation.message.id is not None:
            self._seen.add(generation.message.id)
        self._forget(run_id)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Forget a model call that failed: its message stays without an end."""
        self._answers.pop(run_id, None)
        self._forget(run_id)

    def _forget(self, run_id: UUID) -> None:
        self._runs.pop(run_id, None)
        self._told.pop(run_id, None)
        self._by_itself.discard(run_id)

    def _tell(self, run_id: UUID, events: Sequence[Event]) -> None:
        told = self._told.get(run_id)
        if told is None:
            origin = self._runs.get(run_id)
            if origin is None:  # nobody is to hear of it
                return
            told = self._told[run_id] = (origin[0], {**origin[1], "run_id": str(run_id)})
        for event in events:
            self._emit(told[0], "messages", (event, told[1]))

    def _emit_unseen(self, ns: Namespace, metadata: dict[str, Any], message: BaseMessage) -> None:
        """Emit a message; those of tools are in `tools`."""
        if not isinstance(message, ToolMessage):
            super()._emit_unseen(ns, metadata, message)
