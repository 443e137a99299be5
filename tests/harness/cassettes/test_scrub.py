"""Secrets do not reach the disk."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import re
import string
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest
from clients import KEY, Client
from loopback import Reply, plain_json, serve, sse

from harness._placeholder import placeholder
from harness.cassettes import Interaction, read_recording, use_cassette
from harness.cassettes._secrets.event_frames import event_frames
from harness.cassettes._secrets.scrub import Scrubber
from harness.errors import CassetteError

SHAPES = {
    "openai": "sk-" + "proj-" + "Ab1_" * 8,
    "anthropic": "sk-" + "ant-api03-" + "Cd2-" * 8,
    "aws": "AK" + "IA" + "ABCDEFGH12345678",
    "google": "AI" + "za" + "Sy_x" * 9,
    "github": "gh" + "p_" + "a1B2" * 9,
    "groq": "gs" + "k_" + "a1B2" * 9,
    "jwt": ".".join(["ey" + "Jhbg" * 4, "ey" + "Jzdw" * 4, "c2ln" * 4]),
    "bearer": "Bea" + "rer " + "opaque-token-0123456789",
}


def test_a_recording_holds_no_key(client: Client, record: Callable) -> None:
    """Neither the header that carried it nor a prompt into which it was pasted."""
    path, live = record(client, client.reply(["a"]), f"my key is {KEY}, and\n{KEY}")
    stored = path.read_bytes()
    assert KEY.encode() not in stored
    assert b"my key is **REDACTED****" in stored
    with use_cassette(path):
        assert client.stream(client.address, f"my key is {KEY}, and\n{KEY}") == live


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("where", ["url", "header", "request body", "stream", "json answer"])
def test_known_shapes_are_found_everywhere(where: str, name: str, tmp_path: Path) -> None:
    """A key with a provider's shape is replaced wherever it stands, and the cuts still fit."""
    path, key = tmp_path / "a.yaml", SHAPES[name]
    secret = key.split(" ")[-1]
    answer = {"stream": Reply([b"data: ", f'{{"a": "{key}"}}\n\n'.encode(), b"data: 2\n\n"])}
    with serve([answer.get(where, plain_json({"a": [f"x\n{key}"]}))]) as server:
        url = server.url + (f"/v1?q={key}" if where == "url" else "/v1")
        with use_cassette(path, "once"), httpx2.Client() as client:
            headers = {"x-note": key} if where == "header" else {}
            client.post(url, headers=headers, json={"a": key} if "body" in where else {})
    assert secret not in path.read_text()
    assert "REDACTED" in path.read_text()
    (recorded,) = read_recording(path).interactions
    assert len(recorded.response.timing.cuts) == (3 if where == "stream" else 1)


@pytest.mark.parametrize(
    "name",
    ["Authorization", "X-Api-Key", "api-key", "OpenAI-Organization", "openai-project", "Cookie",
     "Set-Cookie", "anthropic-organization-id", "x-amz-security-token", "x-goog-api-key"],
)  # fmt: skip
def test_headers_that_carry_secrets(name: str, tmp_path: Path) -> None:
    """Their values are replaced whatever they look like, in requests and in responses."""
    path = tmp_path / "a.yaml"
    reply = Reply([b"{}"], headers={name: "secret-b"})
    with serve([reply]) as server, use_cassette(path, "once"):
        httpx2.post(server.url, headers={name: "secret-a"})
    assert "secret-" not in path.read_text()


@pytest.mark.parametrize("name", ["x-ratelimit-remaining-tokens", "x-request-id", "Accept"])
def test_other_headers_are_kept(name: str, tmp_path: Path) -> None:
    """Too much scrubbing makes a cassette useless."""
    path = tmp_path / "a.yaml"
    with serve([Reply([b"{}"], headers={name: "149"})]) as server, use_cassette(path, "once"):
        httpx2.post(server.url)
    assert (name, "149") in read_recording(path).interactions[0].response.headers


