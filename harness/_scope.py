"""Which of several open blocks governs this piece of code: the innermost one of its own context.

A block that is entered in one asyncio task or thread must not govern another one. A context
variable says so, with three additions that real programs need:

- A context may be copied and outlive the block; a closed block is skipped.
- A plain thread starts with an empty context. It belongs to whoever has a block open.
- pytest enters fixtures in another context than the test. A block that was entered outside any
  asyncio task therefore governs every task that has none of its own.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(eq=False)
class Entry(Generic[T]):
    """One open block: its value and the block around it."""

    value: T
    outer: Entry[T] | None
    in_task: bool
    is_open: bool = True


class Scope(Generic[T]):
    """The open blocks of one kind.

    Args:
        name: The name of the context variable.
        on_first: Called when the first block opens.
        on_last: Called when the last one closes.
    """

    def __init__(
        self, name: str, on_first: Callable[[], None], on_last: Callable[[], None]
    ) -> None:
        self._innermost: ContextVar[Entry[T] | None] = ContextVar(name, default=None)
        self._open: list[Entry[T]] = []
        self._lock = threading.RLock()
        self._on_first = on_first
        self._on_last = on_last

    def enter(self, value: T) -> Entry[T]:
        """Open a block in the current context."""
        with self._lock:
            if not self._open:
                self._on_first()
            entry = Entry(value, self._of_context(), _in_task())
            self._open.append(entry)
        self._innermost.set(entry)
        return entry

    def leave(self, entry: Entry[T]) -> None:
        """Close the block, from whatever context."""
        with self._lock:
            entry.is_open = False
            self._open.remove(entry)
            if not self._open:
                self._on_last()
        if self._innermost.get() is entry:
            self._innermost.set(entry.outer)

    def governing(self) -> tuple[T, ...]:
        """Return the value that governs this code; several when nothing tells which one."""
        own = self._of_context()
        if own is not None:
            return (own.value,)
        in_task = _in_task()
        with self._lock:
            found = [entry for entry in self._open if not (in_task and entry.in_task)]
        around = {id(entry.outer) for entry in found}
        return tuple(entry.value for entry in found if id(entry) not in around)

    def _of_context(self) -> Entry[T] | None:
        entry = self._innermost.get()
        while entry is not None and not entry.is_open:
            entry = entry.outer
        return entry


def _in_task() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
