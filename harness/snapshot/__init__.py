"""Compare a transcript with the file that a person has accepted."""

from harness.snapshot._extension import StreamSnapshotExtension, failure_lines

__all__ = ["StreamSnapshotExtension", "failure_lines"]
