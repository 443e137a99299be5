"""`harness replay FILE --mode MODE`: the other ways to stream the same run."""

from __future__ import annotations

import json

import pytest
from tea_recordings import openai_stream


@pytest.mark.parametrize(("mode", "items"), [("values", 2), ("updates", 1), ("custom", 1)])
def test_other_modes_print_an_item_per_line(run, write, mode: str, items: int) -> None:
    """Each item of the stream is JSON on a line of its own; there are no tokens to print."""
    ran = run("replay", write(openai_stream("The tea", " is ready.")), "--mode", mode)
    _, *lines, chunks = ran.out.splitlines()
    assert len(lines) == items
    assert "The tea is ready." in json.dumps(json.loads(lines[-1]))
    assert chunks == f"chunks: {items}"
    assert ran.status == 0


@pytest.mark.parametrize("mode", ["messages", "values", "updates", "custom"])
def test_the_answer_is_the_same_in_every_mode(run, write, mode: str) -> None:
    """With `--json`, text and tool calls do not depend on the mode."""
    ran = run("replay", write(openai_stream("The tea", " is ready.")), "--mode", mode, "--json")
    assert json.loads(ran.out)["text"] == "The tea is ready."
    assert ran.status == 0


def test_an_unknown_mode_names_the_nearest(run, write) -> None:
    """A wrong name is a wrong argument: status 2, and the message helps."""
    ran = run("replay", write(openai_stream("ready")), "--mode", "message")
    assert "there is no stream mode 'message'; the nearest is 'messages'" in ran.err
    assert "(all: messages, values, updates, custom)" in ran.err
    assert (ran.status, ran.out) == (2, "")
