"""Who hears of a run through langchain-core's callbacks: handlers of the caller, and our own."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import AsyncCallbackManager, BaseCallbackManager, CallbackManager

from runtime._interrupts import Interrupt
from runtime.callbacks import (
    GraphInterruptEvent,
    GraphLifecycleEvent,
    GraphLifecycleStatus,
    GraphResumeEvent,
)
from runtime.pregel._chunks.handler import StreamHandler
from runtime.pregel._chunks.messages import MessagesHandler
from runtime.pregel._chunks.tools import ToolsHandler

if TYPE_CHECKING:
    from runtime.pregel._chunks.sink import Emit, Sink
    from runtime.pregel._run import Run
    from runtime.pregel._task import Task

__all__ = ("Listeners",)


class Listeners:
    """Who hears of one run.

    Args:
        run: The run.
        sink: The run's own consumer, if it has one.

    Attributes:
        handlers: What makes chunks out of callbacks, for this run's consumer and for those of the
            graphs around it.
        manager: The callback manager of this run if anybody listens to callbacks.
        events: What is still to be told of the run, each with the method to call.
    """

    __slots__ = ("_around", "_own", "_quiet", "_run", "events", "handlers", "manager")

    def __init__(self, run: Run, sink: Sink | None) -> None:
        self._run = run
        self._own = _handlers_of(run, sink)
        self.handlers = self._own
        self._around: list[StreamHandler] = []  # who takes this run for the node it runs in
        self.manager: Any = None
        self.events: deque[tuple[str, GraphLifecycleEvent]] = deque()
        self._quiet: BaseCallbackManager | None = None

    def configured(self, kind: type[CallbackManager | AsyncCallbackManager]) -> Any:
        """Return a callback manager for this run, or `None` if nobody listens.

        Handlers that travel in the config, hooks and tracing count as listeners; the handlers of
        our own stream modes do not, since they need no run ids of nodes.
        """
        config = self._run.config
        manager = kind.configure(
            inheritable_callbacks=config["callbacks"], inheritable_tags=config["tags"]
        )
        metadata = {**config["metadata"]}
        metadata.setdefault("ls_integration", "langgraph")
        manager.add_metadata(metadata)
        if self._run.parent is None:  # a thread of its own, though a node may have started it
            for handler in [h for h in manager.handlers if isinstance(h, StreamHandler)]:
                if not handler.subgraphs:
                    manager.remove_handler(handler)
        inherited = [h for h in manager.handlers if isinstance(h, StreamHandler)]
        quiet = len(inherited) == len(manager.handlers)
        self.handlers = self._own + inherited
        if self._run.parent is not None and self._run.graph.name == self._run.parent.name:
            self._around = inherited
        if quiet:
            self._carry(manager)
            self._quiet = manager
        return None if quiet else manager

    def heard(self, run_manager: Any) -> None:
        """Take the manager of this run, after its listeners were told that it started."""
        self.manager = run_manager
        self._carry(run_manager)

    def _carry(self, manager: Any) -> None:
        """Put what makes chunks where the models and tools inside nodes will find it."""
        manager.handlers.extend(self._own)
        manager.inheritable_handlers.extend(self._own)

    def in_task(self, metadata: dict[str, Any]) -> BaseCallbackManager | None:
        """Return the manager of one task while nobody listens.

        It carries the metadata, since a model that is called with metadata of its own takes
        what it inherits from there and not from the ambient config.
        """
        manager = self._quiet
        if manager is not None and manager.handlers:
            manager = manager.copy()
            manager.add_metadata(metadata)
        return manager

    def begins(self) -> None:
        """Have those who take the run for its node hear what it is given."""
        for handler in self._around:
            handler.on_node_start(cast("Task", self._run.parent), self._run.given)

    def ends(self) -> None:
        """Have those who take the run for its node hear what came of it."""
        if self._around:
            run = self._run
            metadata = {"ls_integration": "langgraph", **run.config["metadata"]}
            for handler in self._around:
                handler.on_node_end(cast("Task", run.parent), run.show.output(), metadata)

    def tell_resumed(self) -> None:
        """Have whoever listens hear that the run goes on."""
        if self.manager is not None:
            run = self._run
            event = GraphResumeEvent(self.manager.run_id, "pending", run.checkpoint_id, run.ns)
            self.events.append(("on_resume", event))

    def tell_stopped(self, status: GraphLifecycleStatus, asked: tuple[Interrupt[Any], ...]) -> None:
        """Have whoever listens hear that the run has stopped."""
        if self.manager is not None:
            run = self._run
            event = GraphInterruptEvent(
                self.manager.run_id, status, run.checkpoint_id, run.ns, asked
            )
            self.events.append(("on_interrupt", event))


def _handlers_of(run: Run, sink: Sink | None) -> list[StreamHandler]:
    if sink is None:
        return []
    handlers: list[StreamHandler] = []
    modes = sink.all_modes
    if "messages" in modes:
        emit = sink.emitter("messages", sink.put)
        messages = _messages_handler(emit, run, sink)
        messages.full_metadata = sink.full_metadata
        handlers.append(messages)
    if "tools" in modes:
        emit = sink.emitter("tools", sink.put)
        handlers.append(ToolsHandler(emit, sink.subgraphs, run.ns))
    return handlers


def _messages_handler(emit: Emit, run: Run, sink: Sink) -> MessagesHandler:
    shape = sink.events
    if shape is None:
        return MessagesHandler(emit, sink.subgraphs, run.ns, run.turns)
    # imported when first asked for: what makes such events is large, and few ask
    from runtime.pregel._chunks.message_events import MessageEventsHandler  # noqa: PLC0415

    return MessageEventsHandler(
        emit, sink.subgraphs, run.ns, run.turns, same_messages=shape.same_messages
    )
