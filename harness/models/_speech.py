"""What a model says to one call: from the answer that is known before to the chunks.

Playing an answer is waiting for the moment of each piece, handing out a copy, and failing where the
answer ends in an error.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGenerationChunk

from harness.models._chunks import Common, Piece, handed_out, total
from harness.models._clock import Clock


class Speech(Protocol):
    """What one call gets; exactly one of the four is used, once."""

    def whole(self) -> AIMessage:
        """Return the answer in one."""

    async def awhole(self) -> AIMessage:
        """Do so in an event loop."""

    def pieces(self) -> Iterator[ChatGenerationChunk]:
        """Yield the answer in chunks."""

    def apieces(self) -> AsyncIterator[ChatGenerationChunk]:
        """Do so in an event loop."""


@dataclass(frozen=True)
class Answer:
    """What a model says to one call. None of it is ever handed out, only copies.

    Args:
        pieces: The chunks in which it streams.
        common: What the chunks that are nothing but text have in common.
        offsets: When each piece comes, in seconds after the question; none when all come at once.
        error: What is raised behind the last piece.
        whole: The message that a call gets that does not stream; by default the chunks' sum.
    """

    pieces: Sequence[Piece]
    common: Common
    offsets: Sequence[float] = ()
    error: BaseException | None = None
    whole: AIMessage | None = None

    @cached_property
    def message(self) -> AIMessage:
        """The whole answer."""
        return self.whole or total(self.pieces, self.common)


class Played:
    """An answer that is known, played from now on.

    Args:
        answer: What is said.
        clock: What its pieces wait for.
    """

    def __init__(self, answer: Answer, clock: Clock) -> None:
        self._answer = answer
        self._clock = clock
        self._asked = clock.now

    def whole(self) -> AIMessage:
        """Return the answer when its last piece is due."""
        if offsets := self._answer.offsets:
            self._clock.wait(self._asked + offsets[-1])
        return self._copied()

    async def awhole(self) -> AIMessage:
        """Return the answer when its last piece is due."""
        await asyncio.sleep(0)
        if offsets := self._answer.offsets:
            await self._clock.await_(self._asked + offsets[-1])
        return self._copied()

    def pieces(self) -> Iterator[ChatGenerationChunk]:
        """Yield each piece when it is due."""
        answer, offsets = self._answer, self._answer.offsets
        for k, piece in enumerate(answer.pieces):
            if offsets:
                self._clock.wait(self._asked + offsets[k])
            yield handed_out(piece, answer.common)
        if answer.error is not None:
            raise answer.error

    async def apieces(self) -> AsyncIterator[ChatGenerationChunk]:
        """Yield each piece when it is due."""
        answer, offsets = self._answer, self._answer.offsets
        for k, piece in enumerate(answer.pieces):
            if offsets:
                await self._clock.await_(self._asked + offsets[k])
            else:
                await asyncio.sleep(0)  # or parallel streams would come one after the other
            yield handed_out(piece, answer.common)
        if answer.error is not None:
            raise answer.error

    def _copied(self) -> AIMessage:
        if self._answer.error is not None:
            raise self._answer.error
        return self._answer.message.model_copy(deep=True)
