"""The values of a model cassette: what was asked, what came back, and how it ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from langchain_core.messages import AIMessage, AIMessageChunk

from harness.errors import CassetteMissError, RecordedCallError
from harness.models._chunks import Common, Piece
from harness.models._request import ModelRequest
from harness.models._speech import Answer

End: TypeAlias = Literal["finished", "exception", "cancelled"]
_PROVIDER = "model_provider"  # langchain's provider classes say it in each chunk
ENDS: tuple[End, ...] = ("finished", "exception", "cancelled")


@dataclass(frozen=True)
class RecordedError:
    """The exception in which a call ended.

    Args:
        kind: Its class, such as `openai.RateLimitError`.
        message: Its text.
    """

    kind: str
    message: str

    @classmethod
    def of(cls, error: BaseException) -> RecordedError:
        """Describe an exception."""
        where = type(error).__module__.removeprefix("builtins")
        return cls(f"{where}.{type(error).__qualname__}".removeprefix("."), str(error))

    def revived(self) -> Exception:
        """Return an exception of that class if the program has loaded it.

        Nothing is imported and no constructor of the class is called: the name comes from a file.
        """
        module, _, name = self.kind.rpartition(".")
        found = getattr(sys.modules.get(module or "builtins"), name, None)
        if isinstance(found, type) and issubclass(found, Exception):
            error = found.__new__(found)
            error.args = (self.message,)
            return error
        return RecordedCallError(f"{self.kind}: {self.message}")


@dataclass(frozen=True, eq=False)
class ModelInteraction:
    """One recorded call of a model.

    Args:
        index: Its position in the file, from 0.
        request: What was asked.
        pieces: The chunks in which the answer streamed.
        common: What the chunks that are nothing but text have in common.
        offsets: When each chunk came, in seconds after the question.
        whole: The message, where the answer did not stream.
        end: How it ended.
        failure: The exception, where that was its end.
        model: The `ls_*` metadata of the model.
    """

    index: int
    request: ModelRequest
    pieces: tuple[Piece, ...] = ()
    common: Common = field(default_factory=Common)
    offsets: tuple[float, ...] = ()
    whole: AIMessage | None = None
    end: End = "finished"
    failure: RecordedError | None = None
    model: Mapping[str, Any] = field(default_factory=dict)

    def answer(self, *, timed: bool) -> Answer:
        """Return what is played; `timed` says whether the chunks wait for their moment."""
        pieces = self.pieces
        if self.whole is not None:
            pieces = (as_chunk(self.whole),)
        error: Exception | None = None
        if self.failure is not None:
            error = self.failure.revived()
        elif self.end == "cancelled":
            error = CassetteMissError(
                f"the recorded program left interaction {self.index} after {len(pieces)} chunks, "
                "and now more are asked for\n  record it anew: --record-mode=rewrite"
            )
        offsets = self.offsets if timed and len(self.offsets) == len(pieces) else ()
        return Answer(pieces, self.common, offsets, error, self.whole)


def as_chunk(message: AIMessage) -> AIMessageChunk:
    """Return a message as the only chunk of a stream."""
    fields = {key: value for key, value in message.__dict__.items() if key != "type"}
    return AIMessageChunk(**fields, chunk_position="last")


class Take:
    """One call while it is recorded; it ends once.

    Args:
        request: What is asked.
        model: The `ls_*` metadata of the live model.
    """

    def __init__(self, request: ModelRequest, model: Mapping[str, Any]) -> None:
        self.request = request
        self._model = dict(model)
        self._started = time.monotonic()
        self._pieces: list[AIMessageChunk] = []
        self._offsets: list[float] = []
        self._whole: AIMessage | None = None
        self._end: End = "cancelled"
        self._failure: RecordedError | None = None

    def chunk(self, message: AIMessage) -> AIMessageChunk:
        """Note a chunk, or the message of a model that does not stream; return it as a chunk."""
        self._offsets.append(round(time.monotonic() - self._started, 3))
        if not isinstance(message, AIMessageChunk):
            self._whole = message.model_copy(deep=True)
            self._end = "finished"
            return as_chunk(message)
        self._pieces.append(message.model_copy(deep=True))
        if message.chunk_position == "last":
            self._end = "finished"  # a consumer that reads no further has missed nothing
        return message

    def message(self, message: AIMessage) -> AIMessage:
        """Note the whole answer, and return it."""
        self.chunk(message)
        return message

    def finished(self) -> None:
        """Note that the stream came to its end."""
        self._end = "finished"

    def failed(self, error: Exception) -> None:
        """Note that the call failed."""
        self._end, self._failure = "exception", RecordedError.of(error)

    def untimed(self) -> Take:
        """Forget when the chunks came: it was not the provider who sent them."""
        self._offsets = []
        return self

    def interaction(self, index: int) -> ModelInteraction:
        """Return what was recorded."""
        common = _common(self._pieces)
        return ModelInteraction(
            index,
            self.request,
            tuple(_simplest(chunk, common) for chunk in self._pieces),
            common,
            tuple(self._offsets),
            self._whole,
            self._end,
            self._failure,
            self._model,
        )


def _common(chunks: Sequence[AIMessageChunk]) -> Common:
    """Find what makes most chunks nothing but text."""
    ids = [chunk.id for chunk in chunks]
    named = [chunk.response_metadata.get(_PROVIDER) for chunk in chunks if chunk.content]
    provider = max(named, key=named.count, default=None)
    return Common(max(ids, key=ids.count, default=None), {_PROVIDER: provider} if provider else {})


def _simplest(chunk: AIMessageChunk, common: Common) -> Piece:
    """Return a chunk that is nothing but text as that text."""
    text = chunk.content
    if isinstance(text, str) and chunk == common.chunk(text):
        return text
    return chunk
