"""The queries of the dashboards mean the same to DuckDB and to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing.dashboards.sources import load_sources
from tests.ingestion.connectors.servers import PostgresServer, postgresql_programs
from tests.publishing.dashboards.release_in_postgres import copy_release

PROGRAMS = postgresql_programs()
SOURCES = load_sources()

pytestmark = pytest.mark.skipif(PROGRAMS is None, reason="needs PostgreSQL's initdb (package postgresql)")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[duckdb.DuckDBPyConnection, Any]]:
    """A hand-made release with gaps, bands, hidden numbers and deliveries, in both."""
    import psycopg

    assert PROGRAMS is not None
    file = tmp_path_factory.mktemp("release") / "release.duckdb"
    make_release(file)
    server = PostgresServer(PROGRAMS)
    copy_release(file, server)
    with (
        duckdb.connect(str(file), read_only=True) as con,
        psycopg.connect(
            host="127.0.0.1", port=server.port, user="partner", password="right", dbname="postgres"
        ) as session,
    ):
        yield con, session
    server.close()


@pytest.mark.parametrize("name", SOURCES.datasets)
def test_both_give_the_same_rows(both: tuple[duckdb.DuckDBPyConnection, Any], name: str) -> None:
    con, session = both
    sql, columns = SOURCES.sql[name], ", ".join(description_of(both[0], SOURCES.sql[name]))
    ours = con.execute(f"select {columns} from ({sql}) as told").fetchall()
    theirs = session.execute(f"select {columns} from ({sql}) as told").fetchall()
    assert ours
    assert sorted(map(repr, ours)) == sorted(map(repr, theirs))


def description_of(con: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return [column[0] for column in con.execute(f"describe {sql}").fetchall()]


def test_numbers_are_said_in_words(both: tuple[duckdb.DuckDBPyConnection, Any]) -> None:
    query = SOURCES.sql["values_in_words"]
    expected = {
        ("boys", 2025, "52.3 %", "49.1 to 55.6 %", "1.7 points short of 54.0 % by 2026"),
        ("girls", 2025, "at most 8 %", None, "no target"),
        ("others", 2025, "hidden", None, "no target"),
        ("late", 2025, "not received", None, "no target"),
        ("few", 2025, "40 to 55 %", None, "no target"),
        ("boys", 2024, "50.0 %", "46.0 to 54.0 %", "reached"),
    }
    asked = f"select subgroup, school_year, share, share_between, against_target from ({query}) as told"
    asked += " where disaggregate = 'gender' and school_year >= 2024 and definition = 'default'"
    for answered in (both[0].execute(asked).fetchall(), both[1].execute(asked).fetchall()):
        assert set(answered) == expected
    latest = f"select subgroup, school_year from ({query}) as told where is_latest_year and subgroup = 'boys'"
    assert sorted(both[0].execute(latest).fetchall()) == [
        ("boys", 2024),
        ("boys", 2025),
    ]  # of each definition


def test_a_gap_is_dated_by_its_unbroken_stretch(both: tuple[duckdb.DuckDBPyConnection, Any]) -> None:
    """Behind in 2019 and 2020, not clear in 2021, behind in 2022, nothing told of 2023, behind in 2024 and 2025."""
    query = SOURCES.sql["gaps_in_words"]
    asked = (
        f"select school_year, behind_since, gap, gap_status from ({query}) as told where subgroup = 'girls'"
    )
    asked += " and definition = 'default' and reference = 'best_off' and gap_points is not null order by 1"
    expected = [
        (2019, 2019, "-4.0", "behind"), (2020, 2019, "-4.0", "behind"), (2021, None, "-1.0", "not_clear"),
        (2022, 2022, "-4.0", "behind"), (2024, 2024, "-4.0", "behind"), (2025, 2024, "-4.0", "behind"),
    ]  # fmt: skip
    assert both[0].execute(asked).fetchall() == expected
    assert both[1].execute(asked).fetchall() == expected
    hidden = (
        f"select gap, gap_status from ({query}) as told where reference = 'best_off' and subgroup = 'others'"
    )
    assert both[0].execute(hidden).fetchall() == [("hidden", "hidden")]


def test_numbers_are_counted_by_how_they_are_shown(both: tuple[duckdb.DuckDBPyConnection, Any]) -> None:
    """Of 2025 one is shown, a band and a range told, one hidden, one not received; of 2024 one is shown."""
    asked = f"select school_year, shown_as, numbers from ({SOURCES.sql['numbers_of_places']}) as told"
    asked += " where definition = 'default' order by 1, 2"
    expected = [
        (2024, "a number", 1), (2025, "a band or range", 2), (2025, "a number", 1), (2025, "hidden", 1),
        (2025, "not received", 1),
    ]  # fmt: skip
    assert both[0].execute(asked).fetchall() == expected
    assert both[1].execute(asked).fetchall() == expected


def test_choices_are_those_that_something_is_told_of(both: tuple[duckdb.DuckDBPyConnection, Any]) -> None:
    """Both ways to count have a number; gaps are told against the best-off subgroup alone."""
    asked = {
        "places_to_choose": ("place", [("Here",), ("Oak",)]),
        "indicators_to_choose": ("definition", [("default",), ("strict",)]),
        "splits_to_choose": ("disaggregate_title", [("All children",), ("Gender",)]),
        "collections_to_choose": ("collection", [("annual",)]),
        "references_to_choose": ("reference", [("best_off",)]),
    }
    for name, (column, expected) in asked.items():
        query = f"select distinct {column} from ({SOURCES.sql[name]}) as told order by 1"
        assert both[0].execute(query).fetchall() == expected
        assert both[1].execute(query).fetchall() == expected


def test_a_delivery_is_counted_once(both: tuple[duckdb.DuckDBPyConnection, Any]) -> None:
    asked = "select load_id, n_rules, n_rules_broken, roster, outcome_of_delivery, is_last_of_period, period"
    asked += f" from ({SOURCES.sql['deliveries']}) as told order by load_id"
    assert both[0].execute(asked).fetchall() == [
        ("d000001", 2, 1, "not told", "superseded", False, "2025"),
        ("d000002", 2, 0, "0", "accepted, rows held back", True, "2025"),
        ("d000003", 0, 0, "", "rejected", True, "2025 fall"),
    ]


def make_release(file: Path) -> None:
    from publishing.dashboards.datasets import empty_release
    from publishing.dbt_project import DBT_PROJECT
    from publishing.release_contents import load_promise

    with empty_release(load_promise(DBT_PROJECT)) as con:
        for statement in filter(str.strip, ROWS.split(";")):
            con.execute(statement)
        con.execute(f"attach '{file}' as made; copy from database memory to made; detach made")


ROWS = """
insert into published.geographies by name select 'here' as community_id, unnest(['community', 'school']) as geography_level,
    unnest(['here', 'oak']) as geography_id, unnest(['Here', 'Oak']) as title;
