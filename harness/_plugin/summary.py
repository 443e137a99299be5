"""What the tests did with cassettes, models and the network, at the end of pytest's output.

What came of a test travels in the report of its teardown, so that pytest-xdist brings it along.
Nothing is shown where nothing happened.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness._counted import counted
from harness._plugin.cassette_files import CassetteFiles, absolute
from harness._plugin.recording_stand_in import cassette_name
from harness._tally import Tally, counting

FACTS = "harness_facts"  # the attribute of a report
_DESELECTED = "harness_deselected"  # what a worker of pytest-xdist hands back
_SELECTING = ("keyword", "markexpr", "deselect", "lf", "stepwise")
_SLOWEST = 3

_tally = pytest.StashKey[Tally]()
_seconds = pytest.StashKey[float]()
_marked = pytest.StashKey[dict[str, Any]]()


def note(item: pytest.Item, path: Path, also: tuple[Path, ...], *, lists_unplayed: bool) -> None:
    """Note which cassette a marked test uses, and whether what is left over is to be listed."""
    item.stash[_marked] = {
        "path": str(path.absolute()),
        "also": [str(extra.absolute()) for extra in also],
        "lists": lists_unplayed,
    }


@dataclass
class _Whole:
    """What came of all tests."""

    total: Tally = field(default_factory=Tally)
    tests: Counter[str] = field(default_factory=Counter)
    listed: list[str] = field(default_factory=list)
    refused_in: dict[str, str] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)
    files: CassetteFiles = field(default_factory=CassetteFiles)


class Summary:
    """The plugin that collects and shows."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._tests: list[tuple[str, dict[str, Any]]] = []  # what happened in which
        self._is_partial = any(config.getoption(name, None) for name in _SELECTING) or any(
            "::" in argument for argument in config.args
        )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Count what happens in one test, its fixtures included."""
        with counting(Tally()) as item.stash[_tally]:
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin anew where a test runs again, as plugins for flaky tests let it."""
        item.stash[_tally].restart()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put what happened into the last report of the test."""
        report = yield
        if call.when == "call":
            item.stash[_seconds] = call.duration
        elif call.when == "teardown" and (facts := _facts(item)):
            vars(report)[FACTS] = facts
        return report

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Note that not all tests run: which files no test uses cannot be told then."""
        self._is_partial = self._is_partial or bool(items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take that over from a worker."""
        output = getattr(node, "workeroutput", None) or {}
        self._is_partial = self._is_partial or output.get(_DESELECTED, True)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand it back from a worker; a run that was stopped is partial, too."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_DESELECTED] = self._is_partial
        self._is_partial = self._is_partial or bool(session.shouldstop or session.shouldfail)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what happened in one test, those of other processes included."""
        facts = getattr(report, FACTS, None)
        if facts is not None:
            self._tests.append((report.nodeid, facts))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show it."""
        whole, root = _Whole(), self._config.invocation_params.dir
        for test, facts in self._tests:
            _add(whole, test, facts)
        orphans = [] if self._is_partial else list(whole.files.orphans(all_run=self._all_run()))
        lines = [*_counts(whole, len(orphans)), *_lists(whole, orphans, root)]
        if lines:
            terminalreporter.section("cassettes and models")
            for line in lines:
                terminalreporter.write_line(line)

    def _all_run(self) -> bool:
        """Whether all tests of the project were to run, and not those of some paths."""
        return self._config.args_source is not pytest.Config.ArgsSource.ARGS


def _facts(item: pytest.Item) -> dict[str, Any]:
    """Return what happened in a test, as far as anything did."""
    tally, module = item.stash[_tally], str(item.path)
    facts: dict[str, Any] = {}
    if tally.cassettes or tally.models or tally.refused:
        facts |= {
            "cassettes": [vars(cassette) for cassette in tally.cassettes],
            "models": dict(tally.models),
            "tokens": tally.tokens,
            "refused": dict(tally.refused),
            "seconds": item.stash.get(_seconds, 0.0),
        }
    if (marked := item.stash.get(_marked, None)) is not None:
        facts |= {"marked": marked, "module": module}
    elif item.get_closest_marker("vcr") is not None:  # skipped, or its fixtures failed
        mark = item.get_closest_marker("default_cassette")
        own = cassette_name(getattr(item, "cls", None), item.name)
        name = mark.args[0] if mark is not None and mark.args else own
        facts |= {"unused": name, "module": module}
    return facts


def _add(whole: _Whole, test: str, facts: dict[str, Any]) -> None:
    marked = facts.get("marked")
    if marked is not None:
        whole.files.opened(facts["module"], marked["path"], marked["also"])
    elif "unused" in facts:
        whole.files.not_opened.add((facts["module"], facts["unused"]))
    if "cassettes" not in facts:
        return
    total = whole.total
    total.models.update(facts["models"])
    total.refused.update(facts["refused"])
    total.tokens += facts["tokens"]
    for place in facts["refused"]:
        whole.refused_in.setdefault(place, test)
    for cassette in facts["cassettes"]:
        path = absolute(cassette["path"])
        whole.files.used.add(path)
        whole.tests["played"] += bool(cassette["played"])
        whole.tests["recorded" if cassette["kept"] else "dropped"] += bool(cassette["recorded"])
        whole.tests["unplayed"] += len(cassette["unplayed"])
        if marked is not None and marked["lists"] and path == marked["path"]:
            whole.listed += [f"{path}, {left}" for left in cassette["unplayed"]]
    if any(cassette["played"] for cassette in facts["cassettes"]):
        whole.slowest[test] = max(facts["seconds"], whole.slowest.get(test, 0.0))


def _counts(whole: _Whole, orphaned: int) -> Iterator[str]:
    tests, total = whole.tests, whole.total
    counts = [
        (tests["played"], "cassette", "played"),
        (tests["recorded"], "cassette", "recorded"),
        (tests["dropped"], "cassette", "left as it was, for the test failed"),
        (tests["unplayed"], "interaction", "not played"),
        (orphaned, "file", "of no test"),
    ]
    if any(count for count, *_ in counts):
        yield ", ".join(f"{counted(count, of)} {how}" for count, of, how in counts if count)
    if total.models:
        calls = ", ".join(f"{name} {count}x" for name, count in total.models.most_common())
        tokens = f"; {total.tokens:,} tokens replayed" if total.tokens else ""
        yield f"models called: {calls}{tokens}"
    if whole.slowest:
        slow = sorted(((took, test) for test, took in whole.slowest.items()), reverse=True)
        yield "slowest replays:"
        yield from (f"  {took:.2f} s  {test}" for took, test in slow[:_SLOWEST])


def _lists(whole: _Whole, orphans: list[str], root: Path) -> Iterator[str]:
    if whole.total.refused:
        yield "refused to reach the network:"
        for place, count in sorted(whole.total.refused.items()):
            yield f"  {place} {count}x, first in {whole.refused_in[place]}"
    if whole.listed:
        yield "not played; to fail such tests, set vcr_strict in vcr_config or pytest's settings:"
        yield from (f"  {_short(line, root)}" for line in whole.listed)
    if orphans:
        yield "of no test; delete them, or mark the tests that they are for:"
        yield from (f"  {_short(path, root)}" for path in orphans)


def _short(line: str, root: Path) -> str:
    return line.removeprefix(f"{root}{os.sep}")
