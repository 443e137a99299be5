"""What a model was asked: kept as copies, and shown in a few lines when something is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config

_SHOWN_MESSAGES = 12
_SHOWN_TEXT = 160
_PART_OF_CALL = ("tags", "metadata", "run_name", "configurable")


@dataclass(frozen=True)
class Call:
    """One call of a model.

    Attributes:
        messages: The conversation.
        tools: The tools that were bound, in OpenAI's form.
        kwargs: The other arguments of the call: `stop`, `tool_choice`, what `bind` added.
        config: The `tags`, `metadata`, `run_name` and `configurable` of its config.
        problems: What is wrong with the tool calls of its answer; empty when all is well.
    """

    messages: tuple[BaseMessage, ...]
    tools: tuple[dict[str, Any], ...]
    kwargs: dict[str, Any]
    config: dict[str, Any]
    problems: tuple[str, ...] = ()


_config: ContextVar[RunnableConfig | None] = ContextVar("harness_model_config", default=None)


@contextmanager
def asked_with(config: RunnableConfig | None) -> Iterator[None]:
    """Remember the config of a call; langchain-core does not pass it on to the model."""
    token = _config.set(config)
    try:
        yield
    finally:
        _config.reset(token)


def noted(
    messages: Sequence[BaseMessage], stop: Sequence[str] | None, kwargs: Mapping[str, Any]
) -> Call:
    """Copy what a call asks."""
    config = ensure_config(_config.get())
    rest = {key: _copied(value) for key, value in kwargs.items() if key != "tools"}
    if stop:
        rest["stop"] = list(stop)
    return Call(
        messages=tuple(message.model_copy(deep=True) for message in messages),
        tools=tuple(_copied(kwargs.get("tools") or ())),
        kwargs=rest,
        config={key: _without_runtime(config.get(key)) for key in _PART_OF_CALL if key in config},
    )


def _without_runtime(value: Any) -> Any:
    """Leave out what an engine hides in a config: it is no part of the call and may not be kept."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items() if not key.startswith("__")}
    return _copied(value)


def _copied(value: Any) -> Any:
    try:
        return deepcopy(value)
    except Exception:  # noqa: BLE001 - a lock, a socket: whatever it is, it is kept as it is
        return value


def conversation(messages: Sequence[BaseMessage]) -> str:
    """Show a conversation, a line for each message, for the message of an error."""
    left_out = max(0, len(messages) - _SHOWN_MESSAGES)
    lines = [f"  ... {left_out} earlier messages"] if left_out else []
    lines += [f"  {line}" for message in messages[left_out:] for line in _lines(message)]
    return "\n".join(["conversation:", *(lines or ["  (no messages)"])])


def _lines(message: BaseMessage) -> Iterator[str]:
    name = f" {message.name}" if message.name else ""
    text = shortened(str(message.text) or ("" if not message.content else str(message.content)))
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    if text or not calls:
        of = f" (answers {message.tool_call_id})" if isinstance(message, ToolMessage) else ""
        yield f"{message.type}{name}{of}: {text}"
    for call in calls:
        yield f"{message.type}{name}: calls {call['name']}({shortened(str(call['args'])[1:-1])})"


def shortened(text: str) -> str:
    """Put a text into one line of limited length."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN_TEXT else f"{line[:_SHOWN_TEXT]}..."
