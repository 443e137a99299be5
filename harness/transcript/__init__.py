"""What a stream said, in order: captured, normalized, written as text, compared."""

from harness.transcript._capture import (
    acapture,
    acapture_chunks,
    capture,
    capture_chunks,
    listening,
)
from harness.transcript._compare import Difference, compare_texts
from harness.transcript._model import StreamEvent
from harness.transcript._normalize import SET_APART
from harness.transcript._rules import Rules
from harness.transcript._text import FORMAT
from harness.transcript._transcript import Transcript
from harness.transcript._watch import WatchedGraph, watch

__all__ = [
    "FORMAT",
    "SET_APART",
    "Difference",
    "Rules",
    "StreamEvent",
    "Transcript",
    "WatchedGraph",
    "acapture",
    "acapture_chunks",
    "capture",
    "capture_chunks",
    "compare_texts",
    "listening",
    "watch",
]
