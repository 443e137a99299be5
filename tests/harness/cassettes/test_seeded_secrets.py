"""Secrets seeded as place x encoding x key shape, with shapes that this project did not write.

The shapes are those of detect-secrets: strings that its expressions match. None may be left in the
file, `harness check` must find all of them in a file that was written without scrubbing, and a
client that puts the pieces of a stream together must not get one back.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from detect_secrets.plugins import (
    aws,
    discord,
    github_token,
    gitlab_token,
    mailchimp,
    openai,
    pypi_token,
    sendgrid,
    square_oauth,
    stripe,
    telegram_token,
    twilio,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from loopback import sse

from harness.cassettes import Interaction, Scrubber
from harness.cassettes._format.store import dumped

pytestmark = pytest.mark.proof  # a few of them, quickly: test_scrub.py

EXPRESSIONS: dict[str, re.Pattern[str]] = {
    "aws": aws.AWSKeyDetector.denylist[0],
    "discord": discord.DiscordBotTokenDetector.denylist[0],
    "github": github_token.GitHubTokenDetector.denylist[0],
    "gitlab": gitlab_token.GitLabTokenDetector.denylist[0],
    "gitlab runner": gitlab_token.GitLabTokenDetector.denylist[1],
    "mailchimp": mailchimp.MailchimpDetector.denylist[0],
    "openai": openai.OpenAIDetector.denylist[0],
    "pypi": pypi_token.PypiTokenDetector.denylist[0],
    "sendgrid": sendgrid.SendGridDetector.denylist[0],
    "square": square_oauth.SquareOAuthDetector.denylist[0],
    "stripe": stripe.StripeDetector.denylist[0],
    "telegram": telegram_token.TelegramBotTokenDetector.denylist[0],
    "twilio": twilio.TwilioKeyDetector.denylist[1],
}
ALPHABET = st.characters(codec="ascii", categories=["L", "N"], include_characters="-_.:")


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda key: key,
    "base64": lambda key: base64.b64encode(f"user:{key}".encode()).decode(),
    "base64 behind a word": lambda key: "id_" + base64.b64encode(f"~{key}".encode()).decode(),
    "base64 in lines": lambda key: base64.encodebytes(f"{'x' * 50} {key}".encode() * 2).decode(),
    "base64 for addresses": lambda key: base64.urlsafe_b64encode(f"~~?{key}".encode()).decode(),
    "hexadecimal": lambda key: key.encode().hex(),
    "percent": lambda key: "".join(c if c.isalnum() else f"%{ord(c):02X}" for c in f"-{key}"),
    "json in json": lambda key: json.dumps(json.dumps({"note": f"\n{key}"})),
    "gzip in base64": lambda key: base64.b64encode(gzip.compress(key.encode())).decode(),
    "bearer": lambda key: f"Authorization: Bearer {key}",
    "password of an address": lambda key: f"https://me:{key}@example.com/x",
}
TEXTS: dict[str, Callable[[str], bytes]] = {
    "prompt": lambda text: json.dumps({"messages": [{"content": f"use {text} now"}]}).encode(),
    "tool arguments": lambda text: json.dumps({"arguments": json.dumps({"x": text})}).encode(),
    "event": lambda text: sse({"delta": {"content": text}}),
    "text": lambda text: f"it is {text}\n".encode(),
    "form": lambda text: f"grant=x&note={text}&z=1".encode(),
    "html": lambda text: f'<a href="{text}">'.encode(),
}


def chat(part: str, k: int) -> bytes:
    """Of chat completions."""
    return sse({"choices": [{"index": 0, "delta": {"content": part}}]})


def tool_call(part: str, k: int) -> bytes:
    """The arguments of a tool call."""
    call = {"index": 1, "function": {"arguments": part}}
    return sse({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})


def partial_json(part: str, k: int) -> bytes:
    """The same of Anthropic."""
    delta = {"type": "input_json_delta", "partial_json": part}
    return sse({"type": "content_block_delta", "index": 1, "delta": delta}, "content_block_delta")


def responses(part: str, k: int) -> bytes:
    """Of OpenAI's Responses API."""
    event = "response.output_text.delta"
    return sse({"type": event, "output_index": 0, "delta": part, "sequence_number": k}, event)


def reasoning(part: str, k: int) -> bytes:
    """What a model thinks."""
    return sse({"choices": [{"index": 0, "delta": {"reasoning_content": part}}]})


def ollama(part: str, k: int) -> bytes:
    """A JSON object per line."""
    return json.dumps({"message": {"content": part}, "done": False}).encode() + b"\n"


