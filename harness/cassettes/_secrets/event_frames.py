"""The binary event streams of Amazon (Bedrock): frames, each with its own checksums.

A frame is its length, that of its headers, a checksum of both, the headers, the payload, and a
checksum of all that. Bedrock's payload is JSON that holds an event of the model in base64. So that
a key which is spread over events is seen, the events are put one to a line; and what is replaced in
them is put back, with checksums that are right again.
"""

from __future__ import annotations

import base64
import re
import zlib
from typing import NamedTuple

_PRELUDE, _CHECKSUM = 12, 4
_BYTES = re.compile(rb'"bytes"\s*:\s*"([A-Za-z0-9+/=]*)"')


class _Frame(NamedTuple):
    before: bytes  # the prelude and the headers
    payload: bytes

    @property
    def event(self) -> bytes:
        """What the payload says."""
        match = _BYTES.search(self.payload)
        try:
            return self.payload if match is None else base64.b64decode(match[1], validate=True)
        except ValueError:
            return self.payload

    def saying(self, event: bytes) -> bytes:
        """Return the frame with another event, which is as long as its own."""
        match = _BYTES.search(self.payload)
        payload = event
        if match is not None and self.event != self.payload:
            start, end = match.span(1)
            payload = self.payload[:start] + base64.b64encode(event) + self.payload[end:]
        whole = self.before + payload
        return whole + zlib.crc32(whole).to_bytes(_CHECKSUM, "big")


class EventFrames(NamedTuple):
    """A body that consists of frames; the rest is a frame that was cut off, or nothing."""

    frames: list[_Frame]
    rest: bytes

    @property
    def text(self) -> str:
        """The events, one to a line."""
        events = [frame.event for frame in self.frames]
        return b"\n".join(events).decode(errors="surrogateescape")

    def saying(self, text: str) -> bytes:
        """Return the body with other events, each as long as its own, as they stand in `text`."""
        data, at, frames = text.encode(errors="surrogateescape"), 0, []
        for frame in self.frames:
            end = at + len(frame.event)
            frames.append(frame.saying(data[at:end]))
            at = end + 1
        return b"".join(frames) + self.rest


def event_frames(body: bytes) -> EventFrames | None:
    """Return the frames of a body; None if it does not begin with one."""
    frames, at = [], 0
    while (frame := _frame_at(body, at)) is not None:
        frames.append(frame)
        at += len(frame.before) + len(frame.payload) + _CHECKSUM
    return EventFrames(frames, body[at:]) if frames else None


def _frame_at(body: bytes, at: int) -> _Frame | None:
    prelude = body[at : at + _PRELUDE]
    if len(prelude) < _PRELUDE or zlib.crc32(prelude[:8]) != int.from_bytes(prelude[8:], "big"):
        return None
    size, headers = int.from_bytes(prelude[:4], "big"), int.from_bytes(prelude[4:8], "big")
    start, end = at + _PRELUDE + headers, at + size - _CHECKSUM
    if not start <= end <= len(body) - _CHECKSUM:
        return None
    return _Frame(body[at:start], body[start:end])
