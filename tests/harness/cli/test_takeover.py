"""`harness takeover` makes vcrpy's recordings ours, when asked, and says what changes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from small_projects import openai_call
from vcr.cassette import Cassette

from harness.cassettes import read_recording

BODY = b'{"answer": "yes"}'


@pytest.fixture
def vcrpys(write: Callable) -> Path:
    """A recording as vcrpy leaves one: a compressed body, a cookie, a key."""
    call = openai_call("hi", [])
    call["request"]["headers"]["authorization"] = ["Bearer " + "sk-" + "proj-" + "Ab1x" * 8]
    call["response"]["body"]["string"] = gzip.compress(BODY)
    call["response"]["headers"] = {
        "content-type": ["application/json"],
        "content-encoding": ["gzip"],
        "set-cookie": ["a=b"],
    }
    return write(call)


CHANGES = """\
{file}:
  interaction 0: headers of the request scrubbed or corrected: authorization
  interaction 0: headers of the response gone: content-encoding, set-cookie
  interaction 0: the body of the response is no longer compressed
1 of 1 files {done}
"""


def test_without_being_asked_nothing_is_written(run: Callable, vcrpys: Path) -> None:
    """It says what would change, and how to change it; never a secret."""
    before = vcrpys.read_bytes()
    ran = run("takeover", vcrpys.parent)
    done = f"would change; to change them: harness takeover --write {vcrpys.parent}"
    assert (ran.status, ran.out) == (0, CHANGES.format(file=vcrpys, done=done))
    assert vcrpys.read_bytes() == before


def test_asked_to(run: Callable, vcrpys: Path) -> None:
    """It writes the file in place: readable, played by vcrpy as well, and done with."""
    ran = run("takeover", "--write", vcrpys)
    assert (ran.status, ran.out) == (0, CHANGES.format(file=vcrpys, done="changed"))

    (item,) = yaml.safe_load(vcrpys.read_text())["interactions"]
    assert item["response"]["body"]["string"] == BODY.decode()
    assert Cassette.load(path=str(vcrpys)).responses[0]["body"]["string"] == BODY
    assert run("takeover", vcrpys).out == "0 of 1 files would change\n"


def test_another_tools_format(run: Callable, write: Callable, tmp_path: Path) -> None:
    """It becomes vcrpy's."""
    file = write(openai_call("hi", ["a"]))
    pairs = yaml.safe_load(file.read_text())["interactions"]
    tree = {key: [pair[key[:-1]] for pair in pairs] for key in ("requests", "responses")}
    file.write_text(yaml.safe_dump(tree))
    ran = run("takeover", "--write", file)
    assert "from the format langchain-tests to vcrpy's" in ran.out
    assert read_recording(file).container == "vcrpy"


def test_a_file_of_a_serializer(run: Callable, vcrpys: Path) -> None:
    """It is left to it: the suite would not find a file of another name."""
    packed = vcrpys.with_suffix(".yaml.gz")
    packed.write_bytes(gzip.compress(vcrpys.read_bytes()))
    ran = run("takeover", "--write", packed)
    assert ran.status == 0
    assert ran.out.startswith(f"{packed}: left as it is: a serializer of the suite keeps it as .gz")


def test_a_file_that_cannot_be_read(run: Callable, vcrpys: Path) -> None:
    """It is named with the reason, the others are done, and the exit status tells."""
    broken = vcrpys.with_name("broken.yaml")
    broken.write_text("interactions: [")
    ran = run("takeover", "--write", vcrpys.parent)
    assert ran.status == 1
    assert f"{broken}: cannot be taken over" in ran.out
    assert "1 of 2 files changed, 1 cannot be taken over" in ran.out


def test_for_scripts(run: Callable, vcrpys: Path) -> None:
    """`--json` prints an object for each file."""
    told = json.loads(run("takeover", "--json", vcrpys).out)
    assert told["path"] == str(vcrpys)
    assert len(told["changes"]) == 3
    assert told["written"] is False


def test_there_is_no_such_folder(run: Callable, tmp_path: Path) -> None:
    """A wrong path is an error of its own."""
    assert run("takeover", tmp_path / "nowhere").status == 2
