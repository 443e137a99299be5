"""Snapshot files: names that no two tests share, written whole."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from harness._files import write_whole
from harness.snapshot._files import file_stem, is_of

NAMES = [
    "test[a/b]",
    "test[ab]",
    "test[a%2Fb]",
    "test[a:b]",
    "test[ä]",
    "test[" + "x" * 400 + "]",
    "test[" + "x" * 401 + "]",
]


def test_different_tests_have_different_files() -> None:
    """Also where a name holds what a file name cannot, or is too long."""
    stems = [file_stem(name, index, ".txt") for name in NAMES for index in (0, 1, "1")]
    assert all(left != right for left, right in combinations(stems, 2))
    assert all(len(f"{stem}.txt".encode()) <= 255 for stem in stems)
    assert not any(character in stem for stem in stems for character in '/\\:*?"<>|')


def test_a_file_is_known_to_be_of_its_test() -> None:
    """Whichever comparison it holds, and of no other test."""
    for name in NAMES:
        for index in (0, 1, "1"):
            stem = file_stem(name, index, ".txt")
            found = [each for each in NAMES if is_of(stem, each, ".txt")]
            assert name in found
            # of names that are as long, only the hash of the first comparison tells
            assert len(found) == 1 or len(name) > 255


@pytest.mark.parametrize("name", ["test_answer", "TestIt.test_answer[gpt-4o-mini]"])
def test_a_usual_name_is_the_file(name: str) -> None:
    """A person finds the file of a test."""
    assert file_stem(name, 0, ".txt") == name


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Nothing but the new file is left, with the permissions and line ends of any text file."""
    path = tmp_path / "new" / "it.txt"
    write_whole(path, "one\n")
    write_whole(path, "two ä\n")
    beside = tmp_path / "usual"
    beside.touch()

    assert path.read_bytes() == "two ä\n".encode()
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode == beside.stat().st_mode


def test_a_failure_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """A text that cannot be written, or a place that cannot be written to, is no loss."""
    path, folder = tmp_path / "it.txt", tmp_path / "folder"
    write_whole(path, "one\n")
    folder.mkdir()
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "two \ud800\n")
    with pytest.raises(OSError, match="folder"):
        write_whole(folder, "two\n")

    assert path.read_text() == "one\n"
    assert sorted(tmp_path.iterdir()) == [folder, path]
