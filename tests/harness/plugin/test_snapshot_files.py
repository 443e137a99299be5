"""Two tests never share a file, beside syrupy's own snapshots, and on two workers."""

from __future__ import annotations

import pytest
from small_projects import outcome

IDS = """
import pytest
from graphs import capture, says

@pytest.mark.parametrize("text", ["one", "two", "three", "four", "five"],
                         ids=["a/b", "ab", "a:b", "a%2Fb", "x" * 300])
def test_ids(text, stream_snapshot):
    assert capture(says(text), {"topic": "cats"}) == stream_snapshot

class TestIt:
    def test_twice(self, stream_snapshot, snapshot):
        assert capture(says("first"), {"topic": "cats"}) == stream_snapshot
        assert capture(says("second"), {"topic": "cats"}) == stream_snapshot
        assert capture(says("third"), {"topic": "cats"}) == stream_snapshot(name="named")
        assert "amber" == snapshot
"""


@pytest.fixture
def written(project: pytest.Pytester) -> pytest.Pytester:
    """A project with eight stream snapshots and one of syrupy's."""
    project.makepyfile(test_it=IDS)
    outcome(project.runpytest("--snapshot-update"), passed=6)
    return project


def test_every_comparison_has_its_own_file(written: pytest.Pytester) -> None:
    """Whatever the parameters are called, and several comparisons in one test."""
    folder = written.path / "__snapshots__" / "test_it"
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 8
    assert "test_ids[a%2Fb].stream.txt" in names
    assert "test_ids[a%252Fb].stream.txt" in names
    assert "TestIt.test_twice.stream.txt" in names
    assert "TestIt.test_twice.1.stream.txt" in names
    assert "TestIt.test_twice.[named].stream.txt" in names
    assert max(map(len, names)) <= 255


def test_nothing_is_unused(written: pytest.Pytester) -> None:
    """All of them pass, and syrupy finds no file that belongs to nobody."""
    result = written.runpytest()
    outcome(result, passed=6)
    assert result.ret == 0


def test_a_part_of_the_tests_leaves_the_others_alone(written: pytest.Pytester) -> None:
    """Running some tests neither reports nor deletes the files of the rest."""
    before = sorted((written.path / "__snapshots__").rglob("*"))
    for selection in (["-k", "twice"], ["test_it.py::test_ids"], ["-k", "ab"]):
        result = written.runpytest("--snapshot-update", *selection)
        assert "unused" not in result.stdout.str()
        assert "deleted" not in result.stdout.str()
    assert sorted((written.path / "__snapshots__").rglob("*")) == before


BREAKING = """

@pytest.fixture(autouse=True)
def breaks(request, snapshot):
    if request.node.name != "test_ids[ab]":
        pytest.{how}("before the comparison")
"""


@pytest.mark.parametrize("how", ["fail", "skip"])
@pytest.mark.parametrize(
    "options",
    [
        pytest.param([], id="alone"),
        # syrupy 6.1 warns of its own files
        pytest.param(["-n2", "-Wignore::pytest.PytestWarning"], marks=pytest.mark.proof, id="two"),
    ],
)
def test_tests_that_did_not_pass_keep_their_files(
    written: pytest.Pytester, how: str, options: list[str]
) -> None:
    """With whatever syrupy, whatever they are called, and those of syrupy's own extension."""
    written.makepyfile(test_it=IDS + BREAKING.format(how=how))
    before = {path: path.read_bytes() for path in written.path.rglob("__snapshots__/**/*.*")}
    assert len(before) == 9
    outcome(
        written.runpytest_subprocess("--snapshot-update", *options),
        passed=1,
        **({"skipped": 5} if how == "skip" else {"errors": 5}),
    )
    assert before == {path: path.read_bytes() for path in before if path.exists()}


@pytest.mark.proof
def test_two_workers(written: pytest.Pytester) -> None:
    """Xdist runs give the same verdict, unused files included."""
    (written.path / "__snapshots__/test_it/test_gone.stream.txt").write_text("# old\n")
    result = written.runpytest_subprocess("-n", "2", "-p", "no:cacheprovider")

    outcome(result, passed=6)
    result.stdout.fnmatch_lines(["*9 snapshots passed. 1 snapshot unused.*"])
