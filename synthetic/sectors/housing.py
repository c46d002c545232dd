"""Homelessness, assisted housing and evictions: households, stays, actions and cases."""

from __future__ import annotations

from synthetic.sectors.planted import happens

FIRST_EXPORT = 2022  # the school year in which the continuum of care joined
COC, AUTHORITY, COURT = "riverbend_coc", "housing_authority", "county_court"
# number, name, HUD's project type, whether beds are counted by the night
PROJECTS = (
    ("101", "Harbor House", 0, "emergency_shelter"),
    ("102", "Night Shelter on Mill Street", 1, "emergency_shelter"),
    ("103", "Bridges to Home", 2, "transitional_housing"),
    ("104", "Rapid Rehousing Riverbend", 13, "rapid_rehousing"),
)
# HUD's codes since October 2023, with what they conform to
SITUATIONS = (("101", "homeless"), ("116", "homeless"), ("335", "temporary"), ("410", "permanent"))
DESTINATIONS = (
    ("410", "permanent"),
    ("422", "permanent"),
    ("302", "temporary"),
    ("101", "homeless"),
    ("99", "unknown"),
)
RAPID_REHOUSING, NIGHT_BY_NIGHT = "104", "102"
CODES = "[" + ", ".join(f"'{code}'" for code, _ in SITUATIONS) + "]"


def _nth(values: tuple[str, ...], index: str) -> str:
    return "[" + ", ".join(f"'{value}'" for value in values) + f"][{index} + 1]"


# Everyone who lives with a family in a school year.
MEMBER = """
create or replace table household_member as
select family, school_year, true_person_id, case when true_person_id % 2 = 0 then 'self' else
    'spouse_or_partner' end
    as relationship
from household_year inner join inhabitant using (family) where role = 'adult'
union all
select family, school_year, true_person_id, 'child' from child_here
order by all
"""

STAY = f"""
create or replace table stay as
with homeless as (
    select *, family * 100 + school_year % 100 as key from household_year where is_homeless
),
placed as (
    select *, whole(key, 'project', {len(PROJECTS)}) as project, whole(key, 'situation', {len(SITUATIONS)})
        as situation,
        whole(key, 'destination', {len(DESTINATIONS)}) as destination,
        cast(homeless_from + cast(14 + whole(key, 'nights', 150) as integer) as date) as leaves
    from homeless where {happens("known_to_hmis_when_homeless", "key")}
)
select key, family, school_year as entry_year, {_nth(tuple(p[0] for p in PROJECTS), "project")} as project_id,
    {_nth(tuple(p[3] for p in PROJECTS), "project")} as project_type,
    homeless_from as entry_date, leaves as exit_date, case when project_id = '{RAPID_REHOUSING}' then
        cast(homeless_from + cast(10 + whole(key, 'move in', 20) as integer) as date) end as move_in_date,
    {_nth(tuple(s[0] for s in SITUATIONS), "situation")} as living_situation,
    {_nth(tuple(s[1] for s in SITUATIONS), "situation")} as prior_living_situation,
    {_nth(tuple(d[0] for d in DESTINATIONS), "destination")} as destination,
    {_nth(tuple(d[1] for d in DESTINATIONS), "destination")} as exit_destination,
    'H' || number_of(key, 'household') as household_id
from placed order by key
"""
STAY_MEMBER = f"""
create or replace table stay_member as
select stay.*, true_person_id, relationship, number_of(true_person_id, '{COC}') as student_id,
    'E' || number_of(key * 16 + row_number() over (partition by key order by true_person_id), 'enrollment')
        as enrollment_id,
    chance(true_person_id, 'disabling condition') < 0.12 as has_disabling_condition
from stay inner join household_member on household_member.family = stay.family
    and household_member.school_year = stay.entry_year
order by key, true_person_id
"""
# A stay is a fact of every school year it touches, as it ended; what the last export does not know is open.
EPISODE = f"""
create or replace table fact_housing_episode as
with years as (select max(school_year) as last_year, make_date(last_year, 6, 30) as last_day from days)
select '{COC}' as partner_id, student_id, true_person_id,
    unnest(range(greatest(school_year_of(entry_date), {FIRST_EXPORT}),
        least(school_year_of(exit_date), last_year) + 1)) as school_year,
    household_id, relationship as relationship_to_head, project_id, project_type, entry_date,
    case when move_in_date <= least(exit_date, last_day) then move_in_date end as move_in_date,
    case when exit_date <= last_day then exit_date end as exit_date, prior_living_situation,
    case when exit_date <= last_day then exit_destination end as exit_destination, has_disabling_condition,
    family
from stay_member, years
where school_year_of(exit_date) >= {FIRST_EXPORT}
order by student_id, entry_date, school_year
"""

