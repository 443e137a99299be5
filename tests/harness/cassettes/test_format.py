"""The file: a vcrpy cassette that people can read, exact to the byte."""

from __future__ import annotations

import gzip
import os
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import vcr
import yaml
from clients import Client
from loopback import gzipped, plain_json

from harness._files import write_whole
from harness._yaml.read import load_yaml
from harness.cassettes import Interaction, Timing, play, read_recording
from harness.cassettes._format.store import dumped, save
from harness.cassettes._secrets.scrub import Scrubber
from harness.errors import CassetteError

TOKENS = ["Why", " caf\u00e9", " \U0001f600", "\r\n"]


@pytest.mark.parametrize("encoded", [False, True])
def test_stock_vcrpy_replays_our_file(encoded: bool, sdk: Client, record: Callable) -> None:
    """Vcrpy plays it through the same SDK, also when it came compressed."""
    reply = sdk.reply(TOKENS)
    path, live = record(sdk, gzipped(reply) if encoded else reply)
    with vcr.use_cassette(str(path), record_mode="none") as cassette:
        assert sdk.stream(sdk.address) == live == TOKENS
    assert cassette.all_played


def test_stock_vcrpy_keeps_our_data(sdk: Client, record: Callable) -> None:
    """Saved anew by vcrpy, the file still knows the cuts, the times and the end."""
    path, _ = record(sdk, sdk.reply(TOKENS))
    before = read_recording(path).interactions[0].response
    with vcr.use_cassette(str(path), record_mode="new_episodes") as cassette:
        sdk.stream(sdk.address)
        cassette.dirty = True
    assert read_recording(path).interactions[0].response == before


def test_a_stream_is_stored_line_by_line(sdk: Client, record: Callable) -> None:
    """Each event stands on lines of its own, characters as they are."""
    path, _ = record(sdk, sdk.reply(TOKENS))
    lines = path.read_text().splitlines()
    for event in b"".join(sdk.reply(TOKENS).steps).decode().split("\n\n"):
        for line in filter(None, event.split("\n")):
            assert f"        {line}" in lines


def test_the_address_is_the_providers(sdk: Client, record: Callable) -> None:
    """Where it was really recorded stands beside it, without the port that the system drew."""
    path, _ = record(sdk, sdk.reply(TOKENS))
    (recorded,) = read_recording(path).interactions
    assert recorded.request.url.startswith(f"{sdk.address}/v1/")
    assert ("127.0.0.1" in str(recorded.request)) is False
    assert recorded.response.recorded_at == "http://127.0.0.1"


AWKWARD = [
    b"",
    b"plain",
    b"data: 1\r\n\r\ndata: 2\r\n\r\n",
    b"data: \xc2\x85 \xe2\x80\xa8 x\n\n",
    b"data: k\xc2\x85\ndata: \xe2\x80\xa9\n\xe2\x80\xa8",
    b"k\xc2\x85",
    b"data: 1 \n\n",
    b"\n\n data: 1\n\n\n",
    b"data: \t1\n",
    b"data: \x00\x1b\n",
    b"data: \xef\xbb\xbf\n",
    b"\xef\xbb\xbfdata: 1\n\n",
    b"data: \xff\xfe\n\n",
    b"data: caf\xc3",
    "data: \U0001f600\n\n".encode(),
    b"data: " + b"x" * 500 + b" " + b"y" * 500 + b"\n\n",
    b"---\n...\n# no comment\n",
    b"12:30:45",
    b"null",
    b"data: a\rdata: b\r\r",
    gzip.compress(b"a file, not an encoding"),
]


@pytest.mark.parametrize("body", AWKWARD, ids=range(len(AWKWARD)))
def test_every_body_reads_back_to_the_byte(
    body: bytes, tmp_path: Path, interaction: Callable[..., Interaction]
) -> None:
    """Whatever is in it; our reader and PyYAML, on which vcrpy stands, agree."""
    path = tmp_path / "a.yaml"
    cuts = (len(body),) if body else ()
    item = interaction(body, body, timing=Timing(cuts, (0.5,) * len(cuts)))
    path.write_bytes(dumped([item]).encode())
    (read,) = read_recording(path).interactions
    assert (read.request.body, read.response.body) == (body, body)
    assert read.response.timing == item.response.timing
    stored = yaml.safe_load(path.read_bytes())["interactions"][0]["response"]["body"]
    text = stored["string"]
    assert (text if isinstance(text, bytes) else text.encode()) == body


def test_our_reader_agrees_with_pyyaml(record: Callable, sdk: Client) -> None:
    """Our own construction of YAML gives what the usual loader gives."""
    path, _ = record(sdk, plain_json({"a": [1, 2.5, None, True, "x"]}))
    text = path.read_text()
    assert load_yaml(text) == yaml.safe_load(text)


def test_an_edited_body_is_noticed(tmp_path: Path, interaction: Callable[..., Interaction]) -> None:
    """Cuts that do not fit the body any more are an error, not another stream."""
    path = tmp_path / "a.yaml"
    path.write_text(dumped([interaction(b"", b"data: 1\n\n", timing=Timing((9,), (0.1,)))]))
    path.write_text(path.read_text().replace("data: 1", "data: 12"))
    match = "the last cut at 9 of 10 bytes; was the body edited"
    with pytest.raises(CassetteError, match=match) as caught:
        read_recording(path)
    shown = "".join(traceback.format_exception(caught.value))
    assert shown.count("Traceback") == 1  # one report, without the errors that it was made of


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk costs the new file, not the old one, and leaves no litter."""
    path = tmp_path / "a.yaml"
    write_whole(path, "old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_saved_interactions_play(tmp_path: Path, interaction: Callable[..., Interaction]) -> None:
    """What was saved is what is read: saving again changes nothing."""
    path = tmp_path / "a.yaml"
    save(path, [interaction({"q": 1}, b"data: 1\n\n")], Scrubber())
    first = path.read_bytes()
    save(path, read_recording(path).interactions, Scrubber())
    assert path.read_bytes() == first
    with play(read_recording(path).interactions, allow_unplayed=True) as cassette:
        assert len(cassette.unplayed) == 1
