"""From what tools returned to what a tool node writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from langchain_core.messages import RemoveMessage, ToolCall, ToolMessage, convert_to_messages

from runtime.graph.message import REMOVE_ALL_MESSAGES
from runtime.types import Command, Send

__all__ = ("Result", "Shape", "accepted", "combined", "msg_content_output")

Shape = Literal["list", "dict", "tool_calls"]
"""How a tool node was given its calls: with messages, with a state that has them, or bare."""

Result = ToolMessage | Command[Any] | list[ToolMessage | Command[Any]]

CONTENT_BLOCKS = frozenset(
    (
        "text",
        "image_url",
        "image",
        "json",
        "search_result",
        "custom_tool_call_output",
        "document",
        "file",
    )
)


def msg_content_output(output: Any) -> str | list[dict[str, Any]]:
    """Return what a tool returned as the content of a message.

    Texts and lists of content blocks stay as they are; anything else becomes JSON if it can, or
    else its `str`.
    """
    if isinstance(output, str):
        return output
    if isinstance(output, list) and all(
        isinstance(block, dict) and block.get("type") in CONTENT_BLOCKS for block in output
    ):
        return output
    try:
        return json.dumps(output, ensure_ascii=False)
    except (TypeError, ValueError):  # a tool may return whatever it likes
        return str(output)


def accepted(output: Any, call: ToolCall, shape: Shape, messages_key: str) -> Result:
    """Return what a tool returned if it answers the call.

    Raises:
        ValueError: A `Command` does not fit the input of the tool node, or there is not exactly
            one message that answers the call.
        TypeError: It is nothing that a tool may return.
    """
    if isinstance(output, ToolMessage):
        output.content = msg_content_output(output.content)  # type: ignore[assignment]
        return output
    if isinstance(output, Command):
        return _Checked.of(output, call, shape, messages_key).alone()
    if isinstance(output, list) and all(isinstance(p, ToolMessage | Command) for p in output):
        return _accepted_list(output, call, shape, messages_key)
    raise TypeError(
        f"Tool {call['name']!r} returned a {type(output).__name__}: expected a ToolMessage, a "
        "Command, or a list of them."
    )


def _accepted_list(
    parts: list[Any], call: ToolCall, shape: Shape, messages_key: str
) -> list[ToolMessage | Command[Any]]:
    taken: list[ToolMessage | Command[Any]] = []
    answers = 0
    for part in parts:
        if isinstance(part, ToolMessage):
            part.content = msg_content_output(part.content)  # type: ignore[assignment]
            answers += part.tool_call_id == call["id"]
            taken.append(part)
        else:
            checked = _Checked.of(part, call, shape, messages_key)
            answers += checked.answers
            taken.append(checked.command)
    if answers != 1:
        raise ValueError(
            f"Tool {call['name']} returned a list with {answers} messages bound to tool_call_id "
            f"{call['id']!r}; expected exactly one terminating ToolMessage."
        )
    return taken


class _Checked(NamedTuple):
    """A command that a tool returned, and what it does about the call."""

    command: Command[Any]
    call: ToolCall
    messages: list[Any]
    answers: int

    @classmethod
    def of(cls, command: Command[Any], call: ToolCall, shape: Shape, messages_key: str) -> _Checked:
        """Name the messages that answer the call after the tool, in a copy.

        Raises:
            ValueError: The update does not fit the input of the tool node.
        """
        update = command.update
        if isinstance(update, dict):
            if shape == "list":
                raise ValueError(
                    f"Tool {call['name']!r} returned a Command whose update is a dict, and the "
                    "tool node was given a list of messages: the update must be one, too. "
                    f"Got: {update!r}"
                )
            given = update.get(messages_key, [])
        elif isinstance(update, list):
            if shape != "list":
                raise ValueError(
                    f"Tool {call['name']!r} returned a Command whose update is a list, and the "
                    f"tool node was given a state: the update must be a dict with the key "
                    f"{messages_key!r}. Got: {update!r}"
                )
            given = update
        else:
            return cls(command, call, [], 0)
        messages = given if isinstance(given, list) else [given]
        named, answers = _named(messages, call)
        if answers and isinstance(update, dict):
            command = replace(command, update={**update, messages_key: named})
        elif answers:
            command = replace(command, update=named)
        return cls(command, call, named, answers)

    def alone(self) -> Command[Any]:
        """Return the command if nothing else need answer the call.

        Raises:
            ValueError: The call would stay without an answer in the history of this graph.
        """
        command, call = self.command, self.call
        if command.graph is not None or not isinstance(command.update, dict | list):
            return command
        if self.answers or any(_removes_everything(message) for message in self.messages):
            return command
        raise ValueError(
            f"Expected to have a matching ToolMessage in Command.update for tool "
            f"{call['name']!r}, got: {self.messages}. Every tool call in the history must be "
            "answered by a ToolMessage. Let the tool return `Command(update={'messages': "
            "[ToolMessage('done', tool_call_id=tool_call_id)]}, ...)`, where it gets "
            "`tool_call_id: Annotated[str, InjectedToolCallId]` as a parameter."
        )


def _named(messages: list[Any], call: ToolCall) -> tuple[list[Any], int]:
    """Return the messages, those that answer the call with its name, and how many these are."""
    answers = 0
    named = []
    for message, known in zip(messages, convert_to_messages(messages), strict=True):
        if isinstance(known, ToolMessage) and known.tool_call_id == call["id"]:
            answers += 1
            if known is message:
                named.append(message.model_copy(update={"name": call["name"]}))
                continue
        named.append(message)
    return named, answers


def _removes_everything(message: Any) -> bool:
    return isinstance(message, RemoveMessage) and message.id == REMOVE_ALL_MESSAGES


def combined(results: Sequence[Result], shape: Shape, messages_key: str) -> Any:
    """Return what a tool node returns for the results of its calls.

    Messages alone come in the form of the input. With commands among them it is a list of
    everything, in the order of the calls; those that do nothing but send something to the graph
    around this one become one, at the end, since only the first of such commands arrives.
    """
    flat: list[Any] = []
    for result in results:
        flat.extend(result) if isinstance(result, list) else flat.append(result)
    if not any(isinstance(part, Command) for part in flat):
        return flat if shape == "list" else {messages_key: flat}
    parts: list[Any] = []
    sends: list[Send] = []
    for part in flat:
        if isinstance(part, Command):
            if found := _only_sends_up(part):
                sends += found
            else:
                parts.append(part)
        else:
            parts.append([part] if shape == "list" else {messages_key: [part]})
    if sends:
        parts.append(Command(graph=Command.PARENT, goto=sends))
    return parts


def _only_sends_up(command: Command[Any]) -> list[Send]:
    """Return what a command sends to the graph around this one, if it does nothing else."""
    goto = command.goto
    if command.graph != Command.PARENT or command.update is not None or not isinstance(goto, list):
        return []
    sends = [end for end in goto if isinstance(end, Send)]
    return sends if len(sends) == len(goto) else []
