"""What stands where a secret stood. A placeholder has no value, so it is never compared."""

from __future__ import annotations

import re

_OURS = r"\*\*REDACTED\*+|\*{8,}"
_USUAL = re.compile(
    rf"{_OURS}|(?i:\*\*redacted\*\*|\bredacted\b|\bsanitized\b|\bfiltered\b|<[a-z_ ]+>)|X{{3,}}"
)
_IN_TEXT = re.compile(_OURS)


def placeholder(secret: str = "*" * 12) -> str:
    """Return what is written instead, as long as the secret: cuts and lengths stay right."""
    size = len(secret.encode(errors="surrogateescape"))
    return "*" * size if size < 12 else "**REDACTED".ljust(size, "*")  # noqa: PLR2004  # 12 fits it


def is_placeholder(text: str) -> bool:
    """Whether the text is, or contains, one of the usual placeholders."""
    return _USUAL.search(text) is not None


def equal_but_for_placeholders(recorded: str, sent: str) -> bool:
    """Compare two texts; what we replaced in the recorded one may be anything in the other."""
    if recorded == sent:
        return True
    pieces = _IN_TEXT.split(recorded)
    if len(pieces) == 1:
        return False
    return re.fullmatch(".*".join(map(re.escape, pieces)), sent, re.DOTALL) is not None
