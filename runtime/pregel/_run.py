"""One run of a graph.

A run goes through `begin`, then `plan` and `commit` once for each superstep until `plan` returns
no task. Between the two a driver does the tasks and calls `finish` for each one when it is done.
The run owns all state (channels, step, tasks, chunks that are ready to be read); it never waits,
and changes nothing while tasks run.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from datetime import datetime, timezone
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from langchain_core.callbacks import AsyncCallbackManager, BaseCallbackManager, CallbackManager
from langchain_core.runnables import RunnableConfig
from langgraph.cache.base import BaseCache
from langgraph.checkpoint.base import BaseCheckpointSaver
from pydantic import BaseModel

from runtime._interrupts import Interrupt, interrupt_id
from runtime._threads import Durability
from runtime.callbacks import (
    GraphInterruptEvent,
    GraphLifecycleEvent,
    GraphLifecycleStatus,
    GraphResumeEvent,
)
from runtime.channels._state import Channels
from runtime.config import TASK_KEY
from runtime.errors import (
    GraphBubbleUp,
    GraphDrained,
    GraphInterrupt,
    GraphRecursionError,
    NodeError,
    ParentCommand,
)
from runtime.pregel._answers import Answers, Resume
from runtime.pregel._calls import RETURN, Calls
from runtime.pregel._config import effective_config
from runtime.pregel._handler import StreamHandler
from runtime.pregel._input import take_input
from runtime.pregel._messages import MessagesHandler
from runtime.pregel._names import (
    PULL,
    PUSH,
    RESCUE,
    TaskPath,
    id_parts,
    inner_ns,
    task_id,
    within,
    without_ids,
)
from runtime.pregel._payloads import checkpoint_of, task_finished, task_started, update_of
from runtime.pregel._policies import Attempt, CacheKey, cache_key, from_cache, with_timeout
from runtime.pregel._replay import Replay
from runtime.pregel._serde import speaking
from runtime.pregel._step import TASKS, Given, Written, apply_writes, next_nodes
from runtime.pregel._stream import Sink, Stream
from runtime.pregel._task import Task
from runtime.pregel._thread import (
    ERROR,
    ERROR_OF,
    INTERRUPT,
    NO_WRITES,
    NOBODY,
    RESUME,
    SPECIAL,
    Thread,
)
from runtime.pregel._tools import ToolsHandler
from runtime.runtime import RunControl, Runtime
from runtime.turns import current_turns

if TYPE_CHECKING:
    from runtime.pregel._node import Node, Write
    from runtime.pregel.main import Pregel

__all__ = ("PREVIOUS", "Asked", "Run", "Upcoming")

PREVIOUS: Final = "__previous__"
"""The channel that holds what an entrypoint saved last time."""

_by_path = attrgetter("path")

logger = logging.getLogger(__name__)


class Asked(NamedTuple):
    """What the caller of a run asks for besides its input and config.

    Args:
        output_keys: Which state keys the caller is shown.
        context: What nodes get as context.
        sink: The caller as a consumer of chunks, if it is one.
        interrupt_before: The nodes before which to stop, or `"*"`.
        interrupt_after: The nodes after which to stop, or `"*"`.
        durability: When checkpoints are saved, if not as usual.
        control: Who may ask the run to stop.
        ns: The namespace in which to look at a thread; for a run that is not driven.
    """

    output_keys: str | list[str]
    context: Any = None
    sink: Sink | None = None
    interrupt_before: Sequence[str] | str = ()
    interrupt_after: Sequence[str] | str = ()
    durability: Durability | None = None
    control: RunControl | None = None
    ns: str = ""


@dataclass(slots=True)
class Upcoming:
    """A task that would run next, for those who look at a thread or change it.

    Args:
        name: The name of its node.
        triggers: The channels that make it run.
        path: Its path.
        id: Its id.
        ns: Its namespace.
        writes: What it is taken to have written.
        done: Whether it is taken to be done.
    """

    name: str
    triggers: Sequence[str]
    path: TaskPath
    id: str
    ns: str
    writes: list[Write] = field(default_factory=list)
    done: bool = False

    def take(self, kept: Sequence[Write]) -> None:
        """Be done if what is kept of it says so."""
        self.writes = [write for write in kept if write[0] not in SPECIAL]
        self.done = bool(self.writes) or any(name == NO_WRITES for name, _ in kept)


class Run:
    """The state of one run.

    Args:
        graph: The compiled graph.
        given: What the caller passed as input.
        config: What the caller passed as config.
        asked: What else the caller asks for.

    Attributes:
        ready: Chunks for the run's own consumer that were made by the driver and not yet read.
        listener: The callback manager of this run if anybody listens to callbacks.
        parent: The task that the run is inside of, if it is inside of one.
        live: Whether the run's own consumer reads chunks that nodes emit while they still run.
        handlers: What makes chunks out of callbacks, for this run's consumer and for those of the
            graphs around it.
        saver: Where the thread is kept, if anywhere.
        thread: What is kept of the run, if anything is.
        resuming: Whether the run goes on with what its thread has begun; until the first superstep
            is done.
        resume: What tasks that ask are answered.
        interrupts: The questions that were asked and shown.
        calls: The tasks that nodes call; the driver's.
        events: What the listener is still to hear of the run, each with the method to call.
        replay: What graphs inside are to go by while the thread is replayed.
    """

    def __init__(
        self,
        graph: Pregel[Any, Any, Any, Any],
        given: Any,
        config: RunnableConfig | None,
        asked: Asked,
    ) -> None:
        self.graph = graph
        self.given = given
        self.config = effective_config(graph.config, config)
        self.turns = current_turns()
        configurable = self.config["configurable"]
        parent: Task | None = configurable.get(TASK_KEY)
        self.parent = parent
        self.asked = asked
        self.base_ns: str = self._own_ns(parent)
        self.ns = tuple(self.base_ns.split("|")) if self.base_ns else ()
        self.lane: tuple[str, ...] = parent.lane if parent is not None else ()
        if parent is not None:
            self.config["metadata"].setdefault("checkpoint_ns", parent.ns)
        self.output_keys = asked.output_keys
        self.channels = Channels(graph.channels)
        self.channels.progress = self
        self.step = -1
        self.stop = self.config["recursion_limit"]
        self.resume: Resume = Resume(parent.run.resume if parent is not None else None)
        self.replay: Replay | None = parent.run.replay if parent is not None else None
        self.resuming = False
        self.interrupts: list[Interrupt[Any]] = []
        self.saver = self._saver()
        self.thread = None if self.saver is None else self._thread(self.saver)
        self._fresh_id = self.turns.checkpoint_id(self.step) if self.thread is None else ""
        self._checks_versions = False  # until the first superstep is done
        self._passes_breakpoint = False  # as it stopped there last time
        self.tasks: list[Task] = []
        self.updated: set[str] = set()
        self.produced_output = False
        self.ready: deque[Any] = deque()
        sink = asked.sink
        around = [s for s in parent.run.stream.sinks if s.subgraphs] if parent is not None else []
        self.stream: Stream = Stream(sink, around, self.ready.append)
        debugs = self.stream.wants("debug")
        self._tells_tasks = debugs or self.stream.wants("tasks")
        self._tells_checkpoints = debugs or self.stream.wants("checkpoints")
        self.live = sink is not None and (sink.live or graph.stream_eager)
        self._own_handlers = self._handlers_of(sink)
        self.handlers = self._own_handlers
        self.runtime = self._runtime(asked.context, parent)
        self.cache: BaseCache[Any] | None = graph.cache
        self.listener: Any = None
        self.calls: Calls | None = None
        self.events: deque[tuple[str, GraphLifecycleEvent]] = deque()
        self._stopped: GraphLifecycleStatus = "pending"
        self._task_callbacks: BaseCallbackManager | None = None

    @property
    def checkpoint_id(self) -> str:
        """The checkpoint that the superstep starts from."""
        return self._fresh_id if self.thread is None else self.thread.id

    def _own_ns(self, parent: Task | None) -> str:
        if parent is None:
            return self.asked.ns
        # a graph with one history per thread has it under the names of nodes
        around = without_ids(parent.ns) if self.graph.checkpointer is True else parent.ns
        return inner_ns(around, next(parent.inner_runs))

    def _saver(self) -> BaseCheckpointSaver[Any] | None:
        """Return where this run is kept: for a graph inside another one, where that is kept."""
        own = self.graph.checkpointer
        if own is False:
            return None
        if self.parent is not None:
            return self.parent.run.saver
        if own is True:
            raise RuntimeError(
                "checkpointer=True cannot be used for root graphs: it stands for the checkpointer "
                "of the graph around, and there is none. Pass a saver, for example "
                "InMemorySaver()."
            )
        return speaking(own) if own is not None else None

    def _thread(self, saver: BaseCheckpointSaver[Any]) -> Thread:
        config = self.config
        configurable = config["configurable"]
        asked = configurable.get("checkpoint_map") or {}
        addressed = asked.get(self.base_ns)
        parents: dict[str, str] = dict(asked)
        durability = self.asked.durability
        if self.parent is not None:
            around = self.parent.run
            parents = {**around.thread_parents, around.base_ns: around.checkpoint_id}
            durability = durability or (around.thread.durability if around.thread else None)
        elif not any(configurable.get(k) for k in ("thread_id", "checkpoint_ns", "checkpoint_id")):
            raise ValueError(
                "Checkpointer requires one or more of the following 'configurable' keys: "
                "thread_id, checkpoint_ns, checkpoint_id. Pass a config such as "
                "{'configurable': {'thread_id': '1'}}."
            )
        elif configurable.get("checkpoint_ns", "") == self.base_ns:
            addressed = configurable.get("checkpoint_id") or addressed
        durability = durability or "async"
        thread = Thread(saver, config, self.base_ns, parents, addressed, durability, self.turns)
        if self.replay is not None:
            thread.before = self.replay.bound_for(self.base_ns)
        return thread

    @property
    def thread_parents(self) -> Mapping[str, str]:
        """The checkpoints of the graphs around, by namespace."""
        return self.thread.parents if self.thread is not None else {}

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
            control=self.asked.control or around.control,
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
        """Take the input, once the thread is loaded.

        Raises:
            EmptyInputError: There is none, and nothing to go on with.
            InvalidUpdateError: The channels cannot take it.
            RuntimeError: It is a command that cannot be obeyed.
        """
        self.open()
        take_input(self)

    def open(self) -> None:
        """Be where the thread is, once it is loaded."""
        thread = self.thread
        if thread is not None:
            self.step = thread.step + 1
            self.stop = self.step + self.config["recursion_limit"] + 1
            self.channels = Channels(self.graph.channels, thread.values)
            self.channels.progress = self
            self._checks_versions = True
            self.updated = thread.updated or set()
            if PREVIOUS in thread.values:
                self.runtime = self.runtime.override(previous=thread.values[PREVIOUS])

    def go_on(self) -> None:
        """Go on with what the thread has begun."""
        self._passes_breakpoint = True
        self.produced_output = True
        if self.listener is not None:
            run_id = self.listener.run_id
            event = GraphResumeEvent(run_id, "pending", self.checkpoint_id, self.ns)
            self.events.append(("on_resume", event))
        if self.stream.wants("values"):
            self.stream.emit(self.ns, "values", self._read_output())

    def abandon(self, given: Given) -> None:
        """Start anew with this input, and drop the tasks that were to run."""
        self.updated = self.apply([*self.upcoming(), given])
        self.save_checkpoint("input")

    def upcoming(self, in_order_of: Iterable[str] | None = None) -> list[Upcoming]:
        """Return the tasks that would run next.

        Args:
            in_order_of: All nodes, in the order in which to return them.
        """
        nodes = self.graph.nodes
        places: list[tuple[str, Sequence[str], TaskPath]] = [
            (send.node, (), (PUSH, index, False)) for index, send in enumerate(self._sends())
        ]
        names = self._pulled()
        if in_order_of is not None:
            names = [name for name in in_order_of if name in names]
        places += [(name, nodes[name].triggers, (PULL, name)) for name in names]
        tasks = []
        for name, triggers, path in places:
            ns = within(self.base_ns, name)
            id_ = task_id(self.checkpoint_id, ns, self.step, name, id_parts(path, triggers))
            tasks.append(Upcoming(name, triggers, path, id_, f"{ns}:{id_}"))
        return tasks

    def apply_given(self, given: Given) -> None:
        """Apply what comes from outside, to go on with what the thread has begun."""
        self.updated |= self.apply([given])

    def plan(self) -> list[Task]:
        """Return the tasks of the next superstep; none if the run is complete.

        Raises:
            GraphRecursionError: As many supersteps as the recursion limit allows are done, whether
                or not there is more to do.
        """
        graph, channels = self.graph, self.channels
        if self.step > self.stop:
            if self._tells_checkpoints:
                self._show_checkpoint(self.upcoming())
            raise GraphRecursionError(
                f"Recursion limit of {self.stop} reached without hitting a stop condition. "
                "If the graph is meant to run that long, raise it: "
                f"graph.invoke(..., {{'recursion_limit': {self.stop * 2}}}). If it is not, look "
                "for the loop among the nodes "
                f"{sorted({task.node.name for task in self.tasks})}."
            )
        self.tasks = tasks = []
        for index, send in enumerate(self._sends()):
            if send.node not in graph.nodes:
                logger.warning("Ignoring %r: the graph has no node of this name.", send)
                continue
            task = self._task(graph.nodes[send.node], (PUSH, index, False), send.arg)
            if send.timeout is not None:
                task.policies = with_timeout(task.policies, send.timeout)
            tasks.append(task)
        for name in self._pulled():
            node = graph.nodes[name]
            tasks.append(self._task(node, (PULL, name), node.read(channels)))
        self._show_checkpoint(tasks)
        if not tasks:
            return tasks
        control = self.runtime.control
        if control is not None and control.drain_reason is not None:
            raise GraphDrained(control.drain_reason)
        if self.asked.interrupt_before and not self._passes_breakpoint:
            self._stop_at(tasks, self.asked.interrupt_before, "interrupt_before")
        if self._tells_tasks:
            for task in tasks:
                if not task.node.hidden:
                    self._tell("task", task_started(task), self.step)
        return tasks

    def _show_checkpoint(self, tasks: Sequence[Task | Upcoming]) -> None:
        if self._tells_checkpoints and self.thread is not None:
            payload = checkpoint_of(self.thread, self.channels, self.graph, tasks)
            self._tell("checkpoint", payload, self.step - 1)

    def _sends(self) -> Sequence[Any]:
        if TASKS in self.updated or (self._checks_versions and self.channels[TASKS].is_available()):
            return cast("Sequence[Any]", self.channels[TASKS].get())
        return ()

    def _pulled(self) -> Sequence[str]:
        """Return the nodes that channels trigger."""
        graph, thread = self.graph, self.thread
        if thread is None or not self._checks_versions:
            return self._supplied(next_nodes(self.updated, graph.trigger_to_nodes))
        names = next_nodes(self.updated, graph.trigger_to_nodes)
        if thread.updated is None and thread.versions:  # an old checkpoint, which does not say
            names = sorted(graph.nodes)
        return self._supplied(
            [n for n in names if thread.has_news(n, graph.nodes[n].triggers, self.channels)]
        )

    def _supplied(self, names: Sequence[str]) -> Sequence[str]:
        """Return the nodes that have what they cannot run without."""
        nodes, channels = self.graph.nodes, self.channels
        needs = [nodes[name].needs for name in names]
        if not any(needs):
            return names
        return [
            name
            for name, need in zip(names, needs, strict=True)
            if need is None or channels[need].is_available()
        ]

    def _stop_at(
        self, tasks: Sequence[Task], names: Sequence[str] | str, status: GraphLifecycleStatus
    ) -> None:
        """Stop if one of the tasks is of one of these nodes."""
        if not any(not task.node.hidden if names == "*" else task.name in names for task in tasks):
            return
        if status == "interrupt_after" and self._tells_checkpoints:
            self._show_checkpoint(self.upcoming())
        self._stopped = status
        raise GraphInterrupt

    @property
    def restores(self) -> bool:
        """Whether what is kept of a task stands for running it."""
        return self.thread is not None and not self.thread.reruns

    def ends_at(self) -> float | None:
        """Return when the superstep that starts now is to end, on the monotonic clock."""
        limit = self.graph.step_timeout
        return None if limit is None else self.turns.monotonic() + limit

    def timed_out(self) -> TimeoutError:
        """Return what to raise if the superstep takes longer."""
        return TimeoutError(
            f"Timed out: superstep {self.step} of {self.graph.name!r} took longer than "
            f"step_timeout={self.graph.step_timeout} s."
        )

    def must_not_block(self, task: Task) -> bool:
        """Return whether a task is not to be done by the driver itself.

        Chunks come while it runs, or it may take longer than a superstep may.
        """
        node = task.node
        return ((self.live or self.graph.step_timeout is not None) and node.runs_user_code) or (
            node.calls_tasks and bool(self.stream.sinks) and self.stream.has_readers
        )

    def show_call(self, task: Task) -> None:
        """Show that a node has called a task."""
        if self._tells_tasks:
            self._tell("task", task_started(task), self.step)

    def restore(self, tasks: list[Task]) -> list[Task]:
        """Finish the tasks that were done before, and return the others."""
        thread = self.thread
        if thread is None or not thread.pending or not self.restores:
            return tasks
        kept = thread.pending
        others = []
        for task in tuple(tasks):
            writes = kept.get(task.id, [])
            if (rescuer := self._rescuer_again(task, dict(writes))) is not None:
                others.append(rescuer)
                continue
            if any(name == NO_WRITES or name not in SPECIAL for name, _ in writes):
                task.writes = [(name, value) for name, value in writes if name not in SPECIAL]
                task.cached = True
                self.finish(task)
                continue
            others.append(task)
            if self.resume.by_id and task.answers.given:
                # so that they are not lost with this process
                thread.keep(task.id, task.path, [(RESUME, task.answers.given)], self.channels)
        return others

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
            task.cached = True
            self.finish(task)
        return others

    def record(self, task: Task) -> None:
        """Have the thread keep what came of a task."""
        thread, error = self.thread, task.error
        if thread is None or task.cached:
            return
        answers = [(RESUME, task.answers.given)] if task.asked else []
        writes: list[Write]
        if error is None:
            if answers:  # apart, as savers do not take what a task wrote twice
                thread.keep(task.id, task.path, answers, self.channels)
            writes = task.writes or [(NO_WRITES, None)]
        elif isinstance(error, GraphInterrupt):
            writes = [(INTERRUPT, list(error.args[0])), *answers] if error.args[0] else []
        elif isinstance(error, GraphBubbleUp):
            writes = []
        else:
            writes = [(ERROR, error), *answers]
            if task.rescuer is not None:
                writes.append((ERROR_OF, task.name))
        if writes:
            thread.keep(task.id, task.path, writes, self.channels)

    def finish(self, task: Task) -> None:
        """Show what came of a task, before the driver raises its error if that is fatal.

        A task that failed may have written: its node was done, and a conditional edge failed.

        Raises:
            Exception: The tasks could not take turns, as `Turns.broken` says.
        """
        if self.turns.broken is not None:
            raise self.turns.broken
        if task.called_by is not None:
            self._finish_call(task)
            return
        if task.node.hidden:
            return
        if task.rescuer is not None:
            self.tasks.append(task.rescuer)
        if isinstance(task.error, GraphDrained | ParentCommand):
            return  # a graph inside stopped between two supersteps, or left it to one further out
        if isinstance(task.error, GraphInterrupt):
            asked = tuple(task.error.args[0])
            if not asked:
                return  # a graph inside stopped between two supersteps
            self.interrupts += asked
            self.stream.emit(self.ns, "updates", {INTERRUPT: asked})
            if self.stream.wants("values"):
                state = self._read_output()
                shown = (
                    {**state, INTERRUPT: asked} if isinstance(state, dict) else {INTERRUPT: asked}
                )
                self.stream.emit(self.ns, "values", shown)
        elif self.stream.wants("updates") and (task.error is None or task.writes):
            update = {task.name: update_of(task, self.output_keys)}
            if task.cached:
                update["__metadata__"] = {"cached": True}
            self.stream.emit(self.ns, "updates", update)
        if self._tells_tasks and not task.cached:
            payload = task_finished(task, self.graph.stream_channels)
            self._tell("task_result", payload, self.step)

    def _finish_call(self, task: Task) -> None:
        """Show what came of a task that another one called; that one shows what it asks."""
        cast("Calls", self.calls).heard()
        if isinstance(task.error, GraphBubbleUp):
            return
        if task.error is None and self.stream.wants("updates"):
            update = {task.name: task.writes[0][1]}
            if task.cached:
                update["__metadata__"] = {"cached": True}
            self.stream.emit(self.ns, "updates", update)
        if self._tells_tasks and not task.cached:
            self._tell("task_result", task_finished(task, [RETURN]), self.step)

    def commit(self) -> None:
        """Apply the writes of all tasks of the superstep, and show the new state.

        Raises:
            GraphInterrupt: Some of them wait for an answer; or the run is to stop after one.
            InvalidUpdateError: A channel cannot combine what was written to it.
        """
        asking = [task.error for task in self.tasks if isinstance(task.error, GraphInterrupt)]
        if asking:
            raise GraphInterrupt(tuple(question for error in asking for question in error.args[0]))
        tasks = self.tasks if len(self.tasks) == 1 else sorted(self.tasks, key=_by_path)
        self.updated = self.apply(tasks)
        self._show_state(tasks)
        self.save_checkpoint("loop")
        self._checks_versions = self._passes_breakpoint = self.resuming = False
        if self.asked.interrupt_after:
            self._stop_at(tasks, self.asked.interrupt_after, "interrupt_after")

    def apply(self, tasks: Sequence[Written]) -> set[str]:
        """Apply writes to the channels, and return those that changed and hold a value."""
        graph, thread = self.graph, self.thread
        changed: dict[str, None] | None = None
        if thread is not None:
            changed = {}
            for task in tasks:
                thread.ran(task.name, task.triggers)
        updated = apply_writes(
            self.channels, tasks, graph.trigger_to_nodes, graph.hear_of_the_end, changed
        )
        if thread is not None and changed is not None:
            thread.change(changed, self.channels)
        return updated

    def _show_state(self, tasks: Sequence[Written]) -> None:
        if self._wrote_output(tasks):
            self.produced_output = True
            if self.stream.wants("values"):
                self.stream.emit(self.ns, "values", self._read_output())

    def save_checkpoint(self, source: str) -> None:
        """Have the thread keep the state as it is now, and go on to the next step."""
        if self.thread is not None:
            updated = None if source == "fork" else self.updated
            self.thread.commit(self.step, {"source": source}, updated)
        self.step += 1

    def close(self, error: BaseException | None) -> bool:
        """End the run, and return whether an error was only a stop, which the caller is not to see.

        Args:
            error: What ended it, if it did not come to its end.
        """
        thread = self.thread
        if thread is not None and (
            self.parent is None or error is not None or self.graph.checkpointer is True
        ):
            if self.resume.is_used_up:
                thread.forget(RESUME, NOBODY)
            thread.close({task.id: task.path for task in self.tasks})
        if self.parent is not None or not isinstance(error, GraphInterrupt):
            return False
        done = sorted((task for task in self.tasks if task.writes), key=_by_path)
        if error.args[0] and done:
            # the state as it would be, had only those run that did not ask
            everybody = sorted(self.tasks, key=_by_path)
            self.updated = apply_writes(
                self.channels, everybody, self.graph.trigger_to_nodes, self.graph.hear_of_the_end
            )
            self._show_state(done)
        if not error.args[0]:
            self.stream.emit(self.ns, "updates", {INTERRUPT: ()})
        if self.listener is not None:
            run_id, asked = self.listener.run_id, tuple(error.args[0])
            event = GraphInterruptEvent(run_id, self._stopped, self.checkpoint_id, self.ns, asked)
            self.events.append(("on_interrupt", event))
        return True

    def output(self) -> Any:
        """Return the state that the caller of `invoke` gets; `None` if no output key was set."""
        return self._read_output() if self.produced_output else None

    def _tell(self, kind: str, payload: Mapping[str, Any], step: int) -> None:
        """Show a task or a checkpoint in its mode, and in `debug` with the step and the time."""
        self.stream.emit(self.ns, "checkpoints" if kind == "checkpoint" else "tasks", payload)
        if self.stream.wants("debug"):
            when = datetime.fromtimestamp(self.turns.now(), tz=timezone.utc).isoformat()
            chunk = {"step": step, "timestamp": when, "type": kind, "payload": payload}
            self.stream.emit(self.ns, "debug", chunk)

    # --- what tasks call ---

    def task_config(self, task: Task) -> RunnableConfig:
        """Return the config that the task's node, and every model called in it, runs with."""
        config, node = self.config, task.node
        metadata = {
            **config["metadata"],
            "langgraph_step": self.step,
            "langgraph_node": node.name,
            "langgraph_triggers": task.triggers or (PUSH,),
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

    def _rescuer_again(self, task: Task, kept: Mapping[str, Any]) -> Task | None:
        """Return the task that handles the error that another one failed with in an earlier run."""
        if ERROR_OF not in kept or ERROR not in kept:
            return None
        error = kept[ERROR]
        task.error = error if isinstance(error, Exception) else Exception(str(error))
        task.rescuer = rescuer = self.rescuer_of(task)
        if rescuer is not None:
            self.tasks.append(rescuer)
            if self._tells_tasks:
                self._tell("task", task_started(rescuer), self.step)
        return rescuer

    def answers_of(self, task: Task) -> Answers:
        """Return what a task that asks was answered so far."""
        given: list[Any] = []
        if self.thread is not None:
            for name, value in self.thread.of_task(task.id):
                if name == RESUME:
                    given = list(value)
        by_id = self.resume.by_id
        if by_id and (question := interrupt_id(task.ns, len(given))) in by_id:
            given.append(by_id[question])
        return Answers(given, self.resume.take)

    # --- inside ---

    def _task(self, node: Node, path: TaskPath, value: Any) -> Task:
        return self._make(node, path, self.base_ns, id_parts(path, node.triggers), value)

    def _make(
        self, node: Node, path: TaskPath, around: str, parts: Sequence[str], value: Any
    ) -> Task:
        ns = within(around, node.name)
        id_ = task_id(self.checkpoint_id, ns, self.step, node.name, parts)
        task = Task(self, node, path, id_, f"{ns}:{id_}", value)
        if not node.hidden:
            for handler in self.handlers:
                handler.on_node_start(task)
        return task

    def _wrote_output(self, tasks: Sequence[Written]) -> bool:
        """Return whether a state key that the caller is shown was written and shows it."""
        keys = (self.output_keys,) if isinstance(self.output_keys, str) else self.output_keys
        if self.updated.isdisjoint(keys):
            return False
        return any(name in keys for task in tasks for name, _ in task.writes)

    def _read_output(self) -> Any:
        if isinstance(self.output_keys, str):
            return self.channels.read((self.output_keys,)).get(self.output_keys)
        return self.channels.read(self.output_keys)


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
