"""Write a cassette: a vcrpy v1 file with our data under one key, scrubbed, in one step.

Stock vcrpy loads, replays and keeps such a file. Text keeps its lines wherever YAML can express it
exactly, so that a stream can be reviewed in a pull request.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import yaml

from harness._files import write_whole
from harness._yaml.scalar import Tree
from harness._yaml.write import Block, Dumper, Flow
from harness.cassettes._format.our_key import OUR_KEY, our_key
from harness.cassettes._model import Headers, Interaction, RecordedRequest, RecordedResponse
from harness.cassettes._secrets.scrub import Scrubber
from harness.errors import CassetteError


def save(path: Path, interactions: Sequence[Interaction], scrubber: Scrubber) -> None:
    """Scrub the interactions and write them; the file is the old one or the new one, never a part.

    Raises:
        CassetteError: Something suspicious remains after scrubbing; nothing is written.
    """
    clean = scrubbed(path, interactions, scrubber)
    write_whole(path, lambda file: _dump(clean, file))


def scrubbed(
    path: Path, interactions: Sequence[Interaction], scrubber: Scrubber
) -> list[Interaction]:
    """Return the interactions without secrets.

    Raises:
        CassetteError: Something suspicious remains.
    """
    clean = [scrubber.scrubbed(item) for item in interactions]
    suspicions = [
        f"interaction {item.index} ({item.request.method} {item.request.url}), {place}"
        for item in clean
        for place in scrubber.suspicions(item)
    ]
    if suspicions:
        places = "\n  ".join(suspicions)
        raise CassetteError(
            f"the cassette {path} is not written: a secret seems to remain in it\n  {places}\n"
            "  take it out of what the program sends or receives, then record again"
        )
    return clean


def dumped(interactions: Sequence[Interaction]) -> str:
    """Return the text of a cassette file that reads back as the same interactions."""
    text = io.StringIO()
    _dump(interactions, text)
    return text.getvalue()


def _dump(interactions: Sequence[Interaction], file: TextIO) -> None:
    tree = {"interactions": [_interaction(item) for item in interactions], "version": 1}
    yaml.dump(tree, file, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


def merged(others: Sequence[Interaction], own: Sequence[Interaction]) -> list[Interaction]:
    """Put together what two processes recorded at the same time; the arrivals of one come first."""
    last = max((n for item in others for n in _arrivals(item)), default=-1)
    shift = 1 + last - min((n for item in own for n in _arrivals(item)), default=0)
    moved = [_moved(item, shift) for item in own] if last >= 0 else own
    return [replace(item, index=k) for k, item in enumerate((*others, *moved))]


def _arrivals(item: Interaction) -> tuple[int, ...]:
    timing = item.response.timing
    return timing.arrivals if timing is not None else ()


def _moved(item: Interaction, shift: int) -> Interaction:
    timing = item.response.timing
    if timing is None or not timing.arrivals:
        return item
    timing = replace(timing, arrivals=tuple(n + shift for n in timing.arrivals))
    return replace(item, response=replace(item.response, timing=timing))


def _interaction(item: Interaction) -> dict[str, Any]:
    return {"request": _request(item.request), "response": _response(item.response)}


def _request(request: RecordedRequest) -> dict[str, Any]:
    return {
        "body": _body(request.body) if request.body else None,
        "headers": _headers(request.headers),
        "method": request.method,
        "uri": request.url,
    }


def _response(response: RecordedResponse) -> dict[str, Any]:
    ours = {
        name: Flow(value) if isinstance(value, list) else value
        for name, value in our_key(response).items()
    }  # none if it was read from another tool's file, and stays as it was
    return {
        "body": {"string": _body(response.body)},
        "headers": _headers(response.headers),
        **({OUR_KEY: ours} if ours else {}),
        "status": {"code": response.status, "message": response.reason},
    }


def _headers(headers: Headers) -> dict[str, list[str]]:
    tree: dict[str, list[str]] = {}
    for name, value in headers:
        tree.setdefault(name, []).append(value)
    return tree


def _body(body: bytes) -> Tree:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return body
    return Block(text) if "\n" in text else text
