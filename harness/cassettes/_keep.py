"""Keep what was recorded: scrubbed, beside what other processes have recorded meanwhile."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from harness._files import only_writer, state_of
from harness.cassettes._cassette import Cassette
from harness.cassettes._model import Interaction
from harness.cassettes._scrub import Scrubber
from harness.cassettes._store import merged


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
        known = {_content_of(item) for item in seen}
        now = () if state_of(path) == state else options.storage.read(path)
        others = [item for item in now if _content_of(item) not in known]
        options.storage.write(path, merged(others, cassette.to_save()), rules)


def _content_of(item: Interaction) -> object:
    request, response = item.request, item.response
    return request.method, request.url, request.body, response.body, response.timing
