"""As much of server-sent events as a cassette needs: where events end, and whether all came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from harness.cassettes._model import RecordedResponse

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LAST_TYPES = {
    "error",
    "message_stop",  # Anthropic
    "response.completed",  # OpenAI Responses
    "response.failed",
    "response.incomplete",
}


def event_cuts(body: bytes) -> tuple[int, ...]:
    """Return where each event of a stream ends; a rest without an empty line is one more."""
    cuts = [match.end() for match in _EVENT_END.finditer(body)]
    if body and (not cuts or cuts[-1] != len(body)):
        cuts.append(len(body))
    return tuple(cuts)


def is_finished(body: bytes) -> bool:
    """Whether the stream says itself that it is over.

    The OpenAI client closes the connection when it reads `[DONE]`, before the end of the body
    reaches it, and every client does when it reads an error. Nothing is missing then.
    """
    if not _EVENT_END.search(body[-4:]):
        return False
    last = body.rstrip().rsplit(b"\n", 1)[-1].removeprefix(b"data:").strip()
    if last == b"[DONE]":
        return True
    try:
        value = json.loads(last)
    except ValueError:
        return False
    if not isinstance(value, dict):
        return False
    return value.get("type") in _LAST_TYPES or bool(value.get("error"))


def pieces(response: RecordedResponse) -> Iterator[bytes]:
    """Yield the pieces of a body: as they were cut, else event by event, else in one."""
    body, start = response.body, 0
    if response.timing is not None:
        cuts = response.timing.cuts
    else:
        cuts = event_cuts(body) if response.is_event_stream else ((len(body),) if body else ())
    for cut in cuts:
        yield body[start:cut]
        start = cut
