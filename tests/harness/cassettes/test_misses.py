"""A request that the cassette does not hold is explained, through every SDK, at once."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import httpx2
import pytest
from clients import ANTHROPIC, OPENAI, SDKS, Client, ask

from harness.cassettes import Interaction, play, use_cassette
from harness.errors import CassetteMissError


def test_our_error_reaches_the_test_through_the_sdk(
    record: Callable, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not wrapped in `Connection error.` and not retried, which the SDKs would log."""
    path, _ = record(client, client.reply(["a"]))
    caplog.set_level("INFO")
    with use_cassette(path, allow_unplayed=True):
        assert client.stream(client.address, "another prompt") == ["CassetteMissError"]
    assert "Retrying" not in caplog.text


@pytest.mark.parametrize("sdk", [SDKS[0], SDKS[2]], ids=lambda sdk: sdk.name)
def test_the_message_shows_the_nearest_interaction(sdk: Client, record: Callable) -> None:
    """It names the request, the nearest recorded one, where they differ, and what to do."""
    path, _ = record(sdk, sdk.reply(["a"]), "tell me a joke")
    with pytest.raises(CassetteMissError) as caught, use_cassette(path):
        list(sdk.tokens(sdk.address, "tell me a poem"))
    report = str(caught.value)
    assert f"{path} holds no answer to POST {sdk.address}/v1/" in report
    assert "nearest: interaction 0, POST" in report
    assert 'body.messages[0].content: recorded "tell me a joke", sent "tell me a poem"' in report
    assert "0 of 1 interactions were played before" in report
    assert "--record-mode=new_episodes" in report
    assert "record_mode='all'" in report


def test_the_nearest_of_several(interaction: Callable[..., Interaction]) -> None:
    """Fewer differing places are nearer; long values are shortened."""
    far = interaction({"model": "a", "n": 3, "q": 1}, index=0)
    near = interaction({"model": "b", "n": 2, "q": "x" * 500}, index=1)
    with pytest.raises(CassetteMissError) as caught, play([far, near]), httpx2.Client() as client:
        client.post(near.request.url, json={"model": "b", "n": 2, "q": "y"})
    assert "nearest: interaction 1" in str(caught.value)
    assert "xxx... (502 characters)" in str(caught.value)


def test_a_request_that_was_played_already(interaction: Callable[..., Interaction]) -> None:
    """Asking once more than was recorded is said in these words."""
    item = interaction({"q": 1})
    with play([item]), httpx2.Client() as client:
        client.post(item.request.url, json={"q": 1})
        with pytest.raises(CassetteMissError) as caught:
            client.post(item.request.url, json={"q": 1})
    assert "interaction 0 is the same request, but it was played already" in str(caught.value)
    assert "1 of 1 interactions were played before" in str(caught.value)


def test_a_cassette_without_interactions() -> None:
    """Nothing is nearest, and that is said too."""
    with pytest.raises(CassetteMissError, match="no interaction at all"), play([]):
        httpx2.post(OPENAI, json=ask(OPENAI, "hi"))


def test_another_provider(record: Callable) -> None:
    """A request to the wrong host says so."""
    path, _ = record(SDKS[0], SDKS[0].reply(["a"]))
    with pytest.raises(CassetteMissError) as caught, use_cassette(path):
        httpx2.post(ANTHROPIC)
    assert 'host: recorded "api.openai.com", sent "api.anthropic.com"' in str(caught.value)


def test_another_process_gets_our_error(sdk: Client, record: Callable) -> None:
    """What a worker process raises arrives as what it is, although the SDKs wanted it as theirs."""
    path, _ = record(sdk, sdk.reply(["a"]))
    with pytest.raises(CassetteMissError) as caught, use_cassette(path), httpx2.Client() as client:
        client.get(f"{sdk.address}/v2")
    error = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert (type(error), str(error)) == (CassetteMissError, str(caught.value))
