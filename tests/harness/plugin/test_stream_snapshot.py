"""`stream_snapshot`: passes, fails with words, is updated on request, never otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_projects import outcome

TEST = """
from graphs import capture, says

def test_answer(stream_snapshot):
    assert capture(says({text!r}), {{"topic": "cats"}}) == stream_snapshot
"""
FILE = "__snapshots__/test_it/test_answer.stream.txt"


@pytest.fixture
def accepted(project: pytest.Pytester) -> Path:
    """A project whose snapshot is written; return the file."""
    project.makepyfile(test_it=TEST.format(text="Why was the cat here?"))
    outcome(project.runpytest("--snapshot-update"), passed=1)
    return project.path / FILE


def test_an_accepted_stream_passes(project: pytest.Pytester, accepted: Path) -> None:
    """The file is text that a person can read, and the test passes against it."""
    assert '  | "Why" " " "was"' in accepted.read_text()
    before = accepted.stat().st_mtime_ns

    outcome(project.runpytest(), passed=1)
    assert accepted.stat().st_mtime_ns == before


def test_a_missing_snapshot_fails(project: pytest.Pytester) -> None:
    """Nothing is written without `--snapshot-update`, and the message names it."""
    project.makepyfile(test_it=TEST.format(text="Why?"))
    result = project.runpytest()

    outcome(result, failed=1)
    result.stdout.fnmatch_lines(
        ["*Snapshot 'test_answer' does not exist!", "*accept with: pytest --snapshot-update"]
    )
    assert not (project.path / "__snapshots__").exists()


def test_a_changed_token_fails(project: pytest.Pytester, accepted: Path) -> None:
    """The failure names the token, then the command, then shows the lines in context."""
    project.makepyfile(test_it=TEST.format(text="Why was the dog here?"))
    result = project.runpytest()

    outcome(result, failed=1)
    result.stdout.fnmatch_lines(
        [
            'E*node `answer`: token 7 changed: "cat" -> "dog"',
            "E*accept with: pytest --snapshot-update",
            '-  | "Why" " " "was" " " "the" " " "cat" " "*',
            '+  | "Why" " " "was" " " "the" " " "dog" " "*',
        ]
    )
    assert "cat" in accepted.read_text()


def test_a_changed_order_fails(project: pytest.Pytester, accepted: Path) -> None:
    """Two tokens that change places are an order, not two changes."""
    project.makepyfile(test_it=TEST.format(text="Why was cat the here?"))
    result = project.runpytest()

    outcome(result, failed=1)
    result.stdout.fnmatch_lines(['E*node `answer`: tokens 5 and 7 swapped: "the" and "cat"'])


def test_a_lost_metadata_key_fails(project: pytest.Pytester, accepted: Path) -> None:
    """A key of the metadata that is gone is named."""
    text = accepted.read_text()
    accepted.write_text(text.replace("  ls_model_type", "  ls_lost: 1\n  ls_model_type"))
    result = project.runpytest()

    outcome(result, failed=1)
    result.stdout.fnmatch_lines(["E*`ls_lost` is gone from the metadata of `answer`"])


def test_the_command_that_accepts_records_again(project: pytest.Pytester, accepted: Path) -> None:
    """A failing test keeps its cassette: without the record mode the old answer is played."""
    project.makepyfile(test_it=TEST.format(text="Why was the dog here?"))
    output = project.runpytest("--record-mode=rewrite").stdout.str()

    assert output.count("accept with: pytest --record-mode=rewrite --snapshot-update") == 1
    assert "pytest --snapshot-update" not in output


def test_what_is_said_is_said_once(project: pytest.Pytester, accepted: Path) -> None:
    """The lines that pytest cut come after the failure, without what stands there already."""
    project.makepyfile(test_it=TEST.format(text="Why was the dog here?"))
    changed = project.runpytest().stdout.str()
    accepted.unlink()
    missing = project.runpytest().stdout.str()
    for output in (changed, missing):
        assert output.count("accept with: pytest --snapshot-update") == 1
    assert changed.count('token 7 changed: "cat" -> "dog"') == 1


def test_verbose_output_has_the_difference_once(project: pytest.Pytester, accepted: Path) -> None:
    """Where pytest cuts nothing, nothing is repeated."""
    project.makepyfile(test_it=TEST.format(text="Why was the dog here?"))
    section = "stream snapshot test_answer"

    assert section in project.runpytest().stdout.str()
    verbose = project.runpytest("-vv").stdout
    assert section not in verbose.str()
    verbose.fnmatch_lines(["E*-  | *cat*"])


def test_a_comparison_without_assert_shows_the_difference(
    project: pytest.Pytester, accepted: Path
) -> None:
    """That of unittest, for one, which pytest does not explain."""
    project.makepyfile(
        test_it="""
        import pytest
        from unittest import TestCase
        from graphs import capture, says

        class TestAnswer(TestCase):
            @pytest.fixture(autouse=True)
            def _snapshot(self, stream_snapshot):
                self.snapshot = stream_snapshot

            def test_it(self):
                self.assertEqual(capture(says("Why?"), {"topic": "cats"}), self.snapshot)
        """
    )
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(["*stream snapshot *", "accept with: pytest --snapshot-update"])


def test_update_accepts_the_change(project: pytest.Pytester, accepted: Path) -> None:
    """`--snapshot-update` writes the new stream; then it passes."""
    project.makepyfile(test_it=TEST.format(text="Why was the dog here?"))

    outcome(project.runpytest("--snapshot-update"), passed=1)
    assert '"dog"' in accepted.read_text()
    assert [path.name for path in accepted.parent.iterdir()] == [accepted.name]
    outcome(project.runpytest(), passed=1)


def test_an_unused_snapshot_is_reported(project: pytest.Pytester, accepted: Path) -> None:
    """A file that no test uses fails the run, and is deleted when one updates."""
    orphan = accepted.with_name("test_gone.stream.txt")
    orphan.write_text(accepted.read_text())
    result = project.runpytest()

    result.stdout.fnmatch_lines(["*1 snapshot unused*", "*--snapshot-update to delete*"])
    assert result.ret == 1
    project.runpytest("--snapshot-update")
    assert not orphan.exists()
    assert accepted.exists()


@pytest.mark.parametrize("stops", [False, True], ids=["fails", "left out"])
def test_a_test_that_did_not_pass_keeps_its_snapshot(
    project: pytest.Pytester,
    accepted: Path,
    stops: bool,
) -> None:
    """Neither unused nor deleted: it failed before its comparison, or `-x` left it out."""
    test = TEST.format(text="Why?").replace("    assert", "    1 / 0\n    assert")
    first = "def test_first(stream_snapshot): assert False\n" if stops else ""
    project.makepyfile(test_it=first + test)
    for options in ([], ["--snapshot-update"]):
        result = project.runpytest("-x", *options)
        outcome(result, failed=1)
        assert "unused" not in result.stdout.str()
    assert "cat" in accepted.read_text()


def test_something_else_than_a_transcript(project: pytest.Pytester) -> None:
    """Comparing a list says what is expected."""
    project.makepyfile("def test_it(stream_snapshot): assert [1] == stream_snapshot")
    result = project.runpytest()

    outcome(result, failed=1)
    result.stdout.fnmatch_lines(
        ["*SnapshotError: a stream snapshot holds a Transcript, not a list*"]
    )


def test_two_transcripts_explain_themselves(project: pytest.Pytester) -> None:
    """`assert a == b` fails in the same words."""
    project.makepyfile(
        """
        from graphs import capture, says

        def test_it():
            left, right = (capture(says(text), {"topic": "x"}) for text in ("Hi", "Ho"))
            assert left == right
        """
    )
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(['E*node `answer`: token 1 changed: "Hi" -> "Ho"*'])


def test_colours_are_pytests(project: pytest.Pytester, accepted: Path) -> None:
    """Changed lines are red and green with `--color=yes`, and nothing is coloured without."""
    project.makepyfile(test_it=TEST.format(text="Why was the dog here?"))
    plain = project.runpytest("--color=no", "-vv").stdout.str()
    coloured = project.runpytest("--color=yes", "-vv").stdout.str()

    assert "\x1b[" not in plain
    assert '\x1b[31m-  | "Why"' in coloured
    assert '\x1b[32m+  | "Why"' in coloured


def test_no_color_is_respected(
    project: pytest.Pytester, accepted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `NO_COLOR`, what syrupy and we say is plain text."""
    monkeypatch.setenv("NO_COLOR", "1")
    project.makepyfile(test_it=TEST.format(text="Why was the dog here?"))
    assert "\x1b[" not in project.runpytest("-vv").stdout.str()


