"""What is kept of a run: its checkpoints, and between two of them what each task wrote.

A checkpoint holds the channels that were ever written and the version of each. A channel gets a
new version whenever it changes; for each node the checkpoint notes which versions it has seen, so
that whoever reads it knows which nodes are still to run. What a task wrote is kept as soon as it is
done, under the checkpoint its superstep started from, so that it need not run again if the
superstep does not come to its end.

A `Thread` owns all this for one run. It never waits: what is to be saved stands in `unsaved` until
the driver has handed it to the saver. All shapes are LangGraph's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    CheckpointTuple,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.serde.types import ERROR, INTERRUPT, RESUME, SCHEDULED

from runtime.channels.base import MISSING
from runtime.constants import TASKS
from runtime.pregel._names import path_text
from runtime.pregel._saved.bumps import bump
from runtime.pregel._saved.deltas import Deltas, Replayed, history
from runtime.pregel._saved.savers import Save, Unsaved, is_quick, takes_paths
from runtime.turns import in_utc

if TYPE_CHECKING:
    from runtime._threads import Durability
    from runtime.channels._state import Channels
    from runtime.pregel._nodes.node import Write
    from runtime.turns import Turns

__all__ = (
    "ERROR",
    "ERROR_OF",
    "GONE_ON",
    "INTERRUPT",
    "NO_WRITES",
    "RESUME",
    "RETURN",
    "SPECIAL",
    "Thread",
    "public_config",
)

RETURN: Final = "__return__"
"""Under this name stands what a task returned that another one called."""

NO_WRITES: Final = "__no_writes__"
"""Stands among what is kept of a task that is done and wrote nothing."""

ERROR_OF: Final = "__error_source_node__"
"""Stands beside the error of a task that another task handles."""

GONE_ON: Final = SCHEDULED
"""Stands under an id of our own beside what is kept of a task that called others, had stopped, and
goes on. LangGraph has no use for this kind any more; savers still let it be written anew."""

SPECIAL: Final = frozenset({ERROR, ERROR_OF, INTERRUPT, RESUME, NO_WRITES, GONE_ON})
"""What is kept of tasks and is no write to a channel."""

VERSION: Final = 4
"""The version of the format; 4 is the first one that keeps `Send`s in a channel."""

_SAVER_READS: Final = ("tags", "metadata", "run_id", "recursion_limit")
"""What a saver gets of the config of a run, besides `configurable`."""

_PLACE: Final = frozenset(("thread_id", "checkpoint_ns"))
"""What says where a thread is kept."""

UNBORN: Final = -2
"""The step of a thread that has no checkpoint."""


def public_config(configurable: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return what others may see of a `configurable`, with some keys changed."""
    seen = {key: value for key, value in configurable.items() if not key.startswith("__")}
    return {**seen, **changes}


