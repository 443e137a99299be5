"""What `python_contract` tells about a graph that loses something on Python 3.10."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from langchain_core.runnables import RunnableConfig
from runtime_graphs import chain, says

from harness import ScriptedChatModel
from harness.cassettes import Interaction, RecordedRequest, RecordedResponse, play
from runtime.config import get_stream_writer
from runtime.contract import python_contract


async def silent(_: Any) -> None:
    """Call a model and pass nothing."""
    await says("one two").ainvoke("q")


async def speaking(_: Any, config: RunnableConfig) -> None:
    """Call a model and pass the config."""
    await says("one two").ainvoke("q", config)


async def test_a_loss_names_node_call_and_fix() -> None:
    """A model that is called without config is found in its file, with the way out."""
    with python_contract("3.10") as contract:
        await chain(silent).ainvoke({"a": 1})
    [loss] = contract.losses
    assert (loss.node, loss.call) == ("n0", "GenericFakeChatModel.ainvoke()")
    assert loss.where is not None
    assert loss.where.startswith("test_report.py:")
    assert "pass `config`" in contract.report()


async def test_a_model_of_the_harness_is_lost_once_where_the_node_calls_it() -> None:
    """It looks for the config itself, to note it: that is no loss of its own."""

    async def node(_: Any) -> None:
        await ScriptedChatModel(["one two"]).ainvoke("q")

    with python_contract("3.10") as contract:
        await chain(node).ainvoke({"a": 1})
    [loss] = contract.losses
    assert loss.call == "ScriptedChatModel.ainvoke()"
    assert loss.where is not None
    assert loss.where.startswith("test_report.py:")


async def test_a_cassette_that_looks_who_asks_loses_nothing() -> None:
    """It tells concurrent requests apart by the node that they come from."""
    url = "https://api.example.com/"
    answer = RecordedResponse(200, "OK", (), b"{}", None)

    async def node(_: Any) -> None:
        async with httpx.AsyncClient() as client:
            await client.get(url)

    with (
        play([Interaction(0, RecordedRequest("GET", url, (), b""), answer)]),
        python_contract("3.10") as contract,
    ):
        await chain(node).ainvoke({"a": 1})
    assert contract.losses == []


async def test_config_by_hand_is_no_loss() -> None:
    """A node that passes its config loses nothing, and the report says so."""
    with python_contract("3.10") as contract:
        await chain(speaking).ainvoke({"a": 1})
    assert contract.report() == "Nothing is lost under the contract of Python 3.10."


async def test_a_writer_is_a_loss_with_another_fix() -> None:
    """Passing config does not help it; a RunnableLambda does."""

    async def node(_: Any) -> None:
        get_stream_writer()("x")

    with python_contract("3.10") as contract, pytest.raises(RuntimeError, match="RunnableLambda"):
        await chain(node).ainvoke({"a": 1})
    assert [(loss.call, "RunnableLambda" in loss.fix) for loss in contract.losses] == [
        ("get_stream_writer()", True)
    ]


def test_other_versions_are_refused() -> None:
    """The error says which contracts there are."""
    version: Any = "3.9"
    with pytest.raises(ValueError, match=r"'native' and '3\.10'"), python_contract(version):
        pass