@pytest.mark.proof
@pytest.mark.parametrize("colour", ["yes", "no"])
def test_workers_colour_as_the_terminal_does(
    project: pytest.Pytester, accepted: Path, colour: str
) -> None:
    """With pytest-xdist it is the terminal of the session that decides, not that of a worker."""
    project.makepyfile(test_it=TEST.format(text="Why was the dog here?"))
    project.makeconftest(
        f"""
        import pytest

        @pytest.hookimpl(trylast=True)
        def pytest_configure(config):
            if not hasattr(config, "workerinput"):  # as if it were started in a terminal, or not
                config.pluginmanager.get_plugin("terminalreporter").hasmarkup = {colour == "yes"}
        """
    )
    shown = project.runpytest_subprocess("-n", "1", "-vv").stdout.str()
    assert ('\x1b[31m-  | "Why"' in shown) == (colour == "yes")
    assert '-  | "Why"' in shown


def test_the_head_and_the_origin_are_in_the_file(accepted: Path) -> None:
    """A person sees what was streamed, and below the stream where it came from."""
    lines = accepted.read_text().splitlines()
    assert lines[1:4] == [
        'graph LangGraph("answer")',
        'input {"topic": "cats"}',
        "modes values, updates, messages, custom",
    ]
    assert lines[-1].startswith("#   runtime: langgraph ")


