"""Compare a transcript with the file that a person has accepted."""

from harness.snapshot._extension import CompletedSnapshots, StreamSnapshotExtension
from harness.snapshot._failure import UPDATE, Failed, differences, failure_lines, line_style
from harness.snapshot._provenance import UNTOLD, Provenance, cause, parted
from harness.snapshot._upgrade import SUFFIX, current, upgrade

__all__ = [
    "SUFFIX",
    "UNTOLD",
    "UPDATE",
    "CompletedSnapshots",
    "Failed",
    "Provenance",
    "StreamSnapshotExtension",
    "cause",
    "current",
    "differences",
    "failure_lines",
    "line_style",
    "parted",
    "upgrade",
]
