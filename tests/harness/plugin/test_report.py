"""`--harness-report`: one page of what the tests streamed, in a real browser too."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from small_projects import outcome

TESTS = """
from graphs import capture, says

def test_answer(stream_snapshot):
    assert capture(says({text!r}), {{"topic": "cats"}}) == stream_snapshot

def test_nothing():
    pass

def test_wrong():
    transcript = capture(says("A <b>bold</b> & </script> end."), {{"topic": "dogs"}})
    assert transcript.count() == 0
"""
PAGE = "out/report.html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SILENT = [
    "--headless",
    "--no-sandbox",
    "--no-first-run",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--virtual-time-budget=2000",
]


def shown(page: Path) -> dict[str, dict[str, Any]]:
    """Return the data of a page, by the name of the test."""
    found = re.search(r'id="data">(.*?)</script>', page.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return {test["id"].partition("::")[2]: test for test in json.loads(found[1])["tests"]}


@pytest.fixture
def page(project: pytest.Pytester) -> Path:
    """The page of three tests, two of which fail; return its file."""
    project.makepyfile(test_it=TESTS.format(text="Why was the cat here?"))
    project.runpytest("--snapshot-update")
    project.makepyfile(test_it=TESTS.format(text="Why was the dog here?"))
    result = project.runpytest(f"--harness-report={PAGE}")
    outcome(result, passed=1, failed=2)
    result.stdout.fnmatch_lines([f"*2 streams in *{PAGE}*"])
    return project.path / PAGE


def test_a_page_holds_each_stream_in_lanes(page: Path) -> None:
    """Every event with its lane, its arrival, its text and its metadata, under the test's name."""
    tests = shown(page)
    assert {name: test["outcome"] for name, test in tests.items()} == {
        "test_answer": "failed",
        "test_nothing": "passed",
        "test_wrong": "failed",
    }
    assert tests["test_nothing"]["streams"] == []
    (stream,) = tests["test_wrong"]["streams"]
    assert stream["lanes"] == ["the graph itself", "answer:<task 1>"]
    tokens = [event for event in stream["events"] if event["mode"] == "messages"]
    assert "".join(event["text"] for event in tokens) == "A <b>bold</b> & </script> end."
    assert {event["node"] for event in tokens} == {"answer"}
    (metadata,) = stream["metadata"]  # that of one message, once
    assert ["langgraph_node", '"answer"'] in metadata
    assert {event["metadata"] for event in tokens} == {0}
    assert all(event["seconds"] > 0 for event in stream["events"])
    assert "transcript.count() == 0" in tests["test_wrong"]["failure"]


def test_a_test_that_runs_again_is_counted_run_by_run(project: pytest.Pytester) -> None:
    """As plugins for flaky tests do it; the page shows the last run."""
    project.makeconftest(
        """
        from _pytest.runner import runtestprotocol

        def pytest_runtest_protocol(item, nextitem):
            for _ in range(3):
                item._initrequest()
                for report in runtestprotocol(item, nextitem=nextitem, log=False):
                    item.ihook.pytest_runtest_logreport(report=report)
            return True
        """
    )
    project.makepyfile(
        """
        from graphs import capture, graph_of
        from harness import ScriptedChatModel

        def test_it():
            capture(graph_of(ScriptedChatModel(["Why?"])), {"topic": "cats"})
        """
    )
    result = project.runpytest(f"--harness-report={PAGE}")
    result.stdout.fnmatch_lines([f"*1 streams in *{PAGE}*", "models called: scripted 3x"])
    assert len(shown(project.path / PAGE)["test_it"]["streams"]) == 1


def test_a_page_shows_how_a_snapshot_differs(page: Path) -> None:
    """Both texts side by side, in words first, with the changed part of each line apart."""
    (difference,) = shown(page)["test_answer"]["differences"]
    assert difference["said"][0] == 'node `answer`: token 7 changed: "cat" -> "dog"'
    changed = [row for row in difference["rows"] if row.get("equal") is False]
    assert [row["left"][1] for row in changed] == ["cat"] * len(changed)
    assert [row["right"][1] for row in changed] == ["dog"] * len(changed)


