"""YAML as data: built from the event stream, without recursion and without constructors.

A cassette may come from a stranger. The usual loaders recurse over the document (100,000 opening
brackets end the process with a segmentation fault), expand aliases and call constructors by tag.
Here the parser's events are folded into plain values on a stack of our own, so that depth, number
and tags are checked before anything is built, in one pass over the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from harness._yaml.scalar import CORE, MAX_NODES, Tree, plain, short_tag, tagged
from harness.errors import CassetteFormatError

MAX_DEPTH = 100

# An aiohttp header name, written by old vcrpy as a call of `istr` with the text as its argument.
_HEADER_NAME = f"{CORE}python/object/apply:multidict._multidict.istr"

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class _Open:
    """A list or dict that is being filled."""

    tag: str
    anchor: str | None
    is_map: bool
    items: list[Tree] = field(default_factory=list)
    weight: int = 1


def load_any_yaml(text: str) -> Tree:
    """Build the one document of a YAML text, whatever its shape is.

    Raises:
        CassetteFormatError: As `read.load_yaml` says.
    """
    loader = _Loader(text)
    try:
        return _Builder(loader).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else "?"
        raise CassetteFormatError(f"line {line}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise CassetteFormatError(f"not YAML: {str(error).splitlines()[0]}") from error
    finally:
        loader.dispose()


class _Builder:
    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Tree, int]] = {}
        self._event: yaml.Event | None = None
        self._nodes = 0

    def document(self) -> Tree:
        root = _Open(tag="", anchor=None, is_map=False)
        self._stack = [root]
        documents = 0
        while (event := self._loader.get_event()) is not None:
            self._event = event
            if isinstance(event, yaml.ScalarEvent):  # most of them are
                self._add(self._scalar(event), 1, event.anchor)
            elif isinstance(event, yaml.NodeEvent):
                self._node(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refusal("a second YAML document starts here; a cassette has one")
        return root.items[0] if root.items else None

    def _node(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise self._refusal(f"the alias *{event.anchor} refers to nothing above it")
            value, weight = self._anchors[event.anchor]
            self._add(value, weight, None)
        else:
            if len(self._stack) > MAX_DEPTH:
                raise self._refusal(f"nested more than {MAX_DEPTH} levels deep")
            is_map = isinstance(event, yaml.MappingStartEvent)
            tag: str | None = event.tag  # type: ignore[attr-defined]  # of a CollectionStartEvent
            self._stack.append(_Open(tag or "", event.anchor, is_map))

    def _close(self) -> None:
        done = self._stack.pop()
        self._add(self._collection(done), done.weight, done.anchor)

    def _collection(self, done: _Open) -> Tree:
        if done.tag == _HEADER_NAME and not done.is_map and len(done.items) == 1:
            return done.items[0]
        if done.tag not in {"", "!", f"{CORE}map", f"{CORE}seq"}:
            raise self._refusal(f"the tag {short_tag(done.tag)} is not data and is not executed")
        if not done.is_map:
            return done.items
        keys = done.items[::2]
        if bad := next((key for key in keys if isinstance(key, list | dict)), None):
            raise self._refusal(f"a {type(bad).__name__} cannot be a key")
        return dict(zip(keys, done.items[1::2], strict=True))

    def _add(self, value: Tree, weight: int, anchor: str | None) -> None:
        # An alias weighs what it stands for, so that nine lines cannot stand for a billion values.
        parent = self._stack[-1]
        parent.items.append(value)
        parent.weight += weight
        self._nodes += 1
        if parent.weight > MAX_NODES or self._nodes > MAX_NODES:
            raise self._refusal(f"more than {MAX_NODES:,} values, aliases counted in full")
        if anchor is not None:
            self._anchors[anchor] = (value, weight)

    def _scalar(self, event: yaml.ScalarEvent) -> Tree:
        tag, text = event.tag, event.value
        try:
            if tag is not None and tag != "!":
                return tagged(tag, text)
            return plain(text) if event.implicit[0] else text  # it was quoted
        except ValueError as error:
            raise self._refusal(str(error)) from error

    def _refusal(self, problem: str) -> CassetteFormatError:
        mark = self._event.start_mark if self._event is not None else None
        line = mark.line + 1 if mark is not None else 1
        return CassetteFormatError(f"line {line}: {problem}")
