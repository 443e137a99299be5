"""Cassettes: recorded HTTP, read from many tools' files and played as the streams they were.

What scrubs and writes is imported on first use: a replay does without.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from harness.cassettes._cassette import RECORD_MODES, Cassette, RecordMode
from harness.cassettes._format.our_key import FORMAT_VERSION
from harness.cassettes._format.read import read_recording
from harness.cassettes._match import MATCH_PARTS
from harness.cassettes._model import (
    Interaction,
    RecordedRequest,
    RecordedResponse,
    Recording,
    Timing,
    header,
)
from harness.cassettes._use import CassetteBlock, play, use_cassette

if TYPE_CHECKING:
    from harness.cassettes._format.store import save
    from harness.cassettes._secrets.scrub import Scrubber, names_a_secret

__all__ = [
    "FORMAT_VERSION",
    "MATCH_PARTS",
    "RECORD_MODES",
    "Cassette",
    "CassetteBlock",
    "Interaction",
    "RecordMode",
    "RecordedRequest",
    "RecordedResponse",
    "Recording",
    "Scrubber",
    "Timing",
    "header",
    "names_a_secret",
    "play",
    "read_recording",
    "save",
    "use_cassette",
]

_HOME = {
    "Scrubber": "_secrets.scrub",
    "names_a_secret": "_secrets.scrub",
    "save": "_format.store",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'harness.cassettes' has no attribute {name!r}")
    return getattr(import_module(f"harness.cassettes.{_HOME[name]}"), name)
