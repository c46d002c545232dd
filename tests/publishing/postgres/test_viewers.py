"""Who sees what: every role asks for every table of a release of two communities, and tries to see more."""

from __future__ import annotations

import contextlib
import json
import re

import psycopg
import pytest

from publishing.dbt_project import DBT_PROJECT
from publishing.postgres.readers import Audience, load_readers
from publishing.postgres.row_security import release_access
from publishing.release_contents import load_promise
from tests.publishing.postgres.databases import LOGINS, Exporting
from tests.publishing.postgres.made_release import HILLSIDE, ONE_ROW, PARTNERS, write_configuration

pytestmark = pytest.mark.xdist_group("postgresql_export")
Denied = psycopg.errors.InsufficientPrivilege
RIVERBEND, HILLSIDES, EVERYBODYS = {"riverbend": 2}, {"hillside": 3}, {"everybody": 4}
BOTH = RIVERBEND | HILLSIDES
OF_EVERYBODY = ("indicators", "releases", "subgroups")
# login -> whose rows of the tables of numbers it sees, and of load_quality
EXPECTED: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "visitor": (BOTH, {}),
    "riverbend_staff": (RIVERBEND, {"north_schools": 5, "clinic": 6}),
    "hillside_staff": (HILLSIDES, {"hill_schools": 7}),
    "north_office": (RIVERBEND, {"north_schools": 5}),
    "clinic_office": (RIVERBEND, {"clinic": 6}),
    "hill_office": (HILLSIDES, {"hill_schools": 7}),
    "ana": (BOTH, {"north_schools": 5, "clinic": 6, "hill_schools": 7}),
    "stranger": ({}, {}),
}
WITHHELD = {
    ("visitor", "releases"): {"notes", "withdrawal_reason"},
    ("visitor", "area_values"): {"source_partner_id"},
}
TABLES = load_promise(DBT_PROJECT)
OWNER = re.compile(r"\d of (\w+)$")


def owners(rows: list[tuple[object, ...]]) -> dict[str, int]:
    """Whose rows these are, by what their texts say, and how many of each."""
    found: dict[str, int] = {}
    for row in rows:
        (owner,) = {match[1] for value in row if (match := OWNER.search(str(value)))}
        found[owner] = found.get(owner, 0) + 1
    return found


@pytest.mark.parametrize("login", LOGINS)
def test_a_role_sees_its_rows_and_columns_and_no_other(exported: Exporting, login: str) -> None:
    numbers, deliveries = EXPECTED[login]
    with exported.database.connect(login) as session:
        for table, promised in TABLES.items():
            expected = deliveries if table in ("load_quality", "indicator_sources") else numbers
            if table in OF_EVERYBODY:
                expected = EVERYBODYS if numbers else {}
            if table in ONE_ROW:
                expected = dict.fromkeys(numbers, 1)
            withheld = WITHHELD.get((login, table), set())
            shown = [column for column in promised.columns if column not in withheld]
            listed = session.execute(
                "select column_name from information_schema.columns where table_schema = 'published'"
                " and table_name = %s order by ordinal_position",
                [table],
            ).fetchall()
            assert [name for (name,) in listed] == (shown if expected else []), table
            query = f"select {', '.join(shown)} from published.{table}"
            if not expected:
                with pytest.raises(Denied):
                    session.execute(query)
                continue
            assert owners(session.execute(query).fetchall()) == expected, table
            for column in withheld:
                for attempt in (f"select {column}", "select *", f"select 1 where {column} > ''"):
                    asked, _, condition = attempt.partition(" where ")
                    with pytest.raises(Denied):
                        session.execute(f"{asked} from published.{table} where {condition or 'true'}")


@pytest.mark.parametrize("login", LOGINS)
def test_nobody_but_the_loader_writes(exported: Exporting, login: str) -> None:
    attempts = [
        "insert into published.releases (release_id) values ('r0009')",
        "update published.indicator_values set value = 1",
        "delete from published.load_quality",
        "truncate published.subgroups",
        "alter table published.indicators disable row level security",
        "drop policy everyone on published.indicators",
        "create policy mine on published.load_quality using (true)",
        "drop table published.geographies",
        "create table published.mine (a int)",
        "alter schema published rename to mine",
        "comment on table published.releases is 'mine'",
    ]
    with exported.database.connect(login) as session:
        for attempt in attempts:
            with pytest.raises(Denied):
                session.execute(attempt)
        # PostgreSQL only warns whoever may read and not hand on
        with contextlib.suppress(Denied):
            session.execute("grant select on published.load_quality to stranger")
    with exported.database.connect("stranger") as session, pytest.raises(Denied):
        session.execute("select * from published.load_quality")


