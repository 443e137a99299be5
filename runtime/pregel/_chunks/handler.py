"""What makes chunks out of langchain-core's callbacks, for modes whose chunks come from nodes.

A handler rides along in the config of every task, and so reaches whatever runs inside a node, in
graphs inside the graph, too. It knows where in the graph it is called from the metadata of the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage

from runtime.constants import TAG_NOSTREAM
from runtime.pregel._names import PUSH, TaskPath

if TYPE_CHECKING:
    from runtime.pregel._chunks.sink import Emit, Namespace
    from runtime.pregel._task import Task

__all__ = ("StreamHandler",)


class StreamHandler(BaseCallbackHandler):
    """Base of the handlers of one consumer.

    Args:
        emit: Takes `(namespace, mode, payload)`.
        subgraphs: Whether chunks of graphs inside this one are wanted.
        ns: The namespace of the graph that is streamed.
    """

    run_inline = True  # chunks must not overtake each other in another thread
    ignore_chain = True
    ignore_retriever = True
    ignore_custom_event = True

    def __init__(self, emit: Emit, subgraphs: bool, ns: Namespace) -> None:
        self._emit = emit
        self.subgraphs = subgraphs
        self._ns = ns

    def wants(self, ns: Namespace) -> bool:
        """Return whether the consumer reads what comes from a graph with this namespace."""
        return not ns or self.subgraphs or ns == self._ns

    def origin(self, metadata: dict[str, Any] | None, tags: list[str] | None) -> Namespace | None:
        """Return the namespace of the graph that a run belongs to; `None` if nobody reads it."""
        if not metadata or (tags and TAG_NOSTREAM in tags):
            return None
        levels = 1 + _depth_of_call(metadata.get("langgraph_path"))
        ns = tuple(metadata.get("langgraph_checkpoint_ns", "").split("|")[:-levels])
        return ns if self.wants(ns) else None

    def push(self, task: Task, message: BaseMessage) -> None:
        """Hear that a node pushes a message into the stream by hand."""

    def on_node_start(self, task: Task, given: Any) -> None:
        """Hear that a task is about to run, and what its node is given."""

    def on_node_end(
        self, task: Task, output: Any, metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Hear what the node of a task returned, or a graph that it called under its own name.

        Args:
            task: The task.
            output: What was returned.
            metadata: That of the graph, if it is not the node itself.
        """


def _depth_of_call(path: TaskPath | None) -> int:
    """Return how many tasks of one graph stand around a task, each called by the one around it."""
    depth = 0
    while path is not None and path[0] == PUSH and path[-1] is True:
        path, depth = path[1], depth + 1
    return depth
