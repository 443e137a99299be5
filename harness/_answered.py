"""Which model calls a recording or a script answered while a stream was captured.

Cassettes and models note each call here, and whoever captures a stream listens. A call belongs to
the capture in whose context it is made; one from a thread without a context belongs to all that
listen just now. What was asked and answered is only looked at when somebody wants to know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Answered:
    """A model call that was answered.

    Args:
        source: Where the answer stands, for people.
        asked: Returns all that was asked, as text.
        summary: Returns the same in a few words.
        answer: Returns the answer, as text.
    """

    source: str
    asked: Callable[[], str]
    summary: Callable[[], str]
    answer: Callable[[], str]


_here: ContextVar[list[Answered] | None] = ContextVar("harness_answered", default=None)
_open: list[list[Answered]] = []


@contextmanager
def answers_into(calls: list[Answered]) -> Iterator[None]:
    """Add the calls that are answered meanwhile to a list."""
    token = _here.set(calls)
    _open.append(calls)
    try:
        yield
    finally:
        _here.reset(token)
        _remove(calls)


def answers_from_anywhere_into(calls: list[Answered]) -> Callable[[], None]:
    """Add the calls to a list that no capture claims; return what ends that.

    For a run that is driven by whoever reads it, in whatever context.
    """
    _open.append(calls)
    return lambda: _remove(calls)


def _remove(calls: list[Answered]) -> None:
    # By identity: two captures that have heard nothing yet are equal lists.
    del _open[next(k for k, item in enumerate(_open) if item is calls)]


def is_heard() -> bool:
    """Tell whether anybody listens."""
    return bool(_open)


def note(call: Answered) -> None:
    """Say that a call was answered."""
    here = _here.get()
    for calls in _open[:] if here is None else [here]:
        calls.append(call)
