"""The pool through the clients that `index.csv` says replay it: the SDKs, and LangChain's classes.

`expectations.json` was decoded from the recorded bytes without any client. It says of each
interaction whether a request that equals the recorded one was seen to be answered by vcrpy, or by a
transport that had been told what the file means. What it says must hold under ours, whatever
provider and tool the file is from. The pool lies beside the repository, in `../shared/cassettes`.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anthropic
import openai
import pytest
from anthropic.types import Message, RawMessageStreamEvent
from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent

from harness.cassettes import Interaction, play, read_recording
from harness.errors import CassetteFormatError
from harness.providers import find_provider

POOL = Path(__file__).resolve().parents[2].parent / "shared" / "cassettes"
pytestmark = pytest.mark.skipif(not POOL.is_dir(), reason="the pool of recordings is not here")

EVERY = 12  # of the files, this one is in the sample that `make test` takes
ERRORS = (openai.OpenAIError, anthropic.AnthropicError)
TYPES: dict[str, tuple[Any, Any]] = {
    "chat": (ChatCompletion, ChatCompletionChunk),
    "completions": (Completion, Completion),
    "responses": (Response, ResponseStreamEvent),
    "messages": (Message, RawMessageStreamEvent),
}

# What was reviewed: file (its beginning), interaction, and why it is not asked of a client.
NEVER_ASKED = {
    ("azure-openai__chat-stream__crewAI__TestAzureToolCallStreaming", 0): (
        "the SDK wants a model, and Azure has it in the address"
    ),
    ("selfhosted__chat__langchain-community__TestChatKinetica", 3): (
        "a statement in SQL for another endpoint of the server; the SDK has no such call"
    ),
    ("openai__completions-stream__dd-trace-py__v1.completion_streamed", 0): (
        "the request does not ask for a stream, and yet the answer is one: no client reads it"
    ),
    ("openai__responses-stream__langchain__test_image_generation_streaming", 0): (
        "LangChain refuses to stream partial images"
    ),
    ("mistral__chat-stream__ruby_llm__ed_thinking_mistral", 0): (
        "a content that is a list, of which LangChain makes more text than is in it"
    ),
}


@dataclass(frozen=True)
class Case:
    """One interaction, and what is known of it."""

    file: str
    item: Interaction
    known: dict[str, Any]

    @property
    def is_asked(self) -> bool:
        return not any(
            self.file.startswith(name) and self.known["k"] == k for name, k in NEVER_ASKED
        )


def _cases(file: str, client: str, *words: str) -> Iterator[Case]:
    """Yield the interactions of a file of which the table says one of the words."""
    items = json.loads((POOL / "expectations.json").read_text())[file]
    wanted = [i for i in items if (i.get("verified") or {}).get(client) in words]
    if wanted:
        recording = read_recording(POOL / "pool" / file)
        for known in wanted:
            yield Case(file, recording.interactions[known["k"]], known)


def _files() -> list[Any]:
    names = sorted(path.name for path in (POOL / "pool").iterdir()) if POOL.is_dir() else []
    return [
        pytest.param(name, id=name, marks=() if k % EVERY == 0 else pytest.mark.proof)
        for k, name in enumerate(names)
    ]


def _asked(case: Case, *, is_async: bool) -> dict[str, Any]:
    """Return the arguments of an SDK's `post` that send what was recorded, to the byte of JSON."""
    api = case.known["api"]
    package = anthropic if api == "messages" else openai
    url = urlsplit(case.item.request.url)
    is_whole = url.scheme in {"http", "https"} and "*" not in url.netloc
    body = case.item.request.json()
    whole, piece = TYPES[api]
    stream_class = package.AsyncStream if is_async else package.Stream
    return {
        "path": case.item.request.url if is_whole else "https://api.example.com/v1",
        "body": body,
        "cast_to": whole,
        "stream": bool(body.get("stream")),
        "stream_cls": stream_class[piece],
    }


def _client(case: Case, *, is_async: bool) -> Any:
    is_claude = case.known["api"] == "messages"
    if is_async:
        kind: Any = anthropic.AsyncAnthropic if is_claude else openai.AsyncOpenAI
    else:
        kind = anthropic.Anthropic if is_claude else openai.OpenAI
    return kind(api_key="none", max_retries=0)


def _answer(case: Case, drive: str) -> list[Any]:
    """Return the objects that the SDK makes of the answer: one, or those of the stream."""

    async def ask() -> list[Any]:
        async with _client(case, is_async=True) as client:
            found = await client.post(**_asked(case, is_async=True))
            return [one async for one in found] if hasattr(found, "__aiter__") else [found]

    if drive == "async":
        return asyncio.run(ask())
    with _client(case, is_async=False) as client:
        found = client.post(**_asked(case, is_async=False))
        return list(found) if isinstance(found, openai.Stream | anthropic.Stream) else [found]


