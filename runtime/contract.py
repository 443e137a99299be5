"""What a graph loses on Python 3.10, seen on any Python.

LangGraph cannot make the config of an async node ambient before Python 3.11: what the node calls
without passing `config` finds what was ambient before, mostly nothing. This runtime has no such
gap. Under the contract of 3.10 it has the same one, and notes who falls into it:

    with python_contract("3.10") as contract:
        asyncio.run(graph.ainvoke(...))
    print(contract.report())

It is about config propagation only. What else differs on Python 3.10 is not imitated: exceptions
have no notes, `asyncio.Task` has no `cancelling`, `asyncio.wait_for` runs in a task of its own, and
a lone node may share its context variables with the consumer. Nor is it that a graph or `ToolNode`
which a node with a timeout calls passes for that node there: the messages that it returns are
streamed as messages of the node.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config

from runtime import _contract
from runtime.config import TASK_KEY, current_task

if TYPE_CHECKING:
    from runtime.pregel._task import Task

__all__ = ("Contract", "Loss", "PythonContract", "python_contract")

PythonContract = Literal["native", "3.10"]
"""The Pythons whose contract can be asked for; `native` is that of the one that runs."""

_PARAMETER: Final = "take `{}` as a parameter of the node"
_WRAPPED: Final = "add the node as `RunnableLambda(function)`"
_PASSED: Final = "pass `config`, which the node can take as a parameter"

# What works on Python 3.10 instead. An injected writer is no way out: it asks for the config, too.
_FIXES: Final = {
    "get_config": _PARAMETER.format("config: RunnableConfig"),
    "get_store": _PARAMETER.format("store: BaseStore"),
    "get_runtime": _PARAMETER.format("runtime: Runtime"),
    "get_stream_writer": _WRAPPED,
    "writer": f"{_WRAPPED} and call get_stream_writer() in it",
    "interrupt": _WRAPPED,
    "push_message": _WRAPPED,
    "task": _WRAPPED,
}


# The functions that merge what is ambient with configs passed by hand, and where they hold these.
_GIVEN: Final = {"ensure_config": "config", "_ambient": "given"}

# What may stand between a node and whoever looks for its config.
_LIBRARIES: Final = frozenset({"langchain_core", "runtime", "harness", "contextlib"})


@dataclass(frozen=True, slots=True)
class Loss:
    """A call that does not get the config of the node that makes it.

    Args:
        graph: The name of the graph.
        node: The name of its node, or of the task that a node called.
        call: What was called.
        where: The file and line of the call, if it stands in code of the node and not in an
            asyncio task of its own.
        fix: What works on Python 3.10 as well.
    """

    graph: str
    node: str
    call: str
    where: str | None
    fix: str

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.graph}, node {self.node!r}: {self.call}{place}: {self.fix}, or use 3.11"


class Contract:
    """What was lost under a contract.

    Attributes:
        version: The Python whose contract it is.
    """

    def __init__(self, version: PythonContract) -> None:
        self.version = version
        self._losses: dict[Loss, None] = {}

    @property
    def losses(self) -> list[Loss]:
        """Each call that did not get the config of its node; once, in order."""
        return list(self._losses)

    def report(self) -> str:
        """Return what was lost, a line for each loss, for people."""
        if not self._losses:
            return f"Nothing is lost under the contract of Python {self.version}."
        head = f"Lost under the contract of Python {self.version}:"
        return "\n".join((head, *(f"  {loss}" for loss in self.losses)))

    def ambient(self, task: Task) -> RunnableConfig:
        """Return what a task in an event loop finds instead of its config."""
        before = var_child_runnable_config.get()
        return _Before({} if before is None else before, self, task)  # type: ignore[return-value]  # a dict, as a config is

    def timed(self, task: Task) -> RunnableConfig:
        """Return what a node with a timeout finds, which LangGraph starts in a context.

        That is the config with which the node was called. The callbacks in it are those of the
        graph: listeners hear of what the node calls under its name, as if the graph had called it.
        """
        step = f"graph:step:{task.run.step}"
        graph, callbacks = task.run.listeners.manager, cast(Any, task.config["callbacks"])
        if graph is not None:
            callbacks = graph.get_child(step)
            if task.attempt is not None and task.attempt.limit is not None:
                callbacks = task.attempt.limit.listen(callbacks)
        elif hasattr(callbacks, "add_tags"):  # a manager, for the handlers of the stream alone
            callbacks = callbacks.copy()
            callbacks.add_tags([step], inherit=False)
        if hasattr(callbacks, "add_tags"):
            callbacks.add_tags(task.config["tags"])  # which puts them behind that of the step
        return {**task.config, "callbacks": callbacks, "run_name": task.name}

    def writer(self, task: Task, write: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return the stream writer of a task as one that asks for the config when it writes."""

        def writer(value: Any) -> None:
            if "custom" not in task.run.show.stream.modes:
                return
            ambient = current_task()
            if ambient is task:
                write(value)
            else:
                task.run.show.stream.emit(tuple(ambient.ns.split("|")[:-1]), "custom", value)

        return writer

    def _asked(self, task: Task, frame: FrameType) -> None:
        """Note that somebody asked for the config of a task and did not get it."""
        if "harness" in (_package(frame), _package(frame.f_back)):
            return  # models and cassettes note who asks them, and lose nothing by it
        if not _has_task(frame.f_locals.get(_GIVEN.get(frame.f_code.co_name, ""))):
            call, where = _describe(frame)
            fix = _FIXES.get(call.partition("(")[0], _PASSED)
            self._losses[Loss(task.run.graph.name or "graph", task.name, call, where, fix)] = None


