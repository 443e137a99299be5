"""Channels: the places that tasks write to, each with its rule for combining writes."""

from runtime.channels.base import BaseChannel
from runtime.channels.binop import BinaryOperatorAggregate
from runtime.channels.ephemeral_value import EphemeralValue
from runtime.channels.last_value import LastValue
from runtime.channels.named_barrier_value import NamedBarrierValue
from runtime.channels.topic import Topic

__all__ = (
    "BaseChannel",
    "BinaryOperatorAggregate",
    "EphemeralValue",
    "LastValue",
    "NamedBarrierValue",
    "Topic",
)
