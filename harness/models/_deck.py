"""The state of one open model cassette, and what it says to a request.

Fields: the interactions that were read, the indices of those that were played, and those that are
recorded. A request plays the first interaction that asks the same and was not played, or is
recorded; anything else is a miss. All of it is guarded by one lock.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path

from harness.cassettes._cassette import RecordMode
from harness.cassettes._read import not_found
from harness.cassettes._scrub import Scrubber
from harness.cassettes._store import write_atomically
from harness.errors import (
    CassetteError,
    CassetteMissError,
    CassetteNotFoundError,
    UnplayedInteractionsError,
)
from harness.models._request import ModelRequest, request_differences
from harness.models._tape import ModelInteraction, Take
from harness.models._tape_file import HEAD, interaction_text, read_tape

_SHOWN = 5


class Deck:
    """An open model cassette.

    Args:
        path: The file.
        mode: The record mode.
        ignore: Which differences do not count.
    """

    def __init__(self, path: Path, mode: RecordMode, ignore: Sequence[re.Pattern[str]]) -> None:
        self.path = path
        self._mode = mode
        self._ignore = ignore
        had_file = path.exists()
        self.records = mode in {"new_episodes", "all", "rewrite"} or (
            mode == "once" and not had_file
        )
        if not had_file and not self.records:
            hint = not_found(path).replace(
                "use_cassette(..., ", "CassetteChatModel(..., model=live, "
            )
            raise CassetteNotFoundError(hint)
        reads = had_file and mode != "rewrite"
        self._loaded = tuple(read_tape(path)) if reads else ()
        self._played: set[int] = set()
        self._recorded: list[ModelInteraction] = []
        self._texts: dict[int, str] = {}
        self._written: str | None = None
        self._lock = threading.Lock()

    @property
    def next(self) -> ModelInteraction | None:
        """The interaction that is probably asked for next."""
        unplayed = (item for item in self._loaded if item.index not in self._played)
        return next(unplayed, self._loaded[-1] if self._loaded else None)

    def ask(self, request: ModelRequest) -> ModelInteraction | None:
        """Return the interaction to play, or None when the request is to be recorded.

        Raises:
            CassetteMissError: The cassette does not hold the request and may not record it.
        """
        with self._lock:
            if self._mode != "all":
                for item in self._loaded:
                    if item.index not in self._played and not self._differs(item, request):
                        self._played.add(item.index)
                        return item
            if self.records:
                return None
            raise CassetteMissError(self._miss(request))

    def add(self, take: Take) -> None:
        """Keep what was recorded, and write the file.

        Raises:
            CassetteError: A secret seems to remain, or somebody else has changed the file.
        """
        scrubber = Scrubber.of_environment(os.environ)
        with self._lock:
            index = len(self._loaded) + len(self._recorded)
            item = take.interaction(index)
            self._recorded.append(item)
            kept = list(self._loaded)
            if self._mode == "all":
                asked = [new.request for new in self._recorded]
                kept = [old for old in kept if all(self._differs(old, new) for new in asked)]
            text = HEAD
            for old in (*kept, *self._recorded):
                if old.index not in self._texts:
                    self._texts[old.index] = interaction_text(old, scrubber)
                text += self._texts[old.index]
            self._check_own()
            write_atomically(self.path, text)
            self._written = text

    def check_all_played(self, *, allow_unplayed: bool) -> None:
        """Raise when something was left over that should have been played."""
        left = [item for item in self._loaded if item.index not in self._played]
        if self.records or allow_unplayed or not left:
            return
        __tracebackhide__ = True
        lines = [f"interaction {item.index}: {item.request}" for item in left[:_SHOWN]]
        if more := len(left) - len(lines):
            lines.append(f"and {more} more")
        raise UnplayedInteractionsError(
            f"{len(left)} of {len(self._loaded)} interactions of {self.path} were not played\n  "
            + "\n  ".join(lines)
            + "\n  if the program no longer asks for them: --record-mode=rewrite; "
            "if that is right: allow_unplayed=True"
        )

    def _differs(self, item: ModelInteraction, request: ModelRequest) -> bool:
        return any(request_differences(item.request, request, self._ignore))

    def _check_own(self) -> None:
        """Refuse to overwrite what another model has recorded meanwhile."""
        if self._written is None or not self.path.exists():
            return
        if self.path.read_text(encoding="utf-8") != self._written:
            raise CassetteError(
                f"{self.path} was changed by somebody else while this model recorded into it\n"
                "  give each model a cassette of its own"
            )

    def _miss(self, request: ModelRequest) -> str:
        lines = [f"the model cassette {self.path} holds no answer to {request}"]
        ranked = sorted(
            (
                (tuple(request_differences(item.request, request, self._ignore)), item)
                for item in self._loaded
            ),
            key=lambda pair: (len(pair[0]), pair[1].index in self._played, pair[1].index),
        )
        if not ranked:
            lines.append("it holds no interaction at all")
        elif not ranked[0][0]:
            times = sum(not found for found, _ in ranked)
            lines.append(
                f"interaction {ranked[-1 if times == len(ranked) else times - 1][1].index} is the "
                f"same request, but it was played already: recorded {times} time"
                f"{'s' * (times > 1)}, asked for once more than that"
            )
        else:
            found, near = ranked[0]
            lines.append(f"nearest: interaction {near.index}, {near.request}, which differs in")
            lines += [f"  {difference}" for difference in found[:_SHOWN]]
            if more := len(found) - _SHOWN:
                lines += [f"  and {more} more places"] if more > 0 else []
        lines.append(f"{len(self._played)} of {len(self._loaded)} interactions were played before")
        lines.append(
            "to record it: --record-mode=new_episodes with CassetteChatModel(path, model=live); "
            "to let a difference be: CassetteChatModel(path, ignore=['messages[*].tool_call_id'])"
        )
        return "\n  ".join(lines)
