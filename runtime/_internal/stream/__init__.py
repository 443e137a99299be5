"""Modules of `runtime.stream` that only LangGraph needs there: see `runtime._internal`."""
