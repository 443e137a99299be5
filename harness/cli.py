"""The command `harness`: picks the sub-command and turns what goes wrong into a message.

Exit status: 0 fine, 1 found something, 2 could not run. The sub-commands import what they need
when they run, so that `--help` is quick.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Sequence

from harness.commands import (
    check,
    convert,
    demo,
    diff,
    record,
    replay,
    serve,
    show,
    takeover,
    upgrade,
)
from harness.errors import HarnessError

_COMMANDS = {
    "check": check,
    "convert": convert,
    "demo": demo,
    "diff": diff,
    "record": record,
    "replay": replay,
    "serve": serve,
    "show": show,
    "takeover": takeover,
    "upgrade": upgrade,
}
_INTERRUPTED = 130  # what a shell reports for a program that Ctrl-C ended


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: The arguments; those of the process when left out.

    Returns:
        The exit status.
    """
    try:
        status = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough (`| head`)
        _silence_stdout()
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED
    return status


def _run(argv: Sequence[str] | None) -> int:
    try:
        args, unknown = _parser().parse_known_args(argv)
        if unknown:
            args.parser.error(_unrecognized(unknown, args.parser.format_help()))
        return int(args.run(args))
    except SystemExit as stop:  # argparse ends so, after --help and after a wrong argument
        return stop.code if isinstance(stop.code, int) else 2
    except BrokenPipeError:
        raise
    except (HarnessError, OSError) as error:  # a place that cannot be written, for one
        sys.stdout.flush()
        sys.stderr.write(f"harness: {error}\n")
        return 2


def _unrecognized(arguments: Sequence[str], usage: str) -> str:
    """Say which arguments a command does not know, and which of its options is nearest."""
    options = re.findall(r"--[\w-]+", usage)
    near = [
        option
        for argument in arguments
        for option in difflib.get_close_matches(argument.partition("=")[0], options, n=1)
    ]
    nearest = f"; the nearest option is {near[0]}" if near else ""
    return f"unrecognized arguments: {' '.join(arguments)}{nearest}"


def _silence_stdout() -> None:
    """Send what is still buffered nowhere, or the interpreter reports the broken pipe at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="harness", description="Test the stream of an LLM agent: record, replay, compare."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in _COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=command.SUMMARY,
            description=command.DESCRIPTION,
            epilog=command.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
        sub.set_defaults(run=command.run, parser=sub)
    return parser
