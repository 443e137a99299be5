"""One recording, three models: through LangChain's class, as a model cassette, and as a script.

Over every recording of the pool of OpenAI's chat completions and responses and of Anthropic's
messages, streamed or not, that the class can express. The pool lies beside the repository, in
`../shared/cassettes`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from harness import CassetteChatModel
from harness.cassettes import Interaction, play, read_recording
from harness.cassettes._secrets.scrub import Scrubber
from harness.commands._convert import model_interaction
from harness.commands._run import Refused
from harness.errors import CassetteFormatError
from harness.models._script_file import script_text
from harness.models._tape import ModelInteraction
from harness.models._tape_file import HEAD, interaction_text
from harness.models._tools import offered
from harness.providers import find_provider

POOL = Path(__file__).resolve().parents[2].parent / "shared" / "cassettes" / "pool"
pytestmark = pytest.mark.skipif(not POOL.is_dir(), reason="the pool of recordings is not here")

EVERY = 12  # of the files, this one is in the sample that `make test` takes
REASONS = (  # why LangChain's class has nothing to say
    "the recorded answer is empty",
    "the recorded answer is an error",
    "cannot send a message with the role",
    "cannot send an input of the type",
    "'partial_images'",  # of pictures: its class says that it does not take them
)


def _files() -> list[Path]:
    names = ("openai__chat", "openai__responses", "anthropic__messages")
    return sorted(p for p in POOL.iterdir() if p.name.startswith(names)) if POOL.is_dir() else []


def _interactions(path: Path) -> Iterator[Interaction]:
    """Yield what speaks one of the APIs."""
    try:
        recording = read_recording(path)
    except CassetteFormatError:
        return
    yield from (i for i in recording.interactions if find_provider(i.request) is not None)


# an error may name the account, which is scrubbed where it is written
_ACCOUNT = re.compile(r"\borg-\w+|\*\*REDACTED\**")


def _said(ask: Callable[[], Iterator[BaseMessage]]) -> tuple[list[Any], str]:
    """Return every field of the chunks, and how they ended.

    An id of LangChain's own counts as that of the message: some APIs name it in one chunk only, and
    a script in all of them.
    """
    chunks: list[Any] = []
    end = ""
    try:
        chunks.extend(chunk.model_dump() for chunk in ask())
    except Exception as error:  # noqa: BLE001 - compared
        end = str(error)
    own = ("lc_run", "run-", "scripted-", "None")
    provided = (chunk["id"] for chunk in chunks if not str(chunk["id"]).startswith(own))
    message_id = next(provided, "own")
    for chunk in chunks:
        chunk["id"] = message_id if str(chunk["id"]).startswith(own) else chunk["id"]
    return chunks, end


def _check(interaction: Interaction, path: Path) -> bool:
    """Compare the three; tell whether there was something to compare."""
    item = model_interaction(interaction, 0)
    if isinstance(item, Refused):
        return False
    path.write_text(HEAD + interaction_text(item, Scrubber()), encoding="utf-8")
    space: dict[str, Any] = {}
    exec(script_text([item], path.name), space)  # noqa: S102 - our own text
    provider = find_provider(interaction.request)
    assert provider is not None
    with play([interaction], allow_unplayed=True):
        call = provider.rebuild(interaction.request)
        live = _said(lambda: _asked(call.model, call.messages, call.options))
    neutral = {**item.request.params, "tools": [offered(t) for t in call.options.get("tools", ())]}
    neutral["stream"] = call.options.get("stream")
    for model in (CassetteChatModel(path), space["model"]()):
        chunks, end = _said(lambda model=model: _asked(model, call.messages, neutral))
        assert chunks == live[0], type(model).__name__
        assert bool(end) == bool(live[1])
        told = _ACCOUNT.sub("ACCOUNT", live[1])
        assert _ACCOUNT.sub("ACCOUNT", end) in {told, f"{_kind(item)}: {told}"}
    return True


def _asked(model: BaseChatModel, messages: Any, options: dict[str, Any]) -> Iterator[BaseMessage]:
    if options.get("stream"):
        yield from model.stream(messages, **options)
    else:
        rest = {key: value for key, value in options.items() if key != "stream"}
        yield model.invoke(messages, **rest)


def _kind(item: ModelInteraction) -> str:
    return item.failure.kind if item.failure else ""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(p, id=p.name, marks=() if k % EVERY == 0 else pytest.mark.proof)
        for k, p in enumerate(_files())
    ],
)
def test_the_three_give_the_same_chunks(path: Path, tmp_path: Path) -> None:
    """Every field of every chunk, and the same end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for interaction in _interactions(path):
            _check(interaction, tmp_path / f"{interaction.index}.yaml")


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore")
def test_only_what_langchain_cannot_express_is_refused() -> None:
    """For a known reason, and most of the pool is converted."""
    counts = {"converted": 0, "refused": 0}
    for path in _files():
        for interaction in _interactions(path):
            item = model_interaction(interaction, 0)
            if isinstance(item, Refused) and item.foreign:
                continue  # it speaks another API
            counts["refused" if isinstance(item, Refused) else "converted"] += 1
            if isinstance(item, Refused):
                assert any(reason in item.error for reason in REASONS), (path.name, item)
    print(f"of the pool: {counts}")  # noqa: T201
    assert counts["converted"] > 10 * counts["refused"]
