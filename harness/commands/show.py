"""`harness show FILE`: the text of a stream, as a snapshot has it."""

from __future__ import annotations

import argparse
import json
import sys

SUMMARY = "show a snapshot of a stream, or a saved transcript"
DESCRIPTION = """\
Print the stream in a snapshot (*.stream.txt) or in a transcript that Transcript.save wrote: tokens
with their cuts, metadata once per model call, every other chunk; ids are numbered. Below it stands
where it came from, as far as a snapshot says so. In colour on a terminal."""
EPILOG = """\
example:
  harness show tests/__snapshots__/test_joke/test_joke.stream.txt
  harness show main:tests/__snapshots__/test_joke/test_joke.stream.txt
  harness show run.jsonl --json

exit status:
  0  shown
  2  could not run: no such file, or no stream in it"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="a file, or REVISION:FILE of git")
    parser.add_argument("--json", action="store_true", help="one JSON object with the text")


def run(args: argparse.Namespace) -> int:
    """Show the stream and return the exit status."""
    # Imported here because they are slow, and `harness --help` does not need them.
    from harness.commands._colours import write_lines  # noqa: PLC0415
    from harness.commands._stream_file import read_stream  # noqa: PLC0415

    text, provenance = read_stream(args.file)
    origin = list(provenance.lines()) if provenance else []
    if args.json:
        sys.stdout.write(json.dumps({"file": args.file, "text": text, "origin": origin}) + "\n")
    else:
        write_lines([*text.splitlines(), *([""] * bool(origin)), *origin], _style)
    return 0


def _style(line: str) -> str | None:
    if line.startswith("  | "):
        return None
    if line.startswith(("#", "  ")):
        return "dim"
    if line.startswith(("error", "interrupt", "input")):
        return "bold magenta"
    return "cyan" if line.startswith(("messages", "turns")) else None
