"""From one scalar of YAML to a value, by the tag it has or the one that its look implies."""

from __future__ import annotations

import base64
import binascii
import re
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeAlias

Scalar: TypeAlias = bool | int | float | str | bytes | None
Tree: TypeAlias = Any
"""A scalar, or a list or dict of them."""

CORE = "tag:yaml.org,2002:"
MAX_NODES = 5_000_000
"""How many values a document may hold, aliases counted in full."""

_TEXT = {"", f"{CORE}str", f"{CORE}timestamp", f"{CORE}python/unicode", f"{CORE}merge"}
_BINARY = {f"{CORE}binary", "!binary"}  # the second is Ruby's
_TRUE = {"true", "yes", "on"}
_WORDS: dict[str, Scalar] = dict.fromkeys(("", "~", "null", "Null", "NULL")) | {
    spelt: word in _TRUE
    for word in (*_TRUE, "false", "no", "off")
    for spelt in (word, word.capitalize(), word.upper())
}
"""What is no text in YAML 1.1, besides numbers."""

_NUMBER = re.compile(
    r"[-+]?(?:0[0-7]*|[1-9][0-9]*|[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?)"
    r"|\.[0-9]+(?:[eE][-+][0-9]+)?"
)
_BEGINS_A_NUMBER = frozenset("-+.0123456789")


def plain(text: str) -> Scalar:
    """Return the value of a scalar that is neither quoted nor tagged.

    Raises:
        ValueError: It is no data.
    """
    return _seen_before(text) if len(text) < _SHORT else _implied(text)


def _implied(text: str) -> Scalar:
    if text in _WORDS:
        return _WORDS[text]
    if text == "=":
        return tagged(f"{CORE}value", text)
    if text[0] in _BEGINS_A_NUMBER and _NUMBER.fullmatch(text):
        return _number(text)
    return text


_SHORT = 100
_seen_before = lru_cache(maxsize=2048)(_implied)  # the headers of all answers look alike


def tagged(tag: str, text: str) -> Scalar:
    """Return the value of a scalar that has a tag.

    Raises:
        ValueError: It is no data, or not what the tag says.
    """
    if tag in _TEXT:
        return text
    if tag in _BINARY:
        try:
            return base64.b64decode(text.encode("ascii"))
        except (ValueError, binascii.Error) as error:
            raise ValueError(f"broken base64 text: {error}") from error
    if tag == f"{CORE}null":
        return None
    if tag == f"{CORE}bool":
        return text.lower() in _TRUE
    if tag in {f"{CORE}int", f"{CORE}float"}:
        return _number(text)
    raise ValueError(f"the tag {short_tag(tag)} is not data and is not executed")


def _number(text: str) -> Scalar:
    # YAML 1.1 also knows 0x1F, 1_000, 12:30:45 and .inf. None of them is a number in a
    # cassette, where such a thing is an unquoted header: it stays the text that it is.
    for number in (int, float):
        with suppress(ValueError):
            return number(text) if "_" not in text else text
    return text


def short_tag(tag: str) -> str:
    """Return a tag as it is usually written."""
    return "!!" + tag.removeprefix(CORE) if tag.startswith(CORE) else tag
