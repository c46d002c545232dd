"""The simulated community as DuckDB tables: children, schools, calendar, spells, outcomes."""

from __future__ import annotations

import duckdb
import numpy as np
from numpy.typing import NDArray

from synthetic import college, outcomes, staff
from synthetic.calendars import CUTS, Collection, instruction_dates
from synthetic.names import LANGUAGES, STREETS, SURNAMES
from synthetic.outcomes import Columns
from synthetic.population import RACE_ETHNICITIES, RACE_SETS, Children, Families, first_names, make_children
from synthetic.schooling import SCHOOL_COUNTS, Year, simulate
from synthetic.sectors.chance import create_macros
from synthetic.words import enum, words

PARTNERS = ("river_city_schools", "lakeshore_unified")
DISTRICTS = (("RC01", "River City Schools", "9900010"), ("LU02", "Lakeshore Unified", "9900020"))
LEVELS = ("elementary", "middle", "high")


def build(
    con: duckdb.DuckDBPyConnection,
    *,
    children_per_year: int,
    first_year: int,
    n_years: int,
    seed: int,
    calendar: list[Collection],
    extracts: set[str],
) -> None:
    """Simulate and leave the tables of the world in `con`."""
    _create_types(con, extracts)
    rng = np.random.default_rng(seed)
    families, children = make_children(rng, children_per_year, first_year, n_years)
    years = simulate(rng, families, children, first_year, n_years)
    _store(con, "collections", _collection_columns(calendar))
    con.execute("alter table collections alter collection type collection_name")
    _store(con, "days", _day_columns(years))
    _store(con, "child_numbers", _child_columns(families, children))
    _store_words(con)
    con.execute(CHILD)
    _store_schools(con)
    _store(con, "child_year", outcomes.stacked([_child_year_columns(year) for year in years]))
    for name, make in OUTCOMES.items():
        _store(con, name, _by_year(years, [make(rng, children, year) for year in years]))
    _store(con, "diploma_number", _by_year(years, [outcomes.diplomas(rng, year) for year in years]))
    careers, graduates = college.enrolments(rng, children, years)
    _store(con, "career", careers)
    _store(con, "graduate", graduates)
    # by chances of their own, so that what is drawn above stays as it is
    create_macros(con, seed)
    con.execute(staff.STAFF)


OUTCOMES = {
    "spell": outcomes.spells,
    "state_score": outcomes.state_scores,
    "benchmark_score": outcomes.benchmark_scores,
    "literacy_score": outcomes.literacy_scores,
    "admissions_score": outcomes.admissions_scores,
    "mark": outcomes.course_marks,
    "incident": outcomes.incidents,
}


def _create_types(con: duckdb.DuckDBPyConnection, extracts: set[str]) -> None:
    """Words that stand in every row of a fact, as numbers that sort as the words do."""
    types = {
        "collection_name": set(CUTS),
        "extract_name": extracts,
        "partner_name": {extract.split(".")[0] for extract in extracts},
    }
    for name, members in types.items():
        con.execute(f"create type {name} as {enum(members)}")


def _by_year(years: list[Year], tables: list[Columns]) -> Columns:
    """Stack the years' tables with their school year and one running `source_id` per row."""
    for year, table in zip(years, tables, strict=True):
        table["school_year"] = np.full(len(table["child"]), year.school_year)
    columns = outcomes.stacked(tables)
    columns["source_id"] = np.arange(len(columns["child"]))
    return columns


def _store(con: duckdb.DuckDBPyConnection, name: str, columns: Columns) -> None:
    """A table of the columns; dates travel as days, since DuckDB takes no other dates from NumPy."""
    dates = [column for column, values in columns.items() if values.dtype.kind == "M"]
    plain = {
        column: values.astype(np.int32) if column in dates else values for column, values in columns.items()
    }
    replaced = ", ".join(f"date '1970-01-01' + {column} as {column}" for column in dates)
    con.register("arriving", plain)
    con.execute(
        f"create or replace table {name} as select *{f' replace ({replaced})' if dates else ''} from arriving"
    )
    con.unregister("arriving")


def _collection_columns(calendar: list[Collection]) -> Columns:
    return {
        "school_year": np.array([c.school_year for c in calendar]),
        "collection": np.array([c.name for c in calendar]),
        "cut": np.array([c.cut for c in calendar]),
    }


