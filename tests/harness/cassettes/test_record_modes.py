"""What each record mode plays, records and keeps."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from loopback import Server, plain_json, serve

from harness.cassettes import read_recording, use_cassette
from harness.errors import (
    CassetteFormatError,
    CassetteMissError,
    CassetteNotFoundError,
    UnplayedInteractionsError,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cassette of the test lies."""
    return tmp_path / "cassettes" / "a.yaml"


@pytest.fixture
def server() -> Server:
    """A server that counts: its answers tell a recording from a replay."""
    count = iter(range(1, 100))
    with serve(lambda _: plain_json(next(count))) as running:
        yield running


def post(server: Server, prompt: str = "hi") -> int:
    """Ask the server something."""
    with httpx2.Client() as client:
        return client.post(server.url, json={"prompt": prompt}).json()


def stored(path: Path) -> list[tuple[str, int]]:
    """The prompts and answers in the file."""
    found = read_recording(path).interactions
    return [(item.request.json()["prompt"], int(item.response.body)) for item in found]


def test_none_plays_and_never_records(server: Server, path: Path) -> None:
    """A missing file is an error, and so is a request that is not there."""
    with pytest.raises(CassetteNotFoundError), use_cassette(path):
        post(server)
    assert server.requests == []
    assert not path.exists()


def test_once_records_then_plays(server: Server, path: Path) -> None:
    """The first run writes the file, later runs play it and do not add to it."""
    for _ in range(2):
        with use_cassette(path, "once"):
            assert post(server) == 1
    with pytest.raises(CassetteMissError), use_cassette(path, "once"):
        post(server, "other")
    assert len(server.requests) == 1


def test_new_episodes_records_what_is_missing(server: Server, path: Path) -> None:
    """Known requests are played, new ones are added after them."""
    with use_cassette(path, "once"):
        post(server)
    with use_cassette(path, "new_episodes") as cassette:
        assert [post(server, "other"), post(server)] == [2, 1]
    assert stored(path) == [("hi", 1), ("other", 2)]
    assert [item.index for item in cassette.interactions] == [0, 1]


def test_all_records_everything_anew(server: Server, path: Path) -> None:
    """An answer that was recorded anew takes the place of the old one; the rest is kept."""
    with use_cassette(path, "once"):
        post(server)
        post(server, "other")
    with use_cassette(path, "all"):
        assert post(server) == 3
    assert stored(path) == [("other", 2), ("hi", 3)]


def test_rewrite_starts_over(server: Server, path: Path) -> None:
    """The old content is gone, even if it could not be read."""
    path.parent.mkdir()
    path.write_text("interactions: [")
    with use_cassette(path, "rewrite"):
        post(server)
    assert stored(path) == [("hi", 1)]


def test_a_broken_file_is_not_recorded_over(server: Server, path: Path) -> None:
    """`once` does not take a broken cassette for a missing one."""
    path.parent.mkdir()
    path.write_text("interactions:\n- request: {")
    with pytest.raises(CassetteFormatError, match="--record-mode=rewrite"):
        use_cassette(path, "once").__enter__()
    assert path.read_text() == "interactions:\n- request: {"


def test_a_failing_block_keeps_the_old_file(server: Server, path: Path) -> None:
    """Its recording may be half a conversation; without an old file it is better than nothing."""
    for mode, expected in (("once", [("hi", 1)]), ("rewrite", [("hi", 1)])):
        with pytest.raises(ZeroDivisionError), use_cassette(path, mode):  # noqa: PT012  # leaves it
            post(server)
            raise ZeroDivisionError
        assert stored(path) == expected
    assert [entry.name for entry in path.parent.iterdir()] == ["a.yaml"]


def test_unplayed_interactions_fail(server: Server, path: Path) -> None:
    """They are listed; `allow_unplayed` allows them; another exception is not hidden by them."""
    with use_cassette(path, "once"):
        post(server)
        post(server, "other")
    with pytest.raises(UnplayedInteractionsError) as caught, use_cassette(path):
        post(server)
    assert "1 of 2 interactions" in str(caught.value)
    assert f"interaction 1: POST {server.url}" in str(caught.value)
    assert "allow_unplayed=True" in str(caught.value)
    with use_cassette(path, allow_unplayed=True) as cassette:
        post(server)
    assert [item.index for item in cassette.unplayed] == [1]
    with pytest.raises(ZeroDivisionError), use_cassette(path):
        raise ZeroDivisionError


def test_an_unknown_mode_is_named(path: Path) -> None:
    """The error lists the modes there are."""
    with pytest.raises(ValueError, match="'onse' is not one of: none, once, new_episodes"):
        use_cassette(path, "onse")
    with pytest.raises(ValueError, match="'url' is not one of: method"):
        use_cassette(path, match_on=["url"])
