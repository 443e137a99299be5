"""Our interactions as vcrpy's pairs of a request and a response, and back.

A response carries our own data under one key of its dict, which vcrpy keeps. Whoever changes a body
on the way need not know of it: where the cuts no longer fit, the body becomes one piece.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from vcr.request import Request  # type: ignore[import-untyped]  # vcrpy has no annotations

from harness._placeholder import is_placeholder
from harness.cassettes._format.containers import read_tree
from harness.cassettes._format.decode import playable_headers
from harness.cassettes._format.our_key import OUR_KEY, our_key
from harness.cassettes._model import (
    Headers,
    Interaction,
    RecordedRequest,
    RecordedResponse,
    header,
)

Response: TypeAlias = dict[str, Any]
Pair: TypeAlias = tuple[Request, Response]


def vcr_request(request: RecordedRequest) -> Request:
    """Return vcrpy's form of a request; of a repeated header field it keeps the first."""
    fields: dict[str, str] = {}
    for name, value in request.headers:
        fields.setdefault(name, value)
    return Request(request.method, request.url, request.body or None, fields)


def our_request(request: Request) -> RecordedRequest:
    """Return our form of a request, whatever a hook has made of its parts."""
    headers = tuple((_text(name), _text(value)) for name, value in request.headers.items())
    return RecordedRequest(request.method.upper(), request.uri, headers, _bytes(request.body))


def vcr_response(response: RecordedResponse) -> Response:
    """Return vcrpy's form of a response, our data included."""
    tree: Response = {
        "status": {"code": response.status, "message": response.reason},
        "headers": _fields(response.headers),
        "body": {"string": response.body},
    }
    if response.timing is not None:
        tree[OUR_KEY] = our_key(response)
    return tree


def vcr_pairs(items: Iterable[Interaction]) -> Iterator[Pair]:
    """Return vcrpy's form of interactions."""
    return ((vcr_request(item.request), vcr_response(item.response)) for item in items)


def our_interactions(pairs: Iterable[Pair]) -> tuple[Interaction, ...]:
    """Return our form of what vcrpy has loaded or is about to save.

    Raises:
        CassetteFormatError: A pair is malformed.
    """
    trees = [{"request": _request_tree(q), "response": _fitted(p)} for q, p in pairs]
    _, found = read_tree({"interactions": trees})
    return tuple(
        Interaction(k, request, _playable(response)) for k, (request, response) in enumerate(found)
    )


def _request_tree(request: Request) -> dict[str, Any]:
    ours = our_request(request)
    return {
        "method": ours.method,
        "uri": ours.url,
        "body": ours.body,
        "headers": _fields(ours.headers),
    }


def _fitted(response: Response) -> Response:
    """Make one piece of a body whose length a hook has changed."""
    ours, body = response.get(OUR_KEY), response.get("body")
    if not ours or not isinstance(body, dict):
        return response
    size = len(_bytes(body.get("string")))
    cuts = ours["cuts"]
    if size == (cuts[-1] if cuts else 0):
        return response
    offsets = ours["offsets"][-1:] or [ours.get("head", 0.0)]
    kept = {key: value for key, value in ours.items() if key != "wire_cuts"}
    kept |= {"cuts": [size] if size else [], "offsets": offsets if size else []}
    if "arrivals" in ours:
        asked, head, *came, ended = ours["arrivals"]
        if not size:
            kept["arrivals"] = [asked, head, ended]
        else:
            kept["arrivals"] = [asked, head, *(came[-1:] or [ended]), ended + (not came)]
    return {**response, OUR_KEY: kept}


def _playable(response: RecordedResponse) -> RecordedResponse:
    """Give a response a content type again where a hook has redacted it."""
    stated = header(response.headers, "content-type")
    if stated and not is_placeholder(stated):
        return response
    return replace(response, headers=playable_headers(response.headers, response.body))


def _fields(headers: Headers) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in headers:
        fields.setdefault(name, []).append(value)
    return fields


def _bytes(body: Any) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, dict):
        return json.dumps(body).encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    return b"".join(_bytes(piece) for piece in body)


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