def _texts(api: str, found: Any) -> Iterator[Any]:
    """Yield the texts in one object of an SDK."""
    kind = getattr(found, "type", "")
    if isinstance(found, Message):
        yield from (block.text for block in found.content if block.type == "text")
    elif isinstance(found, Response):
        yield found.output_text
    elif api == "messages" and kind == "content_block_delta":
        yield getattr(found.delta, "text", "")
    elif api == "responses" and kind == "response.output_text.delta":
        yield found.delta
    elif api == "chat":
        for choice in found.choices or ():
            said = choice.delta if isinstance(found, ChatCompletionChunk) else choice.message
            yield said.content if said is not None else ""
    elif api == "completions":
        yield from (choice.text for choice in found.choices)


def _is_expected(case: Case, texts: list[Any]) -> bool:
    text = "".join(text for text in texts if isinstance(text, str))  # a few are lists or objects
    return hashlib.sha256(text.encode()).hexdigest() == case.known["text_sha256"]


@pytest.mark.parametrize(
    ("file", "drive"),
    [
        pytest.param(*param.values, "sync", id=f"{param.id}-sync", marks=param.marks)
        for param in _files()
    ]
    # the two share all but the client, so that a part of the files is enough
    + [pytest.param(*p.values, "async", id=f"{p.id}-async", marks=p.marks) for p in _files()[::4]],
)
def test_through_the_sdk(file: str, drive: str) -> None:
    """The recorded request is answered by its own interaction, without drift, text for text."""
    for case in _cases(file, "sdk", "exact", "exact/raised"):
        if not case.is_asked:
            continue
        with play([case.item]) as cassette:
            if case.known["verified"]["sdk"] == "exact/raised":
                with pytest.raises(ERRORS):
                    _answer(case, drive)
            else:
                found = _answer(case, drive)
                texts = [text for one in found for text in _texts(case.known["api"], one)]
                if case.known["text_sha256"] is not None:
                    assert _is_expected(case, texts)
        assert cassette.drifted == ()


ASKED_EXACTLY = {"exact", "exact/raised"}
OLD_QUERY = "query"  # `?beta=true`, which newer Anthropic SDKs do not send


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("file", _files())
def test_through_langchain(file: str) -> None:
    """LangChain's class sends what was recorded and says the same text.

    Of what the table calls equal only in its method, drift of versions is named, place for place.
    """
    words = (*ASKED_EXACTLY, "method-only")
    for case in _cases(file, "langchain", *words):
        verified = case.known["verified"]
        provider = find_provider(case.item.request)
        if not case.is_asked or provider is None:
            assert not case.is_asked or verified["langchain"] == "method-only"
            continue
        try:
            drift, texts = _through_langchain(case, provider)
        except AssertionError:
            if verified["langchain"] in ASKED_EXACTLY:
                raise
            continue
        if verified["langchain"] in ASKED_EXACTLY:
            assert {path for path in drift if path != OLD_QUERY} == set()
        if verified["langchain_text_ok"] and texts is not None:
            assert _is_expected(case, texts)


def _through_langchain(case: Case, provider: Any) -> tuple[set[str], list[str] | None]:
    """Return the paths that drifted, and the texts, or None where the answer is an error."""
    texts: list[str] | None = None
    with play([case.item], allow_unplayed=True) as cassette, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call = provider.rebuild(case.item.request)
            if call.options.get("stream"):
                texts = [str(c.text) for c in call.model.stream(call.messages, **call.options)]
            else:
                texts = [str(call.model.invoke(call.messages, **call.options).text)]
        except Exception:  # noqa: BLE001 - whatever a class or an SDK raises
            if "raised" not in case.known["verified"]["langchain"]:
                raise AssertionError(case) from None
    assert cassette.played == (case.item,)
    return {d.path for drift in cassette.drifted for d in drift.differences}, texts


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore")
def test_request_drift_is_named() -> None:
    """Of the requests that LangChain words otherwise than was recorded, most are found by meaning.

    What drifted is said: the paths, with both values. The rest asks for something else, or is what
    LangChain cannot say.
    """
    counts: Counter[str] = Counter()
    for file in (param.values[0] for param in _files()):
        for case in _cases(file, "langchain", "method-only"):
            provider = find_provider(case.item.request)
            try:
                assert provider is not None
                drift, _ = _through_langchain(case, provider)
                counts["drifted" if drift else "equal today"] += 1
            except AssertionError:
                counts["refused"] += 1
    print(f"asked otherwise than recorded: {dict(counts)}")  # noqa: T201 - the numbers of the proof
    assert counts["refused"] <= counts.total() // 10


def test_each_container_of_the_corpus_is_read() -> None:
    """Every file with HTTP pairs is read; frames and calls that are no HTTP are refused as such."""

    def kind(path: Path) -> str:
        try:
            return read_recording(path).container
        except CassetteFormatError as error:
            return str(error).splitlines()[1].strip()

    assert Counter(kind(path) for path in (POOL / "pool").iterdir()) == CONTAINERS


CONTAINERS = {
    "vcrpy": 186,
    "langchain-tests": 100,
    "ruby-vcr": 28,
    "single pair": 4,
    "it holds calls of gRPC, and no HTTP requests with their answers": 2,
    "it holds frames of a WebSocket, and no HTTP requests with their answers": 1,
}
