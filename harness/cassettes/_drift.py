"""What versions of the provider libraries are known to write differently, and yet mean the same."""

from __future__ import annotations

import json
from typing import Any

from harness._json import Json, same_value

_DEFAULTS: dict[str, tuple[Json, ...]] = {
    # Libraries began or ceased to send these; left out, they mean the same.
    "stream": (False,),
    "n": (1,),
    "temperature": (0.7, 1),
    "top_p": (1,),
    "tools": ([],),
    "annotations": ([],),
    "content": ("", []),
    "parallel_tool_calls": (True,),
}
_IGNORED = {"stream_options"}
_IGNORED_IN_MESSAGE = {"reasoning", "reasoning_content", "id", "phase"}


def normalized(body: Json) -> Json:
    """Undo the known drift between versions of the libraries that wrote a request.

    Two requests that are equal after this ask the same of the provider. It is used only where
    nothing is equal before, and what it had to undo is reported.
    """
    if not isinstance(body, dict):
        return _plain(body)
    body = {key: value for key, value in body.items() if key not in _IGNORED}
    if "max_tokens" in body:
        body.setdefault("max_completion_tokens", body.pop("max_tokens"))
    if isinstance(body.get("input"), str):
        body["input"] = [{"role": "user", "content": body["input"]}]
    config = body.get("output_config")
    if isinstance(config, dict) and "format" in config:  # Anthropic, formerly output_format
        body["output_format"] = config["format"]
        body["output_config"] = {k: v for k, v in config.items() if k != "format"} or None
    for key in ("messages", "input"):
        if isinstance(body.get(key), list):
            body[key] = [_message(item) for item in body[key]]
    return _plain(body)


def _message(item: Json) -> Json:
    if not isinstance(item, dict):
        return item
    item = {key: value for key, value in item.items() if key not in _IGNORED_IN_MESSAGE}
    if item.get("type") == "message":
        del item["type"]
    content = item.get("content")
    if isinstance(content, list) and len(content) == 1 and _is_only_text(content[0]):
        item["content"] = content[0]["text"]
    return item


def _is_only_text(part: Json) -> bool:
    return isinstance(part, dict) and part.keys() == {"type", "text"} and part["type"] == "text"


def _plain(value: Json) -> Json:
    """Drop what means nothing and parse JSON inside JSON, at any depth."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    plain: dict[str, Any] = {}
    for key, item in value.items():
        if item is None or any(same_value(default, item) for default in _DEFAULTS.get(key, ())):
            continue
        plain[key] = _parsed(item) if key == "arguments" else _plain(item)
    return plain


def _parsed(arguments: Json) -> Json:
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments
