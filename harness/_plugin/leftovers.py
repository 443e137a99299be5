"""The part of the plugin that fails a test when its models have something left to say.

A model belongs to the test during which it was made. One that was made by a fixture of a wider
scope, which several tests use, is checked when the fixture ends; one that was made while modules
are imported belongs to no test and is not checked.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from typing import Any

import pytest

from harness._model_watch import Watch, watching

_watch = pytest.StashKey[Watch]()
_run = pytest.StashKey[ExitStack]()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Number the models that are made outside of tests apart from those of tests."""
    session.stash[_run] = ExitStack()
    session.stash[_run].enter_context(watching(Watch("shared-", keeps=False)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Undo it: pytest may run in a program that goes on."""
    if stack := session.stash.get(_run, None):
        stack.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Watch the models of a test, those of its fixtures included."""
    watch = item.stash[_watch] = Watch(record_mode=_record_mode(item.config))
    with watching(watch):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin anew where a test runs again, as plugins for flaky tests let it."""
    item.stash[_watch].restart()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a test that would pass although something is left over."""
    __tracebackhide__ = True
    outcome = yield
    item.stash[_watch].check()
    return outcome


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Watch the models of a fixture that several tests share, until it ends."""
    if fixturedef.scope == "function":
        return (yield)
    watch = Watch("shared-", _record_mode(request.config))
    fixturedef.addfinalizer(watch.check)
    with watching(watch):
        return (yield)


def _record_mode(config: pytest.Config) -> str:
    return config.getoption("--record-mode", default=None) or "none"
