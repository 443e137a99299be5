"""What may stand in a script, and how it becomes an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, AIMessageChunk

from harness.models._chunks import Common, Piece, closed, stopped
from harness.models._cut import Cut
from harness.models._pieces import in_each_chunk, message_pieces
from harness.models._speech import Answer

Failure: TypeAlias = BaseException | type[BaseException]
Reply: TypeAlias = str | AIMessage | Sequence[Piece | Failure] | Failure
Turn: TypeAlias = Reply | Callable[..., Reply | None]
"""A text, a message, a list of chunks (an exception in it ends the stream there), an exception,
or a function of `(messages, **kwargs)` that returns one of these."""

KINDS = (
    "a text, an AIMessage, a list of chunks, an exception, "
    "or a function of (messages, **kwargs) that returns one of these"
)


@dataclass(frozen=True)
class Delivery:
    """How an answer is delivered.

    Args:
        cut: Where whole texts are cut.
        first: Seconds until the first piece.
        between: Seconds between two pieces.
    """

    cut: Cut = "words"
    first: float = 0.0
    between: float = 0.0

    def offsets(self, count: int) -> tuple[float, ...]:
        """Return when each of so many pieces comes; nothing when all come at once."""
        if not self.first and not self.between:
            return ()
        return tuple(self.first + k * self.between for k in range(count))


def check_turn(turn: object, place: str) -> None:
    """Refuse what is no turn, where the script is made."""
    if isinstance(turn, str | AIMessage) or is_failure(turn):
        return
    if isinstance(turn, Sequence) and not isinstance(turn, bytes):
        if not turn:
            raise ValueError(f"{place} is empty; a turn that says nothing is the text ''")
        for k, piece in enumerate(turn):
            if not (isinstance(piece, str | AIMessageChunk) or is_failure(piece)):
                raise TypeError(
                    f"piece {k} of {place} is {piece!r}; "
                    "a piece is a text, an AIMessageChunk or an exception"
                )
            if is_failure(piece) and k < len(turn) - 1:
                raise ValueError(f"piece {k} of {place} ends the stream: nothing can follow it")
        return
    if not callable(turn):
        raise TypeError(f"{place} is {turn!r}; a turn is {KINDS}")


def is_failure(value: object) -> bool:
    """Tell whether the value can be raised."""
    return isinstance(value, BaseException) or (
        isinstance(value, type) and issubclass(value, BaseException)
    )


def answer_of(reply: Any, common: Common, delivery: Delivery, stop: Sequence[str] | None) -> Answer:
    """Turn a reply into the answer that is played; `common` is for what does not say."""
    if is_failure(reply):
        reply = [reply]
    if isinstance(reply, AIMessageChunk):
        reply = [reply]
    error: Any = None
    if isinstance(reply, str | AIMessage):
        message = AIMessage(reply) if isinstance(reply, str) else reply.model_copy()
        message.id = message.id or common.id
        message.response_metadata = {**common.metadata, **message.response_metadata}
        common = Common(message.id, in_each_chunk(message))
        message.tool_calls = [
            {**call, "id": call["id"] or f"{message.id}-call-{k}"}
            for k, call in enumerate(message.tool_calls, 1)
        ]
        found = message_pieces(message, delivery.cut)
    else:
        if is_failure(reply[-1]):
            error, reply = reply[-1], reply[:-1]
        own = (piece.id for piece in reply if not isinstance(piece, str) and piece.id)
        common = common._replace(id=next(own, common.id))
        found = [_with_id(piece, common.id) for piece in reply]
    if stop:
        found = stopped(found, stop)
    if error is None:
        found = closed(found, common.id)
    if isinstance(error, type):
        error = error()
    return Answer(found, common, delivery.offsets(len(found)), error)


def _with_id(piece: Piece, message_id: str | None) -> Piece:
    if isinstance(piece, str) or piece.id is not None:
        return piece
    return piece.model_copy(update={"id": message_id})
