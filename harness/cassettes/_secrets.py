"""What a secret looks like in a text, whatever it is wrapped in: pure functions over texts.

A replacement is as long as what it replaces, so that the cuts of a stream stay where they are.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from harness._placeholder import is_placeholder, placeholder

SHAPES = re.compile(
    # After a letter it is the middle of a word, unless that letter is JSON's \n, \r or \t.
    r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))(?:"
    r"sk-[A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic (sk-ant-), OpenRouter, DeepSeek
    r"|(?:gsk|xai|pplx|r8|hf|nvapi|lsv2_pt|lsv2_sk|tvly|csk|fw)[-_][A-Za-z0-9_-]{20,}"
    r"|AIza[A-Za-z0-9_-]{30,}"
    r"|ya29\.[A-Za-z0-9_-]{20,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"  # a JSON web token
    r")"
    r"|(?:(?<=[Bb]earer )|(?<=[Bb]earer%20))[A-Za-z0-9._~+/=-]{16,}"
)
IDENTIFIERS = re.compile(
    r"(?<![A-Za-z0-9])(?:org-[A-Za-z0-9]{20,}|org_[A-Za-z0-9]{20,}|proj_[A-Za-z0-9]{16,}"
    r"|wrkspc_[A-Za-z0-9]{16,})|(?<=arn:aws:)[a-z0-9-]*:[a-z0-9-]*:\d{12}(?=:)"
)
PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----)?", re.DOTALL
)

# The value of a JSON field with such a name, also where the JSON is a text inside JSON.
_FIELD = re.compile(
    r'(\\*"(?:access[-_]?token|refresh[-_]?token|id[-_]?token|session[-_]?token|bearer[-_]?token'
    r"|(?:x-)?api[-_]?key|client[-_]?secret|secret[-_]?(?:access[-_]?)?key|secret|password|passwd"
    r'|authorization|private[-_]?key)\\*"\s*:\s*\\*")((?:[^"\\]|\\(?![\\"]))+)',
    re.IGNORECASE,
)
# The value of a parameter in an address or a form.
_PARAMETER = re.compile(
    r"((?:^|[?&])(?:X-Amz-(?:Signature|Security-Token|Credential)|sig|signature|access_token"
    r"|refresh_token|client_secret|api[-_]?key|password|upload_id)=)([^&\s\"'\\<>]+)",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_WORD = re.compile(r"[A-Za-z0-9._~+%-]{12,}")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_DELTA = re.compile(
    r'"(content|text|arguments|partial_json|thinking|delta)"\s*:\s*"((?:[^"\\]|\\.)*)"'
)
_INDEX = re.compile(r'"(?:index|output_index|content_index)"\s*:\s*(\d+)')
_SHORTEST_FIELD = 6
_DEEPEST = 3
_LARGEST = 16 * 1024 * 1024
_GZIP, _ZLIB = b"\x1f\x8b", (b"\x78\x01", b"\x78\x9c", b"\x78\xda")


@dataclass(frozen=True)
class Rules:
    """What is a secret besides the known shapes.

    Args:
        known: Values that are secret, the longest first.
        patterns: Further shapes.
        identifiers: Whether ids of organizations and accounts count.
    """

    known: tuple[str, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    identifiers: bool = True

    def cleaned(self, text: str, depth: int = 0) -> str:
        """Return the text without secrets, as long as it was."""
        for value in self.known:
            text = text.replace(value, placeholder(value))
        for pattern in (SHAPES, PRIVATE_KEY, *self.patterns):
            text = pattern.sub(_whole, text)
        if self.identifiers:
            text = IDENTIFIERS.sub(_whole, text)
        text = _PARAMETER.sub(_value, _FIELD.sub(_value, text))
        if depth < _DEEPEST:
            if _PERCENT.search(text):
                text = _WORD.sub(self._if_hidden(_unquoted, depth), text)
            text = _BASE64.sub(self._if_hidden(_decoded_base64, depth), text)
        return text

    def cleaned_stream(self, text: str) -> str:
        """Return the text of an event stream without secrets that are spread over its events."""
        pieces = list(text)
        for spans in _fragments(text).values():
            joined = "".join(text[start:end] for start, end in spans)
            clean = self.cleaned(joined)
            if clean == joined:
                continue
            at = 0
            for start, end in spans:
                pieces[start:end] = clean[at : at + end - start]
                at += end - start
        return "".join(pieces)

    def hides_in(self, data: bytes) -> bool:
        """Whether compressed bytes hold a secret."""
        return any(self.cleaned(view) != view for view in _decompressed(data))

    def _if_hidden(
        self, views: Callable[[str], list[str]], depth: int
    ) -> Callable[[re.Match[str]], str]:
        """Replace a match whole if what it stands for holds a secret."""

        def replaced(match: re.Match[str]) -> str:
            for view in views(match[0]):
                if view != match[0] and self.cleaned(view, depth + 1) != view:
                    return placeholder(match[0])
            return match[0]

        return replaced


def _whole(match: re.Match[str]) -> str:
    return placeholder(match[0])


def _value(match: re.Match[str]) -> str:
    value = match[2]
    if len(value) < _SHORTEST_FIELD or is_placeholder(value):
        return match[0]
    return match[1] + placeholder(value)


def _unquoted(text: str) -> list[str]:
    return [unquote(text)] if _PERCENT.search(text) else []


def _decoded_base64(text: str) -> list[str]:
    """Return what a base64 text may stand for; a word may stand before it without a gap."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(plain + "=" * (-len(plain) % 4))
    except (ValueError, binascii.Error):
        return []
    return [data.decode("latin-1"), *_decompressed(data)]


def _decompressed(data: bytes) -> Iterator[str]:
    if data.startswith(_GZIP):
        wbits = zlib.MAX_WBITS | 16
    elif data.startswith(_ZLIB):
        wbits = zlib.MAX_WBITS
    else:
        return
    try:
        yield zlib.decompressobj(wbits).decompress(data, _LARGEST).decode("latin-1")
    except zlib.error:
        return


def _fragments(text: str) -> dict[tuple[str, ...], list[tuple[int, int]]]:
    """Return where the fragments of each streamed text stand, by its name and index."""
    found: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    start = 0
    for line in text.splitlines(keepends=True):
        if line.startswith("data:"):
            indices = tuple(_INDEX.findall(line))
            for match in _DELTA.finditer(line):
                key = (match[1], *indices)
                found[key].append((start + match.start(2), start + match.end(2)))
        start += len(line)
    return {key: spans for key, spans in found.items() if len(spans) > 1}
