"""`CassetteChatModel`: a chat model whose answers come from a file, or are recorded into it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from pydantic import Field, PrivateAttr

from harness import _tally
from harness._model_watch import innermost
from harness.cassettes import RECORD_MODES, RecordMode
from harness.models._base import PlayedChatModel
from harness.models._calls import noted
from harness.models._clock import Clock, RealClock, VirtualClock
from harness.models._deck import Deck
from harness.models._live import Recorded, live_model
from harness.models._noted import note_answer
from harness.models._request import ModelRequest, rules
from harness.models._speech import Played, Speech
from harness.models._tape import ModelInteraction

_DEFAULTS = {"ls_provider": "cassette", "ls_model_name": "cassette", "ls_model_type": "chat"}


class CassetteChatModel(PlayedChatModel):
    """A chat model that plays what another one said, chunk by chunk, without its package or HTTP.

        model = CassetteChatModel("agent.yaml", model=ChatOpenAI(model="gpt-4o-mini"))

    Under `pytest --record-mode=once` this records into the file, else it plays it. An interaction
    answers a request that means the same: key order and formatting do not matter, and neither do
    the ids of messages. Equal requests get their answers in the order of the file. A request that
    the file does not hold is an error that shows the nearest one; an interaction that is left over
    is one when the test ends (with the pytest plugin), when `with model:` ends, or in
    `check_all_played`.

    Args:
        path: The file.
        model: The live model; needed only to record. Any chat model will do.
        record_mode: `none` plays and never records. `once` records if there is no file, else plays.
            `new_episodes` plays what is there and records the rest. `all` records every request and
            keeps what was not asked for. `rewrite` records the file anew. By default what pytest's
            `--record-mode` says, else `none`. The file is written after each recorded call.
        ignore: Places of a request that may differ, such as `messages[*].tool_call_id`.
        realtime: Let the chunks come when they came. Else they come at once, one by one.
        clock: A virtual clock on which they come when they came; nobody sleeps.
        allow_unplayed: Do not fail when interactions are left over.
        **kwargs: Fields of `BaseChatModel`: `tags`, `metadata`, `disable_streaming`, ...

    Raises:
        CassetteNotFoundError: There is no such file, and it may not be recorded.
        CassetteFormatError: The file cannot be read.
        ValueError: The record mode is not one, or needs a live model.
    """

    path: Path
    live: Any = Field(default=None, repr=False, exclude=True)
    record_mode: str = "none"
    realtime: bool = False
    clock: Any = Field(default=None, repr=False, exclude=True)
    allow_unplayed: bool = False

    _deck: Deck = PrivateAttr()
    _waits_on: Clock = PrivateAttr()

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        model: BaseChatModel | None = None,
        record_mode: RecordMode | None = None,
        ignore: Iterable[str] = (),
        realtime: bool = False,
        clock: VirtualClock | None = None,
        allow_unplayed: bool = False,
        **kwargs: Any,
    ) -> None:
        mode = record_mode or (innermost().record_mode if model is not None else "none")
        if mode not in RECORD_MODES:
            raise ValueError(f"record mode {mode!r} is not one of: {', '.join(RECORD_MODES)}")
        given: dict[str, Any] = {"path": Path(path), "live": model, "record_mode": mode}
        given |= {"realtime": realtime, "clock": clock, "allow_unplayed": allow_unplayed}
        super().__init__(**given, **kwargs)
        self._deck = Deck(Path(path), mode, rules(ignore))
        if self._deck.records and model is None:
            raise ValueError(
                f"record_mode={mode!r} records, and for that a live model is needed: "
                "CassetteChatModel(path, model=live)"
            )
        self._waits_on = RealClock() if realtime or clock is None else clock
        innermost().add("cassette", self)

    def check_all_played(self) -> None:
        """Check that every interaction of the file was asked for.

        Raises:
            UnplayedInteractionsError: Some were not; nothing was recorded, either.
        """
        self._deck.check_all_played(allow_unplayed=self.allow_unplayed)

    @property
    def _llm_type(self) -> str:
        return "cassette"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self._standard_params()["ls_model_name"]}

    def _standard_params(self) -> dict[str, Any]:
        if self._deck.records and self.live is not None:
            told = self.live._get_ls_params()  # noqa: SLF001 - what langchain-core itself asks
        else:
            told = self._deck.next.model if self._deck.next else {}
        return {**_DEFAULTS, **told}

    def _speech(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> Speech:
        self._calls.append(noted(messages, stop, kwargs))
        _tally.model_called(self._standard_params()["ls_model_name"])
        request = ModelRequest.of(messages, stop, kwargs)
        found = self._deck.ask(request, self._standard_params())
        note_answer(
            request, f"{self.path.as_posix()}, interaction {self._deck.index(found)}", found
        )
        if isinstance(found, ModelInteraction):
            timed = self.realtime or self.clock is not None
            return Played(found.answer(timed=timed), self._waits_on)
        live, rest = live_model(self.live, kwargs)
        return Recorded(found, self._deck, live, messages, {**rest, "stop": stop})
