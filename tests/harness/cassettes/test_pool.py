"""Real recordings of many tools; they are not part of the repository and may be absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cassettes import Recording, read_recording
from harness.cassettes._match import Match, find
from harness.errors import CassetteFormatError

SHARED = Path(__file__).parents[4] / "shared" / "cassettes"
REFUSED = {
    "it holds frames of a WebSocket, and no HTTP requests": 1,
    "it holds calls of gRPC, and no HTTP requests": 2,
}

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="no recordings beside the repository")


@pytest.fixture(scope="module")
def pool() -> dict[str, Recording | CassetteFormatError]:
    """Every file, read or refused."""
    read: dict[str, Recording | CassetteFormatError] = {}
    for path in sorted((SHARED / "pool").iterdir()):
        try:
            read[path.name] = read_recording(path)
        except CassetteFormatError as error:
            read[path.name] = error
    return read


def test_every_file_loads_or_is_refused_for_a_known_reason(pool: dict) -> None:
    """No other exception, and no other reason."""
    refused = [str(result) for result in pool.values() if isinstance(result, CassetteFormatError)]
    assert len(pool) == 321
    for report in refused:
        assert any(reason in report for reason in REFUSED), report
    for reason, most in REFUSED.items():
        assert sum(reason in report for report in refused) <= most


def test_every_body_is_decoded_as_expected(pool: dict) -> None:
    """Status, method, decoded size and kind are those that were found without any SDK."""
    expected = json.loads((SHARED / "expectations.json").read_text())
    seen = 0
    for name, interactions in expected.items():
        if not isinstance(pool[name], Recording):
            continue
        for known in interactions:
            item = pool[name].interactions[known["k"]]
            assert (item.request.method, item.response.status, len(item.response.body)) == (
                known["method"].upper(), known["status"], known["decoded_bytes"],
            )  # fmt: skip
            assert item.response.is_event_stream == (known.get("stream") == "sse")
            seen += 1
    assert seen >= 770


def test_every_interaction_is_found_by_its_own_request(pool: dict) -> None:
    """Asked in the order of the file, each request gets its own answer, without drift."""
    for recording in pool.values():
        if not isinstance(recording, Recording):
            continue
        played: set[int] = set()
        for item in recording.interactions:
            found = find(item.request, recording.interactions, played)
            assert isinstance(found, Match)
            assert found.interaction.response.body == item.response.body
            played.add(found.interaction.index)
