"""Read the text of a stream from where a person keeps it: a snapshot, a saved transcript, git."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

from harness.errors import HarnessError, SnapshotError
from harness.snapshot import Provenance, current, parted
from harness.transcript import Transcript, format_of
from harness.transcript._saved import load

_SECONDS = 30


class Stream(NamedTuple):
    """A stream that was read.

    Args:
        text: In the format of this version.
        provenance: Where it came from; None if the file does not say.
    """

    text: str
    provenance: Provenance | None


def read_stream(name: str) -> Stream:
    """Read a stream.

    Args:
        name: A file, or `REVISION:FILE` for what git keeps. It holds a snapshot, or what
            `Transcript.save` wrote.

    Raises:
        HarnessError: It cannot be read, or it is neither of the two.
    """
    revision, _, path = name.partition(":")
    content = _of_git(revision, path) if path and not Path(name).exists() else _of_disk(name)
    if format_of(content):
        return Stream(current(content, name), parted(content)[1])
    if content.startswith("{"):
        events, head, rules = load(content.splitlines(), name)
        return Stream(Transcript(events, head=head, rules=rules).text(), None)
    raise SnapshotError(
        f"{name} is neither a snapshot of a stream (*.stream.txt) nor a saved transcript; "
        "look at a cassette with: harness replay"
    )


def _of_disk(name: str) -> str:
    try:
        return Path(name).read_text("utf-8")
    except FileNotFoundError:
        raise HarnessError(f"{name} does not exist (a file, or REVISION:FILE)") from None
    except (OSError, UnicodeDecodeError) as error:
        raise HarnessError(f"cannot read {name}: {error}") from error


def _of_git(revision: str, path: str) -> str:
    """What a revision holds; the path counts from the current folder, as on disk."""
    if revision.startswith("-"):
        raise HarnessError(f"{revision!r} is no git revision")
    spec = f"{revision}:{path if path.startswith('/') else f'./{path}'}"
    try:
        found = subprocess.run(  # noqa: S603 - no shell; the revision cannot be an option
            ["git", "show", spec],  # noqa: S607 - the user's git
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
        return found.stdout.decode("utf-8")
    except FileNotFoundError:
        raise HarnessError(f"{revision}:{path} needs git, which is not there") from None
    except subprocess.TimeoutExpired:
        raise HarnessError(f"git did not answer within {_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf-8", "replace").strip()
        raise HarnessError(f"git knows no {revision}:{path}: {reason}") from None
    except UnicodeDecodeError as error:
        raise HarnessError(f"cannot read {revision}:{path}: {error}") from error
