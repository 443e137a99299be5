"""From one scalar of YAML to a value, by the tag it has or the one that its look implies."""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from functools import lru_cache
from typing import Any, TypeAlias

import yaml
from yaml.resolver import Resolver

CORE = "tag:yaml.org,2002:"
MAX_NODES = 5_000_000
"""How many values a document may hold, aliases counted in full."""

_TEXT = {"", f"{CORE}str", f"{CORE}timestamp", f"{CORE}python/unicode", f"{CORE}merge"}
_BINARY = {f"{CORE}binary", "!binary"}  # the second is Ruby's
_TRUE = {"true", "yes", "on"}
_RESOLVER: Any = Resolver()  # it has no annotations
_IMPLICIT = frozenset(Resolver.yaml_implicit_resolvers)

Scalar: TypeAlias = bool | int | float | str | bytes | None


def plain(text: str) -> Scalar:
    """Return the value of a scalar that is neither quoted nor tagged.

    Raises:
        ValueError: It is no data.
    """
    return _seen_before(text) if len(text) < _SHORT else _implied(text)


def _implied(text: str) -> Scalar:
    if text[:1] not in _IMPLICIT:
        return text  # nothing but a text begins like this
    if text.isdecimal() and text.isascii() and (text[0] != "0" or text == "0"):
        return int(text)
    return tagged(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)), text)


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
        # YAML 1.1 also knows 0x1F, 1_000, 12:30:45 and .inf. None of them is a number in a
        # cassette, where such a thing is an unquoted header: it stays the text that it is.
        for number in (int, float):
            with suppress(ValueError):
                return number(text) if "_" not in text else text
        return text
    raise ValueError(f"the tag {short_tag(tag)} is not data and is not executed")


def short_tag(tag: str) -> str:
    """Return a tag as it is usually written."""
    return "!!" + tag.removeprefix(CORE) if tag.startswith(CORE) else tag
