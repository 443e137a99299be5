"""Which contract holds in this process: what the engine checks where a task starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.contract import Contract

active: Contract | None = None
"""The contract of an older Python, set by `runtime.contract.python_contract`."""
