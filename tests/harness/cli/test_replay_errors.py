"""`harness replay FILE` with bad input: one message, the right status, never a traceback."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tea_recordings import (
    ANTHROPIC_URL,
    EMBEDDINGS,
    OPENAI_URL,
    anthropic_stream,
    interaction,
    openai_stream,
)

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


def test_a_missing_file_names_the_nearest(run, write) -> None:
    """Status 2, and the name that was probably meant."""
    path = write(openai_stream("ready"), name="tea.yaml")
    ran = run("replay", path.with_name("tee.yaml"))
    assert "tee.yaml" in ran.err
    assert "tea.yaml" in ran.err
    assert (ran.status, ran.out) == (2, "")


@pytest.mark.parametrize("content", ["", "{", "[]", "version: 1\n", "\x00\x01", "a: [1, 2"])
def test_an_unreadable_file_is_named(run, tmp_path: Path, content: str) -> None:
    """Empty, truncated or foreign files are status 2 with a message about the file."""
    path = tmp_path / "broken.yaml"
    path.write_text(content)
    ran = run("replay", path)
    assert ran.err.startswith("harness: ")
    assert "broken.yaml" in ran.err
    assert "Traceback" not in ran.err
    assert (ran.status, ran.out) == (2, "")


def test_a_folder_is_not_a_recording(run, tmp_path: Path) -> None:
    """The path of a folder is status 2 as well."""
    ran = run("replay", tmp_path)
    assert str(tmp_path) in ran.err
    assert ran.status == 2


def test_a_file_without_interactions_is_no_success(run, write) -> None:
    """Nothing replayed never looks like success."""
    ran = run("replay", write())
    assert "interactions" in ran.err
    assert ran.status == 2


def test_an_interaction_that_is_not_there(run, write) -> None:
    """The message says which ones there are."""
    ran = run("replay", write(openai_stream("a"), openai_stream("b")), "--interaction", 2)
    assert "has no interaction 2: it holds 0 to 1" in ran.err
    assert ran.status == 2


@pytest.mark.parametrize(
    ("package", "extra"), [("langchain_openai", "openai"), ("langchain_anthropic", "anthropic")]
)
def test_without_the_class_of_the_provider_nothing_is_replayed(
    run, write, monkeypatch: pytest.MonkeyPatch, package: str, extra: str
) -> None:
    """The answer comes through the provider's class or not at all; the extra is named."""
    monkeypatch.setitem(sys.modules, package, None)
    recorded = {"openai": openai_stream, "anthropic": anthropic_stream}[extra]("ready")
    ran = run("replay", write(recorded))
    assert f"pip install 'replay-harness[{extra}]'" in ran.err
    assert "ready" not in ran.out
    assert ran.status == 2


def test_a_recorded_error_answer_is_told(run, write) -> None:
    """Status 1: there was a request, and the provider had no answer to it."""
    answer = json.dumps({"error": {"message": "no such model", "type": "invalid_request_error"}})
    ran = run("replay", write(interaction(OPENAI_URL, REQUEST, answer, 404), openai_stream("ok")))
    assert "[0] not replayed: the recorded answer is an error: " in ran.out
    assert "no such model" in ran.out
    assert "\nok\n" in ran.out
    assert (ran.status, ran.err) == (1, "")


def test_an_error_in_the_middle_of_a_stream_is_told(run, write) -> None:
    """The text before the error is shown, then the error; the status is 1."""
    recorded = anthropic_stream("The tea", " is")
    events = recorded["response"]["body"]["string"].split("event: content_block_stop")[0]
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    recorded["response"]["body"]["string"] = f"{events}event: error\ndata: {json.dumps(error)}\n\n"
    ran = run("replay", write(recorded))
    assert "\nThe tea is\n[0] not replayed: the recorded stream carries an error: " in ran.out
    assert "Overloaded" in ran.out
    assert ran.status == 1


def test_an_empty_answer_is_no_success(run, write) -> None:
    """A stream that its recorder left early has no chunks: status 1."""
    ran = run("replay", write(interaction(OPENAI_URL, REQUEST, "")))
    assert "[0] not replayed: the recorded answer is empty" in ran.out
    assert ran.status == 1


def test_only_foreign_apis_is_no_success(run, write) -> None:
    """Where nothing at all can be replayed the status is 1."""
    ran = run("replay", write(EMBEDDINGS, EMBEDDINGS))
    assert ran.out.count("skipped") == 2
    assert ran.status == 1


def test_a_message_that_the_class_cannot_send_is_told(run, write) -> None:
    """An unknown role is the recording's, not ours: one line, status 1."""
    request = {**REQUEST, "max_tokens": 9, "messages": [{"role": "critic", "content": "Hi"}]}
    ran = run("replay", write(interaction(ANTHROPIC_URL, request, "event: ping\n\n")))
    assert "ChatAnthropic cannot send a message with the role 'critic'" in ran.out
    assert ran.status == 1


@pytest.mark.parametrize("arguments", [[], ["replay"], ["repaly", "x"], ["replay", "x", "--fast"]])
def test_wrong_arguments(run, arguments: list[str]) -> None:
    """Argument errors are status 2 with the usage."""
    ran = run(*arguments)
    assert "usage: harness" in ran.err
    assert (ran.status, ran.out) == (2, "")
