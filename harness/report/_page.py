"""The page itself: a template that holds everything but the data, and the data as JSON in it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from harness._files import write_whole

_PLACE = "/*DATA*/"


def write_page(path: Path, tests: list[dict[str, Any]], about: str) -> None:
    """Write a report, whole or not at all.

    Args:
        path: The file; folders above it are made.
        tests: What `Reporter` collected.
        about: One line on where the tests ran.
    """
    template = files("harness.report").joinpath("page.html").read_text("utf-8")
    # neither an end of the script nor anything but ASCII, whatever was streamed
    data = json.dumps({"about": about, "tests": tests}).replace("<", "\\u003c")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, template.replace(_PLACE, data))
