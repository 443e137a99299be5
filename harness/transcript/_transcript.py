"""`Transcript`: everything that a stream said, and the questions that tests ask about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from langchain_core.messages import BaseMessage

from harness.transcript._compare import compare_texts
from harness.transcript._model import ERROR, Payload, StreamEvent, is_message_pair, metadata_of
from harness.transcript._normalize import normalized_events
from harness.transcript._text import render


@dataclass(frozen=True, eq=False, repr=False)
class Transcript:
    """The ordered chunks of one stream.

    Two transcripts are equal when their texts are: ids that differ from run to run are numbered
    there, and what belongs to the installation is set apart (`SET_APART`).

    Args:
        events: Every chunk in the order of its arrival; last, the exception if one was kept.
    """

    events: tuple[StreamEvent, ...]
    _normalized: bool = field(default=False, kw_only=True)

    def normalized(self) -> Transcript:
        """The same transcript with run-specific ids as ordinals (`<task 1>`, `<message 2>`)."""
        if self._normalized:
            return self
        return Transcript(normalized_events(self.events), _normalized=True)

    def text(self) -> str:
        """The normalized transcript as text: what a snapshot file holds."""
        return self._text

    @cached_property
    def _text(self) -> str:
        return render(self.normalized().events)

    def tokens(
        self, node: str | None = None, tag: str | None = None, step: int | None = None
    ) -> list[str]:
        """The non-empty texts that messages mode streamed, piece by piece.

        Args:
            node: Only those of this node.
            tag: Only those of models that carry this tag.
            step: Only those of this superstep.
        """
        texts = []
        for event in self.events:
            metadata = metadata_of(event)
            if (
                is_message_pair(event)
                and isinstance(event.payload[0], BaseMessage)
                and (node is None or metadata.get("langgraph_node") == node)
                and (tag is None or tag in (metadata.get("tags") or ()))
                and (step is None or metadata.get("langgraph_step") == step)
            ):
                texts.append(str(event.payload[0].text))
        return [text for text in texts if text]

    def updates(self, node: str | None = None) -> list[Payload]:
        """The payloads of updates mode, or, for one node, what that node wrote each time."""
        payloads = self.payloads("updates")
        if node is None:
            return payloads
        return [
            payload[node] for payload in payloads if isinstance(payload, dict) and node in payload
        ]

    def payloads(self, mode: str) -> list[Payload]:
        """The payloads of one stream mode, in order of arrival."""
        return [event.payload for event in self.events if event.mode == mode]

    @property
    def final(self) -> Payload | None:
        """The last state that values mode streamed for the graph itself, if any."""
        values = [e.payload for e in self.events if e.mode == "values" and not e.namespace]
        return values[-1] if values else None

    @property
    def error(self) -> Exception | None:
        """The exception that ended the stream, if it was captured with `errors="keep"`."""
        errors = [payload for payload in self.payloads(ERROR) if isinstance(payload, Exception)]
        return errors[-1] if errors else None

    def diff(self, other: Transcript) -> str:
        """What is different in `other`, in words and then line by line; empty when equal."""
        return str(compare_texts(self.text(), other.text()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Transcript):
            return NotImplemented
        return self.text() == other.text()

    def __hash__(self) -> int:
        return hash(self.text())

    def __repr__(self) -> str:
        modes = ", ".join(dict.fromkeys(event.mode for event in self.events)) or "nothing"
        return f"<Transcript of {len(self.events)} chunks: {modes}>"
