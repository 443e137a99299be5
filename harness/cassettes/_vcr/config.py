"""What a `vcr_config` asks for, on our cassettes: vcrpy's vocabulary, done by vcrpy's own code.

Filters, hooks, matchers, serializers and persisters get and return vcrpy's values, for which they
were written. So interactions pass through a cassette of vcrpy where it would run them: when it
loads, when it is asked, and when it saves. It never sees a connection; streams stay ours.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vcr import VCR, matchers  # type: ignore[import-untyped]  # vcrpy has no annotations
from vcr.cassette import Cassette as VcrCassette  # type: ignore[import-untyped]
from vcr.persisters.filesystem import FilesystemPersister  # type: ignore[import-untyped]
from vcr.serialize import serialize  # type: ignore[import-untyped]
from vcr.serializers import yamlserializer  # type: ignore[import-untyped]

from harness._files import not_found, write_whole
from harness._json import Difference
from harness.cassettes._format.read import read_recording
from harness.cassettes._format.store import save, scrubbed
from harness.cassettes._match import MATCH_ON, Part
from harness.cassettes._model import Interaction, RecordedRequest
from harness.cassettes._secrets.scrub import Scrubber
from harness.cassettes._vcr.pairs import (
    Pair,
    our_interactions,
    our_request,
    vcr_pairs,
    vcr_request,
)
from harness.errors import CassetteFormatError, CassetteNotFoundError

_SAME_PARTS = {
    matchers.method: "method",
    matchers.uri: "uri",
    matchers.scheme: "scheme",
    matchers.host: "host",
    matchers.port: "port",
    matchers.path: "path",
    matchers.query: "query",
    matchers.body: "body",
}
"""vcrpy's matchers that ours stand for: they also explain a difference and know placeholders."""

_OF_A_CASSETTE = (
    "before_record_request",
    "before_record_response",
    "filter_sensitive_data",
    "before_save_interaction",
    "after_load_interaction",
)
"""What a cassette of vcrpy does to interactions; the last three since vcrpy 9."""


