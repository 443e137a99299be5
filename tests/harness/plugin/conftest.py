"""Real pytest runs in real directories."""

from __future__ import annotations

from importlib import import_module

import pytest
from small_projects import GRAPH, INI

# A run inside this process forgets what it imported; what is imported here already, stays.
for _name in ("harness.cassettes", "harness.snapshot", "langgraph.graph"):
    import_module(_name)
for _name in (
    "langchain_openai",
    "langchain_anthropic",
    "langchain_core.language_models.fake_chat_models",
):
    import_module(_name)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with a strict configuration and a module `graphs`."""
    # A run started in here is no worker of the run around it, though it would inherit that it is;
    # and on a CI server pytest shows more.
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini(INI)
    pytester.makepyfile(graphs=GRAPH)
    pytester.syspathinsert()
    return pytester
