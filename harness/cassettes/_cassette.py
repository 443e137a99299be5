"""The state of one open cassette, and what it says to a request.

Fields: the interactions that were read, the indices of those that were played, what drifted, and
the takes that are being recorded. A request plays an interaction, starts a take, or passes by to a
host that is allowed; anything else is a miss. All of it is guarded by one lock.
"""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from harness._files import check_writable, not_found
from harness._json import Difference
from harness.cassettes._lane import current_lane
from harness.cassettes._match import (
    MATCH_ON,
    MATCH_PARTS,
    Match,
    Miss,
    Part,
    find,
    request_differences,
)
from harness.cassettes._model import Interaction, RecordedRequest, header
from harness.cassettes._noted import note_answer
from harness.cassettes._record import Arrivals, Take
from harness.cassettes._storage import FILES, Storage
from harness.cassettes._timing.order import Order
from harness.cassettes._timing.player import Player
from harness.cassettes._vcr.view import VcrView
from harness.errors import (
    CassetteError,
    CassetteMissError,
    CassetteNotFoundError,
    UnplayedInteractionsError,
)
from harness.network import allows, is_loopback, loud

RecordMode: TypeAlias = Literal["none", "once", "new_episodes", "all", "rewrite"]
RECORD_MODES: tuple[RecordMode, ...] = ("none", "once", "new_episodes", "all", "rewrite")