insert into published.indicators by name select 'reading' as indicator_id, unnest(['usual', 'strict']) as definition_version,
    'Reading' as title, 'reading' as outcome, 'up' as better, unnest([true, false]) as is_default;
insert into published.subgroups by name select 'gender' as disaggregate, 'Gender' as disaggregate_title, false as is_pair,
    unnest(['boys', 'girls', 'others', 'late', 'few']) as subgroup,
    unnest(['Boys', 'Girls', 'Others', 'Late', 'Few']) as subgroup_title, unnest([1, 2, 3, 4, 5]) as sort_order;
insert into published.subgroups by name select 'all' as disaggregate, 'All children' as disaggregate_title, 'all' as subgroup,
    'All children' as subgroup_title, false as is_pair, 0 as sort_order;
insert into published.school_years by name select 'here' as community_id, year as school_year, 'annual' as collection,
    'y' || year as title from unnest([2019, 2020, 2021, 2022, 2024, 2025]) as t(year);
create table keys as select 'here' as community_id, 'reading' as indicator_id, 'annual' as collection,
    'final' as data_maturity, 'community' as geography_level, 'here' as geography_id, 'gender' as disaggregate;
insert into published.indicator_values by name select keys.*, 'usual' as definition_version, told.* exclude (version) from keys,
    (values ('boys', 2025, 100, 0.5231, 0.491, 0.5557, '', 1), ('girls', 2025, 90, null, 0, 0.08, 'coded_low', 1),
    ('others', 2025, null, null, null, null, 'suppressed', 1), ('late', 2025, null, null, null, null, 'not_received', 1),
    ('few', 2025, 20, null, 0.4, 0.55, 'rounded', 1), ('boys', 2024, 100, 0.5, 0.46, 0.54, '', 1))
    as told (subgroup, school_year, denominator, value, value_low, value_high, suppression, version);
insert into published.indicator_values by name select keys.*, 'strict' as definition_version, 'boys' as subgroup,
    2024 as school_year, 100 as denominator, 0.4 as value, 0.36 as value_low, 0.44 as value_high, '' as suppression from keys;
insert into published.indicator_trends by name select keys.*, 'usual' as definition_version, 'boys' as subgroup,
    unnest([2024, 2025]) as school_year, unnest([0.49, 0.54]) as target_value, unnest([2024, 2026]) as target_year,
    unnest([-1.0, 1.69]) as distance_to_target_points, 'maintained' as status from keys;
insert into published.indicator_gaps by name select keys.*, 'usual' as definition_version, 'girls' as subgroup,
    'best_off' as reference, 'boys' as reference_subgroup, year as school_year, points as gap_points,
    points - 2 as gap_points_low, points + 2 as gap_points_high, 7 as children_to_close,
    case when points < -2 then 'behind' else 'not_clear' end as gap_status
    from keys, (values (2019, -4.0), (2020, -4.0), (2021, -1.0), (2022, -4.0), (2024, -4.0), (2025, -4.0)) as t (year, points);
insert into published.gap_drivers by name select 'here' as community_id, 'reading' as indicator_id, 'usual' as definition_version,
    'annual' as collection, 2025 as school_year, 'gender' as disaggregate, 'girls' as subgroup, 'boys' as reference_subgroup,
    unnest(['oak', 'other_schools']) as geography_id, -4.0 as gap_points, 5 as children_to_close;
insert into published.load_quality by name select 'here' as community_id, 'north' as partner_id, 'north.attendance' as extract_id,
    2025 as school_year, timestamp '2025-08-01 10:00:00' as received_at, *
    from (values ('annual', 'd000001', 'superseded', 100, 'key_is_unique', true, 0), ('annual', 'd000001', 'superseded', 100,
    'children_are_on_the_roster', false, null), ('annual', 'd000002', 'accepted_with_quarantine', 110, 'key_is_unique', true, 0),
    ('annual', 'd000002', 'accepted_with_quarantine', 110, 'children_are_on_the_roster', true, 0),
    ('fall', 'd000003', 'rejected', 0, 'not_checked', null, null))
    as told (collection, load_id, state, rows_received, rule, is_passed, n_violations);
insert into published.releases by name select 'r0001' as release_id, true as is_current;
drop table keys
"""
