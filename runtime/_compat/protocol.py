"""The class that stands for any graph, remote ones included, where one is asked for."""

from __future__ import annotations

from runtime.pregel import Pregel

__all__ = ("PregelProtocol",)

PregelProtocol = Pregel
