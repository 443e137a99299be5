"""What the inside of LangGraph has for checkpoints, which savers and their tests work with."""

from __future__ import annotations

from typing import cast

from langgraph.checkpoint.base import Checkpoint, empty_checkpoint

__all__ = ("copy_checkpoint", "empty_checkpoint")


def copy_checkpoint(checkpoint: Checkpoint) -> Checkpoint:
    """Return a copy that shares only the values of the channels."""
    copied = {
        **checkpoint,
        "channel_values": dict(checkpoint["channel_values"]),
        "channel_versions": dict(checkpoint["channel_versions"]),
        "versions_seen": {node: dict(seen) for node, seen in checkpoint["versions_seen"].items()},
    }
    return cast(Checkpoint, copied)
