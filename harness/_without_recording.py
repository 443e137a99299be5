"""What stands in for pytest-recording where it is blocked (`-p no:recording`)."""

from __future__ import annotations

import pytest


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test that wants a cassette; it would reach the network instead."""
    if item.get_closest_marker("vcr") is not None:
        pytest.fail(
            "the test is marked `vcr`, but pytest-recording is blocked, so nothing plays its "
            "cassette\n  remove `-p no:recording`, or open the cassette in the test: "
            "with harness.use_cassette(path): ...",
            pytrace=False,
        )
