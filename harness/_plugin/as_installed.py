"""Our modules as they were compiled when they were installed.

pytest compiles every module of a distribution that brings a plugin anew, to rewrite its assertions:
twice the time of importing them, in the first run after an installation (each one of a CI job) and
wherever nothing may be written (`PYTHONDONTWRITEBYTECODE`). We have no assertions.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

_PACKAGES = ("harness", "runtime")
_HOME = f"{Path(__file__).parents[2]}{os.sep}"


class OursAsInstalled:
    """A finder before that of pytest, for our modules only and not for a folder of that name."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of ours as Python does."""
        if name.partition(".")[0] not in _PACKAGES:
            return None
        spec = PathFinder.find_spec(name, path, target)
        return spec if spec and spec.origin and spec.origin.startswith(_HOME) else None


def install() -> Callable[[], None]:
    """Put it there, and return what takes it away."""
    finder = OursAsInstalled()
    sys.meta_path.insert(0, finder)
    return lambda: sys.meta_path.remove(finder)