def test_other_versions_leave_the_file_alone(project: pytest.Pytester, accepted: Path) -> None:
    """Even an update writes nothing while the stream is the same."""
    older = accepted.read_text().replace("runtime: langgraph 1", "runtime: langgraph 0")
    accepted.write_text(older)
    outcome(project.runpytest("--snapshot-update"), passed=1)
    assert accepted.read_text() == older


def test_update_adds_what_an_older_format_did_not_hold(
    project: pytest.Pytester, accepted: Path
) -> None:
    """The head and the provenance of an upgraded snapshot, although its stream is the same."""
    whole = accepted.read_text()
    lines = whole.partition("#   runtime: ")[0].splitlines(keepends=True)
    old = "".join([lines[0], *lines[4:], "#   unknown: the stream was recorded in format 1, ...\n"])
    accepted.write_text(old)
    outcome(project.runpytest(), passed=1)
    assert accepted.read_text() == old
    result = project.runpytest("--snapshot-update")
    result.stdout.fnmatch_lines(["1 snapshot updated."])
    assert accepted.read_text() == whole


def test_a_failure_says_where_it_came_from(project: pytest.Pytester, accepted: Path) -> None:
    """Here it was the runtime: nothing else is known of a model that nobody records."""
    older = accepted.read_text().replace("runtime: langgraph 1", "runtime: langgraph 0")
    accepted.write_text(older.replace('"cats"', '"dogs"'))
    result = project.runpytest()
    outcome(result, failed=1)
    result.stdout.fnmatch_lines(["E*from the runtime: langgraph 0.* -> langgraph 1.*"])
