"""`harness convert`: an HTTP recording, a model cassette and a script that say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tea_recordings import (
    EMBEDDINGS,
    OPENAI_URL,
    anthropic_stream,
    interaction,
    openai_stream,
    responses_stream,
)

from harness import CassetteChatModel

QUESTION = "Is the tea ready?"


def texts(model: Any, *before: Any) -> list[str]:
    """The text of each chunk of the answer."""
    return [chunk.text for chunk in model.stream([*before, ("user", QUESTION)])]


def test_an_http_recording_becomes_a_model_cassette(run, write, tmp_path: Path) -> None:
    """Which plays without the provider's class."""
    out = tmp_path / "tea.model.yaml"
    ran = run("convert", write(openai_stream("Not", " yet")), "-o", out)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"model cassette with 1 interaction: {out}\n"
    assert texts(CassetteChatModel(out))[:2] == ["Not", " yet"]
    assert CassetteChatModel(out, allow_unplayed=True)._get_ls_params()["ls_provider"] == "openai"


def test_a_recording_of_the_responses_api(run, write, tmp_path: Path) -> None:
    """Becomes a model cassette and a script, as those of the other APIs do."""
    path, out = write(responses_stream("Not", " yet")), tmp_path / "tea.model.yaml"
    assert run("convert", path, "-o", out).status == 0
    space: dict[str, Any] = {}
    exec(run("convert", out, "--to", "script").out, space)  # noqa: S102 - what was just written
    for model in (CassetteChatModel(out), space["model"]()):
        assert "".join(texts(model)) == "Not yet"


def test_a_model_cassette_becomes_a_script(run, write, tmp_path: Path) -> None:
    """A Python file that says the same, to be edited."""
    cassette, script = tmp_path / "tea.model.yaml", tmp_path / "tea_script.py"
    run("convert", write(anthropic_stream("Not", ' "yet"\n')), "-o", cassette)
    cassette.write_text(f"# a comment\n{cassette.read_text()}")
    ran = run("convert", cassette, "-o", script)
    assert ran.out == f"script with 1 interaction: {script}\n"
    space: dict[str, Any] = {}
    exec(script.read_text(), space)  # noqa: S102 - what the command has just written
    said = texts(space["model"]())
    assert '"Not", " \\"yet\\"\\n"' in script.read_text()
    assert said == texts(CassetteChatModel(cassette), ("system", "Answer briefly."))


def test_one_step_from_http_to_script(run, write, tmp_path: Path) -> None:
    """By the name of the output, or by `--to`; without an output, to standard output."""
    path = write(openai_stream("Not", " yet"))
    out = tmp_path / "tea_script.py"
    assert run("convert", path, "-o", out).status == 0
    ran = run("convert", path, "--to", "script")
    assert ran.out == out.read_text()
    assert "ScriptedChatModel" in ran.out
    assert run("convert", path).out.startswith("model_cassette: 1\n")


def test_the_same_recording_gives_the_same_file(run, write) -> None:
    """Ids that langchain-core draws are made of what was asked."""
    path = write(openai_stream("Not"), anthropic_stream("yet"))
    assert run("convert", path).out == run("convert", path).out


def test_an_existing_file_is_kept(run, write, tmp_path: Path) -> None:
    """Unless it is forced."""
    path, out = write(openai_stream("Not")), tmp_path / "out.yaml"
    out.write_text("mine")
    ran = run("convert", path, "-o", out)
    assert (ran.status, out.read_text()) == (2, "mine")
    assert "--force" in ran.err
    assert run("convert", path, "-o", out, "--force").status == 0


def test_a_recorded_error_answer_becomes_an_exception(run, write) -> None:
    """The class that the SDK raised and its text stand in the file."""
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    answer = json.dumps({"error": {"message": "no such model", "type": "invalid_request_error"}})
    ran = run("convert", write(interaction(OPENAI_URL, request, answer, 404)))
    assert ran.status == 0
    assert "end: exception" in ran.out
    assert "NotFoundError" in ran.out
    assert "message: 'Error code: 404 - no such model'" in ran.out


def test_what_cannot_be_converted_is_told(run, write) -> None:
    """Other APIs are skipped; an answer that is not there is status 1."""
    ran = run("convert", write(EMBEDDINGS, openai_stream("ok")))
    assert ran.status == 0
    assert "[0] skipped" in ran.err
    empty = openai_stream()
    empty["response"]["body"]["string"] = ""
    ran = run("convert", write(empty, openai_stream("ok")))
    assert ran.status == 1
    assert "[0] not converted: the recorded answer is empty" in ran.err
    assert run("convert", write(EMBEDDINGS)).status == 1


def test_json_tells_what_was_done(run, write, tmp_path: Path) -> None:
    """One object, for scripts."""
    out = tmp_path / "out.yaml"
    ran = run("convert", write(EMBEDDINGS, openai_stream("ok")), "-o", out, "--json")
    told = json.loads(ran.out)
    assert (told["made"], told["output"], told["interactions"]) == ("model cassette", str(out), 1)
    assert told["refused"][0]["interaction"] == 0
    assert ran.err == ""
    assert "text" in json.loads(run("convert", out, "--json").out)


@pytest.mark.parametrize("content", ["", "{", "model_cassette: 1\ninteractions: [7]\n"])
def test_an_unreadable_file_is_named(run, tmp_path: Path, content: str) -> None:
    """Status 2, one message, no traceback."""
    path = tmp_path / "broken.yaml"
    path.write_text(content)
    ran = run("convert", path)
    assert ran.err.startswith("harness: ")
    assert "broken.yaml" in ran.err
    assert (ran.status, ran.out) == (2, "")


def test_a_model_cassette_is_one_already(run, write, tmp_path: Path) -> None:
    """The message says what else can be made of it."""
    out = tmp_path / "out.yaml"
    run("convert", write(openai_stream("ok")), "-o", out)
    ran = run("convert", out, "--to", "cassette")
    assert ran.status == 2
    assert "--to script" in ran.err
