"""The JSON Schema of the cassette format says what is written and what is read."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from clients import Client
from loopback import Reply, gzipped, plain_json

from harness._yaml.read import load_yaml
from harness.cassettes import Interaction, Timing, read_recording
from harness.cassettes._format.store import dumped
from harness.errors import CassetteFormatError

SCHEMA = json.loads(files("harness.cassettes").joinpath("cassette.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
COMMITTED = sorted((Path(__file__).parents[3] / "cassettes").rglob("*.yaml"))


def as_json(tree: Any) -> Any:
    """Return the content of a YAML file as JSON has it: bytes as base64 text."""
    if isinstance(tree, bytes):
        return base64.b64encode(tree).decode()
    if isinstance(tree, list):
        return [as_json(item) for item in tree]
    if isinstance(tree, dict):
        return {key: as_json(item) for key, item in tree.items()}
    return tree


def problems(path: Path) -> list[str]:
    """Return what the schema has against a file."""
    tree = as_json(load_yaml(path.read_text(encoding="utf-8")))
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(tree)]


def test_the_schema_is_one() -> None:
    """It follows its own schema."""
    VALIDATOR.check_schema(SCHEMA)


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_committed_cassettes(path: Path) -> None:
    """Those that this repository ships follow it."""
    assert problems(path) == []


REPLIES: dict[str, Callable[[Client], Reply]] = {
    "stream": lambda sdk: sdk.reply(["a", " caf\u00e9"]),
    "compressed": lambda sdk: gzipped(sdk.reply(["a"])),
    "reset": lambda sdk: Reply(sdk.reply(["a"]).steps[:3], end="reset"),
    "error": lambda _: plain_json({"error": {"message": "slow down"}}, 429, retry_after_ms="1"),
    "bytes": lambda _: Reply([b"\xff\x00"], headers={"content-type": "audio/mpeg"}),
}


@pytest.mark.parametrize("reply", REPLIES)
def test_what_is_recorded(reply: str, sdk: Client, record: Callable) -> None:
    """Whatever was recorded, the file follows it."""
    path, _ = record(sdk, REPLIES[reply](sdk))
    assert problems(path) == []


@pytest.fixture
def tree(interaction: Callable[..., Interaction]) -> dict[str, Any]:
    """The content of a file in which nothing optional is left out."""
    timing = Timing(
        (4, 9),
        (0.1, 0.2),
        end="reset",
        error="ReadError: gone",
        answered=False,
        ended=0.3,
        arrivals=(0, 1, 2, 3, 4),
        lane="node step 1",
        wire_cuts=(3, 5),
    )
    found = as_json(load_yaml(dumped([interaction({"q": 1}, b"data: 1\n\n", timing=timing)])))
    found["interactions"][0]["response"]["replay_harness"] |= {
        "content_encoding": "gzip",
        "recorded_at": "http://127.0.0.1",
        "recorded_on": "2026-11-24",
    }
    assert set(ours(found)) == set(SCHEMA["$defs"]["replay_harness"]["properties"])
    return found


def ours(tree: dict[str, Any]) -> dict[str, Any]:
    """Return what stands under our key."""
    return tree["interactions"][0]["response"]["replay_harness"]


def is_refused(tree: dict[str, Any], path: Path) -> bool:
    """Whether reading the file fails."""
    path.write_text(json.dumps(tree), encoding="utf-8")
    try:
        read_recording(path)
    except CassetteFormatError as error:
        return "replay_harness" in str(error)
    return False


DAMAGE: dict[str, Any] = {
    "null": None,
    "text": "x",
    "digits": "9",
    "number": 2.5,
    "negative": -1,
    "list": ["x"],
    "mapping": {},
    "true": True,
}


@pytest.mark.parametrize("name", [*SCHEMA["$defs"]["replay_harness"]["properties"], "misspelt"])
def test_what_the_schema_refuses_is_not_read(
    name: str, tree: dict[str, Any], tmp_path: Path
) -> None:
    """A field that is damaged, left out or not known: reader and schema are of one mind."""
    assert VALIDATOR.is_valid(tree)
    assert not is_refused(tree, tmp_path / "a.yaml")
    for kind, value in DAMAGE.items():
        damaged = copy.deepcopy(tree)
        ours(damaged)[name] = value
        if not VALIDATOR.is_valid(damaged):
            assert is_refused(damaged, tmp_path / "a.yaml"), kind
    without = copy.deepcopy(tree)
    ours(without).pop(name, None)
    assert VALIDATOR.is_valid(without) != is_refused(without, tmp_path / "a.yaml")


@pytest.mark.parametrize(
    "path",
    [
        ("interactions",),
        ("interactions", 0, "request"),
        ("interactions", 0, "request", "method"),
        ("interactions", 0, "request", "uri"),
        ("interactions", 0, "response"),
        ("interactions", 0, "response", "status"),
    ],
    ids=lambda path: str(path[-1]),
)
def test_what_is_missing_is_refused_by_both(
    path: tuple[str | int, ...], tree: dict[str, Any], tmp_path: Path
) -> None:
    """The parts of vcrpy's own that a replay needs."""
    inner: Any = tree
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    assert not VALIDATOR.is_valid(tree)
    (tmp_path / "a.yaml").write_text(json.dumps(tree), encoding="utf-8")
    with pytest.raises(CassetteFormatError):
        read_recording(tmp_path / "a.yaml")
