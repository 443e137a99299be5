"""What came of one run of the suite, read from its report; see `suite_report`."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ("Result",)

_WORST_FIRST = ("error", "failed", "skipped", "passed")


@dataclass
class Result:
    """One run of the suite.

    Args:
        name: What the table calls it.
        versions: The versions of the packages that it ran with.
        trouble: Why the run says nothing, or does not say all; for people.
        log: What pytest printed.
    """

    name: str
    versions: dict[str, str] = field(default_factory=dict)
    trouble: str = ""
    log: Path | None = None
    collected: int = 0
    outcomes: dict[str, str] = field(default_factory=dict)
    snapshots: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every test passed or was skipped."""
        return not self.trouble and not self.failed

    @property
    def failed(self) -> list[str]:
        """The tests that failed, or could not be set up or torn down."""
        return [test for test, outcome in self.outcomes.items() if outcome in ("failed", "error")]

    @property
    def counts(self) -> Counter[str]:
        """How many tests passed, failed and were skipped; those that failed around it failed."""
        return Counter("failed" if o == "error" else o for o in self.outcomes.values())

    def read(self, report: Path) -> None:
        """Take over what a report says; it may still be growing."""
        if not report.is_file():
            return
        for line in report.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                self._take(json.loads(line))

    def _take(self, said: dict) -> None:
        self.collected = said.get("collected", self.collected)
        if test := said.get("test"):
            known = self.outcomes.get(test, "passed")
            self.outcomes[test] = min(known, said["outcome"], key=_WORST_FIRST.index)
            for name, text in said["snapshots"].items():
                self.snapshots[f"{test} {name}"] = text
