"""The school years and collections that one mapped file tells of, each a delivery and a table of its own."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from ingestion.lake.delivery import Delivery
from ingestion.mapping.mapping import MappedTable
from ingestion.sql_text import identifier

PART = "mapped_part"


def periods_of(con: duckdb.DuckDBPyConnection, mapped: MappedTable, delivery: Delivery) -> list[Delivery]:
    """One delivery per school year and collection, oldest first; itself if the file carries none.

    Part of a delivery that names its own year is only that year of the file.
    """
    if not mapped.period_columns:
        return [delivery]
    own = {"school_year": delivery.school_year, "collection": delivery.collection}
    wanted = [c for c in mapped.period_columns if own[c] is None]
    if not wanted:
        return [delivery]
    columns = ", ".join(wanted)
    filled = " and ".join(f"{column} is not null" for column in wanted)
    found = con.execute(
        f"select distinct {columns} from {mapped.table} where {filled} order by {columns}"
    ).fetchall()
    if not found:
        return [delivery]
    parts = [{**own, **dict(zip(wanted, values, strict=True))} for values in found]
    return [_as_delivery(delivery, part) for part in parts]


def part_of(
    con: duckdb.DuckDBPyConnection, mapped: MappedTable, delivery: Delivery, *, takes_the_rest: bool
) -> MappedTable:
    """The rows of one period as a table of their own.

    Rows that say no period belong to nobody; the last part takes them, to hold them back and count them.
    """
    if not mapped.period_columns:
        return mapped
    own = {"school_year": delivery.school_year, "collection": delivery.collection}
    same = " and ".join(f"{column} = ?" for column in mapped.period_columns)
    rest = " or ".join(f"{column} is null" for column in mapped.period_columns)
    where = f"({same})" + (f" or {rest}" if takes_the_rest else "")
    con.execute(
        f"create or replace table {PART} as select * from {identifier(mapped.table)} where {where}",
        [own[column] for column in mapped.period_columns],
    )
    return replace(mapped, table=PART)


def _as_delivery(delivery: Delivery, period: dict[str, object]) -> Delivery:
    year, collection = period["school_year"], period["collection"]
    assert isinstance(year, int) or year is None
    if year is None:
        return delivery
    return delivery.for_year(year, str(collection) if collection else None)
