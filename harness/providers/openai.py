"""Rebuild a recorded chat-completions request as a call of `ChatOpenAI`.

Any server that speaks OpenAI's chat-completions API is reached through `base_url`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.cassettes import RecordedRequest
from harness.providers._call import (
    PLACEHOLDER_KEY,
    ModelCall,
    base_url,
    has_messages,
    import_class,
    is_scrubbed,
    query,
    sort_body,
)

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

API = "OpenAI chat completions"
_PATH = "/chat/completions"

# What is in neither table goes to `extra_body`, which the SDK sends as it is. So do, on purpose,
# `max_tokens` (as a field it would get its newer name) and `metadata` (as an option of the call it
# would be LangChain's own).
_FIELDS = frozenset(
    {
        "model",
        "temperature",
        "top_p",
        "max_completion_tokens",
        "frequency_penalty",
        "presence_penalty",
        "seed",
        "logprobs",
        "top_logprobs",
        "logit_bias",
        "reasoning_effort",
        "verbosity",
        "service_tier",
        "store",
    }
)
_OPTIONS = frozenset(
    {
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "functions",
        "function_call",
        "response_format",
        "stop",
        "n",
        "modalities",
        "audio",
        "prediction",
        "user",
    }
)
_SENT_BY_CLASS = frozenset({"messages", "stream"})
_KEPT_AS = {"max_completion_tokens": "max_tokens"}


def matches(request: RecordedRequest) -> bool:
    """Tell whether the request goes to a chat-completions endpoint, on whatever host."""
    if not has_messages(request):
        return False
    return urlsplit(request.url).path.endswith(_PATH) or is_scrubbed(request.url)


def rebuild(request: RecordedRequest) -> ModelCall:
    """Turn the request into the `ChatOpenAI` call that sends it again."""
    chat_openai = import_class("langchain_openai", "ChatOpenAI", "openai")
    body = request.json()
    params = sort_body(body, _FIELDS, _OPTIONS, _SENT_BY_CLASS)
    streamed = body.get("stream") is True
    with_usage = params.rest.get("stream_options") == {"include_usage": True}
    model = chat_openai(
        # Given as None, a temperature is not sent; left out, some models get a default.
        **{"model": "", "temperature": None, **params.fields},
        base_url=base_url(request.url, _PATH),
        default_query=query(request.url) or None,
        api_key=PLACEHOLDER_KEY,
        max_retries=0,  # an error answer is what was recorded, not a reason to ask again
        use_responses_api=False,
        stream_usage=with_usage,
        disable_streaming=not streamed,
    )
    options = {**params.options, **_dropped(params.fields, model)}
    if with_usage:
        del params.rest["stream_options"]  # `stream_usage` sends it
    if streamed:
        options["stream"] = True
    if params.rest:
        options["extra_body"] = params.rest
    return ModelCall(model, _messages(body["messages"]), options)


def _dropped(fields: dict[str, Any], model: BaseChatModel) -> dict[str, Any]:
    """Return the fields that the class did not keep: it drops some, depending on the model."""
    return {
        name: value
        for name, value in fields.items()
        if getattr(model, _KEPT_AS.get(name, name), None) != value
    }


def _messages(recorded: list[dict[str, Any]]) -> list[BaseMessage]:
    from langchain_core.messages import AIMessage, convert_to_messages  # noqa: PLC0415 - slow

    messages: list[BaseMessage] = []
    for message in recorded:
        fields = {"content": "", **{k: v for k, v in message.items() if v is not None}}
        if fields.get("role") != "assistant":
            messages.extend(convert_to_messages([fields]))
            continue
        # `AIMessage` reads recorded tool calls from `additional_kwargs`, and keeps those whose
        # arguments are not valid JSON; `convert_to_messages` would refuse them.
        content, name = fields.pop("content"), fields.pop("name", None)
        messages.append(AIMessage(content, name=name, additional_kwargs=fields))
    return messages
