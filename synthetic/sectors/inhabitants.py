"""Who lives in Riverbend beside its pupils: children born since, and the adults of all families."""

from __future__ import annotations

import duckdb

from synthetic.names import FEMALE_NAMES, MALE_NAMES, NEUTRAL_NAMES, SURNAMES
from synthetic.population import GRADES
from synthetic.sectors.planted import TWINS_OF_BIRTHS
from synthetic.student_facts import STREET, TRACT, ZIP_CODE, ZIP_CODE_LAKESHORE

FIRST_YOUNG, FIRST_ADULT = 6_000_000_003, 8_000_000_000
IN_A_KNOWN_FAMILY, LIVED_HERE_BEFORE_KINDERGARTEN, BORN_HERE, TWO_ADULTS = 0.6, 0.85, 0.9, 0.55
COHORTS_TO_COME = 6  # who enters kindergarten in the six autumns after the last school year

# Twins are the second of two neighbours: they take family and birthday of the first. A child of a known
# family is a brother or sister of pupils.
YOUNG = """
create or replace table young as
with numbered as (
    select cohort, number, cohort * 1000000 + number as key,
        number % 2 = 1 and chance(key, 'twin') < 2 * {twins} as is_second_twin, key - cast(is_second_twin as
            integer) as born
    from range({last_year} + 1, {last_year} + 1 + {cohorts}) as cohorts (cohort), range({per_cohort}) as
        numbers (number)
),
placed as (
    select *, cast(make_date(cohort - 6, 9, 1) - cast(1 + whole(born, 'birthday', 365) as integer) as date)
        as birth_date,
        case when chance(born, 'known family') < {known} then whole(born, 'which family', {n_young_families})
            end as place,
        {n_families} + (born // 1000000 - {last_year} - 1) * {per_cohort} + born % 1000000 as new_family
    from numbered
)
select
    {n_children} + row_number() over (order by key) - 1 as child, key, coalesce(known.family, {first_family}
        + new_family)
        as family, known.family is null as is_new_family, birth_date,
    bool_or(is_second_twin) over (partition by born) as is_twin
from placed
left join (select family, row_number() over (order by family) - 1 as place from known_family where is_young)
    as known
    using (place)
where birth_date <= make_date({last_year}, 6, 30)
order by child
"""

KNOWN_FAMILY = """
create or replace table known_family as
select family, min(last_name) as last_name, min(races) as races, min(race_ethnicity) as race_ethnicity,
    min(hispanic_ethnicity) as hispanic_ethnicity, min(home_language) as home_language,
    avg(cast(is_economic_disadvantage as integer)) >= 0.5 as is_usually_poor, min(child.birth_date) as eldest,
    eldest >= make_date({last_year} - 15, 1, 1) as is_young
from child inner join child_year using (child)
group by family
"""

# A new family is like one that is there in all but its name.
FAMILY = """
create or replace table family as
with districts as (
    select child.family, max((school_year * 1000 + start_day) * 2
        + cast(partner_id = 'lakeshore_unified' as integer)) % 2 as district
    from spell inner join child using (child) inner join school using (school) group by all
),
new as (
    select family, whole(family, 'like which', {n_families}) as place, whole(family, 'surname', {surnames})
        as number,
        min(birth_date) as eldest
    from young where is_new_family group by all
),
known as (
    select *, row_number() over (order by family) - 1 as place from known_family left join districts using
        (family)
)
select family, last_name, races, race_ethnicity, hispanic_ethnicity, home_language, is_usually_poor, eldest,
    coalesce(district, 0) as district
from known
union all
select new.family, surnames.word, races, race_ethnicity, hispanic_ethnicity, home_language, is_usually_poor,
    new.eldest,
    coalesce(district, 0)
from new inner join known using (place) inner join surnames on surnames.number = new.number
order by family
"""


def _first_name(gender: str, key: str) -> str:
    """SQL of a number in the list of first names."""
    sizes = (len(FEMALE_NAMES), len(MALE_NAMES), len(NEUTRAL_NAMES))
    return (
        f"case {gender} when 'female' then whole({key}, 'name', {sizes[0]}) when 'male' then {sizes[0]}"
        f" + whole({key}, 'name', {sizes[1]})"
        f" else {sizes[0] + sizes[1]} + whole({key}, 'name', {sizes[2]}) end"
    )


