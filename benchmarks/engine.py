"""The engine side by side with LangGraph: medians, ratios, and the goals that they meet.

Both engines get the same graph, modes and saver. Run with `make bench`, or this file alone with
`--json`, `--rounds`, `--only` and `--quick`.
"""

from __future__ import annotations

from itertools import chain

from _agents import agents
from _graphs import chains, compiling, fan_outs, wide_states
from _processes import processes
from _runner import arguments, report
from _tokens import event_streams, tokens

GROUPS = (chains, fan_outs, agents, wide_states, compiling, tokens, event_streams, processes)

if __name__ == "__main__":
    report(chain.from_iterable(group() for group in GROUPS), arguments(__doc__))
