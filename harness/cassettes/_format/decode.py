"""From a body as some tool stored it to a body that can be played."""

from __future__ import annotations

import importlib
import json
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from harness._placeholder import is_placeholder
from harness.cassettes._model import Headers, header
from harness.errors import CassetteFormatError

MAX_BODY = 128 * 1024 * 1024
"""No body of a provider is this large; a compressed bomb is."""

_TRANSFER_HEADERS = {"content-length", "transfer-encoding", "content-encoding"}
_COMPRESSED_TYPE = re.compile(r"zip|zstd|octet-stream", re.IGNORECASE)
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def decoded_body(body: bytes, headers: Headers) -> bytes:
    """Undo the content encoding of a stored response body.

    The header alone does not tell. Many tools decode the body and leave the header, others redact
    or drop the header and leave the body encoded, so the bytes decide.

    Raises:
        CassetteFormatError: The body is compressed and broken, or needs a package to be read.
    """
    encoding = _encoding_of(body, headers)
    if encoding == "gzip":
        return _inflate(body, zlib.MAX_WBITS | 16, "gzip")
    if encoding == "deflate":
        zlib_header = (body[0] << 8 | body[1]) % 31 == 0 if len(body) > 1 else False
        return _inflate(body, zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS, "deflate")
    return _decode_whole(body, encoding) if encoding else body


def decoded_request_body(body: bytes, headers: Headers) -> bytes:
    """Undo the content encoding of a request body, where its header names one."""
    return decoded_body(body, headers) if header(headers, "content-encoding") else body


def _encoding_of(body: bytes, headers: Headers) -> str:
    named = (header(headers, "content-encoding") or "").lower()
    if not named and _COMPRESSED_TYPE.search(header(headers, "content-type") or ""):
        return ""  # it was compressed before HTTP saw it
    if body.startswith(_GZIP_MAGIC):
        return "gzip"
    if body.startswith(_ZSTD_MAGIC):
        return "zstd"
    if not body or _is_text(body):
        return ""
    return next((encoding for encoding in ("br", "deflate") if encoding in named), "")


def without_transfer(headers: Headers) -> Headers:
    """Drop what described the transfer."""
    return tuple((k, v) for k, v in headers if k.lower() not in _TRANSFER_HEADERS)


def playable_headers(headers: Headers, body: bytes) -> Headers:
    """Drop what described the transfer and give the body the content type that it has."""
    kept = without_transfer(headers)
    stated = header(headers, "content-type")
    if stated and not is_placeholder(stated):
        wrong = _is_event_stream(body) and "event-stream" not in stated
        if not wrong:
            return kept
    kept = tuple((k, v) for k, v in kept if k.lower() != "content-type")
    return (*kept, ("content-type", _content_type(body)))


def _content_type(body: bytes) -> str:
    if _is_event_stream(body):
        return "text/event-stream"
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return "text/plain" if _is_text(body) else "application/octet-stream"
    return "application/json"


def _is_event_stream(body: bytes) -> bool:
    """Whether the first line that is neither empty nor a comment is a field of server-sent events.

    Comments (`: ping`) come first in the streams of some routers.
    """
    for line in body[:4096].split(b"\n"):
        if line.strip() and not line.startswith(b":"):
            return line.startswith((b"data:", b"event:"))
    return False


def _is_text(body: bytes) -> bool:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return not any(control in text[:1024] for control in ("\x00", "\x01", "\x02", "\x03"))


def _inflate(body: bytes, wbits: int, name: str) -> bytes:
    inflater = zlib.decompressobj(wbits)
    try:
        plain = inflater.decompress(body, MAX_BODY)
    except zlib.error as error:
        raise CassetteFormatError(f"the {name} body is broken: {error}") from error
    if inflater.unconsumed_tail:
        raise CassetteFormatError(f"the {name} body is larger than {MAX_BODY:,} bytes")
    if not inflater.eof:
        raise CassetteFormatError(f"the {name} body is cut off after {len(plain):,} bytes")
    return plain


def decoded_pieces(pieces: list[bytes], encoding: str) -> list[bytes] | None:
    """Undo the content encoding of a body that came in pieces, piece by piece.

    A piece may decode to nothing, when the compressor had not flushed.

    Returns:
        As many pieces as came in, or None when the encoding is unknown or the bytes are broken.
    """
    if encoding in {"", "identity"}:
        return pieces
    try:
        decode = _STREAMING[encoding]()
        return [decode(piece) for piece in pieces]
    except Exception:  # noqa: BLE001  # the codecs have error classes of their own
        return None


def _gzip_decoder() -> Callable[[bytes], bytes]:
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress


def _deflate_decoder() -> Callable[[bytes], bytes]:
    return zlib.decompressobj().decompress


def _brotli_decoder() -> Callable[[bytes], bytes]:
    decompressor = optional("brotli", "brotlicffi").Decompressor()
    name = "process" if hasattr(decompressor, "process") else "decompress"
    decode: Callable[[bytes], bytes] = getattr(decompressor, name)
    return decode


def _zstd_decoder() -> Callable[[bytes], bytes]:
    decompressor = optional("compression.zstd", "backports.zstd", "zstandard").ZstdDecompressor()
    if hasattr(decompressor, "decompressobj"):  # zstandard
        decompressor = decompressor.decompressobj()
    decode: Callable[[bytes], bytes] = decompressor.decompress
    return decode


_STREAMING: dict[str, Callable[[], Callable[[bytes], bytes]]] = {
    "gzip": _gzip_decoder,
    "deflate": _deflate_decoder,
    "br": _brotli_decoder,
    "zstd": _zstd_decoder,
}


def optional(*packages: str) -> Any:
    """Import the first of these packages that is there.

    Raises:
        ModuleNotFoundError: None of them is.
    """
    for package in packages:
        with suppress(ImportError):
            return importlib.import_module(package)
    raise ModuleNotFoundError(packages[0])


def _decode_whole(body: bytes, encoding: str) -> bytes:
    try:
        return _STREAMING[encoding]()(body)
    except ModuleNotFoundError as error:
        raise CassetteFormatError(
            f"the body is compressed with {encoding}; `pip install {_PACKAGES[encoding]}` "
            "makes it readable"
        ) from error
    except Exception as error:  # the codecs have error classes of their own
        raise CassetteFormatError(f"the {encoding} body is broken: {error}") from error


_PACKAGES = {"br": "brotli", "zstd": "backports.zstd"}
