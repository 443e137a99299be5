"""LangChain's own integration tests pass on our cassettes, unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from langchain_suites import LIST, NotToBeHadError, run, suite

SUITES = json.loads(LIST.read_text())


@pytest.mark.proof
@pytest.mark.parametrize("name", SUITES)
def test_langchains_own_tests(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Wherever they pass under pytest-recording; here without a key and with sockets blocked."""
    version, expected = SUITES[name]["version"], set(SUITES[name]["tests"])
    cache = getattr(request.config, "cache", None)
    try:
        unpacked = suite(name, version, cache.mkdir(name) if cache else tmp_path)
    except NotToBeHadError as error:
        pytest.skip(f"{name} {version} is not to be had: {error}")
    passed, output = run(unpacked)
    assert expected, "the list is empty"
    assert not expected - passed, output[-6000:]
