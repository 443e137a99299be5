"""What stands in for pytest-recording where it is blocked (`-p no:recording`) or absent.

Its options, marks, fixtures and its hook, under their names. The cassettes are ours anyway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HOMES = {__name__, "pytest_recording.plugin"}
"""Where the fixtures are that nobody overrides."""

RECORD_MODES = ("once", "new_episodes", "none", "all", "rewrite")
_MARKS = (
    "vcr: play the cassette of the test, or record it",
    "block_network: refuse the network, but for a recording",
    "default_cassette: the name of the cassette",
    "allowed_hosts: expressions that the names of hosts match which may be reached",
)
_IN_NO_FILE_NAME = str.maketrans(dict.fromkeys(r"<>?%*:|\"'/\\", "-"))


class Hooks:
    """The hook of pytest-recording."""

    @staticmethod
    def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
        """Change the `vcr.VCR` that says how a cassette is kept and matched."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Let conftests have the hook."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of pytest-recording."""
    group = parser.getgroup("recording")
    group.addoption("--record-mode", choices=RECORD_MODES, help='by default "none"')
    group.addoption("--block-network", action="store_true", help="refuse it, but for a recording")
    group.addoption("--allowed-hosts", help="expressions, separated by commas, for such hosts")
    group.addoption("--disable-recording", action="store_true", help="leave marked tests alone")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks."""
    for mark in _MARKS:
        config.addinivalue_line("markers", mark)


@pytest.fixture(scope="session")
def record_mode(request: pytest.FixtureRequest) -> str:
    """Return the record mode of the command line."""
    return request.config.getoption("--record-mode") or "none"


@pytest.fixture(scope="session")
def disable_recording(request: pytest.FixtureRequest) -> bool:
    """Tell whether marked tests are left alone."""
    return bool(request.config.getoption("--disable-recording"))


@pytest.fixture
def vcr_config() -> dict[str, Any]:
    """Return what `use_cassette` is told; a fixture of this name takes its place."""
    return {}


@pytest.fixture
def vcr_markers(request: pytest.FixtureRequest) -> list[pytest.Mark]:
    """Return the marks `vcr` of the test, the nearest one first."""
    return list(request.node.iter_markers("vcr"))


@pytest.fixture
def allowed_hosts(request: pytest.FixtureRequest) -> list[str] | None:
    """Return the hosts that may be reached: the mark, the command line, `vcr_config`."""
    mark = request.node.get_closest_marker("block_network")
    found = (
        (mark.kwargs.get("allowed_hosts") if mark else None)
        or request.config.getoption("--allowed-hosts")
        or request.getfixturevalue("vcr_config").get("allowed_hosts")
    )
    return found.split(",") if isinstance(found, str) else found


@pytest.fixture(autouse=True)
def block_network(
    request: pytest.FixtureRequest, record_mode: str, vcr_markers: list[pytest.Mark]
) -> Iterator[None]:
    """Refuse the network where that is asked for, but for a recording."""
    asked = request.config.getoption("--block-network")
    if not asked and request.node.get_closest_marker("block_network") is None:
        yield
        return
    if vcr_markers and request.config.getoption("--record-mode") is None:
        config = dict(request.getfixturevalue("vcr_config"))
        for mark in reversed(vcr_markers):
            config.update(mark.kwargs)
        record_mode = config.get("record_mode", record_mode)
    if vcr_markers and record_mode != "none":
        yield
        return
    from harness import network  # noqa: PLC0415 - only for tests that ask

    hosts = request.getfixturevalue("allowed_hosts") or ()
    with network.block_network([re.compile(host) for host in hosts]):
        yield


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """Return the folder of the cassettes of a module."""
    module: Path = request.node.path
    return str(module.parent / "cassettes" / module.stem)


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest) -> str:
    """Return the name of the cassette of a test."""
    mark = request.node.get_closest_marker("default_cassette")
    if mark is not None:
        return str(mark.args[0])
    return cassette_name(request.cls, request.node.name)


def cassette_name(test_class: type | None, test: str) -> str:
    """Return the name of the cassette of a test, by pytest-recording's rule."""
    name = f"{test_class.__name__}.{test}" if test_class else test
    return name.translate(_IN_NO_FILE_NAME)
