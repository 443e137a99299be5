"""`harness demo`: the documentation's example of token streaming, replayed and checked."""

from __future__ import annotations

import argparse

SUMMARY = "replay the example 'two LLM calls in one node' and check it against its snapshot"
DESCRIPTION = """\
A graph of one node asks two models for a joke and a poem about cats. The answers come from a
recording, at the pace at which they were recorded; no key and no network are needed. Shown are the
tokens as they stream, coloured by the tag of their model; their metadata; the stream filtered by
tag, by node and by step; the same without LangChain; and whether it is what the snapshot says."""
EPILOG = """\
example:
  harness demo
  harness demo --fast

exit status:
  0  the stream is what its snapshot says
  1  the stream differs
  2  could not run"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("--fast", action="store_true", help="do not wait between tokens")
    parser.add_argument("--json", action="store_true", help="print only the verdict, as JSON")


def run(args: argparse.Namespace) -> int:
    """Show the demo and return the exit status."""
    # Imported here because it is slow, and `harness --help` does not need it.
    from harness.commands._demo import Demo  # noqa: PLC0415

    return Demo(realtime=not (args.fast or args.json), quiet=args.json).run()
