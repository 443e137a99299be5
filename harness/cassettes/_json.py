"""JSON compared by meaning: where two values differ, and what is known to mean the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.cassettes._model import Json
from harness.cassettes._placeholder import equal_but_for_placeholders


class _Absent:
    """Stands for a key that one side does not have."""


ABSENT = _Absent()


@dataclass(frozen=True)
class Difference:
    """One place where a recorded and a sent value differ."""

    path: str
    recorded: Json
    sent: Json

    def __str__(self) -> str:
        return f"{self.path}: recorded {shortened(self.recorded)}, sent {shortened(self.sent)}"


def differences(recorded: Json, sent: Json, path: str = "") -> Iterator[Difference]:
    """Yield every place where two JSON values differ: key order and 1 against 1.0 do not count."""
    if isinstance(recorded, dict) and isinstance(sent, dict):
        for key in {**recorded, **sent}:
            inside = f"{path}.{key}" if path else str(key)
            yield from differences(recorded.get(key, ABSENT), sent.get(key, ABSENT), inside)
    elif isinstance(recorded, list) and isinstance(sent, list):
        for k in range(max(len(recorded), len(sent))):
            here = recorded[k] if k < len(recorded) else ABSENT
            there = sent[k] if k < len(sent) else ABSENT
            yield from differences(here, there, f"{path}[{k}]")
    elif not _same(recorded, sent):
        yield Difference(path or "the body", recorded, sent)


def _same(recorded: Json, sent: Json) -> bool:
    if isinstance(recorded, str) and isinstance(sent, str):
        return equal_but_for_placeholders(recorded, sent)
    # bool is an int in Python, but `true` is not 1 in JSON.
    same_kind = isinstance(recorded, bool) == isinstance(sent, bool)
    return same_kind and bool(recorded == sent)


def shortened(value: Json, limit: int = 60) -> str:
    """Render a JSON value in one line of limited length."""
    if value is ABSENT:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"


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
        if item is None or any(_same(default, item) for default in _DEFAULTS.get(key, ())):
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
