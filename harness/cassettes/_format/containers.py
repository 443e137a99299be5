"""The file formats that other tools write, one small function each.

A container turns the tree of a file into pairs of a request and a response. To read another
format, write its function and add a line to `CONTAINERS`; the first one that recognizes the root
of a file reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from harness._yaml.scalar import Tree
from harness.cassettes._format.decode import decoded_body, decoded_request_body, playable_headers
from harness.cassettes._format.nock import is_nock, request_of, response_of
from harness.cassettes._format.our_key import OUR_KEY, read_our_key
from harness.cassettes._model import Headers, RecordedRequest, RecordedResponse
from harness.errors import CassetteFormatError

Pair: TypeAlias = tuple[RecordedRequest, RecordedResponse]
_Dict: TypeAlias = dict[str, Any]
_Trees: TypeAlias = tuple[Tree, Tree]


@dataclass(frozen=True)
class Container:
    """A file format: its name, how its root is recognized, and how its pairs are read."""

    name: str
    recognizes: Callable[[Tree], bool]
    pairs: Callable[[_Dict], Iterator[_Trees]]


class NoHttpError(CassetteFormatError):
    """A recording of another protocol; to record it anew with this harness would not help."""


def read_tree(root: Tree) -> tuple[str, list[Pair]]:
    """Return the name of the container and its pairs.

    Raises:
        NoHttpError: It is the recording of another protocol.
        CassetteFormatError: No container recognizes the root, or a pair is malformed; the message
            names the index of the interaction.
    """
    if root is None:
        raise CassetteFormatError("the file is empty")
    container = next((item for item in CONTAINERS if item.recognizes(root)), None)
    if container is None:
        raise CassetteFormatError(f"not a cassette: {_described(root)}\n  expected: {_EXPECTED}")
    _check_protocol(root)
    pairs: list[Pair] = []
    for k, (request, response) in enumerate(container.pairs(root)):
        try:
            pairs.append((_request(request), _response(response)))
        except CassetteFormatError as error:
            raise CassetteFormatError(f"interaction {k}: {error}") from error
    return container.name, pairs


def _check_protocol(root: Tree) -> None:
    items = root.get("interactions") if isinstance(root, dict) else None
    first = items[0] if isinstance(items, list) and items else None
    if not isinstance(first, dict) or "request" in first:
        return
    what = next((what for keys, what in _OTHER_PROTOCOLS.items() if keys <= first.keys()), None)
    if what is not None:
        raise NoHttpError(f"it holds {what}, and no HTTP requests with their answers")


@dataclass(frozen=True)
class Stored:
    """A request or a response as it stands in a file, before anything is decoded."""

    headers: Headers
    body: bytes


def stored_in(root: Tree) -> list[tuple[Stored, Stored]]:
    """Return the requests and responses of a tree that `read_tree` accepts, as they stand."""
    container = next(item for item in CONTAINERS if item.recognizes(root))
    return [
        (
            Stored(_headers(request), _body(request, "the request")),
            Stored(_headers(response), _stored_body(response)),
        )
        for request, response in container.pairs(root)
    ]


def _stored_body(tree: _Dict) -> bytes:
    return _bytes(tree["content"]) if "content" in tree else _body(tree, "the response")


def oldest_version(root: Tree) -> int | None:
    """Return the lowest version of our own data in a tree that `read_tree` accepts."""
    items = root.get("interactions", ()) if isinstance(root, dict) else ()
    ours = [item["response"].get(OUR_KEY) for item in items if isinstance(item, dict)]
    return min((data["version"] for data in ours if data), default=None)


def _vcrpy(root: _Dict) -> Iterator[_Trees]:
    return _items(_list(root, "interactions"))


def _ruby_vcr(root: _Dict) -> Iterator[_Trees]:
    return _items(_list(root, "http_interactions"))


def _nock(root: Any) -> Iterator[_Trees]:
    return ((request_of(call), response_of(call)) for call in root)


def _items(items: list[Tree]) -> Iterator[_Trees]:
    for item in items:
        fields = item if isinstance(item, dict) else {}
        yield fields.get("request"), fields.get("response")


def _langchain_tests(root: _Dict) -> Iterator[_Trees]:
    requests, responses = _list(root, "requests"), _list(root, "responses")
    if len(requests) != len(responses):
        raise CassetteFormatError(f"{len(requests)} requests but {len(responses)} responses")
    return zip(requests, responses, strict=True)


def _request(tree: Tree) -> RecordedRequest:
    tree = _dict(tree, "request")
    headers = _headers(tree)
    method, url = tree.get("method"), tree.get("uri", tree.get("url"))
    if not isinstance(method, str) or not isinstance(url, str):
        raise CassetteFormatError("the request has no `method` or no `uri`")
    body = decoded_request_body(_body(tree, "the request"), headers)
    return RecordedRequest(method.upper(), url, headers, body)


def _response(tree: Tree) -> RecordedResponse:
    tree = _dict(tree, "response")
    headers = _headers(tree)
    status, reason = _status(tree)
    body = _stored_body(tree)
    if ours := read_our_key(tree, len(body)):  # ready to be played as it stands
        return RecordedResponse(status, reason, headers, body, **vars(ours))
    body = decoded_body(body, headers)
    return RecordedResponse(status, reason, playable_headers(headers, body), body)


def _status(tree: _Dict) -> tuple[int, str]:
    status: Any = tree.get("status", tree.get("status_code"))
    reason = tree.get("reason")
    if isinstance(status, dict):
        status, reason = status.get("code"), status.get("message")
    elif "code" in tree:  # go-vcr: `status: 200 OK`, `code: 200`
        status, reason = tree["code"], str(status).removeprefix(str(tree["code"])).strip()
    try:
        return int(status), str(reason or "")
    except (TypeError, ValueError):
        raise CassetteFormatError(f"the status of the response is {status!r}") from None


def _headers(tree: _Dict) -> Headers:
    """Header values are a text, or a list of them, by tool."""
    fields = tree.get("headers") or {}
    if not isinstance(fields, dict):
        raise CassetteFormatError(f"`headers` is not a mapping but {fields!r:.40}")
    return tuple(
        [
            (
                name if type(name) is str else _text(name),
                value if type(value) is str else _text(value),
            )
            for name, values in fields.items()
            for value in (values if type(values) is list else [values])
        ]
    )


def _body(tree: _Dict, whose: str) -> bytes:
    if "parsed_body" in tree:
        return json.dumps(tree["parsed_body"], ensure_ascii=False, default=_text).encode()
    body = tree.get("body")
    if isinstance(body, dict):
        # {string}, {encoding, string}, or a request body that was written as a tree.
        body = body.get("string", body.get("base64_string", "")) if "string" in body else None
        if body is None and tree.get("body"):
            raise CassetteFormatError(f"the body of {whose} has no `string`")
    return _bytes(body)


def _bytes(value: Tree) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode(errors="surrogatepass")
    raise CassetteFormatError(f"a body is not a text but {value!r:.40}")


def _list(tree: _Dict, key: str) -> list[Tree]:
    value = tree[key]
    if not isinstance(value, list):
        raise CassetteFormatError(f"`{key}` is not a list but {value!r:.40}")
    return value


def _dict(value: Tree, name: str) -> _Dict:
    if not isinstance(value, dict):
        raise CassetteFormatError(f"`{name}` is missing or not a mapping")
    return value


def _text(value: Tree) -> str:
    if type(value) is str:
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _described(root: Tree) -> str:
    if not isinstance(root, dict):
        return f"its content is a {type(root).__name__}"
    keys = ", ".join(f"`{key}`"[:40] for key in list(root)[:6])
    return f"its keys are {keys}" if keys else "it is an empty mapping"


def _has(*keys: str) -> Callable[[Tree], bool]:
    return lambda root: isinstance(root, dict) and root.keys() >= {*keys}


CONTAINERS = (
    Container("vcrpy", _has("interactions"), _vcrpy),  # go-vcr's, too
    Container("langchain-tests", _has("requests", "responses"), _langchain_tests),
    Container("ruby-vcr", _has("http_interactions"), _ruby_vcr),  # R's, too
    Container("single pair", _has("request", "response"), lambda root: _items([root])),
    Container("nock", is_nock, _nock),
)

_OTHER_PROTOCOLS = {
    frozenset({"kind", "direction"}): "frames of a WebSocket",
    frozenset({"request_sample", "response_sample"}): "calls of gRPC",
    frozenset({"request_stream", "response_stream"}): "calls of gRPC",
}
"""What pydantic-ai writes beside HTTP, by the keys of an interaction."""

_EXPECTED = (
    "`interactions` (vcrpy, go-vcr), `requests` and `responses` (langchain-tests), "
    "`http_interactions` (Ruby VCR), `request` and `response` (one pair), or a list (nock)"
)
