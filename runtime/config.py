"""What a running node can ask for without taking a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.store.base import BaseStore

from runtime import _contract
from runtime._parts import StreamWriter

if TYPE_CHECKING:
    from runtime.pregel._task import Task
    from runtime.runtime import Runtime

__all__ = ("get_config", "get_store", "get_stream_writer")

TASK_KEY = "__pregel_task"
"""The one key of ours in `config["configurable"]`: the running `Task`."""

RUNTIME_KEY = "__pregel_runtime"
"""The key in `configurable` under which servers, packages and tests pass a `Runtime` by hand."""


def get_config() -> RunnableConfig:
    """Return the config of the running node, sync or async, on every Python.

    Raises:
        RuntimeError: Called outside of a node, task or tool of a running graph.
    """
    if config := var_child_runnable_config.get():
        return config
    raise RuntimeError(
        "Called get_config outside of a runnable context: "
        + (
            "it works in code that a graph runs (nodes, conditional edges, tools), not at import "
            "time and not in a thread started by hand."
            if _contract.active is None
            else "under the contract of Python 3.10 an async run gives a node its config only as a "
            "parameter. Take `config`, or add the node as `RunnableLambda(function)`."
        )
    )


def current_task() -> Task:
    """Return the task whose node is running.

    Raises:
        RuntimeError: No graph of this runtime is running the calling code.
        KeyError: The same, under the contract of Python 3.10.
    """
    task = get_config().get("configurable", {}).get(TASK_KEY)
    if task is None:
        raise (RuntimeError if _contract.active is None else KeyError)(
            "No graph is running this code: the config at hand was not made by a node of a graph."
        )
    return cast("Task", task)


def runtime_in(config: RunnableConfig) -> Runtime[Any] | None:
    """Return the runtime that a config brings: one passed by hand, or that of the running task."""
    configurable = config.get("configurable") or {}
    if (given := configurable.get(RUNTIME_KEY)) is not None:
        return cast("Runtime[Any]", given)
    task: Task | None = configurable.get(TASK_KEY)
    return None if task is None else task.runtime


def current_runtime() -> Runtime[Any]:
    """Return the runtime of the calling code.

    Raises:
        RuntimeError: No graph of this runtime is running it.
        KeyError: The same, under the contract of Python 3.10.
    """
    return runtime_in(get_config()) or current_task().runtime


def get_stream_writer() -> StreamWriter:
    """Return the function that puts a value into the `custom` stream of the running graph.

    Outside of `custom` mode the function does nothing.

    Raises:
        RuntimeError: Called outside of a node, task or tool of a running graph.
    """
    return current_runtime().stream_writer


def get_store() -> BaseStore:
    """Return the store that the graph was compiled with.

    Raises:
        RuntimeError: Called outside of a node, task or tool of a running graph.
    """
    return cast(BaseStore, current_runtime().store)