class VcrConfig:
    """A storage that does what a configuration of vcrpy asks for.

    Args:
        vcr: As the hooks of pytest-recording left it.
        config: The arguments of `vcr.use_cassette`.
    """

    def __init__(self, vcr: VCR, config: dict[str, Any]) -> None:
        merged = self._merged = vcr.get_merged_config(**config)
        self._hooks = {key: merged[key] for key in _OF_A_CASSETTE if key in merged}
        self._persister, self._serializer = merged["persister"], merged["serializer"]
        self._is_file = self._persister is FilesystemPersister
        theirs = tuple(map(_part, merged["match_on"]))
        by_default = VCR().match_on
        says = "match_on" in config or vcr.match_on != by_default
        # Unless it says what is compared, it is what ours compares, and the added matchers.
        self.match_on = theirs if says else (*MATCH_ON, *theirs[len(by_default) :])
        self.record_mode = str(getattr(merged["record_mode"], "value", merged["record_mode"]))
        self.allow_repeats = bool(merged["allow_playback_repeats"])
        self.drop_unused = bool(merged["drop_unused_requests"])
        self.custom_patches = tuple(merged["custom_patches"])
        self.skips = frozenset(merged.get("skip_patchers", ()))

    def path(self, name: str) -> Path:
        """Return where the cassette of this name is kept."""
        return Path(self._merged["path_transformer"](name))

    def shown(self, request: RecordedRequest) -> RecordedRequest | None:
        """Return the request as the filters and hooks leave it."""
        left = self._hooks["before_record_request"](vcr_request(request))
        return None if left is None else our_request(left)

    def read(self, path: Path) -> Sequence[Interaction]:
        """Load through the persister, the serializer and the hooks."""
        if not self._is_file:
            return self._of_persister(path)
        if not path.exists():
            raise CassetteNotFoundError(not_found(path))
        try:
            pairs = self._loaded(path, self._persister)
        except Exception:  # noqa: BLE001 - whatever it is, our reader reads more and says more
            pairs = None
        if not pairs:  # vcrpy takes some broken files for empty ones
            pairs = self._loaded(path, _Kept(vcr_pairs(read_recording(path).interactions)))
        return our_interactions(pairs or ())

    def _of_persister(self, path: Path) -> Sequence[Interaction]:
        says = "vcrpy cannot decode it"
        try:
            pairs = self._loaded(path, self._persister)
        except Exception as error:  # noqa: BLE001 - whatever the user's code raises is the report
            pairs, says = None, f"{type(error).__name__}: {error}"
        if pairs is not None:
            return our_interactions(pairs)
        if not path.exists():
            raise CassetteNotFoundError(not_found(path))
        raise CassetteFormatError(
            f"cannot read the cassette {path}\n  {says}\n  to record it anew: --record-mode=rewrite"
        )

    def _loaded(self, path: Path, persister: Any) -> list[Pair] | None:
        """Return what vcrpy loads; None if it finds nothing."""
        cassette = VcrCassette.load(
            path=str(path), persister=persister, serializer=self._serializer, **self._hooks
        )
        if not cassette.rewound:
            return None
        return list(zip(cassette.requests, cassette.responses, strict=True))

    def write(self, path: Path, items: Sequence[Interaction], scrubber: Scrubber) -> None:
        """Save through the hooks, the serializer and the persister."""
        if self._is_file and self._serializer is yamlserializer:
            kept = self._saved(path, items)
            pairs = zip(kept["requests"], kept["responses"], strict=True)
            save(path, our_interactions(pairs), scrubber)
            return
        kept = self._saved(path, scrubbed(path, items, scrubber))
        if self._is_file:
            write_whole(path, serialize(kept, self._serializer))
            return
        with _put_back_if_it_fails(path):
            self._persister.save_cassette(str(path), kept, serializer=self._serializer)

    def _saved(self, path: Path, items: Iterable[Interaction]) -> dict[str, Any]:
        """Return what vcrpy would hand to its persister."""
        kept = _Kept(())
        cassette = VcrCassette(
            path=str(path), persister=kept, serializer=self._serializer, **self._hooks
        )
        for request, response in vcr_pairs(items):
            cassette.append(request, response)
        cassette._save(force=True)  # noqa: SLF001 - the one way to run what runs on saving
        return kept.saved


class _Kept:
    """A persister that keeps what vcrpy saves, and has it load what is given."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self._pairs = list(pairs)
        self.saved: dict[str, Any] = {"requests": [], "responses": []}

    def load_cassette(self, path: str, serializer: Any) -> tuple[list[Any], list[Any]]:
        """Return the given pairs."""
        return [request for request, _ in self._pairs], [answer for _, answer in self._pairs]

    def save_cassette(self, path: str, cassette_dict: dict[str, Any], serializer: Any) -> None:
        """Keep it."""
        self.saved = cassette_dict


def _part(matcher: Any) -> str | Part:
    """Return what stands for a matcher of vcrpy's or the user's."""
    if name := _SAME_PARTS.get(matcher):
        return name

    def compare(recorded: RecordedRequest, sent: RecordedRequest) -> Iterator[Difference]:
        pair = vcr_request(sent), vcr_request(recorded)
        for failed, message in matchers.get_matchers_results(*pair, [matcher])[1]:
            yield _Refused(failed, None, message)

    return compare


class _Refused(Difference):
    """What a matcher has against a request."""

    def __str__(self) -> str:
        said = f": {self.sent}" if self.sent else ""
        return f"the matcher {self.path} refuses it{said}"


@contextmanager
def _put_back_if_it_fails(path: Path) -> Iterator[None]:
    """Keep the file that was there under another name until the new one is whole."""
    aside = path.with_name(f".{path.name}.before")
    if not path.exists():
        yield
        return
    shutil.copy2(path, aside)
    try:
        yield
    except BaseException:
        aside.replace(path)
        raise
    aside.unlink()
