"""Functions around each call of a tool node."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from scripted import call, calls

from runtime.prebuilt import ToolNode
from runtime.prebuilt.tool_node import ToolCallRequest


@tool
def double(a: int) -> int:
    """Double it."""
    return 2 * a


@tool
def triple(a: int) -> int:
    """Triple it."""
    return 3 * a


GIVEN = [calls(call("double", a=2))]


def content(drive: Any, wrapper: Any, given: Any = GIVEN, **kwargs: Any) -> Any:
    """Return what comes of a call inside a wrapper."""
    return drive.invoke(ToolNode([double], wrap_tool_call=wrapper, **kwargs), given)[0].content


def test_a_wrapper_sees_the_call(drive) -> None:
    """The request has the call, the tool, the state and the runtime of the tool."""
    seen: list[Any] = []

    def watch(request: Any, execute: Any) -> Any:
        seen.append((request.tool_call["args"], request.tool.name, len(request.state)))
        seen.append(request.runtime.tool_call_id)
        return execute(request)

    assert content(drive, watch) == "4"
    assert seen == [({"a": 2}, "double", 1), "call_1"]


def test_a_wrapper_changes_the_call(drive) -> None:
    """`override` makes another request, and leaves the first as it is."""

    def change(request: Any, execute: Any) -> Any:
        other = request.override(tool_call={**request.tool_call, "args": {"a": 10}})
        assert request.tool_call["args"] == {"a": 2}
        return execute(other)

    assert content(drive, change) == "20"


def test_a_wrapper_calls_another_tool(drive) -> None:
    """One that the node does not know, or for a name that it does not know."""

    def other(request: Any, execute: Any) -> Any:
        return execute(request.override(tool=triple))

    assert content(drive, other) == "6"
    assert content(drive, other, [calls(call("unknown", a=2))]) == "6"


def test_a_wrapper_calls_several_times_or_not_at_all(drive) -> None:
    """It is up to the wrapper."""

    def twice(request: Any, execute: Any) -> Any:
        execute(request)
        return execute(request)

    def never(request: Any, execute: Any) -> Any:
        return ToolMessage("from memory", tool_call_id=request.tool_call["id"])

    assert content(drive, twice) == "4"
    assert content(drive, never) == "from memory"


def test_what_a_wrapper_raises(drive) -> None:
    """It is handled as what a tool raises."""

    def refuse(request: Any, execute: Any) -> Any:
        raise PermissionError("not now")

    with pytest.raises(PermissionError):
        content(drive, refuse)
    assert "not now" in content(drive, refuse, handle_tool_errors=True)


def test_a_wrapper_for_async_runs(drive) -> None:
    """It takes precedence there, and only there."""

    def sync(request: Any, execute: Any) -> Any:
        return ToolMessage("sync", tool_call_id="call_1")

    async def asynchronous(request: Any, execute: Any) -> Any:
        message = await execute(request)
        return message.model_copy(update={"content": f"async {message.content}"})

    expected = {"sync": "sync", "async": "async 4"}
    assert content(drive, sync, awrap_tool_call=asynchronous) == expected[drive.name]


def test_a_request_that_is_changed_in_place() -> None:
    """Is changed, with a warning that says what to do instead."""
    request = ToolCallRequest(tool_call=call("double", a=2), tool=double, state={}, runtime=None)
    with pytest.warns(DeprecationWarning, match=r"'tool' on ToolCallRequest(.|\n)*override"):
        request.tool = triple
    assert request.tool is triple
    assert request.override(tool=double).tool is double
