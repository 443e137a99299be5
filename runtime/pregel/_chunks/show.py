"""What the consumers of a run are shown: from what happens in it to chunks.

The payloads of modes that nobody reads are not made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from runtime._interrupts import Interrupt
from runtime.errors import GraphBubbleUp, GraphDrained, GraphInterrupt, ParentCommand
from runtime.pregel._chunks.payloads import checkpoint_of, task_finished, task_started, update_of
from runtime.pregel._chunks.sink import Stream
from runtime.pregel._saved.thread import INTERRUPT, RETURN
from runtime.pregel._step import Written
from runtime.turns import in_utc

if TYPE_CHECKING:
    from runtime.pregel._chunks.sink import Sink
    from runtime.pregel._run import Run, Upcoming
    from runtime.pregel._task import Task

__all__ = ("Show",)

_channel = itemgetter(0)
"""The channel of a write."""

_PASSED_ON: Final = (GraphDrained, ParentCommand)
"""What a task raises that has not failed: there is nothing to show of it."""


class Show:
    """The consumers of one run.

    Args:
        run: The run.
        sink: The run's own consumer, if it has one.
        keys: Which state keys it is shown.

    Attributes:
        stream: Where chunks go.
        reader: The run's own consumer, if it reads chunks of graphs inside.
        ready: Chunks for the run's own consumer that were made by the driver and not yet read.
        outermost: The outermost consumer of chunks of graphs inside, if this is one.
        live: Whether the run's own consumer reads chunks that nodes emit while they still run.
        results: Whether anybody reads what came of a task as soon as it is done.
        output_was_set: Whether an output key was ever written.
        interrupts: The questions that were asked and shown.
    """

    __slots__ = (
        "_checkpoints",
        "_debugs",
        "_key_set",
        "_keys",
        "_run",
        "_tasks",
        "_updates",
        "_values",
        "interrupts",
        "live",
        "outermost",
        "output_was_set",
        "reader",
        "ready",
        "results",
        "stream",
    )

    def __init__(self, run: Run, sink: Sink | None, keys: str | list[str]) -> None:
        self._run = run
        self._keys = keys
        self._key_set = frozenset((keys,) if isinstance(keys, str) else keys)
        self.ready: deque[Any] = deque()
        around: Sequence[Sink] = ()
        if run.parent is not None:
            around = run.parent.run.show.stream.sinks
        outer = [consumer for consumer in around if consumer.subgraphs]
        self.reader = None if sink is None else sink.reader
        self.outermost: Sink | None = outer[-1] if outer else None
        self.stream: Stream = Stream(sink, outer, self.ready.append)
        read = self.stream.modes
        self._values = "values" in read
        self._updates = "updates" in read
        self._debugs = "debug" in read
        self._tasks = self._debugs or "tasks" in read
        self._checkpoints = self._debugs or "checkpoints" in read
        self.results = self._tasks or self._updates
        self.live = sink is not None and (sink.live or run.graph.stream_eager)
        self.output_was_set = False
        self.interrupts: list[Interrupt[Any]] = []

    # --- the state ---

    def read(self) -> Any:
        """Return the state as the run's own consumer is shown it."""
        keys = self._keys
        if isinstance(keys, str):
            return self._run.channels.read((keys,)).get(keys)
        return self._run.channels.read(keys)

    def output(self) -> Any:
        """Return the state that the caller of `invoke` gets; `None` if no output key was set."""
        return self.read() if self.output_was_set else None

    def state(self, tasks: Sequence[Written] | None = None) -> None:
        """Show the state.

        Args:
            tasks: Show it only if these wrote something that is shown.
        """
        if tasks is not None:
            keys = self._key_set
            if keys.isdisjoint(self._run.updated):
                return
            for task in tasks:
                if not keys.isdisjoint(map(_channel, task.writes)):
                    break
            else:
                return
        self.output_was_set = True
        if self._values:
            self.stream.emit(self._run.ns, "values", self.read())

    def checkpoint(self, tasks: Sequence[Task | Upcoming] | None = None) -> None:
        """Show the checkpoint, and the tasks that run from there.

        Args:
            tasks: These tasks, if they are planned already.
        """
        run = self._run
        if self._checkpoints and run.thread is not None:
            tasks = run.upcoming() if tasks is None else tasks
            payload = checkpoint_of(run.thread, run.channels, run.graph, tasks)
            self._tell("checkpoint", payload, run.step - 1)

    # --- tasks ---

    def begins_early(self, task: Task) -> bool:
        """Return whether a task is not to be done by the driver itself.

        Chunks come while it runs, or it may take longer than a superstep may.
        """
        node = task.node
        limited = self._run.graph.step_timeout is not None
        return ((self.live or limited) and node.runs_user_code) or (
            node.calls_tasks and bool(self.stream.modes)
        )

    def start(self, tasks: Sequence[Task]) -> None:
        """Show tasks that are about to run."""
        if self._tasks:
            for task in tasks:
                if not task.node.hidden:
                    self._tell("task", task_started(task), self._run.step)

    def result(self, task: Task) -> None:
        """Show what came of a task.

        One that failed may have written: its node was done, and a conditional edge failed.
        """
        error = task.error
        if error is None and not self.results:
            return
        if task.called_by is not None:
            self._call_result(task)
            return
        if task.node.hidden or isinstance(error, _PASSED_ON):
            return  # a graph inside stopped between two supersteps, or left it to one further out
        if isinstance(error, GraphInterrupt):
            if not error.args[0]:
                return  # a graph inside stopped between two supersteps
            self._question(tuple(error.args[0]))
        elif self._updates and (error is None or task.writes):
            self._update(task, update_of(task, self._keys))
        if self._tasks and not task.cached:
            payload = task_finished(task, self._run.graph.stream_channels)
            self._tell("task_result", payload, self._run.step)

    def _call_result(self, task: Task) -> None:
        """Show what came of a task that another one called; that one shows what it asks."""
        if isinstance(task.error, GraphBubbleUp):
            return
        if task.error is None and self._updates:
            self._update(task, task.writes[0][1])
        from_the_cache = task.cached and task.attempt is not None  # and not from the thread
        if self._tasks and not from_the_cache:
            self._tell("task_result", task_finished(task, [RETURN]), self._run.step)

    def _update(self, task: Task, written: Any) -> None:
        update = {task.name: written}
        if task.cached:
            update["__metadata__"] = {"cached": True}
        self.stream.emit(self._run.ns, "updates", update)

    def _question(self, asked: tuple[Interrupt[Any], ...]) -> None:
        self.interrupts += asked
        self.stream.emit(self._run.ns, "updates", {INTERRUPT: asked})
        if self._values:
            state = self.read()
            shown = {**state, INTERRUPT: asked} if isinstance(state, dict) else {INTERRUPT: asked}
            self.stream.emit(self._run.ns, "values", shown)

    def stop(self) -> None:
        """Show that the run stops before or after a node."""
        self.stream.emit(self._run.ns, "updates", {INTERRUPT: ()})

    def _tell(self, kind: str, payload: Mapping[str, Any], step: int) -> None:
        """Show a task or a checkpoint in its mode, and in `debug` with the step and the time."""
        run = self._run
        self.stream.emit(run.ns, "checkpoints" if kind == "checkpoint" else "tasks", payload)
        if self._debugs:
            when = in_utc(run.turns.now())
            chunk = {"step": step, "timestamp": when, "type": kind, "payload": payload}
            self.stream.emit(run.ns, "debug", chunk)
