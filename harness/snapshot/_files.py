"""Names of snapshot files."""

from __future__ import annotations

import re
from hashlib import sha256

_LONGEST = 255
_MARK = 17
_UNSAFE = re.compile(r"[^A-Za-z0-9_\-.,=+@()\[\] ]")


def file_stem(test: str, index: str | int, suffix: str) -> str:
    """The file name of a test's snapshot, without its suffix; no two tests share one.

    A character that a file name cannot hold everywhere is written as `%2F`; a name that is too
    long is cut and told apart by a hash.

    Args:
        test: Name of the test, with its class and parameters.
        index: Which comparison of the test: a number from 0, or the name that the test gave.
        suffix: What follows the stem, for the length.
    """
    if isinstance(index, str):
        test = f"{test}.[{index}]"
    elif index:
        test = f"{test}.{index}"
    stem = _UNSAFE.sub(_percent, test)
    if len(stem) + len(suffix) <= _LONGEST:
        return stem
    mark = f"~{sha256(test.encode()).hexdigest()}"[:_MARK]
    return stem[: _LONGEST - len(suffix) - len(mark)] + mark


def is_of(stem: str, test: str, suffix: str) -> bool:
    """Whether a file holds a snapshot of a test, whichever of its comparisons it is.

    Args:
        stem: The name of the file, without its suffix.
        test: As in `file_stem`.
        suffix: As in `file_stem`.
    """
    own = file_stem(test, 0, suffix)
    if own == _UNSAFE.sub(_percent, test):
        return stem == own or stem.startswith(f"{own}.")
    return stem.startswith(own[:-_MARK])  # cut, with a hash for each comparison


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))
