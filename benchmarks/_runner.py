"""Measure the same work done in several ways, in interleaved rounds, and say what came of it.

A machine that slows down for a while slows down all ways of a round, so that their ratio stays.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import inspect
import json
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any

from typing_extensions import Self

THEIRS, OURS, FLOOR = "langgraph", "runtime", "floor"
ENGINES = (THEIRS, OURS)

QUICK = "--quick" in sys.argv


def size(full: int) -> int:
    """Return how large a workload is: small if it is only to be seen that it runs."""
    return min(full, 10) if QUICK else full


Run = Callable[[], Any]
"""Does the work once, and returns how many chunks came, or a coroutine that does."""


@dataclass(frozen=True)
class Goal:
    """What a workload is to reach.

    Args:
        figure: `times` (LangGraph / ours), `share` (the same, less the floor in both), or
            `floors` (ours / floor).
        bound: The least that `times` and `share` are to be; the most that `floors` is to be.
    """

    figure: str
    bound: float

    def __str__(self) -> str:
        sign = "<=" if self.figure == "floors" else ">="
        return f"{self.figure} {sign} {self.bound:g}"

    def met(self, figures: dict[str, float]) -> bool:
        """Return whether it is reached."""
        if self.figure == "floors":
            return figures[self.figure] <= self.bound
        return figures[self.figure] >= self.bound


@dataclass(frozen=True)
class Workload:
    """One thing to measure.

    Args:
        name: What it is.
        prepare: Makes the run for an engine, whose package it is given.
        goals: What is to be reached.
        floor: Makes the same work without an engine, if that is most of it.
        units: How many parts of the work are told per part: supersteps, tokens.
        repeat: How often it is done in one sample.
        computes: Whether the work of all threads counts and no waiting: the time of the process is
            measured, which other processes do not add to.
        timed: Whether the run returns the seconds it took, as only a part of it counts.
    """

    name: str
    prepare: Callable[[str], Run]
    goals: tuple[Goal, ...]
    floor: Callable[[], Run] | None = None
    units: int = 1
    repeat: int = 1
    computes: bool = False
    timed: bool = False


@dataclass
class Row:
    """What was measured of a workload: medians in microseconds per unit, and their ratios."""

    workload: str
    medians: dict[str, float]
    spread: dict[str, float]
    figures: dict[str, float] = field(default_factory=dict)
    goals: list[tuple[str, bool]] = field(default_factory=list)


class Rounds:
    """Takes samples.

    Args:
        rounds: How many of each way.
        quick: Whether one is enough, to see that everything runs.
    """

    def __init__(self, rounds: int, quick: bool = False) -> None:
        self.rounds = 1 if quick else rounds
        self.quick = quick
        self._loop = asyncio.new_event_loop()

    def __enter__(self) -> Self:
        gc.freeze()  # what was imported is the same for all
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def once(self, run: Run) -> Any:
        """Do the work once."""
        result = run()
        return self._loop.run_until_complete(result) if inspect.isawaitable(result) else result

    def sample(self, run: Run, work: Workload) -> float:
        """Return the microseconds that a unit of the work took."""
        repeat = 1 if self.quick else work.repeat
        clock = time.process_time if work.computes else time.perf_counter
        gc.collect()
        start = clock()
        first = run()
        if inspect.isawaitable(first):
            results = self._loop.run_until_complete(_again(first, run, repeat))
        else:
            results = [first, *(run() for _ in range(repeat - 1))]
        taken = sum(results) if work.timed else clock() - start
        return taken / repeat / work.units * 1e6

    def measure(self, work: Workload) -> Row:
        """Measure a workload."""
        runs = {engine: work.prepare(engine) for engine in ENGINES}
        if work.floor is not None:
            runs[FLOOR] = work.floor()
        counts = {way: self.once(run) for way, run in runs.items()}  # also warms up
        if not work.timed:
            assert counts[THEIRS] == counts[OURS], f"{work.name}: chunk counts differ: {counts}"
        samples: dict[str, list[float]] = {way: [] for way in runs}
        for _ in range(self.rounds):
            for way, run in runs.items():
                samples[way].append(self.sample(run, work))
        return _row(work, samples)


async def _again(first: Awaitable[Any], run: Run, repeat: int) -> list[Any]:
    return [await first, *[await run() for _ in range(repeat - 1)]]


def _row(work: Workload, samples: dict[str, list[float]]) -> Row:
    medians = {way: statistics.median(taken) for way, taken in samples.items()}
    spread = {way: _spread(taken) / medians[way] for way, taken in samples.items()}
    row = Row(work.name, medians, spread)
    theirs, ours = medians[THEIRS], medians[OURS]
    row.figures["times"] = theirs / ours
    if FLOOR in medians:
        floor = medians[FLOOR]
        # a floor that was measured above the whole: the engine's share is lost in the noise
        row.figures["share"] = (theirs - floor) / max(ours - floor, 0.01 * ours)
        row.figures["floors"] = ours / floor
        row.figures["their floors"] = theirs / floor
    row.goals = [(str(goal), goal.met(row.figures)) for goal in work.goals]
    return row


def _spread(samples: Sequence[float]) -> float:
    """Return how far apart the quarters of the samples are."""
    if len(samples) < 4:
        return 0.0
    low, _, high = statistics.quantiles(samples, n=4)
    return high - low


@contextmanager
def quiet() -> Iterator[None]:
    """Have no warnings: LangGraph's agent is deprecated, its event streams are experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def machine() -> dict[str, str]:
    """Return what the numbers depend on."""
    names = ("langgraph", "langgraph-checkpoint", "langchain-core")
    return {
        "python": platform.python_version(),
        "machine": f"{platform.machine()} {platform.system()}",
        **{name: version(name) for name in names},
    }


def arguments(description: str | None) -> argparse.Namespace:
    """Read the command line that all benchmarks have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="only see that everything runs")
    parser.add_argument("--rounds", type=int, default=15, help="samples of each way")
    parser.add_argument("--only", default="", help="measure what has this in its name")
    return parser.parse_args()


def report(workloads: Iterable[Workload], asked: argparse.Namespace) -> None:
    """Measure workloads and print a table, or JSON."""
    chosen = [work for work in workloads if asked.only in work.name]
    if not asked.json:
        print(", ".join(f"{name} {what}" for name, what in machine().items()))
        print(f"{'median of each':47} {'LangGraph':>10} {'ours':>10} {'floor':>10}  ratios")
    rows = []
    with Rounds(asked.rounds, asked.quick) as rounds:
        for work in chosen:
            row = rounds.measure(work)
            rows.append(row)
            if not asked.json:
                print(_line(row), flush=True)
    if asked.json:
        print(json.dumps({**machine(), "rows": [asdict(row) for row in rows]}))


def _line(row: Row) -> str:
    figures = "".join(
        f" {_time(row.medians[way]) if way in row.medians else '':>10}"
        for way in (THEIRS, OURS, FLOOR)
    )
    ratios = ", ".join(f"{name} {value:.2f}" for name, value in row.figures.items())
    goals = "; ".join(f"{goal} {'met' if met else 'NOT MET'}" for goal, met in row.goals)
    noise = max(row.spread.values())
    return f"{row.workload:47}{figures}  {ratios}  [{goals}] (spread {noise:.0%})"


def _time(microseconds: float) -> str:
    if microseconds >= 10_000:
        return f"{microseconds / 1000:.1f}ms"
    return f"{microseconds:.1f}us"
