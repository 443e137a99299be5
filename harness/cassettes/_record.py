"""One interaction while it is recorded.

A take is open from the request on, gathers the pieces as they arrive, and ends once. The consumer
has each piece before anything is done with it: decoding waits for the end.
"""

from __future__ import annotations

import time

from harness.cassettes._decode import decoded_pieces, playable_headers
from harness.cassettes._model import (
    Headers,
    Interaction,
    RecordedRequest,
    RecordedResponse,
    Timing,
    header,
)
from harness.cassettes._sse import is_finished


class Take:
    """A recording in progress.

    Args:
        request: What is asked, under the provider's address.
        recorded_at: The real address, if it is another one.
    """

    def __init__(self, request: RecordedRequest, recorded_at: str = "") -> None:
        self.request = request
        self._recorded_at = recorded_at
        self._started = time.monotonic()
        self._response: RecordedResponse | None = None
        self._pieces: list[tuple[bytes, float]] = []
        self._end: tuple[str, str] | None = None

    def begin(self, status: int, reason: str, headers: Headers) -> None:
        """Note that the head of the response came."""
        self._response = RecordedResponse(status, reason, headers, b"")

    def piece(self, raw: bytes) -> None:
        """Note that a piece of the body came, as it is on the wire."""
        self._pieces.append((raw, time.monotonic() - self._started))

    def finish(self, end: str, error: str = "") -> None:
        """Note how the body ended; only the first end counts."""
        if self._end is None:
            self._end = (end, error)

    def interaction(self, index: int) -> Interaction | None:
        """Return what was recorded, or None when no response came."""
        if self._response is None:
            return None
        head = self._response
        encoding = (header(head.headers, "content-encoding") or "").strip().lower()
        raw = [piece for piece, _ in self._pieces]
        plain = decoded_pieces(raw, encoding)
        headers = head.headers
        body = b"".join(raw if plain is None else plain)
        if plain is not None:
            headers = playable_headers(headers, body)
        response = RecordedResponse(
            head.status,
            head.reason,
            headers,
            body,
            self._timing(raw if plain is None else plain, body),
            content_encoding=encoding,
            recorded_at=self._recorded_at,
        )
        return Interaction(index, self.request, response)

    def _timing(self, pieces: list[bytes], body: bytes) -> Timing:
        cuts, offsets, size = [], [], 0
        for piece, (_, offset) in zip(pieces, self._pieces, strict=True):
            if piece:
                size += len(piece)
                cuts.append(size)
                offsets.append(round(offset, 3))
        end, error = self._end or ("dropped", "")
        if end == "dropped" and is_finished(body):
            end = "complete"
        return Timing(tuple(cuts), tuple(offsets), end, error)
