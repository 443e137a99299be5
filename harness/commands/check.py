"""`harness check PATH...`: what is wrong with recordings, before somebody else finds it."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.cassettes import Interaction, Recording

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

_SUFFIXES = {".yaml", ".yml", ".json", ".gz"}


@dataclass(frozen=True)
class Problem:
    """One line of the report.

    Attributes:
        path: The file.
        kind: `unreadable`, `version`, `secret`, `identifier`, `age` or `unplayed`.
        interaction: Which one, or None for the whole file.
        text: What it is and where.
    """

    path: str
    kind: str
    interaction: int | None
    text: str


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
    from harness.errors import HarnessError  # noqa: PLC0415 - slow, as below

    files = sorted({file for path in args.paths for file in recordings_in(Path(path))})
    if not files:
        raise HarnessError(f"no cassette is below {', '.join(args.paths)}")
    plays = _plays(Path(args.plays)) if args.plays else None
    found = 0
    for file in files:
        for problem in _problems(file, args, plays):
            found += 1
            _show(problem, as_json=args.json)
    if not args.json:
        sys.stdout.write(f"{len(files)} files, {found} problems\n")
    return 1 if found else 0


def _show(problem: Problem, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(asdict(problem), ensure_ascii=False) + "\n")
        return
    where = "" if problem.interaction is None else f", interaction {problem.interaction}"
    sys.stdout.write(f"{problem.path}{where}: {problem.kind}: {problem.text}\n")


def recordings_in(path: Path) -> Iterator[Path]:
    """Yield the file, or the files of a folder that may be recordings."""
    from harness._files import not_found  # noqa: PLC0415 - slow, `--help` is quick
    from harness.errors import HarnessError  # noqa: PLC0415

    if path.is_dir():
        yield from (file for file in path.rglob("*") if file.suffix in _SUFFIXES)
    elif path.exists():
        yield path
    else:
        raise HarnessError(not_found(path).rpartition("\n")[0] or f"there is no file {path}")


def _plays(path: Path) -> dict[str, set[int]]:
    from harness.errors import HarnessError  # noqa: PLC0415 - as above

    played: dict[str, set[int]] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            note = json.loads(line)
            played.setdefault(note["path"], set()).update(note["played"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HarnessError(
            f"cannot read the plays in {path}: {error}\n"
            f"  to write them: HARNESS_PLAYS={path} pytest"
        ) from error
    return played


def _problems(
    file: Path, args: argparse.Namespace, plays: dict[str, set[int]] | None
) -> Iterator[Problem]:
    from harness.cassettes import FORMAT_VERSION, read_recording  # noqa: PLC0415 - as above
    from harness.errors import CassetteFormatError  # noqa: PLC0415

    try:
        recording = read_recording(file)
    except CassetteFormatError as error:
        yield Problem(str(file), "unreadable", None, str(error).splitlines()[1].strip())
        return
    if recording.version not in (None, FORMAT_VERSION):
        text = (
            f"format version {recording.version}; to bring it to {FORMAT_VERSION}: harness upgrade"
        )
        yield Problem(str(file), "version", None, f"{text} {file}")
    yield from _secrets(file, recording, identifiers=args.identifiers)
    for item in recording.interactions:
        if args.max_age is not None and (days := _age(item)) is not None and days > args.max_age:
            text = f"recorded {days} days ago; record it anew with --record-mode=rewrite"
            yield Problem(str(file), "age", item.index, text)
    if plays is not None:
        played = plays.get(str(file.resolve()), set())
        for item in recording.interactions:
            if item.index not in played:
                text = f"{item.request.method} {item.request.url} is played by no test"
                yield Problem(str(file), "unplayed", item.index, text)


def _secrets(file: Path, recording: Recording, *, identifiers: bool) -> Iterator[Problem]:
    import os  # noqa: PLC0415 - beside what is slow

    from harness.cassettes import Scrubber  # noqa: PLC0415 - slow, as above

    scrubber = Scrubber.of_environment(os.environ)
    for item in recording.interactions:
        for finding in scrubber.findings(item):
            if finding.is_secret or identifiers:
                kind = "secret" if finding.is_secret else "identifier"
                yield Problem(str(file), kind, item.index, str(finding))


def _age(item: Interaction) -> int | None:
    """Return how many days ago an interaction was recorded, as far as it says so."""
    from datetime import datetime, timezone  # noqa: PLC0415 - beside what is slow
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    from harness.cassettes import header  # noqa: PLC0415 - slow, as above

    day, date = item.response.recorded_on, header(item.response.headers, "date")
    try:
        if day:
            recorded = datetime.fromisoformat(day).replace(tzinfo=timezone.utc)
        elif date:
            recorded = parsedate_to_datetime(date)
        else:
            return None
        return (datetime.now(timezone.utc) - recorded).days
    except (TypeError, ValueError):
        return None
