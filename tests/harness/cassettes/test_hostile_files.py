"""A file that is broken, foreign or hostile is refused: soon, by name and line, without harm."""

from __future__ import annotations

import gzip
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from loopback import openai_chat

from harness.cassettes import Interaction, Timing, read_recording
from harness.cassettes._format.store import dumped
from harness.errors import CassetteFormatError


@contextmanager
def soon() -> Iterator[None]:
    """Fail if a block takes five seconds of work: ten times as much as on a usual machine."""
    started = time.thread_time()
    yield
    assert time.thread_time() - started < 5


def refusal(path: Path, content: bytes) -> str:
    """Read the file, and return the message of the error, which must come soon."""
    path.write_bytes(content)
    with soon(), pytest.raises(CassetteFormatError) as caught:
        read_recording(path)
    report = str(caught.value)
    assert report.startswith(f"cannot read the cassette {path}\n  ")
    assert "--record-mode=rewrite" in report
    return report.splitlines()[1].strip()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cassette of the test lies."""
    return tmp_path / "a.yaml"


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,  # ends the process in PyYAML's C loader
        b"{" * 100_000,
        b"- " * 100_000,
        b"? " * 100_000,
        b"\n".join(b" " * k + b"a:" for k in range(3000)),
    ],
    ids=["brackets", "braces", "dashes", "keys", "indents"],
)
def test_deep_nesting(content: bytes, path: Path) -> None:
    """Depth is checked before anything is built, by us or by the scanner of newer PyYAMLs."""
    report = refusal(path, content)
    assert "nested more than 100 levels deep" in report or "maximum nesting depth" in report


def test_a_bomb_of_aliases(path: Path) -> None:
    """Ten lines that stand for a billion values are counted in full."""
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        b"a%d: &a%d [%s]" % (k, k, b", ".join([b"*a%d" % (k - 1)] * 10)) for k in range(1, 10)
    ]
    assert "aliases counted in full" in refusal(path, b"\n".join(lines))


def test_a_gzip_bomb(path: Path) -> None:
    """Unpacking stops at the limit."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    packed = b"".join(gzip.compress(b" " * 16_000_000, 1) for _ in range(20))
    assert "larger than" in refusal(path, packed)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_500_000  # kB


