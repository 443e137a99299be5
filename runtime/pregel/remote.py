"""`RemoteGraph`, a graph that runs on a server of LangGraph, of which only the name exists."""

from __future__ import annotations

from runtime._absent import Absent

__all__ = ("RemoteException", "RemoteGraph")


class RemoteException(Exception):  # noqa: N818 - LangGraph's name
    """Raised by LangGraph for what a server answers."""


class RemoteGraph(Absent):
    """A graph that runs on a server of LangGraph."""
