"""What a secret looks like in a text, whatever it is wrapped in: pure functions over texts.

A replacement is as long as what it replaces, so that the cuts of a stream stay where they are.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from harness._placeholder import is_placeholder, placeholder
from harness.cassettes._secrets.compressed import Held, held_in

SHAPES = re.compile(
    # After a letter it is the middle of a word, unless that letter is JSON's \n, \r or \t, or the
    # address is one of Telegram's.
    r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=/bot))(?:"
    r"sk-[A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic (sk-ant-), OpenRouter, DeepSeek, Langfuse
    r"|(?:gsk|xai|pplx|r8|hf|nvapi|lsv2_pt|lsv2_sk|tvly|csk|fw|pcsk|jina|esecret|e2b)"
    r"[-_][A-Za-z0-9_-]{20,}"
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{20,}"  # Stripe
    r"|AIza[A-Za-z0-9_-]{30,}|GOCSPX-[A-Za-z0-9_-]{20,}"  # Google
    r"|ya29\.[A-Za-z0-9_-]{20,}|1//0[A-Za-z0-9_-]{30,}"
    r"|(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9_]{30,}|github_pat_[A-Za-z0-9_]{30,}"
    r"|gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-[A-Za-z0-9_-]{20,}|GR1348941[A-Za-z0-9_-]{20,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,}"  # Slack
    r"|SG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"  # SendGrid
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{40,}|dapi[0-9a-f]{32}|do[opr]_v1_[0-9a-f]{40,}"
    r"|lin_api_[A-Za-z0-9]{30,}|ntn_[A-Za-z0-9]{30,}|sntrys_[A-Za-z0-9+/=_-]{30,}"
    r"|\d{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])"  # Telegram
    r"|[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}"  # Discord
    r"|[0-9a-z]{32}-us[0-9]{1,2}(?![0-9a-z])|sq0(?:csp|atp)-[A-Za-z0-9_-]{20,}"  # Mailchimp, Square
    r"|SK[0-9a-z]{32}(?![A-Za-z0-9])|AKC[A-Za-z0-9]{40,}"  # Twilio, Artifactory
    r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"  # a JSON web token
    r")"
    r"|(?:(?<=[Bb]earer )|(?<=[Bb]earer%20)|(?<=BEARER ))[A-Za-z0-9._~+/=-]{16,}"
    r"|(?<=[Bb]asic )[A-Za-z0-9+/]{16,}={0,2}(?![A-Za-z0-9])"
    r"|(?<=AccountKey=)[A-Za-z0-9+/=]{40,}"  # Azure
    r"|(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{20,}"
    r"|(?<=/api/webhooks/)\d{15,}/[A-Za-z0-9_-]{40,}"  # Discord
)
IDENTIFIERS = re.compile(
    r"(?<![A-Za-z0-9])(?:org-[A-Za-z0-9]{20,}|org_[A-Za-z0-9]{20,}|proj_[A-Za-z0-9]{16,}"
    r"|wrkspc_[A-Za-z0-9]{16,})|(?<=arn:aws:)[a-z0-9-]*:[a-z0-9-]*:\d{12}(?=:)"
)
PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
    r"(?:.*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)?",
    re.DOTALL,
)

_NAMES = (  # of what is secret, with any words before them
    r"(?:access|refresh|id|session|bearer|auth|security|sas|api|bot|csrf)[-_]?token"
    r"|api[-_]?(?:key|secret)|(?:subscription|account|encryption|signing)[-_]?key"
    r"|secret[-_]?(?:access[-_]?)?key|secret|password|passwd|passphrase|private[-_]?key"
    r"|authorization|connection[-_]?string"
)
# The value of a field with such a name: in JSON, also where the JSON is a text inside JSON, and as
# Python prints a dict.
_FIELD = re.compile(
    rf"(\\*[\"'](?:[\w.-]*?[-_.])?(?:{_NAMES})\\*[\"']\s*:\s*\\*[\"'])"
    r"((?:[^\"'\\]|\\(?![\\\"'nrt]))+)",
    re.IGNORECASE,
)
_CAMEL_FIELD = re.compile(
    r"(\\*\"\w*(?:Api(?:Key|Secret)|(?:Access|Refresh|Session|Auth)Token|Secret(?:Key)?|Password)"
    r"\\*\"\s*:\s*\\*\")((?:[^\"\\]|\\(?![\\\"nrt]))+)"
)
# The value of a parameter in an address or a form.
_PARAMETER = re.compile(
    r"((?:^|[?&])(?:X-(?:Amz|Goog)-(?:Signature|Security-Token|Credential)|sig|signature|token"
    rf"|upload_id|(?:[\w.-]*?[-_.])?(?:{_NAMES}))=)([^&\s\"'\\<>]+)",
    re.IGNORECASE,
)
# A line of an `.env` file, or of what `env` prints.
_VARIABLE = re.compile(
    r"((?<![A-Za-z0-9_])[A-Z][A-Z0-9_]*(?:API_?KEY|_KEY|TOKEN|SECRET|PASSWORD|PASSWD|_PAT)"
    r"\s?=\s?\\*[\"']?)([^\s\"'\\,;&<>(){}$]+)"
)
# The password in an address: `postgres://user:password@host`.
_USERINFO = re.compile(r"(://[^\s/:@\"'\\<>]*:)([^\s/@\"'\\<>]+)(?=@)")
# A part of a form with files.
_FORM_PART = re.compile(
    rf"(name=\"(?:[\w.-]*?[-_.])?(?:{_NAMES})\"(?:\r?\n[^\r\n]+)*\r?\n\r?\n)([^\r\n]+)",
    re.IGNORECASE,
)
_NAMED = (_FIELD, _CAMEL_FIELD, _PARAMETER, _VARIABLE, _USERINFO, _FORM_PART)

_BASE64 = re.compile(
    r"(?:[A-Za-z0-9+/]{60,76}(?:(?:\\+r)?\\+n|\r?\n))+[A-Za-z0-9+/]{4,76}={0,2}"  # in lines
    r"|[A-Za-z0-9+/_-]{24,}={0,2}"
)
_READABLE = re.compile(rb"[ -~]{10,}")
_LINES = re.compile(rb"[\t\r\n -~]{8,}")
_LINE_END = re.compile(r"\\+[rn]|\s")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){16,}")
_WORD = re.compile(r"[A-Za-z0-9._~+%-]{12,}")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPED = re.compile(r"(?:\\u00[0-7][0-9A-Fa-f]|[A-Za-z0-9._~+/=-]){12,}")
_ESCAPE = re.compile(r"\\u(00[0-7][0-9A-Fa-f])")
_TEXT_FIELD = re.compile(r'"(\w+)"\s*:\s*"((?:[^"\\]|\\.)*)"')
_TOKEN = re.compile(  # of log probabilities: a token, and the same in bytes
    r'"token"\s*:\s*"((?:[^"\\]|\\.)*)"(?:[^{}\[\]"]|"logprob")*(?:"bytes"\s*:\s*\[([\d,\s]*)\])?'
)
_NUMBER = re.compile(r"\d+")
_INDEX = re.compile(r'"(?:index|output_index|content_index)"\s*:\s*(\d+)')
_SHORTEST_FIELD = 6
_DEEPEST = 3
_LARGEST_SHIFTED = 4096
_STAND_IN = re.compile(
    r"^[A-Za-z]+([-_ .][A-Za-z]+)*$|^\W+$|^(.)\2+$"
    r"|test|fake|dummy|mock|xxx|placeholder|your|example",
    re.IGNORECASE,
)
_SHORTEST_VALUE = 8


def is_stand_in(value: str) -> bool:
    """Whether the value of a credential is one that people write for tests: `Bearer test-key`."""
    bare = re.sub(r"^(Bearer|Basic|Token)\s+", "", value, flags=re.IGNORECASE).strip()
    return len(bare) < _SHORTEST_VALUE or _STAND_IN.search(bare) is not None


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
        for named in _NAMED:
            text = named.sub(_value, text)
        if depth < _DEEPEST:
            if _PERCENT.search(text):
                text = _WORD.sub(self._if_hidden(_unquoted, depth), text)
            if "\\u00" in text:
                text = _ESCAPED.sub(self._if_hidden(_unescaped, depth), text)
            text = _BASE64.sub(self._if_hidden(_decoded, depth), text)
        return text

    def cleaned_pieces(self, text: str) -> str:
        """Return the text of a body without secrets that are spread over its events or tokens."""
        pieces = list(text)
        for spans in (*_fragments(text), _tokens(text)):
            joined = "".join(text[start:end] for start, end in spans)
            clean = self.cleaned(joined)
            at = 0
            for start, end in spans:
                part = clean[at : at + end - start]
                if part != text[start:end]:
                    pieces[start:end] = part
                    _blank_bytes(text, end, pieces)
                at += end - start
        return "".join(pieces)

    def hides_in(self, data: bytes) -> bool:
        """Whether compressed bytes hold a secret, be they compressed once more."""
        return self._hides(data, 0)

    def _hides(self, data: bytes, depth: int) -> bool:
        for held in held_in(data) if depth < _DEEPEST else ():
            view = _readable(held)
            if self.cleaned(view) != view or self._hides(held.plain or b"", depth + 1):
                return True
        return False

    def _if_hidden(
        self, views: Callable[[str], Iterable[str]], depth: int
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
    if len(value) < _SHORTEST_FIELD or is_placeholder(value) or is_stand_in(value):
        return match[0]
    return match[1] + placeholder(value)


def _unquoted(text: str) -> list[str]:
    return [unquote(text)] if _PERCENT.search(text) else []


def _unescaped(text: str) -> list[str]:
    if "\\u00" not in text:
        return []
    return [_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)]


def _decoded(text: str) -> Iterator[str]:
    """Yield what a run of letters and digits may stand for, in base64 or hexadecimal digits.

    A word may stand before it without a gap, so a short one is read from each of four places.
    """
    if _HEX.fullmatch(text):
        yield bytes.fromhex(text).decode("latin-1")
    plain = _LINE_END.sub("", text).rstrip("=").replace("-", "+").replace("_", "/")
    for start in range(4 if len(plain) <= _LARGEST_SHIFTED else 1):
        shifted = plain[start:]
        try:
            data = base64.b64decode(shifted + "=" * (-len(shifted) % 4))
        except (ValueError, binascii.Error):
            continue
        if _READABLE.search(data):
            yield data.decode("latin-1")
        for held in held_in(data):
            yield _readable(held)


def _readable(held: Held) -> str:
    """Return the texts in what was compressed, which may be the pixels of a picture."""
    return b"\n".join(_LINES.findall(held.plain or b"")).decode("ascii")


_Spans: TypeAlias = list[tuple[int, int]]


def _fragments(text: str) -> Iterator[_Spans]:
    """Yield where the fragments of each streamed text stand, by its name and index.

    A stream is server-sent events, a JSON object per line, or a list of them.
    """
    is_stream = text.startswith("[") or "\ndata:" in f"\n{text}" or "}\n{" in text
    if not is_stream:
        return
    found: dict[tuple[str, str], _Spans] = defaultdict(list)
    start = 0
    for line in text.splitlines(keepends=True):
        indices = ",".join(_INDEX.findall(line))
        for match in _TEXT_FIELD.finditer(line):
            found[match[1], indices].append((start + match.start(2), start + match.end(2)))
        start += len(line)
    yield from (spans for spans in found.values() if len(spans) > 1)


def _tokens(text: str) -> _Spans:
    """Return where the tokens of log probabilities stand, one after the other."""
    return [match.span(1) for match in _TOKEN.finditer(text)] if '"logprob' in text else []


def _blank_bytes(text: str, end: int, pieces: list[str]) -> None:
    """Replace the bytes that repeat a replaced token; they are as long as they were."""
    match = _TOKEN.match(text, text.rfind('"token"', 0, end))
    if match is None or match.end(1) != end or match[2] is None:
        return
    for number in _NUMBER.finditer(text, *match.span(2)):
        pieces[slice(*number.span())] = "42".rjust(len(number[0]))[-len(number[0]) :]
