"""Real pytest runs in real directories."""

from __future__ import annotations

from importlib import import_module

import pytest

pytest.register_assert_rewrite("small_projects")

from small_projects import GRAPH, INI  # noqa: E402 - after the line that makes it explain itself

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
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a strict configuration and a module `graphs`."""
    pytester.makeini(INI)
    pytester.makepyfile(graphs=GRAPH)
    pytester.syspathinsert()
    return pytester
