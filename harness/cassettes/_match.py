"""Which recorded interaction answers a request: pure functions over values.

An exact match that was not played yet comes first, in the order of the file, so that identical
requests get their answers in sequence. Where there is none, a match that differs only by known
drift between library versions will do, and says so. Else it is a miss, with the nearest
interaction explained.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import SplitResult, parse_qsl, urlsplit

from harness._json import Difference, differences
from harness._placeholder import equal_but_for_placeholders, is_placeholder
from harness.cassettes._drift import normalized
from harness.cassettes._model import Interaction, RecordedRequest, header

Part: TypeAlias = Callable[[RecordedRequest, RecordedRequest], Iterator[Difference]]
"""Yields where a recorded request and one that is sent differ in one respect."""

_BOUNDARY = re.compile(r"^multipart/.*;\s*boundary=\"?([^\s;\"]+)", re.IGNORECASE)
MATCH_ON = ("method", "host", "port", "path", "query", "body")
"""What is compared unless the user says otherwise; the words are those of vcrpy."""


@dataclass(frozen=True)
class Match:
    """The interaction that answers a request, and the drift that had to be undone."""

    interaction: Interaction
    drift: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class Miss:
    """Why no interaction answers a request.

    Args:
        nearest: The interaction with the fewest differences, None when there is none at all.
        differences: Those differences; empty when the nearest one was played already.
        played: How many interactions were played before.
        total: How many there are.
    """

    nearest: Interaction | None
    differences: tuple[Difference, ...]
    played: int
    total: int


def find(
    request: RecordedRequest,
    interactions: Sequence[Interaction],
    played: Collection[int],
    match_on: Sequence[str | Part] = MATCH_ON,
    lane: str = "",
) -> Match | Miss:
    """Choose the interaction that answers the request; of equal ones that of the lane."""
    unplayed = [item for item in interactions if item.index not in played]
    if lane:  # a stable sort: within a lane, and where none is known, in the order of the file
        unplayed.sort(key=lambda item: _lane_of(item) != lane)
    for item in unplayed:
        if not any(request_differences(item.request, request, match_on)):
            return Match(item)
    for item in unplayed:
        if not any(request_differences(item.request, request, match_on, undo_drift=True)):
            return Match(item, tuple(request_differences(item.request, request, match_on)))
    return _miss(request, interactions, played, match_on)


def request_differences(
    recorded: RecordedRequest,
    sent: RecordedRequest,
    match_on: Sequence[str | Part] = MATCH_ON,
    *,
    undo_drift: bool = False,
) -> Iterator[Difference]:
    """Yield where two requests differ, in the parts that are compared."""
    if undo_drift:
        recorded, sent = _without_old_query(recorded), _without_old_query(sent)
    for part in match_on:
        if part == "body":
            yield from _body(recorded, sent, undo_drift=undo_drift)
        else:
            compare = _PARTS[part] if isinstance(part, str) else part
            yield from compare(recorded, sent)


def _lane_of(item: Interaction) -> str:
    timing = item.response.timing
    return timing.lane if timing is not None else ""


def _miss(
    request: RecordedRequest,
    interactions: Sequence[Interaction],
    played: Collection[int],
    match_on: Sequence[str | Part],
) -> Miss:
    ranked = []
    for item in interactions:
        found = tuple(request_differences(item.request, request, match_on))
        elsewhere = sum(not difference.path.startswith("body") for difference in found)
        # Among played ones the last: it is the one that was asked for again.
        ranked.append((elsewhere, len(found), item.index in played, item.index, item, found))
    if not ranked:
        return Miss(None, (), 0, 0)
    *_, nearest, found = min(ranked, key=lambda entry: entry[:4])
    return Miss(nearest, found, len(played), len(interactions))


def _body(
    recorded: RecordedRequest, sent: RecordedRequest, *, undo_drift: bool
) -> Iterator[Difference]:
    if recorded.body == sent.body:
        return
    here, there = recorded.json(), sent.json()
    if here is None or there is None:
        old, new = _as_text(_without_boundary(recorded)), _as_text(_without_boundary(sent))
        if not equal_but_for_placeholders(old, new):
            yield Difference("body", old, new)
        return
    if undo_drift:
        here, there = normalized(here), normalized(there)
    yield from differences(here, there, "body")


def _without_boundary(request: RecordedRequest) -> bytes:
    """Return the body; of a form with files, without the boundary, drawn for each request."""
    found = _BOUNDARY.search(header(request.headers, "content-type") or "")
    if found is None:
        return request.body
    return request.body.replace(b"--" + found[1].encode("latin-1", "replace"), b"--boundary")


def _without_old_query(request: RecordedRequest) -> RecordedRequest:
    """Drop the `?beta=true` that older Anthropic SDKs send and newer ones do not."""
    url, _, query = request.url.partition("?")
    kept = "&".join(part for part in query.split("&") if part != "beta=true")
    if kept == query:
        return request
    return replace(request, url=f"{url}?{kept}" if kept else url)


def _as_text(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")


def _method(recorded: RecordedRequest, sent: RecordedRequest) -> Iterator[Difference]:
    if recorded.method != sent.method:
        yield Difference("method", recorded.method, sent.method)


def _headers(recorded: RecordedRequest, sent: RecordedRequest) -> Iterator[Difference]:
    here = {name.lower(): value for name, value in recorded.headers}
    there = {name.lower(): value for name, value in sent.headers}
    for name, value in here.items():
        if there.get(name) != value and not is_placeholder(value):
            yield Difference(f"headers.{name}", value, there.get(name))


def _url_part(name: str, part: Callable[[SplitResult], object]) -> Part:
    def compare(recorded: RecordedRequest, sent: RecordedRequest) -> Iterator[Difference]:
        url = urlsplit(recorded.url)
        if not url.netloc and is_placeholder(recorded.url):
            return  # the whole address was redacted, or its beginning: `<API_BASE>/v1/...`
        if name in {"scheme", "host", "port"} and is_placeholder(url.netloc):
            return
        here, there = part(url), part(urlsplit(sent.url))
        if here != there and not is_placeholder(str(here)):
            yield Difference(name, here, there)

    return compare


_DEFAULT_PORTS = {"http": 80, "https": 443}

_PARTS: dict[str, Part] = {
    "method": _method,
    "headers": _headers,
    "uri": _url_part("uri", lambda url: url.geturl()),
    "scheme": _url_part("scheme", lambda url: url.scheme),
    "host": _url_part("host", lambda url: url.hostname),
    "port": _url_part("port", lambda url: url.port or _DEFAULT_PORTS.get(url.scheme)),
    "path": _url_part("path", lambda url: url.path.rstrip("/")),
    "query": _url_part("query", lambda url: sorted(parse_qsl(url.query, keep_blank_values=True))),
}

MATCH_PARTS = (*_PARTS, "body")
"""What of a request can be compared."""
