"""Callback handlers that hear when a run stops to wait for somebody, and when it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler

from runtime._interrupts import Interrupt

__all__ = (
    "GraphCallbackHandler",
    "GraphInterruptEvent",
    "GraphLifecycleEvent",
    "GraphLifecycleStatus",
    "GraphResumeEvent",
)

GraphLifecycleStatus = Literal[
    "input", "pending", "done", "interrupt_before", "interrupt_after", "out_of_steps"
]
"""Where a run was: `pending` between its supersteps, or stopped before or after a node."""


@dataclass(frozen=True)
class GraphInterruptEvent:
    """A run has stopped.

    Args:
        run_id: The run.
        status: Where it was.
        checkpoint_id: The checkpoint from which it can go on.
        checkpoint_ns: The namespace of the graph.
        interrupts: What nodes ask; empty if the run stopped before or after a node.
    """

    run_id: UUID | None
    status: GraphLifecycleStatus
    checkpoint_id: str
    checkpoint_ns: tuple[str, ...]
    interrupts: tuple[Interrupt[Any], ...]


@dataclass(frozen=True)
class GraphResumeEvent:
    """A run goes on where it had stopped; so does each graph inside it that had stopped.

    Args:
        run_id: The run.
        status: Where it was.
        checkpoint_id: The checkpoint from which it goes on.
        checkpoint_ns: The namespace of the graph.
    """

    run_id: UUID | None
    status: GraphLifecycleStatus
    checkpoint_id: str
    checkpoint_ns: tuple[str, ...]


GraphLifecycleEvent = GraphInterruptEvent | GraphResumeEvent
"""What a `GraphCallbackHandler` hears."""


class GraphCallbackHandler(BaseCallbackHandler):
    """A callback handler that also hears of graphs; its methods may be coroutines."""

    def on_interrupt(self, event: GraphInterruptEvent) -> Any:
        """Hear that a run has stopped to wait for somebody."""

    def on_resume(self, event: GraphResumeEvent) -> Any:
        """Hear that a run goes on."""
