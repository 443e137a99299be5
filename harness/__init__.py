"""Test the stream of an LLM agent: record, replay, capture, compare.

Every public name is imported on first use, so that loading the pytest plugin costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.cassettes import use_cassette
    from harness.determinism import deterministic
    from harness.models import CassetteChatModel, ScriptedChatModel
    from harness.snapshot import StreamSnapshotExtension
    from harness.transcript import Transcript, acapture, capture

__all__ = [
    "CassetteChatModel",
    "ScriptedChatModel",
    "StreamSnapshotExtension",
    "Transcript",
    "acapture",
    "capture",
    "deterministic",
    "use_cassette",
]

_HOME = {
    "CassetteChatModel": "harness.models",
    "ScriptedChatModel": "harness.models",
    "StreamSnapshotExtension": "harness.snapshot",
    "Transcript": "harness.transcript",
    "acapture": "harness.transcript",
    "capture": "harness.transcript",
    "deterministic": "harness.determinism",
    "use_cassette": "harness.cassettes",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
