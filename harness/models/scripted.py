"""`ScriptedChatModel`: a chat model whose answers stand in the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import Field, PrivateAttr

from harness import _tally
from harness._model_watch import innermost
from harness.errors import (
    LeftoverTurnsError,
    ScriptedToolCallError,
    ScriptExhaustedError,
    UnexpectedCallError,
)
from harness.models._base import PlayedChatModel
from harness.models._calls import Call, conversation, noted, shortened
from harness.models._chunks import Common
from harness.models._clock import Clock, RealClock, VirtualClock
from harness.models._cut import Cut, check_cut
from harness.models._noted import note_answer
from harness.models._request import ModelRequest
from harness.models._speech import Played
from harness.models._tools import problems
from harness.models._turn import KINDS, Delivery, Reply, Turn, answer_of, check_turn, is_failure

_VIRTUAL = VirtualClock()
_SHOWN_TURNS = 5


@dataclass
class _Script:
    """Where a model is in its script; shared by its copies.

    Rules: `asked` grows by one with each call, also with one that has no turn. Turn k answers call
    k. All of it is guarded by the lock.
    """

    turns: tuple[Turn, ...] | None  # None: one function answers all calls
    asked: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class ScriptedChatModel(PlayedChatModel):
    """A chat model that says what its script says, in order, and streams it like a provider.

    A turn is a text, an `AIMessage`, a list of chunks (texts or `AIMessageChunk`s, which stay as
    they are; an exception as the last one ends the stream there), an exception, or a function of
    `(messages, **kwargs)` that returns one of these. The same turn gives the same answer to
    `invoke` and `stream`, sync and async: what `invoke` returns is the sum of the chunks.

        model = ScriptedChatModel([
            AIMessage("", tool_calls=[{"name": "weather", "args": {"city": "Paris"}, "id": None}]),
            "It is sunny in Paris.",
        ])

    A call that the script has no turn for is an error that shows the conversation, and so is a turn
    that is left over: when the test ends (with the pytest plugin), when `with model:` ends, or in
    `check_all_played`.

    Args:
        script: The turns, or one function that answers every call. A function that returns None
            says that the call is not expected.
        cut: Where whole texts are cut: `words` (like a provider's tokens), `given` (not at all),
            or a number of characters.
        strict: Fail when a scripted tool call names no bound tool or does not fit its schema. Else
            that is only noted, in `calls`. A model without bound tools is not checked.
        latency: Seconds before each piece, or before the first one and between the others.
        realtime: Really wait so long. Else the time is virtual: parallel streams come in the order
            that it says, and nobody sleeps.
        clock: The virtual clock; by default one for all models.
        ids: What message ids begin with; by default `scripted-` and the number of the model.
        allow_unplayed: Do not fail when turns are left over.
        model_provider: What the response metadata of each text says, as `openai` where
            `ChatOpenAI` says it; `content_blocks` are read by the rules of that provider.
        ls_provider: For tracers and stream metadata, like the other `ls_` arguments.
        **kwargs: Fields of `BaseChatModel`: `tags`, `metadata`, `disable_streaming`, ...
    """

    script: Any = Field(repr=False, exclude=True)
    cut: Any = "words"
    strict: bool = True
    latency: float | tuple[float, float] = 0.0
    realtime: bool = False
    clock: Any = Field(default=None, repr=False, exclude=True)
    ids: str = ""
    allow_unplayed: bool = False
    model_provider: str = ""
    ls_provider: str = "scripted"
    ls_model_name: str = "scripted"
    ls_model_type: str = "chat"
    ls_temperature: float | None = None
    ls_max_tokens: int | None = None
    ls_stop: list[str] | None = None

    _script: _Script = PrivateAttr()
    _waits_on: Clock = PrivateAttr()

    def __init__(
        self,
        script: Sequence[Turn] | Callable[..., Reply | None],
        *,
        cut: Cut = "words",
        strict: bool = True,
        latency: float | tuple[float, float] = 0.0,
        realtime: bool = False,
        clock: VirtualClock | None = None,
        ids: str = "",
        allow_unplayed: bool = False,
        model_provider: str = "",
        ls_provider: str = "scripted",
        **kwargs: Any,
    ) -> None:
        check_cut(cut)
        given: dict[str, Any] = {"script": script, "cut": cut, "strict": strict, "ids": ids}
        given |= {"latency": latency, "realtime": realtime, "clock": clock}
        given |= {"allow_unplayed": allow_unplayed, "ls_provider": ls_provider}
        given["model_provider"] = model_provider
        super().__init__(**given, **kwargs)
        self._script = _Script(_turns(script))
        self._waits_on = RealClock() if realtime else clock or _VIRTUAL
        name = innermost().add("scripted", self)
        self.ids = ids or name

    def check_all_played(self) -> None:
        """Check that the script has come to its end.

        Raises:
            LeftoverTurnsError: It has turns that nobody asked for.
        """
        turns, asked = self._script.turns, self._script.asked
        if self.allow_unplayed or turns is None or asked >= len(turns):
            return
        __tracebackhide__ = True
        left = turns[asked:]
        lines = [f"{len(left)} of {len(turns)} turns of {self.ids} were not played:"]
        lines += [f"  turn {k}: {_shown(turn)}" for k, turn in enumerate(left, asked)]
        if more := len(left) - _SHOWN_TURNS:
            lines[_SHOWN_TURNS + 1 :] = [f"  and {more} more"] if more > 0 else []
        if self.calls:
            lines.append(f"the last call had this {conversation(self.calls[-1].messages)}")
        lines.append("take them out of the script, or say ScriptedChatModel(allow_unplayed=True)")
        raise LeftoverTurnsError("\n".join(lines))

    @property
    def _llm_type(self) -> str:
        return "scripted"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.ls_model_name}

    def _standard_params(self) -> dict[str, Any]:
        names = ("provider", "model_name", "model_type", "temperature", "max_tokens", "stop")
        params = {f"ls_{name}": getattr(self, f"ls_{name}") for name in names}
        return {name: value for name, value in params.items() if value is not None}

    def _speech(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]
    ) -> Played:
        script, call = self._script, noted(messages, stop, kwargs)
        _tally.model_called(self._standard_params()["ls_model_name"])
        with script.lock:
            number = script.asked
            script.asked += 1
            self._calls.append(call)
        reply: Any = script.turns
        if script.turns is None:
            reply = self.script
        elif number < len(script.turns):
            reply = script.turns[number]
        else:
            raise self._no_turn_for(call, number)
        if _is_function(reply):
            options = {**kwargs, "stop": stop} if stop else kwargs
            reply = self._returned(reply(list(messages), **options), call, number)
        answer = answer_of(reply, self._common(number), self._delivery, stop)
        request = ModelRequest.of(messages, stop, kwargs)
        note_answer(request, f"the script of {self.ids}, turn {number}", answer)
        if call.tools and answer.error is None and answer.message.tool_calls:
            self._check_tool_calls(answer.message, call, number)
        return Played(answer, self._waits_on)

    def _common(self, number: int) -> Common:
        provider = {"model_provider": self.model_provider} if self.model_provider else {}
        return Common(f"{self.ids}-{number + 1}", provider)

    @property
    def _delivery(self) -> Delivery:
        latency = self.latency
        first, between = latency if isinstance(latency, tuple) else (latency, latency)
        return Delivery(self.cut, first, between)

    def _returned(self, reply: Any, call: Call, number: int) -> Any:
        if reply is None:
            raise UnexpectedCallError(
                f"call {number + 1} of {self.ids} is not expected: "
                f"its function has no answer to it\n{conversation(call.messages)}"
            )
        check_turn(reply, f"what the function returned to call {number + 1} of {self.ids}")
        if _is_function(reply):
            raise TypeError(f"the function of {self.ids} returned a function; expected {KINDS}")
        return reply

    def _no_turn_for(self, call: Call, number: int) -> Exception:
        said = conversation(call.messages)
        count = len(self._script.turns or ())
        if not count:
            return UnexpectedCallError(
                f"{self.ids} was called, but its script is empty: no call is expected\n{said}"
            )
        turns = "its only turn was" if count == 1 else f"all {count} turns were"
        return ScriptExhaustedError(
            f"{self.ids} was called for the {_ordinal(number + 1)} time, but {turns} played\n"
            f"{said}\n"
            "add a turn to the script, or find out why the program asks once more"
        )

    def _check_tool_calls(self, message: AIMessage, call: Call, number: int) -> None:
        found = tuple(problems(message, call.tools))
        if not found:
            return
        if self.strict:
            lines = "\n".join(f"  {problem}" for problem in found)
            raise ScriptedToolCallError(
                f"no model would say this, turn {number} of {self.ids}:\n{lines}\n"
                f"{conversation(call.messages)}\n"
                "mend the script, or allow it: ScriptedChatModel(..., strict=False)"
            )
        with self._script.lock:
            self._calls[number] = replace(call, problems=found)


def _turns(script: Any) -> tuple[Turn, ...] | None:
    """Return the turns of a script, None where one function answers all calls."""
    if _is_function(script):
        return None
    if isinstance(script, str | AIMessage) or not isinstance(script, Sequence):
        raise TypeError(
            f"a script is a list of turns, or one function; this is {shortened(repr(script))}\n"
            f"a turn is {KINDS}"
        )
    for k, turn in enumerate(script):
        check_turn(turn, f"turn {k}")
    return tuple(script)


def _is_function(turn: object) -> bool:
    return callable(turn) and not is_failure(turn)


def _shown(turn: Any) -> str:
    if isinstance(turn, AIMessage):
        calls = ", ".join(f"calls {call['name']}" for call in turn.tool_calls)
        return shortened(" ".join(filter(None, (repr(str(turn.text)), calls))))
    if isinstance(turn, list | tuple):
        return shortened(" ".join(_shown(piece) for piece in turn))
    return shortened(getattr(turn, "__name__", repr(turn)))


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    teens = number % 100 in {11, 12, 13}
    return f"{number}{'th' if teens else endings.get(number % 10, 'th')}"
