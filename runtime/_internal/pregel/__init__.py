"""Modules of `runtime.pregel` that only LangGraph needs there: see `runtime._internal`."""
