"""Print lines, in colour where a terminal shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable


def write_lines(lines: Iterable[str], style: Callable[[str], str | None]) -> None:
    """Print lines as they are; on a terminal, each in its style."""
    if not sys.stdout.isatty():
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return
    from rich.console import Console  # noqa: PLC0415 - only a terminal needs it

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line, style=style(line), markup=False, emoji=False)
