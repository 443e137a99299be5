"""The recordings of nock (Node.js): a JSON list of calls, turned into the trees of the others."""

from __future__ import annotations

import json
import re
from typing import Any

from harness._yaml.scalar import Tree

_HEX = re.compile(r"(?:[0-9a-f]{2})+")


def is_nock(root: Tree) -> bool:
    """Whether the root of a file is a list of nock's calls."""
    return (
        isinstance(root, list)
        and bool(root)
        and all(isinstance(call, dict) and {"scope", "path"} <= call.keys() for call in root)
    )


def request_of(call: dict[str, Any]) -> dict[str, Any]:
    """Return the request of a call as vcrpy would write it."""
    return {
        "method": call.get("method", "GET"),
        "uri": f"{call['scope']}{call['path']}",
        "headers": call.get("reqheaders") or {},
        "body": _text(call.get("body")),
    }


def response_of(call: dict[str, Any]) -> dict[str, Any]:
    """Return the response of a call as vcrpy would write it."""
    raw = call.get("rawHeaders", call.get("headers")) or {}
    if isinstance(raw, list):  # names and values in turns
        fields: dict[str, list[Any]] = {}
        for name, value in zip(raw[::2], raw[1::2], strict=False):
            fields.setdefault(str(name), []).append(value)
        raw = fields
    return {
        "status": {"code": call.get("status"), "message": ""},
        "headers": raw,
        "body": {"string": _body(call.get("response"), call)},
    }


def _body(value: Tree, call: dict[str, Any]) -> Tree:
    """Undo the hexadecimal digits in which nock writes compressed bodies: a text, or several."""
    pieces = value if isinstance(value, list) else [value]
    if pieces and all(isinstance(piece, str) and _HEX.fullmatch(piece) for piece in pieces):
        is_list = isinstance(value, list) and "content-encoding" in json.dumps(call).lower()
        if is_list or call.get("responseIsBinary"):
            return bytes.fromhex("".join(pieces))
    return _text(value)


def _text(value: Tree) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
