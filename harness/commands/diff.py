"""`harness diff OLD NEW`: how a stream changed, in words and line by line."""

from __future__ import annotations

import argparse
import json
import sys

SUMMARY = "say how a stream changed: two snapshots, transcripts, or git revisions of one"
DESCRIPTION = """\
Compare two streams and say what changed (which token of which node, which key of the metadata,
which order) and, where both say it, what made the change: the request, the recorded response, or
the runtime; then show the changed lines. Each stream is a snapshot (*.stream.txt), a transcript
that Transcript.save wrote, or either of them in a git revision, as REVISION:FILE with the path
from the current folder."""
EPILOG = """\
example:
  harness diff before.stream.txt after.stream.txt
  harness diff HEAD~1:tests/__snapshots__/test_joke/test_joke.stream.txt run.jsonl
  harness diff main:joke.stream.txt HEAD:joke.stream.txt --json

exit status:
  0  the streams are the same
  1  they differ
  2  could not run: no such file, revision, or no stream in it"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("old", metavar="OLD", help="what was expected: FILE or REVISION:FILE")
    parser.add_argument("new", metavar="NEW", help="what there is now: FILE or REVISION:FILE")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Compare the streams and return the exit status."""
    # Imported here because they are slow, and `harness --help` does not need them.
    from harness.commands._colours import write_lines  # noqa: PLC0415
    from harness.commands._stream_file import read_stream  # noqa: PLC0415
    from harness.snapshot import UNTOLD, cause, line_style  # noqa: PLC0415
    from harness.transcript import compare_texts  # noqa: PLC0415

    old, new = read_stream(args.old), read_stream(args.new)
    difference = compare_texts(old.text, new.text)
    origin: list[str] = []
    if difference and new.provenance:
        known = old.provenance
        origin.append(cause(known, new.provenance) if known else UNTOLD)
    if args.json:
        found = {
            "equal": not difference,
            "changes": [change._asdict() for change in difference.changes],
            "origin": origin,
            "lines": difference.context,
        }
        sys.stdout.write(json.dumps(found) + "\n")
    elif difference:
        lines = [*difference.summary, *origin, "", *difference.context]
        write_lines(lines, lambda line: line_style(line) or None)
    return 1 if difference else 0
