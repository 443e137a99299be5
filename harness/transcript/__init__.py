"""What a stream said, in order: captured, normalized, written as text, compared."""

from harness.transcript._capture.capture import (
    acapture,
    acapture_chunks,
    capture,
    capture_chunks,
)
from harness.transcript._capture.listening import Heard, listening
from harness.transcript._capture.watch import WatchedGraph, watch
from harness.transcript._compare.compare import Difference, compare_texts, same_stream, says_less
from harness.transcript._compare.said import Change
from harness.transcript._model import Head, Origin, StreamEvent
from harness.transcript._normalize import SET_APART, without_ids
from harness.transcript._rules import Rules
from harness.transcript._text.entries import WITHOUT_TEXT, Entry, page_of
from harness.transcript._text.read import format_of, read
from harness.transcript._text.write import FORMAT, write
from harness.transcript._transcript import Transcript

__all__ = [
    "FORMAT",
    "SET_APART",
    "WITHOUT_TEXT",
    "Change",
    "Difference",
    "Entry",
    "Head",
    "Heard",
    "Origin",
    "Rules",
    "StreamEvent",
    "Transcript",
    "WatchedGraph",
    "acapture",
    "acapture_chunks",
    "capture",
    "capture_chunks",
    "compare_texts",
    "format_of",
    "listening",
    "page_of",
    "read",
    "same_stream",
    "says_less",
    "watch",
    "without_ids",
    "write",
]
