"""Rebuild a recorded provider request as the LangChain call that sends it again.

One module per API; `find_provider` tells which one a recorded request belongs to.
"""

from harness.providers._call import MissingPackageError, ModelCall, Provider
from harness.providers._find import APIS, find_provider

__all__ = ["APIS", "MissingPackageError", "ModelCall", "Provider", "find_provider"]
