"""`harness replay FILE`: what a person sees."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from tea_recordings import EMBEDDINGS, anthropic_stream, openai_stream


def test_tokens_chunks_and_the_first_metadata_are_printed(run, write) -> None:
    """The text is printed as it was recorded, then the number of chunks and the metadata."""
    ran = run("replay", write(openai_stream("The tea", " is", " ready.")))
    heading, text, chunks, metadata = ran.out.splitlines()
    assert (heading, text) == ("[0] OpenAI chat completions, gpt-4o-mini", "The tea is ready.")
    assert chunks == "chunks: 5"  # three tokens, the finish reason, LangChain's closing chunk
    assert '"langgraph_node": "model"' in metadata
    assert '"ls_provider": "openai"' in metadata
    assert (ran.status, ran.err) == (0, "")


def test_anthropic_recordings_are_replayed_too(run, write) -> None:
    """The provider is found by the shape of the request."""
    ran = run("replay", write(anthropic_stream("The tea", " is ready.")))
    assert ran.out.startswith("[0] Anthropic messages, claude-haiku-4-5\nThe tea is ready.\n")
    assert ", 9 input tokens, 1 output tokens" in ran.out
    assert (ran.status, ran.err) == (0, "")


def test_several_interactions_are_replayed_one_after_the_other(run, write) -> None:
    """The order is that of the file, whatever the provider."""
    ran = run(
        "replay", write(openai_stream("one"), anthropic_stream("two"), openai_stream("three"))
    )
    texts = [line for line in ran.out.splitlines() if line in {"one", "two", "three"}]
    assert texts == ["one", "two", "three"]


def test_interaction_selects(run, write) -> None:
    """`--interaction K` replays only these; they keep their numbers and the file's order."""
    path = write(openai_stream("one"), openai_stream("two"), openai_stream("three"))
    ran = run("replay", path, "--interaction", 2, "--interaction", 1)
    assert [line[:3] for line in ran.out.splitlines() if line.startswith("[")] == ["[1]", "[2]"]
    assert "one" not in ran.out


def test_the_printed_text_comes_from_the_bytes_of_the_cassette(run, write) -> None:
    """One byte changed in the file is one byte changed on the screen."""
    path = write(openai_stream("The tea", " is ready."))
    changed = path.with_name("changed.yaml")
    changed.write_text(path.read_text().replace("The tea", "The tee"))
    assert "The tea is ready." in run("replay", path).out
    assert "The tee is ready." in run("replay", changed).out


def test_other_apis_are_skipped_in_one_line(run, write) -> None:
    """What is of another API is a note; the rest is replayed and the status stays 0."""
    ran = run("replay", write(EMBEDDINGS, openai_stream("ready")))
    assert ran.out.startswith(
        "[0] skipped: POST https://api.openai.com/v1/embeddings is none of Anthropic messages, "
        "OpenAI chat completions, OpenAI responses\n[1] OpenAI chat completions"
    )
    assert ran.status == 0


def test_it_works_as_a_module_and_as_a_program(write) -> None:
    """`python -m harness` and `harness` print the same (but for the ids of the run)."""
    path = str(write(openai_stream("The tea", " is ready.")))
    program = str(Path(sys.executable).with_name("harness"))
    for command in ([sys.executable, "-m", "harness"], [program]):
        ran = subprocess.run(  # noqa: S603 - our own command
            [*command, "replay", path], capture_output=True, text=True, check=False
        )
        assert "\nThe tea is ready.\nchunks: 4\n" in ran.stdout
        assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("arguments", [["replay"], ["--help"]])
def test_a_reader_that_leaves_early_is_no_error(write, arguments: list[str]) -> None:
    """A broken pipe (`| head -1`) ends the command quietly."""
    path = [str(write(openai_stream("ready")))] if arguments == ["replay"] else []
    command = [sys.executable, "-m", "harness", *arguments, *path]
    buffered = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    nobody_reads, into = os.pipe()
    os.close(nobody_reads)
    ran = subprocess.run(  # noqa: S603
        command, stdout=into, stderr=subprocess.PIPE, env=buffered, check=False
    )
    os.close(into)
    assert (ran.returncode, ran.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", [["--help"], ["replay", "--help"]])
def test_help_is_quick(arguments: list[str]) -> None:
    """`--help` imports neither langchain-core nor a provider, and shows how to use the command."""
    code = (
        "import sys; from harness.cli import main; status = main(sys.argv[1:]);"
        "slow = {'langchain_core', 'openai', 'rich', 'vcr', 'yaml'} & set(sys.modules);"
        "sys.exit(f'imported {slow}' if slow else status)"
    )
    command = [sys.executable, "-c", code, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "replay" in ran.stdout
    assert arguments == ["--help"] or "example:" in ran.stdout


def test_a_terminal_gets_colours(write) -> None:
    """On a terminal headings and metadata are set apart; the text itself is as it was recorded."""
    path = str(write(openai_stream("The [tea]", " is :ready:.")))
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "harness", "replay", path]
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    with subprocess.Popen(command, stdout=theirs, env=environment) as process:  # noqa: S603
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # how Linux says that nothing more comes
            while piece := os.read(ours, 4096):
                shown += piece
    os.close(ours)
    assert b"\x1b[1;36m[0] OpenAI chat completions, gpt-4o-mini\x1b[0m\r\n" in shown
    assert b"\r\nThe [tea] is :ready:.\r\n" in shown
    assert process.returncode == 0
