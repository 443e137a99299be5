"""The savers that we support pass the published conformance tests, as the engine uses them."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from runtime.pregel._saved.serde import speaking

Saver = BaseCheckpointSaver[Any]
Opened = Callable[[], AbstractAsyncContextManager[Saver]]


class Awaited(BaseCheckpointSaver[Any]):
    """A sync saver behind the async interface, which is what the conformance tests call."""

    def __init__(self, saver: Saver) -> None:
        super().__init__(serde=saver.serde)
        self.saver = saver

    def get_next_version(self, current: Any, channel: None) -> Any:
        return self.saver.get_next_version(current, channel)

    async def aget_tuple(self, config: Any) -> Any:
        return self.saver.get_tuple(config)

    async def alist(self, config: Any, **kwargs: Any) -> AsyncIterator[Any]:
        for found in self.saver.list(config, **kwargs):
            yield found

    async def aput(self, *args: Any) -> Any:
        return self.saver.put(*args)

    async def aput_writes(self, *args: Any, **kwargs: Any) -> None:
        self.saver.put_writes(*args, **kwargs)

    async def adelete_thread(self, thread_id: str) -> None:
        self.saver.delete_thread(thread_id)


@asynccontextmanager
async def memory() -> AsyncIterator[Saver]:
    """Open the saver in memory."""
    yield InMemorySaver()


@asynccontextmanager
async def sqlite() -> AsyncIterator[Saver]:
    """Open the sync saver for SQLite."""
    with SqliteSaver.from_conn_string(":memory:") as saver:
        yield Awaited(speaking(saver))


@asynccontextmanager
async def async_sqlite() -> AsyncIterator[Saver]:
    """Open the async saver for SQLite."""
    async with AsyncSqliteSaver.from_conn_string(":memory:") as saver:
        yield saver


async def conforms(opened: Opened) -> None:
    """Run the conformance tests; those of what a saver does not offer are left out by themselves.

    A saver that only answers to a part of the interface is held to that part.
    """

    @checkpointer_test(name=opened.__name__)
    async def factory() -> AsyncIterator[Saver]:
        async with opened() as saver:
            yield speaking(saver)

    report = await validate(factory)
    failures = {name: result.failures for name, result in report.results.items() if result.failures}
    assert not failures
    assert report.passed_all_base()


@pytest.mark.parametrize("opened", [memory, sqlite, async_sqlite], ids=lambda o: o.__name__)
async def test_savers_conform(opened: Opened) -> None:
    """Memory and SQLite, sync and async, with everything that they offer."""
    await conforms(opened)


# --- Postgres --------------------------------------------------------------------------------


def server_binaries() -> Path | None:
    """Return the folder of the server's programs, if there is one."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def unprivileged() -> dict[str, Any]:
    """Return how to start the server, which refuses to run as root, as somebody else."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return {}


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """Start a server of our own that listens on a socket in a folder; return how to reach it."""
    binaries = server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server on this machine (initdb)")
    pytest.importorskip("psycopg", exc_type=ImportError, reason="psycopg finds no libpq")
    who = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if who:
        os.chown(folder, who["user"], who["group"])

    def run(program: str, *args: str) -> None:
        subprocess.run(  # noqa: S603 - the programs of the server
            [binaries / program, *args],
            check=True,
            timeout=60,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **who,
        )

    data = str(folder / "data")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    try:
        run("initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync")
        run(
            "pg_ctl",
            "-D",
            data,
            "-w",
            "-t",
            "30",
            "-l",
            str(folder / "log"),
            "-o",
            options,
            "start",
        )
        yield f"postgresql://tester@/postgres?host={folder}"
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


async def test_postgres_conforms_sync(postgres: str) -> None:
    """The sync saver for Postgres."""
    from langgraph.checkpoint.postgres import PostgresSaver  # noqa: PLC0415 - needs libpq

    @asynccontextmanager
    async def sync_postgres() -> AsyncIterator[Saver]:
        with PostgresSaver.from_conn_string(postgres) as saver:
            saver.setup()
            yield Awaited(speaking(saver))

    await conforms(sync_postgres)


async def test_postgres_conforms_async(postgres: str) -> None:
    """The async saver for Postgres."""
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415 - as above

    @asynccontextmanager
    async def async_postgres() -> AsyncIterator[Saver]:
        async with AsyncPostgresSaver.from_conn_string(postgres) as saver:
            await saver.setup()
            yield saver

    await conforms(async_postgres)
