"""Real pytest runs in real directories."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from threading import Thread

import pytest
from small_projects import GRAPH, INI

# A run inside this process forgets what it imported; what is imported here already, stays.
for _name in ("harness.cassettes", "harness.snapshot", "langgraph.graph"):
    import_module(_name)
for _name in (
    "langchain_openai",
    "langchain_anthropic",
    "langchain_core.language_models.fake_chat_models",
):
    import_module(_name)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with a strict configuration and a module `graphs`."""
    # A run started in here is no worker of the run around it, though it would inherit that it is;
    # and on a CI server pytest shows more.
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    pytester.makeini(INI)
    pytester.makepyfile(graphs=GRAPH)
    pytester.syspathinsert()
    return pytester


class _Answer(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(self.path)
        body = json.dumps({"live": True}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    asked: list[str]


@pytest.fixture
def server() -> Iterator[str]:
    """A provider on this machine."""
    with _Server(("127.0.0.1", 0), _Answer) as running:
        running.asked = []
        Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/"
        running.shutdown()
