"""Dashboards ask PostgreSQL for what they show and no more, as a login that sees its community alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.ingestion.connectors.servers import PostgresServer
from tests.publishing.dashboards.questions import Question, charts, filters
from tests.publishing.postgres.databases import Exporting, new_database
from tests.publishing.postgres.large_release import add_large_release
from tests.publishing.postgres.made_release import write_configuration

pytestmark = pytest.mark.xdist_group("postgresql_export")
LARGE = ("indicator_values", "indicator_gaps", "indicator_trends", "gap_drivers")
AT_COMMUNITY = {"community": "Riverbend", "geography_level": "community", "place": "Riverbend"}
AT_SCHOOL = {"community": "Riverbend", "geography_level": "school", "place": "school 3"}
# counts every number of the community, so that it reads all of them, once
OF_ALL_PLACES = "How much of each kind of place can be seen"


@pytest.fixture(scope="module")
def session(
    tmp_path_factory: pytest.TempPathFactory, server: PostgresServer
) -> Iterator[psycopg.Connection[Any]]:
    """A reader of one of the two communities of a release with 42,336 numbers."""
    here = Exporting(tmp_path_factory.mktemp("large"), new_database(server))
    write_configuration(here.communities)
    add_large_release(here.made, "r0001")
    here.export()
    here.database.run("create role reader_of_large login password 'right'")
    here.database.run("grant community_riverbend to reader_of_large")
    with here.database.connect("reader_of_large") as made:
        yield made


def rows_read(session: psycopg.Connection[Any], sql: str) -> tuple[dict[str, int], int]:
    """Rows that a query reads of each large table, and the most that any step of it goes through."""
    (found,) = session.execute(f"explain (analyze, timing off, format json) {sql}").fetchone() or ([],)  # type: ignore[call-overload]
    read, most = dict.fromkeys(LARGE, 0), 0
    steps = [found[0]["Plan"]]
    while steps:
        step = steps.pop()
        steps += step.get("Plans", [])
        left_out = sum(rows for what, rows in step.items() if what.startswith("Rows Removed by"))
        rows = round(step["Actual Loops"] * (step["Actual Rows"] + left_out))
        most = max(most, rows)
        if step.get("Relation Name") in LARGE:
            read[step["Relation Name"]] += rows
    return read, most


def shown_of(session: psycopg.Connection[Any], place: dict[str, str]) -> dict[str, int]:
    """Rows that each large table has of a place; schools that hold a gap are told of the community alone."""
    where = "geography_level = '{geography_level}' and title = '{place}'".format(**place)
    places = f"select geography_id from published.geographies where {where}"
    found = {}
    for table in LARGE:
        of_place = "true" if table == "gap_drivers" else f"geography_id in ({places})"
        count = session.execute(f"select count(*) from published.{table} where {of_place}")  # type: ignore[call-overload]
        (found[table],) = count.fetchone()
    return found


@pytest.mark.parametrize("place", [AT_COMMUNITY, AT_SCHOOL], ids=["community", "school"])
def test_a_chart_reads_the_rows_of_its_place_and_each_once(
    session: psycopg.Connection[Any], place: dict[str, str]
) -> None:
    there = shown_of(session, place)
    asked = [one for one in charts(place) if one.title != OF_ALL_PLACES]
    assert len(asked) > 20
    for question in asked:
        read, most = rows_read(session, question.sql)
        for table in LARGE:
            assert read[table] <= there[table], (question.dashboard, question.title, table)
        assert most <= 50 * there["indicator_values"], (question.dashboard, question.title)


@pytest.mark.parametrize("place", [AT_COMMUNITY, AT_SCHOOL], ids=["community", "school"])
def test_a_chart_of_one_indicator_reads_the_rows_of_that_indicator(
    session: psycopg.Connection[Any], place: dict[str, str]
) -> None:
    """One of 16 indicators with 20 ways to count them; the others' rows are left alone."""
    there = shown_of(session, place)
    for question in charts(place):
        if "indicator in ('Early grade reading')" in question.sql:
            read, _ = rows_read(session, question.sql)
            for table in LARGE:
                assert read[table] <= there[table] / 8, (question.dashboard, question.title, table)


def test_all_numbers_are_counted_in_one_pass(session: psycopg.Connection[Any]) -> None:
    (rows,) = session.execute("select count(*) from published.indicator_values").fetchone() or (0,)
    (question,) = [one for one in charts(AT_COMMUNITY) if one.title == OF_ALL_PLACES]
    read, most = rows_read(session, question.sql)
    # with those of the other community, which row security leaves out, where it reads the table from end to end
    assert 0 < read.pop("indicator_values") <= 2 * rows
    assert set(read.values()) == {0}
    assert most <= 4 * rows


def test_a_list_of_choices_reads_hardly_a_number(session: psycopg.Connection[Any]) -> None:
    """A number for each indicator or reference shows that there are some."""
    asked = list(filters(AT_SCHOOL))
    assert len(asked) > 15
    for question in asked:
        read, _ = rows_read(session, question.sql)
        assert sum(read.values()) <= 100, (question.dashboard, question.title)
        assert answers(session, question), (question.dashboard, question.title)


def answers(session: psycopg.Connection[Any], question: Question) -> list[tuple[Any, ...]]:
    return session.execute(question.sql).fetchall()  # type: ignore[call-overload,no-any-return]
