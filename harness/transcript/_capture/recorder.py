"""Turns arriving chunks into numbered events; the same for whoever drives the stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from time import perf_counter
from typing import Protocol

from harness._answered import Answered, answers_from_anywhere_into, answers_into
from harness.transcript._capture.chunks import Chunk, unbound
from harness.transcript._model import ERROR, INPUT, Head, Origin, Payload, StreamEvent, copied
from harness.transcript._rules import Rules
from harness.transcript._transcript import Transcript


class ReadsChunks(Protocol):
    """What knows the shape of the chunks of one stream."""

    def read(self, chunk: Payload) -> Iterable[Chunk]:
        """Take a chunk apart."""
        ...


class Recorder:
    """The events of a stream so far.

    Args:
        head: What is streamed; None of what is no graph's.
        before: Events that came before; the numbers go on.
        rules: What else differs from run to run.
    """

    def __init__(
        self,
        head: Head | None = None,
        before: Iterable[StreamEvent] = (),
        rules: Rules | None = None,
    ) -> None:
        self._head = head
        self._rules = rules or Rules()
        self._events = list(before)
        self._engine = ""
        self._calls: list[Answered] = []
        self._started = perf_counter()

    def begins(self, head: Head) -> None:
        """Keep what is streamed; a later run keeps its input alone."""
        if self._head is None:
            self._head = head
        else:
            self.goes_on_with(head.input)

    def comes_from(self, graph: object, before: Origin | None = None) -> None:
        """Keep which engine runs the graph, and what it asked in earlier runs."""
        self._engine = type(unbound(graph)).__module__.partition(".")[0]
        self._calls[:0] = before.calls if before else ()

    def listening(self) -> AbstractContextManager[None]:
        """Keep the model calls that are answered meanwhile."""
        return answers_into(self._calls)

    def listening_anywhere(self) -> Callable[[], None]:
        """Keep those of a run that others drive, until what this returns is called."""
        return answers_from_anywhere_into(self._calls)

    def goes_on_with(self, value: Payload) -> None:
        """Keep the input with which a later run goes on."""
        self._started = perf_counter()
        self._add(Chunk((), INPUT, value))

    def chunk(self, chunk: Payload, shape: ReadsChunks) -> None:
        """Keep a chunk as it is now."""
        for part in shape.read(chunk):
            self._add(part)

    def error(self, error: Exception) -> None:
        """Keep the exception that ended the stream."""
        self._add(Chunk((), ERROR, error))

    def transcript(self) -> Transcript:
        """What was kept until now."""
        return Transcript(
            tuple(self._events),
            head=self._head,
            origin=Origin(self._engine, tuple(self._calls)),
            rules=self._rules,
        )

    def _add(self, chunk: Chunk) -> None:
        payload = chunk.payload if chunk.mode == ERROR else copied(chunk.payload)
        seconds = perf_counter() - self._started
        number = len(self._events) + 1
        self._events.append(StreamEvent(number, chunk.namespace, chunk.mode, payload, seconds))
