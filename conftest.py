"""Set-up that all tests share: pytester for the plugin's tests, and no keys in the environment."""

from __future__ import annotations

import os
import sys

import pytest

pytest.register_assert_rewrite("small_projects")  # its assertions explain themselves

pytest_plugins = ["pytester", "shared_fixtures", "suite_report"]

for _name in [name for name in os.environ if name.endswith("_API_KEY")]:
    del os.environ[_name]  # whatever a test does, it cannot reach a provider
for _name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "PYTEST_ADDOPTS"):
    os.environ.pop(_name, None)

# Workers, runs inside tests and the programs that tests start all import the same modules: each is
# compiled once, even where the environment (that of an image, say) has Python keep no bytecode.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
