"""The engine: a graph as nodes and channels, run in supersteps.

To follow one superstep, read `main.Pregel.stream`, then `_sync.drive`, then `Run.plan`,
`Run.finish` and `Run.commit` in `_run`, then the two pure functions in `_step`.
"""

from runtime._internal import modules_of
from runtime.pregel._nodes.builder import NodeBuilder
from runtime.pregel.main import Pregel

__all__ = ("NodeBuilder", "Pregel")

__path__.append(modules_of(__name__))
