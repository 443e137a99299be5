"""One run of a graph.

A run goes through `begin`, then `plan` and `commit` once for each superstep until `plan` returns
no task. Between the two a driver does the tasks and calls `finish` for each one when it is done.
The run owns all state (channels, step, tasks, chunks that are ready to be read); it never waits,
and changes nothing while tasks run.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from datetime import datetime, timezone
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import AsyncCallbackManager, BaseCallbackManager, CallbackManager
from langchain_core.runnables import RunnableConfig
from langgraph.cache.base import BaseCache
from pydantic import BaseModel
from xxhash import xxh3_128_hexdigest

from runtime.channels._state import Channels
from runtime.config import TASK_KEY
from runtime.errors import EmptyInputError, GraphBubbleUp, GraphRecursionError, NodeError
from runtime.pregel._config import effective_config
from runtime.pregel._handler import StreamHandler
from runtime.pregel._messages import MessagesHandler
from runtime.pregel._payloads import task_finished, task_started, update_of
from runtime.pregel._policies import Attempt, CacheKey, cache_key, from_cache, with_timeout
from runtime.pregel._step import TASKS, apply_writes, next_nodes
from runtime.pregel._stream import Sink, Stream
from runtime.pregel._task import RESCUE, Task, TaskPath
from runtime.pregel._tools import ToolsHandler
from runtime.runtime import Runtime
from runtime.turns import current_turns

if TYPE_CHECKING:
    from runtime.pregel._node import Node
    from runtime.pregel.main import Pregel

__all__ = ("Run",)

PULL = "__pregel_pull"
PUSH = "__pregel_push"

_by_path = attrgetter("path")

logger = logging.getLogger(__name__)


class Run:
    """The state of one run.

    Args:
        graph: The compiled graph.
        given: What the caller passed as input.
        config: What the caller passed as config.
        context: What the caller passed as context.
        sink: The caller as a consumer of chunks, if it is one.
        output_keys: Which state keys the caller is shown.

    Attributes:
        ready: Chunks for the run's own consumer that were made by the driver and not yet read.
        listener: The callback manager of this run if anybody listens to callbacks.
        parent: The task that the run is inside of, if it is inside of one.
        live: Whether the run's own consumer reads chunks that nodes emit while they still run.
        handlers: What makes chunks out of callbacks, for this run's consumer and for those of the
            graphs around it.
    """

    def __init__(
        self,
        graph: Pregel[Any, Any, Any, Any],
        given: Any,
        config: RunnableConfig | None,
        *,
        context: Any = None,
        sink: Sink | None = None,
        output_keys: str | list[str],
    ) -> None:
        self.graph = graph
        self.given = given
        self.config = effective_config(graph.config, config)
        self.turns = current_turns()
        configurable = self.config["configurable"]
        parent: Task | None = configurable.get(TASK_KEY)
        self.parent = parent
        self.base_ns: str = _inner_ns(parent) if parent is not None else ""
        self.ns = tuple(self.base_ns.split("|")) if self.base_ns else ()
        self.lane: tuple[str, ...] = parent.lane if parent is not None else ()
        if parent is not None:
            self.config["metadata"].setdefault("checkpoint_ns", parent.ns)
        self.output_keys = output_keys
        self.channels = Channels(graph.channels)
        self.channels.progress = self
        self.step = -1
        self.stop = self.config["recursion_limit"]
        self.checkpoint_id = self.turns.checkpoint_id(self.step)
        self.tasks: list[Task] = []
        self.updated: set[str] = set()
        self.produced_output = False
        self.ready: deque[Any] = deque()
        around = [s for s in parent.run.stream.sinks if s.subgraphs] if parent is not None else []
        self.stream: Stream = Stream(sink, around, self.ready.append)
        self._tells_tasks = self.stream.wants("tasks") or self.stream.wants("debug")
        self.live = sink is not None and sink.live
        self._own_handlers = self._handlers_of(sink)
        self.handlers = self._own_handlers
        self.runtime = self._runtime(context, parent)
        self.cache: BaseCache[Any] | None = graph.cache
        self.listener: Any = None
        self._task_callbacks: BaseCallbackManager | None = None

    def _handlers_of(self, sink: Sink | None) -> list[StreamHandler]:
        handlers: list[StreamHandler] = []
        modes = sink.all_modes if sink is not None else ()
        if sink is not None and "messages" in modes:
            emit = sink.emitter("messages", sink.put)
            handlers.append(MessagesHandler(emit, sink.subgraphs, self.ns, self.turns))
        if sink is not None and "tools" in modes:
            emit = sink.emitter("tools", sink.put)
            handlers.append(ToolsHandler(emit, sink.subgraphs, self.ns))
        return handlers

    def _runtime(self, context: Any, parent: Task | None) -> Runtime[Any]:
        around = parent.runtime if parent is not None else Runtime()
        return Runtime(
            context=around.context if context is None else _coerce(self.graph, context),
            store=self.graph.store or around.store,
            heartbeat=around.heartbeat,
            previous=None,
        )

    # --- what a driver calls, in this order ---

    def callbacks(self, manager: type[CallbackManager | AsyncCallbackManager]) -> Any:
        """Return a callback manager for this run, or `None` if nobody listens.

        Handlers that travel in the config, hooks and tracing count as listeners; the handlers of
        our own stream modes do not, since they need no run ids of nodes.
        """
        config = self.config
        metadata = {**config["metadata"]}
        metadata.setdefault("ls_integration", "langgraph")
        configured = manager.configure(
            inheritable_callbacks=config["callbacks"],
            inheritable_tags=config["tags"],
            inheritable_metadata=metadata,
        )
        inherited = [h for h in configured.handlers if isinstance(h, StreamHandler)]
        quiet = len(inherited) == len(configured.handlers)
        self.handlers = self._own_handlers + inherited
        if quiet:
            self._carry(configured)
            self._task_callbacks = configured
        return None if quiet else configured

    def heard_by(self, run_manager: Any) -> None:
        """Take the manager of this run, after its listeners were told that it started."""
        self.listener = run_manager
        self._carry(run_manager)

    def _carry(self, manager: Any) -> None:
        """Put what makes chunks where the models and tools inside nodes will find it."""
        manager.handlers.extend(self._own_handlers)
        manager.inheritable_handlers.extend(self._own_handlers)

    def begin(self) -> None:
        """Take the input.

        Raises:
            EmptyInputError: There is none.
        """
        if self.given is None:
            raise EmptyInputError(
                f"Received no input for {self.graph.name!r}: pass a state to start from, "
                "for example graph.invoke({}) if the graph needs nothing."
            )
        name = self.graph.input_channel
        self.channels[name].update([self.given])
        self.channels.note(name, self.channels[name])
        self.updated = {name}
        self.step = 0

    def plan(self) -> list[Task]:
        """Return the tasks of the next superstep; none if the run is complete.

        Raises:
            GraphRecursionError: As many supersteps as the recursion limit allows are done, whether
                or not there is more to do.
        """
        graph, channels = self.graph, self.channels
        if self.step > self.stop:
            raise GraphRecursionError(
                f"Recursion limit of {self.stop} reached without hitting a stop condition. "
                "If the graph is meant to run that long, raise it: "
                f"graph.invoke(..., {{'recursion_limit': {self.stop * 2}}}). If it is not, look "
                "for the loop among the nodes "
                f"{sorted({task.node.name for task in self.tasks})}."
            )
        self.tasks = tasks = []
        if TASKS in self.updated:
            for index, send in enumerate(channels[TASKS].get()):
                if send.node not in graph.nodes:
                    logger.warning("Ignoring %r: the graph has no node of this name.", send)
                    continue
                task = self._task(graph.nodes[send.node], (PUSH, index, False), send.arg)
                if send.timeout is not None:
                    task.policies = with_timeout(task.policies, send.timeout)
                tasks.append(task)
        for name in next_nodes(self.updated, graph.trigger_to_nodes):
            node = graph.nodes[name]
            tasks.append(self._task(node, (PULL, name), node.read(channels)))
        if self._tells_tasks:
            for task in tasks:
                if not task.node.hidden:
                    self._tell("task", task_started(task))
        return tasks

    def kept(self, tasks: list[Task]) -> list[CacheKey]:
        """Return where the cache may keep what these tasks would write; for runs with a cache."""
        keys = []
        for task in tasks:
            policies = task.policies
            if policies is not None and policies.cache is not None:
                task.attempt = Attempt(self.turns.now())
                task.attempt.key = cache_key(policies.cache, policies.cache_ns, task.input)
                keys.append(task.attempt.key)
        return list(dict.fromkeys(keys))

    def recall(self, tasks: list[Task], found: Mapping[CacheKey, Any]) -> list[Task]:
        """Finish the tasks whose writes were found in the cache, and return the others."""
        others = []
        for task in tasks:
            attempt = task.attempt
            if attempt is None or attempt.key is None or attempt.key not in found:
                others.append(task)
                continue
            task.writes = from_cache(found[attempt.key])
            attempt.cached = True
            self.finish(task)
        return others

    def finish(self, task: Task) -> None:
        """Show what a task wrote, before the driver raises its error if it has one.

        A task that failed may have written: its node was done, and a conditional edge failed.

        Raises:
            Exception: The tasks could not take turns, as `Turns.broken` says.
        """
        if self.turns.broken is not None:
            raise self.turns.broken
        if task.node.hidden:
            return
        if task.rescuer is not None:
            self.tasks.append(task.rescuer)
        cached = task.attempt is not None and task.attempt.cached
        if self.stream.wants("updates") and (task.error is None or task.writes):
            update = {task.node.name: update_of(task, self.output_keys)}
            if cached:
                update["__metadata__"] = {"cached": True}
            self.stream.emit(self.ns, "updates", update)
        if self._tells_tasks and not cached:
            self._tell("task_result", task_finished(task, self.graph.stream_channels))

    def commit(self) -> None:
        """Apply the writes of all tasks of the superstep, and show the new state.

        Raises:
            InvalidUpdateError: A channel cannot combine what was written to it.
        """
        tasks = self.tasks if len(self.tasks) == 1 else sorted(self.tasks, key=_by_path)
        self.updated = apply_writes(
            self.channels, tasks, self.graph.trigger_to_nodes, self.graph.hear_of_the_end
        )
        if self._wrote_output(tasks):
            self.produced_output = True
            if self.stream.wants("values"):
                self.stream.emit(self.ns, "values", self._read_output())
        self.step += 1

    def output(self) -> Any:
        """Return the state that the caller of `invoke` gets; `None` if no output key was set."""
        return self._read_output() if self.produced_output else None

    def _tell(self, kind: str, payload: dict[str, Any]) -> None:
        """Show a task in `tasks`, and in `debug` with the step and the time."""
        self.stream.emit(self.ns, "tasks", payload)
        if self.stream.wants("debug"):
            when = datetime.fromtimestamp(self.turns.now(), tz=timezone.utc).isoformat()
            chunk = {"step": self.step, "timestamp": when, "type": kind, "payload": payload}
            self.stream.emit(self.ns, "debug", chunk)

    # --- what tasks call ---

    def task_config(self, task: Task) -> RunnableConfig:
        """Return the config that the task's node, and every model called in it, runs with."""
        config, node = self.config, task.node
        metadata = {
            **config["metadata"],
            "langgraph_step": self.step,
            "langgraph_node": node.name,
            "langgraph_triggers": (PUSH,) if task.path[0] == PUSH else node.triggers,
            "langgraph_path": task.path,
            "langgraph_checkpoint_ns": task.ns,
            **node.metadata,
        }
        result: RunnableConfig = {
            "tags": [*config["tags"], *node.tags],
            "metadata": metadata,
            "callbacks": self._callbacks_with(metadata),
            "recursion_limit": config["recursion_limit"],
            "configurable": {**config["configurable"], "checkpoint_ns": task.ns, TASK_KEY: task},
        }
        if "max_concurrency" in config:
            result["max_concurrency"] = config["max_concurrency"]
        return result

    def _callbacks_with(self, metadata: dict[str, Any]) -> BaseCallbackManager | None:
        """Return the manager of one task while nobody listens.

        It carries the metadata, since a model that is called with metadata of its own takes
        what it inherits from there and not from the ambient config.
        """
        manager = self._task_callbacks
        if manager is not None and manager.handlers:
            manager = manager.copy()
            manager.add_metadata(metadata)
        return manager

    def writer(self, value: Any) -> None:
        """Put a value into the `custom` stream."""
        self.stream.emit(self.ns, "custom", value)

    def rescuer_of(self, task: Task) -> Task | None:
        """Return a task that handles the error of another one; `None` if it is to end the run.

        It belongs to the same superstep, sees what the other one was given, and stands in the
        namespace of the other one, as if that had called it.
        """
        name, error = task.node.rescuer, task.error
        if name is None or not isinstance(error, Exception) or isinstance(error, GraphBubbleUp):
            return None
        path = (*task.path[:3], RESCUE, False)
        parts = (PUSH, RESCUE, task.id)
        rescuer = self._make(self.graph.nodes[name], path, task.ns, parts, task.input)
        metadata = rescuer.config["metadata"]
        own = {**task.config["metadata"], **metadata, "langgraph_triggers": (PUSH,)}
        metadata.update(own)
        callbacks = cast("BaseCallbackManager | None", rescuer.config["callbacks"])
        if callbacks is not None:
            callbacks.add_metadata(metadata)
        attempt = rescuer.attempt = Attempt(self.turns.now())
        attempt.error = NodeError(task.node.name, error)
        attempt.writer = partial(self.stream.emit, tuple(task.ns.split("|")), "custom")
        return rescuer

    # --- inside ---

    def _task(self, node: Node, path: TaskPath, value: Any) -> Task:
        parts = (PUSH, str(path[1])) if path[0] == PUSH else (PULL, *node.triggers)
        return self._make(node, path, self.base_ns, parts, value)

    def _make(
        self, node: Node, path: TaskPath, around: str, parts: Sequence[str], value: Any
    ) -> Task:
        ns = f"{around}|{node.name}" if around else node.name
        # LangGraph's formula, so that a thread written by one engine resumes on the other
        seed = f"{ns}{self.step}{node.name}{''.join(parts)}"
        digest = xxh3_128_hexdigest(_id_bytes(self.checkpoint_id) + seed.encode())
        id_ = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"
        task = Task(self, node, path, id_, f"{ns}:{id_}", value)
        if not node.hidden:
            for handler in self.handlers:
                handler.on_node_start(task)
        return task

    def _wrote_output(self, tasks: list[Task]) -> bool:
        """Return whether a state key that the caller is shown was written and shows it."""
        keys = (self.output_keys,) if isinstance(self.output_keys, str) else self.output_keys
        if self.updated.isdisjoint(keys):
            return False
        return any(name in keys for task in tasks for name, _ in task.writes)

    def _read_output(self) -> Any:
        if isinstance(self.output_keys, str):
            return self.channels.read((self.output_keys,)).get(self.output_keys)
        return self.channels.read(self.output_keys)


def _inner_ns(parent: Task) -> str:
    """Return the namespace of a graph called in a node; the second such graph is told apart."""
    number = next(parent.inner_runs)
    return f"{parent.ns}|{number}" if number else parent.ns


def _id_bytes(checkpoint_id: str) -> bytes:
    return bytes.fromhex(checkpoint_id.replace("-", ""))


def _coerce(graph: Pregel[Any, Any, Any, Any], context: Any) -> Any:
    """Return the context as an instance of the graph's context schema, if it is one of classes."""
    schema = graph.context_schema
    if (
        isinstance(context, dict)
        and isinstance(schema, type)
        and (is_dataclass(schema) or issubclass(schema, BaseModel))
    ):
        return schema(**context)
    return context
