"""The table of cases under both contracts: snapshots that every Python shares, and LangGraph."""

from __future__ import annotations

import re
import sys

import pytest
from cases import CASES
from engines import LANGGRAPH, OURS
from streams import observe
from syrupy.assertion import SnapshotAssertion

from runtime.contract import python_contract

OWN = "native" if sys.version_info >= (3, 11) else "3.10"
"""The contract by which LangGraph goes on this interpreter."""


@pytest.mark.parametrize("version", ["native", "3.10"])
@pytest.mark.parametrize("case", CASES)
async def test_streams(case: str, version, snapshot: SnapshotAssertion) -> None:
    """On every Python a case streams the same under one contract, to the chunk."""
    with python_contract(version):
        assert "\n".join(await observe(OURS, CASES[case])) == snapshot


@pytest.mark.parametrize("case", CASES)
async def test_natively_nothing_is_lost(case: str) -> None:
    """No case fails, neither in the node nor in the run."""
    with python_contract("native"):
        assert not re.search(r"raised|\w+Error", "\n".join(await observe(OURS, CASES[case])))


@pytest.mark.parametrize("case", CASES)
async def test_as_langgraph_does(case: str) -> None:
    """Under the contract of the interpreter that runs, a case streams what LangGraph's does."""
    with python_contract(OWN):
        assert await observe(OURS, CASES[case]) == await observe(LANGGRAPH, CASES[case])


@pytest.mark.parametrize("case", [c for c in CASES if c.replace("_with_config", "") in CASES])
async def test_config_by_hand_changes_nothing(case: str) -> None:
    """Natively a node that passes its config streams what one that does not streams."""
    without = case.replace("_with_config", "")
    assert await observe(OURS, CASES[case]) == await observe(OURS, CASES[without])
