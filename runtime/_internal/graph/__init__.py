"""Modules of `runtime.graph` that only LangGraph needs there: see `runtime._internal`."""
