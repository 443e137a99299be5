"""`harness serve CASSETTE...`: recordings as a provider on loopback, for any client."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from dataclasses import asdict

from harness._counted import counted
from harness.errors import HarnessError

SUMMARY = "answer on loopback as a recorded provider did"
DESCRIPTION = """\
Answer requests on 127.0.0.1 from recordings: the same pieces, at the same times, with the same end.
Several cassettes and clients may be served at once. Each request is logged as a hit or a miss, and
its end as sent, left (by the client) or stopped (the recorded order cannot be followed). A miss is
answered with status 404 and says what was nearest. Ends with Ctrl-C, or with `kill`."""
EPILOG = """\
example:
  harness serve --port 8080 cassettes/joke.yaml
  OPENAI_BASE_URL=http://127.0.0.1:8080/v1 OPENAI_API_KEY=x node joke.mjs

exit status:
  0  it was ended
  2  could not run: no such file, not a recording, the port is taken"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.add_argument("files", metavar="CASSETTE", nargs="+", help="a cassette")
    parser.add_argument("--port", type=_port, default=0, help="where to listen (default: any free)")
    parser.add_argument("--fast", action="store_true", help="do not wait between pieces")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times as fast")
    parser.add_argument("--json", action="store_true", help="log as one JSON object per line")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is none of 0 to {2**16 - 1}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until somebody ends it; return the exit status."""
    # Imported here because they are slow, and `harness --help` does not need them.
    from harness.cassettes import read_recording  # noqa: PLC0415
    from harness.cassettes._serve import LogEntry, serving  # noqa: PLC0415

    if not 0 < args.speed < float("inf"):
        raise HarnessError(f"--speed is {args.speed:g}; it is a factor above 0")

    def say(text: str, **values: object) -> None:
        sys.stdout.write((json.dumps(values) if args.json else text) + "\n")
        sys.stdout.flush()

    def log(entry: LogEntry) -> None:
        say(str(entry), **asdict(entry))

    items = [(file, item) for file in args.files for item in read_recording(file).interactions]
    server = serving(
        [item for _, item in items],
        names=[f"{file} interaction {item.index}" for file, item in items],
        port=args.port,
        realtime=not args.fast,
        speed=args.speed,
        log=log,
    )
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    try:
        with server as url:
            say(f"{counted(len(items), 'interaction')} at {url}", interactions=len(items), url=url)
            ended.wait()
    except KeyboardInterrupt:
        pass
    except OSError as error:
        raise HarnessError(f"cannot listen on port {args.port}: {error.strerror}") from error
    return 0
