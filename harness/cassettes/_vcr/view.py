"""What a test reads of an open cassette under the names that it has in vcrpy."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.cassettes._model import Interaction


class VcrView:
    """The part of vcrpy's cassette that tests look at: `vcr.play_count`, `vcr.requests` and so on.

    Requests are vcrpy's, responses its dicts.
    """

    _played: Counter[int]

    @property
    @abstractmethod
    def interactions(self) -> tuple[Interaction, ...]:
        """All interactions."""

    def __len__(self) -> int:
        return len(self.interactions)

    def __bool__(self) -> bool:
        return True  # an empty cassette is one, too

    @property
    def play_count(self) -> int:
        """How many answers were played."""
        return self._played.total()

    @property
    def play_counts(self) -> Counter[int]:
        """How often each interaction was played, by its index."""
        return Counter(self._played)

    @property
    def all_played(self) -> bool:
        """Whether every interaction was played."""
        return len(self._played) == len(self)

    @property
    def requests(self) -> list[Any]:
        """The requests, in vcrpy's form."""
        from harness.cassettes._vcr.pairs import vcr_request  # noqa: PLC0415 - slow, as needed

        return [vcr_request(item.request) for item in self.interactions]

    @property
    def responses(self) -> list[dict[str, Any]]:
        """The responses, in vcrpy's form."""
        from harness.cassettes._vcr.pairs import vcr_response  # noqa: PLC0415 - slow, as needed

        return [vcr_response(item.response) for item in self.interactions]
