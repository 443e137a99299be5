"""Tools as a model is offered them, and whether a scripted call of one could come from a model."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from harness.models._schema import violations


def offered(tool: Mapping[str, Any] | type | Callable[..., Any] | BaseTool) -> dict[str, Any]:
    """Describe a tool in OpenAI's form; one that a provider runs itself stays as it is."""
    if isinstance(tool, Mapping) and tool.get("type", "function") not in {"function", "object"}:
        return dict(tool)
    return convert_to_openai_tool(tool)


def functions(tools: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the tools that the program runs, by name: the JSON Schema of their arguments."""
    found = {}
    for tool in tools:
        function = tool.get("function", tool)  # Anthropic's and others' forms, bound by hand
        schema = function.get("parameters") or function.get("input_schema") or {}
        if isinstance(function.get("name"), str) and tool.get("type", "function") == "function":
            found[function["name"]] = schema
    return found


def _taking_text(tools: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the names of the tools whose argument is a text, of which no schema says anything."""
    for tool in tools:
        if tool.get("type") == "custom":
            yield tool.get("custom", tool).get("name", "")


def problems(message: AIMessage, tools: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what no model would say that was offered these tools."""
    known, taking_text = functions(tools), set(_taking_text(tools))
    finds_more = any(str(tool.get("type")).startswith("tool_search") for tool in tools)
    for call in message.tool_calls:
        name = call["name"]
        if name in taking_text or (finds_more and name not in known):
            continue
        if name not in known:
            yield f"it calls {name!r}, which is not bound{_instead(name, known)}"
            continue
        for violation in violations(call["args"], known[name], closed=True):
            yield f"its call of {name!r} does not fit the schema: {violation}"
    for broken in message.invalid_tool_calls:
        yield f"the arguments of its call of {broken['name']!r} are not JSON: {broken['args']}"


def _instead(name: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"; the nearest that is: {near[0]!r}"
    return f"; bound are: {', '.join(map(repr, known)) or 'none'}"
