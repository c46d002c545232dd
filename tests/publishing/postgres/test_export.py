"""`milepost export postgres`: what arrives, what it says, and that running it again changes nothing."""

from __future__ import annotations

import json

import duckdb
import pytest

from publishing.dbt_project import DBT_PROJECT
from publishing.release_contents import load_promise
from tests.publishing.postgres.databases import Exporting
from tests.publishing.postgres.made_release import EVERYBODYS_ROWS, add_release

pytestmark = pytest.mark.xdist_group("postgresql_export")
STRANGE = 'He said "no", she said\n\\N or \\., \t\' ; -- ; 木 <b>&amp;</b>'


def test_every_value_arrives_as_it_is(exporting: Exporting) -> None:
    """NULL and the empty text stay apart, whole numbers beyond a double stay whole, shares keep every digit."""
    strange = [
        ["all", f"s{number}", text, None, True, number, "r0002"]
        for number, text in enumerate([STRANGE, "", " "])
    ]
    add_release(exporting.made, "r0002", {"subgroups": strange})
    exporting.export()
    with duckdb.connect(
        str(exporting.made.release_folder("r0002") / "release.duckdb"), read_only=True
    ) as con:
        for table in load_promise(DBT_PROJECT):
            there = exporting.database.rows(f"select * from published.{table}")
            assert sorted(map(repr, there)) == sorted(
                map(repr, con.execute(f"select * from published.{table}").fetchall())
            ), table
    texts = exporting.database.rows(
        "select disaggregate_title, subgroup_title from published.subgroups order by sort_order"
    )
    assert texts == [(STRANGE, None), ("", None), (" ", None)]


def test_types_and_descriptions_are_those_of_the_dictionary(exporting: Exporting) -> None:
    exporting.export()
    kinds = {
        "VARCHAR": "text", "INTEGER": "integer", "BIGINT": "bigint", "DOUBLE": "double precision",
        "BOOLEAN": "boolean", "TIMESTAMP": "timestamp without time zone",
    }  # fmt: skip
    told = {
        (table, column): (kind, description)
        for table, column, kind, description in exporting.database.rows(
            "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)"
            " from pg_class as c inner join pg_attribute as a on c.oid = a.attrelid"
            " where c.relnamespace = 'published'::regnamespace and c.relkind = 'r' and a.attnum > 0"
        )
    }
    promised = {
        (table.name, column): (kinds[kind], description)
        for table in load_promise(DBT_PROJECT).values()
        for column, (kind, description) in table.columns.items()
    }
    assert told == promised
    of_tables = exporting.database.rows(
        "select relname, obj_description(oid, 'pg_class') from pg_class"
        " where relnamespace = 'published'::regnamespace and relkind = 'r'"
    )
    assert dict(of_tables) == {name: table.description for name, table in load_promise(DBT_PROJECT).items()}


def test_the_same_release_again_loads_nothing_unless_forced(exporting: Exporting) -> None:
    first = json.loads(exporting.export("--json").stdout)
    assert (first["release_id"], first["is_new"], first["rows"]["releases"]) == (
        "r0001",
        True,
        EVERYBODYS_ROWS,
    )
    number = "select 'published.indicator_values'::regclass::oid"
    before = exporting.database.rows(number)
    assert json.loads(exporting.export("--json").stdout)["is_new"] is False
    assert exporting.database.rows(number) == before
    assert json.loads(exporting.export("--force", "--json").stdout)["is_new"] is True
    assert exporting.database.rows(number) != before
    assert exporting.database.schemas() == ["published"]
