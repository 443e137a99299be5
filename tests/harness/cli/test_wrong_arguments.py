"""Wrong arguments: a message with what is nearest, exit status 2, and no traceback."""

from __future__ import annotations

import pytest
from small_projects import openai_call


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["serve", "--fats", "tea.yaml"], "usage: harness serve"),
        (
            ["serve", "--fats", "tea.yaml"],
            "unrecognized arguments: --fats; the nearest option is --fast",
        ),
        (["check", "--plas=a", "tea.yaml"], "the nearest option is --plays"),
        (
            ["serve", "--port", "99999", "tea.yaml"],
            "argument --port: '99999' is none of 0 to 65535",
        ),
        (["serve", "--speed", "nan", "tea.yaml"], "--speed is nan; it is a factor above 0"),
        (["convert", "tea.yaml", "-o", "tea.yaml/b.yaml"], "File exists"),
        (["upgrade", "empty"], "no cassette and no snapshot is below empty"),
    ],
)
def test_wrong_arguments(command, says, write, run, tmp_path, monkeypatch) -> None:
    """Each command says what is wrong with them."""
    write(openai_call("hi", ["a"]))
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    ran = run(*command)
    assert ran.status == 2
    assert says in ran.err
