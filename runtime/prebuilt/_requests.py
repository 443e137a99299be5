"""One call of a tool, as wrappers around it and messages between nodes show it."""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from langchain_core.messages import ToolCall, ToolMessage
from langchain_core.tools import BaseTool
from typing_extensions import TypedDict

from runtime.prebuilt._injection import ToolRuntime
from runtime.types import Command

__all__ = ("AsyncToolCallWrapper", "ToolCallRequest", "ToolCallWithContext", "ToolCallWrapper")


@dataclass
class ToolCallRequest:
    """A call of a tool that is about to be made.

    Args:
        tool_call: What the model asked for.
        tool: The tool; `None` if the tool node has none of this name.
        state: The state of the graph, as the tool node was shown it.
        runtime: What else there is to know about the call.
    """

    tool_call: ToolCall
    tool: BaseTool | None
    state: Any
    runtime: ToolRuntime[Any, Any]

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a field, with a warning: a wrapper further out goes on with this very request."""
        if name in self.__dict__:
            warnings.warn(
                f"Setting attribute {name!r} on ToolCallRequest is deprecated. Use the override() "
                "method instead to create a new instance with modified values.",
                DeprecationWarning,
                stacklevel=2,
            )
        super().__setattr__(name, value)

    def override(self, **overrides: Any) -> ToolCallRequest:
        """Return a request with other values for some of the fields; this one stays as it is."""
        return replace(self, **overrides)


class _ToolCallWithContext(TypedDict):
    tool_call: ToolCall
    state: Any


class ToolCallWithContext(_ToolCallWithContext):
    """The input of a tool node that makes a single call, as `Send` hands it over.

    Its third key is `__type`, always `"tool_call_with_context"`: a name that Python would mangle
    in the body of a class.
    """


ToolCallWithContext.__annotations__["__type"] = Literal["tool_call_with_context"]

# what wrappers are given may also return the list that a tool returned
Execute = Callable[[ToolCallRequest], Any]
AsyncExecute = Callable[[ToolCallRequest], Awaitable[Any]]

ToolCallWrapper = Callable[[ToolCallRequest, Execute], ToolMessage | Command[Any]]
"""What stands around each call of a tool node: it gets the request and a function that makes the
call, which it may call with another request, several times, or not at all."""

AsyncToolCallWrapper = Callable[
    [ToolCallRequest, AsyncExecute], Awaitable[ToolMessage | Command[Any]]
]
"""The same for async runs."""
