"""Conditional edges."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args, get_origin

from langchain_core.runnables import Runnable
from langchain_core.runnables.base import RunnableLambda

from runtime.channels._state import Channels
from runtime.constants import END, START, TASKS
from runtime.errors import InvalidUpdateError
from runtime.graph._schema import annotations_of, input_schema_of
from runtime.pregel._commands import trigger_of
from runtime.pregel._nodes.node import Branch, Write, make_call
from runtime.types import Send

__all__ = ("BranchSpec",)

PathMap = Mapping[Hashable, str] | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class BranchSpec:
    """A conditional edge as its author wrote it.

    Args:
        path: Decides where to go on.
        name: What errors call it.
        ends: The node for each value that the path may return; `None` if these are not known.
        input_schema: The part of the state that the path is shown; `None` for what its node sees.
    """

    path: Any
    name: str
    ends: dict[Hashable, str] | None
    input_schema: Any

    @classmethod
    def of(cls, path: Any, name: str, path_map: PathMap) -> BranchSpec:
        """Make one; a path annotated `-> Literal["a", "b"]` needs no path map."""
        function = _function_of(path)
        annotations = annotations_of(function)
        if isinstance(path_map, Mapping):
            ends: dict[Hashable, str] | None = dict(path_map)
        elif path_map is not None:
            ends = {end: end for end in path_map}
        else:
            ends = _annotated_ends(annotations.get("return"))
        return cls(path, name, ends, input_schema_of(function, annotations))

    def compile(
        self, source: str, read: Callable[[Channels], Any], nodes: frozenset[str]
    ) -> Branch:
        """Return the edge in the form that the engine runs.

        Args:
            source: The node that the edge starts from.
            read: Makes what the path is shown from the channels.
            nodes: The names of all nodes, for error messages.
        """

        def view(channels: Channels, writes: list[Write], output: Any) -> Any:
            """Show the state with the node's own writes in it, which nobody else sees yet."""
            shown = read(channels.after(writes))
            # whoever names no schema is shown what the node returned past the state, too
            if self.input_schema is None and isinstance(shown, dict) and isinstance(output, dict):
                return {**output, **shown}
            return shown

        def writes(answer: Any) -> list[Write]:
            answers = answer if isinstance(answer, (list, tuple)) else [answer]
            return [w for a in answers for w in _writes_to(self._end(a, source, nodes))]

        return Branch(make_call(self.path, self.name), view, writes)

    def _end(self, answer: Any, source: str, nodes: frozenset[str]) -> str | Send:
        if isinstance(answer, Send):
            if answer.node == END:
                raise InvalidUpdateError("Cannot send a packet to the END node")
            return answer  # the planning warns of what is no node
        if self.ends is not None:
            if answer not in self.ends:
                raise KeyError(
                    f"Branch {self.name!r} of node {source!r} returned {answer!r}, which its path "
                    f"map does not hold. It holds {', '.join(map(repr, self.ends))}."
                )
            answer = self.ends[answer]
        if answer is None or answer == START:
            raise ValueError(
                f"Branch did not return a valid destination: {self.name!r} of node {source!r} "
                f"returned {answer!r}. Return the name of a node, END, a Send, or a list of them; "
                f"the nodes are {sorted(nodes)}."
            )
        return cast(str, answer)  # the commit warns of what is no node


def _writes_to(end: str | Send) -> list[Write]:
    if isinstance(end, Send):
        return [(TASKS, end)]
    return [] if end == END else [(trigger_of(end), None)]


def _function_of(path: Any) -> Any:
    """Return what carries the annotations of a path."""
    if isinstance(path, RunnableLambda):
        return getattr(path, "func", None) or getattr(path, "afunc", None)
    if isinstance(path, Runnable):
        return None
    if not inspect.isroutine(path):
        return getattr(path, "__call__", None)  # noqa: B004 - the method, for its annotations
    return path


def _annotated_ends(returned: Any) -> dict[Hashable, str] | None:
    """Return the destinations that a path's return annotation names."""
    if get_origin(returned) is Literal:
        return {end: end for end in get_args(returned)}
    return None
