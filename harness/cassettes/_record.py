"""One interaction while it is recorded.

A take is open from the request on, gathers the pieces as they arrive, and ends once. The consumer
has each piece before anything is done with it: decoding waits for the end.
"""

from __future__ import annotations

import asyncio
import itertools
import warnings
from datetime import datetime, timezone
from typing import TypeAlias

from harness.cassettes._format.decode import decoded_pieces, without_transfer
from harness.cassettes._model import (
    Headers,
    Interaction,
    RecordedRequest,
    RecordedResponse,
    Timing,
    header,
)
from harness.cassettes._sse import is_finished
from harness.cassettes._timing.clock import clock

NO_RESPONSE = 599
"""The status under which a request without a response is stored: no tool takes it for a success."""


_WITHOUT_BODY = {204, 304}

Piece: TypeAlias = tuple[bytes, tuple[int, float]]
"""What came, and the number and the time of its arrival."""


def left_by(error: BaseException | None) -> str:
    """Return how a response ended whose reader left it, for that reason or for none."""
    is_trio = (type(error).__module__, type(error).__name__) == ("trio", "Cancelled")
    return "cancelled" if is_trio or isinstance(error, asyncio.CancelledError) else "dropped"


class Arrivals:
    """Numbers and times what arrives, through all requests of a recording.

    Args:
        first: The first number.
    """

    def __init__(self, first: int) -> None:
        self._numbers = itertools.count(first)
        self._started: float | None = None

    def next(self) -> tuple[int, float]:
        """Return the number and the time of what has just arrived."""
        number, now = next(self._numbers), clock.real()
        if self._started is None:
            self._started = now
        return number, now - self._started


class Take:
    """A recording in progress.

    Args:
        request: What is asked, under the provider's address.
        arrivals: Numbers what arrives.
        recorded_at: The real address, if it is another one.
        lane: Which branch of the program asks.
    """

    def __init__(
        self, request: RecordedRequest, arrivals: Arrivals, recorded_at: str = "", lane: str = ""
    ) -> None:
        self.request = request
        self._arrivals = arrivals
        self._recorded_at = recorded_at
        self._lane = lane
        self._recorded_on = datetime.now(timezone.utc).date().isoformat()
        self._asked = arrivals.next()
        self._head: tuple[int, float] | None = None
        self._response: RecordedResponse | None = None
        self._pieces: list[Piece] = []
        self._is_decoded = False
        self._end: tuple[str, str, tuple[int, float]] | None = None
        self._is_closed = self._has_told = False

    def begin(
        self, status: int, reason: str, headers: Headers, *, is_decoded: bool = False
    ) -> None:
        """Note that the head of the response came, and whether its pieces come decoded."""
        if self._is_closed:
            self.went_on()
            return
        self._head = self._arrivals.next()
        self._is_decoded = is_decoded
        self._response = RecordedResponse(status, reason, headers, b"")

    def piece(self, raw: bytes) -> None:
        """Note that a piece of the body came, as it is on the wire."""
        if self._is_closed:
            self.went_on()
            return
        self._pieces.append((raw, self._arrivals.next()))

    def finish(self, end: str, error: str = "") -> None:
        """Note how it ended; only the first end counts."""
        if self._end is None:
            self._end = end, error, self._arrivals.next()

    def close(self) -> None:
        """Note no more: the block is left, and the file is about to be written."""
        self.finish("dropped")
        self._is_closed = True

    def went_on(self) -> None:
        """Tell the program, once, if it reads what is in no file."""
        if self._is_closed and not self._has_told:
            self._has_told = True
            warnings.warn(
                f"{self.request.method} {self.request.url} is read on after its cassette was "
                "closed: the recording ends where the block ended\n"
                "  to record all of it: read it inside the block",
                stacklevel=2,
            )

    @property
    def is_open(self) -> bool:
        """Whether its end is not known yet."""
        return self._end is None

    def interaction(self, index: int) -> Interaction:
        """Return what was recorded so far."""
        came = tuple(self._pieces)  # more may come meanwhile
        raw = [piece for piece, _ in came]
        head = self._response or RecordedResponse(NO_RESPONSE, "no response", (), b"")
        encoding = self._encoding
        plain = raw if self._is_decoded else decoded_pieces(raw, encoding)
        body = b"".join(raw if plain is None else plain)
        headers = head.headers
        if plain is not None and self.request.method != "HEAD":  # tells of what is not sent
            headers = without_transfer(headers)
        response = RecordedResponse(
            head.status,
            head.reason,
            headers,
            body,
            self._timing(raw if plain is None else plain, came, is_coded=plain is not raw),
            content_encoding=encoding,
            recorded_at=self._recorded_at,
            recorded_on=self._recorded_on,
        )
        return Interaction(index, self.request, response)

    def _timing(self, pieces: list[bytes], came: tuple[Piece, ...], *, is_coded: bool) -> Timing:
        end, error, ended = self._end or ("dropped", "", self._arrivals.next())
        if end in {"dropped", "cancelled"} and self._is_whole(pieces, came):
            end = "complete"  # whatever happened to the reader, nothing is missing
        head = self._head
        if head is None:
            head, ended = ended, self._arrivals.next()
        cuts, wire, arrivals, size, sent = [], [], [], 0, 0
        for piece, (raw, arrival) in zip(pieces, came, strict=True):
            sent += len(raw)
            if piece:
                size += len(piece)
                cuts.append(size)
                wire.append(sent)
                arrivals.append(arrival)
        return Timing(
            tuple(cuts),
            tuple(self._since(arrival) for arrival in arrivals),
            end,
            error,
            answered=self._response is not None,
            asked=round(self._asked[1], 3),
            head=self._since(head),
            ended=self._since(ended),
            arrivals=tuple(n for n, _ in (self._asked, head, *arrivals, ended)),
            lane=self._lane,
            wire_cuts=tuple(wire) if is_coded and size else (),
        )

    def _is_whole(self, pieces: list[bytes], came: tuple[Piece, ...]) -> bool:
        """Whether the body says itself, by its length or its last event, that all of it came."""
        if self._response is None:
            return False
        if self.request.method == "HEAD" or self._response.status in _WITHOUT_BODY:
            return True
        length = header(self._response.headers, "content-length") or ""
        # what came decoded cannot be compared with a length on the wire
        if length.isdecimal() and not (self._is_decoded and self._encoding):
            return sum(len(raw) for raw, _ in came) == int(length)
        return is_finished(b"".join(pieces))

    @property
    def _encoding(self) -> str:
        headers = self._response.headers if self._response is not None else ()
        return (header(headers, "content-encoding") or "").strip().lower()

    def _since(self, arrival: tuple[int, float]) -> float:
        """Return the seconds since the request was sent, in whole milliseconds."""
        return round(arrival[1] - self._asked[1], 3)
