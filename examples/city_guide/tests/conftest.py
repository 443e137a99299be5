"""How the cassettes are kept."""

import pytest


@pytest.fixture(scope="session")
def vcr_config() -> dict:
    """Store requests to a server on this machine under the provider's address."""
    return {"recorded_as": "https://api.openai.com"}
