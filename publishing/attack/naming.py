"""Findings in words: the cell that lies too open, and the sum that opens it; never a number of children."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingestion.wording import counted
from publishing.attack.report import Finding

if TYPE_CHECKING:
    import duckdb

    from publishing.attack.units import UnitResult

WHAT = {"n": "denominator", "x": "numerator", "y": "number of the others (denominator less numerator)"}
_SUMS_OF_CELL = """
select sums.{unknown} as n_unknown, family.kind, family.split,
    total.geography_level || ' ' || total.geography_id, total.disaggregate || ' ' || total.subgroup,
    (
        select min(twin) from summand as member inner join known using (table_id, slot_id)
        where member.table_id = sums.table_id and member.family_id = sums.family_id
    ) as twin
from summand
inner join sums using (family_id, table_id)
inner join family using (family_id)
inner join slot as total on family.total_id = total.slot_id
where summand.table_id = {table} and summand.slot_id = {slot}
order by all
"""


_GIVEN_AWAY = """
select kind, table_id, slot_id from (
    select table_id, slot_id, n_low, x_low, n_low = n_high as is_n, x_low = x_high as is_x,
        suppression, is_shown, minimum_denominator as minimum,
        greatest(band_smallest, floor(band_share * n_low)) as band
    from known inner join tbl using (table_id)
), (select unnest(['n', 'x']) as kind)
where if(
    kind = 'n',
    is_n and not is_shown and n_low < minimum,
    is_x and suppression <> '' and (n_low < minimum or x_low <= band or (is_n and n_low - x_low <= band))
) and (kind, table_id, slot_id) not in (select (kind, table_id, slot_id) from harmless)
order by all
"""


def given_away(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """What another table, or a number of the same children, tells of a hidden cell without any sum."""
    rows = con.execute(_GIVEN_AWAY).fetchall()
    return [_finding(con, kind, table, slot, "its row holds a rate") for kind, table, slot in rows]


def name_findings(con: duckdb.DuckDBPyConnection, result: UnitResult) -> list[Finding]:
    """One finding per number that is too open; `con` still has the tables the attack made."""
    if result.trouble:
        community, indicator, year = con.execute(
            "select community_id, indicator_id, school_year from tbl "
            f"where unit_id = {result.unit_id} limit 1"
        ).fetchall()[0]
        return [Finding("trouble", community, indicator, year, "", "", result.trouble)]
    return [_finding(con, *one) for one in result.narrow]


def _finding(
    con: duckdb.DuckDBPyConnection, kind: str, table: int, slot: int, otherwise: str = ""
) -> Finding:
    community, indicator, version, year, collection, place, subgroup, told_by, release, twin = con.execute(
        "select tbl.community_id, indicator_id, definition_version, school_year, collection, "
        "geography_level || ' ' || geography_id, disaggregate || ' ' || subgroup, told_by, "
        "twin_release, twin "
        "from known inner join tbl using (table_id) inner join slot using (slot_id) "
        f"where table_id = {table} and slot_id = {slot}"
    ).fetchall()[0]
    if told_by:
        how = f"the table {told_by} tells of it"
    elif twin and release:
        how = f"release {release} showed it, of nearly the same children"
    elif twin and kind == "n":
        how = f"{twin} shows it, of nearly the same children"
    elif twin and kind == "x":
        how = f"{twin} counts those children"
    else:
        how = otherwise or _sum(con, kind, table, slot)
    label = f"{indicator} ({version}, {collection})"
    return Finding("range", community, label, year, place, subgroup, f"the {WHAT[kind]} is too open: {how}")


def _sum(con: duckdb.DuckDBPyConnection, kind: str, table: int, slot: int) -> str:
    unknown = "n_unknown" if kind == "n" else "x_unknown"
    rows = con.execute(_SUMS_OF_CELL.format(unknown=unknown, table=table, slot=slot)).fetchall()
    if not rows:
        return "by what is printed of it alone"
    n_unknown, how, split, place, subgroup, twin = rows[0]
    by = f"by {split}" if how == "subgroup" else f"over the {split}s"
    others = counted(n_unknown - 1, "other hidden number")
    together = (
        f", together with {counted(len(rows) - 1, 'other sum')}" if n_unknown > 1 and len(rows) > 1 else ""
    )
    elsewhere = f", and of which {twin} shows a part" if twin else ""
    return f"by the sum {by} of {subgroup} at {place}, which has {others}{together}{elsewhere}"
