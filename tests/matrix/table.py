"""From the results of several interpreters to one table, and what differs between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import unified_diff

from results import Result

__all__ = ("differences", "table")

NAMED = (
    "langchain-core",
    "langgraph",
    "vcrpy",
    "syrupy",
    "pytest",
    "pytest-asyncio",
    "freezegun",
    "coverage",
)
_MOST_LINES = 12


def table(results: Sequence[Result]) -> str:
    """Return a line for each result, under a head."""
    differing = differences(results)
    head = ["interpreter", *NAMED, "passed", "failed", "skipped", "snapshots", "differ"]
    lines = [
        [
            result.name,
            *(result.versions.get(name, "-") for name in NAMED),
            *(str(result.counts[word]) for word in ("passed", "failed", "skipped")),
            str(len(result.snapshots)),
            str(sum(result.name in names for texts in differing.values() for names in texts[1:])),
        ]
        for result in results
    ]
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [head, *lines]
    )


def differences(results: Iterable[Result]) -> dict[str, list[list[str]]]:
    """Return the snapshots whose text is not the same everywhere.

    Returns:
        For each, the names of the results in groups with equal text; the largest group first.
    """
    texts: dict[str, dict[str, list[str]]] = {}
    for result in results:
        for snapshot, text in result.snapshots.items():
            texts.setdefault(snapshot, {}).setdefault(text, []).append(result.name)
    return {
        snapshot: sorted(groups.values(), key=len, reverse=True)
        for snapshot, groups in texts.items()
        if len(groups) > 1
    }


def explained(results: Sequence[Result]) -> str:
    """Return how the snapshots differ that are not the same everywhere; empty if all are."""
    by_name = {result.name: result for result in results}
    parts: list[str] = []
    for snapshot, (most, *others) in differences(results).items():
        parts.append(f"snapshot {snapshot}: {' = '.join(most)}")
        for group in others:
            before, after = (by_name[names[0]].snapshots[snapshot] for names in (most, group))
            changed = unified_diff(
                before.splitlines(), after.splitlines(), most[0], " = ".join(group), "", "", 1, ""
            )
            parts += [f"    {line}" for line, _ in zip(changed, range(_MOST_LINES), strict=False)]
    return "\n".join(parts)
