"""What every partner says of a person in a year, from the synthetic truth in plain SQL."""

from __future__ import annotations

CHILD_YEAR = "person_id, school_year, collection"
LINKED = "inner join links using (partner_id, student_id)"
WORDS = ("race_ethnicity", "gender", "home_language", "races", "zip_code", "tract_id")
KNOWN_FOR_GOOD = WORDS[:4]

# Hispanic children of any race are that, of several races two or more; no race is an unknown one.
RACE = """case when hispanic_ethnicity = 'yes' then 'hispanic_or_latino' when contains(races, ';')
    then 'two_or_more_races' else nullif(races, '') end"""
# All that is told, Hispanic before the others.
RACES = """nullif(concat_ws(';', case when hispanic_ethnicity = 'yes' then 'hispanic_or_latino' end,
    nullif(array_to_string(list_sort(string_split(races, ';')), ';'), '')), '')"""
# What partners beside schools deliver of a person, for each year that they tell of it. The housing partners
# know two genders, health systems the address; who tells nothing but a state number is left out.
ACCOUNTS = f"""
create table accounts as
with sectors as (
    select partner_id, student_id, school_year, zip_code, tract_id from truth.birth
    union by name
    select partner_id, student_id, school_year from truth.immunization
    where partner_id = 'immunization_registry'
    union by name
    select partner_id, student_id, school_year, zip_code
    from truth.health_coverage
    inner join truth.inhabitant using (true_person_id)
    inner join truth.household_year using (family, school_year)
    union by name
    select partner_id, student_id, school_year from truth.housing_episode
    union by name
    select partner_id, student_id, school_year from truth.housing_assistance
    union by name
    select partner_id, student_id, school_year from truth.early_learning
    union by name
    select partner_id, student_id, school_year from truth.participation
),
known as (
    select sectors.*, partner_person.* exclude (partner_id, student_id),
        partner_id in ('birth_registry', 'immunization_registry') as is_registry,
        partner_id in ('riverbend_health', 'prairie_childrens') as is_health_system,
        partner_id in ('riverbend_coc', 'housing_authority') as is_housing
    from sectors inner join truth.partner_person using (partner_id, student_id)
),
told as (
    select partner_id, student_id, school_year, collection, birth_date, gender, race_ethnicity as races,
        hispanic_ethnicity, home_language, zip_code, tract_id
    from truth.person where not is_held_back
    union all by name
    select partner_id, student_id, school_year, zip_code, tract_id,
        case when partner_id <> 'reading_corps' then birth_date end as birth_date,
        case when is_registry or is_health_system or (is_housing and gender in ('female', 'male')) then gender
            end as gender,
        case when is_health_system or is_housing then races end as races,
        case when is_health_system or is_housing then hispanic_ethnicity end as hispanic_ethnicity
    from known
)
select person_id, partner_id, school_year, coalesce(collection, 'annual') as collection, birth_date, gender,
    {RACE} as race_ethnicity, home_language, {RACES} as races, zip_code, tract_id
from told {LINKED}
"""

# A birth record's day, else what most accounts say, of two the earlier. The year that is known of a person,
# where its day is not, is that of the latest account.
BORN = f"""
create table born as
with said as (
    select person_id, birth_date, true as is_record, 0 as school_year from truth.birth {LINKED}
    union all
    select person_id, birth_date, false, school_year from accounts where birth_date is not null
),
latest as (
    select person_id, year(birth_date) as birth_year from said
    qualify row_number() over (partition by person_id order by school_year desc, birth_date) = 1
)
select person_id, birth_date, birth_year
from (select person_id, birth_date, bool_or(is_record) as is_record, count(*) as n from said group by all)
inner join latest using (person_id)
qualify row_number() over (partition by person_id order by is_record desc, n desc, birth_date) = 1
"""

# The latest known word of any year, where the year has none.
LATEST = f"""
create table latest as
select person_id, {", ".join(f"arg_max({word}, school_year) as {word}" for word in KNOWN_FOR_GOOD)}
from accounts group by all
"""

PREPARED = (ACCOUNTS, BORN, LATEST)
