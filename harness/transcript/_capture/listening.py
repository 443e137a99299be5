"""Who wants to see every stream of a while, by whomever it is captured or watched.

A report and a comparison of engines listen during a test. Whoever records a stream tells them how
to get at its transcript: one that is watched goes on, so it is looked at when they are done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from harness.transcript._transcript import Transcript

Source: TypeAlias = "Callable[[], Transcript]"


class Heard:
    """The streams of a while, in the order in which they were told."""

    def __init__(self) -> None:
        self._sources: list[Source] = []

    def add(self, source: Source) -> None:
        """Hear of a stream; one that is known already is the same stream, going on."""
        if source not in self._sources:
            self._sources.append(source)

    def restart(self) -> None:
        """Forget the streams until now."""
        self._sources.clear()

    @property
    def transcripts(self) -> list[Transcript]:
        """What each of them has said by now."""
        return [source() for source in self._sources]


_listeners: list[Heard] = []


@contextmanager
def listening() -> Iterator[Heard]:
    """Hear of each stream that is captured or watched meanwhile."""
    heard = Heard()
    _listeners.append(heard)
    try:
        yield heard
    finally:
        _listeners.remove(heard)


def tell(source: Source) -> None:
    """Tell whoever listens of a stream, by how to get its transcript."""
    for heard in _listeners:
        heard.add(source)
