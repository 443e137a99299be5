"""Fixtures of the cassette tests: clients, a recorded cassette, and interactions in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import clients
import pytest
from loopback import Reply, serve

from harness.cassettes import Interaction, RecordedRequest, RecordedResponse, Timing, use_cassette


@pytest.fixture(params=clients.CLIENTS, ids=lambda client: client.name)
def client(request: pytest.FixtureRequest) -> clients.Client:
    """Every client in turn."""
    return request.param


@pytest.fixture(params=clients.SDKS, ids=lambda client: client.name)
def sdk(request: pytest.FixtureRequest) -> clients.Client:
    """The providers' own clients, sync and async."""
    return request.param


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., tuple[Path, list[str]]]:
    """Record one answer of a loopback provider, and return the file and what the client saw."""

    def run(client: clients.Client, reply: Reply, prompt: str = "hi") -> tuple[Path, list[str]]:
        path = tmp_path / "recorded.yaml"
        cassette = use_cassette(path, "once", recorded_as=client.address)
        with serve([reply] * 9) as server, cassette:
            return path, client.stream(server.url, prompt)

    return run


@pytest.fixture
def interaction() -> Callable[..., Interaction]:
    """Build an interaction in memory; a dict as body is sent as JSON."""

    def build(
        sent: object = b"",
        answer: bytes = b"{}",
        *,
        index: int = 0,
        url: str = "https://api.example.com/v1/chat",
        timing: Timing | None = None,
    ) -> Interaction:
        body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        kind = "text/event-stream" if answer.startswith(b"data:") else "application/json"
        return Interaction(
            index,
            RecordedRequest("POST", url, (), body),
            RecordedResponse(200, "OK", (("content-type", kind),), answer, timing),
        )

    return build
