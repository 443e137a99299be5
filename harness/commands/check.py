"""`harness check PATH...`: what is wrong with recordings, before somebody else finds it.

This module holds the arguments, what is printed and the exit status. `_check` finds the problems.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from harness._counted import counted

if TYPE_CHECKING:
    from harness.commands._check import Problem

SUMMARY = "look for secrets, old recordings and interactions that no test plays"
DESCRIPTION = """\
Read each cassette (in a folder: every .yaml, .yml, .json and .gz below it) and report what looks
like a secret, files that cannot be read or have an older format version, and, if asked for,
recordings past an age, interactions that no test plays, and ids of accounts and cookies.
Secrets are never printed, only where they stand."""
EPILOG = """\
example:
  harness check cassettes/
  harness check --max-age 90 cassettes/joke.yaml
  HARNESS_PLAYS=plays.jsonl pytest && harness check --plays plays.jsonl cassettes/

exit status:
  0  nothing was found
  1  something was found
  2  could not run: no such file, a wrong argument"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a cassette, or a folder of them")
    parser.add_argument("--max-age", type=int, metavar="DAYS", help="report older recordings")
    parser.add_argument(
        "--plays", metavar="FILE", help="report what is not in this file; see the example"
    )
    parser.add_argument(
        "--identifiers", action="store_true", help="report cookies and ids of accounts, too"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per problem")


def run(args: argparse.Namespace) -> int:
    """Check the files and return the exit status."""
    # Imported here because they are slow, and `harness --help` does not need them.
    from harness.commands._check import problems, read_plays  # noqa: PLC0415
    from harness.commands._recordings import recordings_below  # noqa: PLC0415

    files = recordings_below(args.paths)
    plays = read_plays(Path(args.plays)) if args.plays else None
    found = 0
    for file in files:
        wrong = problems(file, max_age=args.max_age, plays=plays, identifiers=args.identifiers)
        for problem in wrong:
            found += 1
            _show(problem, as_json=args.json)
    if not args.json:
        sys.stdout.write(f"{counted(len(files), 'file')}, {counted(found, 'problem')}\n")
    return 1 if found else 0


def _show(problem: Problem, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(asdict(problem), ensure_ascii=False) + "\n")
        return
    where = "" if problem.interaction is None else f", interaction {problem.interaction}"
    sys.stdout.write(f"{problem.path}{where}: {problem.kind}: {problem.text}\n")
