"""The version of LangGraph whose interface this is."""

__all__ = ("__version__",)

__version__ = "1.2.24"
"""The newest LangGraph that this runtime has been compared with."""
