"""Files of recordings: written whole or not at all, by one process at a time, and read as text."""

from __future__ import annotations

import difflib
import gzip
import os
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from harness.errors import CassetteError, CassetteFormatError, CassetteNotFoundError

try:
    import fcntl
except ImportError:  # Windows, where two processes must not record into one file
    fcntl = None  # type: ignore[assignment]

MAX_FILE = 128 * 1024 * 1024
_CONFLICT = "\n<<<<<<< "
_LONGEST_PREFIX = 60  # the name may be as long as a file system allows


def write_whole(path: Path, content: str | Callable[[TextIO], None]) -> None:
    """Write a text file, or let a function write it, so that it is the old one or the new one.

    It is written beside its place, put on the disk, and renamed. Who may read it stays.
    """
    path = path.resolve()  # a link stays one
    path.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{path.name[:_LONGEST_PREFIX]}."
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            if isinstance(content, str):
                file.write(content)
            else:
                content(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode(path))  # mkstemp makes it private
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def check_writable(path: Path) -> None:
    """Find out whether a file can be written there, before what it is to hold is paid for.

    Raises:
        CassetteError: It cannot.
    """
    try:
        with suppress(FileNotFoundError):
            path.open("r+b").close()  # it may be protected, or its name that of something else
        folder = next(folder for folder in path.resolve().parents if folder.is_dir())
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise CassetteError(
            f"cannot record into {path}: {error.strerror}\n"
            "  the request was not sent; record where a file can be written"
        ) from None


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Let no other process that asks so write the file; a process that dies lets go of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if fcntl is None:
        yield
        return
    # The folder is locked and not a file of its own, which somebody would have to take away.
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def state_of(path: Path) -> object:
    """Return what changes when somebody writes the file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def file_text(path: Path) -> str:
    """Return the text of a recording, unpacked if it is a gzip file.

    Raises:
        CassetteNotFoundError: There is no such file.
        CassetteFormatError: It is too large, empty, broken, not text, or two versions in one.
    """
    try:
        with path.open("rb") as file:
            # room for as much as there is, which a pipe does not tell, and not for the largest file
            size = os.fstat(file.fileno()).st_size or MAX_FILE
            stored = file.read(min(size, MAX_FILE) + 1)
    except FileNotFoundError:
        raise CassetteNotFoundError(not_found(path)) from None
    except OSError as error:
        raise CassetteFormatError(f"the file cannot be read: {error.strerror}") from error
    if stored.startswith(b"\x1f\x8b"):
        stored = _gunzip(path)
    if len(stored) > MAX_FILE:
        raise CassetteFormatError(f"the file is larger than {MAX_FILE:,} bytes")
    if not stored or stored.isspace():
        raise CassetteFormatError("the file is empty")
    try:
        text = stored.decode()
    except UnicodeDecodeError as error:
        line = stored.count(b"\n", 0, error.start) + 1
        raise CassetteFormatError(f"line {line}: not UTF-8 text") from error
    # What is recorded never begins a line: it is indented, or quoted.
    if text.startswith(_CONFLICT[1:]) or _CONFLICT in text:
        line = text.count("\n", 0, f"\n{text}".index(_CONFLICT)) + 1
        raise CassetteFormatError(
            f"line {line}: a merge conflict that was not resolved\n"
            f"  to take one of the two files: git checkout --ours {path}, or --theirs"
        )
    return text


def _gunzip(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(MAX_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CassetteFormatError(f"the gzip file is truncated or broken: {error}") from error


def not_found(path: Path, call: str = "use_cassette(..., record_mode='once')") -> str:
    """Say that there is no such recording, what is near, and how to record it, by which call."""
    return f"{missing(path)}\n  to record it: pytest --record-mode=once, or {call}"


def missing(path: Path) -> str:
    """Say that there is no such recording, and what is near."""
    message = f"there is no cassette {path}"
    folder = path.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    names = [name for name in names if name != path.name]  # a link that leads nowhere
    if near := difflib.get_close_matches(path.name, names, n=1, cutoff=0.4):
        message += f"\n  the nearest name there is: {near[0]}"
    elif not folder.is_dir():
        message += ", nor its folder"
    return message