def _day_columns(years: list[Year]) -> Columns:
    dates: list[NDArray[np.datetime64]] = [instruction_dates(year.school_year) for year in years]
    return {
        "school_year": np.repeat([year.school_year for year in years], [len(d) for d in dates]),
        "day": np.concatenate([np.arange(len(d)) for d in dates]),
        "date": np.concatenate(dates),
    }


def _child_columns(families: Families, children: Children) -> Columns:
    _, first_name = first_names(children.gender, children.first_name)
    family = children.family
    return {
        "child": np.arange(len(children)),
        "family": family,
        "state_number": children.state_number,
        "number_0": children.local_number[0],
        "number_1": children.local_number[1],
        "first_name": first_name,
        "middle_name": children.middle_name,
        "surname": families.surname[family],
        "birth_date": children.birth_date,
        "gender": children.gender,
        "race_mask": children.race_mask,
        "is_hispanic": children.is_hispanic,
        "language": families.language[family],
    }


def _child_year_columns(year: Year) -> Columns:
    flags = year.status.flags
    return {
        "child": year.child,
        "school_year": np.full(len(year.child), year.school_year),
        "grade": year.grade,
        "moves": year.moves,
        "homeless_start": year.status.homeless_start,
        "homeless_end": year.status.homeless_end,
        **{f"is_{name}": flag for name, flag in flags.items()},
    }


def _store_words(con: duckdb.DuckDBPyConnection) -> None:
    names, _ = first_names(np.zeros(0, np.int64), np.zeros(0, np.int64))
    lists = {"first_names": names, "surnames": SURNAMES, "languages": list(LANGUAGES)}
    for table, listed in lists.items():
        _store(con, table, {"number": np.arange(len(listed)), "word": np.array(listed)})


# The state id is the true identity of a child; codes are conformed, partners spell them their own way.
CHILD = f"""
create or replace table child as
select
    numbers.child,
    numbers.family,
    state_number as true_person_id,
    cast(state_number as varchar) as state_student_id,
    cast(number_0 as varchar) as student_id_river_city,
    cast(number_1 as varchar) as student_id_lakeshore,
    first_names.word as first_name,
    case when middle_name < 26 then chr(65 + cast(middle_name as integer)) end as middle_name,
    surnames.word as last_name,
    cast(birth_date as date) as birth_date,
    {words(("female", "male", "nonbinary"), "gender")} as gender,
    {words(RACE_SETS, "race_mask")} as races,
    {words(("no", "yes"), "cast(is_hispanic as integer)")} as hispanic_ethnicity,
    {words(RACE_ETHNICITIES, f"case when is_hispanic then {len(RACE_SETS)} else race_mask end")}
        as race_ethnicity,
    languages.word as home_language
from child_numbers as numbers
inner join first_names on first_names.number = numbers.first_name
inner join surnames on surnames.number = numbers.surname
inner join languages on languages.number = numbers.language
order by numbers.child
"""


def _store_schools(con: duckdb.DuckDBPyConnection) -> None:
    """24 schools; River City numbers its own from 010, Lakeshore names them by level."""
    rows = [
        (district, level, number)
        for district in range(len(PARTNERS))
        for level in range(len(LEVELS))
        for number in range(SCHOOL_COUNTS[district, level])
    ]
    titles = ("Elementary School", "Middle School", "High School")
    con.execute(
        "create or replace table school (school bigint, partner_id partner_name, school_id varchar,"
        " school_name varchar, district_id varchar, district_name varchar, nces_school_id varchar,"
        " school_level varchar, zip_code varchar, tract_id varchar)"
    )
    for school, (district, level, number) in enumerate(rows):
        district_id, district_name, lea = DISTRICTS[district]
        own_id = f"{10 * (level + 1) + number:03d}" if district == 0 else f"L{'EMH'[level]}{number + 1:02d}"
        name = f"{STREETS[(school * 7 + 3) % len(STREETS)]} {titles[level]}"
        zip_code = f"55{district + 1}{school % 6 + 1:02d}"
        con.execute(
            "insert into school values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [school, PARTNERS[district], own_id, name, district_id, district_name, f"{lea}{school:05d}",
             LEVELS[level], zip_code, f"99{district + 1:03d}{100 + school:06d}"],
        )  # fmt: skip
