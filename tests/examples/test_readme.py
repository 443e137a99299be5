"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
PRINTED = re.compile(r"^print\(.*\) +# (.*)$", re.MULTILINE)


def test_the_example_of_a_thread(capsys: pytest.CaptureFixture[str]) -> None:
    """The block with a checkpointer prints what its comments say."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    [block] = [block for block in blocks if "InMemorySaver" in block]
    exec(compile(block, str(README), "exec"), {"__name__": "readme"})  # noqa: S102 - our own text
    assert capsys.readouterr().out.splitlines() == PRINTED.findall(block)
