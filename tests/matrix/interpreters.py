"""Which of the supported Pythons are on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

__all__ = ("SUPPORTED", "find")

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")


def find(version: str) -> str | None:
    """Return the path of a CPython of this version: pyenv's newest, or that of PATH."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    ours = (root / "versions").glob(f"{version}.*/bin/python")
    candidates: list[str | Path | None] = [
        *sorted(ours, key=_patch, reverse=True),
        shutil.which(f"python{version}"),
    ]
    return next((str(path) for path in candidates if path and _is(version, path)), None)


def _patch(python: Path) -> tuple[int, ...]:
    """Return what sorts 3.10.13 behind 3.10.9."""
    return tuple(int(part) for part in python.parts[-3].split(".") if part.isdigit())


def _is(version: str, python: str | Path) -> bool:
    """Tell whether this runs and is what it is called: pyenv's `python3.12` may be a mere sign."""
    says = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        ran = subprocess.run(  # noqa: S603 - found on this machine
            [python, "-c", says], check=False, capture_output=True, text=True, timeout=60
        )
    except OSError:
        return False
    return ran.stdout.strip() == version
