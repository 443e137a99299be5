"""Secrets do not reach the disk."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from clients import KEY, Client
from loopback import Reply, openai_chat, plain_json, serve

from harness.cassettes import Interaction, read_recording, use_cassette
from harness.cassettes._scrub import Scrubber
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


@pytest.mark.parametrize("disguise", ["base64", "over tokens", "private key"])
def test_what_remains_suspicious_is_not_written(
    disguise: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that cannot be replaced safely stops the write, and the error names the place."""
    secret = "s3cret-" + "0123" * 5
    monkeypatch.setenv("MY_TOKEN", secret)
    texts = {
        "base64": [base64.b64encode(secret.encode()).decode()],
        "over tokens": [secret[:9], secret[9:]],
        "private key": ["-----BEGIN RSA " + "PRIVATE KEY-----"],
    }
    path = tmp_path / "a.yaml"
    recording = use_cassette(path, "once")
    with (
        serve([openai_chat(texts[disguise])]) as server,
        pytest.raises(CassetteError) as caught,
        recording,
    ):
        httpx2.post(f"{server.url}/v1/chat")
    assert "is not written" in str(caught.value)
    assert "interaction 0 (POST http://127.0.0.1:" in str(caught.value)
    assert "response body" in str(caught.value)
    assert secret not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_words_are_not_keys(interaction: Callable[..., Interaction]) -> None:
    """Text that only resembles a key stays as it is."""
    item = interaction({"a": "task-oriented-conversations, risk-sk-1, AKIAS, sk-learn"})
    assert Scrubber().scrubbed(item) == item
