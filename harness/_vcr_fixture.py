"""Our `vcr` fixture, above pytest-recording's: the same file, marks and options, our cassette.

States of a marked test:

- *foreign*: `vcr_config` or the marker ask for something that only vcrpy knows (a hook, a
  serializer, a matcher). pytest-recording's own fixture opens the cassette.
- *replay*: the record mode is `none`, or `once` and the cassette exists. Placeholder keys stand in
  for missing ones, tracing is off, connections are refused, and the tasks of a superstep of the
  bundled runtime take turns. All of it ends with the test.
- *recording*: anything else. The environment is left alone.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from harness.cassettes import CassetteBlock, RecordMode

PLACEHOLDER_KEYS = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "COHERE_API_KEY",
    "DEEPSEEK_API_KEY",
    "FIREWORKS_API_KEY",
    "GOOGLE_API_KEY",
    "GROQ_API_KEY",
    "MISTRAL_API_KEY",
    "OPENROUTER_API_KEY",
    "PERPLEXITY_API_KEY",
    "TAVILY_API_KEY",
    "TOGETHER_API_KEY",
    "XAI_API_KEY",
)
PLACEHOLDER = "placeholder-for-replay"
_TRACING = (
    "LANGSMITH_TRACING",
    "LANGSMITH_TRACING_V2",
    "LANGCHAIN_TRACING",
    "LANGCHAIN_TRACING_V2",
)
_LOOPBACK = ("localhost",)
_SUFFIX = ".yaml"
_LONGEST_NAME = 255
_OWN_KEYS = {"record_mode", "allowed_hosts"}  # of a merged vcr_config: handled here
_KEYS_TO_NAME = PLACEHOLDER_KEYS[:2]


@dataclass(frozen=True)
class Wanted:
    """What the options, the marks and the fixtures of a test add up to.

    `replays` says whether no request of the test may reach a provider. It is fixed when the test
    starts: a cassette that is recorded meanwhile does not change it.
    """

    path: Path
    record_mode: str
    options: dict[str, Any]
    extra_paths: tuple[str, ...]
    allowed_hosts: Any

    replays: bool


_wanted_key = pytest.StashKey[Wanted]()
_failure_key = pytest.StashKey[BaseException]()


@pytest.fixture(autouse=True)
def vcr(request: pytest.FixtureRequest) -> Generator[object, None, None]:
    """Play or record the cassette of a test that is marked `vcr`."""
    marked = request.node.get_closest_marker("vcr") is not None
    if not marked or request.getfixturevalue("disable_recording"):
        yield None
        return
    wanted = _wanted(request)
    request.node.stash[_wanted_key] = wanted
    with ExitStack() as around:
        if wanted.replays:
            around.enter_context(replay_environment())
            around.enter_context(_one_order())
        if _only_vcrpy_understands(wanted, request.config):
            yield request.getfixturevalue("vcr")
            return
        block = _cassette_block(wanted)
        cassette = block.__enter__()
        # The block keeps a good cassette when the test fails, so it has to know.
        around.push(lambda *_: block.__exit__(*_failure_of(request.node)))
        if wanted.replays:
            around.enter_context(_refused(wanted))
        yield cassette


def _cassette_block(wanted: Wanted) -> CassetteBlock:
    from harness.cassettes import use_cassette  # noqa: PLC0415 - only for tests that ask

    mode = cast("RecordMode", wanted.record_mode)
    # A mark on a whole module also covers tests that send no request and need no file.
    return use_cassette(wanted.path, record_mode=mode, missing_ok=True, **wanted.options)


@contextmanager
def _one_order() -> Iterator[None]:
    """Let the tasks of the bundled runtime take turns, so that a replay has one order.

    Only for a test that uses that runtime: no other engine has a port for order.
    """
    if "runtime.graph" not in sys.modules:
        yield
        return
    from harness.determinism import deterministic  # noqa: PLC0415 - only for tests that ask

    with deterministic(uuids=False):  # a test that wants numbers asks for them
        yield


@contextmanager
def _refused(wanted: Wanted) -> Iterator[None]:
    """Refuse connections that are no HTTP request of the cassette's, but for the allowed hosts.

    This machine is allowed: a test may have a database of its own. HTTP to it is the cassette's.
    """
    from harness.network import block_network, open_network  # noqa: PLC0415 - as above

    if not wanted.allowed_hosts:
        with block_network(allow=_LOOPBACK):
            yield
        return
    from pytest_recording.network import blocking_context  # noqa: PLC0415 - as above

    hosts = wanted.allowed_hosts
    with open_network(), blocking_context(hosts.split(",") if isinstance(hosts, str) else hosts):
        yield


def _failure_of(item: pytest.Item) -> tuple[Any, Any, Any]:
    error = item.stash.get(_failure_key, None)
    return (None, None, None) if error is None else (type(error), error, error.__traceback__)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name the file or the keys that were missing when a marked test failed."""
    report = yield
    wanted = item.stash.get(_wanted_key, None)
    if wanted is None or call.excinfo is None:
        return report
    item.stash[_failure_key] = call.excinfo.value
    missing = missing_keys(_KEYS_TO_NAME)
    if wanted.record_mode == "none" and not wanted.path.exists():
        text = f"{wanted.path} does not exist; record it with: pytest --record-mode=once"
        report.sections.append(("no cassette", text))
    elif not wanted.replays and missing:
        text = f"{wanted.path} is being recorded, but not set: {', '.join(missing)}"
        report.sections.append(("recording without a key", text))
    return report


