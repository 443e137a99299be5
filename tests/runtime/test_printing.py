"""`print_mode` and `debug`: payloads on the terminal, whatever is yielded."""

from __future__ import annotations

from runtime_graphs import chain


def test_print_mode_prints_and_yields_nothing_more(drive, capsys) -> None:
    """The mode stands in bold before the payload."""
    graph = chain(lambda _: {"a": 2})
    chunks = drive.stream(graph, {"a": 1}, stream_mode="values", print_mode="updates")
    assert chunks == [{"a": 1, "log": []}, {"a": 2, "log": []}]
    assert capsys.readouterr().out == "\033[1m[updates]\033[0m {'n0': {'a': 2}}\n"


def test_a_mode_may_be_printed_and_yielded(drive, capsys) -> None:
    """Printing takes nothing away."""
    graph = chain(lambda _, writer: writer("x"))
    assert drive.stream(graph, {"a": 1}, stream_mode="custom", print_mode=["custom"]) == ["x"]
    assert capsys.readouterr().out == "\033[1m[custom]\033[0m 'x'\n"


def test_chunks_of_inner_graphs_name_their_graph(drive, capsys) -> None:
    """With subgraphs the namespace stands beside the mode."""
    graph = chain(chain(lambda _: {"a": 2}))
    drive.stream(graph, {"a": 1}, stream_mode="custom", print_mode="updates", subgraphs=True)
    inner, outer = capsys.readouterr().out.splitlines()
    assert "[graph=('n0:" in inner
    assert "graph=" not in outer


def test_debug_prints_updates_and_values(drive, capsys) -> None:
    """As an argument, or for all runs of a graph that was compiled so."""
    drive.invoke(chain(lambda _: {"a": 2}), {"a": 1}, debug=True)
    printed = capsys.readouterr().out
    assert printed.count("[updates]") == 1
    assert printed.count("[values]") == 2
    drive.invoke(chain(lambda _: {"a": 2}, debug=True), {"a": 1})
    assert capsys.readouterr().out == printed
    drive.invoke(chain(lambda _: {"a": 2}, debug=True), {"a": 1}, debug=False)
    assert capsys.readouterr().out == ""
