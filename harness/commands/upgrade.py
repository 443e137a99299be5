"""`harness upgrade PATH...`: bring recordings of older format versions up to date."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

SUMMARY = "bring recordings of an older format version up to date"
DESCRIPTION = """\
Read each cassette that was written in an older version of this harness's format, and write it in
the current one, scrubbed. Other files are left as they are. What an old file does not say (in which
order concurrent answers arrived) is not made up: it takes a new recording."""
EPILOG = """\
example:
  harness upgrade cassettes/

exit status:
  0  every file is in the current version now
  2  could not run: no such file, not a recording"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a cassette, or a folder of them")
    parser.add_argument("--json", action="store_true", help="one JSON object per file")


def run(args: argparse.Namespace) -> int:
    """Upgrade the files and return the exit status."""
    # Imported here because they are slow, and `harness --help` does not need them.
    from harness.cassettes import FORMAT_VERSION, Scrubber, read_recording, save  # noqa: PLC0415
    from harness.commands.check import recordings_in  # noqa: PLC0415

    for file in sorted({file for path in args.paths for file in recordings_in(Path(path))}):
        recording = read_recording(file)
        before = recording.version
        if before is not None and before < FORMAT_VERSION:
            save(file, recording.interactions, Scrubber.of_environment(os.environ))
        after = before and FORMAT_VERSION
        if args.json:
            line = json.dumps({"path": str(file), "from": before, "to": after})
        elif before is None:
            line = f"{file}: another tool's; left as it is"
        else:
            line = f"{file}: version {before} -> {after}" if before != after else f"{file}: current"
        sys.stdout.write(line + "\n")
    return 0
