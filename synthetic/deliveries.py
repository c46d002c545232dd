"""Series of files: what a partner sends again and again, and how one delivery is written and registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from synthetic.calendars import ANNUAL, Collection
from synthetic.dirt import Dirt, spoil
from synthetic.formats import Format


@dataclass(frozen=True)
class Series:
    """One series of files of a partner.

    `query` is SQL for one delivery: the file's columns as text, and beside them _source (the row's source_id
    in the facts of every extract it feeds), _person and _single. Its rows stand in the order of _source, as
    those of a fact do; what joins has to sort. `extracts` read the file; a row of it becomes
    `rows_per_source` rows of the canonical entity.
    """

    name: str
    file: str  # {label} 2024-25, {year} 2025, {collection}
    extracts: tuple[str, ...]
    query: Callable[[Collection], str]
    format: Callable[[Collection], Format]
    sent: Callable[[Collection], bool]
    rows_per_source: int = 1

    def path(self, collection: Collection) -> str:
        """The file's path below the folder of deliveries."""
        return self.file.format(
            label=collection.label, year=collection.school_year, collection=collection.name
        )


def is_annual(collection: Collection) -> bool:
    """Sent once the year is over."""
    return collection.name == ANNUAL


def always(_: Collection) -> bool:
    """Sent at every collection."""
    return True


def each_term(collection: Collection) -> bool:
    """Sent when a term has ended."""
    return collection.name in ("winter", ANNUAL)


def annual_since(first_year: int) -> Callable[[Collection], bool]:
    """Sent once a year by a partner that joined in `first_year`."""
    return lambda collection: is_annual(collection) and collection.school_year >= first_year


REGISTER = """
create or replace table planted_dirt (
    file varchar, row_number bigint, rule varchar, column_name varchar, extract_id varchar, school_year
        integer,
    collection varchar, source_id bigint, true_person_id varchar, is_held_back boolean, rows_held_back bigint
)
"""


def write_delivery(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    series: Series,
    collection: Collection,
    dirt: tuple[Dirt, ...],
) -> int:
    """Write one file below `folder`, register its dirt in `planted_dirt`, return its number of data rows.

    Nothing is written where there are no rows.
    """
    path, query = folder / series.path(collection), series.query(collection)
    if not con.execute(f"select 1 from ({query}) limit 1").fetchall():
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    planted = tuple(
        kind for kind in dirt if kind.applies_to(series.name, collection.school_year, collection.name)
    )
    file_format = series.format(collection)
    if planted:
        spoil(con, query, planted)
        _register(con, series, collection, file_format.first_row)
    rows = "sheet order by _order" if planted else f"({query})"
    return file_format.write(con, f"select columns(lambda name: name[1] != '_') from {rows}", path)


def _register(con: duckdb.DuckDBPyConnection, series: Series, collection: Collection, first_row: int) -> None:
    """One line per dirty row and extract it is held back from; one without an extract if it is kept.

    Copies are dirty too, and push down what stands below them.
    """
    con.execute(
        f"""
        insert into planted_dirt
        select
            ?, row_number, _rule, _column, extract_id, ?, ?, _source, _person, extract_id is not null,
            case when extract_id is null then 0 else {series.rows_per_source} end
        from (
            select *, unnest(case when len(_holds) > 0 then _holds else [null] end) as extract_id
            from (
                select *, {first_row - 1} + cast(floor(_order) as bigint)
                    + count_if(_order > floor(_order)) over (order by _order) as row_number
                from sheet where _rule is not null
            )
        )
        order by row_number, extract_id
        """,
        [series.path(collection), collection.school_year, collection.name],
    )