@pytest.mark.parametrize(
    "trick",
    [
        "set role community_riverbend",
        "set role partner_clinic",
        "set role analyst",
        "set role loader",
        "set session authorization ana",
        "set session authorization loader",
        "alter role north_office bypassrls",
        "grant analyst to north_office",
        "set row_security = off; select * from published.load_quality",
        "select * from pg_catalog.pg_statistic",
    ],
)
def test_a_partner_cannot_become_somebody_else(exported: Exporting, trick: str) -> None:
    with exported.database.connect("north_office") as session, pytest.raises(Denied):
        session.execute(trick)


def test_a_partner_that_takes_its_own_role_sees_the_same(exported: Exporting) -> None:
    with exported.database.connect("north_office") as session:
        session.execute("set role partner_north_schools")
        assert owners(session.execute("select * from published.load_quality").fetchall()) == {
            "north_schools": 5
        }
        session.execute("reset role")
        assert owners(session.execute("select * from published.load_quality").fetchall()) == {
            "north_schools": 5
        }


def test_a_login_with_two_roles_sees_what_both_see(exported: Exporting) -> None:
    exported.database.run(
        "create role two_jobs login password 'right'; grant partner_clinic, partner_hill_schools to two_jobs"
    )
    seen = owners(exported.database.rows("select * from published.load_quality", "two_jobs"))
    assert seen == {"clinic": 6, "hill_schools": 7}
    assert owners(exported.database.rows("select * from published.geographies", "two_jobs")) == BOTH


def test_a_role_without_a_policy_sees_nothing_even_where_it_may_read(exported: Exporting) -> None:
    exported.database.run(
        "create role closed login password 'right'; grant usage on schema published to closed;"
        "grant select on all tables in schema published to closed"
    )
    for table in TABLES:
        assert exported.database.rows(f"select * from published.{table}", "closed") == [], table


def test_the_catalog_tells_no_values(exported: Exporting) -> None:
    """Statistics, comments and settings of everything, as everybody who can log in may read them."""
    for login in ("stranger", "north_office", "visitor"):
        with exported.database.connect(login) as session:
            for view in ("pg_stats", "pg_stats_ext", "pg_stats_ext_exprs"):
                told = f"select * from pg_catalog.{view} where schemaname = 'published'"
                assert session.execute(told).fetchall() == [], (login, view)
            for catalog in ("pg_description", "pg_shdescription", "pg_attrdef", "pg_constraint", "pg_index"):
                rows = session.execute(f"select t::text from pg_catalog.{catalog} as t").fetchall()
                assert not [row for row in rows if OWNER.search(row[0].rstrip('")'))], (login, catalog)


def test_explaining_a_query_tells_nothing_of_other_partners(exported: Exporting) -> None:
    def estimate(partner: str) -> object:
        asked = f"explain (format json) select * from published.load_quality where partner_id = '{partner}'"
        (plan,) = exported.database.rows(asked, "north_office")
        return json.loads(json.dumps(plan[0]))[0]["Plan"]["Plan Rows"]

    assert estimate("clinic") == estimate("nobody_there") == estimate("hill_schools")


def test_a_function_of_the_readers_own_is_shown_no_row_of_others(exported: Exporting) -> None:
    """However cheap it claims to be, it runs after the policy; a definer's rights are its own."""
    heard: list[str] = []
    with exported.database.connect("north_office") as session:
        session.add_notice_handler(lambda notice: heard.append(str(notice.message_primary)))
        session.execute(
            "create function pg_temp.tell(told text) returns boolean language plpgsql cost 0.0000001 as"
            " $$ begin raise notice '%', told; return true; end $$"
        )
        session.execute("select * from published.load_quality where pg_temp.tell(partner_id)")
        assert heard == ["north_schools"] * 5
        session.execute(
            "create function pg_temp.mine() returns bigint language sql security definer"
            " as 'select count(*) from published.load_quality'"
        )
        assert session.execute("select pg_temp.mine()").fetchall() == [(5,)]


