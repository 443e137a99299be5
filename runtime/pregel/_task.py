"""One run of one node in one superstep."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import count, groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langchain_core.tracers._streaming import _StreamingCallbackHandler

from runtime import _contract
from runtime._parts import StreamWriter
from runtime.channels._message_writes import with_message_ids
from runtime.errors import (
    GraphBubbleUp,
    GraphInterrupt,
    NodeCancelledError,
    ParentCommand,
    is_invalid_resume,
)
from runtime.pregel._names import PUSH, TaskPath, without_ids
from runtime.pregel._nodes.policies import Attempt, policed, remembered
from runtime.pregel._nodes.trace import announce, conclude, enter_trace
from runtime.pregel._saved.restore import answers_of
from runtime.runtime import ExecutionInfo, Runtime
from runtime.types import Command

if TYPE_CHECKING:
    from runtime.pregel._answers import Answers
    from runtime.pregel._nodes.node import Branch, Node, Write
    from runtime.pregel._nodes.policies import Policies
    from runtime.pregel._run import Run

__all__ = ("Task", "in_configs", "in_order")

Effect = tuple[Callable[..., Any] | None, Callable[..., Any] | None, tuple[Any, ...], str]
"""Something for a driver to call: the sync form, the async form, the arguments, a name.

What tells callback handlers has one form that is both; it is never cancelled half-way."""

in_configs: dict[str, Callable[[Task], Any]] = {}
"""What packages built on LangGraph look for in `configurable` of a node's config, by its key:
nothing, unless such a package is imported through the switch."""


class Task:
    """A node about to run, running, or done.

    What it wrote changes nothing until the run commits the superstep.

    Attributes:
        writes: What it wrote; complete once it is done.
        error: What its node raised, if it failed.
        inner_runs: Numbers the graphs that its node calls.
        policies: How it is run, if not simply once.
        attempt: Which attempt it is at, if it has policies or handles the error of another task.
        rescuer: The task that handles its error.
        triggers: The channels whose update made it run; none for one that was sent.
        cached: Whether it did not run, as what it writes is known from before.
        called_by: The task that called it, if it is no part of the plan of the superstep.
        inner_calls: Numbers the tasks that its node calls.
    """

    __slots__ = (
        "_answers",
        "_runtime",
        "attempt",
        "cached",
        "called_by",
        "config",
        "error",
        "id",
        "inner_calls",
        "inner_runs",
        "input",
        "name",
        "node",
        "ns",
        "path",
        "policies",
        "rescuer",
        "run",
        "triggers",
        "writes",
    )

    def __init__(self, run: Run, node: Node, path: TaskPath, id_: str, ns: str, value: Any) -> None:
        self.run = run
        self.node = node
        self.name = node.name
        self.triggers = () if path[0] == PUSH else node.triggers
        self.path = path
        self.id = id_
        self.ns = ns
        self.input = value
        self.config: RunnableConfig = run.task_config(self)
        self.writes: list[Write] = []
        self.error: BaseException | None = None
        self.inner_runs = count()
        self.inner_calls = count()
        self.called_by: Task | None = None
        self._runtime: Runtime[Any] | None = None
        self.policies: Policies | None = node.policies
        self.attempt: Attempt | None = None
        self.rescuer: Task | None = None
        self.cached = False
        self._answers: Answers | None = None

    @property
    def answers(self) -> Answers:
        """What it was answered to its questions."""
        if self._answers is None:
            self._answers = answers_of(self.run, self)
        return self._answers

    @property
    def asked(self) -> bool:
        """Whether it asked something, and was answered, be it with what it refused."""
        answers = self._answers
        return answers is not None and (bool(answers.given) or answers.refused)

    @property
    def fatal(self) -> bool:
        """Whether its error ends the run at once: nobody handles it, and it is no question.

        That of a task which another one called is passed to that one. An answer that does not fit
        ends the run when the other tasks are done, which may have been answered, too: one that is
        cancelled would do again what it has done since.
        """
        error = self.error
        if error is None or self.rescuer is not None or self.called_by is not None:
            return False
        return not (isinstance(error, GraphInterrupt) or is_invalid_resume(error))

    @property
    def may_wait(self) -> bool:
        """Whether its driver may have to do anything for it but ask what it writes."""
        node = self.node
        return node.runs_user_code or self.policies is not None or node.rescuer is not None

    @property
    def lane(self) -> tuple[str, ...]:
        """The place of this task among all tasks that may run at the same time."""
        index = self.path[1]
        step = f"{self.run.step:08d}"
        if self.called_by is not None:
            last = f"{self.called_by.lane[-1]}/{self.path[2]:08d}"
            return (*self.run.lane, step, self.path[0], last)
        if isinstance(index, int):
            return (*self.run.lane, step, self.path[0], f"{index:08d}")
        return (*self.run.lane, step, self.path[0], index)

    @property
    def writer(self) -> StreamWriter:
        """What puts a value into the `custom` stream.

        What a task that another one called writes comes, as in LangGraph, from where that one is.
        """
        ns = self.run.ns if self.called_by is None else tuple(self.ns.split("|")[:-1])
        return partial(self.run.show.stream.emit, ns, "custom")

    @property
    def runtime(self) -> Runtime[Any]:
        """What the node gets as `runtime`; made when first asked for, as few nodes ask."""
        if self._runtime is None:
            configurable = self.config["configurable"]
            run_id = self.run.config.get("run_id")
            attempt = self.attempt or Attempt(self.run.turns.now())
            writer = attempt.writer or self.writer
            if _contract.active is not None:
                writer = _contract.active.writer(self, writer)
            around = self.run.runtime
            self._runtime = Runtime(
                context=around.context,
                store=around.store,
                stream_writer=writer,
                heartbeat=attempt.heartbeat or around.heartbeat,
                previous=around.previous,
                server_info=around.server_info,
                control=around.control,
                execution_info=ExecutionInfo(
                    checkpoint_id=self.run.checkpoint_id,
                    checkpoint_ns=self.ns,
                    task_id=self.id,
                    thread_id=configurable.get("thread_id"),
                    run_id=str(run_id) if run_id else None,
                    node_attempt=attempt.number,
                    node_first_attempt_time=attempt.first_time,
                ),
            )
        return self._runtime

    def work(self) -> Generator[Effect, Any, None]:
        """Do the task, asking the driver for each call, and leave the result in `writes`.

        Written as a generator so that the sync and the async driver share it: a driver makes the
        call that is yielded, in its own way, and sends back what came of it or throws what was
        raised.
        """
        policies = self.policies
        if policies is None:
            return self.perform()
        if self.called_by is not None and policies.cache is not None:
            return remembered(self, policies, policies.cache)
        return policed(self, policies)

    def perform(self) -> Generator[Effect, Any, None]:  # noqa: C901 - each step is one line
        """Do the task once: its node, then its conditional edges."""
        node, run = self.node, self.run
        if in_configs:
            held = self.config["configurable"]
            held.update({key: get(self) for key, get in in_configs.items()})
        heard = None
        passed_up = False
        if run.listeners.manager is not None and node.runs_user_code:
            heard = yield from self._announce(run.listeners.manager)
            enter_trace(heard)
        try:
            output, step = self.input, 0
            for step, call in enumerate(node.calls, start=1):
                if heard is not None:
                    self.config["callbacks"] = heard.get_child(f"seq:step:{step}")
                given = output, self.config
                try:
                    output = yield call.invoke, call.ainvoke, given, call.name
                    if type(output) is not dict and (inner := call.unfolded(output)) is not None:
                        output = yield inner.invoke, inner.ainvoke, given, call.name
                except ParentCommand as raised:
                    output = self._own_command(raised)
                    passed_up = True
            self.writes += node.updates(output)
            if deltas := run.graph.delta_channels:
                self.writes = with_message_ids(self.writes, deltas)
            self.writes += node.static_writes
            for number, branch in enumerate(node.branches, start=step + 2):
                shown = branch.view(run.channels, self.writes, output)
                if heard is not None:
                    self.config["callbacks"] = heard.get_child(f"seq:step:{number}")
                answer = yield from self._decide(branch, shown)
                self.writes += branch.writes(answer)
        except BaseException as error:
            if isinstance(error, ParentCommand):
                self._address(error)
            if heard is not None:
                yield heard.on_chain_error, heard.on_chain_error, (error,), node.name
            raise
        if heard is not None:
            yield from self._conclude(heard, output)
        if not node.hidden and not passed_up:
            for handler in run.listeners.handlers:
                handler.on_node_end(self, output)

    def retire(self) -> None:
        """Let go of the config that its node was given, in which the task itself stands.

        A task that is done is then freed at once, and not when the garbage collector comes.
        """
        self.config = self.config.copy()
        self.config["configurable"] = self.run.config["configurable"]

    def begin_again(self, callbacks: Any) -> None:
        """Forget what the last attempt left."""
        self.writes = []
        self.config["callbacks"] = callbacks
        self._runtime = None
        self.inner_calls = count()
        if self._answers is not None:
            self._answers.start_over()

    def fail(self, error: BaseException) -> None:
        """Take what the node raised, and find who handles it.

        A cancellation that nobody but the node itself asked for is a failure like others.
        """
        if isinstance(error, CancelledError):
            self.error = NodeCancelledError(self.node.name)
            self.error.__cause__ = error
        else:
            self.error = error
            if isinstance(error, Exception) and not isinstance(error, GraphBubbleUp):
                with suppress(AttributeError):  # before Python 3.11
                    cast(Any, error).add_note(
                        f"During task with name '{self.name}' and id '{self.id}'"
                    )
        self.rescuer = self.run.rescuer_of(self)

    def _own_command(self, raised: ParentCommand) -> Command[Any]:
        """Return a command that a graph inside this node sent up, as if the node returned it.

        Raises:
            ParentCommand: It is for a graph further out.
        """
        command: Command[Any] = raised.args[0]
        if command.graph not in (self.ns, without_ids(self.ns), self.node.name):
            raise raised
        return replace(command, graph=None)

    def _address(self, raised: ParentCommand) -> None:
        """Note which task a command for "the graph around this one" is for."""
        command = raised.args[0]
        if command.graph == Command.PARENT and self.run.parent is not None:
            raised.args = (replace(command, graph=self.run.parent.ns),)

    def _announce(self, listening: Any) -> Generator[Effect, Any, Any]:
        """Tell whoever listens that the node starts; return the manager of its run."""
        if self.called_by is None:
            manager = listening.get_child(f"graph:step:{self.run.step}")
        else:
            manager = cast(Any, self.config["callbacks"]).copy()
        manager.add_tags(self.config["tags"])
        manager.add_metadata(self.config["metadata"])
        if self.attempt is not None and self.attempt.limit is not None:
            self.attempt.limit.listen(manager)
        if self.node.trace is not None:
            return (yield from announce(manager, self.node.trace, self.input, self.node.name))
        given, call = self.input, self.node.call
        if call is not None and call.shown is not None:
            given = call.shown(given)
        start = partial(manager.on_chain_start, name=self.node.name)
        return (yield start, start, (None, given), self.node.name)

    def _conclude(self, heard: Any, output: Any) -> Generator[Effect, Any, None]:
        """Tell whoever listens that the node is done."""
        for handler in heard.handlers:
            if _StreamingCallbackHandler in type(handler).__mro__:  # that of `astream_events`
                yield _tap, _atap, (handler, heard.run_id, output), self.node.name
        if self.node.trace is not None:
            yield from conclude(heard, self.node.trace, output, self.node.name)
        else:
            yield heard.on_chain_end, heard.on_chain_end, (output,), self.node.name

    def _decide(self, branch: Branch, shown: Any) -> Generator[Effect, Any, Any]:
        """Call the path of a conditional edge, as a run of its own if anybody listens."""
        path, heard = branch.path, None
        if self.run.listeners.manager is not None and not path.traces_itself:
            manager = cast(Any, self.config["callbacks"])
            manager.add_tags(self.config["tags"])
            start = partial(manager.on_chain_start, name=path.name)
            heard = yield start, start, (None, shown), path.name
            self.config["callbacks"] = heard.get_child()
        given = shown, self.config
        try:
            answer = yield path.invoke, path.ainvoke, given, path.name
            if (inner := path.unfolded(answer)) is not None:
                answer = yield inner.invoke, inner.ainvoke, given, path.name
        except BaseException as error:
            if heard is not None:
                yield heard.on_chain_error, heard.on_chain_error, (error,), path.name
            raise
        if heard is not None:
            yield heard.on_chain_end, heard.on_chain_end, (answer,), path.name
        return answer


def _tap(handler: _StreamingCallbackHandler[Any], run_id: UUID, output: Any) -> None:
    """Show a node's output to a handler that listens to the outputs of runs as they stream."""
    for _ in handler.tap_output_iter(run_id, iter((output,))):
        pass


async def _atap(handler: _StreamingCallbackHandler[Any], run_id: UUID, output: Any) -> None:
    """Do the same in an event loop."""

    async def one() -> AsyncIterator[Any]:
        yield output

    async for _ in handler.tap_output_aiter(run_id, one()):
        pass


def in_order(batch: list[Any]) -> list[Any]:
    """Put what arrived in one wake-up into its final order.

    Args:
        batch: Chunks and finished tasks, in arrival order.

    Returns:
        The same, but tasks that finished next to each other stand in path order: which of them
        was seen first says nothing.
    """
    if len(batch) == 1 or Task not in map(type, batch):
        return batch
    ordered: list[Any] = []
    for are_tasks, items in groupby(batch, key=lambda item: type(item) is Task):
        group = list(items)
        if are_tasks and all(task.called_by is None for task in group):
            group.sort(key=attrgetter("path"))
        ordered += group
    return ordered
