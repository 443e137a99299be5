"""Which items of two lists belong together."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def opcodes(old: Sequence[T], new: Sequence[T]) -> Sequence[tuple[str, int, int, int, int]]:
    """What to do with ranges of one list to get the other; see `difflib`."""
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()


def differing(old: Sequence[T], new: Sequence[T]) -> list[int]:
    """The places in which two lists of the same length differ."""
    return [k for k, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]


def pairs(old: Sequence[T], new: Sequence[T]) -> list[tuple[int | None, int | None]]:
    """Which item of one list is which of the other; None is nobody.

    Equal ones in their order, then equal ones that have moved, then what stands in the same place
    between them.
    """
    found: list[tuple[int | None, int | None]] = []
    gaps: list[tuple[list[int], list[int]]] = []
    for tag, low, high, new_low, new_high in opcodes(old, new):
        left, right = list(range(low, high)), list(range(new_low, new_high))
        if tag == "equal":
            found += zip(left, right, strict=True)
        else:
            gaps.append((left, right))
    for left, _ in gaps:
        for index in list(left):
            home = next((r for _, r in gaps for k in r if new[k] == old[index]), None)
            if home is not None:
                other = next(k for k in home if new[k] == old[index])
                left.remove(index)
                home.remove(other)
                found.append((index, other))
    for left, right in gaps:
        paired = min(len(left), len(right))
        found += zip(left[:paired], right[:paired], strict=True)
        found += [(index, None) for index in left[paired:]]
        found += [(None, index) for index in right[paired:]]
    return sorted(found, key=lambda pair: max(-1 if k is None else k for k in pair))
