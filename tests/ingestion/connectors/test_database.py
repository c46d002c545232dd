"""Tables, against a real PostgreSQL (and SQLite, for any other database SQLAlchemy speaks to)."""

import datetime as dt
import sqlite3
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from ingestion.errors import ContractError, Interrupted
from tests.ingestion.connectors.conftest import MEGABYTES, Deployment
from tests.ingestion.connectors.servers import HERE, Line, PostgresServer, postgresql_programs

pytestmark = pytest.mark.xdist_group("postgresql")
PROGRAMS = postgresql_programs()
needs_server = pytest.mark.skipif(PROGRAMS is None, reason="needs PostgreSQL's initdb (package postgresql)")
ROWS = 50_000
ATTENDANCE = f"""
    create table reporting.attendance as
    select n as id, 2024 + n % 2 as year_end, 'Schüler ' || n || ' Ñandú 木' as student,
        case when n % 10 = 0 then null else 'Łódź' end as school,
        date '2024-08-15' + (n % 180)::int as first_day, (n % 181) + 0.25 as days_absent,
        ((n % 1000) / 8.0)::numeric(8, 3) as enrolled, n % 3 = 0 as is_new,
        timestamptz '2024-08-15 12:00:00-05' as seen_at, n % 7 as "Grade"
    from generate_series({ROWS}, 1, -1) as n
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    made = PostgresServer(PROGRAMS or Path())
    made.sql(
        "create schema reporting",
        ATTENDANCE,
        "alter table reporting.attendance add primary key (id)",
        "create view reporting.small as select student, school, year_end from reporting.attendance where id <= 5",
        "create table reporting.empty (student text)",
        "create role nobody login password 'right'",
    )
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COC_DB_USER", "partner")
    monkeypatch.setenv("COC_DB_PASSWORD", "right")


def source(port: int, table: str, database: str = "postgres") -> str:
    return (
        f"url: postgresql://{HERE}:{port}/{database}\ncredentials: COC_DB\ntimeout_seconds: 10\n"
        f"tables:\n  - {{{table}}}\n"
    )


WHOLE = "table: reporting.attendance, file: attendance_2025.parquet"
BY_YEAR = (
    'table: reporting.attendance, columns: [student, school], where: "year_end = {school_year}",'
    ' file: "attendance_{school_year}.parquet", school_years: [2024, 2025]'
)


@needs_server
def test_a_table_keeps_its_values_and_the_same_rows_are_the_same_bytes(
    deployment: Deployment, server: PostgresServer
) -> None:
    deployment.configure(source(server.port, WHOLE))
    assert deployment.fetch().problems == ()
    (path,) = deployment.home.inbox.rglob("*.parquet")
    rows = pq.read_table(path)
    assert rows.num_rows == ROWS
    assert rows["id"].to_pylist() == list(range(1, ROWS + 1))  # the key's order, not the table's
    tenth = {name: rows[name][9].as_py() for name in rows.column_names}
    assert tenth == {
        "id": 10, "year_end": 2024, "student": "Schüler 10 Ñandú 木", "school": None,
        "first_day": dt.date(2024, 8, 25), "days_absent": "10.25", "enrolled": Decimal("1.250"),
        "is_new": False, "seen_at": dt.datetime(2024, 8, 15, 17, tzinfo=dt.UTC), "Grade": 3,
    }  # fmt: skip
    first = path.read_bytes()
    second = deployment.fetch()
    assert (second.files, second.unchanged) == ((), ("attendance_2025.parquet",))
    server.sql("update reporting.attendance set school = 'Wien' where id = 10")
    try:
        assert len(deployment.fetch().files) == 1
    finally:
        server.sql("update reporting.attendance set school = null where id = 10")  # now last on its disk
    deployment.fetch()
    assert path.read_bytes() == first
    assert deployment.parts() == []


@needs_server
def test_a_table_of_many_years_becomes_a_file_per_year(
    deployment: Deployment, server: PostgresServer
) -> None:
    deployment.configure(source(server.port, BY_YEAR))
    assert deployment.fetch().problems == ()
    tables = [pq.read_table(path) for path in sorted(deployment.home.inbox.rglob("*.parquet"))]
    assert [table.num_rows for table in tables] == [ROWS // 2, ROWS // 2]
    assert [table.column_names for table in tables] == [["student", "school"]] * 2
    assert [table["student"][0].as_py().split()[1] for table in tables] == ["2", "1"]


@needs_server
def test_values_of_every_kind_come_as_what_a_partner_would_write(
    deployment: Deployment, server: PostgresServer
) -> None:
    server.sql(
        "drop table if exists kinds",
        "create type mood as enum ('well', 'ill')",
        "create table kinds (u uuid, m mood, i interval, t time, j jsonb, a int[], n inet, f float8, b boolean,"
        " c char(3), big bigint, none text, late inet)",
        "insert into kinds values ('6f1e2a34-0000-4000-8000-000000000001', 'ill', '1 day', '08:30', '{\"a\": 1}',"
        " '{1,2}', '10.0.0.1', 0.5, true, 'ab', 9007199254740993, null, null)",
    )
    deployment.configure(source(server.port, "table: kinds, file: attendance_2025.parquet"))
    assert deployment.fetch().problems == ()
    (path,) = deployment.home.inbox.rglob("*.parquet")
    texts = duckdb.sql(f"select columns(*)::varchar from '{path}'").fetchone()
    assert texts is not None
    row = dict(zip(pq.read_schema(path).names, texts, strict=True))
    assert row["u"] == "6f1e2a34-0000-4000-8000-000000000001"
    assert (row["m"], row["f"], row["b"], row["big"]) == ("ill", "0.5", "true", "9007199254740993")
    assert (row["t"], row["c"].strip(), row["none"], row["late"]) == ("08:30:00", "ab", None, None)
    assert (row["a"], row["j"], row["n"], row["i"]) == ("{1,2}", '{"a": 1}', "10.0.0.1/32", "1 day")


@needs_server
def test_a_view_without_a_key_has_an_order_of_its_values(
    deployment: Deployment, server: PostgresServer
) -> None:
    view = "table: reporting.small, file: attendance_2025.parquet, where: \"school <> ':x' and student::text > ' :y'\""
    deployment.configure(source(server.port, view))
    assert deployment.fetch().problems == ()
    (path,) = deployment.home.inbox.rglob("*.parquet")
    students = pq.read_table(path)["student"].to_pylist()
    assert students == [f"Schüler {number} Ñandú 木" for number in (1, 2, 3, 4, 5)]


@needs_server
def test_a_cut_in_the_middle_leaves_the_inbox_as_it_was_and_starts_again(
    deployment: Deployment, server: PostgresServer, line: Callable[[int], Line]
) -> None:
    to_server = line(server.port)
    to_server.breaks_after = MEGABYTES
    deployment.configure(source(to_server.port, WHOLE))
    (problem,) = deployment.fetch().problems
    assert isinstance(problem, Interrupted)
    assert "the connection was cut" in str(problem)
    assert deployment.inbox() == {}
    to_server.breaks_after = None
    assert len(deployment.fetch().files) == 1


@needs_server
def test_a_server_that_was_killed_and_started_again(deployment: Deployment, server: PostgresServer) -> None:
    deployment.configure(source(server.port, WHOLE))
    server.kill()
    try:
        (problem,) = deployment.fetch().problems
        assert "the server cannot be reached" in str(problem)
    finally:
        server.start()
    assert len(deployment.fetch().files) == 1


@needs_server
@pytest.mark.parametrize(
    ("user", "password", "table", "database", "said"),
    [
        ("partner", "Q7wrongQ7", WHOLE, "postgres", "the server refused the login. Check the variables COC_DB_..."),
        ("nobody", "right", WHOLE, "postgres", "the table 'reporting.attendance' may not be read"),
        ("partner", "right", WHOLE, "nowhere", "the database"),
        ("partner", "right", "table: reporting.empty, file: attendance_2025.parquet", "postgres", "has no rows"),
        ("partner", "right", WHOLE + ", where: 'student = 1'", "postgres", "refused to read"),
        ("partner", "right", WHOLE + ", where: 'pg_sleep(30) is null'", "postgres", "did not answer"),
    ],
)  # fmt: skip
def test_each_trouble_is_one_clear_error(
    deployment: Deployment, server: PostgresServer, monkeypatch: pytest.MonkeyPatch,
    user: str, password: str, table: str, database: str, said: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("COC_DB_USER", user)
    monkeypatch.setenv("COC_DB_PASSWORD", password)
    deployment.configure(source(server.port, table, database).replace("seconds: 10", "seconds: 1"))
    start = time.monotonic()
    fetched = deployment.fetch()
    assert said in str(fetched.problems[0])
    assert "Q7wrongQ7" not in repr(fetched)
    assert "Schüler" not in repr(fetched)
    assert deployment.inbox() == {}
    assert time.monotonic() - start < 25  # pg_sleep(30) was not waited for


@needs_server
@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("table: reporting.atendance, file: attendance_2025.parquet", "Did you mean 'attendance'?"),
        (WHOLE + ", columns: [scool]", "has no column 'scool'. Did you mean 'school'?"),
    ],
)
def test_what_is_configured_wrongly_names_the_nearest(
    deployment: Deployment, server: PostgresServer, table: str, said: str
) -> None:
    deployment.configure(source(server.port, table))
    with pytest.raises(ContractError) as error:
        deployment.fetch()
    assert said in str(error.value)
    assert "sources.yml:2" in str(error.value)


@needs_server
def test_a_where_cannot_write(deployment: Deployment, server: PostgresServer) -> None:
    server.sql(
        "create or replace function reporting.harm() returns boolean language plpgsql as"
        " $$ begin delete from reporting.attendance; return true; end $$"
    )
    deployment.configure(source(server.port, WHOLE + ", where: 'reporting.harm()'"))
    assert "(code 25006)" in str(deployment.fetch().problems[0])


def test_any_database_of_sqlalchemy_will_do(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "clinic.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table visits (student text, absent integer)")
        connection.executemany("insert into visits values (?, ?)", [("b", None), ("a", 2), ("é", 3)])
    table = "  - {table: visits, file: attendance_2025.parquet}"
    deployment.configure(f"url: sqlite:///{path}\ntables:\n{table}\n")
    assert deployment.fetch().problems == ()
    (file,) = deployment.home.inbox.rglob("*.parquet")
    assert pq.read_table(file).to_pylist() == [
        {"student": "a", "absent": 2}, {"student": "b", "absent": None}, {"student": "é", "absent": 3},
    ]  # fmt: skip
    assert deployment.fetch().files == ()


def test_a_driver_that_is_not_installed_is_named(deployment: Deployment) -> None:
    deployment.configure(
        "url: mssql+pyodbc://db.invalid/clinic?driver=ODBC+Driver+18\ncredentials: COC_DB\n"
        "tables:\n  - {table: visits, file: attendance_2025.parquet}"
    )
    with pytest.raises(ContractError, match="no driver for 'mssql\\+pyodbc' is installed"):
        deployment.fetch()
