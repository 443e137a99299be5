"""How the nodes of an agent are connected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, ToolCall, ToolMessage

from runtime.constants import END
from runtime.graph.state import StateGraph
from runtime.pregel._nodes.node import never_waits
from runtime.types import Send

__all__ = ("STRUCTURED", "Routes", "read")

STRUCTURED = "generate_structured_response"
"""The node that asks the model for an object."""


def read(state: Any, key: str, default: Any = None) -> Any:
    """Return a key of a state that is a dict or an object."""
    return state.get(key, default) if isinstance(state, dict) else getattr(state, key, default)


@dataclass(frozen=True, slots=True)
class Routes:
    """Which nodes an agent has besides `agent`, and where it goes on from each.

    Args:
        each_call_alone: Whether each tool call is a task of its own.
        hook_before: Whether there is a `pre_model_hook`.
        hook_after: Whether there is a `post_model_hook`.
        structured: Whether it ends with a structured response.
        return_direct: The tools whose results end the run.
    """

    each_call_alone: bool
    hook_before: bool
    hook_after: bool
    structured: bool
    return_direct: frozenset[str]

    @property
    def entry(self) -> str:
        """Where the agent starts, and goes on after its tools."""
        return "pre_model_hook" if self.hook_before else "agent"

    @property
    def finish(self) -> str:
        """Where it goes on when the model has answered."""
        return STRUCTURED if self.structured else END

    def connect(self, graph: StateGraph[Any, Any, Any, Any]) -> None:
        """Add the edges to a graph that has the nodes."""
        graph.set_entry_point(self.entry)
        if self.hook_before:
            graph.add_edge("pre_model_hook", "agent")
        if self.hook_after:
            graph.add_edge("agent", "post_model_hook")
        if self.structured:
            graph.add_edge(STRUCTURED, END)
        last = "post_model_hook" if self.hook_after else "agent"
        if "tools" not in graph.nodes:
            graph.add_edge(last, self.finish)
            return
        if self.hook_after:
            ends = [self.entry, "tools", self.finish]
            graph.add_conditional_edges(last, self.post_model_hook_router, ends)
        else:
            graph.add_conditional_edges(last, self.should_continue, ["tools", self.finish])
        if self.return_direct:
            ends = [self.entry, END]
            graph.add_conditional_edges("tools", self.route_tool_responses, ends)
        else:
            graph.add_edge("tools", self.entry)

    @never_waits
    def should_continue(self, state: Any) -> str | list[Send]:
        """Go on from the agent."""
        last = read(state, "messages")[-1]
        if not isinstance(last, AIMessage) or not last.tool_calls:
            return self.finish
        return _sends(last.tool_calls, state) if self.each_call_alone else "tools"

    @never_waits
    def post_model_hook_router(self, state: Any) -> str | list[Send]:
        """Go on from the hook after the agent, which may have answered tool calls itself."""
        messages = read(state, "messages")
        answered = {m.tool_call_id for m in messages if isinstance(m, ToolMessage)}
        last = next(m for m in reversed(messages) if isinstance(m, AIMessage))
        if pending := [call for call in last.tool_calls if call["id"] not in answered]:
            return _sends(pending, state)
        return self.entry if isinstance(messages[-1], ToolMessage) else self.finish

    @never_waits
    def route_tool_responses(self, state: Any) -> str:
        """Go on from the tools, if some of them return directly.

        One of several calls that each have a task does not see what the others returned, and so
        looks at what was asked for, too.
        """
        for message in reversed(read(state, "messages")):
            if isinstance(message, ToolMessage):
                names = [message.name]
            else:
                names = [call["name"] for call in getattr(message, "tool_calls", ())]
            if not self.return_direct.isdisjoint(names):
                return END
            if not isinstance(message, ToolMessage):
                break
        return self.entry


def _sends(calls: list[ToolCall], state: Any) -> list[Send]:
    return [
        Send("tools", {"__type": "tool_call_with_context", "tool_call": call, "state": state})
        for call in calls
    ]
