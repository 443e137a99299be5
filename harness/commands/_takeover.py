"""What `harness takeover` does: another tool's recording in, ours and the differences out.

A difference names a place and never a value: that may be what is to be taken out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness._files import file_text
from harness._yaml.read import load_yaml
from harness.cassettes import Scrubber, read_recording
from harness.cassettes._format.containers import Stored, read_tree, stored_in
from harness.cassettes._format.store import dumped, scrubbed
from harness.cassettes._model import Headers, Interaction
from harness.errors import CassetteError

_YAML = {".yaml", ".yml", ""}


@dataclass(frozen=True)
class TakenOver:
    """What came of a file.

    Args:
        text: That of a recording of ours.
        changes: What is different in it; nothing if the file was one.
        left: Why the file is left as it is, although something would be different.
    """

    text: str
    changes: list[str]
    left: str = ""


def taken_over(path: Path) -> TakenOver:
    """Make a recording of ours of a file.

    Raises:
        CassetteError: The file cannot be read, a secret seems to remain, or something would be
            lost.
    """
    recording = read_recording(path)
    clean = scrubbed(path, recording.interactions, Scrubber.of_environment(os.environ))
    changes = list(_format(path, recording.container))
    stored = stored_in(load_yaml(file_text(path)))
    for pair, item, ours in zip(stored, recording.interactions, clean, strict=True):
        changes += [f"interaction {item.index}: {what}" for what in _differences(pair, item, ours)]
    if changes and path.suffix not in _YAML:
        return TakenOver(
            "", [], f"a serializer of the suite keeps it as {path.suffix}, and plays it"
        )
    text = dumped(clean)
    _check_nothing_is_lost(text, clean)
    return TakenOver(text, changes)


def _format(path: Path, container: str) -> Iterator[str]:
    if container != "vcrpy":
        yield f"from the format {container} to vcrpy's"
    elif path.suffix in _YAML and path.read_bytes().startswith(b"\x1f\x8b"):
        yield "no longer gzipped"


def _differences(
    stored: tuple[Stored, Stored], item: Interaction, ours: Interaction
) -> Iterator[str]:
    if item.request.url != ours.request.url:
        yield "the address of the request is scrubbed"
    for whose, was, read, clean in (
        ("request", stored[0], item.request, ours.request),
        ("response", stored[1], item.response, ours.response),
    ):
        yield from _headers(whose, was.headers, clean.headers)
        if was.body != read.body:
            yield f"the body of the {whose} is no longer compressed"
        if read.body != clean.body:
            yield f"the body of the {whose} is scrubbed"


def _headers(whose: str, was: Headers, now: Headers) -> Iterator[str]:
    before, after = _fields(was), _fields(now)
    gone = [name for name in before if name not in after]
    new = [name for name in after if name not in before]
    changed = [name for name in before if name in after and before[name] != after[name]]
    for what, names in (("gone", gone), ("new", new), ("scrubbed or corrected", changed)):
        if names:
            yield f"headers of the {whose} {what}: {', '.join(names)}"


def _fields(headers: Headers) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in headers:
        fields.setdefault(name.lower(), []).append(value)
    return fields


def _check_nothing_is_lost(text: str, clean: list[Interaction]) -> None:
    read = read_tree(load_yaml(text))[1]
    for (request, response), item in zip(read, clean, strict=True):
        if (request, response) != (item.request, item.response):
            raise CassetteError(f"{item} would not read back as it is; it is left as it was")
