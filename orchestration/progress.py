"""What a run tells whoever watches it: nothing by default; the command line draws bars with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from expectations.outcome import LoadOutcome
    from ingestion.errors import MilepostError


class Progress:
    """Silent listener; jobs call it as they go, through the resource `progress`."""

    def expect(self, deliveries: int) -> None:
        """So many deliveries are about to be loaded."""

    def loaded(self, outcome: LoadOutcome) -> None:
        """One delivery is through the gate."""

    def failed(self, error: MilepostError) -> None:
        """A file was not loaded for a reason that is not its own: a contract, the disk."""

    def building(self, step: str, done: int, total: int) -> None:
        """`done` of `total` pieces of a step of the refresh are finished."""

    def waiting(self, message: str) -> None:
        """Another run holds the warehouse; this one goes on when that one ends."""