@pytest.mark.parametrize("query", ["key=abc", "a=1&api_key=abc", "X-Amz-Signature=abc", "sig=abc"])
def test_query_parameters_that_carry_secrets(query: str, tmp_path: Path) -> None:
    """They are replaced, and the request is still found."""
    path = tmp_path / "a.yaml"
    with serve([plain_json({})]) as server:
        for mode in ("once", "none"):
            with use_cassette(path, mode):
                httpx2.post(f"{server.url}/v1?{query}")
    assert "abc" not in path.read_text()


def test_values_of_key_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key without any recognizable shape is known from the environment."""
    secret = "f00d" * 6
    monkeypatch.setenv("MY_SERVICE_API_KEY", secret)
    path = tmp_path / "a.yaml"
    with serve([plain_json({"you sent": secret})]) as server, use_cassette(path, "once"):
        httpx2.post(server.url, json={"a": secret})
    assert secret not in path.read_text()


def test_what_is_not_a_secret_variable() -> None:
    """Numbers of tokens, short values and words in place of a key are left alone."""
    environment = {
        "MAX_TOKENS": "12345678901",
        "A_KEY": "short",
        "OPENAI_API_KEY": "not-a-real-key",
        "B_TOKEN": "0123456789ab",
    }
    assert Scrubber.of_environment(environment).known == ("0123456789ab",)


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda key: key,
    "base64": lambda key: base64.b64encode(f"user:{key}".encode()).decode(),
    "base64 for addresses": lambda key: base64.urlsafe_b64encode(f"~~?{key}".encode()).decode(),
    "percent": lambda key: "".join(c if c.isalnum() else f"%{ord(c):02X}" for c in f"-{key}"),
    "json in json": lambda key: json.dumps(json.dumps({"note": f"\n{key}"})),
    "gzip in base64": lambda key: base64.b64encode(gzip.compress(key.encode())).decode(),
}
PLACES: dict[str, Callable[[str], dict]] = {
    "prompt": lambda text: {"sent": {"messages": [{"content": f"use {text} now"}]}},
    "tool arguments": lambda text: {"sent": {"a": [{"arguments": json.dumps({"x": text})}]}},
    "json answer": lambda text: {"answer": json.dumps({"a": [{"b": text}]}).encode()},
    "event": lambda text: {"answer": sse({"delta": {"content": text}})},
}


@pytest.mark.parametrize("seed", range(40))
def test_places_and_encodings(seed: int, interaction: Callable[..., Interaction]) -> None:
    """Keys of every shape, in every place and encoding, are found before and gone after."""
    random = Random(seed)  # noqa: S311 - to choose, not to guard
    shape, encoding = random.choice(list(MORE_SHAPES)), random.choice(list(ENCODINGS))
    place = random.choice(list(PLACES))
    key = MORE_SHAPES[shape](random)
    item = interaction(**PLACES[place](ENCODINGS[encoding](key)))
    scrubber = Scrubber.of_environment({"A_TOKEN": key} if shape == "no shape" else {})
    found = [finding for finding in scrubber.findings(item) if finding.is_secret]
    assert found, (shape, encoding, place)
    clean = scrubber.scrubbed(item)
    assert not list(scrubber.findings(clean))
    assert len(clean.response.body) == len(item.response.body)
    assert key not in f"{clean.request.body!r} {clean.response.body!r}"
    assert key not in str(found)


def letters(random: Random, size: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """Return random characters."""
    return "".join(random.choice(alphabet) for _ in range(size))


MORE_SHAPES: dict[str, Callable[[Random], str]] = {
    "openai": lambda r: "sk-" + "proj-" + letters(r, 40),
    "anthropic": lambda r: "sk-" + "ant-" + "api03-" + letters(r, 60) + "-AA",
    "groq": lambda r: "gs" + "k_" + letters(r, 52),
    "google": lambda r: "AI" + "za" + letters(r, 35),
    "aws": lambda r: "AK" + "IA" + letters(r, 16, string.ascii_uppercase + "234567"),
    "github": lambda r: "gh" + "p_" + letters(r, 36),
    "langsmith": lambda r: "lsv2" + "_pt_" + letters(r, 32) + "_" + letters(r, 10),
    "slack": lambda r: "xo" + "xb-" + letters(r, 24),
    "no shape": lambda r: letters(r, 32, "0123456789abcdef"),
}


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("where", ["content", "arguments", "partial_json"])
def test_a_key_over_several_events(
    size: int, where: str, interaction: Callable[..., Interaction]
) -> None:
    """A key that a model wrote token by token is replaced in every token; the cuts still fit."""
    key = SHAPES["openai"]
    parts = ["it is ", *(key[k : k + size] for k in range(0, len(key), size)), ", keep it"]
    other = [f"other{k}" for k in range(len(parts))]  # a second call, in between
    events = [
        b"".join(sse({"index": k, where: text}) for k, text in enumerate(pair))
        for pair in zip(parts, other, strict=True)
    ]
    item = interaction(b"", b"".join(events))
    clean = Scrubber().scrubbed(item).response.body
    assert len(clean) == len(item.response.body)
    data = [json.loads(line[5:]) for line in clean.splitlines() if line]
    texts = ["".join(event[where] for event in data if event["index"] == k) for k in (0, 1)]
    assert texts == ["it is " + "**REDACTED".ljust(len(key), "*") + ", keep it", "".join(other)]
    assert [finding.is_secret for finding in Scrubber().findings(item)] == [True]


@pytest.mark.parametrize(
    "name",
    ["access_token", "refreshToken", "client_secret", "api-key", "password", "Authorization"],
)
def test_fields_that_carry_secrets(name: str, interaction: Callable[..., Interaction]) -> None:
    """Their values are replaced at any depth, whatever they look like; schemas stay."""
    schema = {"properties": {name: {"type": "string"}}}
    inner = json.dumps({name: "hunter-2-hunter"})
    item = interaction({"a": [{name: "hunter-2-hunter"}], "s": schema, "text": inner})
    body = Scrubber().scrubbed(item).request.json()
    assert "hunter" not in str(body)
    assert body["s"] == schema


def test_ids_of_accounts(interaction: Callable[..., Interaction]) -> None:
    """Ids of organizations and projects are replaced, but are no secrets."""
    item = interaction(b"", b'{"error": "quota of org-' + b"Ab1" * 8 + b'"}')
    assert [finding.is_secret for finding in Scrubber().findings(item)] == [False]
    assert b"Ab1" not in Scrubber().scrubbed(item).response.body


def test_rules_of_the_user(tmp_path: Path) -> None:
    """Values and patterns of the user's own are secrets, too."""
    path = tmp_path / "a.yaml"
    cassette = use_cassette(path, "once", scrub=["blue whale", re.compile(r"cust-\d+")])
    with serve([plain_json({"a": "cust-12345 and blue whale"})]) as server, cassette:
        httpx2.post(server.url)
    assert "cust-" not in path.read_text()
    assert "blue" not in path.read_text()


