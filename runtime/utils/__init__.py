"""Helpers that LangGraph has under this name, for configs and Runnables."""
