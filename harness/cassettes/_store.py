"""Write a cassette: a vcrpy v1 file with our data under one key, scrubbed, in one step.

Stock vcrpy loads, replays and keeps such a file. Text keeps its lines wherever YAML can express it
exactly, so that a stream can be reviewed in a pull request.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import yaml

from harness.cassettes._containers import OUR_KEY, OUR_VERSION
from harness.cassettes._model import Headers, Interaction, RecordedRequest, RecordedResponse
from harness.cassettes._scrub import Scrubber
from harness.cassettes._yaml import Tree
from harness.errors import CassetteError

try:
    import fcntl
except ImportError:  # Windows, where two processes must not record into one file
    fcntl = None  # type: ignore[assignment]

# For YAML 1.1 these end a line, and PyYAML loses them in every style but the double-quoted one.
_OTHER_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")


def save(path: Path, interactions: Sequence[Interaction], scrubber: Scrubber) -> None:
    """Scrub the interactions and write them; the file is the old one or the new one, never a part.

    Raises:
        CassetteError: Something suspicious remains after scrubbing; nothing is written.
    """
    clean = scrubbed(path, interactions, scrubber)
    write_atomically(path, lambda file: _dump(clean, file))


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
    yaml.dump(tree, file, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


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


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Let no other process that asks so write the file; a process that dies lets go of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if fcntl is None:
        yield
        return
    # The folder is locked and not a file of its own, which somebody would have to take away.
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_atomically(path: Path, content: str | Callable[[TextIO], None]) -> None:
    """Write a file beside its place, make sure that it is on the disk, and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            if isinstance(content, str):
                file.write(content)
            else:
                content(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes it private
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
    tree = {
        "body": {"string": _body(response.body)},
        "headers": _headers(response.headers),
        OUR_KEY: ours_of(response),
        "status": {"code": response.status, "message": response.reason},
    }
    if response.timing is None:  # read from another tool's file, and stays as it was
        del tree[OUR_KEY]
    return tree


def ours_of(response: RecordedResponse) -> dict[str, Any]:
    """Return our data about a response, as it stands in a file."""
    timing = response.timing
    if timing is None:
        return {}
    tree = {
        "version": OUR_VERSION,
        "asked": timing.asked if timing.arrivals else None,
        "head": timing.head if timing.arrivals else None,
        "cuts": _Flow(timing.cuts),
        "offsets": _Flow(timing.offsets),
        "ended": timing.ended,
        "end": timing.end,
        "error": timing.error or None,
        "answered": None if timing.answered else False,
        "arrivals": _Flow(timing.arrivals) if timing.arrivals else None,
        "lane": timing.lane or None,
        "content_encoding": response.content_encoding or None,
        "wire_cuts": _Flow(timing.wire_cuts) if timing.wire_cuts else None,
        "recorded_at": response.recorded_at or None,
        "recorded_on": response.recorded_on or None,
    }
    return {key: value for key, value in tree.items() if value is not None}


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
    return _Block(text) if "\n" in text else text


class _Flow(list[Any]):
    """A list that is written in one line."""


class _Block(str):
    """A text that is written as a block, line by line, where YAML can."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):  # the C one escapes every character beyond the basic plane
    def ignore_aliases(self, data: Any) -> bool:
        """Write an object that occurs twice in full, for readers and for diffs."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if isinstance(text, _Block) else None
    if _OTHER_LINE_BREAKS.search(text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


def _represent_flow(dumper: yaml.SafeDumper, items: _Flow) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(_Block, _represent_text)
_Dumper.add_representer(_Flow, _represent_flow)
