"""The answers to what tasks ask with `interrupt`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runtime._interrupts import interrupt_id

__all__ = ("Answers", "Resume")


class Resume:
    """What a run was resumed with, for the tasks that ask.

    Args:
        around: The same of the run around this one; its answers serve the tasks in here, too.

    Attributes:
        by_id: Answers by the id of the question.
        used: The ids among them that were asked for.
    """

    __slots__ = ("_around", "_one", "by_id", "used")

    def __init__(self, around: Resume | None = None) -> None:
        self.by_id: Mapping[str, Any] = around.by_id if around is not None else {}
        self.used: set[str] = around.used if around is not None else set()
        self._around = around
        self._one: list[Any] = []

    def offer(self, answer: Any) -> None:
        """Have one answer for whoever asks first."""
        self._one = [answer]

    def of(self, ns: str, answered: int) -> list[Any]:
        """Return the answer to the next question of a task in a list, empty if there is none.

        The id of its first question stands for any that waits, as those that were asked before
        later ones had ids of their own may have it.
        """
        if not self.by_id:
            return []
        own, first = interrupt_id(ns, answered), interrupt_id(ns, 0)
        if own in self.by_id:
            self.used.add(own)
            return [self.by_id[own]]
        if first in self.by_id and first not in self.used:
            self.used.add(first)
            return [self.by_id[first]]
        return []

    @property
    def is_used_up(self) -> bool:
        """Whether somebody has taken the one answer."""
        return not self._one

    def take(self) -> tuple[bool, Any]:
        """Return `(True, answer)` once if there is one answer for whoever asks first."""
        try:
            return True, self._one.pop()  # one step, as tasks ask from several threads
        except IndexError:
            return self._around.take() if self._around is not None else (False, None)


class Answers:
    """What a task was answered so far, in the order of its questions.

    Args:
        given: The answers that are known when the task starts.
        take: What else it may be answered, as `Resume.take` returns it.

    Attributes:
        refused: Whether one of them was: what is kept of the task is to forget it, too.
    """

    __slots__ = ("_asked", "_take", "given", "refused")

    def __init__(self, given: list[Any], take: Callable[[], tuple[bool, Any]]) -> None:
        self.given = given
        self.refused = False
        self._take = take
        self._asked = 0

    def next(self, accept: Callable[[Any], Any]) -> tuple[bool, Any]:
        """Return whether the next question has an answer, and the answer as `accept` returns it.

        An answer that `accept` refuses is forgotten with those behind it: its question still waits.
        """
        number = self._asked
        if number >= len(self.given):
            found, answer = self._take()
            if not found:
                return False, None
            self.given.append(answer)
        self._asked += 1
        try:
            return True, accept(self.given[number])
        except Exception:
            del self.given[number:]
            self.refused = True
            raise

    def start_over(self) -> None:
        """Begin with the first question again: the node does."""
        self._asked = 0
