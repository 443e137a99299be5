"""What the graphs inside a run go by while its thread is replayed from an earlier checkpoint."""

from __future__ import annotations

__all__ = ("Replay",)


class Replay:
    """Which checkpoints of the graphs inside belong to the one that is replayed.

    Each of them is first read as it was then, and starts anew with what it is given; after that it
    is read as usual, as it has then run in this run.

    Args:
        before: The checkpoint of the outermost graph; those of graphs inside are older.
    """

    __slots__ = ("_before", "_seen")

    def __init__(self, before: str) -> None:
        self._before = before
        self._seen: set[str] = set()

    def bound_for(self, ns: str) -> str | None:
        """Return the checkpoint before which a graph is to be read, the first time it is asked.

        Args:
            ns: The namespace of the graph; the task that it runs in may be another one each time.
        """
        graph = ns.rpartition(":")[0] or ns
        if graph in self._seen:
            return None
        self._seen.add(graph)
        return self._before
