"""`harness upgrade PATH...`: bring recordings and snapshots of older formats up to date."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.errors import CassetteFormatError, HarnessError, SnapshotError

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
  1  a folder holds files that could not be read as either; they are named and left as they are
  2  could not run: no such file, neither a recording nor a snapshot"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, or a folder of them")
    parser.add_argument("--json", action="store_true", help="one JSON object per file")


def run(args: argparse.Namespace) -> int:
    """Upgrade the files and return the exit status."""
    # Imported here because they are slow, and `harness --help` does not need them.
    from harness.snapshot import upgrade  # noqa: PLC0415

    named = {Path(path) for path in args.paths}
    status = 0
    files = sorted({file for path in named for file in _files(path)})
    if not files:
        raise HarnessError(f"no cassette and no snapshot is below {', '.join(args.paths)}")
    for file in files:
        try:
            found = upgrade(file)
            before, after = found or _recording(file)
        except (CassetteFormatError, SnapshotError) as error:
            if file in named:
                raise
            status = 1  # a folder may hold other things; whoever meant it to be one has to know
            reason = " ".join(str(error).split())
            _say(args, file, {"error": str(error)}, f"left as it is: {reason}")
            continue
        line = "current"
        if before is None:
            line = "another tool's; left as it is"
        elif before != after:
            line = f"{'format' if found else 'version'} {before} -> {after}"
        _say(args, file, {"from": before, "to": after}, line)
    return status


def _say(args: argparse.Namespace, file: Path, found: dict[str, object], line: str) -> None:
    written = json.dumps({"path": str(file), **found}) if args.json else f"{file}: {line}"
    sys.stdout.write(f"{written}\n")


def _files(path: Path) -> Iterator[Path]:
    from harness.commands._recordings import recordings_in  # noqa: PLC0415 - as above
    from harness.snapshot import SUFFIX  # noqa: PLC0415

    yield from recordings_in(path)
    if path.is_dir():
        yield from path.rglob(f"*{SUFFIX}")


def _recording(file: Path) -> tuple[int | None, int | None]:
    """Bring a cassette up to date, and return the version that it had and the one that it has."""
    from harness.cassettes import (  # noqa: PLC0415 - as above
        FORMAT_VERSION,
        Scrubber,
        read_recording,
        save,
    )

    recording = read_recording(file)
    before = recording.version
    if before is None:
        return None, None
    if before < FORMAT_VERSION:
        save(file, recording.interactions, Scrubber.of_environment(os.environ))
    return before, FORMAT_VERSION
