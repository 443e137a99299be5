"""The file of a model cassette: YAML to be read, edited and compared.

    model_cassette: 1
    interactions:
    - model: {ls_provider: openai, ls_model_name: gpt-4o-mini, ls_model_type: chat}
      request:
        messages:
        - type: human
          content: Why was the cat here?
      response:
        id: chatcmpl-1
        chunks:
        - It
        - ' was'
        - {usage_metadata: {input_tokens: 7, output_tokens: 2, total_tokens: 9}}
        offsets: [0.31, 0.33, 0.34]
        end: finished

A chunk that is nothing but text is that text; `id` and `metadata` are its id and its response
metadata. `message` stands for `chunks` where the answer did not stream; `end` may be `exception`,
with an `error`, or `cancelled`. Offsets may be left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from pydantic import ValidationError

from harness._files import file_text
from harness._placeholder import placeholder
from harness._yaml.read import load_yaml
from harness._yaml.write import Block, Dumper, Flow
from harness.cassettes import (
    Interaction,
    RecordedRequest,
    RecordedResponse,
    Scrubber,
    names_a_secret,
)
from harness.errors import CassetteError, CassetteFormatError
from harness.models._chunks import Common, Piece
from harness.models._request import ModelRequest, Tree, plain
from harness.models._tape import ENDS, ModelInteraction, RecordedError

KEY = "model_cassette"
VERSION = 1
HEAD = f"{KEY}: {VERSION}\ninteractions:\n"

_OF_MESSAGE = (
    "content",
    "name",
    "tool_calls",
    "invalid_tool_calls",
    "tool_call_chunks",
    "additional_kwargs",
    "usage_metadata",
    "response_metadata",
    "chunk_position",
)
_DERIVED = ("tool_calls", "invalid_tool_calls")  # a chunk makes them of its fragments


def is_tape(path: Path) -> bool:
    """Tell whether a file begins like a model cassette."""
    try:
        with path.open("rb") as file:
            return re.search(rf"^{KEY}:".encode(), file.read(4096), re.MULTILINE) is not None
    except OSError:
        return False


def read_tape(path: Path) -> list[ModelInteraction]:
    """Read the interactions of a model cassette.

    Raises:
        CassetteNotFoundError: There is no such file.
        CassetteFormatError: It is no model cassette; the message says where and why.
    """
    try:
        root = load_yaml(file_text(path))
        if isinstance(root, dict) and root.keys() & {"http_interactions", "requests", "version"}:
            raise CassetteFormatError(
                "this is an HTTP recording, not a model cassette\n"
                f"  to make one of it: harness convert {path} -o OUT.yaml"
            )
        if not isinstance(root, dict) or root.get(KEY) != VERSION:
            raise CassetteFormatError(f"no model cassette: it does not begin with `{KEY}: 1`")
        items = root.get("interactions") or []
        if not isinstance(items, list):
            raise CassetteFormatError("`interactions` is no list")
        return [_interaction(tree, index) for index, tree in enumerate(items)]
    except CassetteFormatError as error:
        raise CassetteFormatError(f"cannot read the model cassette {path}\n  {error}") from error


def _interaction(tree: Tree, index: int) -> ModelInteraction:
    try:
        return _read_interaction(tree, index)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        what = f"the key {error} is missing" if isinstance(error, KeyError) else str(error)
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise CassetteFormatError(f"interaction {index}: {what}") from error


def _read_interaction(tree: Tree, index: int) -> ModelInteraction:
    asked, response = tree["request"], tree["response"]
    request = ModelRequest(
        [{**message, "type": message["type"]} for message in asked["messages"]],
        list(asked.get("tools") or ()),
        dict(asked.get("params") or {}),
    )
    end = response.get("end", "finished")
    if end not in ENDS:
        raise ValueError(f"the end {end!r} is not one of: {', '.join(ENDS)}")
    common = Common(response.get("id"), plain(response.get("metadata") or {}))
    whole = response.get("message")
    error = response.get("error")
    pieces = [_read_chunk(chunk, common.id) for chunk in response.get("chunks") or ()]
    if not pieces and whole is None and end == "finished":
        raise ValueError("the response has neither `chunks` nor a `message`")
    return ModelInteraction(
        index,
        request,
        tuple(pieces),
        common,
        tuple(map(float, response.get("offsets") or ())),
        None if whole is None else AIMessage(**{"id": common.id, "content": "", **whole}),
        end,
        None if error is None else RecordedError(str(error["type"]), str(error["message"])),
        dict(tree.get("model") or {}),
    )


def _read_chunk(tree: Tree, message_id: str | None) -> Piece:
    if isinstance(tree, str):
        return tree
    fields = {"id": message_id, "content": "", **tree}
    fields["tool_call_chunks"] = [
        tool_call_chunk(**fragment) for fragment in fields.get("tool_call_chunks", ())
    ]
    return AIMessageChunk(**fields)


def interaction_text(item: ModelInteraction, scrubber: Scrubber) -> str:
    """Return the lines of one interaction in the file, without secrets.

    Raises:
        CassetteError: Something suspicious remains after scrubbing.
    """
    tree = _scrubbed(_tree(item), scrubber)
    places = list(scrubber.suspicions(_as_http(tree, item.index)))
    if places:
        raise CassetteError(
            f"interaction {item.index} is not written: a secret seems to remain in it\n  "
            + "\n  ".join(places)
            + "\n  take it out of what the program sends or receives, then record again"
        )
    laid_out = [_laid_out(tree)]
    text: str = yaml.dump(
        laid_out, Dumper=_TapeDumper, sort_keys=False, allow_unicode=True, width=100
    )
    return text


def _tree(item: ModelInteraction) -> dict[str, Tree]:
    response: dict[str, Tree] = {}
    if item.whole is not None:
        response["message"] = _message(item.whole, None)
    else:
        response["id"] = item.common.id
        response["metadata"] = dict(item.common.metadata)
        response["chunks"] = [
            piece if isinstance(piece, str) else _message(piece, item.common.id)
            for piece in item.pieces
        ]
    response["offsets"] = list(item.offsets)
    response["end"] = item.end
    if item.failure is not None:
        response["error"] = {"type": item.failure.kind, "message": item.failure.message}
    kept = {key: value for key, value in response.items() if value not in (None, [], {})}
    tree = {"model": plain(item.model), "request": item.request.tree(), "response": kept}
    return {key: value for key, value in tree.items() if value}


def _message(message: AIMessage, common_id: str | None) -> dict[str, Tree]:
    tree = message_fields(message)
    if message.id != common_id:
        tree["id"] = message.id
    return tree


def message_fields(message: AIMessage) -> dict[str, Tree]:
    """Return the fields of a message that say something, without its id."""
    tree: dict[str, Tree] = {}
    for name in _OF_MESSAGE:
        value = getattr(message, name, None)
        derived = name in _DERIVED and isinstance(message, AIMessageChunk)
        if (value or (name == "content" and value == [])) and not derived:
            tree[name] = plain(value)
    if fragments := tree.get("tool_call_chunks"):
        tree["tool_call_chunks"] = [_fragment(fragment) for fragment in fragments]
    return {**tree, **plain(message.model_extra or {})}


def _fragment(tree: Tree) -> Tree:
    return {key: value for key, value in tree.items() if value is not None and key != "type"}


def _scrubbed(tree: Tree, scrubber: Scrubber) -> Tree:
    """Take secrets out of all texts, and what has the name of a secret out of the parameters."""

    def clean(value: Tree, *, named: bool = False) -> Tree:
        if isinstance(value, str):
            return scrubber.text(value)
        if isinstance(value, list):
            return [clean(item, named=named) for item in value]
        if isinstance(value, dict):
            return {
                key: placeholder()
                if named and isinstance(item, str) and names_a_secret(key)
                else clean(item, named=named or key == "params")
                for key, item in value.items()
            }
        return value

    return clean(tree)


def _as_http(tree: Tree, index: int) -> Interaction:
    """Show an interaction to the rules for suspicions as the stream that it was."""
    answer = tree["response"]
    events = [{"content": piece} if isinstance(piece, str) else piece for piece in _pieces(answer)]
    lines = "\n\n".join(f"data: {json.dumps(event, ensure_ascii=False)}" for event in events)
    return Interaction(
        index,
        RecordedRequest("", "", (), json.dumps(tree["request"], ensure_ascii=False).encode()),
        RecordedResponse(200, "", (), lines.encode()),
    )


def _pieces(response: Mapping[str, Tree]) -> Iterator[Tree]:
    yield from response.get("chunks") or [response.get("message", {})]
    yield response.get("error", {})


def _laid_out(tree: dict[str, Tree]) -> dict[str, Tree]:
    """Choose what stands in one line, and let texts of several lines stand in blocks."""
    response = _in_blocks(tree["response"])
    if chunks := tree["response"].get("chunks"):
        response["chunks"] = [_Line(c) if isinstance(c, dict) else _Piece(c) for c in chunks]
    if metadata := response.get("metadata"):
        response["metadata"] = _Line(metadata)
    if offsets := response.get("offsets"):
        response["offsets"] = Flow(offsets)
    laid_out = {"request": _in_blocks(tree["request"]), "response": response}
    return {"model": _Line(tree["model"]), **laid_out} if "model" in tree else laid_out


def _in_blocks(value: Tree) -> Tree:
    if isinstance(value, str):
        return Block(value) if "\n" in value else value
    if isinstance(value, dict):
        return {name: _in_blocks(item) for name, item in value.items()}
    return [_in_blocks(item) for item in value] if isinstance(value, list) else value


class _Line(dict[str, Any]):
    """A dict that is written in one line."""


class _Piece(str):
    """A text that stays in one line, with its line breaks escaped."""

    __slots__ = ()


class _TapeDumper(Dumper):
    """Knows the two kinds of value that only this file has."""


def _represent_line(dumper: yaml.SafeDumper, value: _Line) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


def _represent_piece(dumper: yaml.SafeDumper, piece: _Piece) -> yaml.ScalarNode:
    if piece.isprintable():
        return dumper.represent_str(str(piece))
    return dumper.represent_scalar("tag:yaml.org,2002:str", piece, style='"')


_TapeDumper.add_representer(_Line, _represent_line)
_TapeDumper.add_representer(_Piece, _represent_piece)
