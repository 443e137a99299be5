"""The README's example of a scripted model is a test that passes as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small_projects import outcome

README = Path(__file__).parents[3] / "README.md"


def test_the_scripted_model_of_the_readme(project: pytest.Pytester) -> None:
    """Copied into a file and run."""
    text = README.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(# test_weather\.py\n.*?)```", text, re.DOTALL)
    project.makepyfile(test_weather=code)
    outcome(project.runpytest(), passed=1)
