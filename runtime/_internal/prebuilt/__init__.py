"""Modules of `runtime.prebuilt` that only LangGraph needs there: see `runtime._internal`."""
