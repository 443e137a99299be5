"""A recorded response as HTTP/1.1 on the wire, for clients that are played by their own parser."""

from __future__ import annotations

from harness.cassettes._model import RecordedResponse

LAST_CHUNK = b"0\r\n\r\n"
_WITHOUT_BODY = {204, 304}


def head(response: RecordedResponse, method: str) -> bytes:
    """Return the status line and the header; the body follows in chunks, if there is one."""
    fields = [(k, v) for k, v in response.headers if k.lower() != "connection"]
    fields.append(("Connection", "close"))
    if has_body(response, method):
        fields.append(("Transfer-Encoding", "chunked"))
    lines = [f"HTTP/1.1 {response.status} {response.reason}", *(f"{k}: {v}" for k, v in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def chunk(piece: bytes) -> bytes:
    """Return one piece of the body."""
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def has_body(response: RecordedResponse, method: str) -> bool:
    """Whether anything follows the header of such a response."""
    return method.upper() != "HEAD" and response.status not in _WITHOUT_BODY
