"""One run of a graph.

A run goes through `begin`, then `plan` and `commit` once for each superstep until `plan` returns
no task. Between the two a driver does the tasks and calls `finish` for each one when it is done.
The run owns all state (channels, step, tasks); it never waits, and changes nothing while tasks run.
What is shown of it stands in `_chunks/show.py`, who hears of it in `_chunks/listeners.py`, and what
need not be done again in `_saved/restore.py`.
"""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import RunnableConfig
from langgraph.cache.base import BaseCache

from runtime.callbacks import (
    GraphLifecycleStatus,
)
from runtime.channels._state import Channels
from runtime.config import TASK_KEY, runtime_in
from runtime.constants import TASKS
from runtime.errors import (
    GraphBubbleUp,
    GraphDrained,
    GraphInterrupt,
    GraphRecursionError,
    NodeError,
    is_invalid_resume,
)
from runtime.pregel._answers import Resume
from runtime.pregel._asked import Asked, coerced
from runtime.pregel._calls import Calls
from runtime.pregel._chunks.listeners import Listeners
from runtime.pregel._chunks.show import Show
from runtime.pregel._config import effective_config
from runtime.pregel._input import take_input
from runtime.pregel._names import (
    PULL,
    PUSH,
    RESCUE,
    TaskPath,
    first_task_id,
    id_part,
    inner_ns,
    task_id,
    within,
    without_ids,
)
from runtime.pregel._nodes.policies import Attempt, with_timeout
from runtime.pregel._saved.old_names import NAMES_SINCE, rename_channels
from runtime.pregel._saved.replay import Replay
from runtime.pregel._saved.restore import open_thread, saver_of
from runtime.pregel._saved.shown_calls import all_was_shown
from runtime.pregel._saved.thread import (
    NO_WRITES,
    RESUME,
    SPECIAL,
)
from runtime.pregel._step import NOBODY, Given, Identified, apply_writes, next_nodes
from runtime.pregel._task import Task
from runtime.runtime import RunControl, Runtime, ServerInfo
from runtime.stream._source import Left
from runtime.turns import current_turns

if TYPE_CHECKING:
    from runtime.pregel._nodes.node import Node, Write
    from runtime.pregel._reader import Reader
    from runtime.pregel.main import Pregel

__all__ = ("PREVIOUS", "Run", "Upcoming")

NODE_FINISHED: Final = "__pregel_node_finished"
"""A `configurable` key of LangGraph's: a function that is told of each node that is done."""

PREVIOUS: Final = "__previous__"
"""The channel that holds what an entrypoint saved last time."""

_by_path = attrgetter("path")
_SERVER_KEYS: Final = ("assistant_id", "graph_id", "langgraph_auth_user")
"""The `configurable` keys by which a server of graphs says what it is."""

_OF_TASK: Final = dict.fromkeys(
    (
        "langgraph_step",
        "langgraph_node",
        "langgraph_triggers",
        "langgraph_path",
        "langgraph_checkpoint_ns",
    )
)
"""What `metadata` in a config tells of a task."""

# the checkpoint that was asked for is not the one that a task is at
_WHERE_TASK_IS: Final = dict.fromkeys(
    ("checkpoint_id", "checkpoint_map", "checkpoint_ns", TASK_KEY)
)
"""What `configurable` tells of it."""

_LEAVES: Final = (GeneratorExit, CancelledError, Left)
"""What ends a run that nobody reads any more."""

_NOTHING: Final[Runtime[Any]] = Runtime()
"""What a run takes over if it is inside of no other one."""

logger = logging.getLogger(__name__)


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


def _server(configurable: Mapping[str, Any]) -> ServerInfo | None:
    """Return what a server that runs the graph says of itself, if one does."""
    if configurable.keys().isdisjoint(_SERVER_KEYS):
        return None
    assistant, graph, user = map(configurable.get, _SERVER_KEYS)
    if not (assistant or graph or user):
        return None
    known = user if hasattr(user, "identity") else None
    return ServerInfo(str(assistant or ""), str(graph or ""), known)


