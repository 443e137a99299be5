"""From a path to a `Recording`, or to an error that says what is wrong with the file."""

from __future__ import annotations

import difflib
import gzip
import zlib
from pathlib import Path

from harness.cassettes._containers import oldest_version, read_tree
from harness.cassettes._model import Interaction, Recording
from harness.cassettes._yaml import load_yaml
from harness.errors import CassetteFormatError, CassetteNotFoundError

MAX_FILE = 128 * 1024 * 1024


def read_recording(path: str | Path) -> Recording:
    """Read a cassette: vcrpy's YAML old and new, langchain-tests' gzipped YAML, Ruby VCR's YAML.

    Args:
        path: The file; a `.gz` file is recognized by its content.

    Returns:
        Its interactions, decoded and ready to be played.

    Raises:
        CassetteNotFoundError: There is no such file.
        CassetteFormatError: It is empty, truncated, foreign, hostile, or not text.
    """
    path = Path(path)
    try:
        tree = load_yaml(file_text(path))
        container, pairs = read_tree(tree)
    except CassetteFormatError as error:
        raise CassetteFormatError(
            f"cannot read the cassette {path}\n  {error}\n"
            "  to record it anew: --record-mode=rewrite"
        ) from error
    interactions = (
        Interaction(k, request, response) for k, (request, response) in enumerate(pairs)
    )
    return Recording(path, container, tuple(interactions), oldest_version(tree))


def file_text(path: Path) -> str:
    """Return the text of a file, which may be gzipped.

    Raises:
        CassetteNotFoundError: There is no such file.
        CassetteFormatError: It is empty, too large, broken, or not text.
    """
    try:
        with path.open("rb") as file:
            stored = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        raise CassetteNotFoundError(not_found(path)) from None
    except OSError as error:
        raise CassetteFormatError(f"the file cannot be read: {error.strerror}") from error
    if stored.startswith(b"\x1f\x8b"):
        stored = _gunzip(path)
    if len(stored) > MAX_FILE:
        raise CassetteFormatError(f"the file is larger than {MAX_FILE:,} bytes")
    if not stored.strip():
        raise CassetteFormatError("the file is empty")
    try:
        return stored.decode()
    except UnicodeDecodeError as error:
        line = stored.count(b"\n", 0, error.start) + 1
        raise CassetteFormatError(f"line {line}: not UTF-8 text") from error


def _gunzip(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(MAX_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CassetteFormatError(f"the gzip file is truncated or broken: {error}") from error


def not_found(path: Path) -> str:
    message = f"there is no cassette {path}"
    folder = path.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    if near := difflib.get_close_matches(path.name, names, n=1, cutoff=0.4):
        message += f"\n  the nearest name there is: {near[0]}"
    elif not folder.is_dir():
        message += f"\n  the folder {folder} does not exist either"
    return (
        f"{message}\n  to record it: --record-mode=once, or use_cassette(..., record_mode='once')"
    )
