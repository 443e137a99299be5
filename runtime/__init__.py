"""A graph runtime with the public API of LangGraph."""
