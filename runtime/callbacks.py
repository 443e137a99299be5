"""Callback handlers that hear when a run stops to wait for somebody, and when it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.callbacks.manager import ahandle_event, handle_event
from langchain_core.runnables import RunnableConfig

from runtime._internal import names_of
from runtime._interrupts import Interrupt

__all__ = (
    "GraphCallbackHandler",
    "GraphInterruptEvent",
    "GraphLifecycleEvent",
    "GraphLifecycleStatus",
    "GraphResumeEvent",
    "get_async_graph_callback_manager_for_config",
    "get_sync_graph_callback_manager_for_config",
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


class _Manager(BaseCallbackManager):
    """The handlers of graphs among those of a config.

    Args:
        handlers: They.
        run_id: The run that they are to hear of.
    """

    def __init__(self, handlers: Sequence[GraphCallbackHandler], run_id: UUID | None) -> None:
        super().__init__(list(handlers))
        self.run_id = run_id


class _SyncManager(_Manager):
    def on_interrupt(self, event: GraphInterruptEvent) -> None:
        handle_event(self.handlers, "on_interrupt", None, event)

    def on_resume(self, event: GraphResumeEvent) -> None:
        handle_event(self.handlers, "on_resume", None, event)


class _AsyncManager(_Manager):
    is_async = True

    async def on_interrupt(self, event: GraphInterruptEvent) -> None:
        await ahandle_event(self.handlers, "on_interrupt", None, event)

    async def on_resume(self, event: GraphResumeEvent) -> None:
        await ahandle_event(self.handlers, "on_resume", None, event)


def get_sync_graph_callback_manager_for_config(
    config: RunnableConfig, *, run_id: UUID | None = None
) -> _SyncManager:
    """Return what tells the `GraphCallbackHandler`s of a config, in sync code."""
    return _SyncManager(_handlers(config), run_id)


def get_async_graph_callback_manager_for_config(
    config: RunnableConfig, *, run_id: UUID | None = None
) -> _AsyncManager:
    """Return what tells the `GraphCallbackHandler`s of a config, in async code."""
    return _AsyncManager(_handlers(config), run_id)


def _handlers(config: RunnableConfig) -> list[GraphCallbackHandler]:
    given: Any = config.get("callbacks")
    handlers = given.handlers if isinstance(given, BaseCallbackManager) else given or ()
    return [handler for handler in handlers if isinstance(handler, GraphCallbackHandler)]


if not TYPE_CHECKING:  # for type checkers there is only what stands here
    __getattr__ = names_of(__name__)
