"""`harness takeover PATH...`: make recordings of an existing suite recordings of ours."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import CassetteError

if TYPE_CHECKING:
    from harness.commands._takeover import TakenOver

SUMMARY = "take over the recordings of an existing suite, and say what changes"
DESCRIPTION = """\
Read each recording and say what would be different if it were ours: bodies that are compressed or
binary become text, secrets and cookies go, headers that no longer fit go, other tools' formats
become vcrpy's. Nothing is written without --write; what is written is read back and compared before
it takes the place of the old file. Stock vcrpy plays the files as before. Tests, marks and
`vcr_config` stay as they are."""
EPILOG = """\
example:
  harness takeover tests/cassettes
  harness takeover --write tests/cassettes

exit status:
  0  every file is ours, or would be, or is better left as it is
  1  a file cannot be taken over
  2  could not run: no such file, a wrong argument"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a cassette, or a folder of them")
    parser.add_argument("--write", action="store_true", help="change the files")
    parser.add_argument("--json", action="store_true", help="one JSON object per file")


def run(args: argparse.Namespace) -> int:
    """Take the files over, or say what that would change, and return the exit status."""
    # Imported here because they are slow, and `harness --help` does not need them.
    from harness._files import write_whole  # noqa: PLC0415
    from harness.commands._recordings import recordings_below  # noqa: PLC0415
    from harness.commands._takeover import taken_over  # noqa: PLC0415

    files = recordings_below(args.paths)
    changed = refused = 0
    for file in files:
        try:
            found = taken_over(file)
        except CassetteError as error:
            refused += 1
            _show(file, args, error=str(error))
            continue
        if found.changes and args.write:
            write_whole(file, found.text)
        changed += bool(found.changes)
        _show(file, args, found)
    if not args.json:
        _sum_up(len(files), changed, refused, args)
    return 1 if refused else 0


def _show(
    file: Path, args: argparse.Namespace, found: TakenOver | None = None, *, error: str = ""
) -> None:
    changes = found.changes if found is not None else []
    left = found.left if found is not None else ""
    if args.json:
        about: dict[str, object] = {"path": str(file), "changes": changes, "left": left or None}
        about |= {"error": error or None, "written": bool(changes) and args.write}
        sys.stdout.write(json.dumps(about, ensure_ascii=False) + "\n")
    elif error:
        sys.stdout.write(f"{file}: cannot be taken over\n  {error}\n")
    elif left:
        sys.stdout.write(f"{file}: left as it is: {left}\n")
    elif changes:
        sys.stdout.write("\n  ".join([f"{file}:", *changes]) + "\n")


def _sum_up(files: int, changed: int, refused: int, args: argparse.Namespace) -> None:
    done = "changed" if args.write else "would change"
    line = f"{changed} of {files} files {done}"
    if refused:
        line += f", {refused} cannot be taken over"
    if changed and not args.write:
        line += f"; to change them: harness takeover --write {' '.join(args.paths)}"
    sys.stdout.write(line + "\n")
