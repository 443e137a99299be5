"""Tell whoever captures a stream which request was answered, and by which interaction."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness._answered import Answered, note
from harness.cassettes._model import Interaction, RecordedRequest, RecordedResponse
from harness.cassettes._scrub import Scrubber


def note_answer(
    request: RecordedRequest, path: Path | None, index: int, answer: Callable[[], Interaction]
) -> None:
    """Note a request that a cassette plays or records.

    Args:
        request: As the program sent it, under the provider's address.
        path: The cassette, if it is a file.
        index: The interaction in it.
        answer: Returns what was played, or what was recorded until now.
    """
    name = path.as_posix() if path else "a recording in memory"
    note(
        Answered(
            f"{name}, interaction {index}",
            partial(_asked, request),
            partial(_summary, request),
            lambda: _answer(answer()),
        )
    )


def _asked(request: RecordedRequest) -> str:
    """What a provider reads of a request; keys and clients stand in its headers."""
    clean = _scrubbed(request)
    data = clean.json()
    body = _text(clean.body) if data is None else json.dumps(data, sort_keys=True)
    return f"{_address(clean)}\n{body}"


def _summary(request: RecordedRequest) -> str:
    clean = _scrubbed(request)
    data = clean.json()
    said = [_address(clean)]
    if isinstance(data, dict):
        said += [data["model"]] if isinstance(data.get("model"), str) else []
        turns = next((data[key] for key in ("messages", "input", "contents") if key in data), None)
        said += [json.dumps(_last_text(turns), ensure_ascii=False)] if turns else []
    return ", ".join(said)


def _address(request: RecordedRequest) -> str:
    url = urlsplit(request.url)
    return f"{request.method} {url.hostname}{url.path}"


def _last_text(value: Any) -> str:
    """The last text in a conversation, however the provider puts it."""
    if isinstance(value, list) and value:
        return _last_text(value[-1])
    if isinstance(value, dict):
        inner = (value[key] for key in ("content", "text", "parts", "output") if value.get(key))
        return _last_text(next(inner, ""))
    return str(value)


def _answer(item: Interaction) -> str:
    clean = Scrubber.of_environment(os.environ).scrubbed(item)
    return f"{clean.response.status}\n{_text(clean.response.body)}"


def _scrubbed(request: RecordedRequest) -> RecordedRequest:
    item = Interaction(0, request, RecordedResponse(200, "", (), b""))
    return Scrubber.of_environment(os.environ).scrubbed(item).request


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")
