"""Number the uuids that any code draws, so that even raw output is the same in each run.

A function that others have imported cannot be replaced everywhere; what it asks for its random
bits can. So the sources are numbered one level below: `uuid.uuid4` asks `os.urandom`, uuid7 of
langchain-core and langsmith asks a function made in Rust, uuid6 of langgraph-checkpoint calls
a class. Each replacement is one attribute of one module, seen by that module alone.

A numbered uuid begins with its version, as in `00000004-0000-4000-8000-000000000001`. Each source
counts up, so that uuids that are ordered by time stay ordered.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from itertools import count
from types import ModuleType
from typing import Any
from unittest.mock import patch

from harness.errors import HarnessError

_UUID = 16  # bytes
_VARIANT = 0x8000 << 48


class _Instead:
    """A module with some of its functions replaced."""

    def __init__(self, module: ModuleType, **functions: Any) -> None:
        self._module = module
        self.__dict__.update(functions)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


@contextmanager
def numbered_ids() -> Iterator[None]:
    """Number uuid4, uuid6 and uuid7 from 1 until the block ends; other random bits stay random."""
    fours, sixes, sevens = count(1), count(1), count(1)

    def urandom(size: int) -> bytes:
        if size != _UUID:
            return os.urandom(size)
        return (4 << 96 | next(fours)).to_bytes(_UUID, "big")

    def uuid7(*_timestamp: int | None, **_timestamps: int | None) -> uuid.UUID:
        return uuid.UUID(int=7 << 96 | 0x7000 << 64 | _VARIANT | next(sevens))

    def uuid6(**_parts: int) -> uuid.UUID:
        return uuid.UUID(int=6 << 96 | 0x6000 << 64 | _VARIANT | next(sixes))

    places: list[tuple[str, str, object]] = [
        ("uuid", "os", _Instead(os, urandom=urandom)),
        ("langchain_core.utils.uuid", "_uuid_utils_uuid7", uuid7),
        ("langsmith._internal._uuid", "_uuid_utils_uuid7", uuid7),
        # Its uuid6 calls this name to build what it returns.
        ("langgraph.checkpoint.base.id", "UUID", uuid6),
    ]
    with ExitStack() as stack:
        for module, name, instead in places:
            stack.enter_context(patch.object(_with(module, name), name, instead))
        yield


def _with(name: str, attribute: str) -> ModuleType:
    """The module that has the attribute; these are names that packages do not promise to keep.

    Raises:
        HarnessError: There is no such thing any more, and ids would stay unnumbered unseen.
    """
    try:
        module = import_module(name)
        getattr(module, attribute)
    except (ImportError, AttributeError) as error:
        raise HarnessError(
            f"the ids that {name} makes cannot be numbered, this version is not known: {error}\n"
            "  deterministic(uuids=False) leaves all ids as they are; snapshots number them anyway"
        ) from error
    return module
