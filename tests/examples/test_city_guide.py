"""The sample project in `examples/city_guide` passes as a user would run it, from a copy."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from small_projects import outcome

GUIDE = Path(__file__).parents[2] / "examples" / "city_guide"
WARNINGS = ("-W", "ignore::pytest.PytestDeprecationWarning")  # of what else is installed here
MADE = shutil.ignore_patterns("__pycache__", ".pytest_cache", "*.egg-info")


@pytest.fixture
def guide(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, on a machine without a key."""
    for name in [name for name in os.environ if name.startswith(("PYTEST_XDIST", "OPENAI_"))]:
        monkeypatch.delenv(name)
    for name in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(GUIDE, pytester.path, dirs_exist_ok=True, ignore=MADE)
    return pytester.path


def files(folder: Path) -> dict[str, bytes]:
    """Return what was recorded and accepted."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in {".yaml", ".txt"}
    }


def test_it_passes(guide: Path, pytester: pytest.Pytester) -> None:
    """Without a key and without a network, and no file changes."""
    before = files(guide)
    result = pytester.runpytest(*WARNINGS)
    outcome(result, passed=3)
    result.stdout.fnmatch_lines(["2 cassettes played", "models called: gpt-4o-mini 6x, *"])
    assert files(guide) == before


def test_a_changed_prompt_is_seen(guide: Path, pytester: pytest.Pytester) -> None:
    """The recorded request is another one: the error shows the place."""
    code = guide / "city_guide.py"
    code.write_text(code.read_text().replace("in one friendly sentence", "in one rude sentence"))
    result = pytester.runpytest(*WARNINGS)
    outcome(result, passed=1, failed=2)
    result.stdout.fnmatch_lines(["E*body.messages?0?.content: recorded *friendly*, sent *rude*"])


@pytest.mark.proof
def test_what_its_ci_runs(guide: Path) -> None:
    """Every command of the CI file passes, but for the installation."""
    told = yaml.safe_load((guide / ".github/workflows/tests.yml").read_text())
    commands = [step["run"] for step in told["jobs"]["tests"]["steps"] if "run" in step]
    assert len(commands) == 4
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands[1:]:
        done = subprocess.run(  # noqa: S602 - as CI does
            command,
            check=False,
            shell=True,
            capture_output=True,
            text=True,
            timeout=300,
            env=os.environ | {"PATH": path, "CI": "true"},
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def provider(guide: Path) -> Iterator[str]:
    """The project's own provider, running."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "provider.py", str(port)]
    with subprocess.Popen(command, cwd=guide, stdout=subprocess.PIPE) as running:  # noqa: S603
        assert running.stdout is not None
        running.stdout.readline()  # it says where it is when it is there
        yield f"http://127.0.0.1:{port}/v1"
        running.terminate()


@pytest.mark.proof
def test_recording_it_anew(
    guide: Path, provider: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command of its README gives the same stream, and then it passes without the server."""
    monkeypatch.setenv("OPENAI_BASE_URL", provider)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    before = files(guide)
    options = ("--record-mode=rewrite", "--snapshot-update")
    outcome(pytester.runpytest_subprocess(*WARNINGS, *options), passed=3)
    after = files(guide)
    (snapshot,) = (name for name in after if name.endswith(".txt"))
    assert after[snapshot] == before[snapshot]
    assert after.keys() == before.keys()
    assert after != before  # the answers came at other times
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    outcome(pytester.runpytest_subprocess(*WARNINGS), passed=3)