# A family that is poor for most years may come into assisted housing in one of eleven years, for some.
ASSISTED = f"""
create or replace table assisted_family as
with poor as (
    select family, is_usually_poor as is_poor, min(school_year) as first_year, max(school_year) as last_year,
        whole(family, 'program', 3) as program
    from household_year inner join family using (family) group by all
),
housed as (
    select *, last_year - whole(family, 'admitted', 11) as admitted, admitted + 2 + whole(family, 'years', 5)
        as leaves
    from poor where {happens("in_assisted_housing", "family")}
)
select *, {_nth(("public_housing", "housing_choice_voucher", "project_based_voucher"), "program")} as
    program_type,
    {_nth(("P", "VO", "PBV"), "program")} as program_code,
    cast(make_date(admitted - 1, 9, 1) + cast(whole(family, 'admitted on', 250) as integer) as date) as
        admission_date
from housed order by family
"""
ASSISTANCE = f"""
create or replace table fact_housing_assistance as
with actions as (
    select assisted_family.*, school_year, case when school_year = admitted then 'new_admission'
        when school_year = leaves then 'end_of_participation' else 'annual_reexamination' end as
            assistance_action,
        cast(case when school_year = admitted then admission_date
            else make_date(school_year - 1, 11, 1) + cast(whole(family, 'reviewed on', 180) as integer) end
                as date)
            as effective_date
    from assisted_family inner join household_year using (family) where school_year between admitted and
        leaves
),
sized as (
    select family, school_year, count(*) as household_size from household_member group by all
)
select '{AUTHORITY}' as partner_id, number_of(true_person_id, '{AUTHORITY}') as student_id, true_person_id,
    actions.school_year, number_of(family, 'tenancy') as household_id, relationship as relationship_to_head,
        program_type,
    program_code, assistance_action, effective_date, admission_date as start_date,
    case when assistance_action = 'end_of_participation' then effective_date end as end_date,
    is_homeless and assistance_action = 'new_admission' as was_homeless_at_admission,
    1 + least(household_size - 1, 4) as bedrooms, household_size,
    8000 + 100 * whole(family * 100 + actions.school_year % 100, 'income', 220) as annual_income, zip_code,
        tract_id
from actions
inner join household_member using (family, school_year)
inner join sized using (family, school_year)
inner join household_year using (family, school_year)
order by actions.school_year, student_id, effective_date
""".replace("number_of(family,", "number_of(actions.family,").replace(
    "whole(family * 100", "whole(actions.family * 100"
)

EVICTION = f"""
create or replace table fact_eviction as
with filed as (
    select *, family * 100 + school_year % 100 as key, chance(key, 'judgment') as luck,
        cast(make_date(school_year - 1, 7, 1) + cast(whole(key, 'filed', 300) as integer) as date) as
            filed_date
    from household_year where {happens("eviction_filed", "family * 100 + school_year % 100")}
)
select '{COURT}' as partner_id, 'EV-' || number_of(key, 'case') as case_id, family, school_year, filed_date,
    case when luck < 0.42 then 'for_landlord' when luck < 0.48 then 'for_tenant' when luck < 0.68 then
        'settled'
        when luck < 0.95 then 'dismissed' else 'pending' end as judgment,
    case when luck < 0.95 then cast(filed_date + cast(14 + whole(key, 'judged', 40) as integer) as date) end
        as judgment_date,
    case when luck < 0.2 then cast(judgment_date + cast(10 + whole(key, 'put out', 12) as integer) as date)
        end
        as executed_date, 400 + 50 * whole(key, 'claimed', 90) as amount_claimed, address, zip_code, tract_id
from filed order by school_year, case_id
"""

TABLES = (MEMBER, STAY, STAY_MEMBER, EPISODE, ASSISTED, ASSISTANCE, EVICTION)
PEOPLE = {
    COC: "select true_person_id from fact_housing_episode",
    AUTHORITY: "select true_person_id from fact_housing_assistance",
}