class Run:
    """The state of one run.

    Args:
        graph: The compiled graph.
        given: What the caller passed as input.
        config: What the caller passed as config.
        asked: What else the caller asks for.

    Attributes:
        parent: The task that the run is inside of, if it is inside of one.
        show: What its consumers are shown.
        listeners: Who hears of it through callbacks.
        saver: Where the thread is kept, if anywhere.
        thread: What is kept of the run, if anything is.
        resuming: Whether the run goes on with what its thread has begun; until the first superstep
            is done.
        resume: What tasks that ask are answered.
        calls: The tasks that nodes call; the driver's.
        awaited: Who must have read what was shown before the run stores that it is past it.
        replay: What graphs inside are to go by while the thread is replayed.
        left: Whether its consumer left it before its end: graphs inside are to stop, too.
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
        self._tell_finished: Callable[[str], None] | None = configurable.get(NODE_FINISHED)
        self.lane: tuple[str, ...] = parent.lane if parent is not None else ()
        if parent is not None:
            self.config["metadata"].setdefault("checkpoint_ns", parent.ns)
        # a copy that has a place for each key is made in a fifth of the time of a dict that grows
        self._metadata = {**self.config["metadata"], **_OF_TASK}
        self._configurable = {**configurable, **_WHERE_TASK_IS}
        self.channels = Channels(graph.channels)
        self.channels.progress, self.channels.all_saved = self, graph.all_saved
        self.step = -1
        self.stop = self.config["recursion_limit"]
        self.resume: Resume = Resume(parent.run.resume if parent is not None else None)
        self.replay: Replay | None = parent.run.replay if parent is not None else None
        self.resuming = False
        self.saver = saver_of(self)
        self.thread = None if self.saver is None else open_thread(self, self.saver)
        self._checkpoint_map: dict[str, str] = {}
        self._fresh_id = self.turns.checkpoint_id(self.step) if self.thread is None else ""
        self._checks_versions = False  # until the first superstep is done
        self._task_id = task_id
        self._passes_breakpoint = False  # as it stopped there last time
        self.tasks: list[Task] = []
        self._unfinished: int | None = None  # tasks of the superstep, until it is applied
        self.updated: set[str] = set()
        sink = asked.sink(self.ns) if callable(asked.sink) else asked.sink
        self.show: Show = Show(self, sink, asked.output_keys)
        self.awaited = self._awaited()
        self.listeners = Listeners(self, sink)
        self.left = False
        self.runtime = self._runtime(asked.context)
        self.cache: BaseCache[Any] | None = graph.cache
        self.calls: Calls | None = None
        self._stopped: GraphLifecycleStatus = "pending"

    @property
    def checkpoint_id(self) -> str:
        """The checkpoint that the superstep starts from."""
        return self._fresh_id if self.thread is None else self.thread.id

    @property
    def checkpoint_map(self) -> dict[str, str]:
        """That checkpoint, and those of the graphs around, by namespace; one for a superstep."""
        id_ = self.checkpoint_id
        if self._checkpoint_map.get(self.base_ns) != id_:
            around = self.config["configurable"].get("checkpoint_map") or {}
            self._checkpoint_map = {**around, self.base_ns: id_}
        return self._checkpoint_map

    def _own_ns(self, parent: Task | None) -> str:
        if parent is None:
            return self.asked.ns
        # a graph with one history per thread has it under the names of nodes
        around = without_ids(parent.ns) if self.graph.checkpointer is True else parent.ns
        return inner_ns(around, next(parent.inner_runs))

    @property
    def is_durable(self) -> bool:
        """Whether what is shown of it must outlive the process."""
        if self.thread is not None and self.thread.durability == "sync":
            return True
        return self.parent is not None and self.parent.run.is_durable

    def _awaited(self) -> Reader | None:
        sink = self.show.outermost
        # a task that waits keeps its turn: others would take a slow consumer for a stalled run
        if sink is None or self.turns.serial or not self.is_durable:
            return None
        return sink.reader

    def _runtime(self, context: Any) -> Runtime[Any]:
        around = _as_runtime(runtime_in(self.config))
        return Runtime(
            context=around.context
            if context is None
            else coerced(context, self.graph.context_schema),
            store=self.graph.store or around.store,
            heartbeat=around.heartbeat,
            previous=None,
            server_info=_server(self.config["configurable"]) or around.server_info,
            control=self.asked.control or around.control or RunControl(),
        )

    # --- what a driver calls, in this order ---

    def begin(self) -> None:
        """Take the input, once the thread is loaded.

        Raises:
            EmptyInputError: There is none, and nothing to go on with.
            InvalidUpdateError: The channels cannot take it.
            RuntimeError: It is a command that cannot be obeyed.
        """
        self.listeners.begins()
        self.open()
        take_input(self)

    def open(self) -> None:
        """Be where the thread is, once it is loaded."""
        thread = self.thread
        if thread is not None:
            if thread.format < NAMES_SINCE:
                rename_channels(thread, self.graph)
                self._task_id = task_id if thread.format > 1 else first_task_id
            self.step = thread.step + 1
            self.stop = self.step + self.config["recursion_limit"] + 1
            self.channels = Channels(self.graph.channels, thread.values)
            self.channels.progress, self.channels.all_saved = self, self.graph.all_saved
            self._checks_versions = True
            self.updated = thread.updated or set()
            if PREVIOUS in thread.values:
                self.runtime = self.runtime.override(previous=thread.values[PREVIOUS])

    def go_on(self) -> None:
        """Go on with what the thread has begun."""
        self._passes_breakpoint = True
        self.listeners.tell_resumed()
        self.show.state()

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
            part = id_part(path, triggers)
            id_ = self._task_id(self.checkpoint_id, ns, self.step, name, part)
            tasks.append(Upcoming(name, triggers, path, id_, f"{ns}:{id_}"))
        return tasks

    def apply_given(self, given: Given) -> None:
        """Apply what comes from outside, to go on with what the thread has begun."""
        self.updated |= self.apply([given])

    def plan(self) -> list[Task]:
        """Return the tasks of the next superstep; none if the run is complete.

        Raises:
            GraphInterrupt: The run is to stop after the last superstep, or before this one.
            GraphRecursionError: As many supersteps as the recursion limit allows are done, whether
                or not there is more to do.
        """
        graph, channels = self.graph, self.channels
        if self.asked.interrupt_after:
            self._stop_at(self.tasks, self.asked.interrupt_after, "interrupt_after")
        if self.step > self.stop:
            self.show.checkpoint()
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
            path = (PUSH, index, False)
            part = id_part(path, ())
            task = self._make(graph.nodes[send.node], path, self.base_ns, part, send.arg)
            if send.timeout is not None:
                task.policies = with_timeout(task.policies, send.timeout)
            tasks.append(task)
        for name in self._pulled():
            node = graph.nodes[name]
            value = node.read(channels)
            tasks.append(self._make(node, node.path, self.base_ns, node.id_part, value))
        self._unfinished = len(tasks)
        self.show.checkpoint(tasks)
        if not tasks:
            return tasks
        if self.asked.interrupt_before and not self._passes_breakpoint:
            self._stop_at(tasks, self.asked.interrupt_before, "interrupt_before")
        # after the breakpoint, which whoever goes on would pass
        if self.runtime.drain_requested:
            raise GraphDrained(cast(str, self.runtime.drain_reason))
        if self.parent is not None and self.is_left_around:
            raise GraphDrained("the run around was left")
        self.show.start(tasks)
        return tasks

    @property
    def is_left_around(self) -> bool:
        """Whether nobody reads a run around this one any more."""
        around = self.parent
        while around is not None:
            if around.run.left:
                return True
            around = around.run.parent
        return False

    def _sends(self) -> Sequence[Any]:
        if TASKS in self.updated or (self._checks_versions and self.channels[TASKS].is_available()):
            return cast("Sequence[Any]", self.channels[TASKS].get())
        return ()

    def _pulled(self) -> Sequence[str]:
        """Return the nodes that channels trigger."""
        graph, thread, channels = self.graph, self.thread, self.channels
        names = next_nodes(self.updated, graph.trigger_to_nodes)
        if thread is not None and self._checks_versions:
            if thread.updated is None and thread.versions:  # an old checkpoint, which does not say
                names = sorted(graph.nodes)
            names = [n for n in names if thread.has_news(n, graph.nodes[n].triggers, channels)]
        if graph.has_needs:  # only those that have what they cannot run without
            needs = [(name, graph.nodes[name].needs) for name in names]
            names = [name for name, need in needs if need is None or channels[need].is_available()]
        return names

    def _stop_at(
        self, tasks: Sequence[Task], names: Sequence[str] | str, status: GraphLifecycleStatus
    ) -> None:
        """Stop if one of the tasks is of one of these nodes."""
        if not any(not task.node.hidden if names == "*" else task.name in names for task in tasks):
            return
        if status == "interrupt_after":
            self.show.checkpoint()
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

    def completes(self, task: Task) -> bool:
        """Return whether the superstep is applied next, with nothing shown of this task before."""
        if task.error is not None or task.called_by is not None or self.show.results:
            return False
        return self._unfinished == 1

    def finish(self, task: Task) -> None:
        """Take what came of a task, and show it, before the driver raises an error that is fatal.

        Raises:
            Exception: The tasks could not take turns, as `Turns.broken` says.
        """
        if self.turns.broken is not None:
            raise self.turns.broken
        if task.called_by is not None:
            cast("Calls", self.calls).heard()
        elif task.rescuer is not None:
            self.tasks.append(task.rescuer)
        elif self._unfinished is not None:
            self._unfinished -= 1
        if self._tell_finished is not None and not (task.error or task.cached or task.node.hidden):
            self._tell_finished(task.name)
        self.show.result(task)

    def commit(self) -> None:
        """Apply the writes of all tasks of the superstep, and show the new state.

        Raises:
            GraphInterrupt: Some of them wait for an answer.
            InvalidUpdateError: A channel cannot combine what was written to it.
            ValidationError: One of them was given an answer that does not fit.
        """
        if errors := [task.error for task in self.tasks if task.error is not None]:
            if refused := next(filter(is_invalid_resume, errors), None):
                raise refused
            if asking := [error for error in errors if isinstance(error, GraphInterrupt)]:
                raise GraphInterrupt(tuple(asked for error in asking for asked in error.args[0]))
        tasks = self.tasks if len(self.tasks) == 1 else sorted(self.tasks, key=_by_path)
        self.updated = self.apply(tasks)
        self._unfinished = None
        self.show.state(tasks)
        for task in tasks:
            task.retire()
        self.save_checkpoint("loop")
        self._checks_versions = self._passes_breakpoint = self.resuming = False

    def apply(self, tasks: Sequence[Identified]) -> set[str]:
        """Apply writes to the channels, and return those that changed and hold a value."""
        graph, thread = self.graph, self.thread
        changed: dict[str, None] | None = None
        if thread is not None:
            changed = {}
            for task in tasks:
                thread.ran(task.name, task.triggers)
                if thread.deltas is not None:
                    thread.deltas.apply(task.id, task.path, task.writes)
        updated = apply_writes(
            self.channels, tasks, graph.trigger_to_nodes, graph.hear_of_the_end, changed
        )
        if thread is not None and changed is not None:
            thread.change(changed, self.channels)
        return updated

    def save_checkpoint(self, source: str) -> None:
        """Have the thread keep the state as it is now, and go on to the next step."""
        if self.thread is not None:
            updated = None if source == "fork" else self.updated
            self.thread.commit(self.step, {"source": source}, updated, self.channels)
        self.step += 1
        self._task_id = task_id

    def close(self, error: BaseException | None) -> bool:
        """End the run, and return whether an error was only a stop, which the caller is not to see.

        Args:
            error: What ended it, if it did not come to its end.
        """
        self.left = self.left or isinstance(error, _LEAVES)
        thread = self.thread
        if isinstance(error, GeneratorExit) and self._is_complete:
            self.commit()
        if thread is not None and (
            self.parent is None or error is not None or self.graph.checkpointer is True
        ):
            if self.resume.is_used_up:
                thread.forget(RESUME, NOBODY)
            if isinstance(error, Exception) and not isinstance(error, _LEAVES):
                all_was_shown(self, thread)
            thread.close({task.id: task.path for task in self.tasks}, self.channels)
        if error is None:
            self.listeners.ends()
        if self.parent is not None or not isinstance(error, GraphInterrupt):
            return False
        done = sorted((task for task in self.tasks if task.writes), key=_by_path)
        if self._unfinished is not None and done:
            # the state as it would be, had only those run that were not stopped
            everybody = sorted(self.tasks, key=_by_path)
            self.updated = apply_writes(
                self.channels, everybody, self.graph.trigger_to_nodes, self.graph.hear_of_the_end
            )
            self.show.state(done)
        if not error.args[0]:
            self.show.stop()
        self.listeners.tell_stopped(self._stopped, tuple(error.args[0]))
        return True

    @property
    def _is_complete(self) -> bool:
        """Whether all tasks of the superstep are done, and it is to be applied."""
        if self._unfinished != 0:
            return False
        return all(task.error is None or task.rescuer is not None for task in self.tasks)

    # --- what tasks call ---

    def task_config(self, task: Task) -> RunnableConfig:
        """Return the config that the task's node, and every model called in it, runs with."""
        config, node = self.config, task.node
        metadata, configurable = self._metadata.copy(), self._configurable.copy()
        metadata["langgraph_step"] = self.step
        metadata["langgraph_node"] = node.name
        metadata["langgraph_triggers"] = task.triggers or (PUSH,)
        metadata["langgraph_path"] = task.path
        metadata["langgraph_checkpoint_ns"] = task.ns
        if node.metadata:
            metadata.update(node.metadata)
        configurable["checkpoint_map"] = self.checkpoint_map
        configurable["checkpoint_ns"] = task.ns
        configurable[TASK_KEY] = task
        result: RunnableConfig = {
            "tags": [*config["tags"], *node.tags],
            "metadata": metadata,
            "callbacks": self.listeners.in_task(metadata),
            "recursion_limit": config["recursion_limit"],
            "configurable": configurable,
        }
        if "max_concurrency" in config:
            result["max_concurrency"] = config["max_concurrency"]
        return result

    def rescuer_of(self, task: Task) -> Task | None:
        """Return a task that handles the error of another one; `None` if it is to end the run.

        It belongs to the same superstep, sees what the other one was given, and stands in the
        namespace of the other one, as if that had called it.
        """
        name, error = task.node.rescuer, task.error
        if name is None or not isinstance(error, Exception) or isinstance(error, GraphBubbleUp):
            return None
        path = (*task.path[:3], RESCUE, False)
        part = f"{PUSH}{RESCUE}{task.id}"
        rescuer = self._make(self.graph.nodes[name], path, task.ns, part, task.input)
        metadata = rescuer.config["metadata"]
        own = {**task.config["metadata"], **metadata, "langgraph_triggers": (PUSH,)}
        metadata.update(own)
        callbacks = cast("BaseCallbackManager | None", rescuer.config["callbacks"])
        if callbacks is not None:
            callbacks.add_metadata(metadata)
        attempt = rescuer.attempt = Attempt(self.turns.now())
        attempt.error = NodeError(task.node.name, error)
        attempt.writer = partial(self.show.stream.emit, tuple(task.ns.split("|")), "custom")
        return rescuer

    # --- inside ---

    def _make(self, node: Node, path: TaskPath, around: str, part: str, value: Any) -> Task:
        ns = within(around, node.name)
        id_ = self._task_id(self.checkpoint_id, ns, self.step, node.name, part)
        task = Task(self, node, path, id_, f"{ns}:{id_}", value)
        if not node.hidden:
            for handler in self.listeners.handlers:
                handler.on_node_start(task, value)
        return task


def _as_runtime(found: Any) -> Runtime[Any]:
    """Return a runtime, also of what a caller put in its place, such as a server's own class."""
    if found is None:
        return _NOTHING
    if isinstance(found, Runtime):
        return found
    names = (field.name for field in fields(Runtime) if hasattr(found, field.name))
    return Runtime(**{name: getattr(found, name) for name in names})
