"""The values of this package: what was asked, what came back, and when.

A `Recording` is a file as it was read; it does not change. What happens to it during a test
(which interactions were played, which drifted) belongs to the `Cassette`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

from harness._json import Json

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Header fields in their order; a repeated field stands there more than once."""


def header(headers: Headers, name: str) -> str | None:
    """Return the first value of a header field, whatever the case of its name."""
    wanted = name.lower()
    for key, value in headers:
        if key.lower() == wanted:
            return value
    return None


@dataclass(frozen=True)
class RecordedRequest:
    """A request: as it was recorded, or as the program sends it now.

    Args:
        method: Upper case.
        url: Absolute, with its query; `**REDACTED**` and the like in some recordings.
        headers: As sent.
        body: Decoded; empty when there was none.
    """

    method: str
    url: str
    headers: Headers
    body: bytes

    def json(self) -> Json:
        """Return the parsed body, or None when it is not JSON."""
        return self._json

    @cached_property
    def _json(self) -> Json:
        try:
            return json.loads(self.body) if self.body else None
        except (ValueError, RecursionError):
            return None


ENDS = ("complete", "dropped", "cancelled", "reset", "timeout")
"""How an answer may end; see `Timing`."""


@dataclass(frozen=True)
class Timing:
    """How the answer arrived. Only our own recordings have it; no other tool writes it down.

    Args:
        cuts: Where each piece ended, as byte offsets into the decoded body.
        offsets: When each piece arrived, in seconds after the request was sent.
        end: `complete`, `dropped` (the consumer left before the end), `cancelled` (its task was,
            while it waited), `reset` (the connection was lost) or `timeout` (the client's own).
        error: For the last two, what the client saw: `RemoteProtocolError: peer closed ...`.
        answered: Whether there was a response at all.
        asked: When the request was sent, in seconds after the recording began.
        head: When the head of the response arrived, in seconds after the request was sent.
        ended: When it ended, likewise; `None` in files that do not say so.
        arrivals: The place of each event (asked, head, pieces, end) among all of the recording;
            empty in files that do not say so.
        lane: Which branch of the program asked, as far as that has a name.
        wire_cuts: Where the pieces ended in the compressed body, if it was compressed.
    """

    cuts: tuple[int, ...]
    offsets: tuple[float, ...]
    end: str = "complete"
    error: str = ""
    answered: bool = True
    asked: float = 0.0
    head: float = 0.0
    ended: float | None = None
    arrivals: tuple[int, ...] = ()
    lane: str = ""
    wire_cuts: tuple[int, ...] = ()

    @property
    def was_left(self) -> bool:
        """Whether it was the consumer who ended it, so that nobody knows what would have come."""
        return self.end in {"dropped", "cancelled"}

    @property
    def ended_at(self) -> float:
        """When it ended, or when the last piece came."""
        if self.ended is not None:
            return self.ended
        return self.offsets[-1] if self.offsets else self.head


@dataclass(frozen=True)
class RecordedResponse:
    """A response that is ready to be played.

    Args:
        status: The status code.
        reason: The reason phrase; may be empty.
        headers: Without the fields that described the transfer (`content-length`,
            `transfer-encoding`, `content-encoding`), with a content type that fits the body.
        body: Decoded: gzip, deflate and brotli are undone.
        timing: Where and when the body was cut, or None.
        content_encoding: As received, before it was undone; only in our own recordings.
        recorded_at: The real address, where the request states another; only in our own.
        recorded_on: The day, such as `2026-11-24`; only in our own.
    """

    status: int
    reason: str
    headers: Headers
    body: bytes
    timing: Timing | None = None
    content_encoding: str = ""
    recorded_at: str = ""
    recorded_on: str = ""

    @property
    def is_event_stream(self) -> bool:
        """Whether the body is server-sent events."""
        return (header(self.headers, "content-type") or "").startswith("text/event-stream")


@dataclass(frozen=True)
class Interaction:
    """One request with its answer.

    Args:
        index: The position in the file, from 0.
        request: What was asked.
        response: What came back.
        source: Which recording it is from, where several were put together.
    """

    index: int
    request: RecordedRequest
    response: RecordedResponse
    source: int = 0

    def __str__(self) -> str:
        return f"interaction {self.index}: {self.request.method} {self.request.url}"


def put_together(items: Iterable[Interaction]) -> tuple[Interaction, ...]:
    """Number the interactions of several recordings anew; each begins with its lowest index."""
    found: list[Interaction] = []
    source, last = 0, -1
    for item in items:
        source += item.index <= last
        last = item.index
        found.append(replace(item, index=len(found), source=source))
    return tuple(found)


@dataclass(frozen=True)
class Recording:
    """The content of one cassette file.

    Args:
        path: Where it was read.
        container: The format it is written in, such as `vcrpy`.
        interactions: In the order of the file.
        version: The oldest version of our own data in it; None if there is none.
    """

    path: Path
    container: str
    interactions: tuple[Interaction, ...]
    version: int | None = None