@pytest.mark.parametrize(
    "tag", ["object/apply:os.mkdir [HERE]", "object/new:os.mkdir [HERE]", "name:os.mkdir ''"]
)
def test_tags_that_mean_code(tag: str, path: Path) -> None:
    """They are named and not executed."""
    made = path.with_name("made")
    content = f"interactions:\n- !!python/{tag}".replace("HERE", str(made)).encode()
    assert refusal(path, content).startswith("line 2: the tag !!python/")
    assert not made.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"  \n\n", "the file is empty"),
        (b"# only a comment\n", "the file is empty"),
        (b"name: ci\nsteps: []\n", "not a cassette: its keys are `name`, `steps`"),
        (b"- a\n- b\n", "not a cassette: its content is a list"),
        (b"just text", "not a cassette: its content is a str"),
        (b"\x00\x01\xff\xfe", "line 1: not UTF-8 text"),
        (b"interactions: []\n---\ninteractions: []\n", "line 2: a second YAML document"),
        (b"interactions:\n\t- a", "line 2: found character that cannot start any token"),
        (b"interactions: 3", "`interactions` is not a list but 3"),
        (b"interactions: [{}]", "interaction 0: `request` is missing or not a mapping"),
        (b"interactions: [*a]", "line 1: the alias *a refers to nothing above it"),
        (b"requests: [{}]\nresponses: [{}]", "interaction 0: the request has no `method`"),
        (b"interactions: [{request: {method: GET, uri: u}, response: {status: x}}]",
         "interaction 0: the status of the response is 'x'"),
        (b"interactions: [{request: {method: GET, uri: u, headers: [a]}, response: {}}]",
         "interaction 0: `headers` is not a mapping but ['a']"),
        (b"interactions: [{request: {method: GET, uri: u, body: [1]}, response: {}}]",
         "interaction 0: a body is not a text but [1]"),
        (b"requests: [{method: a, uri: u}]\nresponses: [{status: 1, replay_harness: {version: 9}}]",
         "interaction 0: `replay_harness` has the format version 9; this harness reads 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(content: bytes, said: str, path: Path) -> None:
    """An empty, foreign or malformed file is never taken for a cassette without interactions."""
    assert refusal(path, content).startswith(said)


def test_a_folder_is_no_cassette(tmp_path: Path) -> None:
    """The system's own word is passed on."""
    with pytest.raises(CassetteFormatError, match="Is a directory"):
        read_recording(tmp_path)


def test_truncated_anywhere(path: Path, interaction: Callable[..., Interaction]) -> None:
    """Cut at any byte, our own cassette of one stream is refused."""
    stream = b"".join(openai_chat(["Why", " was"]).steps)
    whole = dumped([interaction({"q": 1}, stream)]).encode()
    complete = whole.index(b"code: 200") + len(b"code: 200")
    for size in range(0, complete, 7):
        assert refusal(path, whole[:size])


def test_a_truncated_gzip_file(path: Path, interaction: Callable[..., Interaction]) -> None:
    """Cut at any byte, too."""
    packed = gzip.compress(dumped([interaction({"q": 1}, b"data: 1\n\n")]).encode())
    for size in range(2, len(packed), 11):
        assert "gzip file is truncated or broken" in refusal(path, packed[:size])


def test_50_megabytes_are_no_problem(path: Path) -> None:
    """Loading is linear in the size of the file."""
    answer = b'response: {status: 200, body: {string: "%s"}}' % (b"data: x\\n\\n" * 5000)
    one = b"- request: {method: GET, uri: u}\n  " + answer + b"\n"
    path.write_bytes(b"interactions:\n" + one * 900)
    with soon():
        assert len(read_recording(path).interactions) == 900


@pytest.fixture
def ours(interaction: Callable[..., Interaction]) -> str:
    """A file of our own, with cuts."""
    timing = Timing((9, 18), (0.1, 0.2), ended=0.2, arrivals=(0, 1, 2, 3, 4))
    return dumped([interaction(b"", b"data: 1\n\ndata: 2\n\n", timing=timing)])


def test_a_merge_conflict(ours: str, path: Path) -> None:
    """Markers that git left are named, with the command that takes one of the versions."""
    lines = ours.splitlines(keepends=True)
    lines[3:3] = ["<<<<<<< HEAD\n", lines[3], "=======\n", lines[3], ">>>>>>> other\n"]
    assert refusal(path, "".join(lines).encode()) == (
        "line 4: a merge conflict that was not resolved"
    )
    with pytest.raises(CassetteFormatError, match=f"git checkout --ours {path}, or --theirs"):
        read_recording(path)


def test_a_file_that_ends_too_early(ours: str, path: Path) -> None:
    """Wherever it was cut off, be it before its last line."""
    for size in range(len(ours) - len("version: 1\n") + 1):
        refusal(path, ours[:size].encode())


def test_a_body_that_was_edited(ours: str, path: Path) -> None:
    """Is refused while its cuts do not fit, and the error says what to take out."""
    edited = ours.replace("data: 2", "data: two")
    assert "was the body edited?" in refusal(path, edited.encode())
    with pytest.raises(CassetteFormatError, match="take `replay_harness` out of this response"):
        read_recording(path)
    tree = yaml.safe_load(edited)
    del tree["interactions"][0]["response"]["replay_harness"]
    path.write_text(yaml.safe_dump(tree))
    assert b"two" in read_recording(path).interactions[0].response.body


def test_a_checkout_with_other_line_ends(ours: str, path: Path) -> None:
    """CRLF, and a byte order mark, change nothing that is read."""
    path.write_bytes(b"\xef\xbb\xbf" + ours.replace("\n", "\r\n").encode())
    assert read_recording(path).interactions[0].response.body == b"data: 1\n\ndata: 2\n\n"
