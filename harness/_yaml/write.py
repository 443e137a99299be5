"""YAML as people read it: texts line by line wherever that is exact, and no aliases."""

from __future__ import annotations

import re
from typing import Any

import yaml

# For YAML 1.1 these end a line, and PyYAML loses them in every style but the double-quoted one.
_OTHER_LINE_BREAKS = re.compile("[\x85\u2028\u2029]")


class Flow(list[Any]):
    """A list that is written in one line."""


class Block(str):
    """A text that is written as a block, line by line, where YAML can."""

    __slots__ = ()


class Dumper(yaml.SafeDumper):  # the C one escapes every character beyond the basic plane
    """Writes plain values, blocks and one-line lists."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write an object that occurs twice in full, for readers and for diffs."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if isinstance(text, Block) else None
    if _OTHER_LINE_BREAKS.search(text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


def _represent_flow(dumper: yaml.SafeDumper, items: Flow) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


Dumper.add_representer(str, _represent_text)
Dumper.add_representer(Block, _represent_text)
Dumper.add_representer(Flow, _represent_flow)
