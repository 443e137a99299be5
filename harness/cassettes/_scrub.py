"""Take secrets out of an interaction before it is written, and refuse what still looks like one.

A replacement is as long as what it replaces, so that the cuts of a stream stay where they are.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit, urlunsplit

from harness.cassettes._model import Headers, Interaction, Json
from harness.cassettes._placeholder import placeholder

_DROPPED_HEADERS = {"cookie", "set-cookie"}
_SECRET_HEADER = re.compile(
    r"auth(?!ority)|api-?key|token(?!s)|secret|password|credential|signature"
    r"|^openai-(organization|project)$|^anthropic-(organization|workspace)-id$|^x-goog-user-project$",
    re.IGNORECASE,
)
_SECRET_PARAMETER = re.compile(
    r"((?:^|[?&])(?:[\w.-]*(?:key|token|secret|signature|password|credential)|sig|code)=)([^&#]+)",
    re.IGNORECASE,
)
_SECRET_VARIABLE = re.compile(
    r"(API_?KEY|_KEY|KEY_ID|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$", re.IGNORECASE
)
# Words in a variable are a stand-in such as `not-a-real-key`, and may well stand in a prompt.
_WORDS = re.compile(r"[A-Za-z]+([-_ ][A-Za-z]+)*")
_SHORTEST_VALUE = 8
_LONGEST_WORDS = 20

_SHAPES = re.compile(
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
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass(frozen=True)
class Scrubber:
    """What is a secret here: the known shapes, and values that are known to be secret."""

    known: tuple[str, ...] = ()

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Scrubber:
        """Know the value of every variable whose name looks like that of a key."""
        values = {v for name, v in environment.items() if _SECRET_VARIABLE.search(name)}
        return cls(tuple(sorted(filter(_is_secret_value, values), key=len, reverse=True)))

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
        places = {
            "request url": item.request.url,
            "request headers": str(item.request.headers),
            "request body": _text(item.request.body),
            "response headers": str(item.response.headers),
            "response body": _text(item.response.body),
        }
        for place, text in places.items():
            for secret in self._disguises():
                if secret in text:
                    at = text.index(secret)
                    yield f"{place}, character {at}: the value of a secret variable, encoded"
            if found := _PRIVATE_KEY.search(text):
                yield f"{place}, character {found.start()}: a private key"
        for name, joined in _joined_deltas(item.response.body).items():
            if _SHAPES.search(joined) or any(value in joined for value in self.known):
                yield f"response body: a key, spread over the `{name}` of several stream events"

    def _disguises(self) -> Iterator[str]:
        for value in self.known:
            for form in (quote(value, safe=""), json.dumps(value)[1:-1]):
                if form != value:
                    yield form
            encoded = base64.b64encode(value.encode()).decode()
            yield encoded.rstrip("=")[:-1]  # the last character depends on what follows

    def text(self, text: str) -> str:
        """Return a text without secrets."""
        return self._str(text)

    def _headers(self, headers: Headers) -> Headers:
        return tuple(
            (name, placeholder() if _SECRET_HEADER.search(name) else self._str(value))
            for name, value in headers
            if name.lower() not in _DROPPED_HEADERS
        )

    def _url(self, url: str) -> str:
        parts = urlsplit(url)
        query = _SECRET_PARAMETER.sub(lambda m: m[1] + placeholder(), parts.query)
        host = parts.netloc.rpartition("@")[2]
        return self._str(urlunsplit(parts._replace(query=query, netloc=host)))

    def _bytes(self, body: bytes) -> bytes:
        return self._str(_text(body)).encode(errors="surrogateescape")

    def _str(self, text: str) -> str:
        for value in self.known:
            text = text.replace(value, placeholder(value))
        return _SHAPES.sub(lambda match: placeholder(match[0]), text)


def _is_secret_value(value: str) -> bool:
    if len(value) < _SHORTEST_VALUE:
        return False
    return len(value) >= _LONGEST_WORDS or _WORDS.fullmatch(value) is None


def _text(body: bytes) -> str:
    return body.decode(errors="surrogateescape")


_DELTA_KEYS = {"content", "text", "arguments", "partial_json", "thinking", "delta"}


def _joined_deltas(body: bytes) -> dict[str, str]:
    """Join the fragments of a stream, by the name that they have in their events."""
    joined: dict[str, list[str]] = {}
    for line in body.split(b"\n"):
        if line.startswith(b"data:"):
            try:
                _gather(json.loads(line[5:]), joined)
            except (ValueError, RecursionError):
                continue
    return {name: "".join(parts) for name, parts in joined.items()}


def _gather(value: Json, into: dict[str, list[str]]) -> None:
    if isinstance(value, list):
        for item in value:
            _gather(item, into)
    elif isinstance(value, dict):
        for name, item in value.items():
            if isinstance(item, str) and name in _DELTA_KEYS:
                into.setdefault(name, []).append(item)
            else:
                _gather(item, into)
