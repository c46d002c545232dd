"""What a child is in a school year, from the synthetic truth in plain SQL, be it at a school or at none."""

from __future__ import annotations

from tests.end_to_end.truth_accounts import CHILD_YEAR, KNOWN_FOR_GOOD, LINKED, WORDS

FLAGS = {
    "economic_disadvantage": "is_economically_disadvantaged",
    "english_learner": "is_english_learner",
    "disability": "has_disability",
    "homelessness": "is_homeless",
    "foster_care": "is_in_foster_care",
    "migrant": "is_migrant",
    "military_connected": "is_military_connected",
}
CIRCUMSTANCES = (
    "housing_assistance",
    "early_learning_history",
    "homelessness_any_source",
    "program_participation",
)
PAIRED = ("race_ethnicity", "gender", *list(FLAGS)[:5], *CIRCUMSTANCES)
RACES = (
    "american_indian_or_alaska_native",
    "asian",
    "black_or_african_american",
    "hispanic_or_latino",
    "middle_eastern_or_north_african",
    "native_hawaiian_or_pacific_islander",
    "white",
)
IN_COMBINATION = {race: f"{race}_in_combination" for race in RACES}
DISAGGREGATES = (
    *PAIRED,
    "home_language",
    "migrant",
    "military_connected",
    "race_spd15",
    *IN_COMBINATION.values(),
)


def flag(column: str, name: str) -> str:
    """SQL of a yes/no column in words."""
    return f"case {column} when true then 'yes' when false then 'no' else 'unknown' end as {name}"


# Stays of children, who were under 18 when the year began or, if later, at entry.
STAYS = f"""
create table stays as
select person_id, school_year, project_type, entry_date, exit_date, exit_destination
from truth.housing_episode {LINKED} inner join born using (person_id)
where birth_date + interval 18 years > greatest(entry_date, make_date(school_year - 1, 7, 1))
"""

# What sectors beside schools say yes to.
CIRCUMSTANCE_YEARS = f"""
create table circumstance_years as
select person_id, school_year, 'housing_assistance' as circumstance from truth.housing_assistance {LINKED}
union
select person_id, school_year, 'shelter' from stays
where project_type in ('emergency_shelter', 'safe_haven', 'transitional_housing', 'street_outreach')
union
select person_id, school_year, 'program_participation' from truth.participation {LINKED}
where coalesce(has_attended, true) and coalesce(sessions_attended, 1) > 0 and coalesce(hours_attended, 1) > 0
"""
TOLD = """
create table told as
select distinct school_year, 'housing_assistance' as circumstance from truth.housing_assistance
union select distinct school_year, 'shelter' from truth.housing_episode
union select distinct school_year, 'program_participation' from truth.participation
"""
PRESCHOOL = f"""
create table preschool as
select distinct person_id from truth.early_learning {LINKED} where days_attended > 0
"""

# The school that answers for a year, and its days. Who is known from a test, an action or a diploma alone,
# since its other rows were held back, is at the school of that, but not enrolled.
SCHOOL_YEARS = f"""
create table school_years as
with enrolled as (
    select {CHILD_YEAR}, organization_id, partner_id, grade_level, n_schools, days_enrolled, days_absent,
        true as is_enrolled
    from truth.student_year inner join identity using (true_person_id)
),
told as (
    {
    " union all ".join(
        f"select true_person_id, school_year, collection, partner_id, school_id from truth.{table}"
        " where not is_held_back and school_id is not null"
        for table in ("assessment", "discipline", "diploma")
    )
}
)
from enrolled
union all by name
select {CHILD_YEAR}, min(partner_id || ':' || lower(school_id)) as organization_id,
    min(partner_id) as partner_id, false as is_enrolled
from told inner join identity using (true_person_id) anti join enrolled using ({CHILD_YEAR})
group by all
"""

# True if any partner says so in the year; an interim collection in which nobody speaks of it takes last
# year's annual word.
STATUSES = f"""
create table statuses as
with told as (
    select {CHILD_YEAR}, {", ".join(f"bool_or({column}) as {column}" for column in FLAGS.values())}
    from truth.student_status {LINKED} where not is_held_back group by all
)
select {CHILD_YEAR}, {
    ", ".join(
        f"coalesce(now.{column}, if(collection <> 'annual', before.{column}, null)) as {column}"
        for column in FLAGS.values()
    )
}
from school_years
left join told as now using ({CHILD_YEAR})
left join (
    select * exclude collection replace (school_year + 1 as school_year) from told where collection = 'annual'
) as before using (person_id, school_year)
"""

