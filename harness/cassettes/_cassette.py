"""The state of one open cassette, and what it says to a request.

Fields: the interactions that were read, the indices of those that were played, what drifted, and
the takes that are being recorded. A request plays an interaction, starts a take, or passes by to a
host that is allowed; anything else is a miss. All of it is guarded by one lock.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from harness.cassettes._json import Difference
from harness.cassettes._lane import current_lane
from harness.cassettes._match import MATCH_ON, PARTS, Match, Miss, find, request_differences
from harness.cassettes._model import Interaction, RecordedRequest
from harness.cassettes._order import Order
from harness.cassettes._player import Player
from harness.cassettes._read import not_found
from harness.cassettes._record import Arrivals, Take
from harness.errors import CassetteMissError, CassetteNotFoundError, UnplayedInteractionsError
from harness.network import allows, is_loopback, loud

RecordMode: TypeAlias = Literal["none", "once", "new_episodes", "all", "rewrite"]
RECORD_MODES: tuple[RecordMode, ...] = ("none", "once", "new_episodes", "all", "rewrite")

_SHOWN = 5

SIDE_TRAFFIC = (
    "*.smith.langchain.com",
    "*.langfuse.com",
    "*.arize.com",
    "*.traceloop.com",
    "*.braintrust.dev",
    "*.posthog.com",
    "*.sentry.io",
    "*.datadoghq.com",
    "*.segment.io",
    "telemetry.*",
    "oauth2.googleapis.com",
    "metadata.google.internal",
    "169.254.169.254",
    "sts.*.amazonaws.com",
    "login.microsoftonline.com",
    "openaipublic.blob.core.windows.net",
)
"""Hosts of tracing, telemetry, token refresh and tokenizer downloads: no part of a recording."""


@dataclass(frozen=True)
class Options:
    """What the user asked for; see `use_cassette`."""

    record_mode: RecordMode = "none"
    match_on: tuple[str, ...] = MATCH_ON
    realtime: bool = False
    speed: float = 1.0
    patience: float = 5.0
    allow_unplayed: bool = False
    allow_hosts: tuple[str, ...] = ()
    recorded_as: str = ""
    missing_ok: bool = False
    scrub: tuple[str | re.Pattern[str], ...] = ()
    ignore_hosts: tuple[str, ...] = ()
    save_failed: bool = False

    def __post_init__(self) -> None:
        if self.speed <= 0:
            raise ValueError(f"speed is {self.speed!r}; it is a factor above 0")
        if self.record_mode not in RECORD_MODES:
            known = ", ".join(RECORD_MODES)
            raise ValueError(f"record mode {self.record_mode!r} is not one of: {known}")
        if unknown := [part for part in self.match_on if part not in (*PARTS, "body")]:
            raise ValueError(f"match_on {unknown[0]!r} is not one of: {', '.join(PARTS)}, body")


@dataclass(frozen=True)
class Drift:
    """An interaction that was played although the request differs by known version drift."""

    interaction: Interaction
    differences: tuple[Difference, ...]


class Cassette:
    """An open cassette: what it holds and what became of it.

    Args:
        path: The file; None when the interactions came from memory.
        loaded: The interactions that may be played.
        records: Whether a request that is not played is recorded.
        options: What the user asked for.
    """

    def __init__(
        self, path: Path | None, loaded: Sequence[Interaction], *, records: bool, options: Options
    ) -> None:
        self.path = path
        self.records = records
        self.options = options
        self._loaded = tuple(loaded)
        self._playable = () if options.record_mode == "all" else self._loaded
        self._played: dict[int, None] = {}
        self._drifted: list[Drift] = []
        self._takes: list[Take] = []
        timings = [item.response.timing for item in self._loaded]
        self._arrivals = Arrivals(
            1 + max((t.arrivals[-1] for t in timings if t and t.arrivals), default=-1)
        )
        self.order = Order(
            self._playable,
            self._name,
            realtime=options.realtime,
            speed=options.speed,
            patience=options.patience,
        )
        self._lock = threading.Lock()

    @property
    def interactions(self) -> tuple[Interaction, ...]:
        """What was read from the file, then what was recorded in this block."""
        return (*self._loaded, *self.recorded)

    @property
    def played(self) -> tuple[Interaction, ...]:
        """The interactions that were played, in the order in which they were asked for."""
        return tuple(self._by_index(index) for index in self._played)

    @property
    def unplayed(self) -> tuple[Interaction, ...]:
        """The interactions of the file that nobody asked for."""
        return tuple(
            item
            for item in self._loaded
            if item.index not in self._played and not self._is_side_traffic(item.request)
        )

    @property
    def drifted(self) -> tuple[Drift, ...]:
        """The interactions that matched only after known version drift was undone."""
        return tuple(self._drifted)

    @property
    def recorded(self) -> tuple[Interaction, ...]:
        """What was recorded in this block, in the order of the requests."""
        first = 1 + max((item.index for item in self._loaded), default=-1)
        return tuple(take.interaction(first + k) for k, take in enumerate(tuple(self._takes)))

    def ask(self, request: RecordedRequest) -> Player | Take | None:
        """Return what plays the answer, the take to fill, or None to let the request pass.

        Raises:
            CassetteMissError: The cassette does not hold the request and may not record it.
            CassetteNotFoundError: Neither does it, since there is no file.
        """
        sent = request
        request, real_address = under_provider(sent, self.options.recorded_as)
        lane = current_lane()
        with self._lock:
            found = find(request, self._playable, self._played, self.options.match_on, lane)
            if isinstance(found, Match):
                self._played[found.interaction.index] = None
                if found.drift:
                    self._drifted.append(Drift(found.interaction, found.drift))
            elif self.records and not self._is_side_traffic(request):
                self._takes.append(Take(request, self._arrivals, real_address, lane))
                return self._takes[-1]
        if isinstance(found, Match):
            return self.order.asked(found.interaction)
        if self.records or self._allows(sent):
            return None
        if self.path is not None and not self._loaded and not self.path.exists():
            asked = f"{request.method} {request.url} has no answer"
            raise loud(CassetteNotFoundError(f"{asked}: {not_found(self.path)}"))
        raise loud(CassetteMissError(self._miss(request, found)))

    def to_save(self) -> list[Interaction]:
        """Return what the file is to hold: recorded anew replaces what it matches."""
        recorded = self.recorded
        kept = list(self._loaded)
        if self.options.record_mode == "all":
            kept = [item for item in kept if not any(self._replaces(new, item) for new in recorded)]
        return [replace(item, index=k) for k, item in enumerate((*kept, *recorded))]

    def check_all_played(self) -> None:
        """Raise when something was left over that should have been played."""
        left = self.unplayed
        if self.records or self.options.allow_unplayed or not left:
            return
        lines = [f"interaction {i.index}: {i.request.method} {i.request.url}" for i in left]
        shown = "\n  ".join(lines[:20]) + (f"\n  and {len(lines) - 20} more" if lines[20:] else "")
        raise UnplayedInteractionsError(
            f"{len(left)} of {len(self._loaded)} interactions of {self._name} were not played\n"
            f"  {shown}\n"
            "  if the program no longer asks for them: --record-mode=rewrite; "
            "if that is right: allow_unplayed=True"
        )

    @property
    def _name(self) -> str:
        return f"the cassette {self.path}" if self.path else "the recording"

    def _by_index(self, index: int) -> Interaction:
        return next(item for item in self._loaded if item.index == index)

    def _replaces(self, new: Interaction, old: Interaction) -> bool:
        return not any(request_differences(old.request, new.request, self.options.match_on))

    def _allows(self, request: RecordedRequest) -> bool:
        url = urlsplit(request.url)
        return allows(self.options.allow_hosts, url.hostname or "", url.port)

    def _is_side_traffic(self, request: RecordedRequest) -> bool:
        url = urlsplit(request.url)
        hosts = (*SIDE_TRAFFIC, *self.options.ignore_hosts)
        return allows(hosts, url.hostname or "", url.port)

    def _miss(self, request: RecordedRequest, miss: Miss) -> str:
        lines = [f"{self._name} holds no answer to {request.method} {request.url}"]
        near = miss.nearest
        if near is None:
            lines.append("it holds no interaction at all")
        elif not miss.differences:
            times = sum(not self._differs(item, request) for item in self._loaded)
            lines.append(
                f"interaction {near.index} is the same request, but it was played already: "
                f"recorded {times} time{'s' * (times > 1)}, asked for once more than that"
            )
        else:
            what = f"{near.request.method} {near.request.url}"
            lines.append(f"nearest: interaction {near.index}, {what}, which differs in")
            lines += [f"  {difference}" for difference in miss.differences[:_SHOWN]]
            if more := len(miss.differences) - _SHOWN:
                lines += [f"  and {more} more places"] if more > 0 else []
        lines.append(f"{miss.played} of {miss.total} interactions were played before")
        lines.append(
            "to record it: --record-mode=new_episodes; to record everything anew: "
            "--record-mode=rewrite, or use_cassette(..., record_mode='all')"
        )
        return "\n  ".join(lines)

    def _differs(self, item: Interaction, request: RecordedRequest) -> bool:
        return any(request_differences(item.request, request, self.options.match_on))


def under_provider(request: RecordedRequest, recorded_as: str) -> tuple[RecordedRequest, str]:
    """Move a request to a loopback server under the provider's address.

    Returns:
        The request, and the real address if it was moved.
    """
    url = urlsplit(request.url)
    if not recorded_as or not is_loopback(url.hostname or ""):
        return request, ""
    provider = urlsplit(recorded_as)
    moved = url._replace(scheme=provider.scheme, netloc=provider.netloc)
    headers = tuple(
        (name, provider.netloc if name.lower() == "host" else value)
        for name, value in request.headers
    )
    moved_request = replace(request, url=moved.geturl(), headers=headers)
    return moved_request, f"{url.scheme}://{url.netloc}"
