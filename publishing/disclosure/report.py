"""What disclosure control did, in counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class LevelReport:
    """Cells of one geography level, and the children in them, by what became of the cell."""

    level: str
    cells: int
    small: int
    complementary: int
    coded: int
    children: int
    children_hidden: int


@dataclass(frozen=True)
class DisclosureReport:
    """Counts over the cells of the publication plan; hidden, coded and shown add up to `cells`.

    hidden_complementary are cells of enough children; `repairs` how often elimination alone had not been
    enough.
    """

    cells: int
    hidden_primary: int
    hidden_complementary: int
    coded: int
    held: int
    indicator_years: int
    populations: int
    repairs: int
    tables: int
    seconds: float
    levels: tuple[LevelReport, ...] = field(default=())

    @property
    def shown(self) -> int:
        return self.cells - self.hidden_primary - self.hidden_complementary - self.coded


LEVELS = """
select
    geography_level, count(*), count(*) filter (suppression = 'suppressed' and n < minimum),
    count(*) filter (suppression = 'suppressed' and n >= minimum),
    count(*) filter (starts_with(suppression, 'coded')), sum(n)::bigint,
    coalesce(sum(n) filter (suppression = 'suppressed'), 0)::bigint
from protected inner join slot using (slot_id)
group by all order by count(distinct geography_id), geography_level
"""


def report_of(con: duckdb.DuckDBPyConnection, repairs: int, tables: int, seconds: float) -> DisclosureReport:
    levels = tuple(LevelReport(*row) for row in con.execute(LEVELS).fetchall())
    (held, years, populations) = con.execute(
        "select (select count(*) from held_rows), (select count(*) from problem), "
        "(select count(distinct representative) from population)"
    ).fetchall()[0]
    return DisclosureReport(
        sum(level.cells for level in levels),
        sum(level.small for level in levels),
        sum(level.complementary for level in levels),
        sum(level.coded for level in levels),
        held,
        years,
        populations,
        repairs,
        tables,
        seconds,
        levels,
    )
