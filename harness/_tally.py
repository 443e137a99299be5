"""What became of cassettes, models and the network, for whoever listens (pytest's summary).

The innermost open tally is told; while none is open, nothing is counted. It belongs to the process:
whatever thread or task of a test does something, it is the test's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.cassettes import Cassette, Interaction

_COUNTS = (b'"completion_tokens"', b'"output_tokens"', b'"candidatesTokenCount"', b'"eval_count"')
_COUNT = re.compile(rb'"\w+"\s*:\s*(\d+)')


@dataclass
class Closed:
    """One cassette that was closed: how many interactions were played, recorded and left over.

    What was recorded is not kept where a test failed that has a good cassette.
    """

    path: str
    played: int
    recorded: int
    kept: bool
    unplayed: list[str]


@dataclass
class Tally:
    """What happened while it was the innermost open one.

    Args:
        cassettes: Those that were closed.
        models: How many calls each model got.
        tokens: How many tokens the played answers say that they cost.
        refused: How many attempts to reach each host were refused.
    """

    cassettes: list[Closed] = field(default_factory=list)
    models: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def restart(self) -> None:
        """Forget what happened until now."""
        vars(self).update(vars(Tally()))


_open: list[Tally] = []


@contextmanager
def counting(tally: Tally) -> Iterator[Tally]:
    """Count what happens in the block."""
    _open.append(tally)
    try:
        yield tally
    finally:
        _open.remove(tally)


def model_called(name: str) -> None:
    """Note a call of a model that is no HTTP request."""
    if _open:
        _open[-1].models[name] += 1


def refused(place: str) -> None:
    """Note an attempt to reach the network."""
    if _open:
        _open[-1].refused[place] += 1


def closed(cassette: Cassette, *, kept: bool) -> None:
    """Note what became of a cassette."""
    if not _open or cassette.path is None:
        return
    tally, played, recorded = _open[-1], cassette.played, cassette.recorded
    left = [] if cassette.records else [str(item) for item in cassette.unplayed]
    tally.cassettes.append(Closed(str(cassette.path), len(played), len(recorded), kept, left))
    for item in (*played, *recorded):
        if name := _model_of(item):
            tally.models[name] += 1
    tally.tokens += sum(map(_tokens_of, played))


def _model_of(item: Interaction) -> str:
    asked = item.request.json()
    named = asked.get("model") if isinstance(asked, dict) else None
    return named if isinstance(named, str) else ""


def _tokens_of(item: Interaction) -> int:
    """Return what an answer says that it cost; a stream counts up, so the last number counts."""
    body = item.response.body
    at = len(body)
    while (at := max(body.rfind(name, 0, at) for name in _COUNTS)) >= 0:
        if count := _COUNT.match(body, at):
            return int(count[1])
    return 0
