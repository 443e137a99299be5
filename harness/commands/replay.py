"""`harness replay FILE`: send a recording's requests again and watch the answers stream.

This module holds the arguments, the order of the work and the exit status. `_run` replays one
interaction, `_show` prints it.
"""

from __future__ import annotations

import argparse
import difflib

from harness.errors import HarnessError

SUMMARY = "replay a recording of a model through its LangChain class"
DESCRIPTION = """\
Rebuild each request of a recording (OpenAI chat completions and responses, Anthropic messages),
send it through the provider's LangChain class inside a one-node graph, and print what graph.stream
yields. No key and no network are needed: the answers come from the recording."""
EPILOG = """\
example:
  harness replay cassettes/joke.yaml
  harness replay cassettes/joke.yaml --interaction 0 --json

exit status:
  0  everything that speaks one of these APIs was replayed
  1  an interaction could not be replayed (an error answer, a request that does not match),
     or the recording holds nothing that can be replayed
  2  could not run: no such file, not a recording, a wrong argument, a missing package"""

MODES = ("messages", "values", "updates", "custom")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="a cassette (YAML, or gzipped YAML)")
    parser.add_argument(
        "--mode",
        type=_mode,
        default="messages",
        metavar="MODE",
        help=f"stream mode: {', '.join(MODES)} (default: messages)",
    )
    parser.add_argument(
        "--interaction",
        type=int,
        action="append",
        metavar="K",
        help="replay only this one, counted from 0; may be given more than once",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per interaction")


def run(args: argparse.Namespace) -> int:
    """Replay the recording and return the exit status."""
    # Imported here because they are slow, and `harness --help` does not need them.
    from harness.cassettes import read_recording  # noqa: PLC0415
    from harness.commands._run import Refused, replay_interaction  # noqa: PLC0415
    from harness.commands._show import JsonLines, Terminal  # noqa: PLC0415

    recording = read_recording(args.file)
    count = len(recording.interactions)
    for chosen in args.interaction or ():
        if not 0 <= chosen < count:
            raise HarnessError(
                f"{args.file} has no interaction {chosen}: "
                + (f"it holds 0 to {count - 1}" if count else "it holds none")
            )
    show = JsonLines() if args.json else Terminal()
    outcomes = [
        replay_interaction(interaction, args.mode, show)
        for interaction in recording.interactions
        if args.interaction is None or interaction.index in args.interaction
    ]
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    failed = any(not outcome.foreign for outcome in refused)
    if not outcomes:
        raise HarnessError(f"{args.file} holds no interactions")
    return 1 if failed or len(refused) == len(outcomes) else 0


def _mode(value: str) -> str:
    if value in MODES:
        return value
    near = difflib.get_close_matches(value, MODES, n=1, cutoff=0)[0]
    raise argparse.ArgumentTypeError(
        f"there is no stream mode {value!r}; the nearest is {near!r} (all: {', '.join(MODES)})"
    )