def test_a_page_names_what_has_no_snapshot_yet(project: pytest.Pytester) -> None:
    """A missing snapshot stands against nothing; the page says that it is missing."""
    project.makepyfile(test_it=TESTS.format(text="Why?"))
    outcome(project.runpytest(f"--harness-report={PAGE}"), passed=1, failed=2)
    (difference,) = shown(project.path / PAGE)["test_answer"]["differences"]
    assert difference["said"] == ["there is no snapshot yet"]
    assert {row["left"] is None for row in difference["rows"]} == {True}


def test_a_page_is_written_without_colours_of_a_terminal(project: pytest.Pytester) -> None:
    """What pytest said is text, also where it was shown in colour."""
    project.makepyfile(test_it=TESTS.format(text="Why?"))
    project.runpytest(f"--harness-report={PAGE}", "--color=yes", "-vv")
    failure = shown(project.path / PAGE)["test_answer"]["failure"]
    assert "accept with: pytest --snapshot-update" in failure
    assert "\x1b" not in failure


def test_a_page_holds_what_fixtures_stream_and_what_breaks_off(project: pytest.Pytester) -> None:
    """Whoever captures or watches it: the test, its fixtures, and a stream that fails."""
    project.makepyfile(
        test_it="""
        import pytest
        from graphs import capture, says, graph_of
        from harness import StreamSnapshotExtension, watch

        @pytest.fixture
        def watched():
            return watch(says("Why not?"))

        @pytest.fixture
        def accepted(snapshot):
            return snapshot.use_extension(StreamSnapshotExtension)

        def test_app(watched, accepted):
            list(watched.stream({"topic": "cats"}, stream_mode="messages"))
            assert watched.transcript == accepted

        @pytest.fixture
        def broken():
            capture(graph_of(None), {"topic": "cats"})

        def test_broken(broken):
            pass
        """
    )
    outcome(project.runpytest(f"--harness-report={PAGE}"), failed=1, errors=1)
    tests = shown(project.path / PAGE)
    (stream,) = tests["test_app"]["streams"]
    assert "".join(event["text"] for event in stream["events"]) == "Why not?"
    assert [found["said"] for found in tests["test_app"]["differences"]] == [
        ["there is no snapshot yet"]
    ]
    (stream,) = tests["test_broken"]["streams"]
    assert [event["mode"] for event in stream["events"]] == ["values", "error"]


def test_no_page_without_the_option(project: pytest.Pytester) -> None:
    """Nothing is written, and nothing about a report is said."""
    project.makepyfile(test_it=TESTS.format(text="Why?"))
    result = project.runpytest("--snapshot-update")
    result.stdout.no_fnmatch_line("*streams in*")
    assert not (project.path / "out").exists()


@pytest.mark.proof
def test_workers_bring_what_they_saw(project: pytest.Pytester) -> None:
    """With pytest-xdist the page is that of a run in one process, but for times."""
    project.makepyfile(test_it=TESTS.format(text="Why?"))
    pages = []
    for name, workers in (("one.html", []), ("two.html", ["-n", "2"])):
        project.runpytest_subprocess(f"--harness-report={name}", *workers)
        tests = shown(project.path / name)
        for test in tests.values():
            test.pop("seconds"), test.pop("failure")
            for stream in test["streams"]:
                for event in stream["events"]:
                    event.pop("seconds")
        pages.append(tests)
    assert pages[0] == pages[1]


