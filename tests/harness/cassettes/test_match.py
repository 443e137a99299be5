"""Which interaction answers a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import requests
from loopback import plain_json, serve

from harness.cassettes import Interaction, play, use_cassette
from harness.cassettes._match import Match, Miss, find
from harness.errors import CassetteMissError

Build = Callable[..., Interaction]


def matches(recorded: Interaction, sent: Interaction) -> bool:
    """Whether a request finds the interaction exactly."""
    found = find(sent.request, [recorded], ())
    return isinstance(found, Match) and not found.drift


@pytest.mark.parametrize(
    ("recorded", "sent", "same"),
    [
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1.0}, True),
        (b'{"a":1}', b'{ "a" : 1 }', True),
        ({"a": "\u00e9"}, b'{"a": "\xc3\xa9"}', True),
        ({"a": 1}, {"a": True}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": None}, {}, False),
        (b"x=1", b"x=1", True),
        (b"x=1", b"x=2", False),
    ],
)
def test_bodies_are_compared_by_meaning(
    recorded: Any, sent: Any, same: bool, interaction: Build
) -> None:
    """Key order and notation do not count in JSON; any other body is compared as it is."""
    assert matches(interaction(recorded), interaction(sent)) is same


@pytest.mark.parametrize(
    ("recorded", "same"),
    [
        ("https://api.example.com/v1/chat?a=1&b=2", True),
        ("https://api.example.com:443/v1/chat?b=2&a=1", True),
        ("**REDACTED**", True),
        ("<API_BASE>/v1/chat", True),
        ("https://**REDACTED**/v1/chat?a=1&b=2", True),
        ("https://api.example.com/v1/chat?a=**REDACTED**", True),
        ("https://other.example.com/v1/chat?a=1&b=2", False),
        ("https://api.example.com/v1/other?a=1&b=2", False),
        ("https://api.example.com/v1/chat?a=1", False),
        ("https://api.example.com:8443/v1/chat?a=1&b=2", False),
    ],
)
def test_addresses(recorded: str, same: bool, interaction: Build) -> None:
    """Host, port, path and query count; what was redacted matches anything."""
    sent = interaction(url="https://api.example.com/v1/chat?a=1&b=2")
    assert matches(interaction(url=recorded), sent) is same


def test_a_scrubbed_text_matches_any_secret(interaction: Build) -> None:
    """A prompt that was recorded without its key is found again, with whatever key."""
    recorded = interaction({"prompt": "use **REDACTED******** now"})
    assert matches(recorded, interaction({"prompt": "use another-key now"}))
    assert not matches(recorded, interaction({"prompt": "use another-key later"}))


def test_identical_requests_get_their_answers_in_sequence(interaction: Build) -> None:
    """The same question, asked three times, is answered as it was."""
    items = [interaction({"q": 1}, b"%d" % k, index=k) for k in range(3)]
    with play(items), httpx2.Client() as client:
        answers = [client.post(items[0].request.url, json={"q": 1}).json() for _ in items]
    assert answers == [0, 1, 2]


def test_recordings_are_put_together(interaction: Build) -> None:
    """The first interactions of two files do not stand in each other's way."""
    items = [interaction({"q": k}, b"%d" % k, index=0) for k in range(2)]
    with play(items), httpx2.Client() as client:
        assert [client.post(items[0].request.url, json={"q": k}).json() for k in (0, 1)] == [0, 1]


def test_order_between_different_requests_is_free(interaction: Build) -> None:
    """Parallel nodes may ask in another order than was recorded."""
    items = [interaction({"q": k}, b"%d" % k, index=k) for k in range(3)]
    with play(items) as cassette, httpx2.Client() as client:
        asked = [client.post(items[0].request.url, json={"q": k}).json() for k in (2, 0, 1)]
    assert asked == [2, 0, 1]
    assert [item.index for item in cassette.played] == [2, 0, 1]


CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a":2}'}}
CALL_AGAIN = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 2}'}}


