"""What is read line by line is what the general reader makes of the same text, or is left to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from clients import Client
from hypothesis import given
from hypothesis import strategies as st

from harness._yaml.events import load_any_yaml
from harness._yaml.lines import read_lines
from harness._yaml.write import Block, Dumper, Flow
from harness.errors import CassetteFormatError

USUAL = st.sampled_from(
    (
        *("a", "data: x", "yes", "null", "~", "=", "<<", "caf\u00e9", "\U0001f600"),
        *("1", "0.5", "1e3", "0x1F", "12:30:45", "2024-01-01"),
        *(" ", "  ", ": ", ":", " #", "#", "- ", "-", "---", "...", "'", '"'),
        *("[", "{", "]", "|", ">", "&a", "*a", "!", "%"),
    )
)
AWKWARD = st.sampled_from(["\n", "\n\n", "\t", "\r\n", "\x85", "\u2028", "\ufeff", "\x00", " \n"])
LINES = st.lists(USUAL, max_size=8).map(lambda words: "".join(words).rstrip())
LONG = st.lists(LINES, min_size=15, max_size=30).map(" ".join)
BODIES = st.lists(LINES, max_size=5).map("\n".join)
TEXTS = st.lists(USUAL | AWKWARD, max_size=8).map("".join)
OTHERS = st.one_of(st.none(), st.booleans(), st.integers())
NUMBERS = st.lists(st.one_of(st.integers(0, 10**6), st.floats(1, 2)), max_size=40).map(Flow)
KEYS = st.sampled_from(["body", "x-id", "Content-Type", "nullable"])


def trees(leaf: st.SearchStrategy[Any], key: st.SearchStrategy[str] = KEYS) -> Any:
    """Make mappings with such leaves."""
    inside = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3),
            st.dictionaries(key, inner, min_size=1, max_size=3),
        ),
        max_leaves=12,
    )
    return st.dictionaries(key, inside, min_size=1, max_size=4)


CASSETTES = trees(st.one_of(LINES, LONG, BODIES.map(Block), OTHERS, NUMBERS))
ANYTHING = trees(st.one_of(TEXTS, TEXTS.map(Block), st.floats(), st.just([])), KEYS | TEXTS)


def dump(tree: Any, dumper: Any = Dumper) -> str:
    """Return the text of a tree, as cassettes are written."""
    return str(yaml.dump(tree, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100))


def assert_never_differs(text: str) -> None:
    """Compare with the general reader, unless the text is left to it."""
    if (tree := read_lines(text)) is not None:
        assert repr(tree) == repr(load_any_yaml(text))  # so that 1, 1.0 and True are not equal


@given(CASSETTES | ANYTHING)
def test_what_we_write(tree: Any) -> None:
    """Whatever texts, numbers and keys it holds."""
    assert_never_differs(dump(tree))


@given(trees(LINES | LONG | BODIES | OTHERS))
def test_what_vcrpy_writes(tree: Any) -> None:
    """Its dumper knows neither blocks nor lists in one line."""
    assert_never_differs(dump(tree, yaml.SafeDumper))


@given(st.data())
def test_what_somebody_has_edited(data: st.DataObject) -> None:
    """A character, or some more, that was put in, taken out or written over anywhere."""
    text = dump(data.draw(CASSETTES))
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.sampled_from([0, 0, 1, 1, 2, 20]))
        text = text[:at] + data.draw(USUAL | AWKWARD) + text[at + gone :]
    assert_never_differs(text)


ODD_LINES = st.sampled_from(
    (
        *("a:", "  a: x", "   b:", "- x", "  - y", "- c: 1", "  d: 2", "    e: 3", "-", "- - x"),
        *("a: 'x", "  x'", "a: ''", "a: [1, 2", "  3]", "a: [0.5]", "a: |", "a: |2+", "  - |-"),
        *("a: b: c", "a:  x", "a: x ", "  x y", "   x: y", "'a': 1", "a: {}", "", "  ", "# x"),
    )
)


@given(st.lists(ODD_LINES, max_size=4), st.sampled_from(["", "\n", "\n\n"]))
def test_lines_that_nobody_writes(lines: list[str], end: str) -> None:
    """Columns that do not fit, and values that go on where they should not."""
    assert_never_differs("\n".join(["k:", *lines]) + end)


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  x\n y\n",
        "a: |2\n\n\n",
        "a: 'x\n---\n  y'\n",
        "a: [1,\n2, 03]\n",
        "a:\n- b: 1\n  - c\n",
        "a: b\n c: d\n",
        "a: b \n",
        "a: 1\na: 2\n",
        "a: " + "1" * 5000 + "\n",
        "a: [" + "1" * 5000 + "]\n",
    ],
    ids=range(10),
)
def test_what_is_easily_misread(text: str) -> None:
    """The same, or the same refusal: it is left to the general reader."""
    tree = read_lines(text)
    try:
        assert tree in (None, load_any_yaml(text))
    except CassetteFormatError:
        assert tree is None


def test_a_cassette_is_of_the_shape(record: Callable, sdk: Client) -> None:
    """As it is recorded; a change of what we write shows here if it costs every test its time."""
    path, _ = record(sdk, sdk.reply(["Why", " caf\u00e9", " \U0001f600"] * 30))
    assert read_lines(path.read_text()) is not None
