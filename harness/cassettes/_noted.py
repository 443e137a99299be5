"""Tell whoever captures a stream which request was answered, and by which interaction."""

from __future__ import annotations

import json
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness._answered import Answered, is_heard, note
from harness.cassettes._drift import normalized
from harness.cassettes._model import Interaction, RecordedRequest, RecordedResponse
from harness.cassettes._record import Take

if TYPE_CHECKING:
    from harness.cassettes._secrets.scrub import Scrubber


def note_answer(
    request: RecordedRequest, path: Path | None, index: int, answer: Interaction | Take
) -> None:
    """Note a request that a cassette plays or records.

    Args:
        request: As the program sent it, under the provider's address.
        path: The cassette, if it is a file.
        index: The interaction in it.
        answer: What is played, or what is being recorded.
    """
    if not is_heard():
        return
    name = path.as_posix() if path else "a recording in memory"

    @cache
    def clean() -> RecordedRequest:
        empty = RecordedResponse(200, "", (), b"")
        return _scrubber().scrubbed(Interaction(index, request, empty)).request

    def answered() -> str:
        item = answer
        if isinstance(item, Take):  # what a file holds is scrubbed already
            item = _scrubber().scrubbed(item.interaction(index))
        return f"{item.response.status}\n{_text(item.response.body)}"

    note(
        Answered(
            f"{name}, interaction {index}",
            lambda: _asked(clean()),
            lambda: _summary(clean()),
            answered,
        )
    )


def _asked(request: RecordedRequest) -> str:
    """What a provider reads of a request; keys and clients stand in its headers.

    What versions of the client libraries write differently is no other request, as in a replay.
    """
    data = request.json()
    body = _text(request.body) if data is None else json.dumps(normalized(data), sort_keys=True)
    return f"{_address(request)}\n{body}"


def _summary(request: RecordedRequest) -> str:
    data = request.json()
    said = [_address(request)]
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


def _scrubber() -> Scrubber:
    return _scrubber_of(frozenset(os.environ.items()))


@lru_cache(maxsize=1)
def _scrubber_of(environment: frozenset[tuple[str, str]]) -> Scrubber:
    from harness.cassettes._secrets.scrub import Scrubber  # noqa: PLC0415 - slow, only for who listens

    return Scrubber.of_environment(dict(environment))


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")
