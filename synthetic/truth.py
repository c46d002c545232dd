"""The known truth as Parquet: what a perfect warehouse holds once the planted dirt was held back.

Entity tables keep the rows that the gate holds back, marked `is_held_back`; `student_year` is made without.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from synthetic import effects
from synthetic.facts import QUERIES
from synthetic.formats import literal

COMMUNITY = "riverbend"


def write_truth(con: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """Write every truth table into `folder` and return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    _index_dirt(con)
    for entity in QUERIES:
        con.execute(f"create or replace view truth_{entity} as {_entity(entity)}")
    con.execute(f"create or replace table truth_student_year as {STUDENT_YEAR}")
    con.execute("create or replace view truth_planted_dirt as select * from planted_dirt")
    _store_gaps(con)
    names = [*QUERIES, "student_year", "planted_dirt", "planted_gaps"]
    for name in names:
        con.execute(f"copy (from truth_{name} {_order(con, name)}) to {literal(folder / f'{name}.parquet')}")
    return names


def _index_dirt(con: duckdb.DuckDBPyConnection) -> None:
    """The source rows held back, each once: a conflict is registered for both of its rows."""
    con.execute(
        "create or replace table held_back as select distinct extract_id, school_year, collection, source_id"
        " from planted_dirt where is_held_back and source_id is not null"
    )


# What tells the rows of every table apart; sorting by all columns would take a quarter of the whole run.
_ORDER = (
    "school_year",
    "collection",
    "extract_id",
    "source_id",
    "true_person_id",
    "subject",
    "test_date",
    "row_number",
)


def _order(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """ORDER BY of a truth table, so that the same community has the same bytes."""
    present = [column for column in _ORDER if column in con.table(f"truth_{name}").columns]
    return f" order by {', '.join(present)}" if present else ""


# Columns whose unknown codes are planted, with the series that carry them.
_UNMAPPED = {"discipline": "action_code", "course_mark": "mark"}


def _entity(entity: str) -> str:
    """A fact table in truth's columns; a code nobody translated is 'unmapped'."""
    replaced, joined = "", ""
    if entity in _UNMAPPED:
        column = _UNMAPPED[entity]
        value = f"case when unmapped.source_id is not null then 'unmapped' else {column} end"
        replaced = f" replace ({value} as {column})"
        joined = f"""
        left join (
            select split_part(file, '/', 1) as folder, school_year, collection, source_id from planted_dirt
            where rule = 'unmapped' and column_name = '{column}'
        ) as unmapped
            on unmapped.folder || '_' = left(fact.partner_id, length(unmapped.folder) + 1)
            and unmapped.school_year = fact.school_year and unmapped.collection = fact.collection
            and unmapped.source_id = fact.source_id"""
    return f"""
        select '{COMMUNITY}' as community_id, fact.* exclude (is_single){replaced},
            held_back.source_id is not null as is_held_back
        from fact_{entity} as fact
        left join held_back
            on held_back.extract_id = fact.extract_id and held_back.school_year = fact.school_year
            and held_back.collection = fact.collection and held_back.source_id = fact.source_id{joined}"""


# The accountable school: most days enrolled, then the latest entry, then the lowest organization id.
STUDENT_YEAR = """
with places as (
    select
        true_person_id, school_year, collection, partner_id || ':' || lower(school_id) as organization_id,
            partner_id,
        max(days_enrolled) as days_enrolled, max(days_absent) as days_absent, max(entry_date) as entry_date,
        max_by(grade_level, entry_date) as grade_level
    from (
        select true_person_id, school_year, collection, partner_id, school_id, days_enrolled, days_absent,
            null as entry_date, null as grade_level
        from truth_attendance where not is_held_back
        union all
        select true_person_id, school_year, collection, partner_id, school_id, null, null, entry_date,
            grade_level
        from truth_enrollment where not is_held_back
    )
    group by all
),
ranked as (
    select *, row_number() over (
        partition by true_person_id, school_year, collection
        order by days_enrolled desc nulls last, entry_date desc nulls last, organization_id
    ) as place
    from places
),
years as (
    select
        true_person_id, school_year, collection,
        max(case when place = 1 then organization_id end) as organization_id,
        max(case when place = 1 then partner_id end) as partner_id,
        max(case when place = 1 then grade_level end) as grade_level,
        count(*) as n_schools, sum(days_enrolled) as days_enrolled, sum(days_absent) as days_absent
    from ranked group by all
),
statuses as (
    select true_person_id, school_year, collection,
        bool_or(is_economically_disadvantaged) as is_economically_disadvantaged,
        bool_or(is_english_learner) as is_english_learner, bool_or(has_disability) as has_disability,
        bool_or(is_homeless) as is_homeless, bool_or(is_in_foster_care) as is_in_foster_care
    from truth_student_status where not is_held_back group by all
),
touched as (
    select distinct true_person_id, school_year, collection from planted_dirt
    where is_held_back and source_id is not null  -- an exact copy takes nothing away
)
select
    'riverbend' as community_id, years.*, child.gender, child.race_ethnicity,
    statuses.is_economically_disadvantaged, statuses.is_english_learner, statuses.has_disability,
        statuses.is_homeless,
    statuses.is_in_foster_care, touched.true_person_id is not null as is_touched_by_dirt
from years
inner join child using (true_person_id)
left join statuses using (true_person_id, school_year, collection)
left join touched using (true_person_id, school_year, collection)
order by school_year, collection, true_person_id
"""


def _store_gaps(con: duckdb.DuckDBPyConnection) -> None:
    """The planted effects, in points of probability, as a table."""
    con.execute(
        "create or replace table truth_planted_gaps (outcome varchar, base double, trend_per_year double,"
        " circumstance varchar, points double)"
    )
    for effect in effects.EFFECTS.values():
        for circumstance, points in effect.adds.items():
            con.execute(
                "insert into truth_planted_gaps values (?, ?, ?, ?, ?)",
                [effect.outcome, effect.base, effect.trend, circumstance, points],
            )
