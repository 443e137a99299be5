"""From a path to a `Recording`, or to an error that says what is wrong with the file."""

from __future__ import annotations

from pathlib import Path

from harness._files import file_text
from harness._yaml.read import load_yaml
from harness.cassettes._format.containers import NoHttpError, oldest_version, read_tree
from harness.cassettes._model import Interaction, Recording
from harness.errors import CassetteFormatError


def read_recording(path: str | Path) -> Recording:
    """Read a cassette: vcrpy's YAML old and new, langchain-tests' gzipped YAML, Ruby VCR's YAML.

    Args:
        path: The file; a `.gz` file is recognized by its content.

    Returns:
        Its interactions, decoded and ready to be played.

    Raises:
        CassetteNotFoundError: There is no such file.
        CassetteFormatError: It is empty, truncated, foreign, hostile, or not text.
    """
    path = path if isinstance(path, Path) else Path(path)
    try:
        tree = load_yaml(file_text(path))
        container, pairs = read_tree(tree)
        version = oldest_version(tree)
        if version is not None and isinstance(tree, dict) and "version" not in tree:
            raise CassetteFormatError(
                "its last line, `version: 1`, is missing: the file is cut off"
            )
    except NoHttpError as error:
        raise CassetteFormatError(f"cannot play {path}\n  {error}") from None
    except CassetteFormatError as error:
        raise CassetteFormatError(
            f"cannot read the cassette {path}\n  {error}\n"
            "  to record it anew: --record-mode=rewrite"
        ) from None  # it says what these said
    interactions = (
        Interaction(k, request, response) for k, (request, response) in enumerate(pairs)
    )
    return Recording(path, container, tuple(interactions), version)
