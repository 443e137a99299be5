"""From a model cassette to a Python file with a script that says the same, to be edited.

The file has a function `model()`; `"scripted:FILE.py"` names it where a model is taken by name.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage

from harness.models._calls import shortened
from harness.models._chunks import Common, Piece
from harness.models._tape import ModelInteraction
from harness.models._tape_file import message_fields

_WIDTH = 100
_OF_LANGCHAIN = "lc_"  # ids that langchain-core made; the script makes its own
_LS = ("ls_provider", "ls_model_name", "ls_temperature", "ls_max_tokens", "ls_stop")


def script_text(items: Sequence[ModelInteraction], source: str) -> str:
    """Return the Python text of a script with a turn for each interaction.

    Args:
        items: The interactions.
        source: The name of the file that they come from.
    """
    turns = [line for item in items for line in _turn(item)]
    arguments = [f"{name}={python(value)}," for name, value in _arguments(items)]
    lines = [
        f'"""Says what {source} has recorded; made by `harness convert`, to be edited."""',
        "",
        *_imports("\n".join(turns)),
        "",
        "",
        "def model() -> ScriptedChatModel:",
        '    """Return a model that answers turn by turn."""',
        "    return ScriptedChatModel(",
        "        [",
        *(f"            {line}" for line in turns),
        "        ],",
        *(f"        {argument}" for argument in arguments),
        "    )",
    ]
    return "\n".join(lines) + "\n"


def python(value: Any) -> str:
    """Return the Python expression of a plain value, texts in double quotes."""
    if isinstance(value, str):
        return f'"{"".join(map(_escaped, value))}"'
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{python(k)}: {python(v)}' for k, v in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(python, value))}]"
    return repr(value)


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def _imports(turns: str) -> Iterator[str]:
    names = [name for name in ("AIMessage", "AIMessageChunk") if f"{name}(" in turns]
    if names:
        yield f"from langchain_core.messages import {', '.join(names)}"
        yield ""
    yield "from harness import ScriptedChatModel"
    if "RecordedCallError(" in turns:
        yield "from harness.errors import RecordedCallError"


def _arguments(items: Sequence[ModelInteraction]) -> Iterator[tuple[str, Any]]:
    if any(item.whole is not None for item in items):
        yield "cut", "given"
    model = items[0].model if items else {}
    providers = {item.common.metadata.get("model_provider") for item in items if item.pieces}
    if len(providers) == 1 and (provider := providers.pop()):
        yield "model_provider", provider
    yield from ((name, model[name]) for name in _LS if name in model)


def _turn(item: ModelInteraction) -> Iterator[str]:
    """Yield the lines of one turn, with what was asked above it."""
    asked = item.request.messages[-1] if item.request.messages else {"type": "?", "content": ""}
    said = str(asked.get("content") or asked.get("tool_calls") or "")
    yield f"# {item.index}: {asked['type']}: {shortened(said)}"
    if item.whole is not None:
        yield f"{_message(item.whole, item.whole.id)},"
        return
    pieces = [*_with_id(item.pieces, item.common)]
    if item.failure is not None:
        pieces.append(_failure(item.failure.kind, item.failure.message))
    if item.end == "cancelled":
        yield "# the recorded program left this stream"
    yield "["
    yield from (f"    {line}" for line in _filled(pieces, _WIDTH - 16))
    yield "],"


def _with_id(pieces: Sequence[Piece], common: Common) -> Iterator[str]:
    """Yield the pieces; a provider's id stands in the first one and counts for all."""
    own = common.id if common.id and not common.id.startswith(_OF_LANGCHAIN) else None
    for k, piece in enumerate(pieces):
        if isinstance(piece, str) and (k or own is None):
            yield python(piece)
            continue
        chunk = common.chunk(piece) if isinstance(piece, str) else piece
        different = chunk.id if chunk.id != common.id else None
        chunk_id = own if k == 0 else different
        yield _message(chunk, chunk_id if different is None else different)


def _message(message: AIMessage, message_id: str | None) -> str:
    fields = {"content": "", **message_fields(message)}
    if message_id is not None and not message_id.startswith(_OF_LANGCHAIN):
        fields["id"] = message_id
    for fragment in fields.get("tool_call_chunks", ()):
        fragment |= {key: fragment.get(key) for key in ("name", "args", "id", "index")}
    arguments = ", ".join(f"{name}={python(value)}" for name, value in fields.items())
    return f"{type(message).__name__}({arguments})"


def _failure(kind: str, message: str) -> str:
    found = getattr(builtins, kind, None)
    if isinstance(found, type) and issubclass(found, Exception):
        return f"{kind}({python(message)})"
    return f"RecordedCallError({python(f'{kind}: {message}')})"


def _filled(items: Sequence[str], width: int) -> Iterator[str]:
    """Put as many items on a line as fit."""
    line = ""
    for item in items:
        if line and len(line) + len(item) + 2 > width:
            yield line
            line = ""
        line += f"{' ' if line else ''}{item},"
    if line:
        yield line