# Twins have another letter in the middle at least.
INHABITANT = f"""
create or replace table inhabitant as
with entered as (
    select child, min(school_year) as first_year, min_by(grade, school_year) as first_grade from child_year
        group by all
),
pupils as (
    select child.*, first_year, first_grade, birth_date = any_value(birth_date) over twins and count(*) over
        twins > 1
        as is_twin
    from child inner join entered using (child) window twins as (partition by family, birth_date)
),
younger as (
    select *, case when chance(child, 'gender') < 0.486 then 'female' when chance(child, 'gender') < 0.996
        then 'male'
        else 'nonbinary' end as gender
    from young inner join family using (family)
),
adults as (
    select family.*, number, {FIRST_ADULT} + family * 2 + number as person,
        case when (chance(family, 'adult') < 0.88) = (number = 0) then 'female' else 'male' end as gender,
        cast(eldest - cast(365 * 19 + whole(person, 'age', 365 * 14) as integer) as date) as birth_date
    from family, range(2) as numbers (number)
    where number = 0 or chance(family, 'two adults') < {TWO_ADULTS}
)
select true_person_id, 'child' as role, child, family, first_name, middle_name, last_name, birth_date,
    cast(gender as
    varchar) as gender, races, race_ethnicity, hispanic_ethnicity, is_twin,
    first_grade = 0 and chance(child, 'lived here') < {LIVED_HERE_BEFORE_KINDERGARTEN} as
        lives_here_from_birth,
    lives_here_from_birth and chance(child, 'born here') < {BORN_HERE} as is_born_here, first_year as
        first_school_year
from pupils
union all
select {FIRST_YOUNG} + 7 * (child - {{n_children}}), 'child', child, family, first_names.word, chr(65 +
    cast(child % 26 as
    integer)), last_name, birth_date, gender, races, race_ethnicity, hispanic_ethnicity, is_twin, true,
    chance(child, 'born here') < {BORN_HERE}, null
from younger inner join first_names on first_names.number = {_first_name("gender", "child")}
union all
select person, 'adult', null, family, first_names.word, null, last_name, birth_date, gender, races,
    race_ethnicity,
    hispanic_ethnicity, false, false, false, null
from adults inner join first_names on first_names.number = {_first_name("gender", "person")}
order by true_person_id
"""

# Where each family lives in a school year and how it fares; what pupils do not tell is as it usually is. A
# family that the schools call homeless is so from a day of instruction on.
HOUSEHOLD_YEAR = f"""
create or replace table household_year as
with years as (
    select distinct family, school_year
    from inhabitant, (select distinct school_year from days) as years
    where role = 'child' and school_year >= school_year_of(birth_date)
        and (lives_here_from_birth or school_year >= first_school_year)
),
told as (
    select family, school_year, max(moves) as moves, bool_or(is_economic_disadvantage and not is_foster_care)
        as is_poor,
        min(homeless_start) as homeless_start, min(homeless_end) as homeless_end
    from child_year inner join child using (child) group by all
)
select family, student.school_year, coalesce(student.moves, 0) as moves, coalesce(is_poor, is_usually_poor)
    as is_poor,
    start_day.date as homeless_from, cast(start_day.date + cast((homeless_end - homeless_start) * 7 / 5 as
        integer) as date)
        as homeless_to, start_day.date is not null as is_homeless, race_ethnicity =
            'black_or_african_american' as is_black,
    district, race_ethnicity, cast(100 + (family * 37 + coalesce(student.moves, 0) * 101) % 8900 as varchar)
        || ' ' || street as address,
    zip_code, tract_id
from (
    select years.*, moves, is_poor, homeless_start, homeless_end, is_usually_poor, child.race_ethnicity,
        child.district,
        {STREET.replace("student.moves", "coalesce(student.moves, 0)")} as street,
        case when child.district = 0 then cast({ZIP_CODE} as varchar) else cast({ZIP_CODE_LAKESHORE} as
            varchar) end
            as zip_code,
        {TRACT.replace("student.moves", "coalesce(student.moves, 0)")} as tract_id
    from years
    left join told as student using (family, school_year)
    inner join family as child using (family)
) as student
left join days as start_day on start_day.school_year = student.school_year and start_day.day = homeless_start
order by all
"""

# Every school year in which a child lives here, with its age in years on 1 September.
CHILD_HERE = """
create or replace table child_here as
select child, true_person_id, family, school_year, birth_date, is_twin,
    cast(date_diff('month', birth_date - 1, make_date(school_year - 1, 9, 1)) // 12 as integer) as age, grade,
    coalesce(is_english_learner, false) as is_english_learner, coalesce(is_disability, false) as
        has_disability
from inhabitant
inner join household_year using (family)
left join child_year using (child, school_year)
where role = 'child' and school_year >= school_year_of(birth_date)
    and (grade is not null or (lives_here_from_birth and (first_school_year is null or school_year <
        first_school_year)))
order by child, school_year
"""


def settle(con: duckdb.DuckDBPyConnection, children_per_year: int, last_year: int) -> None:
    """Leave `inhabitant`, `household_year` and `child_here` in `con`, from the tables of the world."""
    con.execute(KNOWN_FAMILY.format(last_year=last_year))
    numbers = con.execute(
        "select (select max(child) + 1 from child), count(*), max(family) + 1, count(*) filter (is_young)"
        " from known_family"
    ).fetchall()[0]
    facts = {
        "n_children": numbers[0],
        "n_families": numbers[1],
        "first_family": numbers[2],
        "n_young_families": numbers[3],
        "last_year": last_year,
        "per_cohort": round(children_per_year / GRADES),
        "cohorts": COHORTS_TO_COME,
        "twins": TWINS_OF_BIRTHS,
        "known": IN_A_KNOWN_FAMILY,
        "surnames": len(SURNAMES),
    }
    for table in (YOUNG, FAMILY, INHABITANT, HOUSEHOLD_YEAR, CHILD_HERE):
        con.execute(table.format(**facts))