# The years before kindergarten, which was in the first year seen there; else, by the year of birth, all that may be.
KINDERGARTEN = """
create table kindergarten as
select born.person_id, coalesce(min(school_year) - 2, birth_year + 4) as first_before,
    coalesce(min(school_year) - 1, birth_year + 6) as last_before
from born
left join (from school_years where grade_level = 'k' and collection = 'annual') as seen using (person_id)
group by born.person_id, birth_year
"""

# Every child and school year: at a school, or before the first annual year at one, when others tell of it.
ALL_YEARS = """
create table all_years as
from school_years
union all by name
select person_id, school_year, 'annual' as collection, false as is_enrolled
from (select distinct person_id from links) cross join (select distinct school_year from truth.school)
left join (
    select person_id, min(school_year) as first_year from school_years where collection = 'annual'
    group by all
) using (person_id)
where school_year < coalesce(first_year, 2100)
"""

# Words of a year and collection: of the partner of the school, else the first by the alphabet.
WORDS_OF_YEAR = f"""
create table words_of_year as
select {CHILD_YEAR}, {
    ", ".join(
        f"coalesce(min({word}) filter (accounts.partner_id = all_years.partner_id), min({word})) as {word}"
        for word in WORDS
    )
}
from all_years inner join accounts using ({CHILD_YEAR}) group by all
"""


# In an interim collection other sectors' last year stands.
STANDS = "school_year - cast(collection <> 'annual' as integer)"


# By the standard of 2024 who tells several is of two or more, Hispanic or Latino being one; and everybody is in each
# group that was told, alone or with others.
ALL_RACES = "coalesce(words_of_year.races, latest.races)"
BY_RACE = ", ".join(
    f"case when {ALL_RACES} is null then 'unknown' "
    f"when list_contains(string_split({ALL_RACES}, ';'), '{race}') then 'yes' else 'no' end as {name}"
    for race, name in IN_COMBINATION.items()
)
SPD15 = (
    f"case when len(string_split({ALL_RACES}, ';')) > 1 then 'two_or_more_races' "
    f"else coalesce({ALL_RACES}, 'unknown') end as race_spd15"
)


def circumstance(name: str, told_no: str = "false") -> str:
    """SQL of yes, no where its sector tells of the year, else unknown."""
    return (
        f"case when ('{name}', person_id, {STANDS}) in (from yes) then 'yes' "
        f"when {told_no} or {STANDS} in (select school_year from told where circumstance = '{name}') "
        "then 'no' else 'unknown' end"
    )


# Ever in preschool; that a child was not is known if both years before kindergarten are told of. Homeless by
# any source is who is so by the school or by the homeless system, and not homeless who is so by neither.
YEARS = f"""
create table years as
with yes as (select circumstance, person_id, school_year from circumstance_years),
preschool_told as (
    select list(distinct school_year) as years_told from truth.early_learning
)
select {CHILD_YEAR}, organization_id, partner_id, grade_level, n_schools, days_enrolled, days_absent,
    is_enrolled,
    {
    ", ".join(
        f"coalesce(words_of_year.{word}, latest.{word}, 'unknown') as {word}" for word in KNOWN_FOR_GOOD[:3]
    )
},
    {SPD15}, {BY_RACE},
    coalesce(zip_code, 'unknown') as zip_code, coalesce(tract_id, 'unknown') as tract_id,
    {", ".join(flag(column, name) for name, column in FLAGS.items())},
    {circumstance("housing_assistance")} as housing_assistance,
    {circumstance("program_participation")} as program_participation,
    case when is_homeless then 'yes' else {circumstance("shelter", "is_homeless is not null")} end
        as homelessness_any_source,
    case when preschool.person_id is not null then 'yes'
        when list_has_all(years_told, range(first_before, last_before + 1)) then 'no'
        else 'unknown' end as early_learning_history
from all_years
left join words_of_year using ({CHILD_YEAR})
left join statuses using ({CHILD_YEAR})
left join latest using (person_id)
left join kindergarten using (person_id)
left join preschool using (person_id)
cross join preschool_told
"""

PREPARED = (
    STAYS,
    CIRCUMSTANCE_YEARS,
    TOLD,
    PRESCHOOL,
    SCHOOL_YEARS,
    STATUSES,
    KINDERGARTEN,
    ALL_YEARS,
    WORDS_OF_YEAR,
    YEARS,
)