class Thread:
    """The thread of one run.

    Args:
        saver: Where it is kept.
        config: The config of the run.
        ns: The namespace under which it is kept.
        parents: The checkpoints of the graphs around, by namespace.
        addressed: The checkpoint that the caller asked for, rather than the latest one.
        durability: When it is saved.
        turns: For ids and the time.
        replayed: The channels whose values can be made of what was written to them.
        deltas: Those of them whose values are not saved; `None` if there are none.

    Attributes:
        id: The checkpoint that the superstep starts from.
        format: Of the checkpoint, as LangGraph numbers it.
        versions: The version of each channel that was ever written.
        seen: Per node, the versions of its triggers when it last ran.
        values: What the channels say of themselves.
        updated: The channels that the last superstep changed, if that is known.
        pending: What tasks of the superstep wrote, by their ids.
        metadata: Of the checkpoint.
        parent: The id of the checkpoint before this one.
        unsaved: What is to be saved.
        addressed: As above.
        superseded: Whether the thread has moved past the checkpoint that the caller asked for.
        before: If set: not the latest checkpoint is read, but the latest one before this one.
        reruns: Whether tasks that are done run again, as the thread is replayed from there.
    """

    def __init__(
        self,
        saver: BaseCheckpointSaver[Any],
        config: RunnableConfig,
        ns: str,
        parents: Mapping[str, str],
        addressed: str | None,
        durability: Durability,
        turns: Turns,
        replayed: Mapping[str, Replayed],
        deltas: Deltas | None,
    ) -> None:
        self.saver = saver
        self.replayed = replayed
        self.deltas = deltas
        self.durability = durability
        self.ns = ns
        self.parents = dict(parents)
        self.unsaved: deque[Unsaved] = deque()
        self._turns = turns
        self._for_saver = {key: value for key, value in config.items() if key in _SAVER_READS}
        self._configurable = public_config(config["configurable"], checkpoint_ns=ns)
        if "thread_id" in self._configurable:
            self._configurable["thread_id"] = str(self._configurable["thread_id"])
        self._configurable.pop("checkpoint_map", None)
        self._configurable.pop("checkpoint_id", None)
        self._place, self._told = self._configurable, dict[str, Any]()
        if is_quick(saver):  # it reads no more than where this is, and what to add to metadata
            whole = cast(RunnableConfig, {**self._for_saver, "configurable": self._configurable})
            self._told = cast("dict[str, Any]", get_checkpoint_metadata(whole, {}))
            self._place = {k: v for k, v in self._configurable.items() if k in _PLACE}
            self._for_saver = {}
        self.addressed = addressed
        self.superseded = False
        self.before: str | None = None
        self.reruns = False
        self._saved_id: str | None = None
        self._last_put: str | None = None
        self._saved_parent: RunnableConfig | None = None
        self._new_versions: dict[str, Any] = {}  # since the last checkpoint that is saved
        self.id = ""
        self.format = VERSION
        self.parent: str | None = None
        self.metadata: dict[str, Any] = {}
        self.versions: dict[str, Any] = {}
        self.seen: dict[str, dict[str, Any]] = {}
        self.values: dict[str, Any] = {}
        self.updated: set[str] | None = None
        self.pending: dict[str, list[Write]] = {}
        self._asked_for: tuple[str | None, RunnableConfig] = "", {}
        self._tells_paths = takes_paths(cast(Any, type(saver)))
        self._put_off: set[str] = set()  # the tasks whose writes are saved when the run ends
        self._latest: Any = None
        self._unborn: str | None = None
        self._twin: CheckpointTuple | None = None

    # --- reading ---

    def read(self) -> Generator[Save, Any, None]:
        """Read the thread, asking the driver for each call of the saver.

        A `list` is asked for its first item.
        """
        latest = self._at(None)
        if self.addressed:
            saved = yield Save("get_tuple", (self._at(self.addressed),))
        elif self.before is not None:
            before = {"configurable": {"checkpoint_id": self.before}}
            saved = yield Save("list", (latest,), {"before": before, "limit": 1})
        else:
            saved = yield Save("get_tuple", (latest,))
        self.load(saved)
        if saved is not None:
            yield from self.look_ahead()
        yield from self.rebuild(saved)

    def look_ahead(self) -> Generator[Save, Any, None]:
        """Find out whether the thread has moved on, asking the driver for the call of the saver."""
        if not self.addressed:
            return
        head = yield Save("get_tuple", (self._at(None),))
        self.superseded = head is not None and head.checkpoint["id"] != self.id
        if self.deltas is not None and self.superseded:
            self.deltas.fork(self.pending)

    def rebuild(self, saved: CheckpointTuple | None) -> Generator[Save, Any, None]:
        """Read what the checkpoint does not hold, asking the driver for each call of the saver."""
        if not self.replayed or saved is None:
            return
        wanted = history(saved, self.replayed)
        try:
            options = next(wanted)
            while True:
                options = wanted.send((yield Save("get_delta_channel_history", (), options)))
        except StopIteration as done:
            self.values.update(done.value)

    def load(self, saved: CheckpointTuple | None) -> None:
        """Take what the saver has of the thread."""
        if saved is None:
            self.id = self._unborn = self._turns.checkpoint_id(UNBORN)
            self._last_put = self.addressed
            if self.deltas is not None and self.addressed:
                self.deltas.uproot()
            return
        checkpoint = saved.checkpoint
        self.id = self._saved_id = self._last_put = checkpoint["id"]
        self._saved_parent = saved.parent_config
        self._configurable.update(
            (key, value)
            for key, value in saved.config["configurable"].items()
            if key not in ("checkpoint_id", "checkpoint_map", "checkpoint_ns")
        )
        self._asked_for = "", {}
        if saved.parent_config is not None:
            self.parent = saved.parent_config["configurable"].get("checkpoint_id")
        self.format = checkpoint.get("v", VERSION)
        self.metadata = cast("dict[str, Any]", saved.metadata)
        self.versions = dict(checkpoint["channel_versions"])
        self.seen = {name: dict(seen) for name, seen in checkpoint["versions_seen"].items()}
        self.values = dict(checkpoint["channel_values"])
        updated = checkpoint.get("updated_channels")
        self.updated = None if updated is None else set(updated)
        for task, name, value in saved.pending_writes or ():
            self.pending.setdefault(str(task), []).append((name, value))
        self._latest = max(self.versions.values()) if self.versions else None
        if self.deltas is not None:
            self.deltas.load(self.metadata, self.pending)

    @property
    def step(self) -> int:
        """The step of the checkpoint."""
        return int(self.metadata.get("step", UNBORN))

    @property
    def thread_id(self) -> str | None:
        """Which thread it is, for those who look at it."""
        return self._configurable.get("thread_id")

    @property
    def is_fork(self) -> bool:
        """Whether the checkpoint began a branch of its own."""
        return self.metadata.get("source") in ("update", "fork")

    def stand_beside(self, saved: CheckpointTuple) -> None:
        """Have the next checkpoint be like this one and share its parent, rather than follow it."""
        self._twin = saved
        parent = saved.parent_config
        self._last_put = None if parent is None else parent["configurable"]["checkpoint_id"]

    @property
    def config(self) -> RunnableConfig:
        """What addresses the checkpoint, for those who look at it."""
        return {"configurable": self._address(self.id)}

    @property
    def parent_config(self) -> RunnableConfig | None:
        """What addresses the checkpoint before it."""
        if self.id == self._saved_id or self.durability == "exit":
            saved = self._saved_parent
            if saved is None or not self.metadata.get("parents"):
                return saved
            own = saved["configurable"]
            map_ = {**self.metadata["parents"], self.ns: own["checkpoint_id"]}
            return {**saved, "configurable": {**own, "checkpoint_map": map_}}
        if self.parent is None:
            return None
        return {"configurable": self._address(self.parent)}

    def _address(self, id_: str) -> dict[str, Any]:
        address = {**self._configurable, "checkpoint_id": id_}
        if parents := self.metadata.get("parents"):
            address["checkpoint_map"] = {**parents, self.ns: id_}
        return address

    def _at(self, id_: str | None) -> RunnableConfig:
        """Return what addresses a checkpoint, or the latest one, for the saver."""
        last, config = self._asked_for
        if id_ != last:  # all that tasks write, and the next checkpoint, have the same address
            configurable = dict(self._place)
            if id_ is not None:
                configurable["checkpoint_id"] = id_
            config = cast(RunnableConfig, {**self._for_saver, "configurable": configurable})
            self._asked_for = id_, config
        return config

    def of_task(self, id_: str) -> list[Write]:
        """Return what is kept of a task, the special things included."""
        return self.pending.get(id_, [])

    def has_news(self, node: str, triggers: Iterable[str], channels: Channels) -> bool:
        """Return whether a trigger of a node holds something that it has not seen."""
        versions, seen = self.versions, self.seen.get(node, {})
        return any(
            name in versions
            and (name not in seen or versions[name] > seen[name])
            and channels[name].is_available()
            for name in triggers
        )

    # --- changing ---

    def ran(self, node: str, triggers: Iterable[str]) -> None:
        """Note that a node has seen the versions of its triggers."""
        versions = self.versions
        # a new dict: the old one may stand in a checkpoint that is still to be saved
        seen = self.seen[node] = dict(self.seen.get(node, {}))
        for name in triggers:
            if name in versions:
                seen[name] = versions[name]

    def see_all(self, node: str) -> None:
        """Note that a node has seen everything."""
        self.seen[node] = dict(self.versions)

    def change(self, names: Collection[str], channels: Channels) -> None:
        """Give a new version to channels that changed."""
        if not names:
            return
        if self.deltas is not None:
            self.deltas.change(names)
        version = self._latest = self.saver.get_next_version(self._latest, None)
        new = dict.fromkeys(names, version)
        self.versions.update(new)
        self._new_versions.update(new)
        values = self.values
        for name in names:
            value = channels[name].checkpoint()
            if value is MISSING:
                values.pop(name, None)
            else:
                values[name] = value
        if not channels.all_saved and TASKS in new and TASKS in values:
            values[TASKS] = [channels.tracked(send) for send in values[TASKS]]

    def forget(self, kind: str, task: str | None = None) -> None:
        """Forget what is kept of this kind, of one task or of all."""
        for id_ in self.pending if task is None else self.pending.keys() & {task}:
            self.pending[id_] = [write for write in self.pending[id_] if write[0] != kind]

    def commit(
        self,
        step: int,
        metadata: Mapping[str, Any],
        updated: Iterable[str] | None,
        channels: Channels,
    ) -> None:
        """Make a new checkpoint of what the channels are now."""
        self.parent = self._last_put
        self.id = self._turns.checkpoint_id(step)
        self.metadata = {**metadata, "step": step, "parents": self.parents}
        self.updated = None if updated is None else set(updated)
        if self.deltas is not None:
            if self._twin is None:
                self.deltas.commit(step, self.pending)
            self.deltas.describe(self.metadata)
        self.pending = {}
        self._put_off.clear()
        if self.durability != "exit":
            self._put(channels)

    def _put(self, channels: Channels) -> None:
        values = self.values if self.deltas is None else self._thinned(self.deltas, channels)
        new, self._new_versions = self._new_versions, {}
        self._put_checkpoint(
            self.id,
            self.parent,
            self.metadata,
            new,
            channel_values=dict(values),
            channel_versions=dict(self.versions),
            versions_seen=dict(self.seen),
            updated_channels=None if self.updated is None else sorted(self.updated),
        )
        self._last_put = self.id

    def _put_checkpoint(
        self,
        id_: str,
        parent: str | None,
        metadata: Mapping[str, Any],
        new: Mapping[str, Any],
        **content: Any,
    ) -> None:
        checkpoint = {"v": VERSION, "ts": in_utc(self._turns.now()), "id": id_, **content}
        told = self._told
        metadata = {**metadata, **told, **metadata} if told else dict(metadata)
        self.unsaved.append(("put", (self._at(parent), checkpoint, metadata, new)))

    def _thinned(self, deltas: Deltas, channels: Channels) -> dict[str, Any]:
        """Return what the checkpoint holds of the channels, now that it is saved."""
        if self._twin is not None:
            return dict(self._twin.checkpoint["channel_values"])
        snapshots = deltas.snapshots(channels, self.versions)
        deltas.describe(self.metadata)
        self._put_kept(deltas.take_kept(snapshots))
        unchanged = [name for name in snapshots if name not in self._new_versions]
        self._renew(unchanged, deltas.readers)
        values = {name: value for name, value in self.values.items() if name not in deltas.specs}
        return {**values, **snapshots}

    def _put_kept(self, kept: Sequence[tuple[list[Write], str, str]]) -> None:
        """Save what stands under the checkpoint that the run started from."""
        if not kept:
            return
        if self.parent is None:  # there was none; so one of nothing is to stand before the first
            self.parent = cast(str, self._unborn)
            nothing: dict[str, Any] = {
                "channel_values": {},
                "channel_versions": {},
                "versions_seen": {},
            }
            self._put_checkpoint(self.parent, None, {"step": UNBORN}, {}, **nothing)
        for writes, id_, path in kept:
            self.unsaved.append(self._writing(self.parent, writes, id_, path))

    def _renew(self, names: Sequence[str], readers: Mapping[str, Sequence[str]]) -> None:
        """Give a new version to channels that did not change, as what is saved of them is new."""
        for name in names:
            old = self.versions.get(name)
            new = self.saver.get_next_version(old, None)
            self.versions[name] = self._new_versions[name] = new
            self._latest = new if self._latest is None else max(self._latest, new)
            bump(self.seen, name, old, new, readers.get(name, ()))

    def put_writes(
        self, id_: str, path: Sequence[Any], writes: Sequence[Write]
    ) -> Generator[Save, Any, None]:
        """Save what a task is taken to have written, asking the driver for the call of the saver.

        Nothing more is to stand under a checkpoint that another one follows already: that follows
        from what stands there.
        """
        if self.deltas is not None:
            self.deltas.keep(id_, writes)
        if not self.superseded:
            self.pending[id_] = list(writes)
            yield Save(*self._writing(self.id, writes, id_, path_text(path) if path else ""))

    def keep(
        self, id_: str, path: Sequence[Any], writes: Sequence[Write], channels: Channels
    ) -> None:
        """Keep what a task wrote, or something special of it: not both at once."""
        kept = channels.saved_of(writes)
        if self.deltas is not None:
            self.deltas.keep(id_, kept)
        pending = kept
        if writes[0][0] in SPECIAL:
            names = {name for name, _ in writes}
            pending = [write for write in self.of_task(id_) if write[0] not in names] + kept
        self.pending[id_] = pending
        if self.durability == "exit":
            self._put_off.add(id_)
        elif kept:
            self.unsaved.append(self._writing(self.id, kept, id_, path_text(path) if path else ""))

    def _writing(self, under: str, writes: Sequence[Write], id_: str, path: str) -> Unsaved:
        """Return how the saver is told what a task wrote; those of old are not told its path."""
        where = (path,) if self._tells_paths else ()
        return "put_writes", (self._at(under), writes, id_, *where)

    def close(self, paths: Mapping[str, Sequence[Any]], channels: Channels) -> None:
        """Save at the end of a run what was not to be saved before.

        Args:
            paths: Of the tasks whose writes are kept.
            channels: The channels as the last superstep left them.
        """
        if self.durability != "exit":
            return
        if self.id != self._saved_id and self.metadata:
            self._put(channels)
        for id_, writes in self.pending.items():
            if writes and id_ in self._put_off:
                path = path_text(paths[id_]) if paths.get(id_) else ""
                self.unsaved.append(self._writing(self.id, writes, id_, path))
