"""`harness convert FILE`: from an HTTP recording to a model cassette, from that to a script.

This module holds the arguments, the order of the work and the exit status. `_convert` does it.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from harness._counted import counted
from harness.errors import HarnessError

SUMMARY = "make a model cassette of an HTTP recording, or a script of a model cassette"
DESCRIPTION = """\
Replay each request of an HTTP recording (OpenAI chat completions and responses, Anthropic messages)
through the provider's LangChain class and write what the class says as a model cassette, which
CassetteChatModel plays without the class; or write a model cassette as a Python file with a
ScriptedChatModel, to be edited. No key and no network are needed."""
EPILOG = """\
example:
  harness convert cassettes/joke.yaml -o joke.model.yaml
  harness convert joke.model.yaml -o joke_script.py
  harness convert cassettes/joke.yaml --to script

exit status:
  0  everything that speaks one of these APIs was converted
  1  an interaction could not be converted, or there is nothing that can be
  2  could not run: no such file, not a recording, a wrong argument, a missing package,
     or the output exists (--force overwrites it)"""

KINDS = ("cassette", "script")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("file", type=Path, metavar="FILE", help="an HTTP or a model cassette")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="where to write; a name that ends in .py means a script (default: standard output)",
    )
    parser.add_argument(
        "--to",
        choices=KINDS,
        help="what to make (default: a script of a model cassette, else a model cassette)",
    )
    parser.add_argument("--force", action="store_true", help="overwrite OUT")
    parser.add_argument("--json", action="store_true", help="one JSON object about what was done")


def run(args: argparse.Namespace) -> int:
    """Convert the file and return the exit status."""
    # Imported here because they are slow, and `harness --help` does not need them.
    from harness._files import write_whole  # noqa: PLC0415
    from harness.commands._convert import converted  # noqa: PLC0415

    output: Path | None = args.output
    if output is not None and output.exists() and not args.force:
        raise HarnessError(f"{output} exists already; to overwrite it: --force")
    to = args.to or ("script" if output is not None and output.suffix == ".py" else None)
    done = converted(args.file, to)
    if output is not None and done.text:
        write_whole(output, done.text)
    if args.json:
        about = {
            "made": done.kind,
            "output": None if output is None else str(output),
            "interactions": done.count,
            "refused": [{"interaction": r.interaction, "error": r.error} for r in done.refused],
        }
        if output is None:
            about["text"] = done.text
        sys.stdout.write(json.dumps(about, ensure_ascii=False) + "\n")
    elif output is None:
        sys.stdout.write(done.text)
    else:
        sys.stdout.write(f"{done.kind} with {counted(done.count, 'interaction')}: {output}\n")
    if not args.json:
        for refused in done.refused:
            word = "skipped" if refused.foreign else "not converted"
            sys.stderr.write(f"[{refused.interaction}] {word}: {refused.error}\n")
    failed = any(not refused.foreign for refused in done.refused)
    return 1 if failed or not done.count else 0
