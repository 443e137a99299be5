"""What a node's action may call: found by looking at it, without calling it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import unwrap
from types import CodeType, FunctionType
from typing import Any, Protocol, runtime_checkable

from langchain_core.runnables import Runnable, RunnableSequence

__all__ = ("GraphInside", "HasDeps", "graphs_reached_from", "named_by", "reached_from")


class GraphInside:
    """What a graph is to the graphs around it."""

    checkpointer: Any


@runtime_checkable
class HasDeps(Protocol):
    """A Runnable made of functions, such as a `RunnableLambda`, that says what they may call."""

    @property
    def deps(self) -> list[Any]:
        """The Runnables."""


def reached_from(action: Any) -> Iterator[Any]:
    """Yield the Runnables that an action is, consists of, or, as a function, names.

    For a function this is a guess: it may name what it never calls, and call what it gets from
    elsewhere.
    """
    candidates = [action]
    if callable(action) and not isinstance(action, Runnable):
        candidates = named_by(action)
    for candidate in candidates:
        if isinstance(candidate, RunnableSequence):
            candidates += candidate.steps
        elif isinstance(candidate, HasDeps):
            candidates += candidate.deps
        if isinstance(candidate, Runnable):
            yield candidate


def graphs_reached_from(action: Any) -> Iterator[Any]:
    """Yield the graphs among them that may keep threads inside those of the graph around."""
    for reached in reached_from(action):
        if isinstance(reached, GraphInside) and getattr(reached, "checkpointer", None) is not False:
            yield reached


def named_by(function: Callable[..., Any]) -> list[Any]:
    """Return the variables of the outside that a function names, and their attributes it names.

    A bound method counts as the object that it belongs to.
    """
    function = unwrap(getattr(function, "__func__", function))
    function = getattr(function, "__func__", function)
    if not isinstance(function, FunctionType):
        return []
    names: dict[str, None] = {}
    codes = [function.__code__]
    for code in codes:
        names.update(dict.fromkeys(code.co_names))
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    found = [held for cell in function.__closure__ or () if (held := _content(cell)) is not None]
    known = function.__globals__  # those that only functions inside name do not count
    found += [known[name] for name in function.__code__.co_names if name in known]
    seen: set[int] = set()
    for value in found:
        attributes = getattr(value, "__dict__", {}) if id(value) not in seen else {}
        seen.add(id(value))
        found += [attributes[name] for name in names if attributes.get(name) is not None]
    return [getattr(value, "__self__", value) for value in found]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # a function that is not bound yet, as one that calls itself
        return None
