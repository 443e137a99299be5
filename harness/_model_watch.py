"""Which models were made during a test, so that what they hold can be checked when it ends.

A watch is open for a while and knows the models that were made meanwhile. Watches are nested: a
test is in the run of pytest, a fixture of wider scope is between them. The innermost one counts.
The outermost one belongs to programs without pytest: it numbers models and keeps none.

Nothing is imported here that the pytest plugin would have to pay for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class UsedUp(Protocol):
    """A model that has so much to say and no more."""

    def check_all_played(self) -> None:
        """Raise when something is left over."""


class Watch:
    """The models that were made while it was the innermost open one.

    Args:
        label: Goes into the numbers of its models, where those of several watches may meet.
        record_mode: What a cassette model does that was not told.
        keeps: Whether the models are kept until the check.
    """

    def __init__(self, label: str = "", record_mode: str = "none", *, keeps: bool = True) -> None:
        self.record_mode = record_mode
        self._label = label
        self._keeps = keeps
        self._models: list[UsedUp] = []
        self._count: Counter[str] = Counter()

    def add(self, kind: str, model: UsedUp) -> str:
        """Note a new model and return a name for it: its kind and its number."""
        if self._keeps:
            self._models.append(model)
        self._count[kind] += 1
        return f"{kind}-{self._label}{self._count[kind]}"

    def restart(self) -> None:
        """Forget the models; their numbers begin anew."""
        self._models.clear()
        self._count.clear()

    def check(self) -> None:
        """Raise when one of the models has something left over."""
        __tracebackhide__ = True  # a user of pytest sees the message, not how it came
        for model in self._models:
            model.check_all_played()


_open = [Watch(keeps=False)]


def innermost() -> Watch:
    """Return the watch that a model made now belongs to."""
    return _open[-1]


@contextmanager
def watching(watch: Watch) -> Iterator[Watch]:
    """Open a watch for the block."""
    _open.append(watch)
    try:
        yield watch
    finally:
        _open.remove(watch)
