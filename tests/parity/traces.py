"""A tracer that keeps what it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.tracers import BaseTracer
from langchain_core.tracers.schemas import Run


class Tree(BaseTracer):
    """Keeps the runs that stand at the top.

    Args:
        shown: Returns what is kept of a run, and of those inside.
    """

    def __init__(self, shown: Callable[[Run], Any]) -> None:
        super().__init__()
        self.runs: list[Any] = []
        self._shown = shown

    def _persist_run(self, run: Run) -> None:
        self.runs.append(self._shown(run))
