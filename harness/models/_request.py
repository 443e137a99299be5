"""What a model is asked, as plain values, and whether two of them ask the same.

A request holds what has a meaning to a model: who said what, which tools were called, offered and
answered, and the parameters. Ids of messages, usage and metadata of earlier answers are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from pydantic import BaseModel

from harness._counted import counted
from harness._json import Difference, differences, shortened

Tree: TypeAlias = Any
"""None, bool, int, float, str, or a list or dict of them."""


@dataclass(frozen=True)
class ModelRequest:
    """A call of a model, as it was recorded or as the program makes it now.

    Attributes:
        messages: The conversation, each message as a dict.
        tools: The tools that were offered.
        params: The other arguments of the call.
    """

    messages: list[Tree]
    tools: list[Tree]
    params: dict[str, Tree]

    @classmethod
    def of(
        cls, messages: Sequence[BaseMessage], stop: Sequence[str] | None, kwargs: Mapping[str, Any]
    ) -> ModelRequest:
        """Describe a call."""
        params = {key: plain(value) for key, value in kwargs.items() if key not in _NO_PARAMS}
        if stop:
            params["stop"] = list(stop)
        return cls(
            [_message(message) for message in messages], plain(kwargs.get("tools") or []), params
        )

    def tree(self) -> dict[str, Tree]:
        """Return the request as the file holds it; what is empty is left out."""
        tree = {"messages": self.messages, "tools": self.tools, "params": self.params}
        return {key: value for key, value in tree.items() if value or key == "messages"}

    def __str__(self) -> str:
        last = self.messages[-1] if self.messages else {"type": "nobody", "content": ""}
        said = shortened(last.get("content") or last.get("tool_calls") or "", 80)
        return f"{counted(len(self.messages), 'message')}, the last from {last['type']}: {said}"


_NO_PARAMS = ("tools", "stream")  # `stream` says how the answer comes, not what is asked


def request_differences(
    recorded: ModelRequest, sent: ModelRequest, ignore: Sequence[re.Pattern[str]] = ()
) -> Iterator[Difference]:
    """Yield where two requests differ; key order and formatting do not count."""
    for found in differences(recorded.tree(), sent.tree()):
        if not any(rule.fullmatch(found.path) for rule in ignore):
            yield found


def rules(paths: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """Read paths such as `messages[*].tool_call_id`; a `*` is any name or number.

    Whatever is inside of what a path names is ignored with it.
    """
    return tuple(
        re.compile(r"[^.\[\]]*".join(map(re.escape, path.split("*"))) + r"([.\[].*)?")
        for path in paths
    )


def plain(value: Any) -> Tree:
    """Turn a value into what a file can hold; what it cannot becomes text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json"))
    return str(value)


def _message(message: BaseMessage) -> dict[str, Tree]:
    tree: dict[str, Tree] = {"type": message.type, "content": _content(message.content)}
    if message.name:
        tree["name"] = message.name
    if isinstance(message, AIMessage):
        calls = [*message.tool_calls, *message.invalid_tool_calls]
        if calls:
            tree["tool_calls"] = [
                {"name": call["name"], "args": plain(call["args"]), "id": call["id"]}
                for call in calls
            ]
    elif isinstance(message, ToolMessage):
        tree["tool_call_id"] = message.tool_call_id
        if message.status != "success":
            tree["status"] = message.status
    elif role := getattr(message, "role", None):
        tree["role"] = role
    return tree


def _content(content: str | list[Any]) -> Tree:
    """Return the content; a single block of text is that text."""
    if isinstance(content, str):
        return content
    if len(content) == 1:
        (block,) = content
        if isinstance(block, str):
            return block
        if block.get("type") == "text" and block.keys() <= {"type", "text", "index", "id"}:
            return block["text"]
    return [_without_own_id(block) for block in plain(content)] if content else ""


def _without_own_id(block: Tree) -> Tree:
    """Drop the id that langchain-core gives to a file or an image, another one in each call."""
    if isinstance(block, dict) and str(block.get("id")).startswith("lc_"):
        return {key: value for key, value in block.items() if key != "id"}
    return block
