"""Event streams: a run as its callers read it, and what they can make of its events.

`graph.stream_events(..., version="v3")` runs a graph. What happens becomes events, transformers see
every event, and what they make of it waits in channels, which are the projections of the run:
`run.values`, `run.messages`, and those of transformers of the user's own.
"""

from __future__ import annotations

from runtime._internal import modules_of
from runtime.stream._event import ProtocolEvent
from runtime.stream._transformer import StreamTransformer
from runtime.stream.run_stream import (
    AsyncGraphRunStream,
    AsyncSubgraphRunStream,
    GraphRunStream,
    SubgraphRunStream,
)
from runtime.stream.stream_channel import StreamChannel
from runtime.stream.transformers import (
    CheckpointsTransformer,
    CustomTransformer,
    DebugTransformer,
    LifecyclePayload,
    LifecycleTransformer,
    SubgraphStatus,
    SubgraphTransformer,
    TasksTransformer,
    UpdatesTransformer,
)

__all__ = (
    "AsyncGraphRunStream",
    "AsyncSubgraphRunStream",
    "CheckpointsTransformer",
    "CustomTransformer",
    "DebugTransformer",
    "GraphRunStream",
    "LifecyclePayload",
    "LifecycleTransformer",
    "ProtocolEvent",
    "StreamChannel",
    "StreamTransformer",
    "SubgraphRunStream",
    "SubgraphStatus",
    "SubgraphTransformer",
    "TasksTransformer",
    "UpdatesTransformer",
)

__path__.append(modules_of(__name__))
