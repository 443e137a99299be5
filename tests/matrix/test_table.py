"""What `make matrix` says about several runs of the suite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from results import Result
from small_projects import INI, outcome
from table import differences, explained, table


def _result(name: str, **snapshots: str) -> Result:
    return Result(name, {"vcrpy": "8.2"}, outcomes={"t": "passed"}, snapshots=snapshots)


def test_a_line_for_each_interpreter() -> None:
    """It has the versions of the named packages, and the numbers."""
    head, line = table([_result("3.12", s="a")]).splitlines()
    shown = dict(zip(head.split(), line.split(), strict=True))
    assert shown["interpreter"] == "3.12"
    assert (shown["vcrpy"], shown["freezegun"]) == ("8.2", "-")
    assert [shown[word] for word in ("passed", "failed", "skipped", "snapshots")] == list("1001")


def test_a_snapshot_that_differs_is_named() -> None:
    """So are the interpreters that agree, and the lines that are not the same."""
    results = [_result("3.10", s="a\nb"), _result("3.11", s="a\nc"), _result("3.12", s="a\nc")]
    assert differences(results) == {"s": [["3.11", "3.12"], ["3.10"]]}
    assert explained(results).splitlines()[-2:] == ["    -c", "    +b"]


def test_equal_snapshots_are_no_difference() -> None:
    """One that an interpreter has not, as the test is skipped there, is none either."""
    assert explained([_result("3.10", s="a"), _result("3.11", s="a", other="b")]) == ""


def test_a_run_without_results_is_not_fine() -> None:
    """What kept it from running stands for it."""
    assert not Result("3.10", trouble="not installed").ok


SUITE = """
import pytest

def test_text(snapshot): assert "of this run" == snapshot
def test_passes(): pass
def test_skips(): pytest.skip("so")

@pytest.fixture
def broken():
    yield
    raise ValueError

def test_breaks_at_its_end(broken): pass
"""


@pytest.mark.parametrize("options", [[], pytest.param(["-n", "1"], marks=pytest.mark.proof)])
def test_a_report_is_read(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: list[str]
) -> None:
    """It has each test once with the worst that came of it, and the texts as this run made them."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    pytester.makeini(INI)
    pytester.makeconftest("pytest_plugins = ['suite_report']")
    pytester.makepyfile(test_it=SUITE)
    (pytester.path / "__snapshots__").mkdir()
    accepted = '# serializer version: 1\n# name: test_text\n  "accepted"\n# ---\n'
    (pytester.path / "__snapshots__" / "test_it.ambr").write_text(accepted)
    ran = pytester.runpytest_subprocess(f"--suite-report={tmp_path / 'report'}", *options)
    outcome(ran, passed=2, failed=1, skipped=1, errors=1)
    result = Result("3.11")
    result.read(tmp_path / "report")
    assert result.collected == 4
    assert result.counts == {"passed": 1, "failed": 2, "skipped": 1}
    assert result.snapshots == {"test_it.py::test_text snapshot[0]": "'of this run'"}


def test_a_line_that_is_being_written_is_left(tmp_path: Path) -> None:
    """The report of a run that goes on can be read."""
    whole = json.dumps({"test": "a", "outcome": "passed", "snapshots": {}})
    (tmp_path / "report").write_text(f"{whole}\n{whole[:9]}")
    result = Result("3.11")
    result.read(tmp_path / "report")
    assert result.outcomes == {"a": "passed"}
