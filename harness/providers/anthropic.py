"""Rebuild a recorded Anthropic messages request as a call of `ChatAnthropic`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.cassettes import RecordedRequest
from harness.errors import ReplayError
from harness.providers._call import (
    PLACEHOLDER_KEY,
    ModelCall,
    base_url,
    has_messages,
    header,
    import_class,
    is_scrubbed,
    query,
    sort_body,
)

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

API = "Anthropic messages"
_PATH = "/v1/messages"

# What is in neither table goes to `extra_body`, which the SDK sends as it is: `metadata` too, which
# as an option of the call would be LangChain's own.
_FIELDS = frozenset(
    {
        "model",
        "max_tokens",
        "temperature",
        "top_k",
        "top_p",
        "stop_sequences",
        "thinking",
        "output_config",
        "mcp_servers",
        "context_management",
        "container",
        "inference_geo",
    }
)
_OPTIONS = frozenset({"tools", "tool_choice", "service_tier", "cache_control"})
_SENT_BY_CLASS = frozenset({"messages", "system"})


def matches(request: RecordedRequest) -> bool:
    """Tell whether the request goes to a messages endpoint, on whatever host."""
    if not has_messages(request):
        return False
    if is_scrubbed(request.url):
        return header(request, "anthropic-version") is not None
    return urlsplit(request.url).path.endswith(_PATH)


def rebuild(request: RecordedRequest) -> ModelCall:
    """Turn the request into the `ChatAnthropic` call that sends it again."""
    chat_anthropic = import_class("langchain_anthropic", "ChatAnthropic", "anthropic")
    body = request.json()
    params = sort_body(body, _FIELDS, _OPTIONS, _SENT_BY_CLASS)
    streamed = body.get("stream") is True
    betas = header(request, "anthropic-beta")
    through_beta = query(request.url).get("beta") == "true"
    model = chat_anthropic(
        **{"model": "", **params.fields},
        base_url=base_url(request.url, _PATH),
        api_key=PLACEHOLDER_KEY,
        max_retries=0,  # an error answer is what was recorded, not a reason to ask again
        timeout=600.0,  # without one, the SDK refuses a large answer that is not streamed
        betas=(betas.split(",") if betas else []) if through_beta else None,
        default_headers={"anthropic-beta": betas} if betas and not through_beta else None,
        disable_streaming=not streamed,
    )
    options = dict(params.options)
    if streamed:
        options["stream"] = params.rest.pop("stream")
    if params.rest:
        options["extra_body"] = params.rest
    return ModelCall(model, _messages(body), options)


def _messages(body: dict[str, Any]) -> list[BaseMessage]:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage  # noqa: PLC0415 - slow

    classes = {"user": HumanMessage, "assistant": AIMessage, "system": SystemMessage}
    messages: list[BaseMessage] = [SystemMessage(body["system"])] if body.get("system") else []
    for message in body["messages"]:
        if (role := message.get("role")) not in classes:
            raise ReplayError(f"ChatAnthropic cannot send a message with the role {role!r}")
        messages.append(classes[role](message["content"]))
    return messages
