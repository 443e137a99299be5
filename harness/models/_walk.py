"""A script for smoke tests: call every tool that is bound, then answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.tool import tool_call

from harness.models._arguments import valid_value
from harness.models._tools import functions


def walk_tools(answer: str = "done", *, parallel: bool = True) -> Callable[..., AIMessage | str]:
    """Return a script that calls every bound tool once with arguments that fit, then answers.

    What it says depends on the conversation only, so one model may serve several at once. Where the
    model is made to call a certain tool, or to answer by a JSON Schema, it does.

    Args:
        answer: What it says when every tool was called.
        parallel: Whether the tools are called in one message, or in one each.
    """

    def reply(messages: Sequence[BaseMessage], **kwargs: Any) -> AIMessage | str:
        bound = functions(kwargs.get("tools") or ())
        if forced := _forced(kwargs.get("tool_choice"), bound):
            return _calling({forced: bound[forced]})
        called = {
            call["name"]
            for message in messages
            if isinstance(message, AIMessage)
            for call in message.tool_calls
        }
        left = {name: schema for name, schema in bound.items() if name not in called}
        if left:
            return _calling(left if parallel else dict([next(iter(left.items()))]))
        return _by_schema(kwargs.get("response_format")) or answer

    return reply


def _calling(tools: dict[str, Any]) -> AIMessage:
    calls = [
        tool_call(name=name, args=valid_value(schema) if schema else {}, id=None)
        for name, schema in tools.items()
    ]
    return AIMessage("", tool_calls=calls)


def _forced(choice: Any, bound: dict[str, Any]) -> str | None:
    """Return the name of the one tool that has to be called, whatever form says so."""
    if isinstance(choice, dict):
        choice = choice.get("function", choice).get("name")
    return choice if isinstance(choice, str) and choice in bound else None


def _by_schema(response_format: Any) -> str | None:
    if not isinstance(response_format, dict):
        return None
    schema = response_format.get("json_schema", {}).get("schema")
    if schema is not None:
        return json.dumps(valid_value(schema))
    return "{}" if response_format.get("type") == "json_object" else None
