"""The examples of docs/connecting.md run against a real server and a real file, and answer what stands there."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from publishing.dbt_project import DBT_PROJECT
from publishing.postgres.readers import ANALYST, PUBLIC, load_readers
from publishing.release_contents import load_promise
from tests.ingestion.connectors.servers import HERE, PostgresServer, postgresql_programs
from tests.publishing.postgres.databases import Exporting, new_database
from tests.publishing.postgres.made_release import add_release, write_configuration

pytestmark = pytest.mark.xdist_group("postgresql_export")
PAGE = (Path(__file__).parents[2] / "docs" / "connecting.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```(sh|python)\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.M | re.S)
NAMES = ["psql", "psycopg", "sqlalchemy", "odbc", "duckdb", "duckdb_command_line"]
# the demo's numbers of two years, two subgroups of it that are hidden, and what it was sent
VALUES: list[dict[str, Any]] = [
    {
        "school_year": 2024,
        "disaggregate": "all",
        "subgroup": "all",
        "denominator": 918,
        "numerator": 715,
        "value": 715 / 918,
        "suppression": "",
    },
    {
        "school_year": 2025,
        "disaggregate": "all",
        "subgroup": "all",
        "denominator": 928,
        "numerator": 730,
        "value": 730 / 928,
        "suppression": "",
    },
    {"school_year": 2025, "disaggregate": "foster_care", "subgroup": "no", "suppression": "suppressed"},
    {"school_year": 2025, "disaggregate": "foster_care", "subgroup": "yes", "suppression": "suppressed"},
]
DELIVERIES = {"accepted": 73, "accepted_with_quarantine": 25, "rejected": 1}
OF_VALUES = {
    "community_id": "riverbend", "indicator_id": "ninth_grade_on_track", "definition_version": "consortium",
    "collection": "annual", "geography_level": "community", "geography_id": "riverbend",
}  # fmt: skip


def rows(table: str, *values: dict[str, Any]) -> list[list[Any]]:
    columns = load_promise(DBT_PROJECT)[table].columns
    return [[value.get(column) for column in columns] for value in values]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a login of Riverbend, in a folder with the file."""
    programs = postgresql_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL's initdb (package postgresql)")
    server = PostgresServer(programs)
    try:
        server.sql("create role loader login createrole password 'right'")
        here = Exporting(tmp_path_factory.mktemp("connecting"), new_database(server))
        write_configuration(
            here.communities, {"river_city_schools": ("riverbend", 1), "hill_schools": ("hillside", 1)}
        )
        quality = {
            "community_id": "riverbend",
            "partner_id": "river_city_schools",
            "rule": "key_is_unique",
        }
        deliveries = [
            {**quality, "state": state, "load_id": f"{state}{n}"}
            for state, many in DELIVERIES.items()
            for n in range(many)
        ]
        indicator = {
            "indicator_id": "ninth_grade_on_track",
            "definition_version": "consortium",
            "is_default": True,
        }
        made = {
            "indicator_values": rows("indicator_values", *({**OF_VALUES, **value} for value in VALUES)),
            "indicators": rows("indicators", indicator),
            "load_quality": rows(
                "load_quality",
                *deliveries,
                {**quality, "community_id": "hillside", "state": "accepted", "load_id": "another"},
            ),
        }
        folder = add_release(here.made, "r0001", made)
        (here.drop / "current.duckdb").symlink_to(folder / "release.duckdb")
        here.export()
        here.database.run(
            "create role riverbend_staff login password 'right'; grant community_riverbend to riverbend_staff"
        )
        yield {
            "PGHOST": HERE, "PGPORT": str(server.port), "PGDATABASE": here.database.name, "FOLDER": str(here.drop),
            "PGUSER": "riverbend_staff", "PGPASSWORD": "right",
        }  # fmt: skip
    finally:
        server.close()


def test_every_way_to_connect_has_an_example() -> None:
    assert len(EXAMPLES) == len(NAMES)


@pytest.mark.parametrize(("language", "example", "expected"), EXAMPLES, ids=NAMES)
def test_an_example_answers_what_the_page_shows(
    reader: dict[str, str], monkeypatch: pytest.MonkeyPatch, language: str, example: str, expected: str
) -> None:
    for name, value in reader.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(reader["FOLDER"])
    if language == "python":
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            exec(compile(example, "docs/connecting.md", "exec"), {})
        assert told.getvalue() == expected
        return
    (program,) = {"isql", "psql", "duckdb"} & {*example.split()}
    if shutil.which(program) is None or (program == "isql" and "PostgreSQL Unicode" not in _drivers()):
        pytest.skip(f"needs {program} (packages postgresql, unixodbc, odbc-postgresql; of Python duckdb-cli)")
    done = subprocess.run(["bash", "-c", example], capture_output=True, text=True, timeout=60, env=os.environ)
    assert done.stdout == expected, done.stderr


def _drivers() -> str:
    place = Path("/etc/odbcinst.ini")
    return place.read_text() if place.exists() else ""


def test_the_page_tells_of_every_table_and_column_that_is_not_for_all() -> None:
    section = PAGE.split("## Who sees what")[1].split("## Queries")[0]
    readers = load_readers()
    for table in (*readers.partner, *readers.everyone):
        assert f"`{table}`" in section
    for audience, tables in readers.withheld.items():
        assert audience == PUBLIC
        for table, columns in tables.items():
            assert all(f"`{table}.{column}`" in section for column in columns)
    assert f"| `{ANALYST}` |" in section
