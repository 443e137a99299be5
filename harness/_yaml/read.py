"""From the text of a recording to a tree; PyYAML is imported for the texts that need it."""

from __future__ import annotations

from harness._yaml.lines import read_lines
from harness._yaml.scalar import Tree


def load_yaml(text: str) -> Tree:
    """Build the one document of a YAML text.

    Raises:
        CassetteFormatError: The text is not YAML, is more than one document, is nested too deep,
            too large, or uses a tag that means code. The message starts with the line.
    """
    if (tree := read_lines(text)) is not None:
        return tree
    from harness._yaml.events import load_any_yaml  # noqa: PLC0415 - slow, and seldom needed

    return load_any_yaml(text)
