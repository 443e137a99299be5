"""Compressed data that stands in a body: uploaded archives and documents, bodies left as they came.

Archives (docx and xlsx are such) are read entry by entry and documents (PDF) stream by stream, as
they may be one part of a form, or cut off. All is bounded: what is larger is not looked into.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias

from harness.cassettes._format.decode import optional

_MOST = 16 * 1024 * 1024
"""How many bytes are looked into, of all that a body holds."""

_AT_ONCE = 65536
_Decompressor: TypeAlias = Any  # the codecs agree on `decompress(data, max_length)` and `eof`

_BEGINS = (
    ("gzip", b"\x1f\x8b\x08"),
    ("zip", b"PK\x03\x04"),
    ("zstd", b"\x28\xb5\x2f\xfd"),
    ("xz", b"\xfd7zXZ\x00"),
    *(("bzip2", b"BZh%d1AY&SY" % level) for level in range(1, 10)),
    *(("zlib", b"\x78" + level) for level in (b"\x01", b"\x5e", b"\x9c", b"\xda")),
)
_BEFORE_ZLIB = (b"stream\n", b"stream\r\n")  # in a document; elsewhere these two bytes say little
_ZIP_HEADER, _DEFLATED = 30, 8
_STORED = 0
_ENCRYPTED = 1


class Held(NamedTuple):
    """Compressed data: its form, and what it holds; None where that cannot be looked into."""

    form: str
    plain: bytes | None


def held_in(data: bytes) -> Iterator[Held]:
    """Yield the compressed data that begins anywhere in a body."""
    left = _MOST
    for start, form in sorted(_begins(data)):
        if left <= 0:
            yield Held(form, None)
            return
        if form == "zip":
            held = _entry(data, start, left)
        else:
            held = Held(form, _plain(_DECODERS[form], data, start, left))
        if held is not None:
            yield held
            left -= len(held.plain or b"")


def _begins(data: bytes) -> Iterator[tuple[int, str]]:
    for form, magic in _BEGINS:
        at = data.find(magic)
        while at >= 0:
            if form != "zlib" or not at or data[max(at - 8, 0) : at].endswith(_BEFORE_ZLIB):
                yield at, form
            at = data.find(magic, at + 1)


def _entry(data: bytes, start: int, most: int) -> Held | None:
    """Read one entry of an archive; None if it is not compressed, or none at all."""
    header = data[start : start + _ZIP_HEADER]
    if len(header) < _ZIP_HEADER:
        return None
    flags, method = int.from_bytes(header[6:8], "little"), int.from_bytes(header[8:10], "little")
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    if flags & _ENCRYPTED:
        return Held("encrypted zip", None)
    if method == _STORED:
        return None
    return Held(
        "zip",
        _plain(_inflater, data, start + _ZIP_HEADER + lengths, most)
        if method == _DEFLATED
        else None,
    )


def _plain(make: Callable[[], _Decompressor], data: bytes, at: int, most: int) -> bytes | None:
    """Undo an encoding as far as it goes: what is cut off, or broken, gives what came before."""
    try:
        decompressor = make()
    except ModuleNotFoundError:
        return None
    found = bytearray()
    try:
        while at < len(data) and len(found) < most and not decompressor.eof:
            found += decompressor.decompress(data[at : at + _AT_ONCE], most - len(found))
            at += _AT_ONCE
    except Exception:  # noqa: BLE001  # the codecs have error classes of their own
        return bytes(found)
    return bytes(found)


def _inflater() -> _Decompressor:
    return zlib.decompressobj(-zlib.MAX_WBITS)


_DECODERS: dict[str, Callable[[], _Decompressor]] = {
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "zlib": zlib.decompressobj,
    "bzip2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(memlimit=_MOST * 2),
    "zstd": lambda: optional("compression.zstd", "backports.zstd").ZstdDecompressor(),
}
