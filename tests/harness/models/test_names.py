"""Names as models, and what stands in for them."""

from __future__ import annotations

import asyncio
import importlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from langgraph.prebuilt import create_react_agent

from harness import CassetteChatModel, ScriptedChatModel
from harness.errors import CassetteNotFoundError, ModelNameError
from harness.models import override_models, resolve

pytestmark = pytest.mark.filterwarnings("ignore:create_react_agent")


def test_a_scripted_text_answers_every_call() -> None:
    """For an application that only needs some model."""
    model = resolve("scripted:Hello: you")
    assert [model.invoke("x").text for _ in range(2)] == ["Hello: you"] * 2


def test_a_script_is_a_file_with_a_function(tmp_path: Path) -> None:
    """As `harness convert` writes it."""
    file = tmp_path / "script.py"
    file.write_text(
        "from harness import ScriptedChatModel\ndef model():\n    return ScriptedChatModel(['a'])\n"
    )
    assert resolve(f"scripted:{file}").invoke("x").text == "a"
    file.write_text("model = 7")
    with pytest.raises(ModelNameError, match="no function `model`"):
        resolve(f"scripted:{file}")
    with pytest.raises(ModelNameError, match="harness convert FILE"):
        resolve("scripted:nowhere.py")


def test_a_cassette_is_played(tmp_path: Path) -> None:
    """A missing one is the error that it always is."""
    path = tmp_path / "c.yaml"
    CassetteChatModel(path, model=ScriptedChatModel(["a"]), record_mode="once").invoke("x")
    assert resolve(f"cassette:{path}").invoke("x").text == "a"
    with pytest.raises(CassetteNotFoundError):
        resolve(f"cassette:{path}.not")


@pytest.mark.parametrize(
    ("name", "class_name"),
    [("openai:gpt-4o-mini", "ChatOpenAI"), ("anthropic:claude-haiku-4-5", "ChatAnthropic")],
)
def test_a_provider_is_its_class(monkeypatch, name, class_name) -> None:
    """With the arguments that are given."""
    monkeypatch.setenv("OPENAI_API_KEY", "no-key")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "no-key")
    model = resolve(name, temperature=0.5)
    assert type(model).__name__ == class_name
    assert model._get_ls_params()["ls_model_name"] == name.partition(":")[2]
    assert model._get_ls_params()["ls_temperature"] == 0.5


def test_a_missing_package_is_named(monkeypatch) -> None:
    """With what installs it, and what works without it."""
    monkeypatch.setitem(sys.modules, "langchain_openai", None)
    with pytest.raises(ModelNameError) as missing:
        resolve("openai:gpt-4o-mini")
    assert "replay-harness[openai]" in str(missing.value)
    assert "override_models({'openai:*'" in str(missing.value)


@pytest.mark.parametrize("name", ["gpt-4o", "openai:", ""])
def test_what_is_no_name(name) -> None:
    """A name has a provider and a colon."""
    with pytest.raises(ModelNameError, match="names no model"):
        resolve(name)


def test_other_providers_are_left_to_langchain(monkeypatch) -> None:
    """Where it is installed; else the nearest known name is shown."""
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    with pytest.raises(ModelNameError, match="nearest is 'openai'"):
        resolve("openia:x")
    module = types.ModuleType("langchain.chat_models")
    made = ScriptedChatModel(["a"], allow_unplayed=True)
    module.init_chat_model = lambda name, **kwargs: made  # type: ignore[attr-defined]  # stands in
    monkeypatch.setitem(sys.modules, "langchain", types.ModuleType("langchain"))
    monkeypatch.setitem(sys.modules, "langchain.chat_models", module)
    assert resolve("groq:x") is made


def test_a_model_stands_for_itself() -> None:
    """So an application may take either."""
    model = ScriptedChatModel([])
    assert resolve(model) is model


def test_names_can_be_overridden() -> None:
    """Exactly, by pattern, or by a function; the rest keeps its meaning; inner blocks win."""
    mine = ScriptedChatModel([])
    with override_models({"openai:gpt-4o": mine, "openai:*": "scripted:any"}):
        assert resolve("openai:gpt-4o") is mine
        assert resolve("openai:o3").invoke("x").text == "any"
        assert resolve("scripted:own").invoke("x").text == "own"
        with override_models(lambda name: "scripted:inner" if name == "openai:o3" else None):
            assert resolve("openai:o3").invoke("x").text == "inner"
            assert resolve("openai:gpt-4o") is mine
    with override_models({"scripted:a": "scripted:a"}):
        assert resolve("scripted:a").invoke("x").text == "a"


@pytest.fixture
def recorded() -> Iterator[None]:
    """What a user's fixture looks like."""
    with override_models({"openai:*": "scripted:from the fixture"}):
        yield


@pytest.mark.usefixtures("recorded")
async def test_a_fixture_governs_its_test() -> None:
    """In tasks and threads of it, too."""

    def ask() -> str:
        return str(resolve("openai:x").invoke("q").text)

    assert ask() == "from the fixture"
    assert await asyncio.to_thread(ask) == "from the fixture"


async def test_overrides_of_two_tasks_do_not_meet() -> None:
    """Each has its own."""

    async def run(text: str) -> str:
        with override_models({"openai:*": f"scripted:{text}"}):
            await asyncio.sleep(0)
            return (await resolve("openai:x").ainvoke("q")).text

    assert await asyncio.gather(run("a"), run("b")) == ["a", "b"]


BASE = """
def init_chat_model(model, *, model_provider=None, **kwargs):
    return _init_chat_model_helper(model, model_provider=model_provider, **kwargs)

def _init_chat_model_helper(model, *, model_provider=None, **kwargs):
    return f"LangChain's {model_provider} {model} {kwargs}"
"""


@pytest.fixture
def langchain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """The part of LangChain that makes a model of a name, as that package has it."""
    folder = tmp_path / "langchain" / "chat_models"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").write_text("from langchain.chat_models.base import init_chat_model")
    (folder / "base.py").write_text(BASE)
    monkeypatch.syspath_prepend(tmp_path)
    before = {name: sys.modules.pop(name) for name in [*sys.modules] if _of_langchain(name)}
    yield importlib.import_module("langchain.chat_models")
    for name in [name for name in sys.modules if _of_langchain(name)]:
        del sys.modules[name]
    sys.modules.update(before)


def _of_langchain(name: str) -> bool:
    return name == "langchain" or name.startswith("langchain.")


def test_langchain_heeds_the_overrides(langchain: types.ModuleType) -> None:
    """Also where the application has imported its function before; all is as it was afterwards."""
    init = langchain.init_chat_model
    with override_models({"openai:*": "scripted:mine"}):
        assert init("openai:gpt-4o").invoke("x").text == "mine"
        assert init("gpt-4o", model_provider="openai").invoke("x").text == "mine"
        assert init("scripted:own").invoke("x").text == "own"
        assert init("groq:x", temperature=1) == "LangChain's None groq:x {'temperature': 1}"
        with override_models({"groq:*": "groq:y"}):
            assert init("groq:x") == "LangChain's None groq:y {}"
    assert init("openai:gpt-4o") == "LangChain's None openai:gpt-4o {}"


def test_an_agent_takes_a_name(langchain: types.ModuleType) -> None:
    """An application that says which model it wants picks up a recording, unchanged."""
    with override_models({"openai:*": "scripted:from a recording"}):
        agent = create_react_agent("openai:gpt-4o", [])
        *_, last = agent.invoke({"messages": [("user", "go")]})["messages"]
    assert last.text == "from a recording"