class _Before(dict[str, Any]):
    """What was ambient before a task began. Whoever looks for a config asks if it is empty."""

    __slots__ = ("_contract", "_task")

    def __init__(self, config: Any, contract: Contract, task: Task) -> None:
        super().__init__(config)
        self._contract = contract
        self._task = task

    def __bool__(self) -> bool:
        self._contract._asked(self._task, sys._getframe(1))  # noqa: SLF001 - ours
        return len(self) > 0


def _has_task(given: Any) -> bool:
    """Tell whether one of the configs passed by hand is made from that of a node."""
    configs = given if isinstance(given, list) else [] if given is None else [given]
    return any(TASK_KEY in (config.get("configurable") or {}) for config in configs)


def _describe(frame: FrameType) -> tuple[str, str | None]:
    """Return what was called by code that is not a library's, and where that is."""
    called, caller = frame, frame.f_back
    while caller is not None and _of_library(caller):
        called, caller = caller, caller.f_back
    name = called.f_code.co_name
    owner: Any = called.f_locals.get("self")
    if type(owner).__name__ == "TaskFunction":
        call = f"task({owner.__name__!r})"
    elif owner is not None:
        call = f"{type(owner).__name__}.{name}()"
    else:
        call = f"{name}()"
    if caller is None or caller.f_globals.get("__name__", "").startswith("asyncio"):
        return call, None
    return call, f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno}"


def _of_library(frame: FrameType) -> bool:
    return _package(frame) in _LIBRARIES


def _package(frame: FrameType | None) -> str:
    name: str = "" if frame is None else frame.f_globals.get("__name__", "")
    return name.partition(".")[0]


@contextmanager
def python_contract(version: PythonContract) -> Iterator[Contract]:
    """Have graphs propagate config as LangGraph does on another Python, in the whole process.

    As a process runs on one Python, the contract holds for all of its threads and event loops
    until the block ends.

    Args:
        version: `"3.10"`, or `"native"` to have it as it is without this.

    Returns:
        What is lost; complete when the block ends.

    Raises:
        ValueError: There is no such contract.
    """
    if version not in get_args(PythonContract):
        known = " and ".join(repr(known) for known in get_args(PythonContract))
        raise ValueError(
            f"There is no contract of Python {version!r}: known are {known}. From 3.11 on the "
            "contract is the native one; that of 3.10 is also that of older Pythons."
        )
    contract = Contract(version)
    before = _contract.active
    _contract.active = None if version == "native" else contract
    try:
        yield contract
    finally:
        _contract.active = before
