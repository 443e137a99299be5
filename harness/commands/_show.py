"""Show a replay while it runs: for people, or as JSON lines for scripts."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from harness.commands._run import Heading, Refused, Replayed


class JsonLines:
    """One object per interaction, on a line of its own, when the interaction is over."""

    def start(self, heading: Heading) -> None:
        """Nothing to say yet."""

    def chunk(self, chunk: AIMessage) -> None:
        """The object holds the whole text."""

    def item(self, item: Any) -> None:
        """The object holds the whole answer."""

    def drifted(self, differences: list[str]) -> None:
        """The object holds the answer, not the request."""

    def replayed(self, outcome: Replayed) -> None:
        """Print what the stream gave."""
        self._print(asdict(outcome))

    def refused(self, outcome: Refused) -> None:
        """Print why there is no answer."""
        self._print({"interaction": outcome.interaction, "error": outcome.error})

    def _print(self, value: dict[str, Any]) -> None:
        sys.stdout.write(_json(value) + "\n")
        sys.stdout.flush()


class Terminal:
    """Tokens as they come, then tool calls, usage and metadata; in colour on a terminal."""

    def __init__(self) -> None:
        self._at_line_start = True
        self._console: Any = None
        if sys.stdout.isatty():
            from rich.console import Console  # noqa: PLC0415 - only a terminal needs it

            self._console = Console(highlight=False, soft_wrap=True)

    def start(self, heading: Heading) -> None:
        """Print which interaction begins."""
        self._line(f"[{heading.interaction}] {heading.api}, {heading.model}", "bold cyan")

    def chunk(self, chunk: AIMessage) -> None:
        """Print a token at once."""
        self._write(str(chunk.text))

    def item(self, item: Any) -> None:
        """Print an item of `values`, `updates` or `custom` on a line of its own."""
        self._line(_json(item))

    def drifted(self, differences: list[str]) -> None:
        """Print how the request differs from the recorded one."""
        for difference in differences:
            self._line(f"drift: {difference}", "magenta")

    def replayed(self, outcome: Replayed) -> None:
        """Print what came with the text."""
        for call in outcome.tool_calls:
            self._line(f"tool call {call['name']} {_json(call['args'])}", "yellow")
        tokens = outcome.usage or {}
        usage = "".join(
            f", {tokens[key]} {key.replace('_', ' ')}"
            for key in ("input_tokens", "output_tokens")
            if key in tokens
        )
        self._line(f"chunks: {outcome.chunks}{usage}", "dim")
        if outcome.metadata:
            self._line(f"metadata: {_json(outcome.metadata)}", "dim")

    def refused(self, outcome: Refused) -> None:
        """Print why there is no answer."""
        word, style = ("skipped", "dim") if outcome.foreign else ("not replayed", "bold red")
        self._line(f"[{outcome.interaction}] {word}: {outcome.error}", style)

    def _line(self, text: str, style: str | None = None) -> None:
        self._write(("" if self._at_line_start else "\n") + text + "\n", style)

    def _write(self, text: str, style: str | None = None) -> None:
        if not text:
            return
        self._at_line_start = text.endswith("\n")
        if self._console is None:
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            self._console.print(text, style=style, end="", markup=False, emoji=False)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """Turn what JSON does not know into what it does."""
    return value.model_dump(mode="json") if isinstance(value, BaseMessage) else repr(value)
