"""Which files a command looks at that takes recordings, or folders of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness._files import missing
from harness.errors import HarnessError

_SUFFIXES = {".yaml", ".yml", ".json", ".gz"}


def recordings_below(paths: Sequence[str]) -> list[Path]:
    """Return the files, and those in the folders that may be recordings, each once and in order.

    Raises:
        HarnessError: There is no such file or folder, or there are none.
    """
    files = sorted({file for path in paths for file in recordings_in(Path(path))})
    if not files:
        raise HarnessError(f"no cassette is below {', '.join(paths)}")
    return files


def recordings_in(path: Path) -> Iterator[Path]:
    """Yield the file, or the files of a folder that may be recordings.

    Raises:
        HarnessError: There is no such file or folder.
    """
    if path.is_dir():
        yield from (file for file in path.rglob("*") if file.suffix in _SUFFIXES)
    elif path.exists():
        yield path
    else:
        raise HarnessError(missing(path))
