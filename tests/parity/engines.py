"""The two engines that every scenario runs on, and what makes their streams comparable."""

from __future__ import annotations

import re
import sys
from collections import deque
from dataclasses import dataclass, is_dataclass
from importlib import import_module
from types import ModuleType
from typing import Any
from uuid import UUID

from langchain_core.messages import BaseMessage
from pydantic import BaseModel


@dataclass(frozen=True)
class Engine:
    """One engine: its package name, and its modules below that name."""

    package: str

    @property
    def graph(self) -> ModuleType:
        return import_module(f"{self.package}.graph")

    @property
    def pregel(self) -> ModuleType:
        return import_module(f"{self.package}.pregel")

    @property
    def func(self) -> ModuleType:
        return import_module(f"{self.package}.func")

    @property
    def message(self) -> ModuleType:
        return import_module(f"{self.package}.graph.message")

    @property
    def ui(self) -> ModuleType:
        return import_module(f"{self.package}.graph.ui")

    @property
    def types(self) -> ModuleType:
        return import_module(f"{self.package}.types")

    @property
    def config(self) -> ModuleType:
        return import_module(f"{self.package}.config")

    @property
    def runtime(self) -> ModuleType:
        return import_module(f"{self.package}.runtime")

    @property
    def channels(self) -> ModuleType:
        return import_module(f"{self.package}.channels")

    @property
    def managed(self) -> ModuleType:
        return import_module(f"{self.package}.managed")

    @property
    def managed_base(self) -> ModuleType:
        return import_module(f"{self.package}.managed.base")

    @property
    def prebuilt(self) -> ModuleType:
        return import_module(f"{self.package}.prebuilt")

    @property
    def tool_node(self) -> ModuleType:
        return import_module(f"{self.package}.prebuilt.tool_node")

    @property
    def agents(self) -> ModuleType:
        return import_module(f"{self.package}.prebuilt.chat_agent_executor")

    @property
    def errors(self) -> ModuleType:
        return import_module(f"{self.package}.errors")

    @property
    def callbacks(self) -> ModuleType:
        return import_module(f"{self.package}.callbacks")


LANGGRAPH = Engine("langgraph")
OURS = Engine("runtime")


def oracles(drive: str) -> tuple[str, ...]:
    """Return the halves of LangGraph of which one shows what a drive of ours is to give.

    On Python 3.10 its async half loses the config of nodes that are not passed it by hand, and with
    it tokens, writers, interrupts and tasks; its sync half shows what they are.
    """
    return ("async", "sync") if drive == "async" and sys.version_info < (3, 11) else (drive,)


_HEX = "[0-9a-f]"
IDS = re.compile(
    rf"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}"  # of runs, tasks and checkpoints
    r"|[0-9]{32}\.[0-9.e-]+"  # versions of channels
    rf"|\b{_HEX}{{32}}\b"  # of interrupts
)
_TIME = re.compile(r"20\d\d-\d\d-\d\dT[\d:.]+\+00:00")


def plain(value: Any, ids: dict[str, str] | None = None) -> Any:  # noqa: PLR0911 - a table
    """Return the value in plain types, with ids numbered in the order in which they appear.

    Types stay visible (a tuple is not a list, a chunk is not a message); equal ids stay equal.
    """
    ids = {} if ids is None else ids
    if isinstance(value, UUID):
        value = str(value)
    if isinstance(value, str):
        timeless = _TIME.sub("<time>", value)
        return IDS.sub(lambda match: ids.setdefault(match[0], f"<{len(ids)}>"), timeless)
    if isinstance(value, BaseMessage | BaseModel):
        fields = {"type": type(value).__name__, **value.__dict__}
        return ("object", plain(fields, ids))
    if is_dataclass(value) and not isinstance(value, type):
        fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
        return (type(value).__name__, plain(fields, ids))
    if isinstance(value, BaseException):
        return ("raised", type(value).__name__, value.args)
    if isinstance(value, dict):
        # in the order of the keys, as engines may put them in another one
        return {plain(key, ids): plain(value[key], ids) for key in sorted(value, key=_without_ids)}
    if isinstance(value, list | tuple | deque):
        return (type(value).__name__, [plain(held, ids) for held in value])
    return value


def _without_ids(key: Any) -> str:
    return IDS.sub("", str(key))
