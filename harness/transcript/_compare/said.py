"""How a change is said: what it is called, and the two texts around the place where they part."""

from __future__ import annotations

from typing import NamedTuple

from harness.transcript._text.layout import named_items

_SHOWN = 70
_BEFORE = 20


class Change(NamedTuple):
    """One change of a stream.

    Args:
        kind: For scripts: `token`, `tokens swapped`, `cuts`, `usage`, `metadata`, `fields`,
            `message`, `ids`, `order`, `head`, `format`; a stream mode, or that and `order`.
        text: A sentence.
    """

    kind: str
    text: str


def parting(old: str, new: str) -> str:
    """How a value became another one: in which place of it, and from what to what."""
    path: list[str] = []
    while (step := _step(old, new)) is not None:
        name, old, new = step
        path.append(name)
    where = f" in `{'.'.join(path)}`" if path else ""
    left, right = apart(old, new)
    return f"{where}: {left} -> {right}"


def _step(old: str, new: str) -> tuple[str, str, str] | None:
    """The only item in which two containers differ; None if there are several, or other ones."""
    before, after = named_items(old), named_items(new)
    if before is None or after is None or before.keys() != after.keys():
        return None
    different = [key for key in before if before[key] != after[key]]
    if len(different) != 1:
        return None
    (key,) = different
    return key.strip('"'), before[key], after[key]


def apart(old: str, new: str) -> tuple[str, str]:
    """Both texts, shortened around the place where they part."""
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), 0)
    start = start - _BEFORE if max(len(old), len(new)) > _SHOWN else 0
    if start <= 0:
        return shortened(old), shortened(new)
    return "..." + shortened(old[start:]), "..." + shortened(new[start:])


def shortened(text: str) -> str:
    """The text, or its beginning."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
