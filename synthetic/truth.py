"""The known truth as Parquet: what a perfect warehouse holds once the planted dirt was held back.

Entity tables keep the rows that the gate holds back, marked `is_held_back`; `student_year` is made without.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from synthetic import effects
from synthetic.facts import QUERIES
from synthetic.formats import literal
from synthetic.result_facts import UNMAPPED

COMMUNITY = "riverbend"


def write_truth(con: duckdb.DuckDBPyConnection, folder: Path, others: dict[str, str]) -> list[str]:
    """Write every truth table and `others` (name: table) into `folder`, return the names; marks facts."""
    folder.mkdir(parents=True, exist_ok=True)
    _mark_held_back(con)
    _mark_unmapped(con)
    con.execute(f"create or replace table student_year as {STUDENT_YEAR}")
    _store_gaps(con)
    sources = {
        **{entity: f"(select '{COMMUNITY}' as community_id, * exclude (is_single) from fact_{entity})"
           for entity in QUERIES},
        "student_year": f"({STUDENT_YEAR_TEXTS})",
        "planted_dirt": f"(from planted_dirt order by {_DIRT_ORDER})",
        "planted_gaps": "planted_gaps",
        **others,
    }  # fmt: skip
    for name, source in sources.items():
        con.execute(f"copy ({_as_text(con, source)}) to {literal(folder / f'{name}.parquet')}")
    return list(sources)


_DIRT_ORDER = "school_year, collection, extract_id, source_id, true_person_id, row_number, file"


def _as_text(con: duckdb.DuckDBPyConnection, source: str) -> str:
    """A table with its words and state ids as text; the order of its rows stays."""
    described = con.sql(f"from {source}")
    columns = zip(described.columns, described.types, strict=True)
    texts = ", ".join(
        f"cast({name} as varchar) as {name}"
        for name, kind in columns
        if kind.id == "enum" or name == "true_person_id"
    )
    return f"select *{f' replace ({texts})' if texts else ''} from {source}"


def _mark_held_back(con: duckdb.DuckDBPyConnection) -> None:
    """Add `is_held_back` to the facts. A conflict is registered for both of its rows, which are one fact."""
    con.execute(
        "create or replace table held_back as select distinct cast(extract_id as extract_name) as extract_id,"
        " school_year, cast(collection as collection_name) as collection, source_id"
        " from planted_dirt where is_held_back and source_id is not null"
    )
    for entity in QUERIES:
        con.execute(f"alter table fact_{entity} add column is_held_back boolean default false")
        con.execute(
            f"update fact_{entity} set is_held_back = true where"
            " (extract_id, school_year, collection, source_id) in (from held_back)"
        )


def _mark_unmapped(con: duckdb.DuckDBPyConnection) -> None:
    """A code nobody translated is 'unmapped' in truth; a file's folder begins the name of its partner."""
    for entity, column in (("discipline", "action_code"), ("course_mark", "mark")):
        con.execute(
            f"update fact_{entity} as fact set {column} = '{UNMAPPED}' from planted_dirt as dirt"
            f" where dirt.rule = 'unmapped' and dirt.column_name = '{column}'"
            " and starts_with(cast(fact.partner_id as varchar), split_part(dirt.file, '/', 1) || '_')"
            " and dirt.school_year = fact.school_year and dirt.source_id = fact.source_id"
            " and cast(dirt.collection as collection_name) = fact.collection"
        )


# The accountable school: most days enrolled, then the latest entry, then the lowest organization id.
STUDENT_YEAR = """
with places as (
    select
        true_person_id, school_year, collection, partner_id, school_id,
        max(days_enrolled) as days_enrolled, max(days_absent) as days_absent, max(entry_date) as entry_date,
        max_by(grade_level, entry_date) as grade_level
    from (
        select true_person_id, school_year, collection, partner_id, school_id, days_enrolled, days_absent,
            null as entry_date, null as grade_level
        from fact_attendance where not is_held_back
        union all
        select true_person_id, school_year, collection, partner_id, school_id, null, null, entry_date,
            grade_level
        from fact_enrollment where not is_held_back
    )
    group by all
),
ranked as (
    select *, row_number() over (
        partition by true_person_id, school_year, collection
        order by days_enrolled desc nulls last, entry_date desc nulls last, partner_id, school_id
    ) as place
    from places
),
years as (
    select
        true_person_id, school_year, collection,
        max(partner_id) filter (where place = 1) as partner_id,
        max(school_id) filter (where place = 1) as school_id,
        max(grade_level) filter (where place = 1) as grade_level,
        count(place) as n_schools, sum(days_enrolled) as days_enrolled, sum(days_absent) as days_absent,
        bool_or(is_economically_disadvantaged) as is_economically_disadvantaged,
        bool_or(is_english_learner) as is_english_learner, bool_or(has_disability) as has_disability,
        bool_or(is_homeless) as is_homeless, bool_or(is_in_foster_care) as is_in_foster_care
    from (from ranked union all by name from fact_student_status where not is_held_back)
    group by all
    having n_schools > 0
),
touched as (
    select distinct cast(true_person_id as bigint) as true_person_id, school_year,
        cast(collection as collection_name) as collection
    from planted_dirt
    where is_held_back and source_id is not null  -- an exact copy takes nothing away
)
select
    years.* exclude (is_economically_disadvantaged, is_english_learner, has_disability, is_homeless,
        is_in_foster_care),
    child.gender, child.race_ethnicity, is_economically_disadvantaged, is_english_learner, has_disability,
    is_homeless, is_in_foster_care, touched.true_person_id is not null as is_touched_by_dirt
from years
inner join child using (true_person_id)
left join touched using (true_person_id, school_year, collection)
order by school_year, collection, true_person_id
"""
STUDENT_YEAR_TEXTS = f"""
select '{COMMUNITY}' as community_id, true_person_id, school_year, collection,
    partner_id || ':' || lower(school_id) as organization_id,
    * exclude (true_person_id, school_year, collection, school_id)
from student_year
"""


def _store_gaps(con: duckdb.DuckDBPyConnection) -> None:
    """The planted effects, in points of probability, as a table."""
    con.execute(
        "create or replace table planted_gaps (outcome varchar, base double, trend_per_year double,"
        " circumstance varchar, points double)"
    )
    for effect in effects.EFFECTS.values():
        for circumstance, points in effect.adds.items():
            con.execute(
                "insert into planted_gaps values (?, ?, ?, ?, ?)",
                [effect.outcome, effect.base, effect.trend, circumstance, points],
            )
