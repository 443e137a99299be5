"""What `harness check` finds in a recording."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path

from harness.cassettes import (
    FORMAT_VERSION,
    Interaction,
    Recording,
    Scrubber,
    header,
    read_recording,
)
from harness.errors import CassetteFormatError, HarnessError

Plays = dict[str, set[int]]
"""By the path of a file, which of its interactions were played."""


@dataclass(frozen=True)
class Problem:
    """One line of the report.

    Attributes:
        path: The file.
        kind: `unreadable`, `version`, `secret`, `identifier`, `age` or `unplayed`.
        interaction: Which one, or None for the whole file.
        text: What it is and where.
    """

    path: str
    kind: str
    interaction: int | None
    text: str


def read_plays(path: Path) -> Plays:
    """Read what tests have played, as pytest notes it under `HARNESS_PLAYS`.

    Raises:
        HarnessError: The file is not there, or is something else.
    """
    played: Plays = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            note = json.loads(line)
            played.setdefault(note["path"], set()).update(note["played"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HarnessError(
            f"cannot read the plays in {path}: {error}\n"
            f"  to write them: HARNESS_PLAYS={path} pytest"
        ) from error
    return played


def problems(
    file: Path, *, max_age: int | None, plays: Plays | None, identifiers: bool
) -> Iterator[Problem]:
    """Yield what is wrong with a recording.

    Args:
        file: The recording.
        max_age: After how many days it is too old; None if it never is.
        plays: What tests have played; None if that does not matter.
        identifiers: Whether cookies and ids of accounts count, too.
    """
    try:
        recording = read_recording(file)
    except CassetteFormatError as error:
        yield Problem(str(file), "unreadable", None, str(error).splitlines()[1].strip())
        return
    if recording.version not in (None, FORMAT_VERSION):
        text = (
            f"format version {recording.version}; to bring it to {FORMAT_VERSION}: harness upgrade"
        )
        yield Problem(str(file), "version", None, f"{text} {file}")
    yield from _secrets(file, recording, identifiers=identifiers)
    for item in recording.interactions:
        if max_age is not None and (days := _age(item)) is not None and days > max_age:
            text = f"recorded {days} days ago; record it anew with --record-mode=rewrite"
            yield Problem(str(file), "age", item.index, text)
    if plays is not None:
        played = plays.get(str(file.resolve()), set())
        for item in recording.interactions:
            if item.index not in played:
                text = f"{item.request.method} {item.request.url} is played by no test"
                yield Problem(str(file), "unplayed", item.index, text)


def _secrets(file: Path, recording: Recording, *, identifiers: bool) -> Iterator[Problem]:
    scrubber = Scrubber.of_environment(os.environ)
    for item in recording.interactions:
        for finding in scrubber.findings(item):
            if finding.is_secret or identifiers:
                kind = "secret" if finding.is_secret else "identifier"
                yield Problem(str(file), kind, item.index, str(finding))


def _age(item: Interaction) -> int | None:
    """Return how many days ago an interaction was recorded, as far as it says so."""
    day, date = item.response.recorded_on, header(item.response.headers, "date")
    try:
        if day:
            recorded = datetime.fromisoformat(day).replace(tzinfo=timezone.utc)
        elif date:
            recorded = parsedate_to_datetime(date)
        else:
            return None
        return (datetime.now(timezone.utc) - recorded).days
    except (TypeError, ValueError):
        return None
