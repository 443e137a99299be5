"""Rebuild a recorded request of OpenAI's Responses API as a call of `ChatOpenAI`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.cassettes import RecordedRequest
from harness.errors import ReplayError
from harness.providers._call import (
    PLACEHOLDER_KEY,
    ModelCall,
    base_url,
    import_class,
    is_scrubbed,
    query,
)

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

API = "OpenAI responses"
_PATH = "/responses"

_SENT_BY_CLASS = frozenset({"input", "stream", "model"})
# As options of the call they would be LangChain's own, or get another name; `extra_body` is sent as
# it is. So is what the class would not send: a null.
_EXTRA = frozenset({"metadata", "max_tokens"})
_OF_USER = frozenset({"mcp_approval_response"})
_LEFT_OUT = frozenset({"additional_tools", "configuration_update"})


def matches(request: RecordedRequest) -> bool:
    """Tell whether the request goes to a responses endpoint, on whatever host."""
    body = request.json()
    if not isinstance(body, dict) or not isinstance(body.get("input"), str | list):
        return False
    return urlsplit(request.url).path.endswith(_PATH) or (
        is_scrubbed(request.url) and "messages" not in body
    )


def rebuild(request: RecordedRequest) -> ModelCall:
    """Turn the request into the `ChatOpenAI` call that sends it again."""
    chat_openai = import_class("langchain_openai", "ChatOpenAI", "openai")
    body = request.json()
    streamed = body.get("stream") is True
    model = chat_openai(
        # Given as None, a temperature is not sent; left out, some models get a default.
        model=body.get("model") or "",
        temperature=None,
        base_url=base_url(request.url, _PATH),
        default_query=query(request.url) or None,
        api_key=PLACEHOLDER_KEY,
        max_retries=0,  # an error answer is what was recorded, not a reason to ask again
        use_responses_api=True,
        disable_streaming=not streamed,
    )
    rest = {name: value for name, value in body.items() if name not in _SENT_BY_CLASS}
    extra = {k: v for k, v in rest.items() if v is None or k in _EXTRA}
    options: dict[str, Any] = {k: v for k, v in rest.items() if k not in extra}
    if streamed:
        options["stream"] = True
    if extra:
        options["extra_body"] = extra
    return ModelCall(model, _messages(body["input"]), options)


def _messages(recorded: str | list[dict[str, Any]]) -> list[BaseMessage]:
    from langchain_core.messages import HumanMessage  # noqa: PLC0415 - slow

    if isinstance(recorded, str):
        return [HumanMessage(recorded)]
    return [_message(item) for item in recorded]


def _message(item: dict[str, Any]) -> BaseMessage:  # noqa: PLR0911 - one for each kind of item
    from langchain_core.messages import (  # noqa: PLC0415 - slow
        AIMessage,
        HumanMessage,
        SystemMessage,
        ToolMessage,
    )

    kind = item.get("type", "message")
    if kind == "message":
        role, content = item.get("role"), item["content"]
        if role == "assistant":
            return AIMessage(_said(item))
        if role == "user":
            return HumanMessage(content)
        if role == "system":
            return SystemMessage(content)
        if role == "developer":
            return SystemMessage(content, additional_kwargs={"__openai_role__": role})
        raise ReplayError(f"ChatOpenAI cannot send a message with the role {role!r}")
    if kind == "function_call_output":
        return ToolMessage(item["output"], tool_call_id=item["call_id"])
    if kind == "custom_tool_call_output":
        return ToolMessage([{"type": kind, "output": item["output"]}], tool_call_id=item["call_id"])
    if kind == "computer_call_output":
        output = item["output"]
        output = [output] if isinstance(output, dict) else output
        return ToolMessage(output, tool_call_id=item["call_id"], additional_kwargs={"type": kind})
    if kind in _LEFT_OUT:
        raise ReplayError(f"ChatOpenAI cannot send an input of the type {kind!r}: it leaves it out")
    # what an answer consists of is sent back as it came
    return HumanMessage([item]) if kind in _OF_USER else AIMessage([item])


def _said(item: dict[str, Any]) -> str | list[Any]:
    """Return the text of an earlier answer as LangChain keeps it; its blocks know their message."""
    content = item["content"]
    if isinstance(content, str):
        return content
    own = {"id": item["id"]} if "id" in item else {}
    own |= {"phase": item["phase"]} if "phase" in item else {}
    return [
        {**part, "type": "text", **own} if part.get("type") == "output_text" else {**part, **own}
        for part in content
    ]
