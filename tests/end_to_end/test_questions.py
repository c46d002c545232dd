"""The queries of docs/indicators.md run on the demo's release, and each has an answer."""

from __future__ import annotations

import re

import duckdb
import pytest

from docs.indicator_cards import PAGE
from tests.conftest import Deployment

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]

QUERIES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.S)
OF_SCHOOLS = next(query for query in QUERIES if "gap_drivers" in query)
QUESTIONS = [query for query in QUERIES if query != OF_SCHOOLS]
# schools of the latest year in which both sides of the gap are shown, counted without the table that is asked
BOTH_SIDES = """
    select count(*) from (
        select school_year, geography_id from indicator_values
        where indicator_id = 'early_grade_reading' and collection = 'annual' and geography_level = 'school'
            and disaggregate = 'economic_disadvantage' and subgroup in ('yes', 'no') and value_kind = 'rate'
        group by all having count(*) = 2
    ) group by school_year order by school_year desc limit 1
"""
Demo = tuple[Deployment, duckdb.DuckDBPyConnection]


def answers(demo: Demo, query: str) -> list[tuple[object, ...]]:
    here, _ = demo
    with duckdb.connect(str(here.home / "published" / "current.duckdb"), read_only=True) as con:
        con.execute("use published")
        return con.execute(query).fetchall()


@pytest.mark.parametrize("query", QUESTIONS, ids=range(len(QUESTIONS)))
def test_a_question_is_answered_by_the_release(demo: Demo, query: str) -> None:
    # of so few children that matched results of programs may all be hidden
    assert answers(demo, query) or answers(demo, query.replace("and suppression = ''", ""))


def test_the_schools_that_hold_most_of_a_gap_are_those_that_show_both_sides(demo: Demo) -> None:
    found = answers(demo, BOTH_SIDES)
    assert len(answers(demo, OF_SCHOOLS)) == (min(3, int(str(found[0][0]))) if found else 0)
