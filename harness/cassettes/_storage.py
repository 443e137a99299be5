"""Where the interactions of a cassette are kept, and what of a request is looked up and stored.

`Files` is the answer for everybody who does not ask for something else: files of ours, requests as
they are. `_vcr.config.VcrConfig` is the other one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.cassettes._format.read import read_recording
from harness.cassettes._model import Interaction, RecordedRequest

if TYPE_CHECKING:
    from harness.cassettes._secrets.scrub import Scrubber


class Storage(Protocol):
    """Keeps interactions."""

    def read(self, path: Path) -> Sequence[Interaction]:
        """Return what is kept there.

        Raises:
            CassetteNotFoundError: There is nothing.
            CassetteFormatError: It cannot be read.
        """
        ...

    def write(self, path: Path, items: Sequence[Interaction], scrubber: Scrubber) -> None:
        """Keep these instead; until they are whole, what was there before is not lost.

        Raises:
            CassetteError: Something suspicious remains after scrubbing; nothing is written.
        """
        ...

    def shown(self, request: RecordedRequest) -> RecordedRequest | None:
        """Return what of a request may be seen, or None if the cassette has no part in it."""
        ...


class Files:
    """Cassettes are files of ours."""

    def read(self, path: Path) -> Sequence[Interaction]:
        """Read a file, whichever tool wrote it."""
        return read_recording(path).interactions

    def write(self, path: Path, items: Sequence[Interaction], scrubber: Scrubber) -> None:
        """Write a file in one step."""
        from harness.cassettes._format.store import save  # noqa: PLC0415 - slow, only for a recording

        save(path, items, scrubber)

    def shown(self, request: RecordedRequest) -> RecordedRequest:
        """Return the request as it is."""
        return request


FILES = Files()
