"""Where our stream differs from LangGraph's on purpose.

Each entry names a scenario, the driver (`sync`, `async`), why, and, where it shows only on old
Pythons, the first Python on which it does not.
A difference that is not listed fails the test; so does a listed one that no longer occurs.
"""

from __future__ import annotations

from typing import NamedTuple


class Difference(NamedTuple):
    """One scenario whose streams differ under one driver."""

    scenario: str
    drive: str
    reason: str
    below_python: tuple[int, int] = (99, 0)


SHOWN = "the state before the failing superstep is shown; LangGraph loses that chunk"
WRITER = "the stream writer works in async runs; on Python 3.10 LangGraph's raises RuntimeError"

DIFFERENCES: list[Difference] = [
    Difference("pydantic_state_refuses_a_wrong_type", "sync", SHOWN),
    Difference("pydantic_state_refuses_a_wrong_type", "async", SHOWN),
    Difference("custom_items_come_before_the_update", "async", WRITER, (3, 11)),
    Difference("runtime_carries_the_context", "async", WRITER, (3, 11)),
    Difference("custom_items_of_an_inner_graph", "async", WRITER, (3, 11)),
]
