"""`harness upgrade PATH...`: bring recordings and snapshots of older formats up to date."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

SUMMARY = "bring recordings and snapshots of older formats up to date"
DESCRIPTION = """\
Read each cassette and each snapshot of a stream (*.stream.txt) that was written in an older format
of this harness, and write it in the current one: a cassette scrubbed, a snapshot saying what it
said. Other files are left as they are. What an old file does not say (in which order concurrent
answers arrived, what the input of a graph was) is not made up: it takes a new recording, or
pytest --snapshot-update."""
EPILOG = """\
example:
  harness upgrade cassettes/
  harness upgrade tests/

exit status:
  0  every file is in the current format now
  2  could not run: no such file, neither a recording nor a snapshot"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, or a folder of them")
    parser.add_argument("--json", action="store_true", help="one JSON object per file")


def run(args: argparse.Namespace) -> int:
    """Upgrade the files and return the exit status."""
    # Imported here because it is slow, and `harness --help` does not need it.
    from harness.snapshot import upgrade  # noqa: PLC0415

    for file in sorted({file for path in args.paths for file in _files(Path(path))}):
        found = upgrade(file)
        before, after = found or _recording(file)
        if args.json:
            line = json.dumps({"path": str(file), "from": before, "to": after})
        elif before is None:
            line = f"{file}: another tool's; left as it is"
        else:
            kind = "format" if found else "version"
            line = f"{file}: {kind} {before} -> {after}" if before != after else f"{file}: current"
        sys.stdout.write(line + "\n")
    return 0


def _files(path: Path) -> Iterator[Path]:
    from harness.commands.check import recordings_in  # noqa: PLC0415 - as above
    from harness.snapshot import SUFFIX  # noqa: PLC0415

    yield from recordings_in(path)
    if path.is_dir():
        yield from path.rglob(f"*{SUFFIX}")


def _recording(file: Path) -> tuple[int | None, int | None]:
    """Bring a cassette up to date, and return the version that it had and the one that it has."""
    from harness.cassettes import read_recording  # noqa: PLC0415 - as above
    from harness.cassettes._containers import OUR_VERSION  # noqa: PLC0415
    from harness.cassettes._scrub import Scrubber  # noqa: PLC0415
    from harness.cassettes._store import save  # noqa: PLC0415

    recording = read_recording(file)
    before = recording.version
    if before is None:
        return None, None
    if before < OUR_VERSION:
        save(file, recording.interactions, Scrubber.of_environment(os.environ))
    return before, OUR_VERSION
