"""Below a snapshot stands where its stream came from; a difference says which of it has changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from loopback import openai_chat, serve

from harness import (
    CassetteChatModel,
    ScriptedChatModel,
    StreamSnapshotExtension,
    Transcript,
    capture,
    use_cassette,
    watch,
)
from harness.snapshot import failure_lines
from runtime.graph import MessagesState, StateGraph

EXTENSION = StreamSnapshotExtension()


def graph(model: Any) -> Any:
    """Ask a model."""

    def joke(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke(state["messages"])]}

    return StateGraph(MessagesState).add_node(joke).add_edge("__start__", "joke").compile()


def scripted(answer: str, topic: str = "cats") -> str:
    """The snapshot of a run of a scripted model."""
    model = ScriptedChatModel([answer], ids="m")
    return EXTENSION.serialize(capture(graph(model), {"messages": [("user", topic)]}))


def cause(old: str, new: str) -> str:
    """What is told of the origin of a difference."""
    return next(line for line in failure_lines(old, new) if line.startswith("from the "))


def replayed(
    path: Path, question: str = "A joke", mode: Any = "none", url: str = "", **also: Any
) -> str:
    """The snapshot of a stream whose node speaks HTTP, without LangChain."""
    address = url or "https://api.openai.com"

    def joke(state: MessagesState) -> dict[str, Any]:
        asked = [{"role": "user", "content": question}]
        body = {"model": "gpt-4o-mini", "messages": asked, **also}
        headers = {"authorization": "Bearer " + "sk-" + "a" * 40}
        answer = httpx.post(f"{address}/v1/chat", json=body, headers=headers, timeout=5).text
        return {"messages": [("ai", answer[-40:])]}

    made = StateGraph(MessagesState).add_node(joke).add_edge("__start__", "joke").compile()
    with use_cassette(path, mode, recorded_as="https://api.openai.com", match_on=["method"]):
        return EXTENSION.serialize(capture(made, {"messages": ["hi"]}))


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """A recorded answer."""
    path = tmp_path / "joke.yaml"
    with serve([openai_chat(["Why", "?"])]) as server:
        (tmp_path / "recorded").write_text(replayed(path, mode="once", url=server.url))
    return path


def test_the_block_names_all_three(cassette: Path) -> None:
    """Engine and versions, what was asked, which recorded answer came; no key, no local path."""
    title, _form, runtime, request, answer = replayed(cassette).splitlines()[-5:]
    assert title.startswith("# provenance, not compared")
    assert "replay-harness " in runtime
    assert "Python 3." in runtime
    assert request.endswith(' POST api.openai.com/v1/chat, gpt-4o-mini, "A joke"')
    assert answer.endswith(" joke.yaml, interaction 0")


def test_recording_writes_what_a_replay_writes(cassette: Path) -> None:
    """A snapshot that is written while the cassette is recorded knows its answer all the same."""
    assert (cassette.parent / "recorded").read_text() == replayed(cassette)


def test_another_request(cassette: Path) -> None:
    """The graph asks for something else."""
    assert cause(replayed(cassette), replayed(cassette, "A poem") + "\n") == (
        'from the request: model call 1 asks POST api.openai.com/v1/chat, gpt-4o-mini, "A poem"; '
        'it was POST api.openai.com/v1/chat, gpt-4o-mini, "A joke"'
    )


def test_a_request_that_differs_where_few_words_do_not_show_it(cassette: Path) -> None:
    """Its last message is the same; it is said where to look."""
    assert cause(replayed(cassette), replayed(cassette, seed=7) + "\n") == (
        'from the request: model call 1 asks POST api.openai.com/v1/chat, gpt-4o-mini, "A joke"; '
        "what differs is an earlier message, a tool or a parameter"
    )


def test_what_versions_of_clients_write_differently_is_no_other_request(cassette: Path) -> None:
    """As in a replay, which answers it: the cause is what else has changed."""
    before = replayed(cassette)
    cassette.write_text(cassette.read_text().replace("Why", "Who"))
    after = replayed(cassette, stream_options={"include_usage": True}, n=1)
    assert cause(before, after).startswith("from the recorded response: model call 1 ")


def test_another_recorded_answer(cassette: Path) -> None:
    """The cassette was recorded anew, or edited."""
    before = replayed(cassette)
    cassette.write_text(cassette.read_text().replace("Why", "Who"))
    assert cause(before, replayed(cassette)) == (
        "from the recorded response: model call 1 got another answer, from joke.yaml, interaction 0"
    )


def test_another_runtime() -> None:
    """Versions are told one by one."""
    before = scripted("Why?")
    after = before.replace("Python 3.", "Python 4.").replace("Why", "Who")
    assert cause(before, after).startswith("from the runtime: Python 3.")
    assert " -> Python 4." in cause(before, after)


def test_packages_that_other_tests_import_are_no_cause() -> None:
    """Only versions of what both name are told: a test alone imports less than the whole suite."""
    before = scripted("Why?")
    after = before.replace(", Python 3.", ", openai 3.57.0, Python 3.").replace("Why", "Who")
    assert cause(before, after).startswith("from the graph: ")
    bundled = before.replace("runtime: replay-harness ", "runtime: langgraph ")
    assert cause(bundled, after).startswith("from the runtime: langgraph 0.1.0 -> replay-harness 0")


def test_the_graph_itself() -> None:
    """Where nothing else has changed, it is the program."""
    before = scripted("Why?")
    assert cause(before, before.replace("Why", "Who")).startswith("from the graph: requests,")


def test_what_cannot_be_told_is_said() -> None:
    """A snapshot without provenance, or one of an older form, leaves open where it came from.

    The digests of the older form were others where versions of the clients write differently.
    """
    without, _, _ = scripted("Why?").partition("\n# provenance")
    older = scripted("Why?").replace("#   form: 2\n", "")
    for before in (without, older):
        assert "which one cannot be told" in cause(before, scripted("Who?"))


def test_a_script_is_a_recording() -> None:
    """Its turns are the answers."""
    assert cause(scripted("Why?"), scripted("Who?")).startswith("from the recorded response:")
    assert cause(scripted("Why?"), scripted("Why?", "dogs")).startswith("from the request:")


def test_a_cassette_model_is_a_recording(tmp_path: Path) -> None:
    """Recorded or played, the snapshot is the same to the letter."""

    def run(**options: Any) -> str:
        model = CassetteChatModel(tmp_path / "m.yaml", **options)
        return EXTENSION.serialize(capture(graph(model), {"messages": ["hi"]}))

    live = GenericFakeChatModel(messages=iter([AIMessage("Why was it?", id="m1")]))
    recorded = run(model=live, record_mode="once")
    assert recorded == run()
    assert recorded.splitlines()[-1].endswith(" m.yaml, interaction 0")


def test_versions_alone_are_no_difference() -> None:
    """One snapshot serves all installations, and is not written anew for another one."""
    text = scripted("Why?")
    other = text.replace("Python 3.", "Python 4.")
    assert EXTENSION.matches(serialized_data=text, snapshot_data=other)
    assert EXTENSION.matches(serialized_data=text, snapshot_data=text.partition("\n# prov")[0])
    assert not EXTENSION.matches(serialized_data=text, snapshot_data=text.replace("Why", "Who"))


def test_each_capture_has_its_own_calls() -> None:
    """What a program asks beside the graph, or in another capture, is not the graph's."""
    beside = ScriptedChatModel(["a", "b"])
    watched = watch(graph(ScriptedChatModel(["Why?"])))
    for _ in watched.stream({"messages": ["hi"]}, stream_mode="updates"):
        beside.invoke("aside")
    beside.invoke("after")

    def calls(transcript: Transcript) -> int:
        return len(transcript.origin.calls)

    assert calls(watched.transcript) == 1
    assert calls(capture(graph(ScriptedChatModel(["Why?"])), {"messages": ["hi"]})) == 1
