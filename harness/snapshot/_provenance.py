"""Where a stream came from: the requests of the graph, the recorded answers, the versions.

It stands at the end of a snapshot file, below what is compared, and is never compared itself. When
a stream differs from its snapshot, the two provenances tell which of the three made the difference.

    # provenance, not compared: pytest --snapshot-update writes it when the stream has changed
    #   form: 2
    #   runtime: langgraph 1.2.9, langchain-core 1.8.1, Python 3.11
    #   request 1: 3f6c2a1b09de POST api.openai.com/v1/chat/completions, gpt-4o-mini, "A joke"
    #   answer 1: 91ab33ce04aa cassettes/test_joke/test_joke.yaml, interaction 0

A snapshot of format 1 knew nothing of it; brought up to date, it says that it does not. The form
says what the digests of requests leave out. Those of an older one differ from today's where the
requests do not, so that nothing can be told from them; `--snapshot-update` writes them anew.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.transcript import Origin, without_ids

TITLE = "# provenance, not compared: pytest --snapshot-update writes it when the stream has changed"

FORM = "#   form: 2"  # higher whenever the same request has another digest than before
UNKNOWN = "#   unknown: the stream was recorded in format 1, which did not keep it"
UNTOLD = (
    "from the request, the recorded response, the runtime or the graph: which one cannot be told, "
    "as the snapshot says nothing of it, or in an older form"
)

_LINE = re.compile(r"#   (runtime|request|answer)(?: \d+)?: (.*)")
_ENGINES = {"runtime": "replay-harness"}  # by the package that is imported
_PACKAGES = {
    "langchain_core": "langchain-core",
    "langchain_openai": "langchain-openai",
    "langchain_anthropic": "langchain-anthropic",
    "openai": "openai",
    "anthropic": "anthropic",
}
_DIGITS = 12
_WIDEST = 160


@dataclass(frozen=True)
class Side:
    """One side of a model call: what was asked, or what was answered.

    Args:
        digest: Equal when it is the same.
        words: What it is, for people.
    """

    digest: str
    words: str

    def __str__(self) -> str:
        return f"{self.digest} {self.words}"


@dataclass(frozen=True)
class Provenance:
    """What is known of where a stream came from.

    Args:
        runtime: The engine, packages that speak to providers, and Python, with their versions.
        calls: Each model call as what was asked and what was answered.
    """

    runtime: tuple[str, ...] = ()
    calls: tuple[tuple[Side, Side], ...] = ()

    @classmethod
    def of(cls, origin: Origin) -> Provenance:
        """Describe where a transcript came from."""
        calls = (
            (_side(call.asked(), call.summary()), _side(call.answer(), _relative(call.source)))
            for call in origin.calls
        )
        return cls(tuple(_versions(origin.engine)), tuple(calls))

    def lines(self) -> Iterator[str]:
        """The block at the end of a snapshot file."""
        yield TITLE
        yield FORM
        yield f"#   runtime: {', '.join(self.runtime)}"
        for number, (request, answer) in enumerate(self.calls, 1):
            yield f"#   request {number}: {request}"
            yield f"#   answer {number}: {answer}"


def parted(text: str) -> tuple[str, Provenance | None]:
    """What is compared of a snapshot file, and its provenance if it has one of today's form."""
    stream, _, block = text.partition(f"\n{TITLE}\n")
    form, *lines = block.splitlines() or [""]
    if form != FORM:
        return stream, None
    matches = [match for line in lines if (match := _LINE.fullmatch(line))]
    runtime = [match[2] for match in matches if match[1] == "runtime"]
    sides = [Side(*match[2].partition(" ")[::2]) for match in matches if match[1] != "runtime"]
    calls = tuple(zip(sides[::2], sides[1::2], strict=False))
    return stream, Provenance(tuple(", ".join(runtime).split(", ")), calls)


def cause(old: Provenance, new: Provenance) -> str:
    """A sentence about which of the three made the difference."""
    recorded = {request.digest: (request, answer) for request, answer in old.calls}
    for number, (request, answer) in enumerate(new.calls, 1):
        if request.digest not in recorded:
            was = old.calls[number - 1][0].words if number <= len(old.calls) else "nothing"
            now = f"from the request: model call {number} asks {request.words}"
            if was == request.words:
                return f"{now}; what differs is an earlier message, a tool or a parameter"
            return f"{now}; it was {was}"
        if recorded[request.digest][1].digest != answer.digest:
            return (
                f"from the recorded response: model call {number} got another answer, "
                f"from {answer.words}"
            )
    if len(new.calls) < len(old.calls):
        return f"from the request: model call {len(new.calls) + 1} is not made any more"
    if changed := ", ".join(_other_versions(old.runtime, new.runtime)):
        return f"from the runtime: {changed} (unless the graph was changed, too)"
    known = "requests, recorded responses" if new.calls else "no recorded model call,"
    return f"from the graph: {known} and the versions are what they were"


def _other_versions(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    """Another engine, and other versions of what both name.

    A package that only one of them names says nothing: which are imported depends on the tests that
    ran before.
    """
    if old[0] != new[0]:  # the engine
        yield f"{old[0]} -> {new[0]}"
    was, now = ({item.rpartition(" ")[0]: item for item in side[1:]} for side in (old, new))
    yield from (
        f"{was[name]} -> {now[name]}" for name in was if was[name] != now.get(name, was[name])
    )


def _side(content: str, words: str) -> Side:
    digest = sha256(without_ids(content).encode("utf-8", "surrogatepass")).hexdigest()
    line = " ".join(without_ids(words).split())
    return Side(digest[:_DIGITS], line if len(line) <= _WIDEST else f"{line[: _WIDEST - 3]}...")


def _relative(source: str) -> str:
    """A path as it is from here: a snapshot is read on other machines."""
    here = f"{Path.cwd().as_posix()}/"
    return source.removeprefix(here) if source.startswith(here) else Path(source).name


def _versions(engine: str) -> Iterator[str]:
    names = [_ENGINES.get(engine, engine)]
    names += [name for module, name in _PACKAGES.items() if module in sys.modules]
    yield from (f"{name} {found}" for name in names if (found := _version(name)))
    yield f"Python {sys.version_info[0]}.{sys.version_info[1]}"


@lru_cache
def _version(name: str) -> str:
    try:
        return version(name) if name else ""
    except PackageNotFoundError:
        return ""
