"""What disclosure control refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.errors import MilepostError

if TYPE_CHECKING:
    from publishing.disclosure.system import Numbers


class DisclosureError(MilepostError):
    """The cells cannot be protected; nothing was written and nothing may be published from them."""


class PinnedError(DisclosureError):
    """Some cells are told by the others, whatever is hidden; `cells` are their ids, or places in a system."""

    def __init__(self, cells: Numbers) -> None:
        self.cells = cells
        super().__init__(
            f"{len(cells)} hidden numbers could be worked out, whatever else is hidden",
            rule="no hidden number may be told by all that is published",
            next_step="Publish fewer disaggregates at this level in `publication:`, or raise the minimum",
        )
