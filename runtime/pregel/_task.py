"""One run of one node in one superstep."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from itertools import count, groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast

from langchain_core.runnables import RunnableConfig

from runtime.runtime import ExecutionInfo, Runtime

if TYPE_CHECKING:
    from runtime.pregel._node import Branch, Node, Write
    from runtime.pregel._run import Run

__all__ = ("Task", "TaskPath", "in_order")

TaskPath = tuple[Any, ...]
"""`("__pregel_pull", node)` or `("__pregel_push", index, False)`; paths sort, pulls first."""

Effect = tuple[Callable[..., Any] | None, Callable[..., Any] | None, tuple[Any, ...], str]
"""Something for a driver to call: the sync form, the async form, the arguments, a name.

What tells callback handlers has one form that is both; it is never cancelled half-way."""


class Task:
    """A node about to run, running, or done.

    What it wrote changes nothing until the run commits the superstep.

    Attributes:
        writes: What it wrote; complete once it is done.
        error: What its node raised, if it failed.
        inner_runs: Numbers the graphs that its node calls.
    """

    __slots__ = (
        "_runtime",
        "config",
        "error",
        "id",
        "inner_runs",
        "input",
        "node",
        "ns",
        "path",
        "run",
        "writes",
    )

    def __init__(self, run: Run, node: Node, path: TaskPath, id_: str, ns: str, value: Any) -> None:
        self.run = run
        self.node = node
        self.path = path
        self.id = id_
        self.ns = ns
        self.input = value
        self.config: RunnableConfig = run.task_config(self)
        self.writes: list[Write] = []
        self.error: BaseException | None = None
        self.inner_runs = count()
        self._runtime: Runtime[Any] | None = None

    @property
    def lane(self) -> tuple[str, ...]:
        """The place of this task among all tasks that may run at the same time."""
        index = self.path[1]
        step = f"{self.run.step:08d}"
        if isinstance(index, int):
            return (*self.run.lane, step, self.path[0], f"{index:08d}")
        return (*self.run.lane, step, self.path[0], index)

    @property
    def runtime(self) -> Runtime[Any]:
        """What the node gets as `runtime`; made when first asked for, as few nodes ask."""
        if self._runtime is None:
            configurable = self.config["configurable"]
            run_id = self.run.config.get("run_id")
            self._runtime = self.run.runtime.override(
                stream_writer=self.run.writer,
                execution_info=ExecutionInfo(
                    checkpoint_id=self.run.checkpoint_id,
                    checkpoint_ns=self.ns,
                    task_id=self.id,
                    thread_id=configurable.get("thread_id"),
                    run_id=str(run_id) if run_id else None,
                ),
            )
        return self._runtime

    def work(self) -> Generator[Effect, Any, None]:
        """Do the task, asking the driver for each call, and leave the result in `writes`.

        Written as a generator so that the sync and the async driver share it: a driver makes the
        call that is yielded, in its own way, and sends back what came of it or throws what was
        raised.
        """
        node, run = self.node, self.run
        heard = None
        if run.listener is not None and node.runs_user_code:
            heard = yield from self._announce(run.listener.get_child(f"graph:step:{run.step}"))
        try:
            output = self.input
            if node.call is not None:
                if heard is not None:
                    self.config["callbacks"] = heard.get_child("seq:step:1")
                call = node.call
                output = yield call.invoke, call.ainvoke, (output, self.config), call.name
            self.writes += node.updates(output)
            self.writes += node.static_writes
            for number, branch in enumerate(node.branches, start=2 if node.call is None else 3):
                shown = branch.view(run.channels, self.writes, output)
                if heard is not None:
                    self.config["callbacks"] = heard.get_child(f"seq:step:{number}")
                answer = yield from self._decide(branch, shown)
                self.writes += branch.writes(answer)
        except BaseException as error:
            if heard is not None:
                yield heard.on_chain_error, heard.on_chain_error, (error,), node.name
            raise
        if heard is not None:
            yield heard.on_chain_end, heard.on_chain_end, (output,), node.name
        if not node.hidden:
            for handler in run.handlers:
                handler.on_node_end(self, output)

    def _announce(self, manager: Any) -> Generator[Effect, Any, Any]:
        """Tell whoever listens that the node starts; return the manager of its run."""
        manager.add_tags(self.config["tags"])
        manager.add_metadata(self.config["metadata"])
        start = partial(manager.on_chain_start, name=self.node.name)
        return (yield start, start, (None, self.input), self.node.name)

    def _decide(self, branch: Branch, shown: Any) -> Generator[Effect, Any, Any]:
        """Call the path of a conditional edge, as a run of its own if anybody listens."""
        path = branch.path
        if self.run.listener is None or path.traces_itself:
            return (yield path.invoke, path.ainvoke, (shown, self.config), path.name)
        manager = cast(Any, self.config["callbacks"])
        manager.add_tags(self.config["tags"])
        start = partial(manager.on_chain_start, name=path.name)
        heard = yield start, start, (None, shown), path.name
        self.config["callbacks"] = heard.get_child()
        try:
            answer = yield path.invoke, path.ainvoke, (shown, self.config), path.name
        except BaseException as error:
            yield heard.on_chain_error, heard.on_chain_error, (error,), path.name
            raise
        yield heard.on_chain_end, heard.on_chain_end, (answer,), path.name
        return answer


def in_order(batch: list[Any]) -> list[Any]:
    """Put what arrived in one wake-up into its final order.

    Args:
        batch: Chunks and finished tasks, in arrival order.

    Returns:
        The same, but tasks that finished next to each other stand in path order: which of them
        was seen first says nothing.
    """
    if len(batch) == 1:
        return batch
    ordered: list[Any] = []
    for are_tasks, items in groupby(batch, key=lambda item: type(item) is Task):
        group = list(items)
        if are_tasks:
            group.sort(key=attrgetter("path"))
        ordered += group
    return ordered
