"""The state of one open model cassette, and what it says to a request.

Fields: the interactions that were read, the indices of those that were played, the takes that are
recorded, and the text of each part of the file. A request plays the first interaction that asks the
same and was not played, or starts a take; anything else is a miss. One lock guards all of it.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness._files import not_found, write_whole
from harness.cassettes import RecordMode, Scrubber
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
    """An open model cassette: what it has played, and what it has recorded.

    A call that is being recorded is a take.

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
            call = "CassetteChatModel(..., model=live, record_mode='once')"
            raise CassetteNotFoundError(not_found(path, call))
        reads = had_file and mode != "rewrite"
        self._loaded = tuple(read_tape(path)) if reads else ()
        self._played: set[int] = set()
        self._takes: list[Take] = []
        self._texts: dict[ModelInteraction | Take, str] = {}
        self._content = path.read_bytes() if had_file and self.records else None
        self._lock = threading.Lock()

    @property
    def next(self) -> ModelInteraction | None:
        """The interaction that is probably asked for next."""
        unplayed = (item for item in self._loaded if item.index not in self._played)
        return next(unplayed, self._loaded[-1] if self._loaded else None)

    def ask(self, request: ModelRequest, model: Mapping[str, Any]) -> ModelInteraction | Take:
        """Return the interaction to play, or the take to fill when the request is to be recorded.

        Args:
            request: What is asked.
            model: The `ls_*` metadata of the live model.

        Raises:
            CassetteMissError: The cassette does not hold the request and may not record it.
        """
        with self._lock:
            if self._mode != "all":
                for item in self._loaded:
                    if item.index not in self._played and not self._differs(item, request):
                        self._played.add(item.index)
                        return item
            if not self.records:
                raise CassetteMissError(self._miss(request))
            self._takes.append(Take(request, model))
            return self._takes[-1]

    def index(self, item: ModelInteraction | Take) -> int:
        """The position in the file of what `ask` returned."""
        if isinstance(item, ModelInteraction):
            return item.index
        return len(self._loaded) + self._takes.index(item)

    def keep(self, take: Take) -> None:
        """Write the file anew, with a take that has come to its end.

        Raises:
            CassetteError: A secret seems to remain, or somebody else has changed the file.
        """
        scrubber = Scrubber.of_environment(os.environ)
        with self._lock:
            try:
                index = self.index(take)
                self._texts[take] = interaction_text(take.interaction(index), scrubber)
            except CassetteError:
                self._takes.remove(take)
                raise
            for item in self._kept():
                if item not in self._texts:
                    self._texts[item] = interaction_text(item, scrubber)
            # In the order of the requests, whichever of them ends first.
            parts = [
                self._texts[part] for part in (*self._kept(), *self._takes) if part in self._texts
            ]
            self._write("".join([HEAD, *parts]))

    def _kept(self) -> list[ModelInteraction]:
        """Return what was read and stays in the file."""
        if self._mode != "all":
            return list(self._loaded)
        asked = [take.request for take in self._takes]
        return [old for old in self._loaded if all(self._differs(old, new) for new in asked)]

    def _write(self, text: str) -> None:
        """Write the file, unless another model has recorded into it meanwhile."""
        now = self.path.read_bytes() if self.path.exists() else None
        if now is not None and now != self._content:
            raise CassetteError(
                f"{self.path} was changed by somebody else while this model records into it\n"
                "  give each model a cassette of its own"
            )
        write_whole(self.path, text)
        self._content = text.encode()

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

    def _miss(self, request: ModelRequest) -> str:
        lines = [f"the model cassette {self.path} holds no answer to {request}"]
        ranked = sorted(
            (
                (tuple(request_differences(item.request, request, self._ignore)), item)
                for item in self._loaded
            ),
            key=lambda pair: (len(pair[0]), pair[1].index),
        )
        same = [item for found, item in ranked if not found]
        if not ranked:
            lines.append("it holds no interaction at all")
        elif same:
            lines.append(
                f"interaction {same[-1].index} is the same request, but it was played already: "
                f"recorded {len(same)} time{'s' * (len(same) > 1)}, asked for once more than that"
            )
        else:
            found, near = ranked[0]
            lines.append(f"nearest: interaction {near.index}, {near.request}, which differs in")
            lines += [f"  {difference}" for difference in found[:_SHOWN]]
            if more := found[_SHOWN:]:
                lines.append(f"  and {len(more)} more places")
        lines.append(f"{len(self._played)} of {len(self._loaded)} interactions were played before")
        lines.append(
            "to record it: --record-mode=new_episodes with CassetteChatModel(path, model=live); "
            "to let a difference be: CassetteChatModel(path, ignore=['messages[*].tool_call_id'])"
        )
        return "\n  ".join(lines)
