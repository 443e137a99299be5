"""Which package may import which, read from the import statements and seen in fresh processes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ("harness/cassettes", "harness/transcript", "harness/snapshot", "harness/models")
EDGES = (
    "harness/determinism",
    "harness/plugin",
    "harness/_plugin/contract",
    "harness/_plugin/graph_engine",
    "harness/cli",
    "harness/commands",
    "harness/demo",
)
CHECKPOINT_PACKAGES = ("langgraph.checkpoint", "langgraph.store", "langgraph.cache")
PROVIDERS = ("openai", "anthropic", "langchain", "langchain_openai", "langchain_anthropic")


def imports(*parts: str) -> Iterator[tuple[str, str]]:
    """Yield each file below these parts of the repository with each module it imports."""
    for part in parts:
        folder = ROOT / part
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [ROOT / f"{part}.py"]:
            if path.exists():
                shown = path.relative_to(ROOT).as_posix()
                yield from ((shown, module) for module in imported_by(path))


def imported_by(path: Path) -> Iterator[str]:
    """Yield the absolute names of the modules that a file imports, anywhere in it."""
    for statement in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert statement.level == 0, f"{path}: imports are absolute"
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)


def within(module: str, *packages: str) -> bool:
    """Tell whether a module is one of the packages or in one of them."""
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


def test_the_runtime_knows_no_harness() -> None:
    """It is of use without the other package."""
    assert [found for found in imports("runtime") if within(found[1], "harness", "pytest")] == []


def test_the_runtime_takes_from_langgraph_only_what_savers_need() -> None:
    """It imports the checkpoint, store and cache packages, which do not depend on langgraph."""
    taken = [found for found in imports("runtime") if within(found[1], "langgraph")]
    assert [found for found in taken if not within(found[1], *CHECKPOINT_PACKAGES)] == []
    assert taken, "the test reads the imports of another folder"


def test_the_core_of_the_harness_knows_no_engine() -> None:
    """It knows a graph by its `stream` and `astream`, and works without pytest."""
    found = list(imports(*CORE))
    assert [f for f in found if within(f[1], "runtime", "langgraph", "pytest")] == []
    assert found, "the test reads the imports of another folder"


def test_only_the_edges_know_the_runtime() -> None:
    """Whatever else is in the harness works on graphs of either engine."""
    knowing = {path for path, module in imports("harness") if within(module, "runtime")}
    assert {path for path in knowing if not path.removesuffix(".py").startswith(EDGES)} == set()


def loaded_by(statement: str) -> set[str]:
    """Return the modules that are loaded after a statement in a fresh process."""
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(json.loads(ran.stdout))


@pytest.mark.parametrize(
    "module", ["runtime", "runtime.graph", "runtime.prebuilt", "harness", "harness.plugin"]
)
def test_importing_loads_no_provider(module) -> None:
    """The packages of OpenAI and Anthropic, and langchain itself, are extras."""
    assert loaded_by(f"import {module}").isdisjoint(PROVIDERS)


def test_the_bundled_runtime_loads_nothing_of_langgraph_itself() -> None:
    """Building and running a graph needs the checkpoint packages only."""
    loaded = {name for name in loaded_by("import runtime.graph") if within(name, "langgraph")}
    assert {n for n in loaded if not within(n, *CHECKPOINT_PACKAGES)} <= {"langgraph"}


def test_the_plugin_costs_nothing_when_unused() -> None:
    """Every pytest run of an environment imports it, whether or not it has to do with us."""
    slow = {"langchain_core", "vcr", "yaml", "rich", "runtime"}
    assert loaded_by("import harness, harness.plugin").isdisjoint(slow)


def test_a_replay_loads_nothing_that_only_a_recording_needs() -> None:
    """Every suite with cassettes pays for what is imported with the first of them."""
    recording = {
        "vcr",
        "yaml",
        "harness.cassettes._secrets.looks",
        "harness.cassettes._format.store",
    }
    path = next(ROOT.glob("cassettes/*/*.yaml"))
    block = f"use_cassette({str(path)!r}, allow_unplayed=True)"
    loaded = loaded_by(f"from harness import use_cassette\nwith {block}: pass")
    assert "harness.cassettes" in loaded
    assert loaded.isdisjoint(recording)
