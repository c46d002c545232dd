"""Schema published as dbt would build it, of a few rows written by hand, and the marts behind it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ingestion.home import Home
from publishing.dbt_project import DBT_PROJECT
from publishing.release import Release, prepare_release, publish
from publishing.release_contents import load_promise
from tests.warehouse_to_write import write_warehouse

KEY = (
    "'tiny' as community_id, 'absence' as indicator_id, 'v1' as definition_version, 2025 as school_year, "
    "'annual' as collection, 'school' as geography_level, 'north:' || i as geography_id, 'all' as disaggregate, "
    "'all' as subgroup"
)
ROWS = {
    # of 100 children 40 and a few: 0.4 is within 0.3 and 0.5
    "indicator_values": f"select {KEY}, 'final' as data_maturity, 100 as denominator, 40 + i % 5 as numerator, "
    "(40 + i % 5) / 100 as value, 0.3 as value_low, 0.5 as value_high, 'rate' as value_kind, '' as suppression "
    "from range({n}) as r(i)",
    "indicators": "select 'absence' as indicator_id, 'v1' as definition_version, 'Absent' as title, 'k12' as stage, "
    "'students' as unit, 'down' as better, 'annual' as timing, 'school' as place, true as is_default, false as is_coverage, "
    "'[a]' as citation, 'share=0.1' as parameters, 'attendance' as required_entities",
    "subgroups": "select 'all' as disaggregate, 'all' as subgroup, 'Everyone' as disaggregate_title, "
    "'All children' as subgroup_title, false as is_pair, 1 as sort_order",
    "geographies": "select 'tiny' as community_id, 'school' as geography_level, 'north:' || i as geography_id, "
    "'School ' || i as title from range({n}) as r(i)",
    "school_years": "select 'tiny' as community_id, 2025 as school_year, 'annual' as collection, "
    "'final' as data_maturity, '2024-25' as title, 1 as n_indicators, true as is_latest",
}
CELLS = f"select {KEY}, 100 as denominator, 40 + i % 5 as numerator from range({{n}}) as r(i)"


def build(home: Home, content: int) -> str:
    """Make a warehouse with `content` values, one for each school; the id of the release prepared."""
    release_id = prepare_release(home, f"content {content}")
    home.warehouse.unlink(missing_ok=True)
    with write_warehouse(home) as con:
        con.execute("create schema published; create schema marts; create schema disclosure")
        for table in load_promise(DBT_PROJECT).values():
            columns = ", ".join(f"{name} {kind}" for name, (kind, _) in table.columns.items())
            con.execute(f"create table published.{table.name} ({columns})")
            if table.name in ROWS:
                rows = ROWS[table.name].format(n=content)
                con.execute(
                    f"insert into published.{table.name} by name select *, '{release_id}' as release_id from ({rows})"
                )
        con.execute(
            "insert into published.releases by name select *, "
            f"release_id = '{release_id}' as is_current from '{home.reference_file('releases')}'"
        )
        con.execute(f"create table marts.indicator_cells as {CELLS.format(n=content)}")
        con.execute(f"create table disclosure.cell_suppression as from range({content})")
    return release_id


def change(home: Home, *statements: str) -> None:
    """Change the warehouse that was built."""
    with write_warehouse(home) as con:
        for sql in statements:
            con.execute(sql)


def publish_content(home: Home, content: int, *statements: str) -> Release:
    """Build, change and publish."""
    build(home, content)
    change(home, *statements)
    return publish(home)


def rows_in_current(home: Home) -> int:
    with duckdb.connect(str(home.current_database), read_only=True) as con:
        row = con.execute("select count(*) from published.indicator_values").fetchone()
    assert row is not None
    return int(row[0])


def folders(home: Home) -> list[str]:
    """The names in the published folder."""
    return sorted(Path(path).name for path in home.published.iterdir())
