"""The blocks that open a cassette."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType

from harness import _tally
from harness._files import state_of
from harness._tracing import untraced
from harness.cassettes._cassette import Cassette, Options, RecordMode
from harness.cassettes._clients.interception import scope
from harness.cassettes._match import MATCH_ON
from harness.cassettes._model import Interaction, put_together
from harness.cassettes._storage import FILES
from harness.cassettes._timing.loops import watch
from harness.errors import CassetteError
from harness.network import as_tuple, block_network, open_network


class CassetteBlock:
    """What `use_cassette` and `play` return: enter it with `with` or `async with`."""

    def __init__(
        self, path: Path | None, interactions: Sequence[Interaction], options: Options
    ) -> None:
        self._path = path
        self._file = path
        if path is not None and options.storage is FILES:  # a persister wants its own words
            self._file = path.absolute()  # wherever the program goes meanwhile
        self._interactions = interactions
        self._options = options
        self._stack = ExitStack()
        self._cassette: Cassette | None = None
        self._had_file = False
        self._state: object = None
        self._seen: Sequence[Interaction] = ()

    @property
    def options(self) -> Options:
        """What was asked for."""
        return self._options

    @property
    def cassette(self) -> Cassette | None:
        """The cassette, once the block was entered."""
        return self._cassette

    def __enter__(self) -> Cassette:
        if self._cassette is not None:
            raise RuntimeError("this block was entered before; call use_cassette again")
        cassette = self._cassette = self._opened()
        with ExitStack() as stack:
            stack.enter_context(_network(cassette))
            if any(item.response.timing for item in cassette.interactions):
                watch.open(cassette.order)
                stack.callback(watch.close, cassette.order)
            stack.callback(scope.leave, scope.enter(cassette))
            if self._options.custom_patches:
                from harness.cassettes._clients.vcr_stubs import patched  # noqa: PLC0415 - vcrpy's word

                stack.enter_context(patched(self._options.custom_patches))
            self._stack = stack.pop_all()
        return cassette

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()
        cassette = self._cassette
        if cassette is None or cassette.process != os.getpid():  # a fork leaves it to its parent
            return
        cassette.close()
        _note_plays(cassette, self._file)
        kept = kind is None or self._saves_failed()
        _tally.closed(cassette, kept=kept)
        if kind is None:
            self._save(cassette)
            cassette.check_all_played()
        elif kept:
            # A failing test does not overwrite a good cassette, but what was recorded is kept.
            with suppress(Exception):  # the test's own failure is what counts
                self._save(cassette)

    async def __aenter__(self) -> Cassette:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def _saves_failed(self) -> bool:
        """Whether to keep what was recorded although the block ends with an exception."""
        asked = self._options.save_failed
        return not self._had_file if asked is None else asked

    def _opened(self) -> Cassette:
        path, mode = self._path, self._options.record_mode
        if path is None:
            return Cassette(None, self._interactions, records=False, options=self._options)
        self._state = state_of(path)
        self._had_file = self._state is not None
        loaded: Sequence[Interaction] = ()
        others = [item for file in self._options.also for item in self._read(file)]
        may_miss = not self._had_file and (self._options.missing_ok or bool(others))
        if (mode == "none" and not may_miss) or (self._had_file and mode != "rewrite"):
            loaded = self._seen = self._read(path)
        elif self._had_file:
            with suppress(CassetteError):  # what is recorded anew may be broken
                self._seen = self._read(path)
        records = mode in {"new_episodes", "all", "rewrite"} or (
            mode == "once" and not self._had_file and not self._options.also
        )
        everything = put_together((*loaded, *others)) if others else loaded
        return Cassette(
            path, everything, records=records, options=self._options, borrowed=len(others)
        )

    def _read(self, path: Path) -> Sequence[Interaction]:
        return self._options.storage.read(path)

    def _save(self, cassette: Cassette) -> None:
        drops = cassette.records and self._options.drop_unused and bool(cassette.unplayed)
        if self._file is not None and (cassette.recorded or drops):
            from harness.cassettes._keep import keep  # noqa: PLC0415 - slow, only for a recording

            keep(cassette, self._file, self._seen, self._state)


PLAYS = "HARNESS_PLAYS"
"""The variable that names a file in which every block notes what it played, for `harness check`."""


def _note_plays(cassette: Cassette, path: Path | None) -> None:
    """Add a line to the file of plays, if there is to be one; any number of processes may."""
    file = os.environ.get(PLAYS)
    if file and path is not None and cassette.played:
        played = [item.index for item in cassette.played]
        line = json.dumps({"path": str(path.resolve()), "played": played}) + "\n"
        with Path(file).open("a", encoding="utf-8") as notes:
            notes.write(line)


@contextmanager
def _network(cassette: Cassette) -> Iterator[None]:
    """Refuse the network, and tracing, in a replay; give it back to a recording inside a replay."""
    if not cassette.records:
        options = cassette.options
        with block_network((*options.allow_hosts, *options.sockets)), untraced():
            yield
    elif any(not outer.records for outer in scope.governing()):
        with open_network():
            yield
    else:
        yield


def use_cassette(
    path: str | os.PathLike[str],
    record_mode: RecordMode = "none",
    *,
    match_on: Iterable[str] | None = None,
    realtime: bool = False,
    speed: float = 1.0,
    patience: float = 5.0,
    allow_unplayed: bool = False,
    allow_hosts: Iterable[str] = (),
    recorded_as: str = "",
    missing_ok: bool = False,
    scrub: Iterable[str | re.Pattern[str]] = (),
    ignore_hosts: Iterable[str] = (),
    save_failed: bool = False,
) -> CassetteBlock:
    """Open a cassette for the HTTP requests of the block; `with` and `async with` both do.

    Args:
        path: The file. It is a vcrpy cassette; many tools' files can be read.
        record_mode: `none` plays and never records. `once` records if there is no file, else
            plays. `new_episodes` plays what is there and records the rest. `all` records every
            request and keeps what was not asked for. `rewrite` records the file anew.
        match_on: What of a request is compared: `method`, `scheme`, `host`, `port`, `path`,
            `query`, `uri`, `headers`, `body`. By default everything but the scheme and headers.
        realtime: Play the pieces of a stream when they came, where that was recorded. Else the
            recorded waits are skipped: for asyncio's timers and `time.monotonic` they pass.
        speed: With `realtime`, how many times as fast as it was.
        patience: For how many seconds of wall-clock time a request may wait for another one that
            came before it in the recording.
        allow_unplayed: Do not fail when interactions are left over.
        allow_hosts: Hosts that may be reached in a replay when the cassette holds no answer;
            `localhost` stands for every loopback address, `*` for any letters.
        recorded_as: The address, such as `https://api.openai.com`, under which requests to a
            loopback server are stored and looked up.
        missing_ok: With `none`, do not fail for a missing file until a request is made.
        scrub: What is secret besides what looks like it: values, and patterns of them. The values
            of environment variables that look like keys are known without.
        ignore_hosts: Hosts that are never recorded, besides those of tracing, telemetry, token
            refresh and tokenizer downloads.
        save_failed: Whether a block that an exception ends may overwrite a file that was there.

    Returns:
        A block whose value is the `Cassette`.

    Raises:
        CassetteNotFoundError: On entering (with `missing_ok`, from the client's call): there is no
            such file, and it may not be recorded.
        CassetteFormatError: On entering: the file cannot be read.
        CassetteMissError: From the client's call: no interaction answers the request.
        CassetteOrderError: From the client's call: the program asks in a way in which the
            recorded order of arrivals cannot be followed.
        NetworkBlockedError: From any client's call that would leave for the network in a replay.
        UnplayedInteractionsError: On leaving a replay without an exception.
        CassetteError: On leaving a recording: a secret seems to remain; nothing is written.
    """
    options = Options(
        record_mode=record_mode,
        match_on=MATCH_ON if match_on is None else as_tuple(match_on),
        realtime=realtime,
        speed=speed,
        patience=patience,
        allow_unplayed=allow_unplayed,
        allow_hosts=as_tuple(allow_hosts),
        recorded_as=recorded_as,
        missing_ok=missing_ok,
        scrub=(scrub,) if isinstance(scrub, str) else tuple(scrub),
        ignore_hosts=as_tuple(ignore_hosts),
        save_failed=save_failed or None,
    )
    return CassetteBlock(path if isinstance(path, Path) else Path(path), (), options)


def play(
    interactions: Iterable[Interaction],
    *,
    match_on: Iterable[str] | None = None,
    realtime: bool = False,
    speed: float = 1.0,
    patience: float = 5.0,
    allow_unplayed: bool = False,
    allow_hosts: Iterable[str] = (),
) -> CassetteBlock:
    """Play interactions that are in memory already; like `use_cassette` with `none`.

    Those of several recordings may be put together: they are numbered anew.
    """
    options = Options(
        match_on=MATCH_ON if match_on is None else as_tuple(match_on),
        realtime=realtime,
        speed=speed,
        patience=patience,
        allow_unplayed=allow_unplayed,
        allow_hosts=as_tuple(allow_hosts),
    )
    items = tuple(interactions)
    if len({item.index for item in items}) < len(items):
        items = put_together(items)
    return CassetteBlock(None, items, options)
