"""`Transcript`: everything that a stream said, and the questions that tests ask about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path

from langchain_core.messages import BaseMessage, ToolCall, UsageMetadata

from harness._files import write_whole
from harness.errors import HarnessError
from harness.transcript._compare.compare import compare_texts
from harness.transcript._model import (
    ERROR,
    INTERRUPT,
    Head,
    Origin,
    Payload,
    StreamEvent,
    is_message_pair,
)
from harness.transcript._normalize import normalized
from harness.transcript._queries import (
    Place,
    ai_messages,
    numbers,
    select,
    tool_calls,
    usage,
    whole_messages,
)
from harness.transcript._rules import Rules
from harness.transcript._saved import dump, load
from harness.transcript._text.entries import page_of
from harness.transcript._text.write import write


@dataclass(frozen=True, eq=False, repr=False)
class Transcript:
    """The ordered chunks of one stream.

    Two transcripts are equal when their texts are: ids that differ from run to run are numbered
    there, and what belongs to the installation is set apart (`SET_APART`).

    Args:
        events: Every chunk in the order of its arrival. Interrupts, an exception that was kept, and
            the input of a run that goes on are events, too.
        head: What was streamed: the graph, its input, the modes; None of what is no graph's.
        origin: Which engine and which recorded answers it came from; never compared.
        rules: What else differs from run to run.
    """

    events: tuple[StreamEvent, ...]
    head: Head | None = field(default=None, kw_only=True)
    origin: Origin = field(default_factory=Origin, kw_only=True)
    rules: Rules = field(default_factory=Rules, kw_only=True)
    _normalized: bool = field(default=False, kw_only=True)

    def normalized(self) -> Transcript:
        """The same transcript with run-specific ids as ordinals (`<task 1>`, `<message 2>`)."""
        if self._normalized:
            return self
        events, head = normalized(self.events, self.head, self.rules)
        return Transcript(events, head=head, rules=self.rules, _normalized=True)

    def text(self) -> str:
        """The normalized transcript as text: what a snapshot file holds."""
        return self._text

    @cached_property
    def _text(self) -> str:
        normal = self.normalized()
        return write(page_of(normal.head, normal.events))

    def select(
        self,
        *,
        mode: str | None = None,
        node: str | None = None,
        tag: str | None = None,
        step: int | None = None,
        namespace: Iterable[str] | str | None = None,
    ) -> list[StreamEvent]:
        """The events that are all of this; without arguments, all.

        Args:
            mode: Of this stream mode.
            node: Tokens, updates and tasks of this node.
            tag: Tokens of models that carry this tag.
            step: Tokens of this superstep.
            namespace: Of this subgraph: its namespace, or only the names of the nodes in it
                (`"inner"`, `("outer", "inner")`); `()` for the graph itself.
        """
        return select(self.events, mode=mode, node=node, tag=tag, step=step, namespace=namespace)

    def tokens(
        self,
        node: str | None = None,
        tag: str | None = None,
        step: int | None = None,
        namespace: Iterable[str] | str | None = None,
    ) -> list[str]:
        """The non-empty texts that messages mode streamed, piece by piece; see `select`."""
        pairs = self.select(mode="messages", node=node, tag=tag, step=step, namespace=namespace)
        messages = (event.payload[0] for event in pairs if is_message_pair(event))
        texts = (str(m.text) for m in messages if isinstance(m, BaseMessage))
        return [text for text in texts if text]

    def updates(
        self, node: str | None = None, namespace: Iterable[str] | str | None = None
    ) -> list[Payload]:
        """The payloads of updates mode, or, for one node, what that node wrote each time."""
        payloads = [event.payload for event in self.select(mode="updates", namespace=namespace)]
        if node is None:
            return payloads
        return [
            payload[node] for payload in payloads if isinstance(payload, dict) and node in payload
        ]

    def payloads(self, mode: str) -> list[Payload]:
        """The payloads of one stream mode, in order of arrival."""
        return [event.payload for event in self.events if event.mode == mode]

    def custom(self, namespace: Iterable[str] | str | None = None) -> list[Payload]:
        """What nodes wrote into the custom stream."""
        return [event.payload for event in self.select(mode="custom", namespace=namespace)]

    def messages(self, node: str | None = None) -> list[BaseMessage]:
        """The messages that messages mode streamed, each put together from its chunks."""
        return whole_messages(self.select(mode="messages", node=node))

    def tool_calls(self, name: str | None = None, node: str | None = None) -> list[ToolCall]:
        """The tool calls that models asked for, with arguments, in the order of their messages.

        Args:
            name: Only calls of this tool.
            node: Only those that a model in this node asked for.
        """
        return tool_calls(ai_messages(self.select(node=node)), name)

    def usage(self, node: str | None = None) -> UsageMetadata:
        """The tokens that models counted, added up."""
        return usage(ai_messages(self.select(node=node)))

    def count(
        self,
        mode: str | None = None,
        node: str | None = None,
        namespace: Iterable[str] | str | None = None,
        *,
        tag: str | None = None,
        step: int | None = None,
    ) -> int:
        """How many events are all of this; see `select`."""
        return len(self.select(mode=mode, node=node, tag=tag, step=step, namespace=namespace))

    def before(self, first: Place, then: Place) -> bool:
        """Whether everything from one place came before anything from another.

        Args:
            first: A node's name, or a function that tells which events are meant.
            then: The same.

        Raises:
            ValueError: Nothing was streamed from one of the two.
        """
        return max(numbers(self.events, first)) < min(numbers(self.events, then))

    @property
    def interrupts(self) -> list[Payload]:
        """The questions at which runs stopped, each once."""
        asked = (item for payload in self.payloads(INTERRUPT) for item in payload)
        return list({getattr(item, "id", None) or id(item): item for item in asked}.values())

    @property
    def seconds(self) -> list[float | None]:
        """When each event arrived, counted from the start of its run; never compared."""
        return [event.seconds for event in self.events]

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

    def save(self, path: str | PathLike[str]) -> None:
        """Write all events as JSON lines, ids and arrival times as they were in this run."""
        write_whole(
            Path(path), "".join(f"{line}\n" for line in dump(self.events, self.head, self.rules))
        )

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Transcript:
        """Read what `save` wrote.

        It answers the same questions, and its text is the same. Objects of classes that are not
        langchain-core's come back as records of their fields.

        Raises:
            HarnessError: The file cannot be read, or is no transcript.
        """
        try:
            lines = Path(path).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise HarnessError(f"cannot read the transcript {path}: {error}") from error
        events, head, rules = load(lines, path)
        return cls(events, head=head, rules=rules)

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
