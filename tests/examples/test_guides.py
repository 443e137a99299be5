"""What the README and the guides show is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import count
from pathlib import Path

import pytest
import two_calls_provider
from loopback import serve
from small_projects import INI, outcome
from two_calls_provider import answer

from harness.cli import main

ROOT = Path(__file__).parents[2]
GUIDES = ("README.md", "harness/README.md", "runtime/README.md")
ALL = sorted(
    str(path.relative_to(ROOT))
    for path in (*ROOT.glob("*.md"), *ROOT.glob("[!.]*/**/README.md"))
    if "documents" not in path.parts
)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTED = re.compile(r"^ *print\(.*\)  # (.*)$", re.MULTILINE)
COMMAND = re.compile(r"(?:^|`|&& )harness ([a-z]+)((?: [^`\n]*)?)", re.MULTILINE)
PYTEST = re.compile(r"(?:^|`|\s)pytest((?: [^`\n&]*)?)", re.MULTILINE)
RECORDED = ("# test_joke.py",)  # see below


def text_of(name: str) -> str:
    """Return a document."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the blocks of a document in one language."""
    return [code for said, code in BLOCK.findall(text_of(name)) if said == language]


def block(name: str, beginning: str) -> str:
    """Return the one block that begins so."""
    [found] = [code for _, code in BLOCK.findall(text_of(name)) if code.startswith(beginning)]
    return found


def in_order(shown: str, text: str) -> None:
    """Assert that the shown lines stand in a text, in this order; `...` leaves some out."""
    rest = iter(text.splitlines())
    for line in shown.splitlines():
        assert line.strip() == "..." or line in rest, f"not said, or not there: {line}"


def programs() -> Iterator[object]:
    """Yield the blocks that are programs, named by their document and their number."""
    for name in GUIDES:
        for number, code in zip(count(1), blocks(name, "python"), strict=False):
            if not code.startswith("# test_"):
                yield pytest.param(code, id=f"{name}-{number}")


def files_of_tests() -> Iterator[object]:
    """Yield the blocks that are files of tests and need no recording, named alike."""
    for name in GUIDES:
        for code in blocks(name, "python"):
            first = code.splitlines()[0]
            if first.startswith("# test_") and first not in RECORDED:
                yield pytest.param(code, id=f"{name}-{first[2:]}")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A provider on this machine that writes jokes, and a key for it."""
    with serve(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder for tests, on a machine of a person."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    # a run inside this process forgets what it imported; what is imported here already, stays
    for name in ("harness.cassettes", "harness.snapshot", "runtime.graph", "langchain_openai"):
        import_module(name)
    pytester.makeini(INI)
    return pytester


@pytest.mark.parametrize("code", list(programs()))
def test_a_program_prints_what_it_says(
    code: str,
    provider: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each block runs by itself, and prints what its comments say."""
    monkeypatch.chdir(tmp_path)
    if "as_langgraph" in code:  # which is for a whole process
        command = [sys.executable, "-c", code]
        subprocess.run(command, check=True, timeout=60)  # noqa: S603 - our own text
        return
    exec(compile(code, "guide.py", "exec"), {"__name__": "guide"})  # noqa: S102 - as above
    printed = capsys.readouterr().out.splitlines()
    for shown, line in zip(PRINTED.findall(code), printed, strict=False):
        assert line == shown or (shown.endswith(" ...") and line.startswith(shown[:-4]))
    assert len(printed) >= len(PRINTED.findall(code))


@pytest.mark.parametrize("code", list(files_of_tests()))
def test_a_test_passes(code: str, project: pytest.Pytester) -> None:
    """Copied into a file and run."""
    project.makepyfile(**{code.split(maxsplit=2)[1].removesuffix(".py"): code})
    outcome(project.runpytest(), passed=1)


def test_record_replay_compare(
    project: pytest.Pytester, provider: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README's main job: what it says of both files and of a difference is so."""
    project.makepyfile(test_joke=block("README.md", "# test_joke.py"))
    outcome(project.runpytest("--record-mode=once", "--snapshot-update"), passed=1)
    assert (project.path / "cassettes/test_joke/test_joke.yaml").is_file()
    snapshot = project.path / "__snapshots__/test_joke/test_joke.stream.txt"
    in_order(block("README.md", "messages lc_run"), snapshot.read_text())

    monkeypatch.delenv("OPENAI_API_KEY")
    outcome(project.runpytest(), passed=1)

    monkeypatch.setenv("OPENAI_API_KEY", "none")
    joke = two_calls_provider.JOKE.replace("sitting", "lying")
    monkeypatch.setattr(two_calls_provider, "JOKE", joke)
    result = project.runpytest("--record-mode=rewrite")
    outcome(result, failed=1)
    in_order(block("README.md", "E  "), result.stdout.str())


def test_what_is_lost_on_python_310(project: pytest.Pytester) -> None:
    """The runtime's guide shows what the summary says."""
    project.makepyfile(test_tokens=block("runtime/README.md", "# test_tokens.py"))
    result = project.runpytest("--python-contract=3.10")
    outcome(result, failed=1)
    in_order(block("runtime/README.md", "======"), result.stdout.str())


def test_what_contributing_shows_of_parity() -> None:
    """The scenario and the conversation stand in the tests as they are shown."""
    folder = ROOT / "tests" / "parity"
    known = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    shown = blocks("CONTRIBUTING.md", "python")
    assert [code for code in shown if code not in known] == []
    assert len(shown) == 2


def test_the_files_that_contributing_names() -> None:
    """Each is there, under the end of its path that is named."""
    folders = ("runtime", "harness", "tests")
    there = [
        f"/{path.relative_to(ROOT)}" for name in folders for path in (ROOT / name).rglob("*.py")
    ]
    named = re.findall(r"`([\w/]+\.py)`", text_of("CONTRIBUTING.md"))
    assert [name for name in named if not any(path.endswith(f"/{name}") for path in there)] == []


@pytest.mark.parametrize("name", ALL)
def test_links_lead_somewhere(name: str) -> None:
    """To a file that is there, and a heading that is in it."""
    for link in re.findall(r"\]\((?!https:)([^)\s]+)\)", text_of(name)):
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", said).lower().replace(" ", "-") for said in headings]
            assert anchor in slugs, link


@pytest.mark.parametrize("name", ALL)
def test_make_targets_are_there(name: str) -> None:
    """What a document has `make` do, the Makefile knows."""
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    asked = re.findall(r"(?:^|`)make ([a-z ]+?)(?:  |`|$)", text_of(name), re.MULTILINE)
    assert {target for said in asked for target in said.split()} <= targets


@pytest.mark.parametrize("name", ALL)
def test_options_are_there(
    name: str, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command of `harness` and each option of it and of pytest exists."""
    text = text_of(name)
    for command, rest in COMMAND.findall(text):
        assert main([command, "--help"]) == 0, command
        shown = capsys.readouterr().out
        assert [option for option in re.findall(r"--[a-z-]+", rest) if option not in shown] == []
    for rest in PYTEST.findall(text):
        for option in re.findall(r" (--[a-z-]+)", rest):
            pytestconfig.getoption(option)  # or it raises
