"""What a stream said, in order: captured, normalized, written as text, compared."""

from harness.transcript._capture import acapture, capture, listening
from harness.transcript._compare import Difference, compare_texts
from harness.transcript._model import StreamEvent
from harness.transcript._normalize import SET_APART
from harness.transcript._text import FORMAT
from harness.transcript._transcript import Transcript

__all__ = [
    "FORMAT",
    "SET_APART",
    "Difference",
    "StreamEvent",
    "Transcript",
    "acapture",
    "capture",
    "compare_texts",
    "listening",
]
