"""`harness record FILE PROGRAM`: run a Python program, and record what it asks providers."""

from __future__ import annotations

import argparse
import importlib.util
import json
import runpy
import sys
import traceback
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest.mock import patch

from harness._counted import counted
from harness.errors import HarnessError, UnplayedInteractionsError

SUMMARY = "run a Python program, and record what it asks providers"
DESCRIPTION = """\
Run a Python script, or a module with -m, and record its HTTP requests and the answers, as streams
with their pieces and timing, into a cassette. Secrets are scrubbed. Where the file is there already
the program is run on it, without a key and without the network; --record-mode says otherwise. What
the program prints is its own; what came of the cassette is told on the error output."""
EPILOG = """\
example:
  OPENAI_API_KEY=... harness record cassettes/joke.yaml joke.py --topic cats
  harness record cassettes/joke.yaml joke.py --topic cats
  OPENAI_API_KEY=... harness record --record-mode=rewrite cassettes/joke.yaml -m joke

exit status:
  0  the program came to its end
  1  the program failed, made no request, or left recorded interactions over
  2  could not run: no such program, not a cassette, a wrong argument"""

MODES = ("once", "new_episodes", "all", "rewrite", "none")
_LEADING = {__file__, runpy.__file__, "<frozen runpy>"}
_USAGE = "it is called so: harness record FILE SCRIPT [ARGUMENT...], or FILE -m MODULE"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument(
        "--record-mode", choices=MODES, default="once", help="as pytest's (default: once)"
    )
    parser.add_argument(
        "--save-failed",
        action="store_true",
        help="keep what was recorded although the program failed",
    )
    parser.add_argument(
        "--recorded-as",
        metavar="URL",
        default="",
        help="the provider's address, for which a server on loopback stands in",
    )
    parser.add_argument(
        "--json", action="store_true", help="tell what came of it as one JSON object"
    )
    parser.add_argument("file", metavar="FILE", help="the cassette")
    parser.add_argument(
        "program",
        metavar="PROGRAM",
        nargs=argparse.REMAINDER,
        help="a script or -m MODULE, and its arguments",
    )


@dataclass(frozen=True)
class _Outcome:
    """What came of a cassette.

    Args:
        file: Its file.
        played: How many of its interactions were played.
        recorded: How many were recorded.
        kept: Whether these were written.
        failed: Whether the program failed.
    """

    file: str
    played: int
    recorded: int
    kept: bool
    failed: bool

    def __str__(self) -> str:
        if not (self.played or self.recorded):
            return f"{self.file}: nothing was played, and nothing recorded"
        counts = ((self.played, "played"), (self.recorded, "recorded"))
        said = ", ".join(f"{counted(count, 'interaction')} {how}" for count, how in counts if count)
        if self.recorded and not self.kept:
            said += "; the file stays as it was, as the program failed (--save-failed writes it)"
        elif not self.recorded:
            said += "; to record anew: --record-mode=rewrite"
        return f"{self.file}: {said}"


class _Failed(Exception):  # noqa: N818 - it is no error of ours, and never shown
    """The program failed, as was said already."""


def run(args: argparse.Namespace) -> int:
    """Run the program and return the exit status."""
    from harness._plugin.replay_environment import replay_environment  # noqa: PLC0415 - slow
    from harness.cassettes import use_cassette  # noqa: PLC0415 - as above

    program, had_file = _checked(args.program), Path(args.file).exists()
    block = use_cassette(
        args.file, args.record_mode, recorded_as=args.recorded_as, save_failed=args.save_failed
    )
    replays = args.record_mode == "none" or (args.record_mode == "once" and had_file)
    failed = left_over = False
    with replay_environment() if replays else nullcontext():
        try:
            with block as cassette:
                failed = _fails(program)
                if failed:
                    raise _Failed  # the block keeps a good file then
        except _Failed:
            pass
        except UnplayedInteractionsError as error:
            sys.stderr.write(f"harness: {error}\n")
            left_over = True
    played, recorded = len(cassette.played), len(cassette.recorded)
    kept = bool(recorded) and not (failed and had_file and not args.save_failed)
    outcome = _Outcome(args.file, played, recorded, kept, failed=failed)
    sys.stdout.flush()
    sys.stderr.write((json.dumps(asdict(outcome)) if args.json else str(outcome)) + "\n")
    return int(failed or left_over or not (played or recorded))


def _fails(program: list[str]) -> bool:
    """Run a program, and print what makes it fail; return whether anything does."""
    try:
        _run(program)
    except SystemExit as stop:
        if isinstance(stop.code, str):
            sys.stderr.write(f"{stop.code}\n")
        return stop.code not in (None, 0)
    except HarnessError as error:  # no request like that is recorded, for one
        sys.stderr.write(f"harness: {error}\n")
        return True
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the program's
        _print(error)
        return True
    return False


def _print(error: Exception) -> None:
    """Print an exception of the program as Python does, without the frames that lead there."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename in _LEADING:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames or error.__traceback__)


def _checked(program: list[str]) -> list[str]:
    """Return what to run, if it can be.

    Raises:
        HarnessError: It is no Python program.
    """
    words = program[1:] if program[:1] == ["--"] else program
    if not words:
        raise HarnessError(f"which program is to be recorded? {_USAGE}")
    if words[0] == "-m":
        if len(words) == 1 or not _is_module(words[1]):
            raise HarnessError(f"-m without a module that is there; {_USAGE}")
        return words
    if words[0].startswith("-"):
        raise HarnessError(f"options of harness come before the file: {words[0]}\n{_USAGE}")
    if not Path(words[0]).exists():
        python = Path(words[0]).name.startswith("python")
        hint = "leave `python` out: the program runs in this one" if python else _USAGE
        raise HarnessError(f"there is no script {words[0]!r}; {hint}")
    return words


def _is_module(name: str) -> bool:
    with patch.object(sys, "path", [str(Path.cwd()), *sys.path]):
        try:
            return importlib.util.find_spec(name) is not None
        except ImportError:  # of a package around it
            return False


def _run(program: list[str]) -> None:
    """Run a script or a module as `python` does."""
    module = program[1] if program[0] == "-m" else None
    home = Path.cwd() if module else Path(program[0]).resolve().parent
    with (
        patch.object(sys, "argv", program[1:] if module else program),
        patch.object(sys, "path", [str(home), *sys.path]),
    ):
        if module:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(program[0], run_name="__main__")
