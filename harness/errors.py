"""What the harness raises, split by who can mend it.

`CassetteError` speaks to whoever owns the recordings, `SnapshotError` and `ScriptError` to whoever
wrote the test.
Every message says what happened, what was expected or closest, and what to do.
"""

from __future__ import annotations


class HarnessError(Exception):
    """Base of everything that the harness raises on purpose; the command line prints it as is."""


class CassetteError(HarnessError):
    """A recording is missing, unreadable, or not the one that the program asks for."""


class CassetteNotFoundError(CassetteError):
    """The cassette file does not exist and may not be recorded now."""


class CassetteFormatError(CassetteError):
    """The file is not a cassette that can be read: truncated, foreign, or hostile."""


class CassetteMissError(CassetteError):
    """The program sent a request that the cassette does not hold."""


class CassetteOrderError(CassetteError):
    """The program asks or reads in a way in which the recorded order cannot be followed."""


class UnplayedInteractionsError(CassetteError):
    """A cassette holds interactions that nobody asked for."""


class RecordedCallError(HarnessError):
    """A recorded call of a model failed, with an exception of a class that is not loaded."""


class NetworkBlockedError(HarnessError):
    """Something tried to reach the network during replay."""


class ReplayError(HarnessError):
    """A recorded request cannot be sent again through the provider's LangChain class."""


class SnapshotError(HarnessError):
    """A snapshot file is missing, broken, or of another format version."""


class ScriptError(HarnessError):
    """A scripted model and the program that asks it do not agree."""


class ScriptExhaustedError(ScriptError):
    """The program asked once more than the script has turns."""


class LeftoverTurnsError(ScriptError):
    """The script has turns that nobody asked for."""


class UnexpectedCallError(ScriptError):
    """The script says that this call must not come."""


class ScriptedToolCallError(ScriptError):
    """A scripted tool call names no bound tool, or does not fit its schema."""


class ModelNameError(HarnessError):
    """A name stands for no model, or the package of the model is not installed."""
