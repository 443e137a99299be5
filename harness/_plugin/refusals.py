"""The connections that pytest-recording refuses are counted in the summary, like ours."""

from __future__ import annotations

import functools
import socket
from collections.abc import Callable
from typing import Any

from harness import _tally

_CALLS = ("connect", "connect_ex")


def count_refusals() -> Callable[[], None]:
    """Note each connection that is refused from now on, until what this returns is called."""
    before = {name: getattr(socket.socket, name) for name in _CALLS}
    for name, call in before.items():
        setattr(socket.socket, name, _noting(call))

    def undo() -> None:
        for name, call in before.items():
            setattr(socket.socket, name, call)

    return undo


def _noting(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def noted(self: socket.socket, address: Any, *args: Any) -> Any:
        try:
            return call(self, address, *args)
        except RuntimeError as error:
            if type(error) is RuntimeError:  # ours is of a class of its own, and noted already
                named = isinstance(address, tuple)
                _tally.refused(f"{address[0]}:{address[1]}" if named else str(address))
            raise

    return noted
