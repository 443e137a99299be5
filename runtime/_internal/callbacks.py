"""What the inside of LangGraph has for callbacks and does the same here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from runtime.callbacks import _Manager

__all__ = ("_GraphCallbackManager",)


class _GraphCallbackManager(_Manager):
    """Handlers of graphs; none to begin with."""

    def __init__(
        self, handlers: Sequence[Any] | None = None, *, run_id: UUID | None = None
    ) -> None:
        super().__init__(handlers or (), run_id)
