"""Cassettes: recorded HTTP, read from many tools' files and played as the streams they were."""

from harness.cassettes._cassette import Cassette
from harness.cassettes._model import (
    Interaction,
    RecordedRequest,
    RecordedResponse,
    Recording,
    Timing,
)
from harness.cassettes._read import read_recording
from harness.cassettes._use import CassetteBlock, play, use_cassette

__all__ = [
    "Cassette",
    "CassetteBlock",
    "Interaction",
    "RecordedRequest",
    "RecordedResponse",
    "Recording",
    "Timing",
    "play",
    "read_recording",
    "use_cassette",
]