def test_side_traffic_stays_out(tmp_path: Path) -> None:
    """Hosts of tracing and the like are not recorded, nor those that the user names."""
    path = tmp_path / "a.yaml"
    with (
        serve([plain_json({})] * 2) as server,
        use_cassette(path, "once", ignore_hosts=["127.0.0.1:*"]),
    ):
        httpx2.post(server.url)
    assert not path.exists()


def test_what_remains_suspicious_is_not_written(tmp_path: Path) -> None:
    """A secret that cannot be replaced stops the write, and the error names the place."""
    path, key = tmp_path / "a.yaml", SHAPES["openai"]
    packed = Reply([gzip.compress(key.encode())], headers={"content-type": "application/zip"})
    recording = use_cassette(path, "once")
    with serve([packed]) as server, pytest.raises(CassetteError) as caught, recording:
        httpx2.post(f"{server.url}/v1/chat")
    assert "is not written" in str(caught.value)
    assert "interaction 0 (POST http://127.0.0.1:" in str(caught.value)
    assert "response body: what looks like a key, in compressed bytes" in str(caught.value)
    assert key not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def archive(text: bytes) -> bytes:
    """A docx is an archive of such entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as entries:
        entries.writestr("other.xml", b"<a/>" * 50)
        entries.writestr("word/document.xml", b"<w:t>" + text + b"</w:t>")
    return file.getvalue()


HELD: dict[str, Callable[[bytes], bytes]] = {
    "archive": archive,
    "archive in a form": lambda text: b"--x\r\n\r\n" + archive(text) + b"\r\n--x--\r\n",
    "archive that was cut off": lambda text: archive(text)[:-90],
    "document": lambda text: b"%PDF-1.7\nstream\n" + zlib.compress(text) + b"\nendstream",
    "gzip behind something": lambda text: b"\0\1" + gzip.compress(text),
    "gzip in an archive": lambda text: archive(gzip.compress(text, mtime=0) * 3),
    "xz": lzma.compress,
    "bzip2": bz2.compress,
}


@pytest.mark.parametrize("form", HELD)
def test_compressed_data_is_looked_into(form: str, interaction: Callable[..., Interaction]) -> None:
    """Wherever in a body it begins; a key in it is found, and nothing is without one."""
    finds = [
        {finding.what for finding in Scrubber().findings(interaction(HELD[form](text)))}
        for text in (SHAPES["openai"].encode(), b"nothing to hide")
    ]
    assert finds == [{"what looks like a key, in compressed bytes"}, set()]


def test_what_cannot_be_looked_into_is_named(interaction: Callable[..., Interaction]) -> None:
    """An entry with a password, for one; that alone is no secret."""
    data = bytearray(archive(b"text"))
    data[6] |= 1  # the flag says that it is encrypted
    (finding,) = Scrubber().findings(interaction(bytes(data)))
    assert finding.what == "encrypted zip data that cannot be looked into"
    assert not finding.is_secret


def test_a_bomb_is_bounded(interaction: Callable[..., Interaction]) -> None:
    """What is large in a small body is not all unpacked, and that is named."""
    bomb = zlib.compress(bytes(20 * 1024 * 1024), 1)
    (finding,) = Scrubber().findings(interaction(bomb + gzip.compress(b"x")))
    assert finding.what == "gzip data that cannot be looked into"


def frame(event: dict[str, Any]) -> bytes:
    """One frame of Amazon's event streams, as Bedrock sends it."""
    payload = json.dumps({"bytes": base64.b64encode(json.dumps(event).encode()).decode()}).encode()
    kind = b"\x0b:event-type\x07\0\x05chunk"
    prelude = (16 + len(kind) + len(payload)).to_bytes(4, "big") + len(kind).to_bytes(4, "big")
    whole = prelude + zlib.crc32(prelude).to_bytes(4, "big") + kind + payload
    return whole + zlib.crc32(whole).to_bytes(4, "big")


def test_frames_of_bedrock(interaction: Callable[..., Interaction]) -> None:
    """A key that is split over events in base64 is replaced, and the checksums are right again."""
    key = SHAPES["openai"]
    texts = ["it is ", key[:9], key[9:20], key[20:], " there"]
    body = b"".join(frame({"delta": {"text": text}}) for text in texts)
    item = interaction(b"", body + frame({})[:20])  # the last one was cut off
    assert [finding.is_secret for finding in Scrubber().findings(item)] == [True]
    clean = Scrubber().scrubbed(item)
    hidden = event_frames(clean.response.body)
    said = "".join(json.loads(line)["delta"]["text"] for line in hidden.text.splitlines())
    assert said == f"it is {placeholder(key)} there"
    assert len(clean.response.body) == len(item.response.body)
    assert [*Scrubber().findings(clean)] == []
    assert hidden.saying(hidden.text) == clean.response.body


def test_words_are_not_keys(interaction: Callable[..., Interaction]) -> None:
    """Text that only resembles a key stays as it is."""
    item = interaction({"a": "task-oriented-conversations, risk-sk-1, AKIAS, sk-learn"})
    assert Scrubber().scrubbed(item) == item
