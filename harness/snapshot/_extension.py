"""The syrupy extension: one readable text file per test.

syrupy keeps what it does well: `--snapshot-update`, unused snapshots, xdist, its report. This
class says what a snapshot of a stream looks like on disk and what is told when it differs. It uses
only what syrupy 5, 6 and 7 have in common.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from syrupy.data import SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from harness._files import write_whole
from harness.errors import SnapshotError
from harness.snapshot._failure import failure_lines
from harness.snapshot._files import file_stem, is_of
from harness.snapshot._provenance import Provenance, parted
from harness.transcript import Transcript, same_stream, says_less


class StreamSnapshotExtension(SingleFileSnapshotExtension):
    """Stores a `Transcript` as `__snapshots__/<module>/<test>.stream.txt`."""

    _write_mode = WriteMode.TEXT
    file_extension = "stream.txt"
    not_passed: ClassVar[tuple[Any, ...]] = ()
    """The tests that did not pass, as the plugin knows them at the end of a session."""

    def serialize(self, data: object, **_options: Any) -> str:
        """Return the text of a transcript, and below it where that came from.

        Raises:
            SnapshotError: The value is not a transcript.
        """
        if not isinstance(data, Transcript):
            raise SnapshotError(
                f"a stream snapshot holds a Transcript, not {_article(type(data).__name__)}: "
                "compare what capture(graph, input) returned"
            )
        provenance = "\n".join(Provenance.of(data.origin).lines())
        return f"{data.text()}\n{provenance}\n"

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        """Whether a snapshot says the same of the stream, wherever the two came from.

        So a snapshot is only written anew when the stream has changed: other versions of packages
        leave it as it is.
        """
        return same_stream(parted(snapshot_data)[0], parted(serialized_data)[0])

    def diff_lines(self, serialized_data: Any, snapshot_data: Any) -> Iterator[str]:
        """Say how a transcript differs from its snapshot; see `failure_lines`."""
        yield from failure_lines(snapshot_data, serialized_data)

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: str | int = 0) -> str:
        """The name of a snapshot is the name of its file, so that syrupy relates the two."""
        return file_stem(test_location.snapshot_name, index, f".{cls.file_extension}")

    @classmethod
    def matches_test_location(
        cls, *, test_location: PyTestLocation, snapshot_location: str
    ) -> bool:
        """Whether a file belongs to a test (syrupy 7 asks; its own rule does not know `%2F`)."""
        return (
            Path(snapshot_location).parent == Path(cls.dirname(test_location=test_location))
        ) and (
            not test_location.is_item_parametrized or cls._holds(test_location, snapshot_location)
        )

    @classmethod
    def _holds(cls, test: PyTestLocation, snapshot_location: str) -> bool:
        """Whether a file is one of a test."""
        path, suffix = Path(snapshot_location), f".{cls.file_extension}"
        return path.parent == Path(cls.dirname(test_location=test)) and is_of(
            path.name.removesuffix(suffix), test.snapshot_name, suffix
        )

    def discover_snapshots(
        self, *, test_location: PyTestLocation, ignore_extensions: list[str] | None = None
    ) -> SnapshotCollections:
        """Find the files that may be unused: not those of tests that did not pass."""
        config = test_location.item.config
        found = super().discover_snapshots(
            test_location=test_location,
            ignore_extensions=config.option.ignore_file_extensions,  # what the user said
        )
        kept = [PyTestLocation(item) for item in self.not_passed if item.config is config]
        free = SnapshotCollections()
        for collection in found:
            if not any(self._holds(test, collection.location) for test in kept):
                free.add(collection)
        return free

    @classmethod
    def write_snapshot(
        cls, *, snapshot_location: str, snapshots: list[tuple[Any, Any, Any]], **_options: Any
    ) -> None:
        """Write one snapshot, whole or not at all.

        syrupy calls this method final, for extensions that keep many snapshots in a file; its own
        version warns about file names that it did not make itself.
        """
        for data, _location, _index in snapshots:
            write_whole(Path(snapshot_location), data)


class CompletedSnapshots(StreamSnapshotExtension):
    """For `--snapshot-update`: a snapshot that says less than it could is written anew, too.

    One of an older format does not name the graph, its input, the modes, and where the stream came
    from. `harness upgrade` cannot know these, but the test that is run just now does.
    """

    def matches(self, *, serialized_data: Any, snapshot_data: Any) -> bool:
        """Whether a snapshot says the same of the stream, and as much."""
        lacks = says_less(*(parted(text)[0] for text in (snapshot_data, serialized_data)))
        return (
            not lacks
            and parted(snapshot_data)[1] is not None
            and super().matches(serialized_data=serialized_data, snapshot_data=snapshot_data)
        )


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
