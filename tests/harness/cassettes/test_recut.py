"""The same bytes under every cut give the same stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from clients import CLIENTS, Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cassettes import Interaction, Timing, play, read_recording

TOKENS = ["Why", " caf\u00e9", " \U0001f600", "?"]


@pytest.fixture(params=[c for c in CLIENTS if "async" not in c.name], ids=lambda c: c.name)
def reader(request: pytest.FixtureRequest) -> Client:
    """Every client that reads in the caller's thread."""
    return request.param


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_cut(reader: Client, record: Callable, data: st.DataObject) -> None:
    """Single bytes, the middle of a character, everything in one: the tokens are the same."""
    recorded = _recorded(reader, record)
    body = recorded.response.body
    chosen = data.draw(
        st.one_of(
            st.just(range(1, len(body))),
            st.just(()),
            st.sets(st.integers(1, len(body) - 1), max_size=60),
        )
    )
    cuts = (*sorted(chosen), len(body))
    timing = Timing(cuts, (0.0,) * len(cuts))
    cut = replace(recorded, response=replace(recorded.response, timing=timing))
    with play([cut]):
        assert reader.stream(reader.address) == TOKENS


_kept: dict[str, Interaction] = {}


def _recorded(reader: Client, record: Callable) -> Interaction:
    """Record one answer of each client, once."""
    if reader.name not in _kept:
        path, _ = record(reader, reader.reply(TOKENS))
        (_kept[reader.name],) = read_recording(path).interactions
    return _kept[reader.name]
