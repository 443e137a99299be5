"""One page on which people see what the tests streamed: `pytest --harness-report=FILE.html`."""

from harness.report._page import write_page
from harness.report._plugin import Reporter

__all__ = ["Reporter", "write_page"]
