"""Take secrets out of an interaction before it is written, and refuse what still looks like one."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit, urlunsplit

from harness._placeholder import is_placeholder, placeholder
from harness.cassettes._model import Headers, Interaction
from harness.cassettes._secrets.compressed import held_in
from harness.cassettes._secrets.event_frames import event_frames
from harness.cassettes._secrets.looks import Rules, is_stand_in

_DROPPED_HEADERS = {"cookie", "set-cookie"}
_SECRET_HEADER = re.compile(
    r"(?<!www-)(?<!proxy-)(?<!clerk-)auth(?!ority)|^proxy-authorization$|api-?key|token(?!s)|secret"
    r"|password|credential|signature|^x-goog-upload-(control-)?url$"
    r"|(?:subscription|functions|access|account|admin|master|service)-key$",
    re.IGNORECASE,
)
_IDENTIFYING_HEADER = re.compile(
    r"^openai-(organization|project)$|(^|-)(account|organization|org|tenant|workspace)-id$"
    r"|^x-goog-user-project$",
    re.IGNORECASE,
)
_SECRET_PARAMETER = re.compile(
    r"((?:^|[?&])(?:[\w.-]*(?:key|token|secret|signature|password|credential)|sig|code)=)([^&#]+)",
    re.IGNORECASE,
)
_SECRET_VARIABLE = re.compile(
    r"(API_?KEY|_KEY|KEY_ID|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|_PASS|_PWD|_PAT)$",
    re.IGNORECASE,
)
# Words in a variable are a stand-in such as `not-a-real-key`, and may well stand in a prompt.
_WORDS = re.compile(r"[A-Za-z]+([-_ ][A-Za-z]+)*")
_SHORTEST_VALUE = 8
_LONGEST_WORDS = 20


@dataclass(frozen=True)
class Finding:
    """A place of a recording that holds what should not be there.

    Args:
        place: Which part of the interaction.
        what: What it is; never the secret itself.
        is_secret: Whether it opens something; else it tells who somebody is.
    """

    place: str
    what: str
    is_secret: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass(frozen=True)
class Scrubber:
    """What is a secret here: the known shapes, and what is known to be secret.

    Args:
        known: Values that are secret.
        patterns: Shapes of the user's own.
    """

    known: tuple[str, ...] = ()
    patterns: tuple[re.Pattern[str], ...] = ()
    _rules: Rules = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rules", Rules(tuple(self._disguises()), self.patterns))

    @classmethod
    def of_environment(
        cls, environment: Mapping[str, str], rules: Iterable[str | re.Pattern[str]] = ()
    ) -> Scrubber:
        """Know the value of every variable whose name looks like that of a key, and the rules."""
        rules = tuple(rules)
        values = {v for name, v in environment.items() if _SECRET_VARIABLE.search(name)}
        values = set(filter(_is_secret_value, values))
        values |= {rule for rule in rules if isinstance(rule, str) and rule}
        patterns = tuple(rule for rule in rules if not isinstance(rule, str))
        return cls(tuple(sorted(values, key=len, reverse=True)), patterns)

    def scrubbed(self, item: Interaction) -> Interaction:
        """Return the interaction without secrets."""
        request, response = item.request, item.response
        request = replace(
            request,
            url=self._url(request.url),
            headers=self._headers(request.headers),
            body=self._bytes(request.body),
        )
        response = replace(
            response, headers=self._headers(response.headers), body=self._bytes(response.body)
        )
        return Interaction(item.index, request, response)

    def suspicions(self, item: Interaction) -> Iterator[str]:
        """Yield the places where a scrubbed interaction still seems to hold a secret."""
        for finding in self.findings(item):
            if finding.is_secret:
                yield str(finding)

    def findings(self, item: Interaction) -> Iterator[Finding]:
        """Yield what a recording holds that scrubbing would have taken out, or could not."""
        request, response = item.request, item.response
        if self._str(request.url) != request.url:
            yield Finding("request url", "what looks like a key")
        elif not all(
            is_placeholder(value) or is_stand_in(value) for value in _named_in(request.url)
        ):
            yield Finding("request url", "a credential")
        for whose, headers in (("request", request.headers), ("response", response.headers)):
            yield from self._in_headers(whose, headers)
        for whose, body in (("request", request.body), ("response", response.body)):
            yield from self._in_body(f"{whose} body", body)

    def _in_headers(self, whose: str, headers: Headers) -> Iterator[Finding]:
        for name, value in headers:
            place = f"{whose} header {name}"
            if is_placeholder(value) or not value.strip():
                continue
            if name.lower() in _DROPPED_HEADERS:
                yield Finding(place, "a cookie", is_secret=False)
            elif _IDENTIFYING_HEADER.search(name):
                yield Finding(place, "whose account it is", is_secret=False)
            elif _SECRET_HEADER.search(name):
                if not is_stand_in(value):
                    yield Finding(place, "a credential")
            elif self._str(value) != value:
                yield Finding(place, "what looks like a key")

    def _in_body(self, place: str, body: bytes) -> Iterator[Finding]:
        frames = event_frames(body)
        text = _text(body) if frames is None else frames.text
        clean = self._text(text)
        if clean != text:
            at = next(k for k, (a, b) in enumerate(zip(text, clean, strict=True)) if a != b)
            is_secret = self._text(text, identifiers=False) != text  # it may be both
            what = "what looks like a key" if is_secret else "whose account it is"
            line = text.count("\n", 0, at) + 1
            yield Finding(f"{place}, line {line}, character {at}", what, is_secret=is_secret)
        if self._rules.hides_in(body):
            yield Finding(place, "what looks like a key, in compressed bytes")
        for form in sorted({held.form for held in held_in(body) if held.plain is None}):
            yield Finding(place, f"{form} data that cannot be looked into", is_secret=False)

    def _disguises(self) -> Iterator[str]:
        """Yield the known values in every form in which a text may hold them."""
        for value in self.known:
            yield value
            for form in (quote(value, safe=""), json.dumps(value)[1:-1]):
                if form != value:
                    yield form
            yield value.encode().hex()
            for shift in range(3):  # where it stands in what was encoded
                encoded = base64.b64encode(b"\0" * shift + value.encode()).decode()
                inside = encoded.rstrip("=")[(0, 2, 3)[shift] : -1]
                if len(inside) >= _SHORTEST_VALUE:
                    yield inside
                    yield inside.translate(str.maketrans("+/", "-_"))  # for addresses

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        return self._str(text)

    def _headers(self, headers: Headers) -> Headers:
        return tuple(
            (name, placeholder() if names_a_secret(name) else self._str(value))
            for name, value in headers
            if name.lower() not in _DROPPED_HEADERS
        )

    def _url(self, url: str) -> str:
        parts = urlsplit(url)
        query = _SECRET_PARAMETER.sub(lambda m: m[1] + placeholder(), parts.query)
        host = parts.netloc.rpartition("@")[2]
        return self._str(urlunsplit(parts._replace(query=query, netloc=host)))

    def _bytes(self, body: bytes) -> bytes:
        if (frames := event_frames(body)) is not None:
            return frames.saying(self._text(frames.text))
        return self._text(_text(body)).encode(errors="surrogateescape")

    def _text(self, text: str, *, identifiers: bool = True) -> str:
        rules = self._rules if identifiers else replace(self._rules, identifiers=False)
        return rules.cleaned_pieces(rules.cleaned(text))

    def _str(self, text: str) -> str:
        return self._rules.cleaned(text)


def names_a_secret(name: str) -> bool:
    """Whether a header or parameter of that name holds a credential, or names an account."""
    return bool(_SECRET_HEADER.search(name) or _IDENTIFYING_HEADER.search(name))


def _named_in(url: str) -> Iterator[str]:
    """Yield what stands in an address where credentials stand."""
    parts = urlsplit(url)
    yield from (match[2] for match in _SECRET_PARAMETER.finditer(parts.query))
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    yield password or user


def _is_secret_value(value: str) -> bool:
    if len(value) < _SHORTEST_VALUE:
        return False
    return len(value) >= _LONGEST_WORDS or _WORDS.fullmatch(value) is None


def _text(body: bytes) -> str:
    return body.decode(errors="surrogateescape")
