"""One event of an event stream: `langchain-protocol`'s envelope around a stream chunk."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import NotRequired, TypedDict

__all__ = ("EventParams", "ProtocolEvent", "event_of")


class EventParams(TypedDict):
    """What an event says.

    `timestamp` is the wall clock in milliseconds: it may go back, and only `seq` gives the order.
    `interrupts` stands beside the data of `values`.
    """

    namespace: list[str]
    timestamp: int
    data: Any
    interrupts: NotRequired[tuple[Any, ...]]


class ProtocolEvent(TypedDict):
    """One event; `method` is the stream mode or the name of the channel that it comes from.

    `seq` numbers the events of the whole run, in the order in which they are read.
    """

    type: Literal["event"]
    method: str
    params: EventParams
    seq: NotRequired[int]
    event_id: NotRequired[str]


def event_of(method: str, namespace: list[str], seconds: float, data: Any) -> ProtocolEvent:
    """Return an event.

    Args:
        method: Where it comes from.
        namespace: That of the graph it comes from.
        seconds: The wall clock.
        data: What it says.
    """
    return {
        "type": "event",
        "method": method,
        "params": {"namespace": namespace, "timestamp": int(seconds * 1000), "data": data},
    }