def test_a_view_shows_a_reader_its_own_rows_where_it_is_a_security_invoker(exported: Exporting) -> None:
    exported.database.run("create schema of_ana authorization ana")
    exported.database.run(
        "create view of_ana.quality with (security_invoker = true) as select * from published.load_quality;"
        "create view of_ana.as_ana as select * from published.load_quality;"
        "grant usage on schema of_ana to public; grant select on all tables in schema of_ana to public",
        "ana",
    )
    assert owners(exported.database.rows("select * from of_ana.quality", "north_office")) == {
        "north_schools": 5
    }
    with pytest.raises(Denied):
        exported.database.rows("select * from of_ana.quality", "stranger")
    # why docs/connecting.md warns of any other view: it shows everybody what its owner sees
    assert len(exported.database.rows("select * from of_ana.as_ana", "stranger")) == 18


def test_the_export_makes_neither_views_nor_functions(exported: Exporting) -> None:
    assert (
        exported.database.rows(
            "select 1 from pg_class where relnamespace = 'published'::regnamespace and relkind not in ('r', 'i')"
            " union all select 1 from pg_proc where pronamespace = 'published'::regnamespace"
        )
        == []
    )


def test_default_privileges_of_the_loader_give_nothing_away(exporting: Exporting) -> None:
    exporting.database.run(
        "alter default privileges grant all on tables to public; alter default privileges grant all on schemas to public",
        "loader",
    )
    exporting.database.run("create role \"Odd name\" login password 'right'")
    exporting.database.run('alter default privileges grant all on tables to "Odd name"', "loader")
    exporting.export()
    exporting.database.run('grant usage on schema published to "Odd name"', "loader")
    for attempt in ("truncate published.releases", "select * from published.releases"):
        with pytest.raises(Denied):
            exporting.database.run(attempt, "Odd name")
    assert exporting.database.rows(
        "select nspacl::text ~ '[,{]=' from pg_namespace where nspname = 'published'"
    ) == [(False,)]


def test_who_is_no_longer_a_partner_sees_nothing_from_the_next_export_on(exporting: Exporting) -> None:
    """Though the release is the same, and the role and its login are still there."""
    exporting.export()
    exporting.database.run(
        "create role left_office login password 'right'; grant partner_clinic to left_office"
    )
    assert owners(exporting.database.rows("select * from published.load_quality", "left_office")) == {
        "clinic": 6
    }
    write_configuration(exporting.communities, {k: v for k, v in PARTNERS.items() if k != "clinic"})
    exporting.export()
    with pytest.raises(Denied):
        exporting.database.rows("select * from published.load_quality", "left_office")


def test_names_of_communities_are_quoted(exported: Exporting) -> None:
    told = exported.database.rows(
        "select shobj_description(oid, 'pg_authid') from pg_roles where rolname = 'community_hillside'"
    )
    assert told == [(f"Milepost: sees what is published of {HILLSIDE}.",)]


def test_a_table_that_no_rule_names_is_shut() -> None:
    audience = Audience({"riverbend": "Riverbend"}, {})
    made = release_access("next", {"new_table": ["community_id"]}, load_readers(), audience)
    assert made == ['alter table "next"."new_table" enable row level security']


def test_every_table_of_a_release_has_its_readers() -> None:
    readers = load_readers()
    named = [*readers.everyone, *readers.community, *readers.partner]
    assert sorted(named) == sorted(TABLES)
    of_communities = {name for name, table in TABLES.items() if "community_id" in table.columns}
    assert of_communities == {*readers.community, *readers.partner}
    hidden = [
        (t, c) for tables in readers.withheld.values() for t, columns in tables.items() for c in columns
    ]
    assert [(t, c) for t, c in hidden if c not in TABLES[t].columns] == []


def test_a_role_that_logs_in_is_not_made_a_group(exporting: Exporting) -> None:
    exporting.database.run("drop role if exists partner_surveyor; create role partner_surveyor login")
    write_configuration(exporting.communities, PARTNERS | {"surveyor": ("hillside", 1)})
    done = exporting.export(expected=2)
    assert "the role 'partner_surveyor' is there and may do more than a group of readers" in done.output
    assert exporting.database.schemas() == []


def test_a_name_that_postgresql_would_cut_is_refused(exporting: Exporting) -> None:
    write_configuration(exporting.communities, PARTNERS | {"p" * 60: ("hillside", 1)})
    done = exporting.export(expected=2)
    assert "PostgreSQL cuts names after 63 characters" in done.output
