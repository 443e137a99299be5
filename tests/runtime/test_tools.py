"""Stream mode `tools`: when tools start, finish and fail."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.tools import tool
from runtime_graphs import chain

from runtime.errors import ParentCommand
from runtime.types import Command


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    if city == "nowhere":
        raise LookupError("no such place")
    return f"sunny in {city}"


@tool
def hand_over(city: str) -> str:
    """Pass the run on to the graph around this one."""
    raise ParentCommand(Command(graph=Command.PARENT, goto=city))


def call(city: str, which: Any = weather) -> dict[str, Any]:
    """Return a call of a tool as a model would make it."""
    return {"name": which.name, "args": {"city": city}, "id": "call_1", "type": "tool_call"}


def test_a_tool_starts_and_finishes(drive) -> None:
    """Both chunks have the id of the call; config need not be passed to the tool."""
    graph = chain(lambda _: {"log": [weather.invoke(call("sf"))]})
    started, finished = drive.stream(graph, {"a": 1}, stream_mode="tools")
    assert started == {
        "event": "tool-started",
        "tool_call_id": "call_1",
        "tool_name": "weather",
        "input": {"city": "sf"},
    }
    assert finished["event"] == "tool-finished"
    assert (finished["tool_call_id"], finished["output"].content) == ("call_1", "sunny in sf")


def test_a_tool_fails(drive) -> None:
    """The chunk has the message of the exception."""
    chunks: list[Any] = []
    graph = chain(lambda _: {"log": [weather.invoke(call("nowhere"))]})
    with pytest.raises(LookupError):
        drive.each(chunks.append, graph, {"a": 1}, stream_mode="tools")
    assert chunks[-1] == {
        "event": "tool-error",
        "tool_call_id": "call_1",
        "message": "no such place",
    }


def test_a_tool_that_hands_over_has_not_finished(drive) -> None:
    """Its error is the command to the graph around, as on LangGraph."""
    chunks: list[Any] = []
    graph = chain(lambda _: hand_over.invoke(call("x", hand_over)))
    with pytest.raises(ParentCommand):
        drive.each(chunks.append, graph, {"a": 1}, stream_mode="tools")
    assert [chunk["event"] for chunk in chunks] == ["tool-started", "tool-error"]
    assert chunks[1]["message"] == "Command(graph='__parent__', goto='x')"


def test_nostream_keeps_a_tool_out(drive) -> None:
    """A tool with this tag is not shown."""
    graph = chain(lambda _: {"log": [weather.invoke(call("sf"), {"tags": ["nostream"]})]})
    assert drive.stream(graph, {"a": 1}, stream_mode="tools") == []


def test_tools_of_inner_graphs_only_with_subgraphs(drive) -> None:
    """By default the outer stream has the tools of its own nodes only."""
    inner = chain(lambda _: {"log": [weather.invoke(call("sf"))]})
    assert drive.stream(chain(inner), {"a": 1}, stream_mode="tools") == []
    shown = drive.stream(chain(inner), {"a": 1}, stream_mode="tools", subgraphs=True)
    assert [(len(ns), chunk["event"]) for ns, chunk in shown] == [
        (1, "tool-started"),
        (1, "tool-finished"),
    ]
