"""The file of a model cassette, its record modes, and what is said when it does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from harness import CassetteChatModel, ScriptedChatModel
from harness.errors import (
    CassetteError,
    CassetteFormatError,
    CassetteMissError,
    CassetteNotFoundError,
    UnplayedInteractionsError,
)

BY_HAND = """
model_cassette: 1
interactions:
- request:
    messages:
    - {type: human, content: Why?}
  response:
    chunks: [Because, ' not']
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cassette is."""
    return tmp_path / "agent.yaml"


def record(path: Path, *questions: str, mode: Any = "once", says: str = "about") -> None:
    """Record an answer to each question."""
    live = ScriptedChatModel(lambda m, **_: f"{says} {m[-1].text}", ids="m")
    model = CassetteChatModel(path, model=live, record_mode=mode)
    for question in questions:
        list(model.stream(question))


def answers(path: Path, *questions: str, mode: Any = "none", live: Any = None) -> list[str]:
    """Ask the questions of the cassette."""
    model = CassetteChatModel(path, model=live, record_mode=mode, allow_unplayed=True)
    return [model.invoke(question).text for question in questions]


def test_the_file_can_be_read_by_people(path) -> None:
    """A chunk of text is that text; what is empty is not there."""
    record(path, "cats")
    lines = [line for line in path.read_text().splitlines() if "offsets" not in line]
    assert lines == [
        "model_cassette: 1",
        "interactions:",
        "- model: {ls_provider: scripted, ls_model_name: scripted, ls_model_type: chat}",
        "  request:",
        "    messages:",
        "    - type: human",
        "      content: cats",
        "  response:",
        "    id: m-1",
        "    chunks:",
        "    - about",
        "    - {content: ' cats', chunk_position: last}",
        "    end: finished",
    ]


def test_the_file_can_be_written_by_hand(path) -> None:
    """Only requests and chunks are needed."""
    path.write_text(BY_HAND)
    assert [c.content for c in CassetteChatModel(path).stream("Why?")][:2] == ["Because", " not"]
    assert CassetteChatModel(path).invoke("Why?").content == "Because not"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("model_cassette: 1", "model_cassette: 2", "does not begin with `model_cassette: 1`"),
        ("model_cassette: 1", "version: 1", "harness convert"),
        ("interactions:", "interactions: 7 #", "line"),
        ("    chunks: [Because, ' not']", "    id: x", "interaction 0: the response has neither"),
        ("- request:", "- requests:", "interaction 0: the key 'request' is missing"),
        ("type: human", "role: human", "interaction 0: the key 'type' is missing"),
        ("' not'", "{contents: [x], content: {}}", "interaction 0: content"),
        ("' not']", "' not']\n    end: never", "interaction 0: the end 'never' is not one of"),
        ("Because", "!!python/object:os.system x", "is not data"),
    ],
)
def test_a_broken_file_is_named_with_the_place(path, old, new, problem) -> None:
    """The error says which file, which interaction and what is wrong."""
    path.write_text(BY_HAND.replace(old, new))
    with pytest.raises(CassetteFormatError) as broken:
        CassetteChatModel(path)
    assert str(path) in str(broken.value)
    assert problem in str(broken.value)


def test_a_missing_file_names_the_nearest(path) -> None:
    """And says how to record it."""
    path.write_text(BY_HAND)
    with pytest.raises(CassetteNotFoundError) as missing:
        CassetteChatModel(path.with_name("agnet.yaml"))
    assert "agent.yaml" in str(missing.value)
    assert "CassetteChatModel(..., model=live, record_mode='once')" in str(missing.value)


def test_a_miss_shows_the_nearest_request(path) -> None:
    """And in what it differs."""
    record(path, "cats", "dogs and mice")
    with pytest.raises(CassetteMissError) as missed:
        answers(path, "dogs and rats")
    assert str(missed.value).splitlines()[1:4] == [
        '  nearest: interaction 0, 1 message, the last from human: "cats", which differs in',
        '    messages[0].content: recorded "cats", sent "dogs and rats"',
        "  0 of 2 interactions were played before",
    ]


def test_unplayed_interactions_are_an_error(path) -> None:
    """Which ones; allowed on request."""
    record(path, "cats", "dogs")
    model = CassetteChatModel(path)
    model.invoke("cats")
    with pytest.raises(UnplayedInteractionsError, match=r'interaction 1: 1 message.*"dogs"'):
        model.check_all_played()
    with pytest.raises(UnplayedInteractionsError), CassetteChatModel(path) as other:
        other.invoke("cats")
    other.invoke("dogs")
    CassetteChatModel(path, allow_unplayed=True).check_all_played()
    model.invoke("dogs")


def test_once_records_only_where_there_is_no_file(path) -> None:
    """Then it plays, and a new request is a miss."""
    record(path, "cats")
    live = ScriptedChatModel([])
    assert answers(path, "cats", mode="once", live=live) == ["about cats"]
    with pytest.raises(CassetteMissError):
        answers(path, "dogs", mode="once", live=live)


def test_new_episodes_adds(path) -> None:
    """What is there is played, the rest recorded behind it."""
    record(path, "cats")
    live = ScriptedChatModel(["new"])
    found = answers(path, "dogs", "cats", mode="new_episodes", live=live)
    assert found == ["new", "about cats"]
    assert answers(path, "cats", "dogs") == ["about cats", "new"]


def test_all_replaces_what_is_asked_again(path) -> None:
    """And keeps what was not asked for."""
    record(path, "cats", "dogs")
    record(path, "cats", mode="all", says="again")
    assert answers(path, "dogs", "cats") == ["about dogs", "again cats"]


def test_rewrite_forgets_the_rest(path) -> None:
    """The file holds what was recorded now."""
    record(path, "cats", "dogs")
    record(path, "cats", mode="rewrite", says="again")
    assert answers(path, "cats") == ["again cats"]
    with pytest.raises(CassetteMissError):
        answers(path, "dogs")


def test_recording_needs_a_live_model(path) -> None:
    """Said where the model is made; an unknown mode, too."""
    with pytest.raises(ValueError, match="a live model is needed"):
        CassetteChatModel(path, record_mode="once")
    with pytest.raises(ValueError, match="'always' is not one of: none, once"):
        CassetteChatModel(path, record_mode="always")  # type: ignore[arg-type]  # wrong on purpose


def test_two_models_do_not_record_into_one_file(path) -> None:
    """The second would lose what the first has recorded."""
    models = [
        CassetteChatModel(path, model=ScriptedChatModel(["a", "b"]), record_mode="once")
        for _ in range(2)
    ]
    models[0].invoke("1")
    with pytest.raises(CassetteError, match="a cassette of its own"):
        models[1].invoke("2")
    models[0].invoke("3")
    models[1].live.invoke("so that nothing is left over")
    assert answers(path, "1", "3") == ["a", "b"]


KEY = "sk-" + "proj-" + "abcDEF123456" * 3


def test_secrets_are_scrubbed(path, monkeypatch) -> None:
    """From the conversation, the answer and the arguments; the replay still matches."""
    monkeypatch.setenv("MY_API_KEY", "correct-horse-" + "battery-staple-1")
    question = f"use {KEY} and correct-horse-" + "battery-staple-1"
    live = ScriptedChatModel([f"I got {KEY}"], cut="given")
    model = CassetteChatModel(path, model=live, record_mode="once")
    model.invoke(question, extra_headers={"Authorization": "Basic x"})
    text = path.read_text()
    assert KEY not in text
    assert "battery" not in text
    assert "Basic" not in text
    replay = CassetteChatModel(path)
    assert "REDACTED" in replay.invoke(question, extra_headers={"Authorization": "Other"}).text


def test_a_key_that_is_spread_over_chunks_is_not_written(path) -> None:
    """The call fails, and no file is there."""
    live = ScriptedChatModel([f"I got {KEY}", "fine"], cut=5)
    model = CassetteChatModel(path, model=live, record_mode="once")
    with pytest.raises(CassetteError, match="a secret seems to remain"):
        list(model.stream("q"))
    assert not path.exists()
    assert model.invoke("next").text == "fine"
    assert answers(path, "next") == ["fine"]


def test_odd_values_are_kept_as_well_as_yaml_can(path) -> None:
    """Line breaks of every kind, quotes, numbers that are texts."""
    odd = ["yes", "1", "null", " ", "\n", "a\r\nb", "\u2028", "'\"", "- x", "\U0001f63a", "#"]
    message = AIMessage("", response_metadata={"odd": odd, "n": [1, 1.5, True, None]})
    live = ScriptedChatModel([odd, message])
    model = CassetteChatModel(path, model=live, record_mode="once")
    recorded = [*model.stream("q"), model.invoke([HumanMessage("\n".join(odd))])]
    replay = CassetteChatModel(path)
    assert [*replay.stream("q"), replay.invoke("\n".join(odd))] == recorded
