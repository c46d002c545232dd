"""neighborhoods.csv: the neighborhoods of a community, by census tracts and ZIP codes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from ingestion.configuration.geography_changes import malformed
from ingestion.configuration.tables import Filled, Row
from ingestion.errors import ContractError

# what a subgroup is called for other reasons
TAKEN = ("all", "unknown", "unmapped")


class NeighborhoodRow(Row):
    """A tract, or a ZIP code where a home's tract is not listed, and the neighborhood it is in."""

    geography_level: Literal["tract", "zip"]
    geography_id: Filled
    neighborhood: Filled

    def identity(self) -> tuple[str, ...]:
        return self.geography_level, self.geography_id


def check_neighborhood_row(row: NeighborhoodRow) -> str:
    if wrong := malformed(row.geography_level, row.geography_id):
        return wrong
    if "|" in row.neighborhood or row.neighborhood.lower() in TAKEN:
        return f"a neighborhood cannot be called '{row.neighborhood}'. Give it another name, without '|'"
    return ""


def spellings(path: Path, rows: Iterable[NeighborhoodRow]) -> list[ContractError]:
    """A problem for each neighborhood that is written in two ways, which would make two of it."""
    written: dict[str, set[str]] = {}
    for row in rows:
        written.setdefault("".join(row.neighborhood.lower().split()), set()).add(row.neighborhood)
    return [
        ContractError(
            f"one neighborhood is written in {len(names)} ways: {', '.join(sorted(names))}",
            where=str(path),
            next_step="Write it the same in every row",
        )
        for names in written.values()
        if len(names) > 1
    ]
