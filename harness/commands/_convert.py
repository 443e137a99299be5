"""What `harness convert` does: recordings in, the text of another file out."""

from __future__ import annotations

import os
import uuid
import warnings
from dataclasses import dataclass
from pathlib import Path

from langchain_core.messages import BaseMessage
from langsmith import tracing_context

from harness.cassettes import Interaction, Scrubber, play, read_recording
from harness.commands._run import Refused, reason
from harness.errors import CassetteMissError, HarnessError, ReplayError
from harness.models._request import ModelRequest
from harness.models._script_file import script_text
from harness.models._tape import ModelInteraction, Take
from harness.models._tape_file import HEAD, interaction_text, is_tape, read_tape
from harness.models._tools import offered
from harness.models.scripted import ScriptedChatModel
from harness.providers import APIS, MissingPackageError, ModelCall, find_provider

_ERROR_STATUS = 400
_NO_PARAMS = frozenset({"tools", "stream", "extra_body", "stream_options"})
# The same recording gives the same file: the ids of runs are made of what was asked.
_RUNS = uuid.UUID("6c1f6f0e-4d5b-5a0e-9d55-5f0d5e6f7a01")


@dataclass(frozen=True)
class Converted:
    """What came of a file.

    Args:
        kind: `model cassette` or `script`.
        text: Its text; empty when nothing could be converted.
        count: How many interactions it has.
        refused: Those that could not be converted.
    """

    kind: str
    text: str
    count: int
    refused: list[Refused]


def converted(path: Path, to: str | None) -> Converted:
    """Convert a file to what is wanted: `cassette`, `script`, or what comes next.

    Raises:
        HarnessError: The file cannot be read, or already is what is wanted.
    """
    refused: list[Refused] = []
    items: list[ModelInteraction] = []
    if is_tape(path):
        if to == "cassette":
            raise HarnessError(f"{path} is a model cassette already; to make a script: --to script")
        items, to = read_tape(path), "script"
    else:
        for interaction in read_recording(path).interactions:
            item = model_interaction(interaction, len(items))
            if isinstance(item, Refused):
                refused.append(item)
            else:
                items.append(item)
    kind = "script" if to == "script" else "model cassette"
    if not items:
        return Converted(kind, "", 0, refused)
    if to == "script":
        return Converted(kind, script_text(items, path.name), len(items), refused)
    scrubber = Scrubber.of_environment(os.environ)
    text = HEAD + "".join(interaction_text(item, scrubber) for item in items)
    return Converted(kind, text, len(items), refused)


def model_interaction(interaction: Interaction, index: int) -> ModelInteraction | Refused:
    """Replay an HTTP interaction through its LangChain class and keep what the class says.

    Raises:
        MissingPackageError: The provider's LangChain package is not installed.
    """
    request = interaction.request
    provider = find_provider(request)
    if provider is None:
        what = f"{request.method} {request.url}"
        error = f"{what} is none of {', '.join(APIS)}"
        return Refused(interaction.index, error, foreign=True)
    try:
        with (
            tracing_context(enabled=False),
            warnings.catch_warnings(),
            play([interaction], allow_unplayed=True),
        ):
            warnings.simplefilter("ignore")  # they speak to someone who asks a live model
            return _taken(interaction, provider.rebuild(request)).interaction(index)
    except MissingPackageError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the class or the SDK raises is a reason
        return Refused(interaction.index, reason(interaction, error))


def _taken(interaction: Interaction, call: ModelCall) -> Take:
    """Ask the class, and keep its answer or the error that the provider answered with."""
    params = {key: value for key, value in call.options.items() if key not in _NO_PARAMS}
    params["tools"] = [offered(tool) for tool in call.options.get("tools") or ()]
    request = ModelRequest.of(_as_asked(call.messages), None, params)
    told = call.model._get_ls_params()  # noqa: SLF001 - what langchain-core itself asks
    take = Take(request, told)
    run_id = uuid.uuid5(_RUNS, f"{interaction.index} {interaction.request.body!r}")
    try:
        if call.options.get("stream"):
            for chunk in call.model.stream(call.messages, {"run_id": run_id}, **call.options):
                take.chunk(chunk)
            take.finished()
        else:
            take.message(call.model.invoke(call.messages, {"run_id": run_id}, **call.options))
    except Exception as error:
        if not _was_recorded(interaction, error):
            raise
        take.failed(error)
    return take.untimed()


def _as_asked(messages: list[BaseMessage]) -> tuple[BaseMessage, ...]:
    """Return the messages as a model gets them: langchain-core unifies files and images before."""
    model = ScriptedChatModel([""])
    model.invoke(messages)
    return model.calls[0].messages


def _was_recorded(interaction: Interaction, error: Exception) -> bool:
    """Tell whether the provider answered with this error, and not the replay."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ReplayError | CassetteMissError):
            return False
        cause = cause.__cause__ or cause.__context__
    answer = interaction.response
    return answer.status >= _ERROR_STATUS or b"event: error" in answer.body
