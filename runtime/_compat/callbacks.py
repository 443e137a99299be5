"""What tells handlers of graphs that a run stops or goes on, for those who do it by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.callbacks.manager import ahandle_event, handle_event
from langchain_core.runnables import RunnableConfig

from runtime.callbacks import GraphCallbackHandler, GraphInterruptEvent, GraphResumeEvent

__all__ = (
    "get_async_graph_callback_manager_for_config",
    "get_sync_graph_callback_manager_for_config",
)


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
