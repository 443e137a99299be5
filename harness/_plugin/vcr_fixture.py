"""Our `vcr` fixture, above pytest-recording's: the same file, marks and options, our cassette.

A marked test *replays* when the record mode is `none`, or `once` and the cassette exists. Then
placeholder keys stand in for missing ones, tracing is off, connections are refused, and the tasks
of a superstep of the bundled runtime take turns. All of it ends with the test. Else it *records*,
and the environment is left alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from harness._plugin.replay_environment import keys_wanted, replay_environment
from harness._plugin.summary import note

if TYPE_CHECKING:
    from harness._plugin.marked import Wanted

_began_key = pytest.StashKey[float]()
_NOT_FOUND = "there is no cassette"  # what an error of ours says, unless the program hid it
_wanted_key = pytest.StashKey["Wanted"]()
_failure_key = pytest.StashKey[BaseException]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Note when the first test may have written a cassette."""
    session.config.stash[_began_key] = time.time()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave `block_network` out where nobody asks for it, as most do not.

    pytest sets up no fixture whose value is there already, which would take a tenth of a
    millisecond for each test.
    """
    fixtures = getattr(item, "_fixtureinfo", None)  # of what is no function, there may be none
    found = fixtures.name2fixturedefs.get("block_network") if fixtures is not None else None
    if found and found[-1].func.__module__ == __name__ and not _blocks_network(item):
        values: dict[str, object] = item.funcargs  # type: ignore[attr-defined]  # has fixtures
        values.setdefault("block_network", None)


@pytest.fixture(autouse=True)
def block_network(request: pytest.FixtureRequest) -> None:
    """Have pytest-recording's fixture of this name, and those that it needs, only where asked."""
    if _blocks_network(request.node):
        request.getfixturevalue("block_network")
        from harness._plugin.refusals import count_refusals  # noqa: PLC0415 - where it is asked

        request.addfinalizer(count_refusals())  # noqa: PT021 - a generator costs all tests


def _blocks_network(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("block_network") is not None
    return marked or bool(item.config.getoption("--block-network"))


@pytest.fixture(autouse=True)
def vcr(request: pytest.FixtureRequest) -> Generator[object, None, None]:
    """Play or record the cassette of a test that is marked `vcr`."""
    if _blocks_network(request.node):  # since a fixture has marked it
        request.getfixturevalue("block_network")
    marked = request.node.get_closest_marker("vcr") is not None
    if not marked:
        yield None
        return
    from harness._plugin.marked import Theirs, wanted  # noqa: PLC0415 - only for tests that ask

    theirs = Theirs(request)
    if theirs.getfixturevalue("disable_recording"):
        yield None
        return
    test = wanted(request, theirs, request.config.stash[_began_key])
    request.node.stash[_wanted_key] = test
    note(request.node, test.path, test.also, lists_unplayed=test.lists_unplayed)
    with ExitStack() as around:
        if test.replays:
            around.enter_context(replay_environment())
            if "runtime.graph" in sys.modules:  # no other engine has a port for order
                from harness.determinism import deterministic  # noqa: PLC0415 - as above

                turns = deterministic(uuids=False)  # a test that wants numbers asks for them
                around.enter_context(turns)
        cassette = test.block.__enter__()
        # The block keeps a good cassette when the test fails, so it has to know.
        around.push(lambda *_: test.block.__exit__(*_failure_of(request.node)))
        yield cassette


def _failure_of(item: pytest.Item) -> tuple[Any, Any, Any]:
    error = item.stash.get(_failure_key, None)
    return (None, None, None) if error is None else (type(error), error, error.__traceback__)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name the file or the keys that were missing when a marked test failed, and the command."""
    report = yield
    test = item.stash.get(_wanted_key, None)
    if test is None:
        return report
    if call.excinfo is not None:
        item.stash[_failure_key] = call.excinfo.value
        report.sections.extend(_advice(test, call.excinfo.value, report.longreprtext))
    if call.when == "teardown":  # or all that a suite plays would be kept until its end
        del item.stash[_wanted_key]
        if _failure_key in item.stash:
            del item.stash[_failure_key]
    return report


def _advice(test: Wanted, error: BaseException, shown: str) -> Iterator[tuple[str, str]]:
    if test.record_mode == "none" and not test.path.exists() and _NOT_FOUND not in shown:
        text = f"{test.path} does not exist; record it with: pytest --record-mode=once"
        yield "no cassette", text
    if not test.replays:
        cassette = test.block.cassette
        asked = cassette.recorded if cassette is not None else ()
        hosts = [urlsplit(item.request.url).netloc for item in asked]
        if missing := keys_wanted(error, hosts):
            keys, mode = ", ".join(missing), test.record_mode
            text = f"{keys} is not set, and {test.path} is to be recorded\n"
            text += f"to record it: {missing[0]}=... pytest --record-mode={mode}"
            yield "recording without a key", text
