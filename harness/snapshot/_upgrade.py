"""Bring the text of a snapshot to the format of this version."""

from __future__ import annotations

from pathlib import Path

from harness._files import write_whole
from harness.errors import HarnessError
from harness.snapshot._provenance import TITLE, UNKNOWN
from harness.transcript import FORMAT, format_of, read, write

SUFFIX = ".stream.txt"


def current(content: str, where: str) -> str:
    """What a snapshot file says of its stream, in the format of this version.

    It says the same: a test that passed against the old text passes against the new one. What the
    old format did not hold (the graph, its input, the modes) is left open, and not compared until
    `pytest --snapshot-update` adds it.

    Args:
        content: Of the file.
        where: What an error calls it.

    Raises:
        SnapshotError: It is no text of a stream.
    """
    return write(read(content.partition(f"\n{TITLE}\n")[0], where))


def upgrade(path: Path) -> tuple[int, int] | None:
    """Bring a snapshot file up to date.

    Returns:
        The format that it had and the one that it has; None if it is no snapshot of a stream.

    Raises:
        HarnessError: It cannot be read, or a newer version of this harness has written it.
    """
    try:
        content = path.read_text("utf-8")
    except UnicodeDecodeError:
        return None
    except OSError as error:
        raise HarnessError(f"cannot read {path}: {error}") from error
    before = format_of(content)
    if not before.isdigit():
        return None
    if int(before) != FORMAT:
        write_whole(path, f"{current(content, str(path))}\n{TITLE}\n{UNKNOWN}\n")
    return int(before), FORMAT
