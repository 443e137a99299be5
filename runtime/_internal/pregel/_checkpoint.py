"""What the inside of LangGraph has for checkpoints, which savers and their tests work with."""

from __future__ import annotations

from typing import cast

from langgraph.checkpoint.base import Checkpoint, empty_checkpoint

from runtime._absent import absent

__all__ = (
    "achannels_from_checkpoint",
    "channels_from_checkpoint",
    "copy_checkpoint",
    "delta_channels_to_snapshot",
    "empty_checkpoint",
    "exit_delta_task_id",
)

achannels_from_checkpoint = absent("achannels_from_checkpoint")
channels_from_checkpoint = absent("channels_from_checkpoint")
delta_channels_to_snapshot = absent("delta_channels_to_snapshot")
exit_delta_task_id = absent("exit_delta_task_id")


def copy_checkpoint(checkpoint: Checkpoint) -> Checkpoint:
    """Return a copy that shares only the values of the channels."""
    copied = {
        **checkpoint,
        "channel_values": dict(checkpoint["channel_values"]),
        "channel_versions": dict(checkpoint["channel_versions"]),
        "versions_seen": {node: dict(seen) for node, seen in checkpoint["versions_seen"].items()},
    }
    return cast(Checkpoint, copied)
