"""The functional API: workflows as plain functions that call tasks."""

from runtime.func._entrypoint import entrypoint
from runtime.func._task import task

__all__ = ("entrypoint", "task")