def browser() -> str:
    """Return a browser that can be run without a window, or skip."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)}")
    return found


def opened(page: Path, profile: Path, *options: str, at: str = "") -> str:
    """Open a page in a browser, and return what it prints."""
    command = [browser(), *SILENT, f"--user-data-dir={profile}", *options, f"{page.as_uri()}{at}"]
    done = subprocess.run(  # noqa: S603 - a browser of this machine
        command, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


@pytest.mark.proof
def test_a_browser_shows_the_page(page: Path, tmp_path: Path) -> None:
    """Lanes, tokens by node, both sides of a difference; what models said is text, not HTML."""
    dom = opened(page, tmp_path, "--dump-dom")
    assert dom.count('class="lane"') == 4
    assert re.findall(r"<h2>(\w+: \d+ tokens)</h2>", dom) == [
        "answer: 9 tokens",
        "answer: 9 tokens",
    ]
    tokens = re.findall(r'<span class="token">(.*?)</span>', dom)
    assert "<b>bold</b>" in [unescape(token) for token in tokens]
    assert "<mark>cat</mark>" in dom
    assert "<mark>dog</mark>" in dom


@pytest.mark.proof
def test_a_browser_shows_metadata_on_hover(page: Path, tmp_path: Path) -> None:
    """The pointer over a token, or a link to its event, brings up all that is known of it."""
    hovers = "document.querySelector('.token').dispatchEvent(new MouseEvent('mouseenter'))"
    hovered = page.with_name("hovered.html")
    text = page.read_text("utf-8")
    hovered.write_text(text.replace("</body>", f"<script>{hovers}</script></body>"), "utf-8")
    for dom in (
        opened(hovered, tmp_path, "--dump-dom"),
        opened(page, tmp_path, "--dump-dom", at="#t0s0-2"),
    ):
        assert re.search(r"<h2>2\. messages, after \d+ ms</h2>", dom)
        assert '<th>langgraph_node</th><td><code>"answer"</code></td>' in dom


@pytest.mark.proof
def test_a_browser_goes_through_events_by_keys(page: Path, tmp_path: Path) -> None:
    """One stop of the tab key for a stream; from there, arrow keys show one event after another."""
    keys = """
        document.querySelector('.stream [tabindex="0"]').focus();
        for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight"])
          document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
    """
    pressed = page.with_name("pressed.html")
    text = page.read_text("utf-8")
    pressed.write_text(text.replace("</body>", f"<script>{keys}</script></body>"), "utf-8")
    dom = opened(pressed, tmp_path, "--dump-dom")
    last = len(shown(page)["test_answer"]["streams"][0]["events"])
    assert re.search(rf"<h2>{last}\. values, after \d+ ms</h2>", dom)
    stops = re.findall(r'<button class="event [^>]*tabindex="0"', dom)
    assert len(stops) == 2  # one for each of two streams


@pytest.mark.proof
def test_a_browser_finds_tests(page: Path, tmp_path: Path) -> None:
    """By a part of their names, among those that a button has chosen."""
    types = """
        [...document.querySelectorAll("nav button")][1].click();
        const field = document.querySelector("nav input");
        field.value = "WRONG";
        field.dispatchEvent(new Event("input"));
    """
    found = page.with_name("found.html")
    text = page.read_text("utf-8")
    found.write_text(text.replace("</body>", f"<script>{types}</script></body>"), "utf-8")
    dom = opened(found, tmp_path, "--dump-dom")
    views = re.findall(r"<details [^>]*>", dom)
    assert ["hidden" in view for view in views] == [True, True, False]


@pytest.mark.proof
def test_a_browser_paints_the_page(page: Path, tmp_path: Path) -> None:
    """A picture of it is no blank sheet."""
    picture = tmp_path / "page.png"
    opened(page, tmp_path, f"--screenshot={picture}", "--window-size=1200,1600")
    blank = tmp_path / "blank.html"
    blank.write_text("<!doctype html>")
    nothing = tmp_path / "blank.png"
    opened(blank, tmp_path, f"--screenshot={nothing}", "--window-size=1200,1600")
    assert picture.stat().st_size > 5 * nothing.stat().st_size
