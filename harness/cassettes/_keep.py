"""Keep what was recorded: scrubbed, beside what other processes have recorded meanwhile."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from harness._files import only_writer, state_of
from harness.cassettes._cassette import Cassette
from harness.cassettes._format.store import merged
from harness.cassettes._model import Interaction
from harness.cassettes._secrets.scrub import Scrubber


def keep(cassette: Cassette, path: Path, seen: Sequence[Interaction], state: object) -> None:
    """Write a cassette to its file.

    Args:
        cassette: What was recorded, and what is kept of what was there.
        path: The file.
        seen: What stood in it when the cassette was opened.
        state: What its state was then.

    Raises:
        CassetteError: Something suspicious remains after scrubbing; nothing is written.
    """
    options = cassette.options
    rules = Scrubber.of_environment(os.environ, options.scrub)
    with only_writer(path):
        now = () if state_of(path) == state else options.storage.read(path)
        kept = merged(list(_added(now, seen)), cassette.to_save())
        options.storage.write(path, kept, rules)


def _added(now: Sequence[Interaction], seen: Sequence[Interaction]) -> Iterator[Interaction]:
    """Yield what another process has added to the file since it was seen."""
    known = Counter(map(_content_of, seen))
    for item in now:
        content = _content_of(item)
        if known[content]:
            known[content] -= 1
        else:
            yield item


def _content_of(item: Interaction) -> object:
    """Return what tells a recording from others; in a file of several its arrivals may move."""
    request, response = item.request, item.response
    timing = response.timing and replace(response.timing, arrivals=())
    return request.method, request.url, request.body, response.body, timing
