"""`--with-marts`: children's records for analysts alone, in types of PostgreSQL, and gone when no longer asked for."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import psycopg
import pytest

from tests.publishing.postgres.databases import LOGINS, Exporting
from tests.warehouse_to_write import write_warehouse

pytestmark = pytest.mark.xdist_group("postgresql_export")
MARTS = """
    create schema marts;
    create table marts.fct_student_year as
    select 'p1' as person_id, 2025::smallint as school_year, ['white', 'a "b", c'] as races, 12.50::decimal(6, 2) as days,
        {'a': 1} as facts, 170141183460469231731687303715884105727::hugeint as widest, date '2010-02-03' as birthday,
        timestamptz '2025-08-01 12:00:00+00' as seen_at, 'b'::enum ('a', 'b') as grade, null::varchar as nothing
    union all
    select 'p2', 2024, [], null, null, null, null, null, null, '';
    comment on column marts.fct_student_year.person_id is 'Carries no meaning.';
    create table marts.fct_discipline as select 'p1' as person_id, 'I-17' as incident_id, 'load_1' as _load_id, 7 as _row_number;
    create table marts.load_history as select 'load_1' as load_id, 'children.csv' as file_name, 'ab' as sha256;
    create view marts.of_a_file as from read_parquet('reference/beside.parquet');
    create schema staging; create table staging.stg_person as select 'Ann' as first_name;
"""


@pytest.fixture
def with_marts(exporting: Exporting) -> Exporting:
    exporting.made.reference.mkdir(exist_ok=True)
    with write_warehouse(exporting.made) as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"set file_search_path = '{exporting.home}'")
        con.sql("select 1 as one").write_parquet(str(exporting.made.reference / "beside.parquet"))
        con.execute(MARTS)
    return exporting


def test_marts_are_for_analysts_alone_and_only_while_asked_for(with_marts: Exporting) -> None:
    database = with_marts.database
    with_marts.export()
    assert database.schemas() == ["published"]
    told = json.loads(with_marts.export("--with-marts", "--json").stdout)
    assert told["marts_rows"] == {
        "fct_discipline": 1,
        "fct_student_year": 2,
        "load_history": 1,
        "of_a_file": 1,
    }
    for login, role in LOGINS.items():
        user = f"marts_{login}"
        database.run(f"create role {user} login password 'right'")
        if role:
            database.run(f"grant {role} to {user}")
        if role == "analyst":
            assert len(database.rows("select * from marts.fct_student_year", user)) == 2
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                database.rows("select * from marts.fct_student_year", user)
    assert json.loads(with_marts.export("--with-marts", "--json").stdout)["is_new"] is False
    with_marts.export()
    assert database.schemas() == ["published"]


def test_nothing_leads_from_a_child_to_its_row_in_a_file(with_marts: Exporting) -> None:
    with_marts.export("--with-marts")
    rows = with_marts.database.rows
    assert rows("select * from marts.fct_discipline") == [("p1",)]
    assert rows("select * from marts.load_history") == [("load_1",)]


def test_values_of_every_type_arrive(with_marts: Exporting) -> None:
    with_marts.export("--with-marts")
    first, second = with_marts.database.rows(
        "select person_id, school_year, races, days, facts, widest, birthday, seen_at at time zone 'UTC', grade, nothing"
        " from marts.fct_student_year order by person_id"
    )
    assert first == (
        "p1", 2025, ["white", 'a "b", c'], Decimal("12.50"), {"a": 1}, Decimal(2**127 - 1), dt.date(2010, 2, 3),
        dt.datetime(2025, 8, 1, 12), "b", None,
    )  # fmt: skip
    assert second == ("p2", 2024, [], None, None, None, None, None, None, "")
    assert with_marts.database.rows("select col_description('marts.fct_student_year'::regclass, 1)") == [
        ("Carries no meaning.",)
    ]


def test_a_warehouse_of_which_only_a_part_is_there_is_not_read(with_marts: Exporting) -> None:
    with_marts.made.warehouse.write_bytes(b"half a file")
    done = with_marts.export("--with-marts", expected=2)
    assert "The warehouse is damaged or no warehouse" in done.output
    assert with_marts.database.schemas() == []
