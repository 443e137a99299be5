"""Turns arriving chunks into numbered events; the same for whoever drives the stream."""

from __future__ import annotations

from collections.abc import Iterable
from time import perf_counter
from typing import Protocol

from harness.transcript._chunks import Chunk
from harness.transcript._model import ERROR, INPUT, Payload, StreamEvent, copied
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
        before: Events that came before; the numbers go on.
    """

    def __init__(self, before: Iterable[StreamEvent] = ()) -> None:
        self._events = list(before)
        self._started = perf_counter()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was kept yet."""
        return not self._events

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

    def transcript(self, rules: Rules | None = None) -> Transcript:
        """What was kept until now."""
        return Transcript(tuple(self._events), rules=rules or Rules())

    def _add(self, chunk: Chunk) -> None:
        payload = chunk.payload if chunk.mode == ERROR else copied(chunk.payload)
        seconds = perf_counter() - self._started
        number = len(self._events) + 1
        self._events.append(StreamEvent(number, chunk.namespace, chunk.mode, payload, seconds))