def logprobs(part: str, k: int) -> bytes:
    """The tokens of log probabilities, which are there as bytes, too."""
    token = {"token": part, "logprob": -0.1, "bytes": list(part.encode()), "top_logprobs": []}
    return sse({"choices": [{"index": 0, "delta": {}, "logprobs": {"content": [token]}}]})


FRAGMENTS = [chat, tool_call, partial_json, responses, reasoning, ollama, logprobs]
FEW = settings(
    max_examples=40,
    phases=[Phase.generate],
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _is_real(key: str) -> bool:
    """Whether a string is no stand-in, such as `xxx`."""
    return len(set(key)) > 8 and re.search("test|xxx", key) is None


KEYS = st.one_of(
    *(
        st.from_regex(expression, fullmatch=True, alphabet=ALPHABET).filter(_is_real)
        for expression in EXPRESSIONS.values()
    )
)


@pytest.mark.parametrize("whose", ["request", "response"])
@FEW
@given(data=st.data())
def test_bodies(whose: str, interaction: Callable[..., Interaction], data: st.DataObject) -> None:
    """Whatever a key is wrapped in, wherever it stands in a body."""
    key = data.draw(KEYS)
    body = TEXTS[data.draw(st.sampled_from(sorted(TEXTS)))](
        ENCODINGS[data.draw(st.sampled_from(sorted(ENCODINGS)))](key)
    )
    check(interaction(body) if whose == "request" else interaction(b"", body), key)


@pytest.mark.parametrize("place", ["header", "url header", "query", "path", "user", "fragment"])
@FEW
@given(data=st.data())
def test_addresses_and_headers(
    place: str, interaction: Callable[..., Interaction], data: st.DataObject
) -> None:
    """Also in a header of any name, and in every part of an address."""
    key = data.draw(KEYS)
    base = "https://api.example.com"
    url = {
        "query": f"{base}/v1?q={key}&b=1",
        "path": f"{base}/bot{key}/send",
        "user": f"https://me:{key}@api.example.com/v1",
        "fragment": f"{base}/v1#{key}",
    }.get(place, f"{base}/v1")
    item = interaction(b"", b"{}", url=url)
    headers = {"header": (("x-note", key),), "url header": (("location", f"{base}/?a={key}"),)}
    request = item.request.__class__("POST", url, headers.get(place, ()), b"")
    check(Interaction(0, request, item.response), key)


@pytest.mark.parametrize("event", FRAGMENTS, ids=lambda event: event.__name__)
@FEW
@given(data=st.data())
def test_fragments(
    event: Callable[[str, int], bytes],
    interaction: Callable[..., Interaction],
    data: st.DataObject,
) -> None:
    """A key that a model wrote token by token is gone from every token; the cuts still fit."""
    key = data.draw(KEYS)
    size = data.draw(st.integers(1, 9))
    parts = ["it is ", *(key[k : k + size] for k in range(0, len(key), size)), ", keep it"]
    item = interaction(b"", b"".join(event(part, k) for k, part in enumerate(parts)))
    clean = check(item, key).response.body
    assert len(clean) == len(item.response.body)
    said = "".join(strings(clean))
    assert key not in said
    assert key not in "".join(map(chr, numbers(clean)))
    assert said.count("it is ") == said.count(", keep it") == 1


def check(item: Interaction, key: str) -> Interaction:
    """Return the scrubbed interaction, of which nothing remains."""
    scrubber = Scrubber()
    found = [finding for finding in scrubber.findings(item) if finding.is_secret]
    assert found
    assert key not in str(found)
    clean = scrubber.scrubbed(item)
    assert list(scrubber.suspicions(clean)) == []
    assert key not in dumped([clean])
    return clean


def values(body: bytes) -> Iterator[Any]:
    """Yield what stands in the events of a stream, at any depth."""
    for line in body.decode().splitlines():
        if line.startswith(("data:", "{")):
            waiting = [json.loads(line.removeprefix("data:"))]
            while waiting:
                value = waiting.pop()
                waiting += value.values() if isinstance(value, dict) else ()
                waiting += reversed(value) if isinstance(value, list) else ()
                yield value


def strings(body: bytes) -> Iterator[str]:
    """Yield the texts of a stream."""
    yield from (value for value in values(body) if isinstance(value, str))


def numbers(body: bytes) -> Iterator[int]:
    """Yield its numbers that may be characters."""
    yield from (v for v in values(body) if type(v) is int and 0 < v < 127)
