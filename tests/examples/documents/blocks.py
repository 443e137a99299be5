"""The code blocks of a document in Markdown, as a crawler left it."""

from __future__ import annotations

import difflib
import re
import textwrap

_ANCHOR = re.compile(r"(?m)^\[\]\(https?://[^)]*\)")  # of a line number
_FENCE = re.compile(r"(?ms)^( *)```(\w*)\n(.*?)^\1```")


def blocks(document: str) -> list[tuple[str, str]]:
    """Return each block with its language, which may be empty."""
    found = _FENCE.finditer(_ANCHOR.sub("", document))
    return [(match[2], textwrap.dedent(match[3]).strip("\n") + "\n") for match in found]


def patch(block: str, example: str) -> str:
    """Return what was changed to make a block run; nothing for one that runs as printed."""
    lines = difflib.unified_diff(block.splitlines(), example.splitlines(), lineterm="", n=0)
    return "".join(f"{line}\n" for line in list(lines)[2:])