@pytest.mark.parametrize(
    ("recorded", "sent", "where"),
    [
        ({"max_tokens": 5}, {"max_completion_tokens": 5}, "body.max_tokens"),
        ({}, {"stream": False}, "body.stream"),
        ({"n": 1, "temperature": 0.7}, {}, "body.n"),
        ({"stream": True}, {"stream": True, "stream_options": {"include_usage": True}},
         "body.stream_options"),
        ({"stop": None}, {}, "body.stop"),
        ({"input": "hi"}, {"input": [{"role": "user", "content": "hi", "type": "message"}]},
         "body.input"),
        ({"messages": [{"content": None}]}, {"messages": [{"content": ""}]},
         "body.messages[0].content"),
        ({"messages": [{"content": "x", "reasoning_content": "y"}]},
         {"messages": [{"content": "x"}]}, "body.messages[0].reasoning_content"),
        ({"messages": [{"tool_calls": [CALL]}]}, {"messages": [{"tool_calls": [CALL_AGAIN]}]},
         "body.messages[0].tool_calls[0].function.arguments"),
        ({"output_format": {"type": "x"}}, {"output_config": {"format": {"type": "x"}}},
         "body.output_format"),
    ],
)  # fmt: skip
def test_known_drift_is_undone_and_told(
    recorded: Any, sent: Any, where: str, interaction: Build
) -> None:
    """A request that only changed with a library's version is found, and the change is named."""
    found = find(interaction(sent).request, [interaction(recorded)], ())
    assert isinstance(found, Match)
    assert where in {difference.path for difference in found.drift}


def test_a_query_that_older_sdks_sent_is_drift(interaction: Build) -> None:
    """Anthropic's `?beta=true` came and went; any other parameter must be the same."""
    old, new = interaction({"q": 1}).request, interaction({"q": 1})
    beta = replace(new, request=replace(old, url=f"{old.url}?beta=true"))
    found = find(old, [beta], ())
    assert isinstance(found, Match)
    assert {difference.path for difference in found.drift} == {"query"}
    other = replace(new, request=replace(old, url=f"{old.url}?beta=false"))
    assert not isinstance(find(old, [other], ()), Match)


def test_an_exact_match_goes_before_a_drifted_one(interaction: Build) -> None:
    """However early the drifted one stands; the cassette keeps what drifted."""
    drifted = interaction({"q": 1, "max_tokens": 5}, b"1", index=0)
    exact = interaction({"q": 1, "max_completion_tokens": 5}, b"2", index=1)
    with play([drifted, exact]) as cassette, httpx2.Client() as client:
        sent = exact.request.json()
        assert [client.post(exact.request.url, json=sent).json() for _ in "ab"] == [2, 1]
    (drift,) = cassette.drifted
    assert drift.interaction.index == 0
    assert str(drift.differences[0]) == "body.max_tokens: recorded 5, sent nothing"


def test_a_changed_prompt_is_not_drift(interaction: Build) -> None:
    """Only what is known to mean the same is undone."""
    recorded = interaction({"messages": [{"content": "one"}], "temperature": 0.2})
    for sent in ({"messages": [{"content": "two"}], "temperature": 0.2},
                 {"messages": [{"content": "one"}]}):  # fmt: skip
        assert isinstance(find(interaction(sent).request, [recorded], ()), Miss)


def test_match_on_says_what_is_compared(interaction: Build) -> None:
    """The words are those of vcrpy."""
    recorded = interaction({"q": 1})
    sent = replace(recorded.request, body=b"{}", url="http://elsewhere.example.com/v1/chat")
    assert isinstance(find(sent, [recorded], (), ["method", "path"]), Match)
    assert isinstance(find(sent, [recorded], (), ["method", "uri"]), Miss)
    assert isinstance(find(sent, [recorded], (), ["method", "scheme"]), Miss)


@pytest.mark.parametrize("client", [httpx, httpx2, requests], ids=lambda client: client.__name__)
def test_forms_with_files(client: Any, tmp_path: Path) -> None:
    """The boundary between their parts, drawn anew for each request, is not compared; parts are."""
    path, files = tmp_path / "a.yaml", {"file": ("tea.bin", b"\0\xff" * 9)}
    with serve([plain_json(1)]) as server:
        with use_cassette(path, "once"):
            client.post(server.url, files=files)
        with use_cassette(path):
            assert client.post(server.url, files=files).json() == 1
        with use_cassette(path, allow_unplayed=True), pytest.raises(CassetteMissError):
            client.post(server.url, files={"file": ("tea.bin", b"other")})