def _wanted(request: pytest.FixtureRequest) -> Wanted:
    """Add up what pytest-recording would have used; the command line has the last word."""
    marks = list(request.node.iter_markers("vcr"))
    options = dict(request.getfixturevalue("vcr_config"))
    for mark in reversed(marks):
        options.update(mark.kwargs)
    mode = (
        request.config.getoption("--record-mode")
        or options.get("record_mode")
        or request.getfixturevalue("record_mode")
    )
    allowed = request.config.getoption("--allowed-hosts") or options.get("allowed_hosts")
    name = request.getfixturevalue("default_cassette_name")
    directory = request.getfixturevalue("vcr_cassette_dir")
    path = Path(directory, _file_name(name))
    mode = str(getattr(mode, "value", mode))
    return Wanted(
        path=path,
        record_mode=mode,
        replays=mode == "none" or (mode == "once" and path.exists()),
        options={key: value for key, value in options.items() if key not in _OWN_KEYS},
        extra_paths=tuple(path for mark in marks for path in mark.args),
        allowed_hosts=allowed,
    )


def _file_name(name: str) -> str:
    """pytest-recording's file name: a long one ends in a hash."""
    if len(name) + len(_SUFFIX) > _LONGEST_NAME:
        mark = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        name = f"{name[: _LONGEST_NAME - len(_SUFFIX) - len(mark) - 3]}...{mark}"
    return name if name.endswith(_SUFFIX) else name + _SUFFIX


def _only_vcrpy_understands(wanted: Wanted, config: pytest.Config) -> bool:
    from harness.cassettes import MATCH_PARTS, use_cassette  # noqa: PLC0415 - as above

    known = set(inspect.signature(use_cassette).parameters) - {"path", "missing_ok"}
    changes_vcr = config.hook.pytest_recording_configure.get_hookimpls()
    return bool(
        wanted.extra_paths
        or changes_vcr
        or not known.issuperset(wanted.options)
        or not set(MATCH_PARTS).issuperset(wanted.options.get("match_on") or ())
    )


@contextmanager
def replay_environment() -> Iterator[None]:
    """Give placeholder keys where keys are missing, and switch tracing off, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for name in missing_keys(PLACEHOLDER_KEYS):
            patch.setenv(name, PLACEHOLDER)
        for name in _TRACING:
            patch.setenv(name, "false")
        _forget_langsmith_settings()
        try:
            yield
        finally:
            patch.undo()
            _forget_langsmith_settings()


def missing_keys(names: tuple[str, ...]) -> list[str]:
    """The variables that hold no key."""
    return [name for name in names if not os.environ.get(name)]


def _forget_langsmith_settings() -> None:
    """Make langsmith, which reads its variables once, read them again."""
    utils = sys.modules.get("langsmith.utils")
    if utils is not None:
        utils.get_env_var.cache_clear()