_SHOWN = 5
_FIRST_DRAWN_PORT = 32768

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
    """What the user asked for; see `use_cassette`. Only vcrpy has words for the last six.

    Args:
        sockets: Hosts that others than HTTP clients may reach in a replay.
        storage: Where interactions are kept, and what filters leave of a request.
        also: Further files whose interactions may be played; they are never written.
        allow_repeats: An interaction may be played any number of times.
        drop_unused: A recording leaves out what was not played.
        skips: The libraries, by vcrpy's names for them, whose requests pass by.
        custom_patches: Connection classes of the user's that ask the cassette, as vcrpy has them.
    """

    record_mode: RecordMode = "none"
    match_on: tuple[str | Part, ...] = MATCH_ON
    realtime: bool = False
    speed: float = 1.0
    patience: float = 5.0
    allow_unplayed: bool = False
    allow_hosts: tuple[str, ...] = ()
    recorded_as: str = ""
    missing_ok: bool = False
    scrub: tuple[str | re.Pattern[str], ...] = ()
    ignore_hosts: tuple[str, ...] = ()
    save_failed: bool | None = None
    sockets: tuple[str | re.Pattern[str], ...] = ()
    storage: Storage = FILES
    also: tuple[Path, ...] = ()
    allow_repeats: bool = False
    drop_unused: bool = False
    skips: frozenset[str] = frozenset()
    custom_patches: tuple[tuple[Any, str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.speed <= 0:
            raise ValueError(f"speed is {self.speed!r}; it is a factor above 0")
        if self.record_mode not in RECORD_MODES:
            known = ", ".join(RECORD_MODES)
            raise ValueError(f"record mode {self.record_mode!r} is not one of: {known}")
        named = [part for part in self.match_on if isinstance(part, str)]
        if unknown := [part for part in named if part not in MATCH_PARTS]:
            raise ValueError(f"match_on {unknown[0]!r} is not one of: {', '.join(MATCH_PARTS)}")


@dataclass(frozen=True)
class Drift:
    """An interaction that was played although the request differs by known version drift."""

    interaction: Interaction
    differences: tuple[Difference, ...]


class Cassette(VcrView):
    """An open cassette: what it holds and what became of it.

    Args:
        path: The file; None when the interactions came from memory.
        loaded: The interactions that may be played.
        records: Whether a request that is not played is recorded.
        options: What the user asked for.
        borrowed: How many of the interactions, at the end, are those of other files.
    """

    def __init__(
        self,
        path: Path | None,
        loaded: Sequence[Interaction],
        *,
        records: bool,
        options: Options,
        borrowed: int = 0,
    ) -> None:
        self.path = path
        self.records = records
        self.process = os.getpid()
        self.options = options
        self._loaded = tuple(loaded)
        self._own = self._loaded[: len(self._loaded) - borrowed]
        self._playable = () if options.record_mode == "all" else self._loaded
        self._played: Counter[int] = Counter()
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
        return self._loaded + self.recorded

    @property
    def played(self) -> tuple[Interaction, ...]:
        """The interactions that were played, in the order in which they were asked for."""
        return tuple(self._by_index(index) for index in self._played)

    @property
    def unplayed(self) -> tuple[Interaction, ...]:
        """The interactions of the file that nobody asked for."""
        return tuple(
            item
            for item in self._own
            if item.index not in self._played and not self._is_side_traffic(item.request)
        )

    @property
    def drifted(self) -> tuple[Drift, ...]:
        """The interactions that matched only after known version drift was undone."""
        return tuple(self._drifted)

    @property
    def recorded(self) -> tuple[Interaction, ...]:
        """What was recorded in this block, in the order of the requests."""
        if not self._takes:
            return ()
        first = 1 + max((item.index for item in self._loaded), default=-1)
        return tuple(take.interaction(first + k) for k, take in enumerate(tuple(self._takes)))

    def ask(self, request: RecordedRequest) -> Player | Take | None:
        """Return what plays the answer, the take to fill, or None to let the request pass.

        A request that passes in a replay is refused where the network is.

        Raises:
            CassetteMissError: The cassette does not hold the request and may not record it.
            CassetteNotFoundError: Neither does it, since there is no file.
        """
        __tracebackhide__ = True  # pytest then shows who asked, and what is said here
        sent = request
        request, real_address = under_provider(sent, self.options.recorded_as)
        shown = self.options.storage.shown(request)
        if shown is None or _is_websocket(sent):
            return None
        lane = current_lane()
        with self._lock:
            used = () if self.options.allow_repeats else self._played
            found = find(shown, self._playable, used, self.options.match_on, lane)
            again = isinstance(found, Match) and found.interaction.index in self._played
            if isinstance(found, Match):
                self._played[found.interaction.index] += 1
                if found.drift:
                    self._drifted.append(Drift(found.interaction, found.drift))
            elif self.records and not self._is_side_traffic(request):
                self._check_place()
                take = Take(request, self._arrivals, real_address, lane)
                index = len(self._loaded) + len(self._takes)
                self._takes.append(take)
                note_answer(request, self.path, index, take)
                return take
        if isinstance(found, Match):
            item = found.interaction
            note_answer(request, self.path, item.index, item)
            return self.order.asked(item, again=again)
        if self.records or self._allows(sent):
            return None
        if self.path is not None and not self._loaded and not self.path.exists():
            asked = f"{request.method} {request.url} has no answer"
            raise loud(CassetteNotFoundError(f"{asked}: {not_found(self.path)}"))
        raise loud(CassetteMissError(self._miss(shown, found)))

    def close(self) -> None:
        """Record no more, whatever of the program goes on."""
        for take in self._takes:
            if take.is_open:
                take.close()

    def to_save(self) -> list[Interaction]:
        """Return what the file is to hold: recorded anew replaces what it matches."""
        recorded = self.recorded
        kept = list(self._own)
        if self.options.drop_unused:
            kept = [item for item in kept if item.index in self._played]
        elif self.options.record_mode == "all":
            kept = [item for item in kept if not any(self._replaces(new, item) for new in recorded)]
        return [replace(item, index=k) for k, item in enumerate((*kept, *recorded))]

    def check_all_played(self) -> None:
        """Raise when something was left over that should have been played."""
        if self.records or self.options.allow_unplayed:
            return
        left = self.unplayed
        if not left:
            return
        lines = [str(item) for item in left]
        shown = "\n  ".join(lines[:20]) + (f"\n  and {len(lines) - 20} more" if lines[20:] else "")
        raise UnplayedInteractionsError(
            f"{len(left)} of {len(self._own)} interactions of {self._name} were not played\n"
            f"  {shown}\n"
            "  if the program no longer asks for them: --record-mode=rewrite; "
            "if that is right: allow_unplayed=True"
        )

    def _check_place(self) -> None:
        """Raise, before a request is paid for, if its answer would be in no file."""
        if os.getpid() != self.process:
            raise loud(
                CassetteError(
                    f"{self._name} was opened in another process, and records only there\n"
                    "  to record what this one asks: open it here, too, with "
                    "use_cassette(..., record_mode='new_episodes')"
                )
            )
        if self.path is not None and not self._takes:
            try:
                check_writable(self.path)
            except CassetteError as error:
                raise loud(error) from None

    @property
    def _name(self) -> str:
        return f"the cassette {self.path}" if self.path else "the recording"

    def _by_index(self, index: int) -> Interaction:
        return next(item for item in self._loaded if item.index == index)

    def _replaces(self, new: Interaction, old: Interaction) -> bool:
        shown = self.options.storage.shown(new.request)
        return shown is not None and not self._differs(old, shown)

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


def _is_websocket(request: RecordedRequest) -> bool:
    """Whether it is the end of HTTP: what follows is no answer that could be recorded."""
    return (header(request.headers, "upgrade") or "").lower() == "websocket"


def under_provider(request: RecordedRequest, recorded_as: str) -> tuple[RecordedRequest, str]:
    """Move a request to a loopback server under the provider's address.

    Returns:
        The request, and the real address if it was moved.
    """
    if not recorded_as:
        return request, ""
    url = urlsplit(request.url)
    if not is_loopback(url.hostname or ""):
        return request, ""
    provider = urlsplit(recorded_as)
    moved = url._replace(scheme=provider.scheme, netloc=provider.netloc)
    headers = tuple(
        (name, provider.netloc if name.lower() == "host" else value)
        for name, value in request.headers
    )
    moved_request = replace(request, url=moved.geturl(), headers=headers)
    # A port that the system drew says nothing, and would differ in every new recording.
    place = url.hostname if (url.port or 0) >= _FIRST_DRAWN_PORT else url.netloc
    return moved_request, f"{url.scheme}://{place}"
