"""What `harness demo` shows."""

from __future__ import annotations

import asyncio
import json
import os
import pprint
from collections.abc import Callable, Iterable
from typing import Any
from unittest.mock import patch

from langsmith import tracing_context
from rich.console import Console

from harness.cassettes import CassetteBlock, use_cassette
from harness.demo import CLIENT, LANGCHAIN, client_graph, langchain_graph, recording, snapshot
from harness.providers import MissingPackageError
from harness.snapshot import StreamSnapshotExtension, failure_lines
from harness.transcript import Transcript, acapture

SNAPSHOT = "test_tokens_of_two_models"
INPUT = {"topic": "cats"}
COLOURS = {"joke": "cyan", "poem": "magenta"}

Seen = tuple[str, dict[str, Any]]
"""One token: its text and its metadata."""


class Demo:
    """The demo of one run of the command.

    Args:
        realtime: Whether tokens come at the pace at which they were recorded.
        quiet: Whether only the verdict is printed, as one line of JSON.
    """

    def __init__(self, *, realtime: bool, quiet: bool) -> None:
        self._realtime = realtime
        self._quiet = quiet
        self._writing = ""  # the tag of the token before
        self._console = Console(quiet=quiet, highlight=False, soft_wrap=True)

    def run(self) -> int:
        """Show everything and return the exit status.

        Raises:
            MissingPackageError: The models' package is not installed.
        """
        try:
            import langchain_openai  # noqa: F401, PLC0415 - the graphs import it when they are built
        except ImportError as error:
            raise MissingPackageError(
                f"the demo's models cannot be imported: {error}\n"
                "Install them: pip install 'replay-harness[openai]'"
            ) from error
        with (
            tracing_context(enabled=False),
            patch.dict(os.environ, {"OPENAI_API_KEY": os.environ.get("OPENAI_API_KEY", "replay")}),
        ):
            return asyncio.run(self._run())

    async def _run(self) -> int:
        self._title('Two LLM calls in one node: graph.astream({"topic": "cats"}, "messages")')
        tokens = await self._stream_langchain()
        self._title("The metadata that came with the last token")
        self._console.print(pprint.pformat(tokens[-1][1], sort_dicts=False), markup=False)
        self._filtered("tag 'joke'", tokens, lambda meta: "joke" in meta.get("tags", ()))
        self._filtered("node 'call_model'", tokens, lambda m: m["langgraph_node"] == "call_model")
        self._filtered("step > 1", tokens, lambda meta: meta["langgraph_step"] > 1)
        self._title("The same without LangChain: AsyncOpenAI and stream_mode='custom'")
        await self._stream_client()
        return await self._verdict()

    async def _stream_langchain(self) -> list[Seen]:
        tokens: list[Seen] = []
        async with self._cassette(LANGCHAIN):
            stream = langchain_graph().astream(INPUT, stream_mode="messages")
            async for message, metadata in stream:
                if message.content:
                    tokens.append((message.content, metadata))
                    self._token(message.content, metadata)
        self._console.print()
        return tokens

    async def _stream_client(self) -> None:
        async with self._cassette(CLIENT):
            stream = client_graph().astream(INPUT, stream_mode="custom")
            async for message, metadata in stream:
                self._token(message["content"], metadata)
        self._console.print()

    async def _verdict(self) -> int:
        """Capture the stream once more, whole, and compare it with what a person accepted."""
        path = snapshot(SNAPSHOT)
        async with use_cassette(recording(LANGCHAIN)):
            transcript: Transcript = await acapture(langchain_graph(), INPUT)
        expected = path.read_text(encoding="utf-8")
        extension = StreamSnapshotExtension()
        received = extension.serialize(transcript)
        same = extension.matches(serialized_data=received, snapshot_data=expected)
        if self._quiet:
            result = {"match": same, "snapshot": str(path), "chunks": len(transcript.events)}
            print(json.dumps(result))  # noqa: T201 - the output of the command
        self._title("The verdict")
        if same:
            self._console.print(
                f"[green]match[/]: {len(transcript.events)} chunks are what the snapshot says"
            )
            self._console.print(f"[dim]{path}[/]")
            return 0
        self._console.print("[red]changed[/]: the stream is not what the snapshot says")
        for line in failure_lines(expected, received):
            self._console.print(line, markup=False)
        return 1

    def _cassette(self, name: str) -> CassetteBlock:
        return use_cassette(recording(name), realtime=self._realtime)

    def _token(self, text: str, metadata: dict[str, Any]) -> None:
        tag = next(iter(metadata.get("tags", ())), "")
        if tag != self._writing:
            self._writing = tag
            self._console.print(f"\n[dim]Writing {tag}...[/]")
        self._console.print(text, style=COLOURS.get(tag, ""), end="", markup=False)
        self._console.print("|", style="dim", end="")

    def _title(self, text: str) -> None:
        self._writing = ""
        self._console.print(f"\n[bold]{text}[/]")

    def _filtered(
        self, what: str, tokens: Iterable[Seen], keep: Callable[[dict[str, Any]], bool]
    ) -> None:
        kept = [token for token in tokens if keep(token[1])]
        self._title(f"Filtered by {what}: {len(kept)} tokens")
        for text, metadata in kept[:24]:
            self._token(text, metadata)
        self._console.print("..." if len(kept) > 24 else "")  # noqa: PLR2004 - a line or two
