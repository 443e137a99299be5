"""The class that stands for any graph, remote ones included, where one is asked for."""

from __future__ import annotations

from runtime._absent import Absent
from runtime.pregel import Pregel

__all__ = ("PregelProtocol", "StreamProtocol")

PregelProtocol = Pregel


class StreamProtocol(Absent):
    """Where the inside of LangGraph puts chunks."""

    instead = "Use stream or astream of a graph, or get_stream_writer in a node."
