"""New versions of channels that did not change: those of which a checkpoint takes a snapshot.

Whoever has seen such a channel has seen it after the snapshot, too, so nobody is to run again for
it. But nobody has run because of it either: what a node really saw last stands beside what it is
taken to have seen, for those who ask which node ran last. All shapes are LangGraph's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

__all__ = ("bump", "really_seen")

BUMPS: Final = "__snapshot_bumps__"
"""Stands among the nodes; per `node|channel` the version it is taken to have seen, and per
`node:channel` the one it saw, if it saw any."""

Seen = dict[str, dict[str, Any]]
"""Per node, the versions of its triggers when it last ran."""


def bump(seen: Seen, channel: str, old: Any, new: Any, readers: Iterable[str]) -> None:
    """Take whoever has seen a version of a channel to have seen another one.

    Args:
        seen: Changed in place; but not what it holds, which may stand in an older checkpoint.
        channel: The channel.
        old: Its version; `None` if it was never written, which all have seen.
        new: The other version.
        readers: The nodes that the channel triggers.
    """
    bumps = dict(seen.get(BUMPS, {}))
    for node in {**seen, **dict.fromkeys(readers)}:
        own = seen.get(node, {})
        if node == BUMPS or own.get(channel) != old:
            continue
        if old is not None and bumps.get(f"{node}|{channel}") != old:
            bumps[f"{node}:{channel}"] = old
        seen[node] = {**own, channel: new}
        bumps[f"{node}|{channel}"] = new
    if bumps:
        seen[BUMPS] = bumps


def really_seen(seen: Seen, node: str) -> list[Any]:
    """Return the versions of channels because of which a node last ran."""
    bumps = seen.get(BUMPS, {})
    versions = (
        bumps.get(f"{node}:{name}") if bumps.get(f"{node}|{name}") == version else version
        for name, version in seen.get(node, {}).items()
    )
    return [version for version in versions if version is not None]
