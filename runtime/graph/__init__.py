"""Graphs of nodes that share a state."""

from runtime._internal import modules_of
from runtime.constants import END, START
from runtime.graph._message_graph import MessageGraph
from runtime.graph.message import MessagesState, add_messages
from runtime.graph.state import StateGraph

__all__ = ("END", "START", "MessageGraph", "MessagesState", "StateGraph", "add_messages")

__path__.append(modules_of(__name__))
