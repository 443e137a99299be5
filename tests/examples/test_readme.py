"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
PRINTED = re.compile(r"^ *print\(.*\) +# (.*)$", re.MULTILINE)


@pytest.mark.parametrize("name", ["InMemorySaver", "StreamTransformer"])
def test_the_examples_print_what_they_say(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The block with a checkpointer and that of an event stream print what their comments say."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    [block] = [block for block in blocks if name in block]
    exec(compile(block, str(README), "exec"), {"__name__": "readme"})  # noqa: S102 - our own text
    assert capsys.readouterr().out.splitlines() == PRINTED.findall(block)
