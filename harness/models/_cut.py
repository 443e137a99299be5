"""Where a text is cut into the pieces in which it streams."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Cut: TypeAlias = Literal["words", "given"] | int
"""`words`: pieces like a provider's tokens. `given`: one piece. A number: so many characters."""

# A space belongs to the word behind it, as in the tokens of most providers.
_TOKEN = re.compile(r" ?\w+| ?[^\w\s]+|\s+")


def check_cut(cut: object) -> None:
    """Refuse what is no way to cut."""
    is_size = isinstance(cut, int) and not isinstance(cut, bool) and cut > 0
    if not is_size and cut not in {"words", "given"}:
        raise ValueError(f"cut={cut!r} is not one of: 'words', 'given', a number of characters")


def pieces(text: str, cut: Cut) -> list[str]:
    """Cut a text; the pieces add up to it, and there are none of an empty one."""
    if cut == "words":
        return _TOKEN.findall(text)
    if cut == "given":
        return [text] if text else []
    return [text[k : k + cut] for k in range(0, len(text), cut)]
